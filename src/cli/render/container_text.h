// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/observed.h"

namespace cli {

/// "3 minutes", "About an hour", "2 weeks".
std::string to_human_duration(std::chrono::nanoseconds duration);
/// "2026-01-02 03:04:05 +0000 UTC", in the local zone.
std::string local_time_text(model::TimePoint time);
/// "Up 3 minutes (healthy)", "Exited (1) 2 hours ago", "Created".
std::string status_text(const model::ObservedContainer& container, model::TimePoint now);
/// "0.0.0.0:8080->80/tcp, 443/tcp"
std::string ports_text(const model::ObservedContainer& container);
/// The command in quotes, cut to 20 letters unless it is wanted whole.
enum class Truncate { Yes, No };
std::string command_text(const model::ObservedContainer& container, Truncate truncate);

}  // namespace cli
