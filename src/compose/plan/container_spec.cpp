// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/container_spec.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "model/labels.h"

namespace compose::plan {
namespace {

constexpr std::string_view kServicePrefix = "service:";

/// `mode` unless it names a service: that part is filled in from the donor's ID.
std::string own_mode(const std::string& mode) {
  return mode.starts_with(kServicePrefix) ? std::string() : mode;
}

std::map<std::string, std::string> make_labels(const model::Project& project, const model::Service& service,
                                               const SpecRequest& request) {
  namespace labels = model::labels;
  std::map<std::string, std::string> out = service.labels;
  const auto set = [&](std::string_view key, std::string value) {
    out.insert_or_assign(std::string(key), std::move(value));
  };
  set(labels::kProject, project.name);
  set(labels::kService, service.name);
  set(labels::kOneOff, request.slug.empty() ? "False" : "True");
  if (request.slug.empty()) {
    set(labels::kContainerNumber, std::to_string(request.number));
  } else {
    set(labels::kSlug, request.slug);
  }
  set(labels::kConfigHash, service.config_hash);
  set(labels::kImage, request.image_id);
  set(labels::kDependsOn, depends_on_text(service.depends_on));
  set(labels::kWorkingDir, project.working_dir);
  set(labels::kConfigFiles, base::join(project.config_files, ","));
  if (!project.env_files.empty()) set(labels::kEnvironmentFile, base::join(project.env_files, ","));
  set(labels::kVersion, request.version);
  return out;
}

std::vector<std::string> make_environment(const model::Service& service) {
  std::vector<std::string> out;
  for (const auto& [key, value] : service.environment) {
    out.push_back(value ? fmt::format("{}={}", key, *value) : key);
  }
  return out;
}

std::vector<model::MountSpec> make_mounts(const model::Project& project, const model::Service& service,
                                          NameSeparator separator) {
  std::vector<model::MountSpec> out = service.mounts;
  for (model::MountSpec& mount : out) {
    if (mount.type == model::MountType::Volume && !mount.source.empty()) {
      const auto found = project.volumes.find(mount.source);
      if (found != project.volumes.end()) mount.source = found->second.spec.name;
    } else if (mount.type == model::MountType::Image) {
      mount.source = mounted_image(project, mount, separator);
    }
  }
  return out;
}

/// A link to a service stands for its first container, under its alias and both of its names.
std::vector<std::string> make_links(const model::Project& project, const model::Service& service,
                                    NameSeparator separator) {
  std::vector<std::string> out;
  for (const std::string& link : service.links) {
    const auto [target, given] = base::split_once(link, ':');
    const std::string_view alias = given.empty() ? target : given;
    const auto found = project.services.find(std::string(target));
    if (found == project.services.end()) continue;
    const std::string name = container_name(project, found->second, 1, separator);
    out.push_back(fmt::format("{}:{}", name, alias));
    out.push_back(fmt::format("{}:{}{}1", name, target, separator));
    out.push_back(fmt::format("{}:{}", name, name));
  }
  for (const std::string& link : service.external_links) {
    const auto [target, alias] = base::split_once(link, ':');
    out.push_back(fmt::format("{}:{}", target, alias.empty() ? target : alias));
  }
  return out;
}

std::vector<std::string> make_expose(const model::Service& service) {
  std::vector<std::string> out;
  for (const std::string& port : service.expose) {
    out.push_back(port.find('/') == std::string::npos ? port + "/tcp" : port);
  }
  return out;
}

/// What is taken over as it stands.
void copy_plain_members(const model::Service& service, model::ContainerSpec& spec) {
  spec.platform = service.platform;
  spec.entrypoint = service.entrypoint;
  spec.command = service.command;
  spec.annotations = service.annotations;
  spec.hostname = service.hostname;
  spec.domainname = service.domainname;
  spec.user = service.user;
  spec.working_dir = service.working_dir;
  spec.tty = service.tty;
  spec.stdin_open = service.stdin_open;
  spec.stop_signal = service.stop_signal;
  spec.stop_grace_period = service.stop_grace_period;
  spec.health_check = service.health_check;
  spec.init = service.init.value_or(false);
  spec.mac_address = service.mac_address;
  spec.dns = service.dns;
  spec.dns_search = service.dns_search;
  spec.dns_options = service.dns_options;
  spec.extra_hosts = service.extra_hosts;
  spec.resources = service.resources;
  spec.privileged = service.privileged;
  spec.read_only = service.read_only;
  spec.cap_add = service.cap_add;
  spec.cap_drop = service.cap_drop;
  spec.security_opt = service.security_opt;
  spec.group_add = service.group_add;
  spec.device_cgroup_rules = service.device_cgroup_rules;
  spec.devices = service.devices;
  spec.device_requests = service.device_requests;
  spec.sysctls = service.sysctls;
  spec.storage_opt = service.storage_opt;
  spec.userns_mode = service.userns_mode;
  spec.cgroup_mode = service.cgroup;
  spec.cgroup_parent = service.cgroup_parent;
  spec.isolation = service.isolation;
  spec.runtime = service.runtime;
  spec.log = service.log;
}

}  // namespace

std::string mounted_image(const model::Project& project, const model::MountSpec& mount,
                          NameSeparator separator) {
  const auto found = project.services.find(mount.source);
  return found == project.services.end() ? mount.source : image_name(project, found->second, separator);
}

base::Result<model::ContainerSpec> make_container_spec(const model::Project& project,
                                                       const model::Service& service,
                                                       const SpecRequest& request) {
  const bool one_off = !request.slug.empty();
  model::ContainerSpec spec;
  copy_plain_members(service, spec);
  spec.name = one_off ? fmt::format("{}{}{}{}run{}{}", project.name, request.separator, service.name,
                                    request.separator, request.separator, request.slug.substr(0, 12))
                      : container_name(project, service, request.number, request.separator);
  spec.image = image_name(project, service, request.separator);
  spec.environment = make_environment(service);
  spec.labels = make_labels(project, service, request);
  if (!one_off) spec.restart = service.restart;

  spec.network_mode = own_mode(service.network_mode);
  spec.pid_mode = own_mode(service.pid);
  spec.ipc_mode = own_mode(service.ipc);
  spec.uts_mode = own_mode(service.uts);
  spec.endpoints = make_endpoints(project, service);
  for (model::EndpointSpec& endpoint : spec.endpoints) {
    endpoint.aliases.insert(endpoint.aliases.begin(), spec.name);
    if (!one_off) endpoint.aliases.insert(endpoint.aliases.begin() + 1, service.name);
  }
  for (const model::ServicePort& port : service.ports) spec.ports.push_back(TRY(make_port_binding(port)));
  spec.expose = make_expose(service);
  spec.links = make_links(project, service, request.separator);

  spec.mounts = make_mounts(project, service, request.separator);
  for (const std::string& from : service.volumes_from) {
    if (from.starts_with("container:")) spec.volumes_from.push_back(from.substr(10));
  }
  spec.files = TRY(make_files(project, service));
  return spec;
}

std::vector<SharedService> shared_services(const model::Service& service) {
  std::vector<SharedService> out;
  const auto add = [&](SharedPart part, const std::string& mode) {
    if (mode.starts_with(kServicePrefix)) out.push_back({part, mode.substr(kServicePrefix.size()), false});
  };
  add(SharedPart::Network, service.network_mode);
  add(SharedPart::Pid, service.pid);
  add(SharedPart::Ipc, service.ipc);
  add(SharedPart::Uts, service.uts);
  for (const std::string& from : service.volumes_from) {
    if (from.starts_with("container:")) continue;
    const auto [name, mode] = base::split_once(from, ':');
    out.push_back({SharedPart::Volumes, std::string(name), mode == "ro"});
  }
  return out;
}

}  // namespace compose::plan
