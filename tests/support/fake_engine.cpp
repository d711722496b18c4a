// SPDX-License-Identifier: Apache-2.0
#include "support/fake_engine.h"

#include "support/fake_engine_state.h"

namespace support {

FakeEngine::FakeEngine() : state_(std::make_unique<State>()) {}
FakeEngine::~FakeEngine() = default;

engine_client::Containers& FakeEngine::containers() { return state_->container_calls; }
engine_client::Images& FakeEngine::images() { return state_->image_calls; }
engine_client::BuildCache& FakeEngine::build_cache() { return state_->build_cache_calls; }
engine_client::Inside& FakeEngine::inside() { return state_->inside_calls; }
engine_client::Networks& FakeEngine::networks() { return state_->network_calls; }
engine_client::Volumes& FakeEngine::volumes() { return state_->volume_calls; }
engine_client::Exec& FakeEngine::exec() { return state_->exec_calls; }
engine_client::System& FakeEngine::system() { return state_->system_calls; }

void FakeEngine::add_image(const std::string& reference, std::vector<std::string> volumes) {
  FakeWorld::Lock lock(state_->world.mutex);
  model::ObservedImage& image = state_->world.add_image(reference);
  image.volumes = std::move(volumes);
}

void FakeEngine::exits_at_once(const std::string& image, int code) {
  FakeWorld::Lock lock(state_->world.mutex);
  state_->world.exit_codes[image] = code;
}

void FakeEngine::health_of(const std::string& image, model::Health health) {
  FakeWorld::Lock lock(state_->world.mutex);
  state_->world.health[image] = health;
}

void FakeEngine::set_health(const std::string& container, model::Health health) {
  FakeWorld::Lock lock(state_->world.mutex);
  FakeContainer& found = *state_->world.find(container);
  found.observed.health = health;
  state_->world.tell(engine_client::ContainerEventKind::HealthChanged, found);
}

void FakeEngine::set_exited(const std::string& container, int code) {
  FakeWorld::Lock lock(state_->world.mutex);
  state_->world.end(*state_->world.find(container), code);
}

void FakeEngine::exec_exits_with(int code) {
  FakeWorld::Lock lock(state_->world.mutex);
  state_->world.exec_code = code;
}

void FakeEngine::add_to_registry(const std::string& reference) {
  FakeWorld::Lock lock(state_->world.mutex);
  state_->world.registry.insert(reference);
}

void FakeEngine::add_log(const std::string& container, std::string line) {
  FakeWorld::Lock lock(state_->world.mutex);
  state_->world.find(container)->log.push_back(std::move(line));
  state_->world.changed.notify_all();
}

void FakeEngine::fail_call(std::size_t number) {
  FakeWorld::Lock lock(state_->world.mutex);
  state_->world.fail_at = state_->world.counted + number;
}

std::vector<std::string> FakeEngine::calls() const {
  FakeWorld::Lock lock(state_->world.mutex);
  return state_->world.calls;
}

void FakeEngine::forget_calls() {
  FakeWorld::Lock lock(state_->world.mutex);
  state_->world.calls.clear();
}

model::ContainerSpec FakeEngine::spec_of(const std::string& container) const {
  FakeWorld::Lock lock(state_->world.mutex);
  return state_->world.find(container)->spec;
}

}  // namespace support
