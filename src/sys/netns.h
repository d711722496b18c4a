// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "sys/fd.h"

/// Network namespaces. man 7 network_namespaces. All calls are about the calling thread.
namespace sys {

/// A handle on the namespace the caller stands in; the namespace lives at least as long.
base::Result<UniqueFd> open_own_netns();
/// The namespace of a process or a bound one: "/proc/<pid>/ns/net".
base::Result<UniqueFd> open_netns(const std::string& path);
/// unshare(CLONE_NEWNET): a new, empty namespace, loopback down.
base::Result<> enter_new_netns();
/// setns(2).
base::Result<> enter_netns(int netns);

/// Stands in another namespace until destroyed; -1 stays where the caller is.
class NetnsVisit {
 public:
  static base::Result<NetnsVisit> begin(int netns);
  ~NetnsVisit();
  NetnsVisit(NetnsVisit&&) noexcept = default;
  NetnsVisit& operator=(NetnsVisit&&) = delete;

 private:
  explicit NetnsVisit(UniqueFd home) : home_(std::move(home)) {}
  UniqueFd home_;
};

/// Value of a file below /proc/sys, as seen from the caller's namespaces, without the line end.
/// `name`: "net/ipv4/ip_forward". NotFound when the kernel has no such setting.
base::Result<std::string> read_sysctl(const std::string& name);
/// Whether links of the caller's namespace have IPv6 at all: it may be left out of the kernel or off at boot.
bool has_ipv6_support();
/// The error names both.
base::Result<> write_sysctl(const std::string& name, const std::string& value);

}  // namespace sys
