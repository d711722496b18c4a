// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace cli {

/// Name in small letters, and value.
using Attribute = std::pair<std::string, std::string>;

/// "type=local,dest=out" in its parts, as `--output`, `--secret` and `--attest` take them. A part in double
/// quotes may hold commas: "\"name=a,b\",push=true". Invalid: a part without "=", a quote that is not closed.
base::Result<std::vector<Attribute>> parse_attributes(std::string_view text);

}  // namespace cli
