// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "model/image_reference.h"
#include "runtime/build/dockerfile_checks.h"
#include "runtime/build/variables.h"

namespace runtime::build {
namespace {

using Names = std::set<std::string>;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Variables that have to be there: not those with another value to take (`${x:-y}`, `${x+y}`).
std::vector<std::string> used_variables(std::string_view text, char escape) {
  std::vector<std::string> out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == escape) {
      ++i;
    } else if (text[i] == '\'') {
      quoted = !quoted;
    } else if (text[i] == '$' && !quoted) {
      const bool braces = i + 1 < text.size() && text[i + 1] == '{';
      const std::size_t start = i + (braces ? 2 : 1);
      std::size_t end = start;
      while (end < text.size() && is_name_char(text[end])) ++end;
      const bool has_other =
          braces && end < text.size() && (text[end] == ':' || text[end] == '-' || text[end] == '+');
      if (end > start && !has_other) out.emplace_back(text.substr(start, end - start));
      i = end - 1;
    }
  }
  return out;
}

/// The parts of an instruction that the builder fills variables into.
std::vector<Word> expanded_words(const Instruction& instruction) {
  std::vector<Word> out;
  const auto add = [&](const std::vector<Word>& words) { out.insert(out.end(), words.begin(), words.end()); };
  if (const auto* copy = std::get_if<Copy>(&instruction.body)) {
    add(copy->sources);
    add({copy->target, copy->chown, copy->chmod, copy->checksum});
    add(copy->excludes);
  } else if (const auto* env = std::get_if<Env>(&instruction.body)) {
    for (const KeyValue& entry : env->entries) add({entry.key, entry.value});
  } else if (const auto* label = std::get_if<Label>(&instruction.body)) {
    for (const KeyValue& entry : label->entries) add({entry.key, entry.value});
  } else if (const auto* arg = std::get_if<Arg>(&instruction.body)) {
    for (const Arg::Entry& entry : arg->entries) {
      if (entry.value) add({*entry.value});
    }
  } else if (const auto* expose = std::get_if<Expose>(&instruction.body)) {
    add(expose->ports);
  } else if (const auto* volume = std::get_if<Volume>(&instruction.body)) {
    add(volume->paths);
  } else if (const auto* user = std::get_if<User>(&instruction.body)) {
    add({user->user});
  } else if (const auto* workdir = std::get_if<Workdir>(&instruction.body)) {
    add({workdir->path});
  } else if (const auto* signal = std::get_if<StopSignal>(&instruction.body)) {
    add({signal->signal});
  }
  return out;
}

class VariableChecker {
 public:
  VariableChecker(const Dockerfile& dockerfile, const StageGraph& graph, const KnownEnvironment& environment,
                  std::vector<CheckFinding>& findings)
      : dockerfile_(dockerfile), graph_(graph), environment_(environment), findings_(findings) {
    for (const auto& [name, value] : graph.global.args.entries()) global_.insert(name);
  }

  void run() {
    check_bases();
    std::vector<Scope> known(graph_.stages.size());
    for (const std::size_t index : graph_.needed) {
      const Stage& stage = graph_.stages[index];
      Scope scope;
      if (stage.base.kind == Origin::Kind::Stage) scope = known[stage.base.stage];
      if (stage.base.kind == Origin::Kind::Image) scope.image = stage.base.name;
      check_stage(stage, scope);
      known[index] = std::move(scope);
    }
  }

 private:
  /// Variables that last from one stage to those made of it.
  struct Scope {
    Names names = {"PATH"};
    std::string image;     ///< Whose variables are not among the names yet: nobody has asked for one.
    bool unknown = false;  ///< The image is not there to be asked.
  };

  void find(std::string rule, const base::Span& span, std::string message, std::string hint) {
    findings_.push_back({std::move(rule), base::make_error(base::ErrorClass::Invalid, std::move(message))
                                              .at(span)
                                              .with_hint(std::move(hint))});
  }

  std::string suggest(const std::string& name, const Names& names) const {
    const std::string near = base::nearest_name(name, std::vector<std::string>(names.begin(), names.end()));
    return near.empty() ? fmt::format("declare it: ARG {}", name) : fmt::format("did you mean ${}?", near);
  }

  void check_bases() {
    const char escape = dockerfile_.directives.escape;
    for (const Stage& stage : graph_.stages) {
      const From& from = std::get<From>(stage.from->body);
      for (const Word* word : {&from.image, &from.platform}) {
        for (const std::string& name : used_variables(word->text, escape)) {
          if (global_.contains(name)) continue;
          find("UndefinedArgInFrom", word->span, fmt::format("FROM uses ${}, which no ARG declares", name),
               suggest(name, global_));
        }
      }
      check_default(from, escape);
    }
  }

  /// A base image that only a build argument makes a name.
  void check_default(const From& from, char escape) {
    if (used_variables(from.image.text, escape).empty()) return;
    // As if no build argument was given: what an ARG above says, else the platform's.
    ArgScope defaults;
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
      const auto value = defaults.find(name);
      const bool given = graph_.global.build_args.contains(std::string(name));
      return value || given ? value : graph_.global.args.find(name);
    };
    for (const Instruction& instruction : dockerfile_.instructions) {
      const auto* arg = std::get_if<Arg>(&instruction.body);
      if (arg == nullptr) break;
      static_cast<void>(declare_args(*arg, escape, GlobalScope(), lookup, defaults));
    }
    const auto image = expand_word(from.image.text, escape, lookup);
    if (image && (*image == "scratch" || model::ImageReference::parse(*image))) return;
    find("InvalidDefaultArgInFrom", from.image.span,
         fmt::format("without build arguments '{}' is no image", from.image.text),
         "give the ARG a default: ARG name=value");
  }

  bool is_known(const std::string& name, Scope& scope) const {
    if (scope.names.contains(name)) return true;
    if (!scope.image.empty()) {
      const auto environment = environment_(scope.image);
      scope.unknown = !environment;
      for (const std::string& entry : environment.value_or(std::vector<std::string>()))
        scope.names.emplace(base::split_once(entry, '=').first);
      scope.image.clear();
    }
    return scope.unknown || scope.names.contains(name);
  }

  void check_stage(const Stage& stage, Scope& scope) {
    Names arguments;
    for (const Instruction* instruction : stage.instructions) {
      for (const Word& word : expanded_words(*instruction)) {
        for (const std::string& name : used_variables(word.text, dockerfile_.directives.escape)) {
          if (arguments.contains(name) || is_known(name, scope)) continue;
          Names all = scope.names;
          all.insert(arguments.begin(), arguments.end());
          find("UndefinedVar", word.span, fmt::format("${} is not defined here", name), suggest(name, all));
        }
      }
      if (const auto* env = std::get_if<Env>(&instruction->body)) {
        for (const KeyValue& entry : env->entries) scope.names.insert(entry.key.text);
      } else if (const auto* arg = std::get_if<Arg>(&instruction->body)) {
        for (const Arg::Entry& entry : arg->entries) arguments.insert(entry.name);
      }
    }
  }

  const Dockerfile& dockerfile_;
  const StageGraph& graph_;
  const KnownEnvironment& environment_;
  std::vector<CheckFinding>& findings_;
  Names global_;
};

}  // namespace

void check_variables(const Dockerfile& dockerfile, const StageGraph& graph,
                     const KnownEnvironment& environment, std::vector<CheckFinding>& findings) {
  VariableChecker(dockerfile, graph, environment, findings).run();
}

}  // namespace runtime::build
