// SPDX-License-Identifier: Apache-2.0
#include "golden/build/instruction_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace build_test {
namespace {

using namespace runtime::build;

std::string field(std::string_view name, const std::string& value) {
  return value.empty() ? std::string() : fmt::format(" {}={:?}", name, value);
}

std::string flag(std::string_view name, bool value) {
  return value ? fmt::format(" {}", name) : std::string();
}

std::string words_text(const std::vector<Word>& words) {
  std::vector<std::string> texts;
  for (const Word& word : words) texts.push_back(word.text);
  return fmt::format(" {}", texts);
}

std::string command_text(const Command& command) {
  return fmt::format(" {} {}", command.form == CommandForm::Shell ? "shell" : "exec", command.words);
}

std::string heredocs_text(const std::vector<Heredoc>& heredocs) {
  std::string out;
  for (const Heredoc& heredoc : heredocs) {
    out += fmt::format("\n    heredoc {} {} {:?}", heredoc.name, heredoc.expand ? "expanded" : "raw",
                       heredoc.content);
  }
  return out;
}

std::string entries_text(const std::vector<KeyValue>& entries) {
  std::string out;
  for (const KeyValue& entry : entries) out += fmt::format(" {:?}={:?}", entry.key.text, entry.value.text);
  return out;
}

struct Printer {
  std::string operator()(const From& from) const {
    return field("image", from.image.text) + field("platform", from.platform.text) + field("name", from.name);
  }
  std::string operator()(const Arg& arg) const {
    std::string out;
    for (const Arg::Entry& entry : arg.entries) {
      out += fmt::format(" {:?}", entry.name) + (entry.value ? fmt::format("={:?}", entry.value->text) : "");
    }
    return out;
  }
  std::string operator()(const Env& env) const { return entries_text(env.entries); }
  std::string operator()(const Label& label) const { return entries_text(label.entries); }
  std::string operator()(const Run& run) const {
    std::string out =
        command_text(run.command) + field("network", run.network) + flag("insecure", run.insecure);
    for (const RunMountFlag& mount : run.mounts) out += field("mount", mount.text);
    return out + heredocs_text(run.heredocs);
  }
  std::string operator()(const Copy& copy) const {
    return words_text(copy.sources) + field("target", copy.target.text) + field("from", copy.from.text) +
           field("chown", copy.chown.text) + field("chmod", copy.chmod.text) +
           field("checksum", copy.checksum.text) +
           (copy.excludes.empty() ? "" : " excludes" + words_text(copy.excludes)) + flag("link", copy.link) +
           flag("parents", copy.parents) + flag("keep-git-dir", copy.keep_git_dir) +
           heredocs_text(copy.heredocs);
  }
  std::string operator()(const Cmd& cmd) const { return command_text(cmd.command); }
  std::string operator()(const Entrypoint& entrypoint) const { return command_text(entrypoint.command); }
  std::string operator()(const Shell& shell) const { return fmt::format(" {}", shell.words); }
  std::string operator()(const Expose& expose) const { return words_text(expose.ports); }
  std::string operator()(const Volume& volume) const { return words_text(volume.paths); }
  std::string operator()(const User& user) const { return field("user", user.user.text); }
  std::string operator()(const Workdir& workdir) const { return field("path", workdir.path.text); }
  std::string operator()(const StopSignal& stop) const { return field("signal", stop.signal.text); }
  std::string operator()(const Maintainer& maintainer) const { return field("name", maintainer.name); }
  std::string operator()(const Healthcheck& health) const {
    std::string out = fmt::format(" {}", health.check.test);
    const auto add = [&](std::string_view name, const std::optional<base::Duration>& value) {
      if (value) out += fmt::format(" {}={}", name, base::to_text(*value));
    };
    add("interval", health.check.interval);
    add("timeout", health.check.timeout);
    add("start-period", health.check.start_period);
    add("start-interval", health.check.start_interval);
    if (health.check.retries) out += fmt::format(" retries={}", *health.check.retries);
    return out;
  }
  std::string operator()(const OnBuild& trigger) const { return field("instruction", trigger.instruction); }
};

std::string_view kind_name(const InstructionBody& body) {
  static constexpr std::string_view kNames[] = {
      "From",   "Arg",    "Env",  "Label",   "Run",        "Copy",       "Cmd",         "Entrypoint", "Shell",
      "Expose", "Volume", "User", "Workdir", "StopSignal", "Maintainer", "Healthcheck", "OnBuild"};
  return kNames[body.index()];
}

}  // namespace

std::string to_text(const Instruction& instruction) {
  return fmt::format("{}-{} {}:{} {}{}\n  {}\n", instruction.first_line, instruction.last_line,
                     instruction.span.line, instruction.span.column, kind_name(instruction.body),
                     std::visit(Printer(), instruction.body), instruction.text);
}

}  // namespace build_test
