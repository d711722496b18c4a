// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/build_outline.h"

#include <algorithm>
#include <set>

#include "base/split.h"
#include "runtime/build/variables.h"

namespace runtime::build {
namespace {

using model::BuildOutline;

BuildOutline::Lines lines_of(const Instruction& instruction) {
  return {instruction.first_line, instruction.last_line};
}

/// What a comment "NAME text" above the instruction says.
std::string description_of(const Instruction& instruction, std::string_view name) {
  if (name.empty()) return {};
  for (const std::string& comment : instruction.comments) {
    if (comment.starts_with(name) && comment.size() > name.size() && comment[name.size()] == ' ')
      return comment.substr(name.size() + 1);
  }
  return {};
}

template <typename T>
void sort_by_line(std::vector<T>& entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const T& a, const T& b) { return a.lines.first < b.lines.first; });
}

class OutlineMaker {
 public:
  OutlineMaker(const Dockerfile& dockerfile, const StageGraph& graph)
      : dockerfile_(dockerfile), graph_(graph), escape_(dockerfile.directives.escape) {}

  BuildOutline make() {
    list_targets();
    read_global_arguments();
    const Stage& target = graph_.stages[graph_.target];
    out_.name = target.name;
    out_.description = description_of(*target.from, target.name);
    // The target's own come first: what another stage says of the same name is not told.
    for (auto index = graph_.needed.rbegin(); index != graph_.needed.rend(); ++index)
      read_stage(graph_.stages[*index]);
    add_used_globals();
    sort_by_line(out_.arguments);
    sort_by_line(out_.secrets);
    sort_by_line(out_.agents);
    sort_by_line(out_.caches);
    return std::move(out_);
  }

 private:
  void list_targets() {
    for (const Stage& stage : graph_.stages) {
      const From& from = std::get<From>(stage.from->body);
      out_.targets.push_back({.name = stage.name,
                              .description = description_of(*stage.from, stage.name),
                              .base = from.image.text,
                              .platform = from.platform.text,
                              .is_default = stage.index + 1 == graph_.stages.size(),
                              .lines = lines_of(*stage.from)});
    }
  }

  /// One above the first FROM, and the others that its value is made of.
  struct Global {
    BuildOutline::Argument argument;
    std::set<std::string> needs;
  };

  void read_global_arguments() {
    for (const Instruction& instruction : dockerfile_.instructions) {
      const auto* arg = std::get_if<Arg>(&instruction.body);
      if (arg == nullptr) return;
      for (const Arg::Entry& entry : arg->entries) {
        Global global{{.name = entry.name,
                       .value = graph_.global.args.find(entry.name).value_or(""),
                       .description = description_of(instruction, entry.name),
                       .lines = lines_of(instruction)},
                      {}};
        if (entry.value && !graph_.global.build_args.contains(entry.name))
          global.needs = names_in(entry.value->text);
        globals_.insert_or_assign(entry.name, std::move(global));
      }
    }
  }

  std::set<std::string> names_in(const std::string& text) const {
    std::set<std::string> out;
    static_cast<void>(expand_word(text, escape_, [&](std::string_view name) {
      out.emplace(name);
      return graph_.global.args.find(name);
    }));
    return out;
  }

  void use_global(const std::string& name) {
    if (const auto global = globals_.find(name); global != globals_.end() && used_.insert(name).second) {
      for (const std::string& other : global->second.needs) use_global(other);
    }
  }

  void add_used_globals() {
    for (const std::string& name : used_) {
      if (named_.insert(name).second) out_.arguments.push_back(globals_.at(name).argument);
    }
  }

  void read_stage(const Stage& stage) {
    const From& from = std::get<From>(stage.from->body);
    for (const Word* word : {&from.image, &from.platform}) {
      for (const std::string& name : names_in(word->text)) use_global(name);
    }
    ArgScope arguments;
    std::vector<std::string> environment;
    const VariableLookup lookup = [&](std::string_view name) {
      const auto value = find_env(environment, name);
      return value ? value : arguments.find(name);
    };
    for (const Instruction* instruction : stage.instructions) {
      if (const auto* arg = std::get_if<Arg>(&instruction->body)) {
        read_arguments(*arg, *instruction, lookup, arguments);
      } else if (const auto* env = std::get_if<Env>(&instruction->body)) {
        for (const KeyValue& entry : env->entries)
          set_env(environment, entry.key.text, expand_word(entry.value.text, escape_, lookup).value_or(""));
      } else if (const auto* run = std::get_if<Run>(&instruction->body)) {
        for (const RunMountFlag& mount : run->mounts) read_mount(mount, *instruction, lookup);
      }
    }
  }

  void read_arguments(const Arg& arg, const Instruction& instruction, const VariableLookup& lookup,
                      ArgScope& arguments) {
    static_cast<void>(declare_args(arg, escape_, graph_.global, lookup, arguments));
    for (const Arg::Entry& entry : arg.entries) {
      // Without a value of its own it is the one above the first FROM, or the platform's.
      const bool given = graph_.global.build_args.contains(entry.name);
      if (!entry.value && globals_.contains(entry.name)) {
        use_global(entry.name);
        continue;
      }
      if (!entry.value && !given && graph_.global.args.find(entry.name)) continue;
      if (!named_.insert(entry.name).second) continue;
      out_.arguments.push_back({.name = entry.name,
                                .value = arguments.find(entry.name).value_or(""),
                                .description = description_of(instruction, entry.name),
                                .lines = lines_of(instruction)});
    }
  }

  void read_mount(const RunMountFlag& flag, const Instruction& instruction, const VariableLookup& lookup) {
    const auto mount = parse_run_mount(expand_word(flag.text, escape_, lookup).value_or(flag.text));
    if (!mount) return;
    const BuildOutline::Lines lines = lines_of(instruction);
    if (mount->type == RunMountType::Secret) add_need(out_.secrets, *mount, lines);
    if (mount->type == RunMountType::Ssh) add_need(out_.agents, *mount, lines);
    if (mount->type != RunMountType::Cache) return;
    const auto same = [&](const BuildOutline::CacheMount& cache) { return cache.id == mount->id; };
    if (std::none_of(out_.caches.begin(), out_.caches.end(), same)) out_.caches.push_back({mount->id, lines});
  }

  static void add_need(std::vector<BuildOutline::Need>& needs, const RunMount& mount,
                       const BuildOutline::Lines& lines) {
    const auto same = std::find_if(needs.begin(), needs.end(),
                                   [&](const BuildOutline::Need& need) { return need.name == mount.id; });
    if (same == needs.end()) {
      needs.push_back({mount.id, mount.required, lines});
    } else {
      same->required = same->required || mount.required;
    }
  }

  const Dockerfile& dockerfile_;
  const StageGraph& graph_;
  const char escape_;
  BuildOutline out_;
  std::map<std::string, Global> globals_;
  std::set<std::string> used_;   ///< Of the globals.
  std::set<std::string> named_;  ///< Arguments of the outline.
};

}  // namespace

BuildOutline make_outline(const base::Source& source, const Dockerfile& dockerfile, const StageGraph& graph) {
  BuildOutline out = OutlineMaker(dockerfile, graph).make();
  out.file = source.name;
  out.text = source.text;
  return out;
}

}  // namespace runtime::build
