// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/split.h"
#include "cli/commands/commands.h"
#include "cli/render/container_text.h"
#include "cli/render/containers_json.h"
#include "cli/render/listing.h"
#include "cli/render/log_printer.h"
#include "cli/render/table.h"
#include "cli/time_option.h"
#include "compose/containers.h"
#include "compose/down.h"
#include "compose/plan/names.h"
#include "model/labels.h"
#include "sys/standard_output.h"

namespace cli {
namespace {

base::Result<std::vector<model::ObservedContainer>> containers_of(Invocation& invocation,
                                                                  const std::vector<std::string>& services) {
  const model::Project& project = *TRY(invocation.load_or_observe());
  std::vector<std::string> known = project.disabled_services;
  for (const auto& [name, service] : project.services) known.push_back(name);
  return compose::list_containers(*TRY(invocation.engine()), project.name, services,
                                  compose::OneOffs::Exclude, known);
}

}  // namespace

base::Result<int> run_port(Invocation& invocation) {
  std::optional<int> index;
  std::string protocol = "tcp";
  OptionSet options = invocation.options("[OPTIONS] SERVICE PRIVATE_PORT", "Print the public port of a port");
  options.number("--index", index, "Of the replica with this number")
      .choice("--protocol", protocol, {"tcp", "udp", "sctp"}, "Which protocol");
  const auto rest = TRY(options.parse(invocation.arguments()));
  if (!rest) return 0;
  if (rest->size() != 2) return base::fail(base::ErrorClass::Invalid, "port needs a service and a port");
  std::string wanted = rest->at(1);
  if (const auto slash = wanted.find('/'); slash != std::string::npos) {
    protocol = wanted.substr(slash + 1);
    wanted.resize(slash);
  }
  const std::string project = TRY(invocation.project_name());
  const auto container =
      TRY(compose::find_container(*TRY(invocation.engine()), project, rest->at(0), index.value_or(0)));
  for (const model::PublishedPort& port : container.ports) {
    if (std::to_string(port.container_port) != wanted || port.protocol != protocol || port.host_port == 0)
      continue;
    fmt::print("{}:{}\n", port.host_ip.empty() ? "0.0.0.0" : port.host_ip, port.host_port);
    return 0;
  }
  return base::fail(base::ErrorClass::NotFound,
                    fmt::format("no port {}/{} for container {}", wanted, protocol, container.name));
}

base::Result<int> run_wait(Invocation& invocation) {
  bool down = false;
  OptionSet options = invocation.options("[OPTIONS] SERVICE...", "Wait until containers of services stop");
  options.flag("--down-project", down, "Take the project down when the first one has stopped");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  if (services->empty()) return base::fail(base::ErrorClass::Invalid, "wait needs a service");
  const auto containers = TRY(containers_of(invocation, *services));
  if (containers.empty()) return base::fail(base::ErrorClass::NotFound, "no container to wait for");
  compose::Session& session = *TRY(invocation.session());
  int code = 0;
  for (const auto& container : containers) {
    code = TRY(session.engine.containers().wait(container.id, session.cancellation));
    fmt::print("{}\n", code);
    if (down) break;
  }
  if (down) TRY(compose::down(session, *TRY(invocation.load_or_observe()), {}));
  return code;
}

base::Result<int> run_events(Invocation& invocation) {
  bool json = false;
  std::string since, until;
  OptionSet options =
      invocation.options("[OPTIONS] [SERVICE...]", "Print events of containers as they happen");
  options.flag("--json", json, "One JSON object a line")
      .text("--since", since, "Past events (not supported: none are kept)")
      .text("--until", until, "Stop at this time");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  if (!since.empty()) {
    return base::fail(
        base::make_error(base::ErrorClass::Unsupported, "--since is not supported: past events are not kept")
            .with_hint("`compose ps -a` shows how containers ended"));
  }
  const std::string project = TRY(invocation.project_name());
  compose::Session& session = *TRY(invocation.session());
  const std::set<std::string> wanted(services->begin(), services->end());
  std::optional<model::TimePoint> end;
  if (!until.empty()) end = TRY(parse_time(until, std::chrono::system_clock::now()));
  TRY(session.engine.containers().events(
      {{{std::string(model::labels::kProject), project}}},
      [&](const engine_client::ContainerEvent& event) {
        const model::TimePoint now = std::chrono::system_clock::now();
        if (end && now >= *end) return false;
        const auto& container = event.container;
        if (!wanted.empty() && !wanted.contains(compose::plan::service_of(container))) return true;
        if (json) {
          fmt::print("{}\n", to_json(event, now));
        } else {
          fmt::print("{} container {} {} (image={}, name={})\n", to_rfc3339(now), to_text(event.kind),
                     container.id, container.image, container.name);
        }
        std::fflush(stdout);
        return !sys::output_has_no_reader();
      },
      session.cancellation));
  return 0;
}

base::Result<int> run_images(Invocation& invocation) {
  bool quiet = false;
  std::string format = "table";
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "List images of the created containers");
  options.choice("--format", format, {"table", "json"}, "How to print them")
      .flag("-q,--quiet", quiet, "IDs only");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  engine_client::Engine& engine = *TRY(invocation.engine());
  const model::TimePoint now = std::chrono::system_clock::now();
  std::vector<ImageRow> rows;
  std::set<std::string> ids;
  for (const auto& container : TRY(containers_of(invocation, *services))) {
    const auto image = engine.images().inspect(container.image_id);
    ids.insert(container.image_id);
    const auto colon = container.image.rfind(':');
    const bool tagged = colon != std::string::npos && container.image.find('/', colon) == std::string::npos;
    ImageRow row{container.name,
                 container.image.substr(0, tagged ? colon : std::string::npos),
                 tagged ? container.image.substr(colon + 1) : "latest",
                 container.image_id,
                 "",
                 0};
    // The image may be gone while its container is still there.
    if (image) {
      row.created = to_human_duration(now - image->created) + " ago";
      row.size = image->size;
      row.platform = image->platform;
    }
    rows.push_back(std::move(row));
  }
  if (quiet) {
    for (const std::string& id : ids) fmt::print("{}\n", id.substr(id.find(':') + 1));
  } else if (format == "json") {
    fmt::print("{}\n", to_json(rows));
  } else {
    std::vector<std::vector<std::string>> cells;
    for (const ImageRow& row : rows) {
      cells.push_back({row.container, row.repository, row.tag, row.platform,
                       row.id.substr(row.id.find(':') + 1, 12), base::to_human_text({row.size}),
                       row.created});
    }
    fmt::print("{}", make_table({"CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED"},
                                cells, 20));
  }
  return 0;
}

base::Result<int> run_volumes(Invocation& invocation) {
  bool quiet = false;
  std::string format;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "List volumes of the project");
  options.text("--format", format, "table, json, or a template", "FORMAT")
      .flag("-q,--quiet", quiet, "Names only");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  const model::Project& project = *TRY(invocation.load_or_observe());
  std::set<std::string> wanted;
  for (const std::string& name : *services) {
    const auto found = project.services.find(name);
    if (found == project.services.end()) {
      return base::fail(base::ErrorClass::NotFound, fmt::format("no such service: {}", name));
    }
    for (const auto& mount : found->second.mounts) {
      const auto volume = project.volumes.find(mount.source);
      if (volume != project.volumes.end()) wanted.insert(volume->second.spec.name);
    }
  }
  auto volumes =
      TRY(TRY(invocation.engine())->volumes().list({{{std::string(model::labels::kProject), project.name}}}));
  if (!services->empty()) {
    std::erase_if(volumes, [&](const auto& volume) { return !wanted.contains(volume.name); });
  }
  Listing listing{{{"DRIVER", "Driver"}, {"VOLUME NAME", "Name"}}, {}};
  for (const auto& volume : volumes) listing.rows.push_back(to_json(volume));
  fmt::print("{}", TRY(format_listing(listing, quiet ? "{{.Name}}" : format)));
  return 0;
}

}  // namespace cli
