// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// man 7 capabilities: names with their CAP_ prefix, and masks in which bit n is capability number n.
namespace runtime::oci {

/// The 14 that a container has by default.
inline constexpr std::uint64_t kDefaultCapabilities = 0xa80425fb;

/// Names in the order of their numbers. Bits without a name are left out.
std::vector<std::string> capability_names(std::uint64_t mask);

/// Mask of names as capability_names() writes them; unknown ones are left out.
std::uint64_t capability_mask(const std::vector<std::string>& names);

/// The bit of one name in any writing: "net_admin", "CAP_NET_ADMIN". Invalid, with the nearest name.
base::Result<std::uint64_t> parse_capability(std::string_view name);

/// compose-spec: services.*.cap_add, cap_drop. "ALL" in one list stands for all of `known`. Unsupported
/// when one is added by name that is not in `known`.
base::Result<std::uint64_t> apply_capability_changes(const std::vector<std::string>& add,
                                                     const std::vector<std::string>& drop,
                                                     std::uint64_t known);

}  // namespace runtime::oci
