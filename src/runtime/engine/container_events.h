// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/cancellation.h"
#include "engine_client/containers.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Calls `sink` for what happens to containers with all of `labels` (an empty value: the label must only be
/// there) until it returns false. Cancelled when asked to. Two changes in quick succession may be
/// reported as one; the last state is always reported.
base::Result<> watch_containers(Stores& stores, const std::map<std::string, std::string>& labels,
                                const engine_client::EventSink& sink, const base::Cancellation& cancellation);

/// Containers with all of `labels`, sorted by name.
base::Result<std::vector<model::ObservedContainer>> list_containers(
    Stores& stores, const std::map<std::string, std::string>& labels);

/// Whether `carried` has every one of `asked`.
bool has_labels(const std::map<std::string, std::string>& carried,
                const std::map<std::string, std::string>& asked);

}  // namespace runtime::engine
