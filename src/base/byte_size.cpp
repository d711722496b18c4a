// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/split.h"

namespace base {

Result<ByteSize> parse_byte_size(std::string_view text) {
  const auto invalid = [&] {
    return fail(make_error(ErrorClass::Invalid, fmt::format("invalid size \"{}\"", text))
                    .with_hint("write a number with a unit, such as 512m or 1.5g"));
  };
  const std::string lower = to_lower(trim(text));
  std::string_view rest = lower;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  const auto end = rest.find_first_not_of("0123456789.");
  double amount = 0;
  const std::string_view digits = rest.substr(0, end);
  const auto parsed =
      std::from_chars(digits.data(), digits.data() + digits.size(), amount, std::chars_format::fixed);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) return invalid();
  std::string_view unit = end == std::string_view::npos ? "" : trim(rest.substr(end));
  int power = 0;
  if (!unit.empty() && unit != "b") {
    power = 1 + static_cast<int>(std::string_view("kmgtp").find(unit[0]));
    const std::string_view tail = unit.substr(1);
    if (power == 0 || !(tail.empty() || tail == "b" || tail == "ib")) return invalid();
  }
  const double bytes = amount * std::pow(1024.0, power);
  if (bytes >= 9.2e18) return invalid();
  const auto count = static_cast<std::int64_t>(bytes);
  return ByteSize{negative ? -count : count};
}

std::string to_human_text(ByteSize size) {
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(size.bytes);
  std::size_t unit = 0;
  while (value >= 1000.0 && unit + 1 < std::size(kUnits)) {
    value /= 1000.0;
    ++unit;
  }
  return unit == 0 ? fmt::format("{}B", size.bytes) : fmt::format("{:.3g}{}", value, kUnits[unit]);
}

}  // namespace base
