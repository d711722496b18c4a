// SPDX-License-Identifier: Apache-2.0
#include "compose/config.h"

#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "cli/commands/commands.h"
#include "sys/file.h"

namespace cli {
namespace {

namespace config = compose::config;
namespace load = compose::load;

struct Flags {
  std::string format, output, hash, explain;
  bool quiet = false, no_interpolate = false, no_normalize = false, no_path_resolution = false;
  bool no_consistency = false, no_env_resolution = false, resolve_digests = false, lock_digests = false;
  bool services = false, volumes = false, networks = false, models = false, profiles = false, images = false;
  bool variables = false, environment = false, lint = false;
  std::vector<std::string> lint_disable;
};

void declare_config(OptionSet& options, Flags& flags) {
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

load::LoadOptions make_load_options(const Invocation& invocation, const Flags& flags,
                                    const std::vector<std::string>& services) {
  load::LoadOptions out = invocation.load_options();
  out.services = services;
  out.no_interpolate = flags.no_interpolate;
  out.no_normalize = flags.no_normalize;
  out.no_path_resolution = flags.no_path_resolution;
  out.no_consistency = flags.no_consistency;
  out.no_env_resolution = flags.no_env_resolution;
  out.keep_tree = true;
  return out;
}

base::Result<> write_out(const Flags& flags, const std::string& text) {
  if (flags.quiet) return {};
  if (!flags.output.empty()) return sys::write_file(flags.output, text, 0644);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return {};
}

std::optional<config::Selector> selector_of(const Flags& flags) {
  if (flags.services) return config::Selector::Services;
  if (flags.volumes) return config::Selector::Volumes;
  if (flags.networks) return config::Selector::Networks;
  if (flags.models) return config::Selector::Models;
  if (flags.profiles) return config::Selector::Profiles;
  if (flags.images) return config::Selector::Images;
  return std::nullopt;
}

std::string lines_of(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

/// Image as written -> the same with the digest that the engine has for it.
base::Result<std::map<std::string, std::string>> find_pins(Invocation& invocation,
                                                           const load::Loaded& loaded) {
  std::map<std::string, std::string> out;
  engine_client::Engine& engine = *TRY(invocation.engine());
  for (const auto& [name, service] : loaded.project.services) {
    if (service.image.empty() || service.image.find('@') != std::string::npos) continue;
    const auto image = TRY(engine.images().inspect(service.image));
    if (image.digests.empty()) {
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("image {} has no digest: it came from no registry", service.image));
    }
    const auto [repository, digest] = base::split_once(image.digests.front(), '@');
    out.emplace(service.image, fmt::format("{}@{}", service.image, digest));
  }
  return out;
}

base::Result<int> print_variables(Invocation& invocation, const Flags& flags,
                                  const load::LoadOptions& wanted) {
  const auto variables = TRY(config::list_variables(wanted, invocation.files()));
  const auto format = flags.format == "json"   ? config::VariableFormat::Json
                      : flags.format == "yaml" ? config::VariableFormat::Yaml
                                               : config::VariableFormat::Table;
  TRY(write_out(flags, config::to_text(variables, format)));
  return 0;
}

base::Result<int> print_lint(Invocation& invocation, const Flags& flags, const load::Loaded& loaded) {
  std::set<std::string> disabled;
  for (const std::string& given : flags.lint_disable) {
    for (const std::string& rule : base::split(given, ',')) disabled.insert(rule);
  }
  const auto found = TRY(config::lint(loaded, invocation.files(), disabled));
  if (flags.format == "json") {
    fmt::print("{}\n", found.empty() ? "[]" : config::errors_to_json(base::join_errors(found), "warning"));
  } else {
    for (const base::Error& finding : found) fmt::print("{}", base::to_text(finding, "warning"));
  }
  return found.empty() ? 0 : 1;
}

base::Result<int> print_loaded(Invocation& invocation, const Flags& flags, load::Loaded& loaded) {
  if (flags.lint) return print_lint(invocation, flags, loaded);
  std::string text;
  if (const auto selector = selector_of(flags)) {
    text = lines_of(config::select(loaded, *selector, invocation.separator()));
  } else if (!flags.hash.empty()) {
    for (const auto& [name, hash] : TRY(config::service_hashes(loaded, base::split(flags.hash, ',')))) {
      text += fmt::format("{} {}\n", name, hash);
    }
  } else if (flags.environment) {
    text = lines_of(config::environment_lines(loaded));
  } else if (!flags.explain.empty()) {
    text = TRY(config::explain(loaded, flags.explain));
  } else {
    load::Tree tree = loaded.tree;
    if (flags.lock_digests) tree = config::image_lock(tree, TRY(find_pins(invocation, loaded)));
    if (flags.resolve_digests) config::pin_images(tree, TRY(find_pins(invocation, loaded)));
    const auto dollars = flags.no_interpolate ? config::Dollars::Keep : config::Dollars::Escape;
    text = flags.format == "json" ? config::to_json(tree, dollars) : config::to_yaml(tree, dollars);
  }
  TRY(write_out(flags, text));
  return 0;
}

/// As data when the output is: whoever reads it as JSON finds nothing else.
void print_warnings(Invocation& invocation, const Flags& flags, const std::vector<base::Error>& warnings) {
  if (flags.format != "json") {
    for (const base::Error& warning : warnings) invocation.warn(warning);
  } else if (!warnings.empty()) {
    fmt::print(stderr, "{}\n", config::errors_to_json(base::join_errors(warnings), "warning"));
  }
}

}  // namespace

base::Result<int> run_config(Invocation& invocation) {
  Flags flags;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Check the Compose files and print them");
  declare_config(options, flags);
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  if (flags.format == "table" && !flags.variables) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, "--format table goes with --variables only")
                          .with_hint("use yaml or json"));
  }
  load::LoadOptions wanted = make_load_options(invocation, flags, *services);
  if (flags.variables) return print_variables(invocation, flags, wanted);
  auto loaded = load::load_project(wanted, invocation.files());
  if (!loaded) {
    if (flags.format != "json") return base::fail(std::move(loaded).error());
    fmt::print(stderr, "{}\n", config::errors_to_json(loaded.error(), "error"));
    return loaded.error().exit_code;
  }
  // that `version` is obsolete is a finding, too
  if (flags.lint)
    std::erase_if(loaded->warnings, [](const base::Error& one) { return one.message.contains("`version`"); });
  print_warnings(invocation, flags, loaded->warnings);
  return print_loaded(invocation, flags, *loaded);
}

}  // namespace cli
