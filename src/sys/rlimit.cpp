// SPDX-License-Identifier: Apache-2.0
#include "sys/rlimit.h"

#include <strings.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {
namespace {

struct Name {
  std::string_view name;
  int resource;
};
constexpr std::array kNames{
    Name{"as", RLIMIT_AS},           Name{"core", RLIMIT_CORE},         Name{"cpu", RLIMIT_CPU},
    Name{"data", RLIMIT_DATA},       Name{"fsize", RLIMIT_FSIZE},       Name{"locks", RLIMIT_LOCKS},
    Name{"memlock", RLIMIT_MEMLOCK}, Name{"msgqueue", RLIMIT_MSGQUEUE}, Name{"nice", RLIMIT_NICE},
    Name{"nofile", RLIMIT_NOFILE},   Name{"nproc", RLIMIT_NPROC},       Name{"rss", RLIMIT_RSS},
    Name{"rtprio", RLIMIT_RTPRIO},   Name{"rttime", RLIMIT_RTTIME},     Name{"sigpending", RLIMIT_SIGPENDING},
    Name{"stack", RLIMIT_STACK},
};

}  // namespace

std::optional<std::uint32_t> find_rlimit(std::string_view name) {
  constexpr std::string_view kPrefix = "RLIMIT_";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  for (const Name& entry : kNames) {
    const bool same =
        entry.name.size() == name.size() && ::strncasecmp(entry.name.data(), name.data(), name.size()) == 0;
    if (same) return static_cast<std::uint32_t>(entry.resource);
  }
  return std::nullopt;
}

base::Result<> set_rlimit(std::uint32_t resource, std::uint64_t soft, std::uint64_t hard) {
  const rlimit limit{soft, hard};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) {
    return call_failed(fmt::format("setrlimit({}, {}, {})", resource, soft, hard),
                       resource == RLIMIT_NOFILE ? "see /proc/sys/fs/nr_open for the highest value"
                                                 : "raising a hard limit needs CAP_SYS_RESOURCE");
  }
  return {};
}

base::Result<> set_rlimit_as_allowed(std::uint32_t resource, std::uint64_t soft, std::uint64_t hard) {
  const rlimit wanted{soft, hard};
  const auto which = static_cast<__rlimit_resource>(resource);
  if (::setrlimit(which, &wanted) == 0) return {};
  rlimit current{};
  if (errno != EPERM || ::getrlimit(which, &current) != 0) {
    return call_failed(fmt::format("setrlimit({}, {}, {})", resource, soft, hard));
  }
  return set_rlimit(resource, std::min<std::uint64_t>(soft, current.rlim_max),
                    std::min<std::uint64_t>(hard, current.rlim_max));
}

}  // namespace sys
