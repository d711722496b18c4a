// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/dockerfile_checks.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/split.h"

namespace runtime::build {
namespace {

bool is_lower(std::string_view text) { return base::to_lower(text) == text; }
bool is_upper(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Whether a word of the name, between underscores, says that its value is a secret.
bool names_secret(std::string_view name) {
  static const std::set<std::string, std::less<>> kSecret = {
      "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"};
  const std::vector<std::string> words = base::split(base::to_lower(name), '_');
  const auto is_secret = [&](const std::string& word) { return kSecret.contains(word); };
  return std::any_of(words.begin(), words.end(), is_secret) &&
         std::find(words.begin(), words.end(), "public") == words.end();
}

class Checker {
 public:
  Checker(const Dockerfile& dockerfile, const StageGraph& graph, const CheckFacts& facts)
      : dockerfile_(dockerfile), graph_(graph), facts_(facts) {}

  std::vector<CheckFinding> run() {
    check_keywords();
    for (const Instruction& instruction : dockerfile_.instructions) {
      if (instruction.empty_line) {
        find("NoEmptyContinuation", *instruction.empty_line, "empty line inside a continued instruction",
             "remove the line, or start it with #");
      }
      check_description(instruction);
    }
    for (const Stage& stage : graph_.stages) check_stage(stage);
    for (const std::size_t index : graph_.needed) check_platform(graph_.stages[index]);
    return std::move(findings_);
  }

 private:
  void find(std::string rule, const base::Span& span, std::string message, std::string hint) {
    findings_.push_back({std::move(rule), base::make_error(base::ErrorClass::Invalid, std::move(message))
                                              .at(span)
                                              .with_hint(std::move(hint))});
  }

  void check_keywords() {
    std::size_t lower = 0, upper = 0;
    for (const Instruction& instruction : dockerfile_.instructions) {
      lower += is_lower(instruction.keyword) ? 1 : 0;
      upper += is_upper(instruction.keyword) ? 1 : 0;
    }
    const bool small = lower > upper;
    for (const Instruction& instruction : dockerfile_.instructions) {
      if (small ? is_lower(instruction.keyword) : is_upper(instruction.keyword)) continue;
      find("ConsistentInstructionCasing", instruction.span,
           fmt::format("{} is not written as most instructions are", instruction.keyword),
           fmt::format("write instructions in {}", small ? "small letters" : "capitals"));
    }
  }

  /// A comment right above a stage or argument that describes something else.
  void check_description(const Instruction& instruction) {
    if (instruction.comments.empty()) return;
    std::vector<std::string> names;
    if (const auto* from = std::get_if<From>(&instruction.body); from != nullptr && !from->name.empty())
      names.push_back(from->name);
    if (const auto* arg = std::get_if<Arg>(&instruction.body)) {
      for (const Arg::Entry& entry : arg->entries) names.push_back(entry.name);
    }
    const std::string& comment = instruction.comments.back();
    const std::string first = comment.substr(0, comment.find(' '));
    if (names.empty() || std::find(names.begin(), names.end(), first) != names.end()) return;
    find("InvalidDefinitionDescription", instruction.span,
         fmt::format("the comment above it does not describe {}", base::join(names, " or ")),
         fmt::format("write # {} ..., or leave an empty line below the comment", names.front()));
  }

  /// An image that is there already, for another machine.
  void check_platform(const Stage& stage) {
    const From& from = std::get<From>(stage.from->body);
    if (stage.base.kind != Origin::Kind::Image || !facts_.image_platform) return;
    const auto platform = facts_.image_platform(stage.base.name);
    if (!platform || *platform == facts_.platform) return;
    find("InvalidBaseImagePlatform", from.image.span,
         fmt::format("{} is an image for {}, the build is for {}", from.image.text, *platform,
                     facts_.platform),
         fmt::format("compose image pull --platform {} {}", facts_.platform, stage.base.name));
  }

  void check_ignored(const Copy& copy) {
    if (!facts_.is_ignored || !copy.from.text.empty()) return;
    for (const Word& source : copy.sources) {
      if (source.text.find("://") != std::string::npos || source.text.find('$') != std::string::npos)
        continue;
      const std::string path = std::filesystem::path("/" + source.text).lexically_normal().relative_path();
      if (path.empty() || !facts_.is_ignored(path)) continue;
      find("CopyIgnoredFile", source.span, fmt::format("{} is left out by the ignore file", source.text),
           "take it out of the ignore file, or do not copy it");
    }
  }

  void check_stage(const Stage& stage) {
    const From& from = std::get<From>(stage.from->body);
    check_from(from, *stage.from);
    if (!stage.name.empty()) check_name(stage, from);
    bool has_shell = stage.base.kind == Origin::Kind::Stage && with_shell_.contains(stage.base.stage);
    bool has_folder = stage.base.kind == Origin::Kind::Stage && with_folder_.contains(stage.base.stage);
    std::map<std::string, const Instruction*> once;
    for (const Instruction* instruction : stage.instructions) {
      if (std::holds_alternative<Shell>(instruction->body)) has_shell = true;
      if (const auto* workdir = std::get_if<Workdir>(&instruction->body)) {
        const bool relative = workdir->path.text.find_first_of("/$\"'") != 0;
        if (relative && !has_folder) {
          find("WorkdirRelativePath", workdir->path.span,
               fmt::format("the folder {} begins where the base image's is", workdir->path.text),
               "write an absolute path first");
        }
        has_folder = has_folder || !relative;
      }
      check_command(*instruction, has_shell, once);
      check_instruction(*instruction);
    }
    if (has_shell) with_shell_.insert(stage.index);
    if (has_folder) with_folder_.insert(stage.index);
  }

  void check_from(const From& from, const Instruction& instruction) {
    if (!from.as.empty() && is_lower(from.as) != is_lower(instruction.keyword)) {
      find("FromAsCasing", instruction.span,
           fmt::format("{} and {} are not written alike", instruction.keyword, from.as),
           "write both in capitals, or both in small letters");
    }
    const std::string& platform = from.platform.text;
    if (platform == "$TARGETPLATFORM" || platform == "${TARGETPLATFORM}") {
      find("RedundantTargetPlatform", from.platform.span,
           "--platform=$TARGETPLATFORM is what FROM does anyway", "leave it out");
    }
    const std::vector<std::string> parts = base::split(platform, '/');
    const bool told_by_name = std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
      return !from.name.empty() && !part.empty() && from.name.find(part) != std::string::npos;
    });
    if (!platform.empty() && platform.find('$') == std::string::npos && !told_by_name) {
      find("FromPlatformFlagConstDisallowed", from.platform.span,
           fmt::format("--platform={} builds for one platform only", platform),
           "leave it out, or give a variable such as $BUILDPLATFORM");
    }
  }

  void check_name(const Stage& stage, const From& from) {
    const base::Span& span = from.written_name.span;
    if (!is_lower(from.written_name.text)) {
      find("StageNameCasing", span,
           fmt::format("the stage's name {} is not in small letters", from.written_name.text),
           fmt::format("write {}", from.name));
    }
    if (stage.name == "scratch" || stage.name == "context") {
      find("ReservedStageName", span, fmt::format("'{}' has a meaning of its own", stage.name),
           "give the stage another name");
    }
    if (!names_.insert(stage.name).second) {
      find("DuplicateStageName", span, fmt::format("there is a stage {} already", stage.name),
           "give each stage a name of its own");
    }
  }

  void check_command(const Instruction& instruction, bool has_shell,
                     std::map<std::string, const Instruction*>& once) {
    const Command* command = nullptr;
    std::string name;
    if (const auto* cmd = std::get_if<Cmd>(&instruction.body)) {
      name = "CMD";
      command = &cmd->command;
    } else if (const auto* entrypoint = std::get_if<Entrypoint>(&instruction.body)) {
      name = "ENTRYPOINT";
      command = &entrypoint->command;
    } else if (std::holds_alternative<Healthcheck>(instruction.body)) {
      name = "HEALTHCHECK";
    } else {
      return;
    }
    const Instruction*& earlier = once[name];
    if (earlier != nullptr) {
      find("MultipleInstructionsDisallowed", earlier->span,
           fmt::format("this {} has no effect: another one follows in its stage", name), "remove it");
    }
    earlier = &instruction;
    if (command == nullptr || command->form == CommandForm::Exec || has_shell) return;
    find("JSONArgsRecommended", instruction.span,
         fmt::format("{} runs in a shell, which keeps signals from the program", name),
         fmt::format(R"(write {} ["program", "argument"], or SHELL if a shell is meant)", name));
  }

  void check_instruction(const Instruction& instruction) {
    if (std::holds_alternative<Maintainer>(instruction.body)) {
      find("MaintainerDeprecated", instruction.span, "MAINTAINER is deprecated",
           "use LABEL org.opencontainers.image.authors=...");
    } else if (const auto* env = std::get_if<Env>(&instruction.body)) {
      check_old_form(instruction, "ENV", env->entries);
      for (const KeyValue& entry : env->entries) check_secret(entry.key.text, entry.key.span, "ENV");
    } else if (const auto* label = std::get_if<Label>(&instruction.body)) {
      check_old_form(instruction, "LABEL", label->entries);
    } else if (const auto* arg = std::get_if<Arg>(&instruction.body)) {
      for (const Arg::Entry& entry : arg->entries) check_secret(entry.name, instruction.span, "ARG");
    } else if (const auto* expose = std::get_if<Expose>(&instruction.body)) {
      for (const Word& port : expose->ports) check_port(port);
    } else if (const auto* copy = std::get_if<Copy>(&instruction.body)) {
      check_ignored(*copy);
    }
  }

  void check_old_form(const Instruction& instruction, std::string_view keyword,
                      const std::vector<KeyValue>& entries) {
    if (!instruction.old_form) return;
    find("LegacyKeyValueFormat", instruction.span, fmt::format("{} without '=' is deprecated", keyword),
         fmt::format("write {} {}=...", keyword, entries.front().key.text));
  }

  void check_secret(const std::string& name, const base::Span& span, std::string_view keyword) {
    if (!names_secret(name)) return;
    find("SecretsUsedInArgOrEnv", span,
         fmt::format("{} {}: its value stays in the image for everyone to see", keyword, name),
         fmt::format("use RUN --mount=type=secret,id={}", name));
  }

  void check_port(const Word& port) {
    const auto [number, protocol] = base::split_once(port.text, '/');
    if (!is_lower(protocol) && protocol.find('$') == std::string_view::npos) {
      find("ExposeProtoCasing", port.span, fmt::format("the protocol {} is not in small letters", protocol),
           fmt::format("write {}/{}", number, base::to_lower(protocol)));
    }
    if (number.find(':') == std::string_view::npos || number.find('$') != std::string_view::npos) return;
    find("ExposeInvalidFormat", port.span,
         fmt::format("{} names an address or a port of the host, which an image cannot", port.text),
         fmt::format("write {}", number.substr(number.rfind(':') + 1)));
  }

  const Dockerfile& dockerfile_;
  const StageGraph& graph_;
  const CheckFacts& facts_;
  std::set<std::string> names_;
  std::set<std::size_t> with_shell_, with_folder_;  ///< Stages.
  std::vector<CheckFinding> findings_;
};

}  // namespace

bool is_advice(const std::string& rule) {
  static const std::set<std::string> kAdvice = {"StageNameCasing",
                                                "FromAsCasing",
                                                "ConsistentInstructionCasing",
                                                "JSONArgsRecommended",
                                                "WorkdirRelativePath",
                                                "RedundantTargetPlatform",
                                                "SecretsUsedInArgOrEnv",
                                                "InvalidDefaultArgInFrom",
                                                "FromPlatformFlagConstDisallowed",
                                                "ExposeProtoCasing",
                                                "InvalidDefinitionDescription",
                                                "CopyIgnoredFile"};
  return kAdvice.contains(rule);
}

std::vector<CheckFinding> check_dockerfile(const Dockerfile& dockerfile, const StageGraph& graph,
                                           const CheckFacts& facts) {
  std::vector<CheckFinding> out = Checker(dockerfile, graph, facts).run();
  check_variables(dockerfile, graph, facts.environment, out);
  const auto line = [](const CheckFinding& finding) {
    return finding.warning.location ? finding.warning.location->line : 0;
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const CheckFinding& a, const CheckFinding& b) { return line(a) < line(b); });
  return out;
}

}  // namespace runtime::build
