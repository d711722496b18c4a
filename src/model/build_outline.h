// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace model {

/// What a Dockerfile offers, without building it: the stages, and what the target takes.
struct BuildOutline {
  struct Lines {
    std::uint32_t first = 0, last = 0;  ///< 1-based.
    bool operator==(const Lines&) const = default;
  };
  struct Target {
    std::string name;         ///< Empty when it has none.
    std::string description;  ///< Of the comment above it: "# NAME text".
    std::string base;         ///< As written: image, stage or variable.
    std::string platform;     ///< As written, mostly empty.
    bool is_default = false;
    Lines lines;
  };
  struct Argument {
    std::string name, value, description;
    Lines lines;
  };
  /// A secret or an agent that a RUN mounts.
  struct Need {
    std::string name;
    bool required = false;
    Lines lines;
  };
  struct CacheMount {
    std::string id;
    Lines lines;
  };
  /// A rule that the Dockerfile breaks.
  struct Finding {
    std::string rule;
    base::Error warning;
  };

  std::vector<Target> targets;    ///< Of the whole file, in its order.
  std::string name, description;  ///< Of the target that was asked for; what follows is what it takes.
  std::vector<Argument> arguments;
  std::vector<Need> secrets, agents;
  std::vector<CacheMount> caches;
  std::vector<Finding> findings;
  std::string file, text;  ///< The Dockerfile.
};

}  // namespace model
