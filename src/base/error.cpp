// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace base {
namespace {

ErrorClass class_of_errno(int value) {
  switch (value) {
    case ENOENT:
    case ESRCH: return ErrorClass::NotFound;
    case EEXIST:
    case EBUSY:
    case EADDRINUSE: return ErrorClass::Conflict;
    case EPERM:
    case EACCES: return ErrorClass::Permission;
    case ENOSYS:
    case EOPNOTSUPP: return ErrorClass::Unsupported;
    case ETIMEDOUT: return ErrorClass::TimedOut;
    case ECONNREFUSED:
    case ECONNRESET: return ErrorClass::Unavailable;
    default: return ErrorClass::Io;
  }
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// A part of a line that fits a terminal, and where the mark begins in it.
struct Excerpt {
  std::string text;
  std::size_t mark = 0;
};

Excerpt cut_line(std::string_view line, std::size_t mark) {
  constexpr std::size_t kColumns = 110, kBefore = 40;
  if (line.size() <= kColumns) return {std::string(line), mark};
  std::size_t begin = mark > kBefore ? std::min(mark - kBefore, line.size() - kColumns) : 0;
  while (begin > 0 && continues_character(line[begin])) --begin;
  std::size_t end = std::min(begin + kColumns, line.size());
  while (end < line.size() && continues_character(line[end])) ++end;
  const std::string_view left = begin == 0 ? "" : "...", right = end == line.size() ? "" : "...";
  return {fmt::format("{}{}{}", left, line.substr(begin, end - begin), right), mark - begin + left.size()};
}

void append_excerpt(std::string& out, const Location& location) {
  if (location.line == 0 || location.line_text.empty()) return;
  const std::string number = fmt::format("{:>5}", location.line);
  const std::size_t column = location.column == 0 ? 0 : location.column - 1;
  const Excerpt excerpt = cut_line(location.line_text, std::min(column, location.line_text.size()));
  out += fmt::format("{} | {}\n", number, excerpt.text);
  std::string padding;
  for (std::size_t i = 0; i < excerpt.mark; ++i) padding += excerpt.text[i] == '\t' ? '\t' : ' ';
  const std::size_t left = excerpt.mark < excerpt.text.size() ? excerpt.text.size() - excerpt.mark : 1;
  const std::size_t marks = std::min<std::size_t>(std::max<std::uint32_t>(location.length, 1), left);
  out += fmt::format("{} | {}^{}\n", std::string(number.size(), ' '), padding, std::string(marks - 1, '~'));
}

}  // namespace

Error&& Error::at(const Span& span) && {
  if (!location && span.source != nullptr) location = make_location(span);
  return std::move(*this);
}

Error&& Error::while_doing(std::string what) && {
  context.push_back(std::move(what));
  return std::move(*this);
}

Error&& Error::with_hint(std::string text) && {
  if (hint.empty()) hint = std::move(text);
  return std::move(*this);
}

Error make_error(ErrorClass error_class, std::string message) {
  Error error;
  error.error_class = error_class;
  error.message = std::move(message);
  return error;
}

Error make_errno_error(std::string_view call, int errno_value) {
  const char* name = strerrorname_np(errno_value);
  Error error = make_error(class_of_errno(errno_value),
                           fmt::format("{}: {} ({})", call, std::strerror(errno_value),
                                       name != nullptr ? name : std::to_string(errno_value)));
  error.errno_value = errno_value;
  return error;
}

Error join_errors(std::vector<Error> errors) {
  Error first = std::move(errors.front());
  for (std::size_t i = 1; i < errors.size(); ++i) first.also.push_back(std::move(errors[i]));
  return first;
}

std::string_view to_text(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::Invalid: return "invalid";
    case ErrorClass::NotFound: return "not found";
    case ErrorClass::Conflict: return "conflict";
    case ErrorClass::Permission: return "permission";
    case ErrorClass::Unsupported: return "unsupported";
    case ErrorClass::Unavailable: return "unavailable";
    case ErrorClass::TimedOut: return "timed out";
    case ErrorClass::Cancelled: return "cancelled";
    case ErrorClass::Io: return "io";
    case ErrorClass::Internal: return "internal";
  }
  return "internal";
}

namespace {

/// Names and lines of files may be anybody's, and a terminal does what control characters say.
std::string without_controls(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

std::string to_text(const Error& error, std::string_view severity) {
  std::string out;
  if (error.location && !error.location->file.empty()) {
    const Location& at = *error.location;
    out +=
        at.line == 0 ? fmt::format("{}: ", at.file) : fmt::format("{}:{}:{}: ", at.file, at.line, at.column);
  }
  out += fmt::format("{}: {}\n", severity, error.message);
  if (error.location) append_excerpt(out, *error.location);
  for (const std::string& line : error.context) out += fmt::format("  while {}\n", line);
  if (!error.hint.empty()) out += fmt::format("  hint: {}\n", error.hint);
  for (const Error& other : error.also) out += to_text(other, severity);
  return without_controls(std::move(out));
}

}  // namespace base
