// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "model/network_spec.h"
#include "runtime/network/ip_address.h"
#include "runtime/network/network_record.h"

namespace runtime::network {

/// Subnet, gateway and ranges of a new network. `others`: subnets of the networks there are, which must
/// not be met; `used`: of the machine, which a chosen subnet keeps clear of. Pure but for the random
/// part of an IPv6 prefix nobody asked for.
/// Conflict: an asked-for subnet meets one of `others`. Unavailable: no subnet is left to choose.
/// Invalid: an address outside its subnet, two pools that meet, IPv6 given but not enabled.
base::Result<std::vector<Pool>> choose_pools(const model::NetworkSpec& spec,
                                             const std::vector<Subnet>& others,
                                             const std::vector<Subnet>& used);

}  // namespace runtime::network
