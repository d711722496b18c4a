// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/cancellation.h"

namespace sys {

/// From now on SIGINT and SIGTERM do not end the process once somebody listens (cancel_on_interrupt): they
/// are counted. Until then they end it as ever. Programs that are executed later get the default handlers
/// back. man 2 sigaction. Call it once, before there are threads.
void count_interrupts();

/// How many have come so far, and which was the last (0: none).
int interrupts();
int last_interrupt();

/// The next interrupt requests this cancellation, too (instead of the one given before).
/// Call it from one thread at a time.
void cancel_on_interrupt(const base::Cancellation& cancellation);
/// From now on nobody listens: an interrupt ends the process again.
void end_on_interrupt();

}  // namespace sys
