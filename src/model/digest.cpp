// SPDX-License-Identifier: Apache-2.0
#include "model/digest.h"

#include <fmt/format.h>

namespace model {

base::Result<Digest> Digest::parse(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  const bool right_length = text.size() == kAlgorithm.size() + 64;
  if (!right_length || !text.starts_with(kAlgorithm) ||
      text.substr(kAlgorithm.size()).find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return base::fail(
        base::ErrorClass::Invalid,
        fmt::format("invalid digest \"{}\": expected sha256: and 64 hex digits", text.substr(0, 100)));
  }
  return Digest(std::string(text));
}

Digest Digest::from_sha256_hex(std::string_view hex) { return Digest("sha256:" + std::string(hex)); }

}  // namespace model
