// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "runtime/oci/seccomp_profile.h"

/// The words of seccomp profiles: "SCMP_ACT_ERRNO", "SCMP_CMP_EQ". config-linux.md: seccomp.
namespace runtime::oci {

/// The word of a value.
std::string_view to_text(SeccompAction action);
std::string_view to_text(SeccompComparison comparison);

/// Empty for a word that is none of them.
std::optional<SeccompAction> parse_seccomp_action(std::string_view text);
std::optional<SeccompComparison> parse_seccomp_comparison(std::string_view text);

}  // namespace runtime::oci
