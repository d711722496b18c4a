// SPDX-License-Identifier: Apache-2.0
#include "compose/config.h"

#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "cli/commands/commands.h"
#include "cli/commands/config_flags.h"
#include "cli/output_file.h"
#include "cli/render/listing.h"

namespace cli {
namespace {

namespace config = compose::config;
namespace load = compose::load;

load::LoadOptions make_load_options(const Invocation& invocation, const ConfigFlags& flags,
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

base::Result<> write_out(const ConfigFlags& flags, const std::string& text) {
  if (flags.quiet) return {};
  if (!flags.output.empty()) return write_output_file("--output", flags.output, text);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return {};
}

std::optional<config::Selector> selector_of(const ConfigFlags& flags) {
  if (flags.services) return config::Selector::Services;
  if (flags.volumes) return config::Selector::Volumes;
  if (flags.networks) return config::Selector::Networks;
  if (flags.models) return config::Selector::Models;
  if (flags.profiles) return config::Selector::Profiles;
  if (flags.images) return config::Selector::Images;
  return std::nullopt;
}

/// One a line, or with --format json an array.
std::string list_of(const std::vector<std::string>& entries, const ConfigFlags& flags) {
  if (flags.format == "json") return to_json_array(entries) + "\n";
  std::string out;
  for (const std::string& entry : entries) out += entry + "\n";
  return out;
}

base::Result<std::string> hashes_of(const load::Loaded& loaded, const ConfigFlags& flags) {
  const auto hashes = TRY(config::service_hashes(loaded, base::split(flags.hash, ',')));
  if (flags.format == "json") return to_json_object(hashes) + "\n";
  std::string out;
  for (const auto& [name, hash] : hashes) out += fmt::format("{} {}\n", name, hash);
  return out;
}

/// Image as written -> the same with the digest that the engine has for it.
base::Result<std::map<std::string, std::string>> find_pins(Invocation& invocation,
                                                           const load::Loaded& loaded) {
  std::map<std::string, std::string> out;
  engine_client::Engine& engine = *TRY(invocation.engine());
  const load::Tree* services = loaded.tree.find("services");
  for (const load::Entry& service : services->entries) {
    const std::string name(service.value.text_of("image"));
    if (name.empty() || name.contains('@')) continue;
    if (name.contains('$')) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("image {} has a variable in it, so it has no digest", name));
    }
    const auto image = TRY(engine.images().inspect(name));
    if (image.digests.empty()) {
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("image {} has no digest: it came from no registry", name));
    }
    const auto [repository, digest] = base::split_once(image.digests.front(), '@');
    out.emplace(name, fmt::format("{}@{}", name, digest));
  }
  return out;
}

base::Result<int> print_variables(Invocation& invocation, const ConfigFlags& flags,
                                  const load::LoadOptions& wanted) {
  const auto variables = TRY(config::list_variables(wanted, invocation.files()));
  const auto format = flags.format == "json"   ? config::VariableFormat::Json
                      : flags.format == "yaml" ? config::VariableFormat::Yaml
                                               : config::VariableFormat::Table;
  TRY(write_out(flags, config::to_text(variables, format)));
  return 0;
}

base::Result<int> print_lint(Invocation& invocation, const ConfigFlags& flags, const load::Loaded& loaded) {
  std::set<std::string> disabled;
  for (const std::string& given : flags.lint_disable) {
    for (const std::string& rule : base::split(given, ',')) disabled.insert(rule);
  }
  const auto found = TRY(config::lint(loaded, invocation.files(), disabled));
  std::string text;
  if (flags.format == "json") {
    text = found.empty() ? "[]\n" : config::errors_to_json(base::join_errors(found), "warning");
  } else {
    for (const base::Error& finding : found) text += base::to_text(finding, "warning");
  }
  TRY(write_out(flags, text));
  return found.empty() ? 0 : 1;
}

base::Result<int> print_loaded(Invocation& invocation, const ConfigFlags& flags, load::Loaded& loaded) {
  if (flags.lint) return print_lint(invocation, flags, loaded);
  std::string text;
  if (const auto selector = selector_of(flags)) {
    text = list_of(config::select(loaded, *selector, invocation.separator()), flags);
  } else if (!flags.hash.empty()) {
    text = TRY(hashes_of(loaded, flags));
  } else if (flags.environment) {
    text = list_of(config::environment_lines(loaded), flags);
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
void print_warnings(Invocation& invocation, const ConfigFlags& flags,
                    const std::vector<base::Error>& warnings) {
  if (flags.format != "json") {
    for (const base::Error& warning : warnings) invocation.warn(warning);
  } else if (!warnings.empty()) {
    fmt::print(stderr, "{}\n", config::errors_to_json(base::join_errors(warnings), "warning"));
  }
}

}  // namespace

base::Result<int> run_config(Invocation& invocation) {
  ConfigFlags flags;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Check the Compose files and print them");
  declare(options, flags);
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  TRY(check(flags, *services));
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
