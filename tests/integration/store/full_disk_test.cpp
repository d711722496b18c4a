// SPDX-License-Identifier: Apache-2.0
// A disk that fills up while something is built, saved or written to a cache.
#include <catch2/catch.hpp>

#include "support/program_store.h"
#include "support/small_disk.h"

using namespace test;

namespace {

std::string told(const Program& program) {
  return sys::read_file(program.folder.path + "/log").value_or(std::string());
}

/// It fails for want of room and says so, or succeeds where there was enough.
void run_on_full_disk(const Program& program, const Command& command) {
  REQUIRE(sys::write_file(program.folder.path + "/log", ""));
  const auto code = program.run(command);
  REQUIRE(code);
  INFO(told(program));
  if (*code == 0) return;
  // A step's process has its own words for it.
  const bool said = told(program).find("failed: exit code") != std::string::npos ||
                    told(program).find("No space left on device") != std::string::npos ||
                    told(program).find("disk is full") != std::string::npos;
  CHECK(said);
}

}  // namespace

TEST_CASE("a disk that fills up during a build is told of, left clean, and used again") {
  constexpr std::size_t kRoom = 64 << 20;
  const Program program;
  const SmallDisk disk(program.folder.path + "/data", kRoom);
  const std::string context = make_context(program);
  const Command build{"image", "build", "-t", "app:1", context};
  const Command prune{"builder", "prune", "-a", "-f"};
  const Command cleared[] = {{"image", "rm", "-f", "app:1"}, prune};
  for (int room = 200'000; room < 6'000'000; room += 500'000) {
    INFO("room for " << room);
    for (const Command& command : cleared) program.run(command);
    disk.resize(disk.used() + static_cast<std::size_t>(room));
    run_on_full_disk(program, build);
    disk.resize(kRoom);
    REQUIRE(program.run({"system", "check", "--repair"}).has_value());
    Opened(program).expect_sound();
    REQUIRE(program.run(build) == 0);
    expect_tidy(program);
  }
  for (const Command& end : {Command{"image", "prune", "-a", "-f"}, prune}) REQUIRE(program.run(end) == 0);
  Opened(program).expect_empty();
}

TEST_CASE("a full disk takes no half archive or cache for a whole one") {
  const Program program;
  const std::string context = make_context(program);
  REQUIRE(program.run({"image", "build", "-q", "-t", "app:1", context}) == 0);
  const SmallDisk small(program.folder.path + "/small", 1'000'000);
  CHECK(program.run({"image", "save", "-o", small.path() + "/archive.tar", "app:1"}) != 0);
  REQUIRE(sys::write_file(program.folder.path + "/export.yaml",
                          "services: {app: {image: app:1, build: {context: " + context +
                              ", cache_to: [\"type=local,mode=max,dest=" + small.path() + "/cache\"]}}}\n"));
  const Command exporting{"-f", program.folder.path + "/export.yaml", "build", "-q"};
  CHECK(program.run(exporting) != 0);
  small.resize(64 << 20);
  REQUIRE(program.run(exporting) == 0);
  Opened(program).expect_sound();
}
