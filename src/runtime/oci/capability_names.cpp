// SPDX-License-Identifier: Apache-2.0
#include "runtime/oci/capability_names.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"

namespace runtime::oci {
namespace {

constexpr std::string_view kPrefix = "CAP_";

/// In the order of their numbers.
constexpr std::array<std::string_view, 41> kNames{"CAP_CHOWN",
                                                  "CAP_DAC_OVERRIDE",
                                                  "CAP_DAC_READ_SEARCH",
                                                  "CAP_FOWNER",
                                                  "CAP_FSETID",
                                                  "CAP_KILL",
                                                  "CAP_SETGID",
                                                  "CAP_SETUID",
                                                  "CAP_SETPCAP",
                                                  "CAP_LINUX_IMMUTABLE",
                                                  "CAP_NET_BIND_SERVICE",
                                                  "CAP_NET_BROADCAST",
                                                  "CAP_NET_ADMIN",
                                                  "CAP_NET_RAW",
                                                  "CAP_IPC_LOCK",
                                                  "CAP_IPC_OWNER",
                                                  "CAP_SYS_MODULE",
                                                  "CAP_SYS_RAWIO",
                                                  "CAP_SYS_CHROOT",
                                                  "CAP_SYS_PTRACE",
                                                  "CAP_SYS_PACCT",
                                                  "CAP_SYS_ADMIN",
                                                  "CAP_SYS_BOOT",
                                                  "CAP_SYS_NICE",
                                                  "CAP_SYS_RESOURCE",
                                                  "CAP_SYS_TIME",
                                                  "CAP_SYS_TTY_CONFIG",
                                                  "CAP_MKNOD",
                                                  "CAP_LEASE",
                                                  "CAP_AUDIT_WRITE",
                                                  "CAP_AUDIT_CONTROL",
                                                  "CAP_SETFCAP",
                                                  "CAP_MAC_OVERRIDE",
                                                  "CAP_MAC_ADMIN",
                                                  "CAP_SYSLOG",
                                                  "CAP_WAKE_ALARM",
                                                  "CAP_BLOCK_SUSPEND",
                                                  "CAP_AUDIT_READ",
                                                  "CAP_PERFMON",
                                                  "CAP_BPF",
                                                  "CAP_CHECKPOINT_RESTORE"};

bool is_all(std::string_view name) { return base::to_lower(name) == "all"; }

bool has_all(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), is_all);
}

base::Result<std::uint64_t> parse_list(const std::vector<std::string>& names) {
  std::uint64_t mask = 0;
  for (const std::string& name : names) {
    if (!is_all(name)) mask |= TRY(parse_capability(name));
  }
  return mask;
}

}  // namespace

std::vector<std::string> capability_names(std::uint64_t mask) {
  std::vector<std::string> names;
  for (std::size_t number = 0; number < kNames.size(); ++number) {
    if ((mask >> number & 1) != 0) names.emplace_back(kNames[number]);
  }
  return names;
}

std::uint64_t capability_mask(const std::vector<std::string>& names) {
  std::uint64_t mask = 0;
  for (const std::string& name : names) {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found != kNames.end()) mask |= std::uint64_t{1} << (found - kNames.begin());
  }
  return mask;
}

base::Result<std::uint64_t> parse_capability(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (!upper.starts_with(kPrefix)) upper.insert(0, kPrefix);
  const auto found = std::find(kNames.begin(), kNames.end(), upper);
  if (found != kNames.end()) return std::uint64_t{1} << (found - kNames.begin());
  base::Error error =
      base::make_error(base::ErrorClass::Invalid, fmt::format("unknown capability \"{}\"", name));
  const std::string nearest = base::nearest_name(upper, kNames);
  if (!nearest.empty()) error.hint = fmt::format("did you mean {}?", nearest.substr(kPrefix.size()));
  return base::fail(std::move(error));
}

base::Result<std::uint64_t> apply_capability_changes(const std::vector<std::string>& add,
                                                     const std::vector<std::string>& drop,
                                                     std::uint64_t known) {
  const std::uint64_t added = TRY(parse_list(add));
  const std::uint64_t dropped = TRY(parse_list(drop));
  if (const std::uint64_t missing = added & ~known; missing != 0) {
    return base::fail(base::ErrorClass::Unsupported,
                      fmt::format("cap_add: {} cannot be given here: this kernel, or whoever started this "
                                  "program, does not allow it",
                                  capability_names(missing).front()));
  }
  if (has_all(drop)) return added;
  if (has_all(add)) return known & ~dropped;
  return ((kDefaultCapabilities & ~dropped) | added) & known;
}

}  // namespace runtime::oci
