// SPDX-License-Identifier: Apache-2.0
// The built program is killed at many points of what it does to the store. Afterwards the store must be
// sound, or be mended by a check, and the same command must succeed.
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>

#include <catch2/catch.hpp>

#include "runtime/image/image_transfer.h"
#include "runtime/image/store_check.h"
#include "support/image_fixture.h"
#include "support/registry_fixture.h"

using namespace runtime::image;
using test::ImageFixture;
using test::TarBuilder;

namespace {

constexpr int kPoints = 12;

std::string noise(std::size_t size) {
  std::string out;
  while (out.size() < size) out += sys::random_hex(250);
  return out;
}

/// The program on a data root of its own.
struct Program {
  test::TemporaryFolder folder;

  /// Its exit code; nothing when it was killed after `limit`.
  std::optional<int> run(const std::vector<std::string>& arguments,
                         std::chrono::microseconds limit = std::chrono::seconds(60)) const {
    std::vector<std::string> words{"env",
                                   "-i",
                                   "PATH=/usr/bin:/bin",
                                   "HOME=" + folder.path,
                                   "COMPOSE_DATA_ROOT=" + folder.path + "/data",
                                   "COMPOSE_RUN_ROOT=" + folder.path + "/run",
                                   BUILD_DIR "/compose"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const test::ChildProcess child(words, folder.path + "/log");
    const sys::UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)));
    pollfd waiting{ended.value(), POLLIN, 0};
    const timespec time{limit.count() / 1'000'000, limit.count() % 1'000'000 * 1000};
    // What is still running is killed when `child` goes.
    if (::ppoll(&waiting, 1, &time, nullptr) != 1) return std::nullopt;
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT) == 0);
    return info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
  }
  std::chrono::microseconds time(const std::vector<std::string>& arguments) const {
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(run(arguments) == 0);
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  }
};

/// The store as a check sees it, after the process that wrote it is gone.
struct Opened {
  std::unique_ptr<sys::Database> database;
  std::unique_ptr<runtime::snapshot::SnapshotStore> snapshots;
  std::unique_ptr<ImageStore> images;

  explicit Opened(const Program& program) {
    const std::string root = program.folder.path + "/data";
    REQUIRE(sys::make_directories(root));
    database = sys::Database::open(root + "/state.db").value();
    snapshots = runtime::snapshot::SnapshotStore::open(*database, root).value();
    images = ImageStore::open(*database, *snapshots, root).value();
  }
  ~Opened() { snapshots->wait_for_trash(); }

  /// No problem is left, and every image that is listed is whole.
  void expect_sound() const {
    REQUIRE(check_store(*images, CheckDepth::Content, CheckAction::Repair, {}, std::chrono::seconds(0)));
    const auto after =
        check_store(*images, CheckDepth::Content, CheckAction::Report, {}, std::chrono::seconds(0));
    CHECK(after.value().problems.empty());
    const auto all = images->list().value();
    for (const auto& image : all) {
      const auto layers = images->find(image.id).value().layers;
      for (const std::string& layer : layers) CHECK(sys::path_exists(snapshots->fs_path(layer)));
    }
  }
  /// Nothing at all: no layer, no blob, no half of either.
  void expect_empty() const {
    CHECK(images->list().value().empty());
    REQUIRE(snapshots->recover());
    snapshots->wait_for_trash();
    CHECK(snapshots->list_committed().value().empty());
    CHECK(snapshots->list_writable().value().empty());
    CHECK(images->content().list().value().empty());
  }
};

/// Two images that share a layer, as an archive.
std::string make_archive(const std::string& first, const std::string& second) {
  const std::string shared = TarBuilder().file("shared", noise(900'000)).finish();
  TarBuilder many;
  for (int i = 0; i < 300; ++i) many.file("d/f" + std::to_string(i), std::to_string(i));
  return test::docker_archive({{first, {shared, TarBuilder().file("a", noise(700'000)).finish()}, ""},
                               {second, {shared, many.finish()}, ""}});
}

}  // namespace

TEST_CASE("pull and removal killed at many points") {
  const test::Registry registry;
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
  for (int point = 0; point < kPoints; ++point) {
    INFO("point " << point);
    program.run({"image", "pull", "-q", first, second}, pull_time * (2 * point + 1) / (2 * kPoints));
    // Half of the time the next command finds the store as it was left, half of the time mended.
    if (point % 2 == 0) Opened(program).expect_sound();
    REQUIRE(program.run({"image", "pull", "-q", first, second}) == 0);
    program.run({"image", "rm", first, second}, remove_time * (2 * point + 1) / (2 * kPoints));
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
  for (int point = 0; point < kPoints; ++point) {
    INFO("point " << point);
    program.run({"image", "load", "-q", "-i", archive}, load_time * (2 * point + 1) / (2 * kPoints));
    if (point % 2 == 0) Opened(program).expect_sound();
    REQUIRE(program.run({"image", "load", "-q", "-i", archive}) == 0);
    program.run({"image", "prune", "-a", "-f"}, prune_time * (2 * point + 1) / (2 * kPoints));
    if (point % 2 == 1) Opened(program).expect_sound();
    REQUIRE(program.run({"image", "prune", "-a", "-f"}) == 0);
    Opened(program).expect_sound();
    Opened(program).expect_empty();
  }
}
