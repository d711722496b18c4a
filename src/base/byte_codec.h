// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace base {

/// Builds a compact binary form: numbers little-endian at their width, texts and lists after a 32-bit
/// count. Between processes of one machine and one version of this program.
class ByteWriter {
 public:
  template <class Number>
  requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void number(Number value) { append(&value, sizeof value); }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    append(value.data(), value.size());
  }
  void texts(const std::vector<std::string>& values) {
    number(static_cast<std::uint32_t>(values.size()));
    for (const std::string& value : values) text(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  void append(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  std::string bytes_;
};

/// Reads what ByteWriter wrote. Never reads outside the bytes: after the first thing that is not there
/// every value is zero or empty, and finish() fails.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  template <class Number>
  requires std::is_integral_v<Number> || std::is_enum_v<Number> Number number() {
    Number value{};
    const std::string_view raw = take(sizeof value);
    if (!raw.empty()) __builtin_memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  template <class Number>
  void number(Number& value) {
    value = number<Number>();
  }
  bool boolean() { return number<std::uint8_t>() != 0; }
  std::string_view view() { return take(number<std::uint32_t>()); }
  std::string text() { return std::string(view()); }
  std::vector<std::string> texts();
  /// A count of things of at least `each` bytes that follow: never more than there is room for.
  std::uint32_t count(std::size_t each);

  /// Success when exactly everything was read; Invalid, naming `what`, otherwise.
  Result<> finish(std::string_view what) const;

 private:
  std::string_view take(std::size_t size);
  std::string_view left_;
  bool failed_ = false;
};

/// An Error for a peer process; its location does not travel.
std::string encode(const Error& error);
/// An Internal error about the bytes when they are not one.
Error decode_error(std::string_view bytes);

}  // namespace base
