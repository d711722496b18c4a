// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace runtime::registry {

/// A `WWW-Authenticate` header: RFC 9110, section 11.6.1.
struct AuthChallenge {
  std::string scheme;                         ///< Lower case: "bearer", "basic".
  std::map<std::string, std::string> values;  ///< realm, service, scope; names in lower case.

  std::string value(const std::string& name) const;
};

/// The first challenge of the header whose scheme is known here; nothing when there is none.
std::optional<AuthChallenge> parse_challenge(std::string_view header);

}  // namespace runtime::registry
