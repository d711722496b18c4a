// SPDX-License-Identifier: Apache-2.0
#include "sys/signal_name.h"

#include <charconv>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "base/split.h"

namespace sys {
namespace {

bool parse_number(std::string_view text, int& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

int find_signal(std::string name) {
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* known = sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  int offset = 0;
  if (name == "RTMIN") return SIGRTMIN;
  if (name == "RTMAX") return SIGRTMAX;
  if (name.starts_with("RTMIN+") && parse_number(std::string_view(name).substr(6), offset))
    return SIGRTMIN + offset;
  if (name.starts_with("RTMAX-") && parse_number(std::string_view(name).substr(6), offset))
    return SIGRTMAX - offset;
  return 0;
}

}  // namespace

base::Result<int> parse_signal(std::string_view text) {
  int number = 0;
  if (!parse_number(text, number)) number = find_signal(std::string(text));
  if (number < 1 || number > SIGRTMAX) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("invalid signal \"{}\"", text))
                          .with_hint("write a name such as SIGTERM or a number from 1 to 64"));
  }
  return number;
}

}  // namespace sys
