// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/observed.h"
#include "runtime/container/status_record.h"
#include "runtime/engine/container_record.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// A container as the engine reports it: its record and what its monitor last wrote. Without a status it
/// was never started since the machine did.
model::ObservedContainer observe(const Roots& roots, const ContainerRecord& record,
                                 const std::optional<container::StatusRecord>& status,
                                 const std::vector<model::PublishedPort>& ports);

/// Reads status and ports from the run root and observes. `record` comes from the container store.
base::Result<model::ObservedContainer> observe_now(Stores& stores, const ContainerRecord& record);

}  // namespace runtime::engine
