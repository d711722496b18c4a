// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <catch2/catch.hpp>

#include "runtime/image/image_transfer.h"
#include "runtime/image/store_check.h"
#include "support/child_process.h"
#include "support/registry_fixture.h"
#include "support/served_image.h"
#include "support/small_disk.h"

using namespace runtime::image;
using namespace test;

namespace {

struct Store {
  std::unique_ptr<sys::Database> database;
  std::unique_ptr<runtime::snapshot::SnapshotStore> snapshots;
  std::unique_ptr<ImageStore> images;

  explicit Store(const std::string& data_root)
      : database(sys::Database::open(data_root + "/state.db").value()),
        snapshots(runtime::snapshot::SnapshotStore::open(*database, data_root).value()),
        images(ImageStore::open(*database, *snapshots, data_root).value()) {}

  /// As the next command and a check leave it: on a full disk not even a record can be taken away.
  void expect_nothing_left() const {
    // The dead process's trash may have to go before anything can be written.
    if (!snapshots->recover()) snapshots->wait_for_trash();
    REQUIRE(check_store(*images, CheckDepth::Records, CheckAction::Repair, {}, std::chrono::seconds(0)));
    snapshots->wait_for_trash();
    CHECK(snapshots->list_writable().value().empty());
    CHECK(snapshots->list_committed().value().empty());
    CHECK(images->content().list().value().empty());
    CHECK(images->content().sweep(Unfinished::Remove).value() == 0);
  }
};

/// Whether it failed for want of room, and said so.
template <class T>
bool was_full(const base::Result<T>& result) {
  if (result) return false;
  const std::string text = base::to_text(result.error());
  // By the kernel's words or the database's.
  const bool said = text.find("No space left on device") != std::string::npos ||
                    text.find("disk is full") != std::string::npos;
  if (!said) std::fputs(text.c_str(), stderr);
  return said;
}

/// In a process of its own, as the program is: what it could not take away itself, others may.
bool in_process(const std::string& data_root, const std::function<bool(ImageStore&)>& work) {
  const pid_t child = in_child([&] {
    const Store store(data_root);
    return work(*store.images);
  });
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

TEST_CASE("a disk that fills up during a pull or load is told of, left clean, and used again") {
  const test::Registry registry;
  const std::string name = registry.host() + "/app:1";
  const std::string archive = docker_archive({{name,
                                               {TarBuilder().file("a", noise(3'000'000)).finish(),
                                                TarBuilder().file("b", std::string(4'000'000, 'b')).finish()},
                                               ""}});
  const ImageFixture source;
  REQUIRE(source.load(archive));
  REQUIRE(push_image(*source.images, name, quick_options(), {}, {}));
  // Full while the first layer comes, the second, and just before the end.
  for (const std::size_t size : {1'000'000u, 4'000'000u, 6'500'000u}) {
    INFO("size " << size);
    const TemporaryFolder folder;
    const SmallDisk disk(folder.path + "/disk", size);
    CHECK(in_process(disk.path(), [&](ImageStore& images) {
      return was_full(pull_image(images, name, "", quick_options(), {}, {}));
    }));
    Store(disk.path()).expect_nothing_left();
    CHECK(in_process(disk.path(), [&](ImageStore& images) {
      return was_full(load_archive(images, source.file(archive).value(), {}));
    }));
    const Store store(disk.path());
    store.expect_nothing_left();
    disk.resize(40'000'000);
    REQUIRE(pull_image(*store.images, name, "", quick_options(), {}, {}));
    CHECK(store.images->list().value().size() == 1);
  }
}

TEST_CASE("a disk that fills up while blobs are made for a push is told of, left clean, and used again") {
  const test::Registry registry;
  const std::string name = registry.host() + "/app:1";
  const TemporaryFolder folder;
  const SmallDisk disk(folder.path + "/disk", 40'000'000);
  const ImageFixture source;
  const std::string archive = docker_archive({{name,
                                               {TarBuilder().file("a", noise(2'000'000)).finish(),
                                                TarBuilder().file("b", noise(3'000'000)).finish()},
                                               ""}});
  const auto count_blobs = [&] { return Store(disk.path()).images->content().list().value().size(); };
  REQUIRE(in_process(disk.path(), [&](ImageStore& images) {
    return load_archive(images, source.file(archive).value(), {}).has_value();
  }));
  const std::size_t before = count_blobs(), used = disk.used();
  // Full while the first blob is made, the second, and both at once.
  for (const std::size_t room : {100'000u, 1'300'000u, 2'000'000u}) {
    INFO("room " << room);
    disk.resize(used + room);
    CHECK(in_process(disk.path(), [&](ImageStore& images) {
      const auto pushed = push_image(images, name, quick_options(), {}, {});
      return was_full(pushed) && base::to_text(pushed.error()).find(disk.path()) != std::string::npos;
    }));
    // A blob that was made whole is of use to the next push; nothing is half there.
    const Store store(disk.path());
    CHECK(store.images->content().sweep(Unfinished::Remove).value() == 0);
    CHECK(store.images->list().value().size() == 1);
    CHECK(count_blobs() <= before + 1);
    const auto found = check_store(*store.images, CheckDepth::Content, CheckAction::Report, {});
    REQUIRE(found);
    CHECK(found->problems.empty());
  }
  disk.resize(40'000'000);
  CHECK(in_process(disk.path(), [&](ImageStore& images) {
    return push_image(images, name, quick_options(), {}, {}).has_value();
  }));
  const ImageFixture target;
  REQUIRE(pull_image(*target.images, name, "", quick_options(), {}, {}));
}
