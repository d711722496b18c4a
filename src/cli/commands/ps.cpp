// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "cli/commands/commands.h"
#include "cli/render/container_text.h"
#include "cli/render/containers_json.h"
#include "cli/render/listing.h"
#include "cli/render/table.h"
#include "compose/containers.h"
#include "compose/plan/names.h"

namespace cli {
namespace {

/// Columns of short lists are at least this wide, as users know them.
constexpr std::size_t kListWidth = 20;

const std::vector<Listing::Column> kColumns{
    {"NAME", "Name"},          {"IMAGE", "Image"},   {"COMMAND", "Command"}, {"SERVICE", "Service"},
    {"CREATED", "RunningFor"}, {"STATUS", "Status"}, {"PORTS", "Ports"}};

struct Flags {
  bool all = false, quiet = false, services = false, no_trunc = false, orphans = true;
  std::string format;
  std::vector<std::string> statuses, filters;
};

base::Result<> take_filters(Flags& flags) {
  for (const std::string& filter : flags.filters) {
    const auto [key, value] = base::split_once(filter, '=');
    if (key != "status") {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("unknown filter \"{}\": there is only status", key));
    }
    flags.statuses.emplace_back(value);
  }
  const std::set<std::string> known{"paused", "restarting", "removing", "running",
                                    "dead",   "created",    "exited"};
  for (const std::string& status : flags.statuses) {
    if (known.contains(status)) continue;
    return base::fail(base::ErrorClass::Invalid, fmt::format("unknown status \"{}\"", status));
  }
  return {};
}

bool is_wanted(const model::ObservedContainer& container, const Flags& flags, const model::Project& project) {
  if (!flags.orphans && !project.services.contains(compose::plan::service_of(container))) return false;
  if (!flags.statuses.empty()) {
    return std::find(flags.statuses.begin(), flags.statuses.end(), model::to_text(container.status)) !=
           flags.statuses.end();
  }
  if (flags.all) return true;
  return container.status != model::ContainerStatus::Exited &&
         container.status != model::ContainerStatus::Dead &&
         container.status != model::ContainerStatus::Created;
}

void print_table(const std::vector<model::ObservedContainer>& containers, Truncate truncate,
                 model::TimePoint now) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& container : containers) {
    rows.push_back({container.name, container.image, command_text(container, truncate),
                    compose::plan::service_of(container), to_human_duration(now - container.created) + " ago",
                    status_text(container, now), ports_text(container)});
  }
  fmt::print("{}", make_table({"NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"}, rows));
}

}  // namespace

base::Result<int> run_ps(Invocation& invocation) {
  Flags flags;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "List containers of the project");
  options.flag("-a,--all", flags.all, "Also stopped ones, and one-offs")
      .list("--filter", flags.filters, "status=STATUS")
      .text("--format", flags.format, "table, json, or a template", "FORMAT")
      .flag("--no-trunc", flags.no_trunc, "Whole commands")
      .flag("--orphans", flags.orphans, "Also of services that are no longer there")
      .flag("-q,--quiet", flags.quiet, "IDs only")
      .flag("--services", flags.services, "Names of services only")
      .list("--status", flags.statuses, "Only with this status");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  TRY(take_filters(flags));
  const model::Project& project = *TRY(invocation.load_or_observe());
  std::vector<std::string> known = project.disabled_services;
  for (const auto& [name, service] : project.services) known.push_back(name);
  auto containers =
      TRY(compose::list_containers(*TRY(invocation.engine()), project.name, *services,
                                   flags.all ? compose::OneOffs::Include : compose::OneOffs::Exclude, known));
  std::erase_if(containers, [&](const auto& container) { return !is_wanted(container, flags, project); });
  const model::TimePoint now = std::chrono::system_clock::now();
  if (flags.quiet) {
    for (const auto& container : containers) fmt::print("{}\n", container.id);
  } else if (flags.services) {
    std::set<std::string> names;
    for (const auto& container : containers) names.insert(compose::plan::service_of(container));
    for (const std::string& name : names) fmt::print("{}\n", name);
  } else if (!flags.format.empty() && flags.format != "table") {
    Listing listing{kColumns, {}};
    for (const auto& container : containers) listing.rows.push_back(to_json(container, now));
    fmt::print("{}", TRY(format_listing(listing, flags.format)));
  } else {
    print_table(containers, flags.no_trunc ? Truncate::No : Truncate::Yes, now);
  }
  return 0;
}

base::Result<int> run_ls(Invocation& invocation) {
  bool all = false, quiet = false;
  std::string format = "table";
  std::vector<std::string> filters;
  OptionSet options = invocation.options("[OPTIONS]", "List projects");
  options.takes({});
  options.flag("-a,--all", all, "Also projects of which nothing runs")
      .list("--filter", filters, "name=NAME")
      .choice("--format", format, {"table", "json"}, "How to print them")
      .flag("-q,--quiet", quiet, "Names only");
  if (!TRY(options.parse(invocation.arguments()))) return 0;
  auto projects = TRY(compose::list_projects(*TRY(invocation.engine()), all));
  for (const std::string& filter : filters) {
    if (!filter.starts_with("name=")) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("unknown filter \"{}\": there is only name", filter));
    }
    std::erase_if(projects, [&](const auto& project) {
      return project.name.find(filter.substr(5)) == std::string::npos;
    });
  }
  if (quiet) {
    for (const auto& project : projects) fmt::print("{}\n", project.name);
  } else if (format == "json") {
    fmt::print("{}\n", to_json(projects));
  } else {
    std::vector<std::vector<std::string>> rows;
    for (const auto& project : projects) rows.push_back({project.name, project.status, project.config_files});
    fmt::print("{}", make_table({"NAME", "STATUS", "CONFIG FILES"}, rows, kListWidth));
  }
  return 0;
}

}  // namespace cli
