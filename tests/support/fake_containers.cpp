// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "support/fake_engine_state.h"

namespace support {

using base::ErrorClass;
using engine_client::ContainerEventKind;
using model::ContainerStatus;

base::Result<> FakeWorld::count(std::string call) {
  ++counted;
  if (counted == fail_at) return base::fail(ErrorClass::Io, fmt::format("injected failure of: {}", call));
  calls.push_back(std::move(call));
  return {};
}

std::string FakeWorld::make_id() {
  const std::uint64_t id = ++ids;
  return fmt::format("{:012x}{:052x}", id, id);
}

FakeContainer* FakeWorld::find(const std::string& container) {
  FakeContainer* by_prefix = nullptr;
  for (auto& [id, found] : containers) {
    if (id == container || found.observed.name == container) return &found;
    if (!container.empty() && id.starts_with(container)) by_prefix = &found;
  }
  return by_prefix;
}

base::Result<FakeContainer*> FakeWorld::need(const std::string& container) {
  FakeContainer* found = find(container);
  if (found == nullptr)
    return base::fail(ErrorClass::NotFound, fmt::format("no such container: {}", container));
  return found;
}

void FakeWorld::tell(ContainerEventKind kind, const FakeContainer& container) {
  events.push_back({kind, container.observed});
  changed.notify_all();
}

void FakeWorld::end(FakeContainer& container, int code) {
  container.observed.status = ContainerStatus::Exited;
  container.observed.exit_code = code;
  container.observed.health = model::Health::None;
  tell(ContainerEventKind::Exited, container);
}

bool matches(const std::map<std::string, std::string>& filter,
             const std::map<std::string, std::string>& labels) {
  return std::all_of(filter.begin(), filter.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && (wanted.second.empty() || found->second == wanted.second);
  });
}

base::Result<std::vector<model::ObservedContainer>> FakeContainers::list(
    const engine_client::ContainerFilter& filter) {
  FakeWorld::Lock lock(world_.mutex);
  std::vector<model::ObservedContainer> out;
  for (const auto& [id, container] : world_.containers) {
    if (matches(filter.labels, container.observed.labels)) out.push_back(container.observed);
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

base::Result<model::ObservedContainer> FakeContainers::inspect(const std::string& container) {
  FakeWorld::Lock lock(world_.mutex);
  return TRY(world_.need(container))->observed;
}

base::Result<> FakeContainers::attach_network(FakeContainer& container, const model::EndpointSpec& endpoint) {
  const model::ObservedNetwork* network = world_.find_network(endpoint.network);
  if (network == nullptr) {
    return base::fail(ErrorClass::NotFound, fmt::format("no such network: {}", endpoint.network));
  }
  model::ObservedEndpoint observed;
  observed.network = network->name;
  observed.network_id = network->id;
  observed.aliases = endpoint.aliases;
  container.observed.endpoints.push_back(std::move(observed));
  return {};
}

void FakeContainers::attach_mounts(FakeContainer& container) {
  std::vector<model::MountSpec> mounts = container.spec.mounts;
  for (const std::string& target : world_.images[container.spec.image].volumes) {
    const bool covered =
        std::any_of(mounts.begin(), mounts.end(), [&](const auto& mount) { return mount.target == target; });
    if (covered) continue;
    mounts.emplace_back().target = target;
  }
  for (const model::MountSpec& mount : mounts) {
    model::ObservedMount observed;
    observed.type = mount.type;
    observed.target = mount.target;
    observed.source = mount.type == model::MountType::Bind ? mount.source : "";
    if (mount.type == model::MountType::Image) observed.image_id = world_.images[mount.source].id;
    if (mount.type == model::MountType::Volume) {
      observed.name = mount.source.empty() ? world_.make_id() : mount.source;
      if (mount.source.empty()) world_.anonymous_volumes.insert(observed.name);
      observed.anonymous = world_.anonymous_volumes.contains(observed.name);
      world_.volumes[observed.name].name = observed.name;
    }
    container.observed.mounts.push_back(std::move(observed));
  }
}

base::Result<std::string> FakeContainers::create(const model::ContainerSpec& spec,
                                                 const base::Cancellation&) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("create container " + spec.name));
  if (world_.find(spec.name) != nullptr) {
    return base::fail(ErrorClass::Conflict, fmt::format("the container name \"{}\" is taken", spec.name));
  }
  if (!world_.images.contains(spec.image)) {
    return base::fail(ErrorClass::NotFound, fmt::format("no such image: {}", spec.image));
  }
  if (spec.network_mode.starts_with("container:")) TRY(world_.need(spec.network_mode.substr(10)));
  FakeContainer container;
  container.spec = spec;
  container.observed.id = world_.make_id();
  container.observed.name = spec.name;
  container.observed.image = spec.image;
  container.observed.image_id = world_.images[spec.image].id;
  container.observed.labels = spec.labels;
  container.observed.network_mode = spec.network_mode;
  container.observed.tty = spec.tty;
  container.observed.command = spec.command.value_or(std::vector<std::string>{});
  for (const model::PortBinding& port : spec.ports) {
    container.observed.ports.push_back({port.host_ip, port.host_port, port.container_port, port.protocol});
  }
  for (const model::EndpointSpec& endpoint : spec.endpoints) TRY(attach_network(container, endpoint));
  attach_mounts(container);
  const std::string id = container.observed.id;
  world_.tell(ContainerEventKind::Created, container);
  world_.containers.emplace(id, std::move(container));
  return id;
}

base::Result<> FakeContainers::start(const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count("start container " + container.observed.name));
  if (container.observed.status == ContainerStatus::Running) return {};
  container.observed.status = ContainerStatus::Running;
  const auto& check = container.spec.health_check;
  if (check && (check->test.empty() || check->test.front() != "NONE")) {
    const auto health = world_.health.find(container.spec.image);
    container.observed.health = health == world_.health.end() ? model::Health::Healthy : health->second;
  }
  world_.tell(ContainerEventKind::Started, container);
  const auto code = world_.exit_codes.find(container.spec.image);
  if (code != world_.exit_codes.end()) world_.end(container, code->second);
  return {};
}

base::Result<> FakeContainers::stop(const std::string& name, const engine_client::StopOptions&) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count("stop container " + container.observed.name));
  if (container.observed.status == ContainerStatus::Running) world_.end(container, 143);
  return {};
}

base::Result<> FakeContainers::kill(const std::string& name, const std::string& signal) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count(fmt::format("kill container {} {}", container.observed.name, signal)));
  if (container.observed.status != ContainerStatus::Running) {
    return base::fail(ErrorClass::Conflict,
                      fmt::format("container {} is not running", container.observed.name));
  }
  world_.end(container, 137);
  return {};
}

base::Result<> FakeContainers::remove(const std::string& name, const engine_client::RemoveOptions& options) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count("remove container " + container.observed.name));
  if (container.observed.status == ContainerStatus::Running && !options.force) {
    return base::fail(ErrorClass::Conflict, fmt::format("container {} is running", container.observed.name));
  }
  if (options.anonymous_volumes == engine_client::AnonymousVolumes::Remove) {
    for (const auto& mount : container.observed.mounts) {
      if (mount.anonymous) world_.volumes.erase(mount.name);
    }
  }
  world_.tell(ContainerEventKind::Removed, container);
  world_.containers.erase(container.observed.id);
  return {};
}

base::Result<> FakeContainers::rename(const std::string& name, const std::string& to) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count(fmt::format("rename container {} {}", container.observed.name, to)));
  if (world_.find(to) != nullptr) {
    return base::fail(ErrorClass::Conflict, fmt::format("the container name \"{}\" is taken", to));
  }
  container.observed.name = to;
  return {};
}

base::Result<> FakeContainers::pause(const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count("pause container " + container.observed.name));
  if (container.observed.status != ContainerStatus::Running) {
    return base::fail(ErrorClass::Conflict,
                      fmt::format("container {} is not running", container.observed.name));
  }
  container.observed.status = ContainerStatus::Paused;
  world_.tell(ContainerEventKind::Paused, container);
  return {};
}

base::Result<> FakeContainers::unpause(const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count("unpause container " + container.observed.name));
  if (container.observed.status != ContainerStatus::Paused) {
    return base::fail(ErrorClass::Conflict,
                      fmt::format("container {} is not paused", container.observed.name));
  }
  container.observed.status = ContainerStatus::Running;
  world_.tell(ContainerEventKind::Unpaused, container);
  return {};
}

}  // namespace support
