// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/duration.h"
#include "base/result.h"

namespace sys {

/// What /proc says of one process. man 5 proc
struct ProcessFacts {
  std::int64_t pid = 0, parent = 0;
  std::uint32_t uid = 0;        ///< Effective.
  std::int64_t started_ns = 0;  ///< Since 1970.
  base::Duration processor_time{0};
  std::string terminal;  ///< "pts/0"; "?" without one.
  std::string command;   ///< Its arguments; "[name]" when it has none.
};

/// NotFound when it has ended.
base::Result<ProcessFacts> read_process(std::int64_t pid);

}  // namespace sys
