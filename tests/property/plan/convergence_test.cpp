// SPDX-License-Identifier: Apache-2.0
// Whatever the project: what `up` made is what it wanted, so planning again gives nothing to do; the same
// after any change of the project, and after any one call of the engine has failed.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "compose/down.h"
#include "compose/observe.h"
#include "compose/plan/reconcile.h"
#include "compose/up.h"
#include "support/fake_engine.h"
#include "support/project_builder.h"
#include "support/silent_progress.h"

using namespace compose;

namespace {

constexpr const char* kImages[] = {"app", "data", "tool"};

/// Services depend on earlier ones only, so that there is no cycle.
void fill_service(support::ProjectBuilder& builder, int index) {
  const auto chance = [](int percent) { return *rc::gen::inRange(0, 100) < percent; };
  model::Service& service = builder.service(fmt::format("s{}", index), kImages[*rc::gen::inRange(0, 3)]);
  service.config_hash = fmt::format("hash{}", *rc::gen::inRange(0, 3));
  service.scale = *rc::gen::inRange(0, 4);
  if (chance(30)) {
    service.health_check = model::HealthCheck{};
    service.health_check->test = {"CMD", "true"};
    service.config_hash += "-checked";
  }
  if (chance(20)) service.post_start.emplace_back().command = std::vector<std::string>{"hook"};
  if (chance(30)) {
    builder.volume("data");
    service.mounts.emplace_back();
    service.mounts.back().source = "data";
    service.mounts.back().target = "/data";
  }
  if (chance(30)) service.mounts.emplace_back().target = "/anonymous";
  if (chance(30)) {
    service.networks[fmt::format("n{}", *rc::gen::inRange(0, 2))];
    for (const auto& [key, network] : service.networks) builder.network(key);
  }
  for (int other = 0; other < index; ++other) {
    const model::Service& dependency = builder.project().services.at(fmt::format("s{}", other));
    if (!chance(30)) continue;
    model::Dependency how;
    how.restart = chance(50);
    if (dependency.health_check && chance(60)) how.condition = model::DependencyCondition::Healthy;
    service.depends_on[dependency.name] = how;
    if (dependency.scale > 0 && chance(20)) {
      service.networks.clear();
      service.network_mode = "service:" + dependency.name;
      service.depends_on[dependency.name].restart = true;
    }
  }
}

model::Project any_project() {
  support::ProjectBuilder builder("p");
  const int services = *rc::gen::inRange(1, 6);
  for (int index = 0; index < services; ++index) fill_service(builder, index);
  for (const char* key : {"n0", "n1", "default"}) {
    if (builder.project().networks.contains(key)) {
      builder.network(key).config_hash = fmt::format("hash{}", *rc::gen::inRange(0, 2));
    }
  }
  return builder.project();
}

UpOptions options_of() {
  UpOptions out;
  out.reconcile.remove_orphans = true;
  out.reconcile.confirm_all = true;
  return out;
}

void add_images(support::FakeEngine& engine) {
  for (const char* image : kImages) engine.add_image(image);
}

std::string plan_text(support::FakeEngine& engine, const model::Project& project) {
  const auto observed = observe(engine, project, '-');
  const auto plan = plan::reconcile(project, *observed, options_of().reconcile);
  return plan ? plan::to_text(*plan) : base::to_text(plan.error());
}

std::string error_text(const base::Result<>& result) { return result ? "" : base::to_text(result.error()); }

/// What is left of the project, as names.
std::vector<std::string> remains(support::FakeEngine& engine) {
  std::vector<std::string> out;
  const auto observed = observe_labelled(engine, "p");
  for (const auto& container : observed->containers) out.push_back(container.name);
  for (const auto& network : observed->networks) out.push_back(network.name);
  for (const auto& volume : observed->volumes) out.push_back(volume.name);
  return out;
}

std::size_t wanted_containers(const model::Project& project) {
  std::size_t out = 0;
  for (const auto& [name, service] : project.services) out += static_cast<std::size_t>(service.scale);
  return out;
}

}  // namespace

TEST_CASE("after up there is nothing left to do, whatever the project was before") {
  CHECK(rc::check([] {
    support::FakeEngine engine;
    add_images(engine);
    support::SilentProgress progress;
    Session session = support::make_session(engine, progress);
    for (int round = 0; round < 3; ++round) {
      const model::Project project = any_project();
      const auto done = up(session, project, options_of());
      RC_ASSERT(error_text(done) == "");
      RC_ASSERT(plan_text(engine, project) == "");
      RC_ASSERT(engine.containers().list({})->size() == wanted_containers(project));
    }
    const model::Project project = any_project();
    plan::DownOptions options;
    options.volumes = true;
    options.remove_orphans = true;
    RC_ASSERT(error_text(down(session, project, options)) == "");
    RC_ASSERT(engine.containers().list({})->empty());
    RC_ASSERT(engine.networks().list({})->empty());
  }));
}

TEST_CASE("after any failed call the next up converges") {
  CHECK(rc::check([] {
    const model::Project before = any_project(), after = any_project();
    std::size_t calls = 1;
    for (std::size_t n = 1; n <= calls; ++n) {
      support::FakeEngine engine;
      add_images(engine);
      support::SilentProgress progress;
      Session session = support::make_session(engine, progress);
      RC_ASSERT(error_text(up(session, before, options_of())) == "");
      engine.forget_calls();
      engine.fail_call(n);
      const auto failed = up(session, after, options_of());
      if (!failed) {
        const std::string text = error_text(failed);
        RC_LOG() << text;
        RC_ASSERT(text.starts_with("error: injected failure of: "));
        RC_ASSERT(text.find("\n  while ") != std::string::npos);
      }
      if (failed)
        calls = engine.calls().size();
      else
        calls = std::max(calls, n + 1);
      RC_ASSERT(error_text(up(session, after, options_of())) == "");
      RC_ASSERT(plan_text(engine, after) == "");
      RC_ASSERT(engine.containers().list({})->size() == wanted_containers(after));
    }
  }));
}

TEST_CASE("after any failed call of down, down again leaves nothing") {
  CHECK(rc::check([] {
    const model::Project project = any_project();
    bool failed = true;
    for (std::size_t n = 1; failed; ++n) {
      support::FakeEngine engine;
      add_images(engine);
      support::SilentProgress progress;
      Session session = support::make_session(engine, progress);
      RC_ASSERT(error_text(up(session, project, options_of())) == "");
      engine.fail_call(n);
      plan::DownOptions options;
      options.volumes = true;
      failed = !down(session, project, options);
      RC_ASSERT(error_text(down(session, project, options)) == "");
      RC_ASSERT(remains(engine) == std::vector<std::string>{});
    }
  }));
}
