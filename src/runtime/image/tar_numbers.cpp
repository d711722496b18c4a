// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/tar_numbers.h"

#include <charconv>

namespace runtime::image {
namespace {

std::optional<std::int64_t> parse_base256(std::string_view field) {
  const auto first = static_cast<unsigned char>(field.front());
  const bool negative = (first & 0x40) != 0;
  // The marker bit is no part of the number; the sign bit is spread over what is to the left.
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    auto byte = static_cast<unsigned char>(field[i]);
    if (i == 0) byte = static_cast<unsigned char>(negative ? byte | 0x80 : byte & 0x7f);
    const std::uint64_t top = value >> 55;  // What a shift would lose, with the sign.
    if (top != (negative ? 0x1ff : 0)) return std::nullopt;
    value = (value << 8) | byte;
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::optional<std::int64_t> parse_tar_number(std::string_view field) {
  if (!field.empty() && (static_cast<unsigned char>(field.front()) & 0x80) != 0) return parse_base256(field);
  while (!field.empty() && (field.front() == ' ' || field.front() == '\0')) field.remove_prefix(1);
  while (!field.empty() && (field.back() == ' ' || field.back() == '\0')) field.remove_suffix(1);
  std::int64_t value = 0;
  for (const char c : field) {
    // After the number's end some writers leave old bytes behind a NUL.
    if (c == '\0' || c == ' ') break;
    if (c < '0' || c > '7') return std::nullopt;
    if (value > (INT64_MAX >> 3)) return std::nullopt;
    value = value * 8 + (c - '0');
  }
  return value;
}

std::optional<std::int64_t> parse_pax_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<timespec> parse_pax_time(std::string_view text) {
  const auto dot = text.find('.');
  const auto seconds = parse_pax_number(text.substr(0, dot));
  if (!seconds) return std::nullopt;
  timespec out{};
  out.tv_sec = *seconds;
  if (dot == std::string_view::npos) return out;
  const std::string_view digits = text.substr(dot + 1);
  constexpr std::size_t kNanosecondDigits = 9;
  long nanoseconds = 0;
  for (std::size_t i = 0; i < kNanosecondDigits; ++i) {
    const char c = i < digits.size() ? digits[i] : '0';
    if (c < '0' || c > '9') return std::nullopt;
    nanoseconds = nanoseconds * 10 + (c - '0');
  }
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  // "-1.25" is a quarter before -1, while tv_nsec always counts upwards.
  if (text.front() == '-' && nanoseconds != 0) {
    out.tv_sec -= 1;
    nanoseconds = 1'000'000'000 - nanoseconds;
  }
  out.tv_nsec = nanoseconds;
  return out;
}

}  // namespace runtime::image
