// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::oci {

enum class SeccompAction : std::uint8_t { Allow, Errno, KillThread, KillProcess, Trap, Trace, Log };
enum class SeccompComparison : std::uint8_t {
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  MaskedEqual
};

/// config-linux.md: seccomp.syscalls[].args[]. MaskedEqual: (argument & value) == value_two.
struct SeccompArgument {
  std::uint32_t index = 0;
  std::uint64_t value = 0, value_two = 0;
  SeccompComparison comparison = SeccompComparison::Equal;
  bool operator==(const SeccompArgument&) const = default;
};

struct SeccompRule {
  std::vector<std::string> names;
  SeccompAction action = SeccompAction::Allow;
  std::uint32_t errno_value = 1;  ///< With Errno and Trace.
  std::vector<SeccompArgument> arguments;
  bool operator==(const SeccompRule&) const = default;
};

/// What a filter does, whatever it is compiled with. Names the machine does not know are skipped.
struct SeccompProfile {
  SeccompAction default_action = SeccompAction::Errno;
  std::uint32_t default_errno = 1;
  std::vector<std::string> architectures;  ///< "SCMP_ARCH_X86_64", native first; empty: native only.
  std::vector<SeccompRule> rules;
  bool operator==(const SeccompProfile&) const = default;
};

enum class SeccompKind : std::uint8_t { Default, Unconfined, Custom };

/// Which filter a container gets. The default one is named, not spelled out: it is a function of the
/// capabilities and nearly always taken from a cache.
struct Seccomp {
  SeccompKind kind = SeccompKind::Default;
  SeccompProfile custom;
  bool operator==(const Seccomp&) const = default;
};

/// Changes whenever the text of the default profile does: part of the cache's key.
inline constexpr std::uint32_t kDefaultProfileVersion = 1;

/// The filter every container gets unless asked otherwise: Docker's default. Some calls are allowed
/// only together with a capability; `capabilities` are those of the bounding set, "CAP_..." names.
SeccompProfile make_default_seccomp_profile(const std::vector<std::string>& capabilities);

/// A profile file in Docker's form (defaultAction, archMap, syscalls with includes and excludes), as
/// `security_opt: seccomp=<file>` gives it. Invalid with what is wrong in it.
base::Result<SeccompProfile> decode_seccomp_profile(std::string_view text,
                                                    const std::vector<std::string>& capabilities);

}  // namespace runtime::oci
