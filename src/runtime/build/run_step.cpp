// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <list>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/dockerfile_excerpt.h"
#include "runtime/build/mount_stubs.h"
#include "runtime/build/run_mounts.h"
#include "runtime/build/stage_builder.h"
#include "runtime/build/string_list_json.h"
#include "sys/file.h"
#include "sys/path_in_root.h"

namespace runtime::build {

/// What one RUN found out on its way.
struct StageBuilder::RunWork {
  std::vector<std::string> arguments;
  std::vector<PreparedMount> mounts;
  std::list<SourceOrigin> origins;  ///< Keeps the trees of the mounts.
  /// Stages and images that mounts show or start with, by the mount's place: opened when the cache has no
  /// answer.
  std::vector<std::pair<std::size_t, SourceOrigin*>> unopened;
  std::optional<std::string> script;  ///< A heredoc with a "#!" line, run as a file.
  std::string script_name;
  std::string output_tail;  ///< The last of what the process wrote.
  base::Span span;
};

namespace {

constexpr std::string_view kScriptFolder = "/dev/pipes";
constexpr std::size_t kMostTail = 16u << 10;

/// What the runner mounts by itself on a root, and has to make where it is missing.
const std::vector<std::string> kRunnerTargets = {
    "/proc", "/sys", "/dev", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname"};

/// What the build gives every RUN beside its files and variables, as a part of the step's key. Addresses of
/// extra hosts count as much as their names: the step can read them in /etc/hosts.
std::string surroundings_key(const model::BuildSpec& spec) {
  std::vector<std::string> limits;
  for (const auto& [name, limit] : spec.ulimits)
    limits.push_back(fmt::format("{}={}:{}", name, limit.soft, limit.hard));
  return make_key({make_key(spec.extra_hosts), make_key(limits),
                   spec.shm_size ? std::to_string(spec.shm_size->bytes) : ""});
}

/// http_proxy for HTTP_PROXY, and the other way round.
std::string in_other_case(std::string name) {
  for (char& c : name) {
    if (c != '_') c = static_cast<char>(c ^ ('a' ^ 'A'));
  }
  return name;
}

/// Proxies of the build's arguments, under their names in capitals and in small letters: programs look for
/// either.
void add_proxies(const std::map<std::string, std::string>& args, std::vector<std::string>& environment) {
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!find_env(environment, name)) environment.push_back(fmt::format("{}={}", name, value));
  };
  for (const auto& [name, value] : args) {
    if (is_proxy_arg(name)) add(name, value);
  }
  for (const auto& [name, value] : args) {
    if (is_proxy_arg(name)) add(in_other_case(name), value);
  }
}

bool is_heredoc_alone(const std::string& text, const std::vector<Heredoc>& heredocs) {
  HeredocWord word;
  return heredocs.size() == 1 && text.find_first_of(" \t") == std::string::npos &&
         parse_heredoc_word(text, word);
}

}  // namespace

base::Result<std::vector<std::string>> StageBuilder::run_arguments(const Run& run, RunWork& work) {
  if (run.heredocs.empty() || run.command.form == CommandForm::Exec) return with_shell(run.command);
  Command command = run.command;
  std::string& text = command.words.front();
  const Heredoc& first = run.heredocs.front();
  if (!is_heredoc_alone(text, run.heredocs)) {
    // The shell reads them itself, so they are put back as they were written.
    for (const Heredoc& heredoc : run.heredocs) text += fmt::format("\n{}{}", heredoc.content, heredoc.name);
  } else if (first.content.starts_with("#!")) {
    work.script = first.content;
    work.script_name = first.file_name();
    text = fmt::format("{}/{}", kScriptFolder, work.script_name);
  } else {
    text = first.content;
  }
  return with_shell(command);
}

std::vector<std::string> StageBuilder::run_environment() const {
  std::vector<std::string> environment = state_.config.environment;
  for (const auto& [name, value] : state_.args.entries()) {
    if (value && name != kScanStageArg && name != kScanContextArg) set_env(environment, name, *value);
  }
  return environment;
}

const std::string& StageBuilder::run_network(const Run& run) const {
  static const std::string kDefault;
  const std::string& network = run.network.empty() ? job_.spec.network : run.network;
  return network == "default" ? kDefault : network;
}

base::Result<> StageBuilder::check_permissions(const Run& run) const {
  const auto granted = [&](std::string_view entitlement) {
    const auto& list = job_.spec.entitlements;
    return std::find(list.begin(), list.end(), entitlement) != list.end();
  };
  if (run.insecure && !job_.spec.privileged && !granted("security.insecure")) {
    return base::fail(
        base::make_error(base::ErrorClass::Permission, "RUN --security=insecure is not allowed in this build")
            .with_hint("it gives the step the host's powers; allow it with build.entitlements: "
                       "[security.insecure]"));
  }
  if (run.network == "host" && job_.spec.network != "host" && !granted("network.host")) {
    return base::fail(
        base::make_error(base::ErrorClass::Permission, "RUN --network=host is not allowed in this build")
            .with_hint("allow it with build.entitlements: [network.host]"));
  }
  return {};
}

base::Error StageBuilder::failed_run(const RunWork& work, const StepExit& exit) const {
  std::string command = base::join(work.arguments, " ");
  constexpr std::size_t kMostShown = 200;
  if (command.size() > kMostShown) command = command.substr(0, kMostShown) + "...";
  std::replace(command.begin(), command.end(), '\n', ' ');
  std::string message = fmt::format("the process \"{}\" failed: exit code {}", command, exit.code);
  if (exit.oom_killed) message += " (it was killed: out of memory)";
  base::Error error = base::make_error(base::ErrorClass::Invalid, std::move(message)).at(current_->span);
  error.exit_code = exit.code;
  return error;
}

base::Result<StageBuilder::LayerContent> StageBuilder::run_process(const Run& run, RunWork& work,
                                                                   const snapshot::PreparedRoot& root,
                                                                   const std::string& step_id) {
  MountSet mounts = TRY(make_mounts(job_, work.mounts));
  const auto run_it = [&]() -> base::Result<StepExit> {
    if (work.script) {
      const std::string folder = fmt::format("{}/{}", TRY(job_.scratch_folder()), job_.new_id());
      TRY(sys::make_directories(folder, 0755));
      mounts.folders.push_back(folder);
      TRY(sys::write_file(fmt::format("{}/{}", folder, work.script_name), *work.script, 0755));
      mounts.mounts.push_back({.kind = StepMount::Kind::Bind,
                               .target = std::string(kScriptFolder),
                               .source = folder,
                               .read_only = true});
    }
    std::vector<std::string> targets = kRunnerTargets;
    for (const StepMount& mount : mounts.mounts) targets.push_back(mount.target);
    std::vector<std::string> folders{root.layer.fs};
    folders.insert(folders.end(), root.lower_dirs.begin(), root.lower_dirs.end());
    const MountStubs stubs =
        TRY(MountStubs::find(TRY(LayeredTree::open(folders, OverlayMarks::Honour)), targets));

    StepProcess process{.id = job_.new_id(),
                        .lower_dirs = root.lower_dirs,
                        .upper = root.layer.fs,
                        .work = root.layer.work,
                        .argv = work.arguments,
                        .env = run_environment(),
                        .user = state_.config.user,
                        .mounts = std::move(mounts.mounts)};
    if (!state_.config.working_dir.empty()) process.cwd = state_.config.working_dir;
    add_proxies(job_.spec.args, process.env);
    for (const std::string& entry : mounts.environment) {
      const auto [name, value] = base::split_once(entry, '=');
      set_env(process.env, std::string(name), std::string(value));
    }
    const std::string& network = run_network(run);
    if (network == "none") process.network = StepNetwork::None;
    if (network == "host") process.network = StepNetwork::Host;
    process.insecure = run.insecure;
    if (!job_.arguments.hostname.empty()) process.hostname = job_.arguments.hostname;
    process.extra_hosts = job_.spec.extra_hosts;
    process.ulimits = job_.spec.ulimits;
    process.shm_size = job_.spec.shm_size;
    const auto output = [&](std::string_view bytes) {
      job_.emit({.kind = BuildEvent::Kind::Output, .id = step_id, .text = std::string(bytes)});
      work.output_tail += bytes;
      if (work.output_tail.size() > 2 * kMostTail)
        work.output_tail.erase(0, work.output_tail.size() - kMostTail);
    };
    const StepExit exit = TRY(job_.runner.run(process, output, job_.cancellation));
    TRY(stubs.remove(root.layer.fs));
    return exit;
  }();
  remove_mounts(mounts);
  if (!run_it) return base::fail(run_it.error());
  if (run_it->code != 0) return base::fail(failed_run(work, *run_it));
  return LayerContent{.exact = are_unchanged(work.mounts), .base = {}};
}

base::Result<> StageBuilder::prepare_mounts(const Run& run, RunWork& work) {
  for (const RunMountFlag& flag : run.mounts) {
    const auto text = TRY(expand({.text = flag.text, .span = flag.span}));
    auto mount = parse_run_mount(text);
    if (!mount) return base::fail(std::move(mount).error().at(flag.span));
    const UsedSecret used{.id = mount->id, .optional = !mount->required};
    if (mount->type == RunMountType::Secret) job_.attestations.note_secret(used);
    if (mount->type == RunMountType::Ssh) job_.attestations.note_agent(used);
    PreparedMount prepared{.mount = std::move(*mount), .tree = nullptr, .span = flag.span};
    const std::string& space = job_.arguments.cache_namespace;
    if (prepared.mount.type == RunMountType::Cache && !space.empty())
      prepared.mount.id = fmt::format("{}/{}", space, prepared.mount.id);
    if (!prepared.mount.target.empty()) prepared.mount.target = in_working_dir(prepared.mount.target);
    if (!prepared.mount.target.empty() && sys::clean_absolute_path(prepared.mount.target) == "/") {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, "--mount: nothing can be mounted over the step's root")
              .at(flag.span)
              .with_hint("give it a folder as target"));
    }
    const bool has_tree = prepared.mount.type == RunMountType::Bind ||
                          (prepared.mount.type == RunMountType::Cache && !prepared.mount.from.empty());
    if (has_tree) {
      SourceOrigin& origin = work.origins.emplace_back(TRY(find_origin(prepared.mount.from, flag.span)));
      prepared.tree = origin.tree;
      if (origin.tree == nullptr) work.unopened.emplace_back(work.mounts.size(), &origin);
    }
    work.mounts.push_back(std::move(prepared));
  }
  return {};
}

/// Makes the step's key of `parts` and of what its mounts show, and its layer. The files of a stage or an
/// image cannot change: with those that were mounted the last time, none is read.
base::Result<> StageBuilder::run_with_mounts(LayerStep& step, std::vector<std::string> parts, RunWork& work) {
  if (work.unopened.empty()) {
    for (PreparedMount& mount : work.mounts) parts.push_back(TRY(read_mount(job_, mount)));
    step.key = make_key(parts);
    return run_layer_step(step);
  }
  std::vector<std::string> sums(work.mounts.size()), names(work.mounts.size()), layers;
  std::vector<const SourceOrigin*> origins;
  for (const auto& [mount, origin] : work.unopened) {
    names[mount] = make_key({origin->key, work.mounts[mount].mount.source});
    layers.insert(layers.end(), origin->layers.begin(), origin->layers.end());
    origins.push_back(origin);
  }
  for (std::size_t i = 0; i < work.mounts.size(); ++i) {
    if (names[i].empty()) names[i] = sums[i] = TRY(read_mount(job_, work.mounts[i]));
  }
  names.insert(names.begin(), parts.begin(), parts.end());
  const std::string cheap_key = make_key(names);
  if (const auto key = TRY(find_link(cheap_key, layers_key(layers))); key && cache_enabled()) {
    step.key = *key;
    if (TRY(take_from_cache(step))) {
      job_.exports.note_link(cheap_key, step.key);
      return {};
    }
  }
  for (const auto& [mount, origin] : work.unopened) {
    TRY(open_source_tree(*origin));
    work.mounts[mount].tree = origin->tree;
    sums[mount] = TRY(read_mount(job_, work.mounts[mount]));
  }
  parts.insert(parts.end(), sums.begin(), sums.end());
  step.key = make_key(parts);
  step.committed = [&](const std::string&) { return record_link(cheap_key, step.key, origins); };
  return run_layer_step(step);
}

base::Result<> StageBuilder::operator()(const Run& run) {
  TRY(check_permissions(run));
  if (run_network(run) != "none") job_.attestations.note_network();
  RunWork work;
  work.arguments = TRY(run_arguments(run, work));
  std::vector<std::string> parts = {state_.key,
                                    "RUN",
                                    make_key(work.arguments),
                                    state_.config.user,
                                    state_.config.working_dir,
                                    run_network(run),
                                    run.insecure ? "insecure" : "",
                                    work.script.value_or("")};
  // Secrets, and proxies that no ARG declares, are not part of it: through another proxy comes the same.
  parts.push_back(make_key(run_environment()));
  parts.push_back(surroundings_key(job_.spec));
  if (!job_.arguments.hostname.empty()) parts.push_back("hostname " + job_.arguments.hostname);
  TRY(prepare_mounts(run, work));
  for (const PreparedMount& mount : work.mounts) parts.push_back(mount_key(mount));
  LayerStep step{.key = {}, .description = current_->text};
  if (!run.heredocs.empty())
    step.description += fmt::format(" ({})", first_line(run.heredocs.front().content));
  step.produce = [&](const snapshot::PreparedRoot& root, const std::string& step_id) {
    return run_process(run, work, root, step_id);
  };
  TRY(run_with_mounts(step, std::move(parts), work));
  state_.key = step.key;
  std::string args_shown;
  std::size_t arg_count = 0;
  for (const auto& [name, value] : state_.args.entries()) {
    args_shown += fmt::format("{}={} ", name, find_variable(name).value_or(""));
    ++arg_count;
  }
  const std::string prefix = arg_count == 0 ? "" : fmt::format("|{} {}", arg_count, args_shown);
  add_history("RUN " + prefix + base::join(work.arguments, " "), true);
  return {};
}

}  // namespace runtime::build
