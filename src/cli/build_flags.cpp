// SPDX-License-Identifier: Apache-2.0
#include "cli/build_flags.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "base/byte_size.h"
#include "base/split.h"
#include "cli/attribute_list.h"
#include "cli/prune_flags.h"
#include "compose/load/extra_hosts.h"
#include "compose/load/file_path.h"
#include "compose/plan/images.h"
#include "model/image_reference.h"

namespace cli {
namespace {

using Environment = std::map<std::string, std::string>;

base::Result<model::BuildSecret> parse_secret(const std::string& text, const std::string& folder,
                                              const Environment& environment) {
  model::BuildSecret secret;
  std::string variable, type;
  for (const auto& [name, value] : TRY(parse_attributes(text))) {
    if (name == "id") {
      secret.id = value;
    } else if (name == "src" || name == "source") {
      secret.file = value;
    } else if (name == "env") {
      variable = value;
    } else if (name == "type" && (value == "file" || value == "env")) {
      type = value;
    } else {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("{}={} means nothing here", name, value))
              .with_hint("there are id=, src=, env= and type=file|env"));
    }
  }
  if (secret.id.empty()) return base::fail(base::ErrorClass::Invalid, "a secret needs an id");
  if (type == "env" && variable.empty()) variable = std::exchange(secret.file, {});
  // An id alone is a variable, or else a file.
  if (variable.empty() && secret.file.empty()) {
    const bool is_variable = type == "env" || (type.empty() && environment.contains(secret.id));
    (is_variable ? variable : secret.file) = secret.id;
  }
  if (variable.empty()) {
    secret.file = compose::load::join_path(folder, secret.file);
    return secret;
  }
  const auto found = environment.find(variable);
  if (found == environment.end())
    return base::fail(base::ErrorClass::NotFound, fmt::format("the variable {} is not set", variable));
  secret.content = found->second;
  return secret;
}

base::Result<std::int64_t> parse_limit(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= -1) return value;
  return base::fail(base::ErrorClass::Invalid, fmt::format("\"{}\" is no limit", text));
}

/// "nofile=1024:2048" or "nofile=1024".
base::Result<std::pair<std::string, model::Ulimit>> parse_ulimit(std::string_view text) {
  const auto [name, values] = base::split_once(text, '=');
  if (name.empty() || values.empty())
    return base::fail(base::ErrorClass::Invalid, "a limit is written name=soft[:hard]");
  const auto [soft, hard] = base::split_once(values, ':');
  const bool single = soft.size() == values.size();
  const model::Ulimit limit{TRY(parse_limit(soft)), TRY(parse_limit(single ? soft : hard))};
  return std::pair(std::string(name), limit);
}

/// "NAME=VALUE"; folders become absolute.
base::Result<std::pair<std::string, std::string>> parse_context(const std::string& text,
                                                                const std::string& folder) {
  const auto [name, value] = base::split_once(text, '=');
  if (name.empty() || value.empty())
    return base::fail(base::ErrorClass::Invalid, "a named context is written NAME=FOLDER or NAME=ADDRESS");
  std::string place(value);
  if (!compose::load::is_remote_context(place)) place = compose::load::join_path(folder, place);
  return std::pair(std::string(name), std::move(place));
}

/// "KEY=VALUE" or "manifest:KEY=VALUE".
base::Result<std::pair<std::string, std::string>> parse_annotation(std::string_view text) {
  const auto [name, value] = base::split_once(text, '=');
  const auto colon = name.find(':');
  const std::string_view level = colon == std::string_view::npos ? "manifest" : name.substr(0, colon);
  const std::string_view key = colon == std::string_view::npos ? name : name.substr(colon + 1);
  if (level != "manifest")
    return base::fail(base::ErrorClass::Unsupported, "only manifests are annotated: manifest:KEY=VALUE");
  if (key.empty() || name.size() == text.size())
    return base::fail(base::ErrorClass::Invalid, "an annotation is written KEY=VALUE");
  return std::pair(std::string(key), std::string(value));
}

/// "type=provenance,mode=max" is `--provenance mode=max`, "disabled=true" the value false.
base::Result<> add_attestation(const std::string& text, model::BuildSpec& spec) {
  std::string type, parameters;
  bool disabled = false;
  for (const auto& [name, value] : TRY(parse_attributes(text))) {
    if (name == "type") {
      type = value;
    } else if (name == "disabled") {
      disabled = TRY(parse_switch(value));
    } else {
      parameters += fmt::format("{}{}={}", parameters.empty() ? "" : ",", name, value);
    }
  }
  if (type != "provenance" && type != "sbom") {
    return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                       fmt::format("attestations of the type '{}' are not known", type))
                          .with_hint("there are provenance and sbom"));
  }
  std::string& wanted = type == "sbom" ? spec.sbom : spec.provenance;
  spec.places[type].flag = fmt::format("--attest '{}'", text);
  wanted = disabled ? "false" : parameters.empty() ? "true" : parameters;
  return {};
}

/// "NAME=VALUE" or "NAME", as --build-arg and --label take them.
base::Result<> check_names(const char* flag, const std::vector<std::string>& entries) {
  const auto nameless = [](const std::string& entry) { return entry.empty() || entry.front() == '='; };
  const auto found = std::find_if(entries.begin(), entries.end(), nameless);
  if (found == entries.end()) return {};
  return base::fail(
      base::make_error(base::ErrorClass::Invalid, fmt::format("{} '{}' has no name", flag, *found))
          .with_hint("write NAME=VALUE"));
}

/// Each value of a list that may also hold several with commas between.
void add_split(const std::vector<std::string>& entries, std::vector<std::string>& out) {
  for (const std::string& entry : entries) {
    for (std::string& part : base::split(entry, ',')) {
      if (!part.empty()) out.push_back(std::move(part));
    }
  }
}

}  // namespace

void declare(OptionSet& options, BuildFlags& flags) {
  model::BuildSpec& spec = flags.spec;
  options.list("--add-host", flags.hosts, "Address for a name, in RUN", "HOST:IP")
      .list("--allow", spec.entitlements, "Right that RUN may ask for: network.host, security.insecure",
            "RIGHT")
      .list("--annotation", flags.annotations,
            "Annotation of the manifest, once the image is pushed or saved", "KEY=VALUE")
      .list("--attest", flags.attestations, "Attestation to make", "type=provenance|sbom,...")
      .list("--build-arg", flags.args, "Build-time variable; a name alone for the environment's", "KEY=VALUE")
      .list("--build-context", flags.contexts, "Further context: a folder, address or image", "NAME=PLACE")
      .list("--cache-from", spec.cache_from, "Cache of another machine to read", "IMAGE|type=...")
      .list("--cache-to", spec.cache_to, "Cache for other machines to write", "IMAGE|type=...")
      .text("--call", flags.call, "What to do: build, or tell of the Dockerfile",
            "build|check|outline|targets")
      .flag("--check", flags.check, "Only tell what is odd in the Dockerfile")
      .text("-f,--file", flags.file,
            "Dockerfile, or - for the standard input (default: Dockerfile in the context)", "path")
      .text("--iidfile", flags.iid_file, "File to write the image's ID to", "path")
      .list("--label", flags.labels, "Label for the image", "KEY=VALUE")
      .flag("--load", flags.load, "Keep the image in the store, which is done anyway without --output")
      .text("--metadata-file", flags.metadata_file, "File to write what was built to, as JSON", "path")
      .text("--network", spec.network, "Network of RUN: default, none or host")
      .flag("--no-cache", spec.no_cache, "Use nothing from earlier builds")
      .list("--no-cache-filter", flags.no_cache_filters, "Stages to build anew", "STAGE")
      .list("-o,--output", flags.outputs, "Where the result goes", "FOLDER|-|type=...")
      .list("--platform", flags.platforms, "os/arch[/variant]: this machine's")
      .choice("--progress", flags.progress, {"auto", "tty", "plain", "json", "rawjson", "quiet", "none"},
              "How progress is shown")
      .text("--provenance", flags.provenance, "As --attest type=provenance", "true|false|mode=MODE")
      .flag("--pull", spec.pull, "Pull base images even if they are there")
      .flag("--push", flags.push, "Push the image once it is built")
      .flag("-q,--quiet", flags.quiet, "Print the image's ID alone")
      .text("--sbom", flags.sbom, "As --attest type=sbom", "true|false")
      .list("--secret", flags.secrets, "Secret for RUN", "id=ID[,src=FILE|,env=NAME]")
      .text("--shm-size", flags.shm_size, "Size of /dev/shm in RUN", "BYTES")
      .list("--ssh", spec.ssh, "SSH agent or keys for RUN", "default|ID=PATH")
      .list("-t,--tag", spec.tags, "Name for the image", "REFERENCE")
      .text("--target", spec.target, "Stage to stop at", "STAGE")
      .list("--ulimit", flags.ulimits, "Limit of processes in RUN", "NAME=SOFT[:HARD]")
      .text("--builder", flags.builder, "")
      .text("--cgroup-parent", flags.cgroup_parent, "")
      .text("-m,--memory", flags.memory, "")
      .flag("-D,--debug", flags.debug, "")
      .flag("--compress", flags.compress, "")
      .flag("--rm", flags.remove, "")
      .flag("--force-rm", flags.force_remove, "");
}

void add_build_args(const std::vector<std::string>& entries, const Environment& environment,
                    std::map<std::string, std::string>& args) {
  for (const std::string& entry : entries) {
    const auto equals = entry.find('=');
    if (equals != std::string::npos) {
      args.insert_or_assign(entry.substr(0, equals), entry.substr(equals + 1));
    } else if (const auto found = environment.find(entry); found != environment.end()) {
      args.insert_or_assign(entry, found->second);
    }
  }
}

base::Result<model::BuildSpec> make_build_spec(const BuildFlags& flags, const std::string& folder,
                                               const Environment& environment) {
  model::BuildSpec spec = flags.spec;
  TRY(check_names("--build-arg", flags.args));
  TRY(check_names("--label", flags.labels));
  add_build_args(flags.args, environment, spec.args);
  spec.labels = to_map(flags.labels);
  for (const std::string& text : flags.annotations)
    spec.annotations.insert(
        TRY_WHILE(parse_annotation(text), fmt::format("reading --annotation '{}'", text)));
  add_split(flags.platforms, spec.platforms);
  add_split(flags.no_cache_filters, spec.no_cache_filter);
  for (const std::string& text : flags.contexts)
    spec.additional_contexts.insert(
        TRY_WHILE(parse_context(text, folder), fmt::format("reading --build-context '{}'", text)));
  for (const std::string& text : flags.secrets)
    spec.secrets.push_back(
        TRY_WHILE(parse_secret(text, folder, environment), fmt::format("reading --secret '{}'", text)));
  for (const std::string& text : flags.ulimits)
    spec.ulimits.insert(TRY_WHILE(parse_ulimit(text), fmt::format("reading --ulimit '{}'", text)));
  for (const std::string& text : flags.hosts) {
    const auto hosts = compose::load::parse_extra_hosts(text);
    if (hosts.empty())
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("--add-host '{}' has no address", text))
              .with_hint("write host:address"));
    spec.extra_hosts.insert(spec.extra_hosts.end(), hosts.begin(), hosts.end());
  }
  if (!flags.shm_size.empty())
    spec.shm_size = TRY_WHILE(base::parse_byte_size(flags.shm_size), std::string("reading --shm-size"));
  for (const std::string& text : flags.attestations)
    TRY_WHILE(add_attestation(text, spec), fmt::format("reading --attest '{}'", text));
  for (const auto& [name, given, part] :
       {std::tuple("provenance", &flags.provenance, &spec.provenance), {"sbom", &flags.sbom, &spec.sbom}}) {
    if (given->empty()) continue;
    *part = *given;
    spec.places[name].flag = fmt::format("--{}", name);
  }
  for (const char* name : {"target", "network"}) spec.places[name].flag = fmt::format("--{}", name);
  spec.places["entitlements"].flag = "--allow";
  const auto home = environment.find("HOME");
  compose::plan::make_paths_absolute(spec, folder, home == environment.end() ? "" : home->second);
  return spec;
}

base::Result<std::vector<BuildOutput>> take_outputs(const BuildFlags& flags, model::BuildSpec& spec) {
  std::vector<BuildOutput> out;
  for (const std::string& text : flags.outputs) out.push_back(TRY(parse_build_output(text)));
  if (flags.push)
    out.push_back({.kind = BuildOutput::Kind::Registry, .place = {}, .names = {}, .without_effect = {}});
  if (flags.load || out.empty())
    out.push_back({.kind = BuildOutput::Kind::Store, .place = {}, .names = {}, .without_effect = {}});
  std::size_t streams = 0;
  bool pushed = false;
  for (const BuildOutput& output : out) {
    spec.tags.insert(spec.tags.end(), output.names.begin(), output.names.end());
    streams += output.to_stdout() ? 1 : 0;
    pushed = pushed || output.kind == BuildOutput::Kind::Registry;
  }
  for (const std::string& tag : spec.tags)
    TRY_WHILE(model::ImageReference::parse(tag), fmt::format("reading the name '{}'", tag));
  if (streams > 1) return base::fail(base::ErrorClass::Invalid, "only one output can be the standard output");
  if (pushed && spec.tags.empty())
    return base::fail(base::make_error(base::ErrorClass::Invalid, "an image without a name cannot be pushed")
                          .with_hint("name it with --tag"));
  return out;
}

std::vector<std::string> flags_without_effect(const BuildFlags& flags) {
  std::vector<std::string> out;
  for (const auto& [given, name] : {std::pair(!flags.builder.empty(), "--builder"),
                                    {!flags.cgroup_parent.empty(), "--cgroup-parent"},
                                    {!flags.memory.empty(), "--memory"},
                                    {flags.debug, "--debug"},
                                    {flags.compress, "--compress"},
                                    {flags.remove, "--rm"},
                                    {flags.force_remove, "--force-rm"}}) {
    if (given) out.emplace_back(name);
  }
  return out;
}

}  // namespace cli
