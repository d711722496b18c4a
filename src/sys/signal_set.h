// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// Blocks the signals for this thread and gives a non-blocking descriptor that reads them instead.
/// man 2 signalfd. A program that is executed later inherits the block: its starter must undo it.
base::Result<UniqueFd> open_signals(std::initializer_list<int> signals);
/// The next signal; none when there is none now.
base::Result<std::optional<int>> read_signal(int signals);
/// Nothing is blocked any more and every handler is the default one: before executing a program.
void reset_signals();

}  // namespace sys
