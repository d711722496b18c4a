// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/containers.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Removes a container: its record and leases in one transaction, then its writable layer, folders and,
/// when asked, its anonymous volumes. Conflict while it runs, unless forced. What is left undone by a
/// crash after the transaction is swept by recover(). Goes on after a failure and reports all of them.
base::Result<> remove_container(Stores& stores, const ContainerRecord& record,
                                const engine_client::RemoveOptions& options);

/// Removes the folders and the status of a container whose record is gone.
base::Result<> remove_container_files(const Roots& roots, const std::string& id);

}  // namespace runtime::engine
