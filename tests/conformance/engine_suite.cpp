// SPDX-License-Identifier: Apache-2.0
#include "conformance/engine_suite.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

namespace conformance {
namespace {

using base::ErrorClass;
using engine_client::ContainerEventKind;
using model::ContainerStatus;

model::ContainerSpec spec_of(const EngineUnderTest& under_test, const std::string& name) {
  model::ContainerSpec spec;
  spec.name = name;
  spec.image = under_test.image;
  spec.labels = {{"suite", "yes"}, {"name", name}};
  spec.network_mode = "none";
  spec.stop_grace_period = std::chrono::milliseconds(100);
  return spec;
}

template <class T>
ErrorClass class_of(const base::Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().error_class;
}

void check_container_lifecycle(EngineUnderTest& under_test) {
  auto& containers = under_test.engine->containers();
  const auto id = containers.create(spec_of(under_test, "suite-a"), {});
  if (!id) FAIL(base::to_text(id.error()));
  CHECK(id->size() == 64);
  CHECK(containers.inspect("suite-a")->id == *id);
  CHECK(containers.inspect(id->substr(0, 12))->id == *id);
  CHECK(containers.inspect(*id)->status == ContainerStatus::Created);
  CHECK(containers.inspect(*id)->labels.at("suite") == "yes");
  CHECK(class_of(containers.create(spec_of(under_test, "suite-a"), {})) == ErrorClass::Conflict);

  REQUIRE(containers.start(*id));
  CHECK(containers.start(*id));  // Running already: success.
  CHECK(containers.inspect(*id)->status == ContainerStatus::Running);
  CHECK(class_of(containers.remove(*id, {})) == ErrorClass::Conflict);

  REQUIRE(containers.pause(*id));
  CHECK(containers.inspect(*id)->status == ContainerStatus::Paused);
  REQUIRE(containers.unpause(*id));
  CHECK(containers.inspect(*id)->status == ContainerStatus::Running);

  REQUIRE(containers.stop(*id, {std::chrono::milliseconds(100)}));
  CHECK(containers.inspect(*id)->status == ContainerStatus::Exited);
  CHECK(containers.stop(*id, {}));  // Stopped already: success.
  CHECK(class_of(containers.kill(*id, "SIGKILL")) == ErrorClass::Conflict);

  REQUIRE(containers.start(*id));
  REQUIRE(containers.kill(*id, "SIGKILL"));
  CHECK(containers.wait(*id, {}).value_or(0) == 137);

  REQUIRE(containers.rename(*id, "suite-b"));
  CHECK(containers.inspect("suite-b")->id == *id);
  CHECK(class_of(containers.inspect("suite-a")) == ErrorClass::NotFound);
  REQUIRE(containers.remove("suite-b", {}));
  CHECK(class_of(containers.inspect(*id)) == ErrorClass::NotFound);
  CHECK(class_of(containers.start(*id)) == ErrorClass::NotFound);
  CHECK(class_of(containers.remove(*id, {})) == ErrorClass::NotFound);
}

void check_names_and_filters(EngineUnderTest& under_test) {
  auto& containers = under_test.engine->containers();
  for (const char* name : {"suite-2", "suite-1"}) REQUIRE(containers.create(spec_of(under_test, name), {}));
  CHECK(class_of(containers.rename("suite-1", "suite-2")) == ErrorClass::Conflict);
  const auto all = containers.list({{{"suite", ""}}});
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK(all->at(0).name == "suite-1");
  CHECK(containers.list({{{"suite", "yes"}, {"name", "suite-2"}}})->size() == 1);
  CHECK(containers.list({{{"suite", "no"}}})->empty());
  auto missing = spec_of(under_test, "suite-3");
  missing.image = "no-such-image:none";
  CHECK(class_of(containers.create(missing, {})) == ErrorClass::NotFound);
  for (const char* name : {"suite-1", "suite-2"}) CHECK(containers.remove(name, {}));
}

void check_force_removal(EngineUnderTest& under_test) {
  auto& containers = under_test.engine->containers();
  const auto id = containers.create(spec_of(under_test, "suite-force"), {});
  REQUIRE(id);
  REQUIRE(containers.start(*id));
  engine_client::RemoveOptions options;
  options.force = true;
  CHECK(containers.remove(*id, options));
  CHECK(class_of(containers.inspect(*id)) == ErrorClass::NotFound);
}

void check_networks(EngineUnderTest& under_test) {
  auto& engine = *under_test.engine;
  model::NetworkSpec spec;
  spec.name = "suite_net";
  spec.labels = {{"suite", "yes"}};
  const auto id = engine.networks().create(spec);
  if (!id) FAIL(base::to_text(id.error()));
  CHECK(class_of(engine.networks().create(spec)) == ErrorClass::Conflict);
  CHECK(engine.networks().inspect("suite_net")->id == *id);
  CHECK(engine.networks().list({{{"suite", "yes"}}})->size() == 1);

  auto container = spec_of(under_test, "suite-net");
  container.network_mode.clear();
  container.endpoints.emplace_back().network = "suite_net";
  const auto attached = engine.containers().create(container, {});
  REQUIRE(attached);
  REQUIRE(engine.containers().inspect(*attached)->endpoints.size() == 1);
  CHECK(engine.containers().inspect(*attached)->endpoints.front().network_id == *id);
  CHECK(class_of(engine.networks().remove("suite_net")) == ErrorClass::Conflict);
  REQUIRE(engine.networks().disconnect("suite_net", *attached));
  CHECK(engine.containers().inspect(*attached)->endpoints.empty());
  REQUIRE(engine.networks().connect("suite_net", *attached, container.endpoints.front()));
  CHECK(engine.containers().inspect(*attached)->endpoints.size() == 1);
  REQUIRE(engine.containers().remove(*attached, {}));
  REQUIRE(engine.networks().remove(*id));
  CHECK(class_of(engine.networks().inspect("suite_net")) == ErrorClass::NotFound);
  CHECK(class_of(engine.networks().remove("suite_net")) == ErrorClass::NotFound);

  container.endpoints.front().network = "suite_missing";
  CHECK(class_of(engine.containers().create(container, {})) == ErrorClass::NotFound);
  CHECK(class_of(engine.containers().inspect("suite-net")) == ErrorClass::NotFound);
}

void check_volumes(EngineUnderTest& under_test) {
  auto& engine = *under_test.engine;
  model::VolumeSpec spec;
  spec.name = "suite_data";
  spec.labels = {{"suite", "yes"}};
  REQUIRE(engine.volumes().create(spec));
  CHECK(engine.volumes().create(spec));  // The same again: success.
  CHECK(engine.volumes().inspect("suite_data")->labels.at("suite") == "yes");
  CHECK(engine.volumes().list({{{"suite", ""}}})->size() == 1);

  auto container = spec_of(under_test, "suite-volume");
  container.mounts.emplace_back();
  container.mounts.back().source = "suite_data";
  container.mounts.back().target = "/data";
  container.mounts.emplace_back().target = "/anonymous";
  const auto id = engine.containers().create(container, {});
  REQUIRE(id);
  CHECK(class_of(engine.volumes().remove("suite_data")) == ErrorClass::Conflict);
  std::string anonymous;
  const auto made = engine.containers().inspect(*id);
  REQUIRE(made);
  for (const auto& mount : made->mounts) {
    if (mount.anonymous) anonymous = mount.name;
  }
  REQUIRE_FALSE(anonymous.empty());
  CHECK(engine.volumes().inspect(anonymous));
  engine_client::RemoveOptions options;
  options.anonymous_volumes = engine_client::AnonymousVolumes::Remove;
  REQUIRE(engine.containers().remove(*id, options));
  CHECK(class_of(engine.volumes().inspect(anonymous)) == ErrorClass::NotFound);
  REQUIRE(engine.volumes().remove("suite_data"));
  CHECK(class_of(engine.volumes().remove("suite_data")) == ErrorClass::NotFound);
}

void check_images(EngineUnderTest& under_test) {
  auto& images = under_test.engine->images();
  const auto image = images.inspect(under_test.image);
  REQUIRE(image);
  CHECK(image->id.starts_with("sha256:"));
  CHECK(images.inspect(image->id)->id == image->id);
  CHECK(class_of(images.inspect("no-such-image:none")) == ErrorClass::NotFound);
  REQUIRE(images.tag(under_test.image, "suite:tagged"));
  CHECK(images.inspect("suite:tagged")->id == image->id);
  REQUIRE(images.remove("suite:tagged", false));
  CHECK(class_of(images.inspect("suite:tagged")) == ErrorClass::NotFound);
  CHECK(images.inspect(under_test.image));
}

/// Events are told from the moment of the subscription on, in order.
void check_events(EngineUnderTest& under_test) {
  auto& containers = under_test.engine->containers();
  std::vector<ContainerEventKind> heard;
  std::atomic<bool> over{false};
  const base::Cancellation cancellation;
  std::thread listener([&] {
    static_cast<void>(containers.events(
        {{{"name", "suite-events"}}},
        [&](const engine_client::ContainerEvent& event) {
          heard.push_back(event.kind);
          return event.kind != ContainerEventKind::Exited;
        },
        cancellation));
    over = true;
  });
  const auto id = containers.create(spec_of(under_test, "suite-events"), {});
  REQUIRE(id);
  // The subscription may come after the first start: then the next one is heard.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!over && std::chrono::steady_clock::now() < give_up) {
    CHECK(containers.start(*id));
    CHECK(containers.stop(*id, {std::chrono::milliseconds(0)}));
    std::this_thread::yield();
  }
  cancellation.request();
  listener.join();
  REQUIRE_FALSE(heard.empty());
  CHECK(heard.back() == ContainerEventKind::Exited);
  CHECK(containers.remove(*id, {}));
}

void check_followed_log_catches_up(EngineUnderTest& under_test) {
  auto& containers = under_test.engine->containers();
  const auto id = containers.create(spec_of(under_test, "suite-quiet"), {});
  REQUIRE(id);
  REQUIRE(containers.start(*id));
  base::Cancellation cancellation;
  bool caught_up = false;
  const engine_client::LogSink sink{[](const engine_client::LogLine&) { return true; },
                                    [&] {
                                      caught_up = true;
                                      cancellation.request();
                                    }};
  engine_client::LogOptions options;
  options.follow = true;
  static_cast<void>(containers.logs(*id, options, sink, cancellation));
  CHECK(caught_up);
  REQUIRE(containers.kill(*id, "SIGKILL"));
  REQUIRE(containers.wait(*id, {}));
  REQUIRE(containers.remove(*id, {}));
}

}  // namespace

void run_engine_suite(const EngineFactory& make) {
  EngineUnderTest under_test = make();
  SECTION("a container's life") { check_container_lifecycle(under_test); }
  SECTION("names and filters") { check_names_and_filters(under_test); }
  SECTION("removal by force") { check_force_removal(under_test); }
  SECTION("networks") { check_networks(under_test); }
  SECTION("volumes") { check_volumes(under_test); }
  SECTION("images") { check_images(under_test); }
  SECTION("events") { check_events(under_test); }
  SECTION("a followed log") { check_followed_log_catches_up(under_test); }
}

}  // namespace conformance
