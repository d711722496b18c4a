// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>

#include "compose/execute/execute.h"
#include "compose/plan/builder.h"
#include "support/fake_engine.h"

using namespace compose;
using plan::PlanBuilder;
using support::FakeEngine;

namespace {

/// Remembers what it was told: "done create container a".
class Recorder final : public execute::ProgressSink {
 public:
  void on_step(const execute::StepEvent& event) override {
    static constexpr const char* kNames[] = {"started", "done", "failed", "skipped"};
    lines.push_back(std::string(kNames[static_cast<int>(event.phase)]) + " " +
                    std::string(plan::verb(event.step.call)) + " " + plan::object(event.step.call));
  }
  void on_image(const plan::Step&, const engine_client::ImageEvent&) override {}
  std::vector<std::string> lines;
};

plan::CreateContainer creation(const std::string& name) {
  plan::CreateContainer call;
  call.service = name;
  call.spec.name = name;
  call.spec.image = "app";
  return call;
}

/// Creates and starts `name`; gives the step that starts it.
plan::StepId add_container(PlanBuilder& builder, const std::string& name,
                           std::vector<plan::StepId> after = {}) {
  const auto created = builder.add(creation(name), name, "test");
  after.push_back(created);
  return builder.add(plan::StartContainer{{"", created, name}}, name, "test", after);
}

base::Result<execute::Outcome> run(const plan::Plan& plan, FakeEngine& engine, Recorder& recorder) {
  return execute::execute(plan, engine, {}, recorder);
}

}  // namespace

TEST_CASE("steps run after those they depend on") {
  FakeEngine engine;
  engine.add_image("app");
  PlanBuilder builder;
  plan::StepId last = 0;
  for (const char* name : {"a", "b", "c", "d"}) last = add_container(builder, name, {last});
  Recorder recorder;
  const auto outcome = run(builder.take(), engine, recorder);
  REQUIRE(outcome);
  CHECK(outcome->containers.size() == 4);
  std::vector<std::string> starts;
  for (const std::string& call : engine.calls()) {
    if (call.starts_with("start")) starts.push_back(call);
  }
  CHECK(starts == std::vector<std::string>{"start container a", "start container b", "start container c",
                                           "start container d"});
}

TEST_CASE("a shared namespace gets the donor's ID") {
  FakeEngine engine;
  engine.add_image("app");
  PlanBuilder builder;
  const auto donor = builder.add(creation("donor"), "donor", "test");
  auto call = creation("guest");
  call.shared = {{plan::SharedPart::Network, {"", donor, "donor"}, false},
                 {plan::SharedPart::Volumes, {"", donor, "donor"}, true}};
  builder.add(call, "guest", "test", {donor});
  Recorder recorder;
  const auto outcome = run(builder.take(), engine, recorder);
  REQUIRE(outcome);
  const std::string id = outcome->containers.at(donor);
  CHECK(engine.spec_of("guest").network_mode == "container:" + id);
  CHECK(engine.spec_of("guest").volumes_from == std::vector<std::string>{id + ":ro"});
}

TEST_CASE("after a failure nothing new begins and every failure is reported") {
  FakeEngine engine;
  engine.add_image("app");
  PlanBuilder builder;
  auto missing = creation("bad");
  missing.spec.image = "missing";
  const auto bad = builder.add(missing, "bad", "test");
  const auto after = builder.add(plan::StartContainer{{"", bad, "bad"}}, "bad", "test", {bad});
  Recorder recorder;
  const auto outcome = run(builder.take(), engine, recorder);
  REQUIRE_FALSE(outcome);
  CHECK(after == 2);
  CHECK(base::to_text(outcome.error()) == "error: no such image: missing\n  while creating container bad\n");
  CHECK(recorder.lines == std::vector<std::string>{"started create container bad",
                                                   "failed create container bad",
                                                   "skipped start container bad"});
}

TEST_CASE("a plan that goes on reports all failures") {
  FakeEngine engine;
  engine.add_image("app");
  PlanBuilder builder;
  builder.plan().failure_policy = plan::FailurePolicy::GoOn;
  builder.add(plan::StartContainer{{"x", 0, "x"}}, "x", "test");
  builder.add(plan::StartContainer{{"y", 0, "y"}}, "y", "test");
  add_container(builder, "good");
  Recorder recorder;
  const auto outcome = run(builder.take(), engine, recorder);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().also.size() == 1);
  CHECK(engine.containers().inspect("good")->status == model::ContainerStatus::Running);
}

TEST_CASE("a fallback runs only when what it stands in for failed") {
  FakeEngine engine;
  engine.add_to_registry("there");
  PlanBuilder builder;
  for (const char* image : {"there", "elsewhere"}) {
    const auto pull = builder.add(plan::PullImage{image, ""}, image, "test");
    plan::BuildImage build{image, image, {}};
    build.spec.tags = {image};
    const auto built = builder.add(build, image, "test", {pull});
    builder.step(built).fallback_for = pull;
  }
  Recorder recorder;
  const auto outcome = run(builder.take(), engine, recorder);
  REQUIRE(outcome);
  auto calls = engine.calls();
  std::sort(calls.begin(), calls.end());
  CHECK(calls ==
        std::vector<std::string>{"build image elsewhere", "pull image elsewhere", "pull image there"});
  CHECK(outcome->warnings.size() == 1);
}

TEST_CASE("a wait ends with the event it waits for") {
  FakeEngine engine;
  engine.add_image("app");
  engine.health_of("app", model::Health::Starting);
  PlanBuilder builder;
  auto call = creation("db");
  call.spec.health_check = model::HealthCheck{};
  call.spec.health_check->test = {"CMD", "true"};
  const auto created = builder.add(call, "db", "test");
  const auto started = builder.add(plan::StartContainer{{"", created, "db"}}, "db", "test", {created});
  const auto waited = builder.add(
      plan::WaitFor{"db", plan::WaitCondition::Healthy, {{"", created, "db"}}, {}}, "db", "test", {started});
  add_container(builder, "web", {waited});

  struct Healer final : execute::ProgressSink {
    explicit Healer(FakeEngine& engine_in) : engine(engine_in) {}
    void on_step(const execute::StepEvent& event) override {
      if (std::holds_alternative<plan::WaitFor>(event.step.call) &&
          event.phase == execute::StepPhase::Started) {
        healer = std::thread([this] { engine.set_health("db", health); });
      }
    }
    void on_image(const plan::Step&, const engine_client::ImageEvent&) override {}
    FakeEngine& engine;
    model::Health health = model::Health::Healthy;
    std::thread healer;
  };
  Healer sink(engine);
  SECTION("healthy") {
    REQUIRE(execute::execute(builder.take(), engine, {}, sink));
    CHECK(engine.containers().inspect("web")->status == model::ContainerStatus::Running);
  }
  SECTION("unhealthy") {
    sink.health = model::Health::Unhealthy;
    const auto outcome = execute::execute(builder.take(), engine, {}, sink);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().message == "dependency failed to start: container db is unhealthy");
    CHECK(engine.containers().inspect("web")->status == model::ContainerStatus::Created);
  }
  sink.healer.join();
}

TEST_CASE("a wait has an end") {
  FakeEngine engine;
  engine.add_image("app");
  PlanBuilder builder;
  const auto started = add_container(builder, "job");
  const plan::ContainerRef job{"", 1, "job"};
  builder.add(
      plan::WaitFor{"job", plan::WaitCondition::CompletedSuccessfully, {job}, std::chrono::milliseconds(1)},
      "job", "test", {started});
  Recorder recorder;
  const auto outcome = run(builder.take(), engine, recorder);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message == "service \"job\" is not completed after 1ms");
  CHECK(outcome.error().error_class == base::ErrorClass::TimedOut);
}

TEST_CASE("a cancelled plan stops with exit code 130") {
  FakeEngine engine;
  engine.add_image("app");
  PlanBuilder builder;
  add_container(builder, "a");
  execute::ExecuteOptions options;
  options.cancellation.request();
  Recorder recorder;
  const auto outcome = execute::execute(builder.take(), engine, options, recorder);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().exit_code == 130);
  CHECK(engine.calls().size() <= 1);
}
