// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/log_format.h"

#include <charconv>

#include <fmt/format.h>

namespace runtime::container {

std::string log_file_name(std::uint32_t number) { return fmt::format("{:08}.log", number); }

std::uint32_t parse_log_file_name(const std::string& name) {
  if (name.size() != 12 || !name.ends_with(".log")) return 0;
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + 8, number);
  return parsed.ec == std::errc() && parsed.ptr == name.data() + 8 ? number : 0;
}

}  // namespace runtime::container
