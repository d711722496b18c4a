// SPDX-License-Identifier: Apache-2.0
#include "sys/seccomp.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {

base::Result<> install_seccomp_filter(std::string_view program) {
  const std::size_t count = program.size() / sizeof(sock_filter);
  if (count == 0 || count > BPF_MAXINSNS || program.size() % sizeof(sock_filter) != 0) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("a seccomp filter of {} bytes is malformed", program.size()));
  }
  std::vector<sock_filter> instructions(count);
  std::memcpy(instructions.data(), program.data(), program.size());
  const sock_fprog filter{static_cast<unsigned short>(count), instructions.data()};
  // Without SPEC_ALLOW the kernel would also turn speculation features off for every program.
  constexpr unsigned kFlags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &filter) != 0) {
    return call_failed(fmt::format("seccomp(SECCOMP_SET_MODE_FILTER, {} instructions)", count));
  }
  return {};
}

}  // namespace sys
