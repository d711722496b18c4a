// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cli {

/// The part of Go's templates that `--format` needs: text, `{{.Field.Inner}}`, `{{json .Field}}`,
/// `{{join .List ","}}`, `{{lower .Field}}`, `{{upper .Field}}`, `{{len .Field}}`, and pipes between them. A
/// backslash with t or n in the text is a tab or a line feed. `json` is what `.` stands for. Invalid:
/// malformed, a field that is not there, or a word of Go's that is not known here, by name.
base::Result<std::string> expand_template(std::string_view text, std::string_view json);

/// The names of the fields a template shows, in their order: "Config.Env".
base::Result<std::vector<std::string>> template_fields(std::string_view text);

}  // namespace cli
