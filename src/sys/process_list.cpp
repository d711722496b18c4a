// SPDX-License-Identifier: Apache-2.0
#include "sys/process_list.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"

namespace sys {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// "pts/0" for a device number as /proc/<pid>/stat has it.
std::string terminal_name(std::uint64_t number) {
  constexpr unsigned kFirstPts = 136, kLastPts = 143, kTty = 4;
  if (number == 0) return "?";
  const unsigned major = gnu_dev_major(number), minor = gnu_dev_minor(number);
  if (major >= kFirstPts && major <= kLastPts)
    return fmt::format("pts/{}", (major - kFirstPts) * 256 + minor);
  if (major == kTty) return fmt::format("tty{}", minor);
  return fmt::format("{}:{}", major, minor);
}

std::int64_t boot_ns() {
  timespec real{}, since_boot{};
  ::clock_gettime(CLOCK_REALTIME, &real);
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return (real.tv_sec - since_boot.tv_sec) * kSecond + real.tv_nsec - since_boot.tv_nsec;
}

}  // namespace

base::Result<ProcessFacts> read_process(std::int64_t pid) {
  const std::string folder = fmt::format("/proc/{}", pid);
  const auto gone = [&] {
    return base::fail(base::ErrorClass::NotFound, fmt::format("process {} has ended", pid));
  };
  const auto stat = read_file(folder + "/stat");
  if (!stat) return gone();
  // The name may hold anything, blanks and brackets too: what follows the last bracket is regular.
  const auto begin = stat->find('('), end = stat->rfind(')');
  if (begin == std::string::npos || end == std::string::npos) return gone();
  const std::vector<std::string> fields = base::split(std::string_view(*stat).substr(end + 2), ' ');
  // Positions behind the name: man 5 proc_pid_stat numbers them from 3.
  constexpr std::size_t kParent = 1, kTerminal = 4, kUserTime = 11, kSystemTime = 12, kStart = 19;
  if (fields.size() <= kStart) return gone();
  const auto number = [&](std::size_t field) { return std::strtoll(fields[field].c_str(), nullptr, 10); };
  const std::int64_t tick = kSecond / ::sysconf(_SC_CLK_TCK);
  ProcessFacts out;
  out.pid = pid;
  out.parent = number(kParent);
  out.terminal = terminal_name(static_cast<std::uint64_t>(number(kTerminal)));
  out.processor_time = base::Duration((number(kUserTime) + number(kSystemTime)) * tick);
  out.started_ns = boot_ns() + number(kStart) * tick;
  struct ::stat owner {};
  if (::stat(folder.c_str(), &owner) == 0) out.uid = owner.st_uid;
  if (const auto words = read_file(folder + "/cmdline")) out.command = *words;
  while (out.command.ends_with('\0')) out.command.pop_back();
  std::replace(out.command.begin(), out.command.end(), '\0', ' ');
  if (out.command.empty()) out.command = "[" + stat->substr(begin + 1, end - begin - 1) + "]";
  return out;
}

}  // namespace sys
