// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace base {

/// SHA-256 over data given piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view data);
  /// 64 lower-case hex digits; the object must not be used afterwards.
  std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 lower-case hex digits of SHA-256 over `data`.
std::string sha256_hex(std::string_view data);

/// Lower-case hex digits of `bytes`.
std::string to_hex(std::string_view bytes);

}  // namespace base
