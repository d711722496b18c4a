// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <thread>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/render/log_printer.h"
#include "cli/time_option.h"
#include "compose/containers.h"
#include "compose/log_follower.h"
#include "compose/plan/names.h"
#include "model/labels.h"
#include "sys/interrupts.h"
#include "sys/standard_output.h"
#include "sys/terminal.h"

namespace cli {
namespace {

struct Flags {
  bool follow = false, no_color = false, no_prefix = false, timestamps = false;
  std::string tail = "all", since, until;
  std::optional<int> index;
};

base::Result<engine_client::LogOptions> make_options(const Flags& flags) {
  engine_client::LogOptions out;
  out.follow = flags.follow;
  if (flags.tail != "all") {
    std::size_t lines = 0;
    const auto [end, error] =
        std::from_chars(flags.tail.data(), flags.tail.data() + flags.tail.size(), lines);
    if (error != std::errc() || end != flags.tail.data() + flags.tail.size()) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("invalid --tail \"{}\": expected a number or all", flags.tail));
    }
    out.tail = lines;
  }
  const model::TimePoint now = std::chrono::system_clock::now();
  if (!flags.since.empty()) out.since = TRY(parse_time(flags.since, now));
  if (!flags.until.empty()) out.until = TRY(parse_time(flags.until, now));
  return out;
}

/// Blocks until every log has ended or the user interrupts.
void wait_for_end(compose::LogFollower& follower) {
  constexpr auto kInterruptPeriod = std::chrono::milliseconds(50);
  sys::cancel_on_interrupt({});
  while (sys::interrupts() == 0 && !follower.all_ended() && !sys::output_has_no_reader())
    std::this_thread::sleep_for(kInterruptPeriod);
}

}  // namespace

base::Result<int> run_logs(Invocation& invocation) {
  Flags flags;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Print the output of containers");
  options.flag("-f,--follow", flags.follow, "Go on with what they print from now on")
      .number("--index", flags.index, "Only of the replica with this number")
      .flag("--no-color", flags.no_color, "No colours")
      .flag("--no-log-prefix", flags.no_prefix, "Lines without the container's name")
      .text("--since", flags.since,
            "Only lines after this time (2026-01-02T13:23:37Z) or as old as this (42m)")
      .text("-n,--tail", flags.tail, "Only that many of the last lines of each")
      .flag("-t,--timestamps", flags.timestamps, "Lines with their time")
      .text("--until", flags.until, "Only lines before this time or as old as this");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  const engine_client::LogOptions log_options = TRY(make_options(flags));
  const model::Project& project = *TRY(invocation.load_or_observe());
  engine_client::Engine& engine = *TRY(invocation.engine());
  std::vector<std::string> known = project.disabled_services;
  for (const auto& [name, service] : project.services) known.push_back(name);
  auto containers =
      TRY(compose::list_containers(engine, project.name, *services, compose::OneOffs::Exclude, known));
  if (flags.index) {
    std::erase_if(containers, [&](const auto& c) { return compose::plan::number_of(c) != *flags.index; });
  }
  const std::string& ansi = invocation.global().ansi;
  const bool colors =
      ansi == "always" || (ansi != "never" && sys::is_terminal(1) && invocation.variable("NO_COLOR").empty());
  LogPrinter printer({colors && !flags.no_color, !flags.no_prefix, flags.timestamps});
  compose::LogFollower follower(
      engine, log_options,
      {[&](const auto& container, const auto& line) { printer.print(container, line); },
       [&] { printer.flush(); },
       [&](const auto& container) {
         printer.note(container, fmt::format("exited with code {}", container.exit_code));
       }});
  for (const auto& container : containers) printer.expect(container);
  if (flags.follow) {
    const std::set<std::string> wanted(services->begin(), services->end());
    follower.listen({{{std::string(model::labels::kProject), project.name}}},
                    [wanted](const auto& container) {
                      return !compose::plan::is_one_off(container) &&
                             (wanted.empty() || wanted.contains(compose::plan::service_of(container)));
                    });
  }
  for (const auto& container : containers) follower.add(container);
  if (flags.follow && !containers.empty()) {
    wait_for_end(follower);
    follower.stop();
  } else {
    follower.wait();
  }
  auto errors = follower.take_errors();
  if (!errors.empty()) return base::fail(base::join_errors(std::move(errors)));
  return sys::interrupts() > 0 ? 130 : 0;
}

}  // namespace cli
