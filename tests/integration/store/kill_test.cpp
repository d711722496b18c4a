// SPDX-License-Identifier: Apache-2.0
// The built program is killed at many points of what it does to the store. Afterwards the store must be
// sound, or be mended by a check, and the same command must succeed.
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include "base/split.h"
#include "runtime/image/image_transfer.h"
#include "support/image_fixture.h"
#include "support/program_store.h"
#include "support/registry_fixture.h"

using namespace runtime::image;
using namespace test;

namespace {

/// How often each command is killed: more by hand, with $COMPOSE_KILL_POINTS.
int points() {
  const char* wanted = std::getenv("COMPOSE_KILL_POINTS");
  return wanted != nullptr ? std::atoi(wanted) : 12;
}

std::string noise(std::size_t size) {
  std::string out;
  while (out.size() < size) out += sys::random_hex(250);
  return out;
}

/// A moment within `time`, another one in each run.
std::chrono::microseconds random_moment(std::chrono::microseconds time) {
  static std::mt19937 random(std::random_device{}());
  return std::chrono::microseconds(std::uniform_int_distribution<long>(0, time.count())(random));
}

/// Kills `command` again and again, with `before` done each time; afterwards it must succeed, and the store
/// be sound, or as good as new after a repair.
void kill_often(const Program& program, const std::vector<Command>& before, const Command& command) {
  const auto prepare = [&] {
    for (const Command& step : before) REQUIRE(program.run(step) == 0);
  };
  prepare();
  const auto time = program.time(command);
  const int count = points();
  for (int point = 0; point < count; ++point) {
    prepare();
    const auto moment = random_moment(time);
    INFO(base::join(command, " ") << " killed after " << moment.count() << " us of " << time.count());
    program.run(command, moment);
    if (point % 2 == 0) {
      Opened(program).expect_sound();
    } else {
      REQUIRE(program.run({"system", "check", "--repair"}) == 0);
    }
    REQUIRE(program.run(command) == 0);
    REQUIRE(program.run({"system", "check", "--content"}) == 0);
    expect_tidy(program);
  }
}

/// Two images that share a layer, as an archive.
std::string make_archive(const std::string& first, const std::string& second) {
  const std::string shared = TarBuilder().file("shared", noise(900'000)).finish();
  TarBuilder many;
  for (int i = 0; i < 300; ++i) many.file("d/f" + std::to_string(i), std::to_string(i));
  return docker_archive({{first, {shared, TarBuilder().file("a", noise(700'000)).finish()}, ""},
                         {second, {shared, many.finish()}, ""}});
}

}  // namespace

TEST_CASE("pull and removal killed at many points") {
  const Registry registry;
  const std::string first = registry.host() + "/first:1", second = registry.host() + "/second:1";
  {
    const ImageFixture source;
    REQUIRE(source.load(make_archive(first, second)));
    for (const std::string& name : {first, second}) REQUIRE(push_image(*source.images, name, {}, {}, {}));
  }
  const Program program;
  const auto pull_time = program.time({"image", "pull", "-q", first, second});
  const auto remove_time = program.time({"image", "rm", first, second});
  Opened(program).expect_empty();
  const int count = points();
  for (int point = 0; point < count; ++point) {
    INFO("point " << point);
    program.run({"image", "pull", "-q", first, second}, pull_time * (2 * point + 1) / (2 * count));
    // Half of the time the next command finds the store as it was left, half of the time mended.
    if (point % 2 == 0) Opened(program).expect_sound();
    REQUIRE(program.run({"image", "pull", "-q", first, second}) == 0);
    program.run({"image", "rm", first, second}, remove_time * (2 * point + 1) / (2 * count));
    if (point % 2 == 1) Opened(program).expect_sound();
    const auto left = Opened(program).images->list().value();
    for (const auto& image : left) REQUIRE(program.run({"image", "rm", image.id}) == 0);
    Opened(program).expect_sound();
    Opened(program).expect_empty();
  }
}

TEST_CASE("load and prune killed at many points") {
  const Program program;
  const std::string archive = program.folder.path + "/archive.tar";
  REQUIRE(sys::write_file(archive, make_archive("one:1", "two:1")));
  const auto load_time = program.time({"image", "load", "-q", "-i", archive});
  const auto prune_time = program.time({"image", "prune", "-a", "-f"});
  Opened(program).expect_empty();
  const int count = points();
  for (int point = 0; point < count; ++point) {
    INFO("point " << point);
    program.run({"image", "load", "-q", "-i", archive}, load_time * (2 * point + 1) / (2 * count));
    if (point % 2 == 0) Opened(program).expect_sound();
    REQUIRE(program.run({"image", "load", "-q", "-i", archive}) == 0);
    program.run({"image", "prune", "-a", "-f"}, prune_time * (2 * point + 1) / (2 * count));
    if (point % 2 == 1) Opened(program).expect_sound();
    REQUIRE(program.run({"image", "prune", "-a", "-f"}) == 0);
    Opened(program).expect_sound();
    Opened(program).expect_empty();
  }
}

TEST_CASE("build, save and the prune of the cache killed at random moments") {
  const Program program;
  const std::string context = make_context(program), archive = program.folder.path + "/archive.tar";
  const Command build{"image", "build", "-q", "-t", "app:1", context};
  const Command prune{"builder", "prune", "-a", "-f"};
  kill_often(program, {prune}, build);
  kill_often(program, {}, {"image", "save", "-o", archive, "app:1"});
  kill_often(program, {build}, prune);
  const std::string cache = program.folder.path + "/cache",
                    project = "services: {app: {image: app:1, build: {context: ";
  REQUIRE(
      sys::write_file(program.folder.path + "/export.yaml",
                      project + context + ", cache_to: [\"type=local,mode=max,dest=" + cache + "\"]}}}\n"));
  REQUIRE(sys::write_file(program.folder.path + "/import.yaml",
                          project + context + ", cache_from: [\"type=local,src=" + cache + "\"]}}}\n"));
  kill_often(program, {prune}, {"-f", program.folder.path + "/export.yaml", "build", "-q"});
  kill_often(program, {prune, build, {"image", "rm", "app:1"}, prune},
             {"-f", program.folder.path + "/import.yaml", "build", "-q"});
  // Everything can go again.
  for (const Command& end : {Command{"image", "prune", "-a", "-f"}, prune}) REQUIRE(program.run(end) == 0);
  Opened(program).expect_sound();
  Opened(program).expect_empty();
}

TEST_CASE("a push killed at random moments") {
  const Registry registry;
  const Program program;
  const std::string name = registry.host() + "/app:1";
  const Command build{"image", "build", "-q", "-t", name, make_context(program)};
  // Built anew each time: a push makes the layers' tars.
  kill_often(program, {{"builder", "prune", "-a", "-f"}, build}, {"image", "push", "-q", name});
}

TEST_CASE("processes that pull, build and remove the same images at once agree in the end") {
  const Registry registry;
  const Program program;
  const std::string name = registry.host() + "/app:1";
  const std::string context = make_context(program), archive = program.folder.path + "/archive.tar";
  REQUIRE(program.run({"image", "build", "-q", "-t", name, context}) == 0);
  REQUIRE(program.run({"image", "push", "-q", name}) == 0);
  REQUIRE(program.run({"image", "save", "-o", archive, name}) == 0);
  const std::vector<Command> storm{
      {"image", "pull", "-q", name},    {"image", "build", "-q", "-t", name, context},
      {"image", "rm", "-f", name},      {"image", "load", "-q", "-i", archive},
      {"builder", "prune", "-a", "-f"}, {"image", "prune", "-f"}};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < storm.size(); ++i) {
    threads.emplace_back([&, i] {
      // Some must fail: an image that another one has just removed cannot be removed, nor built on.
      for (int round = 0; round < points() / 2; ++round) program.run(storm[(i + round) % storm.size()]);
    });
  }
  threads.clear();
  REQUIRE(program.run({"system", "check", "--content"}) == 0);
  for (const Command& command : storm) {
    if (command[1] == "rm" || command[1] == "prune") continue;
    REQUIRE(program.run(command) == 0);
    REQUIRE(program.run({"image", "inspect", name}) == 0);
  }
  for (const Command& end : {Command{"image", "prune", "-a", "-f"}, Command{"builder", "prune", "-a", "-f"}})
    REQUIRE(program.run(end) == 0);
  Opened(program).expect_empty();
  expect_tidy(program);
}
