// SPDX-License-Identifier: Apache-2.0
#include "cli/option_set.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/split.h"
#include "base/suggest.h"

namespace cli {
namespace {

struct HelpLine {
  std::string names, value_name, help;
};

/// "-d, --detach" with room for a missing short name.
std::string shown_names(const std::string& names) {
  const auto parts = base::split(names, ',');
  const bool has_short = parts.front().size() == 2;
  return (has_short ? "" : "    ") + base::join(parts, ", ");
}

}  // namespace

struct OptionSet::State {
  std::string command, usage, summary;
  CLI::App app;
  std::vector<HelpLine> lines;
  std::vector<std::string> names;
  std::map<std::string, bool> ignored;
  std::string ignored_value;
  bool help_wanted = false;
  ArgumentCount count{0, kAnyNumber};
  std::string too_few;

  void remember(const std::string& option_names, const std::string& value_name, const std::string& help) {
    if (!help.empty()) lines.push_back({option_names, value_name, help});
    for (const std::string& name : base::split(option_names, ',')) names.push_back(name);
  }
};

OptionSet::OptionSet(std::string command, std::string usage, std::string summary)
    : state_(std::make_unique<State>()) {
  state_->command = std::move(command);
  state_->usage = std::move(usage);
  state_->summary = std::move(summary);
  state_->app.set_help_flag();
  flag("-h,--help", state_->help_wanted, "Print this help");
}

OptionSet::~OptionSet() = default;
OptionSet::OptionSet(OptionSet&&) noexcept = default;

OptionSet& OptionSet::flag(const std::string& names, bool& target, const std::string& help) {
  state_->app.add_flag(names, target)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->remember(names, "", help);
  return *this;
}

OptionSet& OptionSet::text(const std::string& names, std::string& target, const std::string& help,
                           const std::string& value_name) {
  state_->app.add_option(names, target)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->remember(names, value_name, help);
  return *this;
}

OptionSet& OptionSet::list(const std::string& names, std::vector<std::string>& target,
                           const std::string& help, const std::string& value_name) {
  state_->app.add_option(names, target)->allow_extra_args(false);
  state_->remember(names, value_name, help);
  return *this;
}

OptionSet& OptionSet::number(const std::string& names, std::optional<int>& target, const std::string& help) {
  state_->app.add_option_function<int>(names, [&target](const int& value) { target = value; })
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->remember(names, "int", help);
  return *this;
}

OptionSet& OptionSet::seconds(const std::string& names, std::optional<base::Duration>& target,
                              const std::string& help) {
  state_->app
      .add_option_function<int>(names, [&target](const int& value) { target = std::chrono::seconds(value); })
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->remember(names, "int", help);
  return *this;
}

OptionSet& OptionSet::choice(const std::string& names, std::string& target, std::vector<std::string> allowed,
                             const std::string& help) {
  const std::string choices = base::join(allowed, "|");
  state_->app.add_option(names, target)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->check([allowed = std::move(allowed), choices](const std::string& value) {
        for (const std::string& one : allowed) {
          if (one == value) return std::string();
        }
        return fmt::format("invalid value \"{}\": must be one of {}", value, choices);
      });
  state_->remember(names, choices, help);
  return *this;
}

OptionSet& OptionSet::ignored_flag(const std::string& names) {
  state_->app.add_flag(names, state_->ignored[names]);
  state_->remember(names, "", "");
  return *this;
}

OptionSet& OptionSet::ignored_text(const std::string& names) {
  state_->app.add_option(names, state_->ignored_value)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  state_->remember(names, "", "");
  return *this;
}

OptionSet& OptionSet::takes(ArgumentCount count, const char* message) {
  state_->count = count;
  state_->too_few = message;
  return *this;
}

base::Result<std::optional<std::vector<std::string>>> OptionSet::parse(
    const std::vector<std::string>& arguments, Positionals positionals) {
  const auto invalid = [&](const std::string& message) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, message)
                          .with_hint(fmt::format("`{} --help` lists the options", state_->command)));
  };
  std::vector<std::string> rest;
  try {
    if (positionals == Positionals::EndOfOptions) {
      state_->app.prefix_command();
      state_->app.allow_extras();
    } else {
      state_->app.add_option("POSITIONALS", rest);
      state_->app.allow_extras();
    }
    // CLI11 takes the arguments from the back.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    state_->app.parse(std::move(reversed));
  } catch (const CLI::Error& error) {
    return invalid(error.what());
  }
  if (state_->help_wanted) {
    fmt::print("{}", help());
    return std::optional<std::vector<std::string>>();
  }
  std::vector<std::string> unparsed = state_->app.remaining();
  const bool after_first = positionals == Positionals::EndOfOptions;
  for (const std::string& argument : unparsed) {
    if (after_first && !argument.starts_with("-")) break;
    if (argument.size() < 2 || !argument.starts_with("-")) continue;
    if (argument == "--") break;
    const std::string nearest = base::nearest_name(argument, state_->names);
    if (nearest.empty()) return invalid(fmt::format("unknown flag: {}", argument));
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("unknown flag: {}", argument))
                          .with_hint(fmt::format("did you mean {}?", nearest)));
  }
  if (!unparsed.empty() && unparsed.front() == "--") unparsed.erase(unparsed.begin());
  rest.insert(rest.end(), unparsed.begin(), unparsed.end());
  if (rest.size() < state_->count.least) return invalid(state_->too_few);
  if (rest.size() > state_->count.most)
    return invalid(fmt::format("unexpected argument \"{}\"", rest[state_->count.most]));
  return std::optional(std::move(rest));
}

std::string OptionSet::help() const {
  std::string out =
      fmt::format("Usage:  {} {}\n\n{}\n\nOptions:\n", state_->command, state_->usage, state_->summary);
  std::size_t width = 0;
  std::vector<std::string> left;
  for (const HelpLine& line : state_->lines) {
    std::string names = shown_names(line.names);
    if (!line.value_name.empty()) names += " " + line.value_name;
    width = std::max(width, names.size());
    left.push_back(std::move(names));
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    out += fmt::format("  {:<{}}   {}\n", left[i], width, state_->lines[i].help);
  }
  return out;
}

std::map<std::string, std::string> to_map(const std::vector<std::string>& entries) {
  std::map<std::string, std::string> out;
  for (const std::string& entry : entries) {
    const auto [key, value] = base::split_once(entry, '=');
    out.insert_or_assign(std::string(key), std::string(value));
  }
  return out;
}

}  // namespace cli
