// SPDX-License-Identifier: Apache-2.0
// Bytes as a launch plan: refused, or a plan that comes back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/container/launch_plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runtime::container;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto plan = decode_launch_plan(bytes)) {
    if (decode_launch_plan(encode(*plan)).value() != *plan) __builtin_trap();
  }
  if (const auto plan = decode_exec_plan(bytes)) {
    if (decode_exec_plan(encode(*plan)).value() != *plan) __builtin_trap();
  }
  return 0;
}
