// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/timestamp.h"

#include <charconv>

#include <fmt/format.h>

namespace runtime::image {
namespace {

/// `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// Minutes east of UTC behind the seconds: "Z", "+02:00".
std::optional<int> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  const int hours = digits(text, 1, 2), minutes = digits(text, 4, 2);
  if (text.size() != 6 || text[3] != ':' || hours < 0 || minutes < 0) return std::nullopt;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::optional<model::TimePoint> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  constexpr std::size_t kUpToSeconds = 19;
  if (text.size() <= kUpToSeconds || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (year < 0 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  // Beyond these years nanoseconds overflow; year 1 is what "no time" looks like.
  if (!date.ok() || year < 1700 || year > 2250) return std::nullopt;
  std::size_t at = kUpToSeconds;
  std::int64_t nanoseconds = 0;
  if (text[at] == '.') {
    std::int64_t scale = 100'000'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      nanoseconds += (text[at] - '0') * scale;
    }
  }
  const auto offset = parse_offset(text.substr(at));
  if (!offset) return std::nullopt;
  return sys_days(date) + hours(hour) + minutes(minute - *offset) + seconds(second) +
         std::chrono::nanoseconds(nanoseconds);
}

std::string to_timestamp(model::TimePoint time) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(time);
  const auto date_part = floor<days>(whole);
  const year_month_day date(date_part);
  const hh_mm_ss clock(whole - date_part);
  std::string fraction = fmt::format(".{:09}", (time - whole).count());
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (fraction == ".") fraction.clear();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(), fraction);
}

}  // namespace runtime::image
