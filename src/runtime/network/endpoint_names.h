// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "runtime/network/endpoint_plan.h"

namespace runtime::network {

/// Makes the container's names known on its networks, or takes them back. Gone already is success.
base::Result<> add_names(const NetworkPlan& plan);
/// Goes on after a failure and reports all.
base::Result<> remove_names(const NetworkPlan& plan);

}  // namespace runtime::network
