// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"

namespace model {

/// compose-spec: services.*.healthcheck; Dockerfile HEALTHCHECK. Unset members come from the image,
/// then from the engine's defaults (30 s interval and timeout, 3 retries, 0 s start period, 5 s
/// start interval).
struct HealthCheck {
  std::vector<std::string> test;  ///< Starts with NONE, CMD or CMD-SHELL; empty: the image's.
  std::optional<base::Duration> interval;
  std::optional<base::Duration> timeout;
  std::optional<base::Duration> start_period;
  std::optional<base::Duration> start_interval;
  std::optional<int> retries;

  bool operator==(const HealthCheck&) const = default;
};

}  // namespace model
