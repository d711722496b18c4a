// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "monitor/starter_report.h"

namespace monitor {

// What this program does, by its first argument. Descriptors on entry: runtime/container/
// monitor_protocol.h. An Error is what goes to the starter when it has not heard Started yet.

/// "monitor": supervises one container until it has stopped for good.
base::Result<> supervise_container(StarterReport& report);
/// "exec": one further process in a running container, with the standard streams of this program.
base::Result<> execute_in_container(StarterReport& report);
/// "run": one process to its end in a container of its own, with the standard streams of this program.
base::Result<> run_to_end(StarterReport& report);

}  // namespace monitor
