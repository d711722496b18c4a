// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace sys {

/// A process that is not mistaken for a later one with the same number.
struct ProcessIdentity {
  std::int64_t pid = 0;
  std::int64_t start_ticks = 0;  ///< man 5 proc: /proc/pid/stat, starttime; clock ticks after boot.
  bool operator==(const ProcessIdentity&) const = default;
};

/// This process. Read once.
ProcessIdentity own_identity();

/// Whether it still runs (a zombie does not).
bool is_alive(const ProcessIdentity& process);

}  // namespace sys
