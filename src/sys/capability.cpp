// SPDX-License-Identifier: Apache-2.0
#include "sys/capability.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {
namespace {

constexpr int kMaxCapability = 63;

}  // namespace

base::Result<std::uint64_t> available_capabilities() {
  std::uint64_t available = 0;
  for (int number = 0; number <= kMaxCapability; ++number) {
    const int answer = ::prctl(PR_CAPBSET_READ, number, 0, 0, 0);
    if (answer < 0 && errno == EINVAL) return available;
    if (answer < 0) return call_failed(fmt::format("prctl(PR_CAPBSET_READ, {})", number));
    if (answer == 1) available |= std::uint64_t{1} << number;
  }
  return available;
}

base::Result<> limit_bounding_capabilities(std::uint64_t keep) {
  for (int number = 0; number <= kMaxCapability; ++number) {
    if ((keep >> number & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) break;  // The kernel knows no further ones.
    return call_failed(fmt::format("prctl(PR_CAPBSET_DROP, {})", number));
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return call_failed("prctl(PR_CAP_AMBIENT_CLEAR_ALL)");
  }
  return {};
}

base::Result<> set_capabilities(std::uint64_t permitted, std::uint64_t inheritable) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (int half = 0; half < 2; ++half) {
    data[half].permitted = data[half].effective = static_cast<std::uint32_t>(permitted >> (32 * half));
    data[half].inheritable = static_cast<std::uint32_t>(inheritable >> (32 * half));
  }
  if (::syscall(SYS_capset, &header, data) != 0) {
    return call_failed(fmt::format("capset({:#x})", permitted),
                       "a container cannot have capabilities that its starter does not have");
  }
  return {};
}

base::Result<> raise_ambient_capabilities(std::uint64_t capabilities) {
  for (int number = 0; number <= kMaxCapability; ++number) {
    if ((capabilities >> number & 1) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0) {
      return call_failed(fmt::format("prctl(PR_CAP_AMBIENT_RAISE, {})", number));
    }
  }
  return {};
}

}  // namespace sys
