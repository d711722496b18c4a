// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/stop_signal.h"

#include <array>
#include <charconv>
#include <span>

#include <fmt/format.h>

#include "base/suggest.h"

namespace runtime::build {
namespace {

constexpr int kLastSignal = 64;
constexpr std::array<std::string_view, 35> kNames = {
    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "IOT", "BUS",  "FPE",  "KILL", "USR1",  "SEGV",
    "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CLD", "CONT", "STOP", "TSTP", "TTIN",  "TTOU",
    "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",  "POLL", "PWR",  "SYS",  "UNUSED"};

bool is_number_up_to(std::string_view text, int lowest, int highest) {
  int number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc() && end == text.data() + text.size() && number >= lowest && number <= highest;
}

bool is_real_time(std::string_view name) {
  if (name == "RTMIN" || name == "RTMAX") return true;
  if (name.starts_with("RTMIN+")) return is_number_up_to(name.substr(6), 1, 15);
  return name.starts_with("RTMAX-") && is_number_up_to(name.substr(6), 1, 14);
}

}  // namespace

base::Result<> check_stop_signal(std::string_view signal) {
  if (is_number_up_to(signal, 1, kLastSignal)) return {};
  std::string upper(signal);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  std::string_view name = upper;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (const std::string_view known : kNames) {
    if (known == name) return {};
  }
  if (is_real_time(name)) return {};
  const std::string nearest = base::nearest_name(name, std::span<const std::string_view>(kNames));
  return base::fail(
      base::make_error(base::ErrorClass::Invalid, fmt::format("STOPSIGNAL: no signal '{}'", signal))
          .with_hint(nearest.empty() ? "a name such as SIGTERM, or a number"
                                     : fmt::format("did you mean SIG{}?", nearest)));
}

}  // namespace runtime::build
