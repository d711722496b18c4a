// SPDX-License-Identifier: Apache-2.0
#include "base/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::int64_t kSecond = 1'000'000'000;
// Longer names first: "ms" before "m".
constexpr std::array<Unit, 9> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"µs", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", kSecond},
                                      {"m", 60 * kSecond},
                                      {"h", 3600 * kSecond},
                                      {"d", 86400 * kSecond},
                                      {"w", 7 * 86400 * kSecond}}};

tl::unexpected<Error> invalid(std::string_view text) {
  return fail(make_error(ErrorClass::Invalid, fmt::format("invalid duration \"{}\"", text))
                  .with_hint("write a number with a unit, such as 30s, 1m30s or 500ms"));
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Duration{0};
  if (rest.empty()) return invalid(text);
  long double total = 0;
  while (!rest.empty()) {
    const auto end = rest.find_first_not_of("0123456789.");
    const std::string_view digits = rest.substr(0, end);
    double amount = 0;
    const auto parsed =
        std::from_chars(digits.data(), digits.data() + digits.size(), amount, std::chars_format::fixed);
    const bool whole = parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size();
    if (end == std::string_view::npos || !whole) return invalid(text);
    rest.remove_prefix(end);
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (rest.starts_with(candidate.name)) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr) return invalid(text);
    rest.remove_prefix(unit->name.size());
    total += static_cast<long double>(amount) * static_cast<long double>(unit->nanoseconds);
  }
  if (total >= static_cast<long double>(std::numeric_limits<std::int64_t>::max())) {
    return invalid(text);
  }
  const auto count = static_cast<std::int64_t>(total + 0.5L);
  return Duration{negative ? -count : count};
}

std::string to_text(Duration duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  if (count < 0) return "-" + to_text(Duration{-count});
  const auto fraction = [](std::int64_t value, std::int64_t unit) {
    std::string text = fmt::format("{}", value / unit);
    if (value % unit == 0) return text;
    std::string digits = fmt::format("{:0{}}", value % unit, fmt::formatted_size("{}", unit) - 1);
    digits.erase(digits.find_last_not_of('0') + 1);
    return text + "." + digits;
  };
  if (count < 1'000) return fmt::format("{}ns", count);
  if (count < 1'000'000) return fraction(count, 1'000) + "µs";
  if (count < kSecond) return fraction(count, 1'000'000) + "ms";
  const std::int64_t hours = count / (3600 * kSecond);
  const std::int64_t minutes = count / (60 * kSecond) % 60;
  std::string out;
  if (hours != 0) out += fmt::format("{}h", hours);
  if (hours != 0 || minutes != 0) out += fmt::format("{}m", minutes);
  return out + fraction(count % (60 * kSecond), kSecond) + "s";
}

}  // namespace base
