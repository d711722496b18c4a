// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/observed.h"

namespace engine_client {

/// What a label must be: there, or (with a value) just so; negated, the contrary.
struct LabelCondition {
  std::string key;
  std::optional<std::string> value;
  bool negated = false;
};

/// Which of the things that nothing uses a prune takes: all conditions must hold.
struct PruneFilter {
  std::optional<model::TimePoint> created_before;
  std::vector<LabelCondition> labels;

  bool takes(const std::map<std::string, std::string>& of_thing, model::TimePoint created) const {
    if (created_before && created >= *created_before) return false;
    for (const LabelCondition& condition : labels) {
      const auto found = of_thing.find(condition.key);
      const bool holds = found != of_thing.end() && (!condition.value || found->second == *condition.value);
      if (holds == condition.negated) return false;
    }
    return true;
  }
};

}  // namespace engine_client
