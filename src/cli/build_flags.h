// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/build_output.h"
#include "cli/option_set.h"
#include "model/build_spec.h"

namespace cli {

/// The flags of `image build`, as given.
struct BuildFlags {
  model::BuildSpec spec;  ///< What goes there as it is.
  std::string file, iid_file, metadata_file, progress, call, provenance, sbom, shm_size;
  std::vector<std::string> args, labels, contexts, secrets, hosts, ulimits, attestations, outputs;
  std::vector<std::string> annotations, platforms, no_cache_filters;
  bool quiet = false, check = false, push = false, load = false;
  /// Of Docker's builders; the last ones are switches.
  std::string builder, cgroup_parent, memory;
  bool compress = false, remove = false, force_remove = false, debug = false;
};

/// Declares them all.
void declare(OptionSet& options, BuildFlags& flags);

/// What to build but for the context and the Dockerfile. Relative paths are below `folder`; `environment` has
/// values of arguments and secrets that are only named. Invalid, naming the flag.
base::Result<model::BuildSpec> make_build_spec(const BuildFlags& flags, const std::string& folder,
                                               const std::map<std::string, std::string>& environment);
/// Where the result goes, and names that only outputs give in `spec.tags`. At least one.
base::Result<std::vector<BuildOutput>> take_outputs(const BuildFlags& flags, model::BuildSpec& spec);
/// Flags that were given and change nothing: "--builder".
std::vector<std::string> flags_without_effect(const BuildFlags& flags);

/// "KEY=VALUE", or "KEY" alone for the environment's value, if it has one.
void add_build_args(const std::vector<std::string>& entries,
                    const std::map<std::string, std::string>& environment,
                    std::map<std::string, std::string>& args);

}  // namespace cli
