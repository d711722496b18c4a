// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "runtime/image/image_config.h"

namespace runtime::image {

inline constexpr int kMostRetries = 1'000'000;  ///< Of a health check.

/// Whether one more step may be built on it: what of the limits on what is read again can be told without
/// encoding it. Invalid.
base::Result<> check_limits(const ImageConfig& config);

}  // namespace runtime::image
