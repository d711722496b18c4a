// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "model/network_spec.h"
#include "runtime/network/network_record.h"

namespace runtime::network {

/// Takes driver and options of the request into the record, which has its id and name already.
/// Unsupported, by name: a driver or option that is not known. Invalid: a value that cannot be.
base::Result<> read_options(NetworkRecord& record, const model::NetworkSpec& spec);

}  // namespace runtime::network
