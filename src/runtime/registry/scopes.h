// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace runtime::registry {

/// What a token is asked for: distribution's token scope documentation.
inline std::string pull_scope(const std::string& repository) { return "repository:" + repository + ":pull"; }
inline std::string push_scope(const std::string& repository) {
  return "repository:" + repository + ":pull,push";
}

}  // namespace runtime::registry
