// SPDX-License-Identifier: Apache-2.0
#include "sys/descriptor_room.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>

#include <fmt/format.h>

namespace sys {
namespace {

/// False when the limit could not be set.
bool set_soft_limit(std::uint64_t soft, std::uint64_t hard) {
  const rlimit limit{soft, hard};
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace

DescriptorRoom::DescriptorRoom() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  if (!set_soft_limit(limit.rlim_max, limit.rlim_max)) return;
  soft_ = limit.rlim_cur;
  hard_ = limit.rlim_max;
}

DescriptorRoom::~DescriptorRoom() {
  if (soft_ != hard_) set_soft_limit(soft_, hard_);
}

base::Result<UniqueFd> DescriptorRoom::keep(UniqueFd fd) const {
  if (soft_ == hard_) return fd;
  UniqueFd high(::fcntl(fd.value(), F_DUPFD_CLOEXEC, static_cast<int>(soft_)));
  if (high.valid()) return high;
  return base::fail(base::make_errno_error(fmt::format("fcntl(F_DUPFD_CLOEXEC, {})", soft_), errno)
                        .with_hint("raise the limit of open files (ulimit -n)"));
}

}  // namespace sys
