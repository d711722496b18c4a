// SPDX-License-Identifier: Apache-2.0
// Whole plans as text. A case is a folder of cases/: `compose.yaml` is the wish; `before.yaml`, if there is
// one, was brought up before; `command` says what is planned (default: up). `plan.txt` is what must come.
// With UPDATE=1 in the environment the expectations are written anew: read the difference.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/split.h"
#include "compose/load/load.h"
#include "compose/observe.h"
#include "compose/plan/lifecycle.h"
#include "compose/plan/reconcile.h"
#include "compose/session.h"
#include "compose/up.h"
#include "support/fake_engine.h"
#include "support/silent_progress.h"

namespace fs = std::filesystem;
using namespace compose;

namespace {

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

load::Loaded load_case(const std::string& name, const std::string& text,
                       const std::vector<std::string>& services) {
  const load::MemoryFileSource files({{"/shop/compose.yaml", text}});
  load::LoadOptions options;
  options.files = {"/shop/compose.yaml"};
  options.project_name = "shop";
  options.working_directory = "/shop";
  options.services = services;
  auto loaded = load::load_project(options, files);
  INFO(name);
  if (!loaded) FAIL(base::to_text(loaded.error()));
  return *std::move(loaded);
}

/// What the words of `command` ask for.
struct Wish {
  std::string verb = "up";
  plan::ReconcileOptions reconcile;
  plan::ImageOptions images;
  plan::DownOptions down;
  plan::LifecycleOptions lifecycle;
  std::vector<std::string> services;
  std::vector<std::pair<std::string, int>> exited;  ///< Containers that have ended meanwhile.
  std::vector<std::string> renewed;                 ///< Images whose names have gone to others meanwhile.
  bool missing_images = false, new_images = false;
};

Wish parse_wish(const std::string& text) {
  Wish wish;
  for (const std::string& word : base::split(base::trim(text), ' ')) {
    const auto [key, value] = base::split_once(word, '=');
    if (word == "--force-recreate")
      wish.reconcile.recreate = plan::Recreate::Force;
    else if (word == "--no-recreate")
      wish.reconcile.recreate = plan::Recreate::Never;
    else if (word == "--remove-orphans")
      wish.reconcile.remove_orphans = wish.down.remove_orphans = true;
    else if (word == "--no-start")
      wish.reconcile.start = false;
    else if (word == "--wait")
      wish.reconcile.wait = wish.lifecycle.wait = true;
    else if (word == "--volumes")
      wish.down.volumes = true;
    else if (word == "--rmi-all")
      wish.down.images = plan::RemoveImages::All;
    else if (word == "--renew-anon-volumes")
      wish.reconcile.renew_anonymous_volumes = true;
    else if (word == "--yes")
      wish.reconcile.confirm_all = true;
    else if (word == "--build")
      wish.images.build = plan::BuildWish::Always;
    else if (key == "from")
      wish.images.base_images[std::string(base::split_once(value, '<').first)].emplace_back(
          base::split_once(value, '<').second);
    else if (key == "--pull")
      wish.images.pull_policy = value;
    else if (key == "--timeout")
      wish.reconcile.timeout = wish.down.timeout = wish.lifecycle.timeout = *base::parse_duration(value);
    else if (key == "--scale")
      wish.reconcile.scale["web"] = std::stoi(std::string(value));
    else if (word == "missing-images")
      wish.missing_images = true;
    else if (word == "new-images")
      wish.new_images = true;
    else if (key == "new-image")
      wish.renewed.emplace_back(value);
    else if (key == "exited")
      wish.exited.emplace_back(value, 0);
    else if (key == "service")
      wish.services.emplace_back(value);
    else if (!word.empty())
      wish.verb = word;
  }
  wish.down.services = wish.lifecycle.services = wish.services;
  wish.reconcile.targets.insert(wish.services.begin(), wish.services.end());
  return wish;
}

void add_images(support::FakeEngine& engine, const model::Project& project) {
  for (const std::string& image : plan::needed_images(project, '-')) {
    engine.add_image(
        image, image.starts_with("data") ? std::vector<std::string>{"/data"} : std::vector<std::string>{});
  }
}

base::Result<plan::Plan> make_plan(support::FakeEngine& engine, const model::Project& project,
                                   const Wish& wish) {
  const model::Observed observed = TRY(observe(engine, project, '-'));
  if (wish.verb == "images") return plan::plan_images(project, observed, wish.images);
  if (wish.verb == "build")
    return plan::plan_build(project, {.services = wish.services, .images = wish.images});
  if (wish.verb == "down") return plan::plan_down(project, observed, wish.down);
  if (wish.verb == "stop") return plan::plan_stop(project, observed, wish.lifecycle);
  if (wish.verb == "start") return plan::plan_start(project, observed, wish.lifecycle);
  if (wish.verb == "restart") return plan::plan_restart(project, observed, wish.lifecycle);
  return plan::reconcile(project, observed, wish.reconcile);
}

std::string plan_of(const fs::path& folder) {
  const std::string name = folder.filename();
  const Wish wish = parse_wish(fs::exists(folder / "command") ? read(folder / "command") : "");
  support::FakeEngine engine;
  support::SilentProgress progress;
  if (fs::exists(folder / "before.yaml")) {
    const load::Loaded before = load_case(name, read(folder / "before.yaml"), {});
    add_images(engine, before.project);
    Session session = support::make_session(engine, progress);
    session.execute_options.workers = 1;  // So that IDs come in the same order each time.
    const auto done = compose::up(session, before.project, {});
    if (!done) return "before.yaml: " + base::to_text(done.error());
  }
  for (const auto& [container, code] : wish.exited) engine.set_exited(container, code);
  for (const std::string& image : wish.renewed) engine.add_image(image, {});
  const load::Loaded loaded = load_case(name, read(folder / "compose.yaml"), wish.services);
  if ((!wish.missing_images && !fs::exists(folder / "before.yaml")) || wish.new_images) {
    add_images(engine, loaded.project);
  }
  const auto plan = make_plan(engine, loaded.project, wish);
  if (!plan) return base::to_text(plan.error());
  for (const plan::Step& step : plan->steps) CHECK_FALSE(step.cause.empty());
  return plan::to_text(*plan);
}

}  // namespace

TEST_CASE("plans are as written down") {
  for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA_DIR) / "golden/plan/cases")) {
    DYNAMIC_SECTION(entry.path().filename().string()) {
      const std::string told = plan_of(entry.path());
      const fs::path expected = entry.path() / "plan.txt";
      if (std::getenv("UPDATE") != nullptr) std::ofstream(expected) << told;
      CHECK(told == read(expected));
    }
  }
}
