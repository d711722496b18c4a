// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "engine_client/system.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Mends what killed processes left: containers whose monitor died (their cgroup and network elements are
/// released and the reason is recorded), half-made containers, files of removed ones, unreferenced
/// layers; layers that a power cut took files of. Sweeping waits for nobody: it is skipped while another
/// process creates something. Cancelled: the next one goes on.
base::Result<engine_client::Recovery> recover(Stores& stores, const base::Watcher& watcher);

/// Held while something is being made that recover() would take for a leftover.
base::Result<sys::UniqueFd> hold_off_recovery(const Roots& roots);
/// The other way round: while this is held nobody makes anything. Nothing when somebody does just now.
base::Result<std::optional<sys::UniqueFd>> try_hold_off_creation(const Roots& roots);

}  // namespace runtime::engine
