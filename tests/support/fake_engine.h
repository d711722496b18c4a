// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine_client/engine.h"

namespace support {

/// An engine in memory that keeps state as a real one does: names are unique, a network in use stays, a
/// container needs its image, networks and volumes. Everything is safe to call from several threads.
class FakeEngine final : public engine_client::Engine {
 public:
  FakeEngine();
  ~FakeEngine() override;

  engine_client::Containers& containers() override;
  engine_client::Images& images() override;
  engine_client::BuildCache& build_cache() override;
  engine_client::Networks& networks() override;
  engine_client::Volumes& volumes() override;
  engine_client::Exec& exec() override;
  engine_client::Inside& inside() override;
  engine_client::System& system() override;

  // What tests set up.
  void add_image(const std::string& reference, std::vector<std::string> volumes = {});
  /// Containers of this image end with `code` as soon as they are started.
  void exits_at_once(const std::string& image, int code);
  /// Health that containers with a health check have once started; Healthy when nothing is set.
  void health_of(const std::string& image, model::Health health);
  /// Changes a running container's health and tells listeners.
  void set_health(const std::string& container, model::Health health);
  void set_exited(const std::string& container, int code);
  /// What exec answers; 0 when nothing is set.
  void exec_exits_with(int code);
  /// References that a pull finds.
  void add_to_registry(const std::string& reference);
  /// What a container has written to its log so far.
  void add_log(const std::string& container, std::string line);

  /// The `number`-th changing call from now on (1-based) fails with an Io error, and only that one.
  void fail_call(std::size_t number);
  /// Changing calls since the beginning or the last `forget_calls()`: "create container shop-web-1".
  std::vector<std::string> calls() const;
  void forget_calls();

  /// The spec a container was created from.
  model::ContainerSpec spec_of(const std::string& container) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace support
