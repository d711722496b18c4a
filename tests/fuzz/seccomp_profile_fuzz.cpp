// SPDX-License-Identifier: Apache-2.0
// A seccomp profile of the user's: refused, or compiled to a program that ends in an answer.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/container/seccomp_cache.h"
#include "runtime/oci/seccomp_profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto profile = runtime::oci::decode_seccomp_profile(text, {"CAP_CHOWN"});
  if (!profile) return 0;
  const auto program = runtime::container::compile_seccomp_profile(*profile);
  // struct sock_filter has eight bytes, and a filter at least one instruction.
  if (program && (program->empty() || program->size() % 8 != 0)) __builtin_trap();
  return 0;
}
