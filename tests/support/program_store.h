// SPDX-License-Identifier: Apache-2.0
// The built program on a store of its own, and what may be left of it afterwards.
#pragma once

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/image/store_check.h"
#include "support/child_process.h"
#include "support/temporary_folder.h"

namespace test {

using Command = std::vector<std::string>;

/// The program on a data root of its own.
struct Program {
  TemporaryFolder folder;

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
    const ChildProcess child(words, folder.path + "/log");
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
  std::unique_ptr<runtime::image::ImageStore> images;

  explicit Opened(const Program& program) {
    const std::string root = program.folder.path + "/data";
    REQUIRE(sys::make_directories(root));
    database = sys::Database::open(root + "/state.db").value();
    snapshots = runtime::snapshot::SnapshotStore::open(*database, root).value();
    images = runtime::image::ImageStore::open(*database, *snapshots, root).value();
  }
  ~Opened() { snapshots->wait_for_trash(); }

  /// No problem is left, and every image that is listed is whole.
  void expect_sound() const {
    REQUIRE(runtime::image::check_store(*images, runtime::image::CheckDepth::Content,
                                        runtime::image::CheckAction::Repair, {}, std::chrono::seconds(0)));
    const auto after =
        runtime::image::check_store(*images, runtime::image::CheckDepth::Content,
                                    runtime::image::CheckAction::Report, {}, std::chrono::seconds(0));
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

/// Nothing but finished things lies in the roots, and nothing is mounted from them.
inline void expect_tidy(const Program& program) {
  const std::string data = program.folder.path + "/data", run = program.folder.path + "/run";
  for (const std::string& folder : {data + "/tmp", data + "/build/scratch", run + "/build"}) {
    INFO(folder);
    if (sys::path_exists(folder)) CHECK(sys::list_directory(folder).value().empty());
  }
  const auto blobs = sys::list_directory(data + "/blobs/sha256");
  for (const std::string& name : blobs.value_or(std::vector<std::string>())) {
    INFO(name);
    CHECK_FALSE(name.starts_with("ingest-"));
  }
  const std::string mounts = sys::read_file("/proc/self/mountinfo").value();
  for (const std::string& root : {data, run}) CHECK(mounts.find(root + "/") == std::string::npos);
}

/// A context whose build has steps of each kind, and busybox:1 to build on.
inline std::string make_context(const Program& program) {
  const std::string context = program.folder.path + "/context", tar = program.folder.path + "/busybox.tar";
  REQUIRE(sys::make_directories(context + "/files"));
  for (int i = 0; i < 200; ++i)
    REQUIRE(sys::write_file(context + "/files/" + std::to_string(i), sys::random_hex(500)));
  REQUIRE(
      sys::write_file(context + "/Dockerfile",
                      "FROM busybox:1 AS one\nRUN --network=none head -c 900000 /dev/urandom > /noise\n"
                      "FROM busybox:1\nCOPY files /files\nCOPY --from=one /noise /\n"
                      "RUN --network=none --mount=type=cache,target=/c date > /c/now; cat /noise > /more\n"));
  run_shell("python3 " TEST_DATA_DIR "/support/busybox_image.py " + tar);
  REQUIRE(program.run({"image", "import", tar, "busybox:1"}) == 0);
  return context;
}

}  // namespace test
