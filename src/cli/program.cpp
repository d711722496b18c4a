// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <fmt/format.h>

#include "base/suggest.h"
#include "base/version.h"
#include "cli/commands/commands.h"
#include "sys/interrupts.h"
#include "sys/standard_output.h"
#include "sys/stream_io.h"
#include "sys/user_mask.h"

namespace cli {
namespace {

constexpr const char* kProgram = "compose";
constexpr int kInterrupted = 130;
constexpr int kBrokenPipe = 141;

std::string command_list() {
  std::string out = "\nCommands:\n";
  for (const Command& command : commands()) {
    if (command.name == "convert") continue;
    out += fmt::format("  {:<10} {}\n", command.name, command.summary);
  }
  return out + fmt::format("\nRun '{} COMMAND --help' for the options of a command.\n", kProgram);
}

/// Prints the error where the user looks for it, and gives its exit code.
int report(const base::Error& error) {
  std::fflush(stdout);
  // Whoever interrupted knows it.
  if (error.error_class == base::ErrorClass::Cancelled) return kInterrupted;
  fmt::print(stderr, "{}", base::to_text(error));
  return error.exit_code;
}

/// Commands of Docker Compose that are known and not there, each with what to do instead.
struct MissingCommand {
  std::string_view name, instead;
};
constexpr MissingCommand kMissingCommands[] = {
    {"alpha", "its commands are experiments"},
    {"bridge", "`compose config` prints the model that other tools convert"},
    {"cp", "`compose exec -T SERVICE tar c PATH` and `tar x` copy files, `compose export` all of them"},
    {"publish", "`compose config -o FILE` writes the project to share"},
    {"stats", "`compose top` lists the processes"},
    {"watch", "`compose up --build -d` brings changes in; unchanged steps come from the cache"},
};

/// What Docker's command line calls by one word, and here takes two.
struct OtherName {
  std::string_view name, here;
};
constexpr OtherName kOtherNames[] = {
    {"buildx", "builder"},      {"df", "system df"},          {"history", "image history"},
    {"import", "image import"}, {"inspect", "image inspect"}, {"load", "image load"},
    {"prune", "system prune"},  {"rmi", "image rm"},          {"save", "image save"},
    {"tag", "image tag"},
};

base::Result<const Command*> choose_command(const std::string& name) {
  const Command* command = find_command(name);
  if (command != nullptr) return command;
  for (const MissingCommand& missing : kMissingCommands) {
    if (missing.name != name) continue;
    return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                       fmt::format("the command {} is not supported yet", name))
                          .with_hint(std::string(missing.instead)));
  }
  auto unknown = base::make_error(base::ErrorClass::Invalid, fmt::format("unknown command: {}", name));
  for (const OtherName& other : kOtherNames) {
    if (other.name == name)
      return base::fail(
          std::move(unknown).with_hint(fmt::format("it is `{} {}` here", kProgram, other.here)));
  }
  std::vector<std::string> names;
  for (const Command& known : commands()) names.emplace_back(known.name);
  const std::string nearest = base::nearest_name(name, names);
  return base::fail(std::move(unknown).with_hint(nearest.empty()
                                                     ? fmt::format("`{} --help` lists the commands", kProgram)
                                                     : fmt::format("did you mean \"{}\"?", nearest)));
}

/// As a plugin of the docker command line, the first argument is its own name.
void drop_plugin_name(std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == kProgram) arguments.erase(arguments.begin());
}

base::Result<int> dispatch(std::vector<std::string> arguments,
                           std::map<std::string, std::string> environment) {
  drop_plugin_name(arguments);
  if (!arguments.empty() && arguments.front() == "docker-cli-plugin-metadata") {
    fmt::print(
        "{{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"compose\",\"Version\":\"{}\","
        "\"ShortDescription\":\"Compose projects\"}}\n",
        base::kVersion);
    return 0;
  }
  GlobalOptions global;
  OptionSet options(kProgram, "[OPTIONS] COMMAND", "Brings Compose projects up, without a daemon.");
  declare(options, global);
  auto rest = TRY(options.parse(arguments, Positionals::EndOfOptions));
  if (!rest) {
    fmt::print("{}", command_list());
    return 0;
  }
  if (global.version) rest = std::vector<std::string>{"version"};
  if (!rest->empty() && rest->front() == "help") {
    rest->erase(rest->begin());
    if (!rest->empty()) rest->push_back("--help");
  }
  if (rest->empty()) {
    fmt::print("{}{}", options.help(), command_list());
    return 0;
  }
  const Command* command = TRY(choose_command(rest->front()));
  rest->erase(rest->begin());
  Invocation invocation(std::move(global), *std::move(rest), std::move(environment));
  invocation.command = fmt::format("{} {}", kProgram, command->name);
  auto code = command->run(invocation);
  invocation.progress().finish();
  if (!code && command->failure_code == FailureCode::One &&
      code.error().error_class != base::ErrorClass::Cancelled) {
    code.error().exit_code = 1;
  }
  return code;
}

}  // namespace

int run_program(std::vector<std::string> arguments, std::map<std::string, std::string> environment) {
  sys::set_own_mask();
  sys::ignore_broken_pipes();
  sys::collect_output_errors();
  sys::count_interrupts();
  const base::Result<int> code = dispatch(std::move(arguments), std::move(environment));
  const int ended = code ? *code : report(code.error());
  const base::Result<> printed = sys::finish_output();
  if (printed || ended != 0) return ended;
  return sys::output_has_no_reader() ? kBrokenPipe : report(printed.error());
}

}  // namespace cli
