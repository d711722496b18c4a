// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/build_outline.h"

namespace cli {

/// What `--call targets`, `outline` and `check` print: the tables of Docker's builder, and the JSON of its
/// tools, with the file in base64.
std::string targets_text(const model::BuildOutline& outline);
std::string outline_text(const model::BuildOutline& outline);
std::string encode_targets(const model::BuildOutline& outline);
std::string encode_outline(const model::BuildOutline& outline);
std::string encode_findings(const model::BuildOutline& outline);

}  // namespace cli
