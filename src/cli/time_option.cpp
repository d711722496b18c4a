// SPDX-License-Identifier: Apache-2.0
#include "cli/time_option.h"

#include <charconv>
#include <cmath>
#include <ctime>
#include <string>

#include <fmt/format.h>

#include "base/duration.h"

namespace cli {
namespace {

base::Result<model::TimePoint> invalid(std::string_view text) {
  return base::fail(
      base::make_error(base::ErrorClass::Invalid, fmt::format("invalid time \"{}\"", text))
          .with_hint("expected a duration (42m), a time (2026-01-02T13:23:37Z), or seconds since 1970"));
}

/// "+02:00", "-0130" or "Z" as seconds east of UTC.
bool parse_zone(std::string_view zone, long& seconds) {
  if (zone == "Z" || zone == "z") return true;
  if (zone.size() < 5 || (zone[0] != '+' && zone[0] != '-')) return false;
  std::string digits(zone.substr(1));
  std::erase(digits, ':');
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  seconds = (value / 100 * 3600L + value % 100 * 60L) * (zone[0] == '-' ? -1 : 1);
  return true;
}

/// Digits after the decimal point as nanoseconds; takes them from `rest`.
std::chrono::nanoseconds take_fraction(std::string_view& rest) {
  if (!rest.starts_with('.')) return {};
  rest.remove_prefix(1);
  std::int64_t value = 0;
  int digits = 0;
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
    if (digits < 9) {
      value = value * 10 + (rest.front() - '0');
      ++digits;
    }
    rest.remove_prefix(1);
  }
  for (; digits < 9; ++digits) value *= 10;
  return std::chrono::nanoseconds(value);
}

}  // namespace

base::Result<model::TimePoint> parse_time(std::string_view text, model::TimePoint now) {
  if (const auto ago = base::parse_duration(text); ago && text != "0") return now - *ago;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc() && (rest.empty() || rest.front() == '.')) {
    const auto fraction = take_fraction(rest);
    if (!rest.empty()) return invalid(text);
    return model::TimePoint(std::chrono::seconds(seconds) + fraction);
  }
  std::tm parts{};
  const std::string copy(text);
  const char* after = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (after == nullptr) after = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M", &parts);
  if (after == nullptr) after = ::strptime(copy.c_str(), "%Y-%m-%d", &parts);
  if (after == nullptr) return invalid(text);
  rest = after;
  const auto fraction = take_fraction(rest);
  long zone = 0;
  if (!rest.empty() && !parse_zone(rest, zone)) return invalid(text);
  parts.tm_isdst = -1;
  const std::time_t moment = rest.empty() ? ::mktime(&parts) : ::timegm(&parts) - zone;
  return model::TimePoint(std::chrono::seconds(moment) + fraction);
}

}  // namespace cli
