// SPDX-License-Identifier: Apache-2.0
// Instructions that only change the image's configuration, and WORKDIR.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/exposed_ports.h"
#include "runtime/build/file_owner.h"
#include "runtime/build/layer_writer.h"
#include "runtime/build/stage_builder.h"
#include "runtime/build/stop_signal.h"
#include "runtime/build/string_list_json.h"

namespace runtime::build {
namespace {

void add_sorted(std::vector<std::string>& list, const std::string& item) {
  const auto place = std::lower_bound(list.begin(), list.end(), item);
  if (place == list.end() || *place != item) list.insert(place, item);
}

/// Lexically clean: no "//", "." or "..".
std::string clean_path(std::string_view path) {
  std::vector<std::string> parts;
  for (std::string& part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (part != "..") parts.push_back(std::move(part));
  }
  return "/" + base::join(parts, "/");
}

}  // namespace

base::Result<> StageBuilder::operator()(const Arg& arg) {
  TRY(declare_args(arg, job_.escape(), job_.graph.global, lookup(), state_.args));
  std::string text = "ARG";
  for (const Arg::Entry& entry : arg.entries) {
    const auto value = state_.args.find(entry.name);
    text += " " + entry.name + (value ? "=" + *value : "");
  }
  add_history(std::move(text), false);
  return {};
}

base::Result<> StageBuilder::operator()(const Env& env) {
  std::vector<std::pair<std::string, std::string>> entries;
  // All values first: within one ENV none sees another.
  for (const KeyValue& entry : env.entries) {
    const std::string key = TRY(expand(entry.key));
    entries.emplace_back(key, TRY(expand(entry.value)));
  }
  std::string text = "ENV";
  for (const auto& [key, value] : entries) {
    set_env(state_.config.environment, key, value);
    if (state_.args.find(key)) state_.args.set(key, value);  // the later one counts
    text += fmt::format(" {}={}", key, value);
  }
  add_history(std::move(text), false);
  return {};
}

base::Result<> StageBuilder::operator()(const Label& label) {
  std::string text = "LABEL";
  for (const KeyValue& entry : label.entries) {
    const std::string key = TRY(expand(entry.key));
    const std::string value = TRY(expand(entry.value));
    state_.config.labels[key] = value;
    text += fmt::format(" {}={}", key, value);
  }
  add_history(std::move(text), false);
  return {};
}

base::Result<> StageBuilder::operator()(const Cmd& cmd) {
  state_.config.command = with_shell(cmd.command);
  state_.config.args_escaped = true;
  state_.command_set = true;
  add_history("CMD " + encode_string_list(*state_.config.command), false);
  if (state_.config.command->empty()) state_.config.command.reset();
  return {};
}

base::Result<> StageBuilder::operator()(const Entrypoint& entrypoint) {
  state_.config.entrypoint = with_shell(entrypoint.command);
  state_.config.args_escaped = true;
  // A base image's CMD was meant for its own entrypoint.
  if (!state_.command_set) state_.config.command.reset();
  add_history("ENTRYPOINT " + encode_string_list(*state_.config.entrypoint), false);
  if (state_.config.entrypoint->empty()) state_.config.entrypoint.reset();
  return {};
}

base::Result<> StageBuilder::operator()(const Shell& shell) {
  state_.config.shell = shell.words;
  add_history(fmt::format("SHELL [{}]", base::join(shell.words, " ")), false);
  return {};
}

base::Result<> StageBuilder::operator()(const Expose& expose) {
  std::vector<std::string> shown;
  for (const Word& word : expose.ports) {
    auto texts = expand_words(word.text, job_.escape(), lookup());
    if (!texts) return base::fail(std::move(texts).error().at(word.span));
    for (const std::string& text : *texts) {
      auto ports = parse_exposed_ports(text);
      if (!ports) return base::fail(std::move(ports).error().at(word.span));
      for (const std::string& port : *ports) {
        add_sorted(state_.config.exposed_ports, port);
        shown.push_back(port);
      }
    }
  }
  add_history(fmt::format("EXPOSE [{}]", base::join(shown, " ")), false);
  return {};
}

base::Result<> StageBuilder::operator()(const Volume& volume) {
  const std::vector<std::string> paths = TRY(expand_all(volume.paths));
  for (const std::string& path : paths) {
    if (path.empty()) return base::fail(base::ErrorClass::Invalid, "VOLUME: a path is empty");
    add_sorted(state_.config.volumes, path);
  }
  add_history(fmt::format("VOLUME [{}]", base::join(paths, " ")), false);
  return {};
}

base::Result<> StageBuilder::operator()(const User& user) {
  state_.config.user = TRY(expand(user.user));
  add_history("USER " + state_.config.user, false);
  return {};
}

base::Result<> StageBuilder::operator()(const StopSignal& signal) {
  const std::string name = TRY(expand(signal.signal));
  auto known = check_stop_signal(name);
  if (!known) return base::fail(std::move(known).error().at(signal.signal.span));
  state_.config.stop_signal = name;
  add_history("STOPSIGNAL " + name, false);
  return {};
}

base::Result<> StageBuilder::operator()(const Maintainer& maintainer) {
  state_.config.author = maintainer.name;
  add_history("MAINTAINER " + maintainer.name, false);
  return {};
}

base::Result<> StageBuilder::operator()(const Healthcheck& health) {
  state_.config.health_check = health.check;
  add_history(current_->text, false);
  return {};
}

base::Result<> StageBuilder::operator()(const OnBuild& trigger) {
  const base::Source source{.name = job_.source.name, .text = trigger.instruction};
  auto parsed = parse_trigger(source);
  if (!parsed) {
    base::Error error = std::move(parsed).error();
    error.location.reset();  // the place in the trigger; the instruction's own is added by the caller
    return base::fail(std::move(error));
  }
  state_.config.on_build.push_back(trigger.instruction);
  return {};
}

base::Result<> StageBuilder::operator()(const Workdir& workdir) {
  const std::string path = clean_path(in_working_dir(TRY(expand(workdir.path))));
  state_.config.working_dir = path;
  if (path == "/") {
    add_history("WORKDIR " + path, false);
    return {};
  }
  state_.key = make_key({state_.key, "WORKDIR", path, state_.config.user});
  LayerStep step{.key = state_.key, .description = "WORKDIR " + path};
  step.produce = [&](const snapshot::PreparedRoot& root, const std::string&) -> base::Result<LayerContent> {
    LayerWriter writer = TRY(LayerWriter::open(root.layer.fs, root.lower_dirs, step_time()));
    const Resolution found = TRY(writer.tree().resolve(path));
    if (found.node && !found.node->is_folder()) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("{} is not a folder", path));
    }
    sys::Ownership owner;
    if (!state_.config.user.empty()) owner = TRY(find_owner(state_.config.user, writer.tree()));
    const NodeMeta meta{.owner = owner, .mode = 0755, .modified = writer.now()};
    if (!found.node) TRY(writer.make_folders(found.path(), meta));
    TRY(writer.finish());
    return LayerContent{};
  };
  TRY(run_layer_step(step));
  add_history("WORKDIR " + path, true);
  return {};
}

}  // namespace runtime::build
