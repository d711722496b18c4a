// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace model {

/// A content digest, "sha256:" and 64 lower-case hex digits (OCI image-spec: descriptor, digests).
/// A value of this type is always well formed, so its hex part is safe in a path.
class Digest {
 public:
  static base::Result<Digest> parse(std::string_view text);
  /// `hex` must be 64 lower-case hex digits.
  static Digest from_sha256_hex(std::string_view hex);

  const std::string& text() const { return text_; }
  std::string_view hex() const { return std::string_view(text_).substr(7); }
  std::string short_hex() const { return text_.substr(7, 12); }
  auto operator<=>(const Digest&) const = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace model
