// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

namespace sys {

/// Raises `lo` in the caller's network namespace; its addresses come by themselves.
base::Result<> bring_loopback_up();

}  // namespace sys
