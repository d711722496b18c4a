// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace cli {

/// Variables that docker compose obeys and the bundled engine has no use for, of those that are set: a
/// warning each, so that nobody waits for their effect.
std::vector<base::Error> warn_of_unused_variables(const std::map<std::string, std::string>& environment);

}  // namespace cli
