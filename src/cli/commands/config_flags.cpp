// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/config_flags.h"

#include <fmt/format.h>

namespace cli {
namespace {

/// A flag that chooses what is printed instead of the model, and whether that can be JSON.
struct Mode {
  bool given;
  const char* name;
  bool as_json;
};

std::vector<Mode> given_modes(const ConfigFlags& flags) {
  std::vector<Mode> out;
  for (const Mode& mode : {Mode{flags.services, "--services", true},
                           {flags.volumes, "--volumes", true},
                           {flags.networks, "--networks", true},
                           {flags.models, "--models", true},
                           {flags.profiles, "--profiles", true},
                           {flags.images, "--images", true},
                           {!flags.hash.empty(), "--hash", true},
                           {flags.variables, "--variables", true},
                           {flags.environment, "--environment", true},
                           {!flags.explain.empty(), "--explain", false},
                           {flags.lint, "--lint", true},
                           {flags.lock_digests, "--lock-image-digests", true}}) {
    if (mode.given) out.push_back(mode);
  }
  return out;
}

base::Result<> refuse_pair(std::string_view one, std::string_view other) {
  return base::fail(base::ErrorClass::Invalid, fmt::format("{} and {} do not go together", one, other));
}

base::Result<> check_format(const ConfigFlags& flags, const std::vector<Mode>& modes) {
  const bool of_model = modes.empty() || flags.lock_digests;
  if (flags.format == "table" && !flags.variables) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, "--format table goes with --variables only")
                          .with_hint("use yaml or json"));
  }
  if (flags.format == "yaml" && !of_model && !flags.variables)
    return refuse_pair("--format yaml", modes.front().name);
  if (flags.format == "json" && !modes.empty() && !modes.front().as_json)
    return refuse_pair("--format json", modes.front().name);
  return {};
}

}  // namespace

void declare(OptionSet& options, ConfigFlags& flags) {
  options
      .choice("--format", flags.format, {"yaml", "json", "table"}, "yaml (default); table with --variables")
      .text("-o,--output", flags.output, "Write to this file", "path")
      .flag("-q,--quiet", flags.quiet, "Only check the files")
      .flag("--no-interpolate", flags.no_interpolate, "Leave variables as they stand")
      .flag("--no-normalize", flags.no_normalize, "Leave out what is implied")
      .flag("--no-path-resolution", flags.no_path_resolution, "Leave paths as they stand")
      .flag("--no-consistency", flags.no_consistency, "Do not check whether the parts fit together")
      .flag("--no-env-resolution", flags.no_env_resolution, "Leave env files unread")
      .flag("--resolve-image-digests", flags.resolve_digests, "Images with their digests")
      .flag("--lock-image-digests", flags.lock_digests, "An override file with the images' digests")
      .flag("--services", flags.services, "Names of services")
      .flag("--volumes", flags.volumes, "Names of volumes")
      .flag("--networks", flags.networks, "Names of networks")
      .flag("--models", flags.models, "Names of models")
      .flag("--profiles", flags.profiles, "Names of profiles")
      .flag("--images", flags.images, "Names of images")
      .text("--hash", flags.hash, "Configuration hashes of services, or of all with *", "SERVICE,...")
      .flag("--variables", flags.variables, "Variables that the files refer to")
      .flag("--environment", flags.environment, "Variables as they are for interpolation")
      .text("--explain", flags.explain, "Where the value at this path comes from", "PATH")
      .flag("--lint", flags.lint, "What is allowed and probably wrong")
      .list("--lint-disable", flags.lint_disable, "Rules to leave out", "RULE");
}

base::Result<> check(const ConfigFlags& flags, const std::vector<std::string>& services) {
  const std::vector<Mode> modes = given_modes(flags);
  if (modes.size() > 1) return refuse_pair(modes[0].name, modes[1].name);
  TRY(check_format(flags, modes));
  if (flags.quiet && !flags.output.empty()) return refuse_pair("--quiet", "--output");
  if (!flags.lint && !flags.lint_disable.empty())
    return base::fail(base::ErrorClass::Invalid, "--lint-disable goes with --lint only");
  if (flags.resolve_digests && !modes.empty())
    return refuse_pair("--resolve-image-digests", modes.front().name);
  if (!flags.no_interpolate) return {};
  // What they show is made of the values.
  if (!flags.hash.empty()) return refuse_pair("--no-interpolate", "--hash");
  if (flags.lint) return refuse_pair("--no-interpolate", "--lint");
  if (!services.empty()) {
    return base::fail(base::ErrorClass::Invalid,
                      "--no-interpolate shows the files as they are: no service can be chosen");
  }
  return {};
}

}  // namespace cli
