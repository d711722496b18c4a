// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/build/check_options.h"
#include "runtime/build/stage_graph.h"

namespace runtime::build {

/// A rule that a Dockerfile breaks, by the name Docker's builder has for it: what `# check=skip=` takes.
struct CheckFinding {
  std::string rule;
  base::Error warning;
};

/// Whether the rule is about style, or about what some builds mean: told when somebody asks for all of them,
/// not in each build.
bool is_advice(const std::string& rule);

/// Names and values of an image's environment; nothing when that is not known.
using KnownEnvironment = std::function<std::optional<std::vector<std::string>>(const std::string& reference)>;

/// What the rules may ask for beside the Dockerfile. Each is asked only when it matters.
struct CheckFacts {
  KnownEnvironment environment;
  /// What an image runs on, "linux/arm64"; nothing when it is not known.
  std::function<std::optional<std::string>(const std::string& reference)> image_platform;
  std::string platform;  ///< Of the build.
  /// Whether the ignore file leaves a path of the context out.
  std::function<bool(const std::string& path)> is_ignored;
};

/// What is odd in a Dockerfile that can be built, in the order of its lines. Docker's documentation: Build
/// checks.
std::vector<CheckFinding> check_dockerfile(const Dockerfile& dockerfile, const StageGraph& graph,
                                           const CheckFacts& facts);

/// The rules about variables alone.
void check_variables(const Dockerfile& dockerfile, const StageGraph& graph,
                     const KnownEnvironment& environment, std::vector<CheckFinding>& findings);

}  // namespace runtime::build
