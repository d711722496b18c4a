// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "support/fake_engine_state.h"

namespace support {

using base::ErrorClass;

model::ObservedImage& FakeWorld::add_image(const std::string& reference) {
  model::ObservedImage& image = images[reference];
  image.id = "sha256:" + make_id();
  image.tags = {reference};
  return image;
}

model::ObservedNetwork* FakeWorld::find_network(const std::string& network) {
  for (auto& [id, found] : networks) {
    if (id == network || found.name == network) return &found;
  }
  return nullptr;
}

base::Result<std::vector<model::ObservedImage>> FakeImages::list() {
  FakeWorld::Lock lock(world_.mutex);
  std::vector<model::ObservedImage> out;
  for (const auto& [reference, image] : world_.images) out.push_back(image);
  return out;
}

base::Result<model::ObservedImage> FakeImages::inspect(const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  for (const auto& [reference, image] : world_.images) {
    if (reference == name || image.id == name) return image;
  }
  return base::fail(ErrorClass::NotFound, fmt::format("no such image: {}", name));
}

base::Result<std::vector<std::string>> FakeImages::layers(const std::string& name) {
  return TRY(inspect(name)).layers;
}

base::Result<> FakeImages::pull(const std::string& reference, const engine_client::PullOptions&,
                                const engine_client::ImageEventSink&, const base::Cancellation&) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("pull image " + reference));
  if (!world_.registry.contains(reference)) {
    return base::fail(ErrorClass::NotFound, fmt::format("the registry has no image {}", reference));
  }
  world_.add_image(reference);
  return {};
}

base::Result<std::vector<std::string>> FakeImages::remote_tags(const std::string& repository,
                                                               const base::Cancellation&) {
  FakeWorld::Lock lock(world_.mutex);
  std::vector<std::string> out;
  for (const std::string& reference : world_.registry) {
    if (reference.starts_with(repository + ":")) out.push_back(reference.substr(repository.size() + 1));
  }
  return out;
}

base::Result<> FakeImages::push(const std::string& reference, const engine_client::ImageEventSink&,
                                const base::Cancellation&) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("push image " + reference));
  if (!world_.images.contains(reference)) {
    return base::fail(ErrorClass::NotFound, fmt::format("no such image: {}", reference));
  }
  world_.registry.insert(reference);
  return {};
}

base::Result<std::string> FakeImages::build(const model::BuildSpec& spec,
                                            const engine_client::ImageEventSink&, const base::Cancellation&) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("build image " + spec.tags.front()));
  const std::string id = world_.add_image(spec.tags.front()).id;
  for (const std::string& tag : spec.tags) world_.images[tag] = world_.images[spec.tags.front()];
  return id;
}

base::Result<engine_client::ImageRemoval> FakeImages::remove(const std::string& image, bool force) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("remove image " + image));
  const auto found = world_.images.find(image);
  if (found == world_.images.end())
    return base::fail(ErrorClass::NotFound, fmt::format("no such image: {}", image));
  for (const auto& [id, container] : world_.containers) {
    if (container.spec.image != image || force) continue;
    return base::fail(ErrorClass::Conflict,
                      fmt::format("image {} is used by container {}", image, container.observed.name));
  }
  world_.images.erase(found);
  return engine_client::ImageRemoval{{image}, {}, 0};
}

base::Result<engine_client::ImageRemoval> FakeImages::prune(engine_client::PruneImages which,
                                                            const engine_client::PruneFilter& filter) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("prune images"));
  engine_client::ImageRemoval removal;
  std::erase_if(world_.images, [&](const auto& entry) {
    const auto& image = entry.second;
    const bool named = which == engine_client::PruneImages::Dangling && !image.tags.empty();
    const bool used = std::any_of(world_.containers.begin(), world_.containers.end(),
                                  [&](const auto& one) { return one.second.observed.image_id == image.id; });
    if (named || used || !filter.takes(image.labels, image.created)) return false;
    removal.deleted.push_back(image.id);
    return true;
  });
  return removal;
}

base::Result<std::vector<engine_client::ImageHistoryRow>> FakeImages::history(const std::string& image) {
  TRY(inspect(image));
  return std::vector<engine_client::ImageHistoryRow>{};
}

base::Result<> FakeImages::tag(const std::string& image, const std::string& reference) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count(fmt::format("tag image {} {}", image, reference)));
  const auto found = world_.images.find(image);
  if (found == world_.images.end())
    return base::fail(ErrorClass::NotFound, fmt::format("no such image: {}", image));
  world_.images[reference] = found->second;
  return {};
}

base::Result<std::string> FakeImages::import(int, const engine_client::ImportOptions& options) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("import image " + options.reference));
  return world_.add_image(options.reference).id;
}

base::Result<std::vector<std::string>> FakeImages::load(int, const engine_client::LoadOptions&,
                                                        const engine_client::ImageEventSink&) {
  return base::fail(ErrorClass::Unsupported, "the fake engine reads no archives");
}

base::Result<> FakeImages::save(const engine_client::SaveOptions&, int, const base::Cancellation&) {
  return base::fail(ErrorClass::Unsupported, "the fake engine writes no archives");
}

base::Result<> FakeImages::export_root(const std::string&, int, const base::Cancellation&) {
  return base::fail(ErrorClass::Unsupported, "the fake engine has no files");
}

base::Result<std::vector<model::ObservedNetwork>> FakeNetworks::list(
    const engine_client::ResourceFilter& filter) {
  FakeWorld::Lock lock(world_.mutex);
  std::vector<model::ObservedNetwork> out;
  for (const auto& [id, network] : world_.networks) {
    if (matches(filter.labels, network.labels)) out.push_back(network);
  }
  return out;
}

base::Result<model::ObservedNetwork> FakeNetworks::inspect(const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  const model::ObservedNetwork* found = world_.find_network(name);
  if (found == nullptr) return base::fail(ErrorClass::NotFound, fmt::format("no such network: {}", name));
  return *found;
}

base::Result<std::string> FakeNetworks::create(const model::NetworkSpec& spec) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("create network " + spec.name));
  if (world_.find_network(spec.name) != nullptr) {
    return base::fail(ErrorClass::Conflict, fmt::format("the network name \"{}\" is taken", spec.name));
  }
  model::ObservedNetwork network;
  network.id = world_.make_id();
  network.name = spec.name;
  network.driver = spec.driver.empty() ? "bridge" : spec.driver;
  network.labels = spec.labels;
  world_.networks[network.id] = network;
  return network.id;
}

base::Result<> FakeNetworks::remove(const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  const model::ObservedNetwork* found = world_.find_network(name);
  if (found == nullptr) return base::fail(ErrorClass::NotFound, fmt::format("no such network: {}", name));
  TRY(world_.count("remove network " + found->name));
  for (const auto& [id, container] : world_.containers) {
    for (const auto& endpoint : container.observed.endpoints) {
      if (endpoint.network_id != found->id) continue;
      return base::fail(ErrorClass::Conflict,
                        fmt::format("network {} is used by container {}", name, container.observed.name));
    }
  }
  world_.networks.erase(found->id);
  return {};
}

base::Result<> FakeNetworks::connect(const std::string& network, const std::string& name,
                                     const model::EndpointSpec& endpoint) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count(fmt::format("connect network {} {}", network, container.observed.name)));
  return containers_.attach_network(container, endpoint);
}

base::Result<> FakeNetworks::disconnect(const std::string& network, const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count(fmt::format("disconnect network {} {}", network, container.observed.name)));
  const auto removed = std::erase_if(container.observed.endpoints,
                                     [&](const auto& endpoint) { return endpoint.network == network; });
  if (removed == 0) return base::fail(ErrorClass::NotFound, fmt::format("{} is not attached", name));
  return {};
}

base::Result<std::vector<model::ObservedVolume>> FakeVolumes::list(
    const engine_client::ResourceFilter& filter) {
  FakeWorld::Lock lock(world_.mutex);
  std::vector<model::ObservedVolume> out;
  for (const auto& [name, volume] : world_.volumes) {
    if (matches(filter.labels, volume.labels)) out.push_back(volume);
  }
  return out;
}

base::Result<model::ObservedVolume> FakeVolumes::inspect(const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  const auto found = world_.volumes.find(name);
  if (found == world_.volumes.end()) {
    return base::fail(ErrorClass::NotFound, fmt::format("no such volume: {}", name));
  }
  return found->second;
}

base::Result<> FakeVolumes::create(const model::VolumeSpec& spec) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("create volume " + spec.name));
  model::ObservedVolume& volume = world_.volumes[spec.name];
  if (!volume.name.empty()) return {};
  volume.name = spec.name;
  volume.driver = spec.driver.empty() ? "local" : spec.driver;
  volume.labels = spec.labels;
  volume.options = spec.driver_opts;
  return {};
}

base::Result<> FakeVolumes::remove(const std::string& name) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.count("remove volume " + name));
  if (!world_.volumes.contains(name)) {
    return base::fail(ErrorClass::NotFound, fmt::format("no such volume: {}", name));
  }
  for (const auto& [id, container] : world_.containers) {
    for (const auto& mount : container.observed.mounts) {
      if (mount.name != name) continue;
      return base::fail(ErrorClass::Conflict,
                        fmt::format("volume {} is used by container {}", name, container.observed.name));
    }
  }
  world_.volumes.erase(name);
  return {};
}

}  // namespace support
