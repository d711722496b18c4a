// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "base/byte_codec.h"

/// Plans to bytes and back. A struct names its members once, for both directions, in a function that is
/// found by its type:
///
///   template <class Archive> void archive(Archive& a, Like<RlimitPlan> auto& v) {
///     a(v.resource, v.soft, v.hard);
///   }
///
/// and an enum its last value: `constexpr Kind last_value(Kind) { return Kind::Other; }`.
namespace runtime::container {

template <class T, class U>
concept Like = std::same_as<std::remove_const_t<T>, U>;

/// Appends members to a compact binary form.
class ArchiveWriter {
 public:
  template <class... Members>
  void operator()(const Members&... members) {
    (put(members), ...);
  }
  std::string take() { return out_.take(); }

 private:
  void put(const std::string& text) { out_.text(text); }
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
      out_.number(value);
    else
      archive(*this, value);
  }
  template <class T>
  void put(const std::vector<T>& list) {
    out_.number(static_cast<std::uint32_t>(list.size()));
    for (const T& item : list) put(item);
  }

  base::ByteWriter out_;
};

/// Any input is safe: what is not there reads as zero or empty, and finish() fails.
class ArchiveReader {
 public:
  explicit ArchiveReader(std::string_view bytes) : in_(bytes) {}
  template <class... Members>
  void operator()(Members&... members) {
    (get(members), ...);
  }
  base::Result<> finish(std::string_view what) const {
    if (!known_) return base::fail(base::ErrorClass::Invalid, std::string(what) + " has an unknown value");
    return in_.finish(what);
  }

 private:
  void get(std::string& text) { text = in_.text(); }
  void get(bool& value) { value = in_.boolean(); }
  template <class T>
  void get(T& value) {
    if constexpr (std::is_enum_v<T>) {
      const auto number = in_.number<std::underlying_type_t<T>>();
      known_ = known_ && number <= static_cast<std::underlying_type_t<T>>(last_value(T{}));
      if (known_) value = static_cast<T>(number);
    } else if constexpr (std::is_integral_v<T>) {
      in_.number(value);
    } else {
      archive(*this, value);
    }
  }
  template <class T>
  void get(std::vector<T>& list) {
    // Every item takes at least four bytes, so that no count can ask for more than there is input.
    const std::uint32_t size = in_.count(4);
    for (std::uint32_t i = 0; i < size; ++i) get(list.emplace_back());
  }

  base::ByteReader in_;
  bool known_ = true;
};

}  // namespace runtime::container
