// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "compose/plan/plan.h"
#include "model/observed.h"

namespace compose::execute {

/// Whether what a WaitFor waits for has come true, judged by its containers as they are now: true, not
/// yet, or an error when it cannot come true any more (unhealthy, exited).
base::Result<bool> is_met(const plan::WaitFor& wait, const std::vector<model::ObservedContainer>& containers);

/// The error of a wait that lasted longer than it may.
base::Error timeout_error(const plan::WaitFor& wait);

}  // namespace compose::execute
