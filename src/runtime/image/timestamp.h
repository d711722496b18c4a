// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/observed.h"

namespace runtime::image {

/// RFC 3339 with up to nine fraction digits, as image configurations have it; nothing when malformed.
std::optional<model::TimePoint> parse_timestamp(std::string_view text);

/// "2024-01-02T03:04:05.123456789Z": UTC, trailing zeros of the fraction cut.
std::string to_timestamp(model::TimePoint time);

}  // namespace runtime::image
