// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/observed.h"

namespace cli {

/// --since and --until: RFC 3339 ("2026-01-02T13:23:37Z", also without a zone: local time; or a date),
/// seconds since 1970 ("1136073600.000000001"), or how long ago ("42m").
base::Result<model::TimePoint> parse_time(std::string_view text, model::TimePoint now);

}  // namespace cli
