// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/render/table.h"
#include "compose/containers.h"
#include "compose/plan/names.h"

namespace cli {
namespace {

/// "14:05", or "Nov21" for another day, in the local zone.
std::string start_text(model::TimePoint time) {
  const auto to_parts = [](std::time_t seconds) {
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
  };
  const std::tm then = to_parts(static_cast<std::time_t>(time.time_since_epoch() / std::chrono::seconds(1)));
  const std::tm now = to_parts(std::time(nullptr));
  const bool today = then.tm_yday == now.tm_yday && then.tm_year == now.tm_year;
  char text[16];
  std::strftime(text, sizeof text, today ? "%H:%M" : "%b%d", &then);
  return text;
}

std::string time_text(base::Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/// Per cent of one processor since the process began, as ps has it in C.
std::int64_t load_of(const engine_client::ContainerProcess& process, model::TimePoint now) {
  const auto alive = now - process.started;
  return alive.count() <= 0 ? 0 : 100 * process.processor_time.count() / alive.count();
}

}  // namespace

base::Result<int> run_top(Invocation& invocation) {
  OptionSet options = invocation.options("[SERVICE...]", "List the processes of containers");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  const model::Project& project = *TRY(invocation.load_or_observe());
  std::vector<std::string> known = project.disabled_services;
  for (const auto& [name, service] : project.services) known.push_back(name);
  engine_client::Engine& engine = *TRY(invocation.engine());
  const auto containers =
      TRY(compose::list_containers(engine, project.name, *services, compose::OneOffs::Exclude, known));
  const model::TimePoint now = std::chrono::system_clock::now();
  std::vector<std::vector<std::string>> rows;
  for (const auto& container : containers) {
    const auto processes = engine.inside().processes(container.id);
    // Stopped, perhaps just now: nothing to list.
    if (!processes && processes.error().error_class == base::ErrorClass::Conflict) continue;
    for (const engine_client::ContainerProcess& process : TRY(processes)) {
      rows.push_back(
          {compose::plan::service_of(container), std::to_string(compose::plan::number_of(container)),
           process.uid == 0 ? "root" : std::to_string(process.uid), std::to_string(process.pid),
           std::to_string(process.parent), std::to_string(load_of(process, now)), start_text(process.started),
           process.terminal, time_text(process.processor_time), process.command});
    }
  }
  fmt::print("{}",
             make_table({"SERVICE", "#", "UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}, rows));
  return 0;
}

}  // namespace cli
