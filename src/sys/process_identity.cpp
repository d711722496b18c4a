// SPDX-License-Identifier: Apache-2.0
#include "sys/process_identity.h"

#include <unistd.h>

#include <charconv>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sys/file.h"

namespace sys {
namespace {

struct StatLine {
  char state = '?';
  std::int64_t start_ticks = 0;
};

std::optional<StatLine> read_stat(std::int64_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!text) return std::nullopt;
  // The name in parentheses may hold anything, so count from the last one.
  const auto name_end = text->rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(*text).substr(name_end + 2);
  StatLine out;
  if (rest.empty()) return std::nullopt;
  out.state = rest.front();
  constexpr int kFieldsFromStateToStart = 19;
  for (int i = 0; i < kFieldsFromStateToStart; ++i) {
    const auto blank = rest.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
  }
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), out.start_ticks);
  if (parsed.ec != std::errc()) return std::nullopt;
  return out;
}

}  // namespace

ProcessIdentity own_identity() {
  // Kept per process number, so that a forked child does not take its parent's.
  static std::mutex mutex;
  static ProcessIdentity own;
  const std::lock_guard lock(mutex);
  const std::int64_t pid = ::getpid();
  if (own.pid != pid) {
    const auto stat = read_stat(pid);
    own = {pid, stat ? stat->start_ticks : 0};
  }
  return own;
}

bool is_alive(const ProcessIdentity& process) {
  const auto stat = read_stat(process.pid);
  return stat && stat->state != 'Z' && stat->state != 'X' && stat->start_ticks == process.start_ticks;
}

}  // namespace sys
