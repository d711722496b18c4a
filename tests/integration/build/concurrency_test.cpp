// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include <catch2/catch.hpp>

#include "runtime/build/step_lock.h"
#include "runtime/image/repository.h"
#include "support/build_fixture.h"
#include "sys/file_lock.h"

TEST_CASE("independent stages run at the same time") {
  test::BuildFixture fixture;
  fixture.import_base();
  // Each waits for the other's sign: one after the other would never end well.
  const std::string wait =
      "--mount=type=cache,target=/meet sh -c 'touch /meet/$ME; for i in $(busybox seq 200); do "
      "test -e /meet/$YOU && exit 0; busybox usleep 50000; done; exit 1'\n";
  fixture.must_build("FROM base:1 AS one\nENV ME=one YOU=two\nRUN " + wait +
                     "FROM base:1 AS two\nENV ME=two YOU=one\nRUN " + wait +
                     "FROM scratch\nCOPY --from=one /etc/passwd /1\nCOPY --from=two /etc/passwd /2\n");
  CHECK(fixture.runner.most_running == 2);
}

TEST_CASE("builds of the same steps at the same time make each layer once") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.spec.dockerfile_inline =
      "FROM base:1\nRUN busybox usleep 100000; echo once > /once\nRUN echo two > /two\n";
  std::vector<std::string> ids(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& id : ids) {
      threads.emplace_back([&] {
        const auto image = fixture.builder.build(fixture.spec, {}, {});
        if (image) id = image->id;
      });
    }
  }
  CHECK(fixture.runner.runs == 2);
  CHECK_FALSE(ids[0].empty());
  for (const std::string& id : ids) CHECK(id == ids[0]);
}

TEST_CASE("a stage's failure stops the others, and only it is reported") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string text = fixture.must_fail(
      "FROM base:1 AS slow\nRUN sleep 60\nFROM base:1 AS bad\nRUN exit 9\nFROM scratch\n"
      "COPY --from=slow /etc /a\nCOPY --from=bad /etc /b\n");
  CHECK(text ==
        "Dockerfile (inline):4:1: error: the process \"/bin/sh -c exit 9\" failed: exit code 9\n"
        "    4 | RUN exit 9\n"
        "      | ^~~~~~~~~~\n");
}

TEST_CASE("a cancelled build stops its process and leaves nothing") {
  test::BuildFixture fixture;
  fixture.import_base();
  const auto layers = fixture.layer_folders();
  base::Result<runtime::build::BuiltImage> image;
  fixture.spec.dockerfile_inline = "FROM base:1\nRUN echo started; sleep 60\n";
  {
    const std::jthread building([&] {
      image = fixture.builder.build(
          fixture.spec,
          [&](const runtime::build::BuildEvent& event) {
            if (event.kind == runtime::build::BuildEvent::Kind::Output) fixture.cancellation.request();
          },
          fixture.cancellation);
    });
  }
  REQUIRE_FALSE(image);
  CHECK(image.error().error_class == base::ErrorClass::Cancelled);
  fixture.snapshots->wait_for_trash();
  CHECK(fixture.layer_folders() == layers);
}

TEST_CASE("a build killed at any event leaves a store that the next one builds on") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.shell("mkdir d; for i in 1 2 3 4 5 6 7 8 9; do echo $i > d/$i; done");
  fixture.spec.dockerfile_inline =
      "FROM base:1 AS one\nCOPY d /d\nRUN echo 1 > /1\nFROM base:1\nCOPY --from=one /d /1 /x/\nRUN echo 2 > "
      "/2\n";
  fixture.spec.tags = {"killed:1"};
  for (int deadline = 0; deadline < 10; ++deadline) {
    const pid_t child = ::fork();
    if (child == 0) {
      // Its own connections: SQLite's must not go through a fork.
      auto database = sys::Database::open(fixture.folder.path + "/state.db").value();
      auto snapshots = runtime::snapshot::SnapshotStore::open(*database, fixture.folder.path).value();
      auto images = runtime::image::ImageStore::open(*database, *snapshots, fixture.folder.path).value();
      runtime::build::Builder builder(*snapshots, *images, *database, fixture.runner, fixture.folder.path,
                                      fixture.folder.path + "/run");
      int events = 0;
      static_cast<void>(builder.build(fixture.spec,
                                      [&](const runtime::build::BuildEvent&) {
                                        if (events++ == deadline) ::kill(::getpid(), SIGKILL);
                                      },
                                      {}));
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(fixture.snapshots->recover());
    fixture.snapshots->wait_for_trash();
    const std::vector<std::string> committed = fixture.snapshots->list_committed().value();
    for (const std::string& layer : committed) {
      CHECK(sys::path_exists(fixture.snapshots->fs_path(layer)));
    }
    CHECK(fixture.snapshots->list_writable().value().empty());
  }
  const auto image = fixture.builder.build(fixture.spec, {}, {});
  REQUIRE(image);
  CHECK(fixture.images->find("killed:1").value().layers.size() == 3);
}

TEST_CASE("steps that lock several caches in another order do not wait for each other") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string a = "--mount=type=cache,sharing=locked,id=a,target=/a ";
  const std::string b = "--mount=type=cache,sharing=locked,id=b,target=/b ";
  std::string one = "FROM base:1 AS one\n", two = "FROM base:1 AS two\n";
  for (int i = 0; i < 20; ++i) {
    one += "RUN " + a + b + "echo " + std::to_string(i) + " > /f\n";
    two += "RUN " + b + a + "echo " + std::to_string(i) + " >> /f\n";
  }
  fixture.must_build(one + two + "FROM scratch\nCOPY --from=one /f /1\nCOPY --from=two /f /2\n");
}

TEST_CASE("a step may name a cache more than once") {
  test::BuildFixture fixture;
  fixture.import_base();
  const auto mount = [](const std::string& target, const std::string& sharing) {
    return "--mount=type=cache,id=same,target=" + target + ",sharing=" + sharing + " ";
  };
  fixture.must_build("FROM base:1\nRUN " + mount("/one", "shared") + mount("/two", "locked") +
                     mount("/three", "locked") + mount("/own", "private") +
                     "echo kept > /one/f; cat /two/f /three/f; test ! -e /own/f\n");
  CHECK(fixture.output() == "kept\nkept\n");
}

TEST_CASE("a cancelled build does not wait for a cache that another holds") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string run = "RUN --mount=type=cache,sharing=locked,target=/c ";
  fixture.must_build("FROM base:1\n" + run + "echo 1\n");
  const std::string mounts = fixture.folder.path + "/build/mounts";
  const auto hash = sys::list_directory(mounts).value().at(0);
  const auto held = sys::try_lock_file(mounts + "/" + hash + "/0.lock").value();
  REQUIRE(held);
  fixture.spec.dockerfile_inline = "FROM base:1\n" + run + "echo 2\n";
  const auto cancel_at_run = [&](const runtime::build::BuildEvent& event) {
    if (event.text.find("RUN") != std::string::npos) fixture.cancellation.request();
  };
  const auto image = fixture.builder.build(fixture.spec, cancel_at_run, fixture.cancellation);
  REQUIRE_FALSE(image);
  CHECK(image.error().error_class == base::ErrorClass::Cancelled);
  CHECK(fixture.runner.runs == 1);
}

TEST_CASE("a cancelled build waits neither for a prune nor for a step that another makes") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.cancellation.request();
  {
    REQUIRE(sys::make_directories(fixture.folder.path + "/build"));
    const auto pruning = sys::try_lock_file(fixture.folder.path + "/build/lock").value();
    REQUIRE(pruning);
    const auto image = fixture.build("FROM base:1\nRUN echo 1\n");
    REQUIRE_FALSE(image);
    CHECK(image.error().message == "waiting for " + fixture.folder.path + "/build/lock was cancelled");
  }
  const auto held = runtime::build::StepLock::take(fixture.folder.path, "key", {});
  REQUIRE(held);
  const auto waited = runtime::build::StepLock::take(fixture.folder.path, "key", fixture.cancellation);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().error_class == base::ErrorClass::Cancelled);
}

TEST_CASE("a cancelled prune does not wait for the build that runs") {
  test::BuildFixture fixture;
  const std::string lock = fixture.folder.path + "/build/lock";
  REQUIRE(sys::make_directories(fixture.folder.path + "/build"));
  const auto building = sys::lock_file_shared(lock);
  REQUIRE(building);
  fixture.cancellation.request();
  const auto pruned = fixture.builder.prune({}, fixture.cancellation);
  REQUIRE_FALSE(pruned);
  CHECK(pruned.error().message == "waiting for " + lock + " was cancelled");
}

TEST_CASE("a cancelled export does not wait for another writer of its folder") {
  const test::TemporaryFolder folder;
  const auto write = runtime::image::LayoutAccess::Write;
  const auto first = runtime::image::open_layout(folder.path, write).value();
  const base::Cancellation cancellation;
  cancellation.request();
  const auto second = runtime::image::open_layout(folder.path, write, cancellation);
  REQUIRE_FALSE(second);
  CHECK(second.error().error_class == base::ErrorClass::Cancelled);
}
