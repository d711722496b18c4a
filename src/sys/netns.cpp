// SPDX-License-Identifier: Apache-2.0
#include "sys/netns.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "sys/file.h"

namespace sys {

base::Result<UniqueFd> open_own_netns() { return open_netns("/proc/thread-self/ns/net"); }

base::Result<UniqueFd> open_netns(const std::string& path) { return open_file(path, O_RDONLY); }

base::Result<> enter_new_netns() {
  if (::unshare(CLONE_NEWNET) == 0) return {};
  return base::fail(base::make_errno_error("unshare(CLONE_NEWNET)", errno));
}

base::Result<> enter_netns(int netns) {
  if (::setns(netns, CLONE_NEWNET) == 0) return {};
  return base::fail(base::make_errno_error(fmt::format("setns({}, CLONE_NEWNET)", netns), errno));
}

base::Result<NetnsVisit> NetnsVisit::begin(int netns) {
  if (netns < 0) return NetnsVisit(UniqueFd());
  UniqueFd home = TRY(open_own_netns());
  TRY(enter_netns(netns));
  return NetnsVisit(std::move(home));
}

NetnsVisit::~NetnsVisit() {
  // Going on in the wrong namespace would do harm in it.
  if (home_.valid() && !enter_netns(home_.value())) std::abort();
}

base::Result<std::string> read_sysctl(const std::string& name) {
  std::string value = TRY(read_file("/proc/sys/" + name));
  while (value.ends_with('\n')) value.pop_back();
  return value;
}

bool has_ipv6_support() { return path_exists("/proc/sys/net/ipv6/conf"); }

base::Result<> write_sysctl(const std::string& name, const std::string& value) {
  const UniqueFd fd = TRY(open_file("/proc/sys/" + name, O_WRONLY));
  return write_all(fd.value(), value).map_error([&](base::Error error) {
    return std::move(error).while_doing(fmt::format("setting {} to {}", name, value));
  });
}

}  // namespace sys
