// SPDX-License-Identifier: Apache-2.0
#include "compose/load/scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/split.h"

namespace compose::load {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string without_underscores(std::string_view text) {
  std::string out(text);
  std::erase(out, '_');
  return out;
}

/// Date with an optional time and zone (YAML 1.1 timestamp, as Go's reader accepts it).
struct Timestamp {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::string fraction;
  int offset_minutes = 0;
  bool has_offset = false;
};

/// Takes one to `most` digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t count = 0;
  while (count < text.size() && count < most && is_digit(text[count])) ++count;
  if (count < least) return std::nullopt;
  int value = 0;
  std::from_chars(text.data(), text.data() + count, value);
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool parse_zone(std::string_view& rest, Timestamp& time) {
  if (rest.empty()) return true;
  time.has_offset = true;
  if (take(rest, 'Z')) return rest.empty();
  const bool negative = rest.starts_with('-');
  if (!negative && !rest.starts_with('+')) return false;
  rest.remove_prefix(1);
  const auto hours = take_number(rest, 2, 2);
  if (!hours || !take(rest, ':')) return false;
  const auto minutes = take_number(rest, 2, 2);
  if (!minutes) return false;
  time.offset_minutes = (*hours * 60 + *minutes) * (negative ? -1 : 1);
  return rest.empty();
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Timestamp time;
  std::string_view rest = text;
  const auto year = take_number(rest, 4, 4);
  if (!year || !take(rest, '-')) return std::nullopt;
  const auto month = take_number(rest, 1, 2);
  if (!month || !take(rest, '-')) return std::nullopt;
  const auto day = take_number(rest, 1, 2);
  if (!day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  time.year = *year, time.month = *month, time.day = *day;
  if (rest.empty()) return time;
  const bool blank = rest.starts_with(' ');
  if (!blank && !rest.starts_with('T') && !rest.starts_with('t')) return std::nullopt;
  rest.remove_prefix(1);
  const auto hour = take_number(rest, 1, 2);
  if (!hour || *hour > 23 || !take(rest, ':')) return std::nullopt;
  const auto minute = take_number(rest, 1, 2);
  if (!minute || *minute > 59 || !take(rest, ':')) return std::nullopt;
  const auto second = take_number(rest, 1, 2);
  if (!second || *second > 59) return std::nullopt;
  time.hour = *hour, time.minute = *minute, time.second = *second;
  if (take(rest, '.')) {
    while (!rest.empty() && is_digit(rest[0])) time.fraction += rest[0], rest.remove_prefix(1);
    if (time.fraction.empty() || time.fraction.size() > 9) return std::nullopt;
  }
  if (blank) return rest.empty() ? std::optional(time) : std::nullopt;
  if (!parse_zone(rest, time) || !time.has_offset) return std::nullopt;
  return time;
}

/// ".5", or nothing.
std::string fraction_text(const Timestamp& time) {
  std::string fraction = time.fraction;
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? fraction : "." + fraction;
}

/// "+0130", with `separator` between hours and minutes.
std::string zone_text(const Timestamp& time, std::string_view separator) {
  const int minutes = std::abs(time.offset_minutes);
  return fmt::format("{}{:02}{}{:02}", time.offset_minutes < 0 ? '-' : '+', minutes / 60, separator,
                     minutes % 60);
}

Tree plain(Kind kind, std::string_view text, const base::Span& span) {
  Tree node;
  node.kind = kind;
  node.text = text;
  node.span = span;
  return node;
}

bool looks_like_float(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  std::size_t digits = 0, i = 0;
  while (i < text.size() && is_digit(text[i])) ++i, ++digits;
  if (i < text.size() && text[i] == '.') {
    ++i;
    while (i < text.size() && is_digit(text[i])) ++i, ++digits;
  }
  if (digits == 0) return false;
  if (i == text.size()) return true;
  if (text[i] != 'e' && text[i] != 'E') return false;
  ++i;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  return i < text.size() && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), is_digit);
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const std::string digits = without_underscores(text);
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int base = 10;
  if (rest.size() > 1 && rest[0] == '0') {
    const char mark = static_cast<char>(rest[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    rest.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
  if (rest.empty() || parsed.ec != std::errc{} || parsed.ptr != rest.data() + rest.size())
    return std::nullopt;
  const auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value > limit + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? ~value + 1 : value);
}

std::optional<bool> parse_boolean(std::string_view text) {
  const std::string lower = base::to_lower(text);
  for (const std::string_view yes : {"true", "yes", "on", "y"}) {
    if (lower == yes) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "n"}) {
    if (lower == no) return false;
  }
  return std::nullopt;
}

std::optional<double> parse_float(std::string_view text) {
  const std::string digits = without_underscores(text);
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  const std::string_view body = negative || rest.starts_with('+') ? rest.substr(1) : rest;
  if (body == ".inf" || body == ".Inf" || body == ".INF") {
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  if (rest == ".nan" || rest == ".NaN" || rest == ".NAN") return std::numeric_limits<double>::quiet_NaN();
  if (!looks_like_float(rest)) return std::nullopt;
  double value = 0;
  const auto parsed = std::from_chars(body.data(), body.data() + body.size(), value);
  if (parsed.ec == std::errc::result_out_of_range || parsed.ptr != body.data() + body.size())
    return std::nullopt;
  return negative ? -value : value;
}

std::string float_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-4 && size < 1e6)) {
    std::string text(400, '\0');
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    return {text.data(), end.ptr};
  }
  std::string text(64, '\0');
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  return {text.data(), end.ptr};
}

std::string timestamp_text(std::string_view text) {
  const auto time = parse_timestamp(text);
  if (!time) return std::string(text);
  const std::string zone = zone_text(*time, "");
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} {} {}", time->year, time->month, time->day,
                     time->hour, time->minute, time->second, fraction_text(*time), zone,
                     time->offset_minutes == 0 ? "UTC" : zone);
}

std::string rfc3339_text(std::string_view text) {
  const auto time = parse_timestamp(text);
  if (!time) return std::string(text);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}", time->year, time->month, time->day,
                     time->hour, time->minute, time->second, fraction_text(*time),
                     time->offset_minutes == 0 ? "Z" : zone_text(*time, ":"));
}

Tree resolve_plain_scalar(std::string_view text, const base::Span& span) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return plain(Kind::Null, text, span);
  }
  const char first = text[0];
  if (first == 't' || first == 'T' || first == 'f' || first == 'F') {
    const bool yes = text == "true" || text == "True" || text == "TRUE";
    if (yes || text == "false" || text == "False" || text == "FALSE") {
      Tree node = plain(Kind::Bool, text, span);
      node.bool_value = yes;
      return node;
    }
  } else if (is_digit(first) || first == '-' || first == '+' || first == '.') {
    if (is_digit(first) && parse_timestamp(text)) return plain(Kind::Timestamp, text, span);
    if (const auto integer = parse_integer(text)) {
      Tree node = plain(Kind::Int, text, span);
      node.int_value = *integer;
      return node;
    }
    if (const auto number = parse_float(text)) {  // also integers beyond 64 bits
      Tree node = plain(Kind::Float, text, span);
      node.float_value = *number;
      return node;
    }
  }
  return plain(Kind::String, text, span);
}

}  // namespace compose::load
