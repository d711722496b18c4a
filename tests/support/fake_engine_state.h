// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "support/fake_engine.h"

namespace support {

struct FakeContainer {
  model::ContainerSpec spec;
  model::ObservedContainer observed;
  std::vector<std::string> log;
};

/// The memory of a FakeEngine: what there is, and what tests asked for.
struct FakeWorld {
  using Lock = std::lock_guard<std::mutex>;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, FakeContainer> containers;  ///< By ID.
  std::map<std::string, model::ObservedNetwork> networks;
  std::map<std::string, model::ObservedVolume> volumes;
  std::map<std::string, model::ObservedImage> images;  ///< By reference.
  std::set<std::string> anonymous_volumes, registry;
  std::map<std::string, int> exit_codes;
  std::map<std::string, model::Health> health;
  std::vector<engine_client::ContainerEvent> events;
  std::vector<std::string> calls;
  int exec_code = 0;
  std::size_t counted = 0, fail_at = 0;
  std::uint64_t ids = 0;

  /// Notes a changing call; the error that a test asked for when it is this one's turn.
  base::Result<> count(std::string call);
  std::string make_id();
  model::ObservedImage& add_image(const std::string& reference);
  /// By ID, unique ID prefix or name.
  FakeContainer* find(const std::string& container);
  base::Result<FakeContainer*> need(const std::string& container);
  model::ObservedNetwork* find_network(const std::string& network);
  void tell(engine_client::ContainerEventKind kind, const FakeContainer& container);
  void end(FakeContainer& container, int code);
};

bool matches(const std::map<std::string, std::string>& filter,
             const std::map<std::string, std::string>& labels);

class FakeContainers final : public engine_client::Containers {
 public:
  explicit FakeContainers(FakeWorld& world) : world_(world) {}
  base::Result<std::vector<model::ObservedContainer>> list(const engine_client::ContainerFilter&) override;
  base::Result<model::ObservedContainer> inspect(const std::string& container) override;
  base::Result<std::string> create(const model::ContainerSpec&, const base::Cancellation&) override;
  base::Result<> start(const std::string& container) override;
  base::Result<> stop(const std::string& container, const engine_client::StopOptions&) override;
  base::Result<> kill(const std::string& container, const std::string& signal) override;
  base::Result<> remove(const std::string& container, const engine_client::RemoveOptions&) override;
  base::Result<> rename(const std::string& container, const std::string& name) override;
  base::Result<> pause(const std::string& container) override;
  base::Result<> unpause(const std::string& container) override;
  base::Result<int> wait(const std::string& container, const base::Cancellation&) override;
  base::Result<> logs(const std::string& container, const engine_client::LogOptions&,
                      const engine_client::LogSink&, const base::Cancellation&) override;
  base::Result<> attach(const std::string& container, const engine_client::TerminalStreams&,
                        const std::function<base::Result<>()>& started, const base::Cancellation&) override;
  base::Result<> events(const engine_client::ContainerFilter&, const engine_client::EventSink& sink,
                        const base::Cancellation&) override;
  base::Result<> resize(const std::string& container, std::uint16_t rows, std::uint16_t columns) override;

 private:
  base::Result<> attach_network(FakeContainer& container, const model::EndpointSpec& endpoint);
  void attach_mounts(FakeContainer& container);
  FakeWorld& world_;
  friend class FakeNetworks;
};

class FakeImages final : public engine_client::Images {
 public:
  explicit FakeImages(FakeWorld& world) : world_(world) {}
  base::Result<std::vector<model::ObservedImage>> list() override;
  base::Result<model::ObservedImage> inspect(const std::string& image) override;
  base::Result<std::vector<std::string>> layers(const std::string& image) override;
  base::Result<> pull(const std::string& reference, const engine_client::PullOptions&,
                      const engine_client::ImageEventSink&, const base::Cancellation&) override;
  base::Result<std::vector<std::string>> remote_tags(const std::string& repository,
                                                     const base::Cancellation&) override;
  base::Result<> push(const std::string& reference, const engine_client::ImageEventSink&,
                      const base::Cancellation&) override;
  base::Result<std::string> build(const model::BuildSpec&, const engine_client::ImageEventSink&,
                                  const base::Cancellation&) override;
  base::Result<engine_client::ImageRemoval> remove(const std::string& image, bool force) override;
  base::Result<engine_client::ImageRemoval> prune(engine_client::PruneImages which,
                                                  const engine_client::PruneFilter&) override;
  base::Result<std::vector<engine_client::ImageHistoryRow>> history(const std::string& image) override;
  base::Result<> tag(const std::string& image, const std::string& reference) override;
  base::Result<std::string> import(int tar, const engine_client::ImportOptions&) override;
  base::Result<std::vector<std::string>> load(int tar, const engine_client::LoadOptions&,
                                              const engine_client::ImageEventSink&) override;
  base::Result<> save(const engine_client::SaveOptions&, int tar, const base::Cancellation&) override;
  base::Result<> export_root(const std::string& image, int tar, const base::Cancellation&) override;

 private:
  FakeWorld& world_;
};

class FakeNetworks final : public engine_client::Networks {
 public:
  FakeNetworks(FakeWorld& world, FakeContainers& containers) : world_(world), containers_(containers) {}
  base::Result<std::vector<model::ObservedNetwork>> list(const engine_client::ResourceFilter&) override;
  base::Result<model::ObservedNetwork> inspect(const std::string& network) override;
  base::Result<std::string> create(const model::NetworkSpec&) override;
  base::Result<> remove(const std::string& network) override;
  base::Result<> connect(const std::string& network, const std::string& container,
                         const model::EndpointSpec&) override;
  base::Result<> disconnect(const std::string& network, const std::string& container) override;

 private:
  FakeWorld& world_;
  FakeContainers& containers_;
};

class FakeVolumes final : public engine_client::Volumes {
 public:
  explicit FakeVolumes(FakeWorld& world) : world_(world) {}
  base::Result<std::vector<model::ObservedVolume>> list(const engine_client::ResourceFilter&) override;
  base::Result<model::ObservedVolume> inspect(const std::string& volume) override;
  base::Result<> create(const model::VolumeSpec&) override;
  base::Result<> remove(const std::string& volume) override;

 private:
  FakeWorld& world_;
};

class FakeExec final : public engine_client::Exec {
 public:
  explicit FakeExec(FakeWorld& world) : world_(world) {}
  base::Result<int> run(const std::string& container, const engine_client::ExecSpec&,
                        const engine_client::TerminalStreams&, const base::Cancellation&) override;

 private:
  FakeWorld& world_;
};

class FakeSystem final : public engine_client::System {
 public:
  base::Result<engine_client::EngineVersion> version() override {
    return engine_client::EngineVersion{"fake", "1", ""};
  }
  base::Result<engine_client::Recovery> recover(const base::Watcher&) override {
    return engine_client::Recovery{};
  }
  base::Result<engine_client::DiskUse> disk_use() override { return engine_client::DiskUse{}; }
  base::Result<engine_client::StoreCheck> check(const engine_client::CheckOptions&) override {
    return engine_client::StoreCheck{};
  }
};

/// Containers without processes and files.
class FakeInside final : public engine_client::Inside {
 public:
  base::Result<std::vector<engine_client::ContainerProcess>> processes(const std::string&) override {
    return std::vector<engine_client::ContainerProcess>{};
  }
  base::Result<> export_root(const std::string&, int) override {
    return base::fail(base::ErrorClass::Unsupported, "the fake engine has no files");
  }
  base::Result<std::string> commit(const std::string&, const engine_client::CommitOptions&) override {
    return base::fail(base::ErrorClass::Unsupported, "the fake engine has no files");
  }
};

/// A cache that stays empty.
class FakeBuildCache final : public engine_client::BuildCache {
 public:
  base::Result<std::vector<engine_client::BuildCacheRecord>> list() override {
    return std::vector<engine_client::BuildCacheRecord>{};
  }
  base::Result<engine_client::Pruned> prune(const engine_client::BuildCachePruneOptions&,
                                            const base::Cancellation&) override {
    return engine_client::Pruned{};
  }
};

struct FakeEngine::State {
  FakeWorld world;
  FakeContainers container_calls{world};
  FakeImages image_calls{world};
  FakeNetworks network_calls{world, container_calls};
  FakeVolumes volume_calls{world};
  FakeExec exec_calls{world};
  FakeSystem system_calls;
  FakeBuildCache build_cache_calls;
  FakeInside inside_calls;
};

}  // namespace support
