// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/invocation.h"
#include "engine_client/prune_filter.h"

namespace cli {

/// What `--filter` of the prune commands says.
struct PruneFilters {
  engine_client::PruneFilter filter;
  std::optional<bool> dangling;
};

/// Entries "until=TIME", "label=K[=V]", "label!=K[=V]" and, where `takes_dangling`, "dangling=BOOL". TIME is
/// as for parse_time(). Invalid for others, by name.
base::Result<PruneFilters> parse_prune_filters(const std::vector<std::string>& entries,
                                               bool takes_dangling = false);

/// "true", "1" or the contrary.
base::Result<bool> parse_switch(std::string_view text);

/// Asks unless `force`. Invalid when there is nobody to ask. `consequence` is what will happen: "all
/// images without a name will be removed".
base::Result<bool> may_remove(Invocation& invocation, bool force, const std::string& consequence);

}  // namespace cli
