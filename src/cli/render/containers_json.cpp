// SPDX-License-Identifier: Apache-2.0
#include "cli/render/containers_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/split.h"
#include "cli/render/container_text.h"
#include "cli/render/log_printer.h"
#include "model/labels.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

// Labels and names may hold any bytes.
std::string dump(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json publishers_of(const model::ObservedContainer& container) {
  Json out = Json::array();
  for (const model::PublishedPort& port : container.ports) {
    const std::vector<std::string> addresses = port.host_port == 0 ? std::vector<std::string>{""}
                                               : port.host_ip.empty()
                                                   ? std::vector<std::string>{"0.0.0.0", "::"}
                                                   : std::vector<std::string>{port.host_ip};
    for (const std::string& address : addresses) {
      out.push_back({{"URL", address},
                     {"TargetPort", port.container_port},
                     {"PublishedPort", port.host_port},
                     {"Protocol", port.protocol}});
    }
  }
  return out;
}

}  // namespace

std::string to_json(const model::ObservedContainer& container, model::TimePoint now) {
  std::vector<std::string> labels, mounts, networks;
  int local_volumes = 0;
  for (const auto& [key, value] : container.labels) labels.push_back(key + "=" + value);
  for (const auto& mount : container.mounts) {
    mounts.push_back(mount.name.empty() ? mount.source : mount.name);
    local_volumes += mount.type == model::MountType::Volume ? 1 : 0;
  }
  for (const auto& endpoint : container.endpoints) networks.push_back(endpoint.network);
  const Json out{
      {"Command", command_text(container, Truncate::Yes)},
      {"CreatedAt", local_time_text(container.created)},
      {"ExitCode", container.exit_code},
      {"Health", model::to_text(container.health)},
      {"ID", container.id.substr(0, 12)},
      {"Image", container.image},
      {"Labels", base::join(labels, ",")},
      {"LocalVolumes", std::to_string(local_volumes)},
      {"Mounts", base::join(mounts, ",")},
      {"Name", container.name},
      {"Names", container.name},
      {"Networks", base::join(networks, ",")},
      {"Ports", ports_text(container)},
      {"Project", container.label(model::labels::kProject)},
      {"Publishers", publishers_of(container)},
      {"RunningFor", to_human_duration(now - container.created) + " ago"},
      {"Service", container.label(model::labels::kService)},
      {"Size", "0B"},
      {"State", model::to_text(container.status)},
      {"Status", status_text(container, now)},
  };
  return dump(out);
}

std::string to_json(const std::vector<compose::ProjectStatus>& projects) {
  Json out = Json::array();
  for (const auto& project : projects) {
    out.push_back(
        {{"Name", project.name}, {"Status", project.status}, {"ConfigFiles", project.config_files}});
  }
  return dump(out);
}

std::string_view to_text(engine_client::ContainerEventKind kind) {
  using Kind = engine_client::ContainerEventKind;
  switch (kind) {
    case Kind::Created: return "create";
    case Kind::Started: return "start";
    case Kind::Exited: return "die";
    case Kind::Removed: return "destroy";
    case Kind::HealthChanged: return "health_status";
    case Kind::Paused: return "pause";
    case Kind::Unpaused: return "unpause";
  }
  return "";
}

std::string to_json(const engine_client::ContainerEvent& event, model::TimePoint now) {
  const model::ObservedContainer& container = event.container;
  Json attributes{{"image", container.image}, {"name", container.name}};
  if (event.kind == engine_client::ContainerEventKind::Exited) {
    attributes["exitCode"] = std::to_string(container.exit_code);
  }
  if (event.kind == engine_client::ContainerEventKind::HealthChanged) {
    attributes["health"] = model::to_text(container.health);
  }
  return dump({{"time", to_rfc3339(now)},
               {"type", "container"},
               {"action", to_text(event.kind)},
               {"id", container.id},
               {"service", container.label(model::labels::kService)},
               {"attributes", attributes}});
}

std::string to_json(const std::vector<ImageRow>& rows) {
  Json out = Json::array();
  for (const ImageRow& row : rows) {
    Json object{{"ID", row.id},
                {"Repository", row.repository},
                {"Tag", row.tag},
                {"Size", row.size},
                {"Created", row.created}};
    if (!row.container.empty()) object["ContainerName"] = row.container;
    if (!row.platform.empty()) object["Platform"] = row.platform;
    out.push_back(std::move(object));
  }
  return dump(out);
}

std::string to_json(const model::ObservedVolume& volume) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : volume.labels) labels.push_back(key + "=" + value);
  return dump({{"Driver", volume.driver},
               {"Labels", base::join(labels, ",")},
               {"Mountpoint", volume.mount_point},
               {"Name", volume.name},
               {"Scope", "local"}});
}

namespace {

/// An image that says nothing of its command has null there, as in Docker's answer.
Json list_or_null(const std::vector<std::string>& list) { return list.empty() ? Json() : Json(list); }

Json make_json(const model::HealthCheck& check) {
  Json out{{"Test", check.test}};
  const auto put = [&out](const char* key, const std::optional<base::Duration>& time) {
    if (time) out[key] = time->count();
  };
  put("Interval", check.interval);
  put("Timeout", check.timeout);
  put("StartPeriod", check.start_period);
  put("StartInterval", check.start_interval);
  if (check.retries) out["Retries"] = *check.retries;
  return out;
}

Json make_json(const model::ObservedImage& image) {
  Json config{{"User", image.user},
              {"Env", image.environment},
              {"Cmd", list_or_null(image.command)},
              {"Entrypoint", list_or_null(image.entrypoint)},
              {"WorkingDir", image.working_dir},
              {"Labels", image.labels},
              {"StopSignal", image.stop_signal}};
  if (!image.shell.empty()) config["Shell"] = image.shell;
  if (!image.on_build.empty()) config["OnBuild"] = image.on_build;
  if (image.health_check) config["Healthcheck"] = make_json(*image.health_check);
  for (const char* key : {"Volumes", "ExposedPorts"}) config[key] = Json::object();
  for (const std::string& volume : image.volumes) config["Volumes"][volume] = Json::object();
  for (const std::string& port : image.exposed) config["ExposedPorts"][port] = Json::object();
  const auto parts = base::split(image.platform, '/');
  return {{"Id", image.id},
          {"RepoTags", image.tags},
          {"RepoDigests", image.digests},
          {"Created", to_rfc3339(image.created)},
          {"Author", image.author},
          {"Os", parts.front()},
          {"Architecture", parts.size() > 1 ? parts[1] : ""},
          {"Platform", image.platform},
          {"Size", image.size},
          {"RootFS", {{"Type", "layers"}, {"Layers", image.layers}}},
          {"Config", std::move(config)}};
}

}  // namespace

std::string to_json(const model::ObservedImage& image) { return dump(make_json(image)); }

std::string to_json(const std::vector<model::ObservedImage>& images) {
  Json out = Json::array();
  for (const model::ObservedImage& image : images) out.push_back(make_json(image));
  return dump(out, 4);
}

}  // namespace cli
