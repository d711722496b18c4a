// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/dockerfile_parser.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "runtime/build/instruction_parser.h"

namespace runtime::build {
namespace {

using Parsed = std::optional<InstructionBody>;

/// The rest as one text; reports an instruction without one.
bool require_rest(const InstructionWords& words) {
  if (!words.rest().empty()) return true;
  words.error(words.keyword_span(), fmt::format("{} needs an argument", words.keyword()));
  return false;
}

Parsed parse_env(const InstructionWords& words) {
  auto entries = parse_key_values(words);
  if (!entries) return std::nullopt;
  return Env{.entries = std::move(*entries)};
}

Parsed parse_label(const InstructionWords& words) {
  auto entries = parse_key_values(words);
  if (!entries) return std::nullopt;
  return Label{.entries = std::move(*entries)};
}

Parsed parse_cmd(const InstructionWords& words) { return Cmd{.command = words.command()}; }

Parsed parse_entrypoint(const InstructionWords& words) {
  if (!require_rest(words)) return std::nullopt;
  return Entrypoint{.command = words.command()};
}

Parsed parse_shell(const InstructionWords& words) {
  auto list = words.list();
  if (!list || list->empty()) {
    words.error(words.span(), "SHELL takes a JSON list with at least one string",
                R"(for example SHELL ["/bin/bash", "-c"])");
    return std::nullopt;
  }
  return Shell{.words = std::move(*list)};
}

Parsed parse_expose(const InstructionWords& words) {
  if (!require_rest(words)) return std::nullopt;
  return Expose{.ports = words.plain_words()};
}

Parsed parse_volume(const InstructionWords& words) {
  if (!require_rest(words)) return std::nullopt;
  std::vector<Word> paths;
  if (const auto list = words.list()) {
    for (const std::string& path : *list) paths.push_back({.text = path, .span = words.rest_span()});
  } else {
    paths = words.plain_words();
  }
  for (const Word& path : paths) {
    if (path.text.empty()) words.error(path.span, "VOLUME: a path is empty");
  }
  return Volume{.paths = std::move(paths)};
}

Parsed parse_user(const InstructionWords& words) {
  if (!require_rest(words)) return std::nullopt;
  return User{.user = {.text = std::string(words.rest()), .span = words.rest_span()}};
}

Parsed parse_workdir(const InstructionWords& words) {
  if (!require_rest(words)) return std::nullopt;
  return Workdir{.path = {.text = std::string(words.rest()), .span = words.rest_span()}};
}

Parsed parse_stop_signal(const InstructionWords& words) {
  if (!require_rest(words)) return std::nullopt;
  if (words.plain_words().size() != 1) {
    words.error(words.rest_span(), "STOPSIGNAL takes one signal", "for example STOPSIGNAL SIGINT");
    return std::nullopt;
  }
  return StopSignal{.signal = {.text = std::string(words.rest()), .span = words.rest_span()}};
}

Parsed parse_maintainer(const InstructionWords& words) {
  if (!require_rest(words)) return std::nullopt;
  return Maintainer{.name = std::string(words.rest())};
}

Parsed parse_on_build(const InstructionWords& words) {
  if (!require_rest(words)) return std::nullopt;
  const std::string_view text = words.rest();
  const std::string trigger = base::to_lower(text.substr(0, text.find_first_of(" \t")));
  if (trigger == "onbuild" || trigger == "from" || trigger == "maintainer") {
    words.error(words.rest_span(), fmt::format("ONBUILD takes no {}", text.substr(0, trigger.size())),
                "ONBUILD, FROM and MAINTAINER cannot be triggers");
    return std::nullopt;
  }
  OnBuild out{.instruction = std::string(text)};
  for (const Heredoc& heredoc : words.line().heredocs)
    out.instruction += fmt::format("\n{}{}", heredoc.content, heredoc.name);
  return out;
}

struct InstructionRule {
  std::string_view keyword;
  Parsed (*parse)(const InstructionWords&);
};

constexpr std::array kRules = {
    InstructionRule{"ADD", parse_copy},
    InstructionRule{"ARG", parse_arg},
    InstructionRule{"CMD", parse_cmd},
    InstructionRule{"COPY", parse_copy},
    InstructionRule{"ENTRYPOINT", parse_entrypoint},
    InstructionRule{"ENV", parse_env},
    InstructionRule{"EXPOSE", parse_expose},
    InstructionRule{"FROM", parse_from},
    InstructionRule{"HEALTHCHECK", parse_health_check},
    InstructionRule{"LABEL", parse_label},
    InstructionRule{"MAINTAINER", parse_maintainer},
    InstructionRule{"ONBUILD", parse_on_build},
    InstructionRule{"RUN", parse_run},
    InstructionRule{"SHELL", parse_shell},
    InstructionRule{"STOPSIGNAL", parse_stop_signal},
    InstructionRule{"USER", parse_user},
    InstructionRule{"VOLUME", parse_volume},
    InstructionRule{"WORKDIR", parse_workdir},
};

void report_unknown(const InstructionWords& words) {
  std::vector<std::string> names;
  for (const InstructionRule& rule : kRules) names.emplace_back(rule.keyword);
  const std::string nearest = base::nearest_name(words.keyword(), names);
  words.error(words.keyword_span(),
              fmt::format("unknown instruction '{}'", words.line().text.substr(0, words.keyword().size())),
              nearest.empty() ? fmt::format("instructions are {}", base::join(names, " "))
                              : fmt::format("did you mean {}?", nearest));
}

/// The instruction for messages: blanks, where lines were joined too, become one.
std::string display_text(const LogicalLine& line, std::string_view keyword) {
  std::string out(keyword);
  const std::string_view text = line.text;
  bool blank = false;
  for (std::size_t i = keyword.size(); i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\t') {
      blank = true;
      continue;
    }
    if (blank) out += ' ';
    blank = false;
    out += text[i];
  }
  return out;
}

std::optional<Instruction> parse_instruction(const base::Source& source, const LogicalLine& line, char escape,
                                             base::Diagnostics& diagnostics) {
  const InstructionWords words(source, line, escape, diagnostics);
  for (const InstructionRule& rule : kRules) {
    if (rule.keyword != words.keyword()) continue;
    const std::size_t errors = diagnostics.errors().size();
    Parsed body = rule.parse(words);
    if (!body || diagnostics.errors().size() != errors) return std::nullopt;
    const bool has_pairs = std::holds_alternative<Env>(*body) || std::holds_alternative<Label>(*body);
    return Instruction{.span = words.span(),
                       .first_line = line.first_line,
                       .last_line = line.last_line,
                       .keyword = line.text.substr(0, words.keyword().size()),
                       .empty_line = line.empty_line,
                       .comments = line.comments,
                       .old_form = has_pairs && is_old_form(words),
                       .text = display_text(line, words.keyword()),
                       .body = std::move(*body)};
  }
  report_unknown(words);
  return std::nullopt;
}

}  // namespace

Dockerfile parse_dockerfile(const base::Source& source, base::Diagnostics& diagnostics) {
  const DockerfileLines lines = split_dockerfile(source, diagnostics);
  Dockerfile dockerfile{.directives = lines.directives, .instructions = {}};
  for (const LogicalLine& line : lines.lines) {
    auto instruction = parse_instruction(source, line, lines.directives.escape, diagnostics);
    if (instruction) dockerfile.instructions.push_back(std::move(*instruction));
  }
  if (lines.lines.empty()) {
    diagnostics.error(
        base::make_error(base::ErrorClass::Invalid, fmt::format("{} has no instruction", source.name))
            .with_hint("a Dockerfile starts with FROM"));
  }
  return dockerfile;
}

base::Result<Instruction> parse_trigger(const base::Source& source) {
  base::Diagnostics diagnostics;
  Dockerfile parsed = parse_dockerfile(source, diagnostics);
  TRY(diagnostics.checkpoint());
  if (parsed.instructions.size() != 1) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("{}: a trigger is one instruction, not {}",
                                                             source.name, parsed.instructions.size()));
  }
  return std::move(parsed.instructions.front());
}

}  // namespace runtime::build
