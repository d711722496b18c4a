// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/instruction_parser.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/string_list_json.h"
#include "runtime/image/config_limits.h"

namespace runtime::build {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_stage_name(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), is_name_char);
}

bool is_blank_name(std::string_view name) { return name.empty() || name == "\"\"" || name == "''"; }

/// "ENV name the rest": everything after the first blank, as it stands.
std::optional<std::vector<KeyValue>> parse_old_form(const InstructionWords& words) {
  const std::string_view rest = words.rest();
  const auto blank = rest.find_first_of(" \t");
  const std::string_view value =
      blank == std::string_view::npos ? std::string_view() : base::trim(rest.substr(blank));
  if (value.empty()) {
    words.error(words.rest_span(), fmt::format("{} needs a name and a value", words.keyword()),
                fmt::format("write {} {}=value", words.keyword(), rest));
    return std::nullopt;
  }
  const base::Span span = words.rest_span();
  return std::vector<KeyValue>{{.key = {.text = std::string(rest.substr(0, blank)), .span = span},
                                .value = {.text = std::string(value), .span = span}}};
}

base::Result<int> parse_retries(std::string_view text) {
  int retries = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), retries);
  if (code != std::errc() || end != text.data() + text.size() || retries < 0) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("'{}' is not a number of retries", text));
  }
  if (retries > image::kMostRetries)
    return base::fail(base::ErrorClass::Invalid, fmt::format("at most {} are kept", image::kMostRetries));
  return retries;
}

void read_duration(const InstructionWords& words, const FlagReader& flags, std::string_view name,
                   std::optional<base::Duration>& out) {
  if (!flags.given(name)) return;
  const Word flag = flags.text(name);
  const auto duration = base::parse_duration(flag.text);
  if (!duration) {
    words.error(flag.span, fmt::format("--{}: {}", name, duration.error().message));
  } else if (*duration != base::Duration(0) && *duration < std::chrono::milliseconds(1)) {
    words.error(flag.span, fmt::format("--{} must be 0 or at least 1ms", name));
  } else {
    out = *duration;
  }
}

}  // namespace

bool is_old_form(const InstructionWords& words) {
  const std::vector<Word> parts = words.quoted_words();
  return !parts.empty() && parts.front().text.find('=') == std::string::npos;
}

std::optional<std::vector<KeyValue>> parse_key_values(const InstructionWords& words) {
  const std::vector<Word> parts = words.quoted_words();
  if (parts.empty()) {
    words.error(words.keyword_span(), fmt::format("{} needs an argument", words.keyword()));
    return std::nullopt;
  }
  if (is_old_form(words)) return parse_old_form(words);
  std::vector<KeyValue> entries;
  for (const Word& part : parts) {
    const auto equals = part.text.find('=');
    if (equals == std::string::npos) {
      words.error(part.span, fmt::format("{}: '{}' has no '='", words.keyword(), part.text),
                  "write name=value; a value with blanks stands in quotes");
      return std::nullopt;
    }
    const std::string key = part.text.substr(0, equals);
    if (is_blank_name(key)) {
      words.error(part.span, fmt::format("{}: a name is empty", words.keyword()));
      return std::nullopt;
    }
    entries.push_back({.key = {.text = key, .span = part.span},
                       .value = {.text = part.text.substr(equals + 1), .span = part.span}});
  }
  return entries;
}

std::optional<InstructionBody> parse_arg(const InstructionWords& words) {
  Arg arg;
  for (const Word& part : words.quoted_words()) {
    const auto equals = part.text.find('=');
    Arg::Entry entry{.name = part.text.substr(0, equals), .value = {}};
    if (is_blank_name(entry.name)) {
      words.error(part.span, "ARG: a name is empty");
      return std::nullopt;
    }
    if (equals != std::string::npos)
      entry.value = Word{.text = part.text.substr(equals + 1), .span = part.span};
    arg.entries.push_back(std::move(entry));
  }
  if (arg.entries.empty()) {
    words.error(words.keyword_span(), "ARG needs an argument");
    return std::nullopt;
  }
  return arg;
}

std::optional<InstructionBody> parse_from(const InstructionWords& words) {
  const FlagReader flags(words, {{.name = "platform"}});
  const std::vector<Word> parts = words.plain_words();
  const bool named = parts.size() == 3 && base::to_lower(parts[1].text) == "as";
  if (parts.size() != 1 && !named) {
    words.error(words.span(), "FROM takes an image, or an image, AS and a name",
                "for example FROM debian AS build");
    return std::nullopt;
  }
  From from{.image = parts[0], .platform = flags.text("platform"), .name = {}, .as = {}, .written_name = {}};
  if (!named) return from;
  from.as = parts[1].text;
  from.written_name = parts[2];
  from.name = base::to_lower(parts[2].text);
  if (!is_stage_name(from.name)) {
    words.error(parts[2].span, fmt::format("'{}' cannot be the name of a stage", parts[2].text),
                "a name starts with a letter; then letters, digits, '-', '_' and '.'");
    return std::nullopt;
  }
  return from;
}

std::optional<InstructionBody> parse_copy(const InstructionWords& words) {
  Copy copy{.is_add = words.keyword() == "ADD"};
  const FlagReader flags = copy.is_add ? FlagReader(words, {{.name = "chown"},
                                                            {.name = "chmod"},
                                                            {.name = "link", .kind = FlagKind::Bool},
                                                            {.name = "exclude", .kind = FlagKind::List},
                                                            {.name = "checksum"},
                                                            {.name = "keep-git-dir", .kind = FlagKind::Bool},
                                                            {.name = "unpack", .kind = FlagKind::Bool}})
                                       : FlagReader(words, {{.name = "from"},
                                                            {.name = "chown"},
                                                            {.name = "chmod"},
                                                            {.name = "link", .kind = FlagKind::Bool},
                                                            {.name = "parents", .kind = FlagKind::Bool},
                                                            {.name = "exclude", .kind = FlagKind::List}});
  copy.from = flags.text("from");
  copy.chown = flags.text("chown");
  copy.chmod = flags.text("chmod");
  copy.checksum = flags.text("checksum");
  copy.excludes = flags.texts("exclude");
  copy.link = flags.boolean("link");
  copy.parents = flags.boolean("parents");
  copy.keep_git_dir = flags.boolean("keep-git-dir");
  if (flags.given("unpack")) copy.unpack = flags.boolean("unpack");

  std::vector<Word> paths;
  if (const auto list = words.list()) {
    for (const std::string& path : *list) paths.push_back({.text = path, .span = words.rest_span()});
  } else {
    paths = words.plain_words();
  }
  if (paths.size() < 2) {
    words.error(words.span(), fmt::format("{} needs at least a source and a target", words.keyword()));
    return std::nullopt;
  }
  copy.target = std::move(paths.back());
  paths.pop_back();
  copy.heredocs = words.line().heredocs;
  HeredocWord heredoc;
  if (parse_heredoc_word(copy.target.text, heredoc)) {
    words.error(copy.target.span, fmt::format("{}: a heredoc cannot be the target", words.keyword()));
    return std::nullopt;
  }
  for (Word& path : paths) {
    if (!copy.heredocs.empty() && parse_heredoc_word(path.text, heredoc)) continue;
    copy.sources.push_back(std::move(path));
  }
  if (!copy.checksum.text.empty() && copy.sources.size() > 1) {
    words.error(copy.checksum.span, "--checksum is for a single source",
                "add each source by an ADD of its own");
    return std::nullopt;
  }
  return copy;
}

std::optional<InstructionBody> parse_run(const InstructionWords& words) {
  const FlagReader flags(words, {{.name = "mount", .kind = FlagKind::List},
                                 {.name = "network"},
                                 {.name = "security"},
                                 {.name = "device", .kind = FlagKind::List}});
  Run run;
  for (const Word& mount : flags.texts("mount")) {
    if (mount.text.find('$') == std::string::npos) {
      const auto parsed = parse_run_mount(mount.text);
      if (!parsed) words.error(mount.span, parsed.error().message, parsed.error().hint);
    }
    run.mounts.push_back({.text = mount.text, .span = mount.span});
  }
  run.network = flags.text("network").text;
  if (!run.network.empty() && run.network != "default" && run.network != "none" && run.network != "host") {
    words.error(flags.text("network").span,
                fmt::format("--network is default, none or host, not '{}'", run.network));
  }
  const std::string security = flags.text("security").text;
  if (!security.empty() && security != "sandbox" && security != "insecure") {
    words.error(flags.text("security").span,
                fmt::format("--security is sandbox or insecure, not '{}'", security));
  }
  if (flags.given("device")) {
    words.error(flags.text("device").span,
                "RUN --device is not possible: this builder gives steps no host devices");
  }
  run.insecure = security == "insecure";
  run.command = words.command();
  run.heredocs = words.line().heredocs;
  if (words.rest().empty() || (run.command.form == CommandForm::Exec && run.command.words.empty())) {
    words.error(words.keyword_span(), "RUN needs a command");
  }
  return run;
}

std::optional<InstructionBody> parse_health_check(const InstructionWords& words) {
  const FlagReader flags(words, {{.name = "interval"},
                                 {.name = "timeout"},
                                 {.name = "start-period"},
                                 {.name = "start-interval"},
                                 {.name = "retries"}});
  Healthcheck health;
  const std::string_view rest = words.rest();
  const auto blank = rest.find_first_of(" \t");
  const std::string type = base::to_lower(rest.substr(0, blank));
  const std::string_view command =
      blank == std::string_view::npos ? std::string_view() : base::trim(rest.substr(blank));
  if (type == "none") {
    if (!command.empty()) words.error(words.rest_span(), "HEALTHCHECK NONE takes no arguments");
    health.check.test = {"NONE"};
    return health;
  }
  if (type != "cmd") {
    words.error(words.rest_span(),
                fmt::format("HEALTHCHECK starts with CMD or NONE, not '{}'", rest.substr(0, blank)));
    return std::nullopt;
  }
  if (command.empty()) {
    words.error(words.span(), "HEALTHCHECK CMD needs a command");
    return std::nullopt;
  }
  bool not_strings = false;
  if (auto list = parse_string_list(command, not_strings)) {
    health.check.test = {"CMD"};
    health.check.test.insert(health.check.test.end(), list->begin(), list->end());
  } else {
    health.form = CommandForm::Shell;
    health.check.test = {"CMD-SHELL", std::string(command)};
  }
  read_duration(words, flags, "interval", health.check.interval);
  read_duration(words, flags, "timeout", health.check.timeout);
  read_duration(words, flags, "start-period", health.check.start_period);
  read_duration(words, flags, "start-interval", health.check.start_interval);
  if (flags.given("retries")) {
    const Word flag = flags.text("retries");
    const auto retries = parse_retries(flag.text);
    if (retries) health.check.retries = *retries;
    if (!retries) words.error(flag.span, "--retries: " + retries.error().message);
  }
  return health;
}

}  // namespace runtime::build
