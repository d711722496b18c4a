// SPDX-License-Identifier: Apache-2.0
// The machine stopped before what was written reached its disk: files are empty, their names may be there.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "runtime/image/image_archive.h"
#include "runtime/image/image_transfer.h"
#include "runtime/image/store_check.h"
#include "support/served_image.h"

using namespace runtime::image;
using namespace test;

namespace {

/// A store in a machine that can be started again.
struct Machine {
  TemporaryFolder folder;
  std::unique_ptr<sys::Database> database = sys::Database::open(folder.path + "/state.db").value();
  std::unique_ptr<runtime::snapshot::SnapshotStore> snapshots;
  std::unique_ptr<ImageStore> images;
  Served served;
  HttpDouble registry{[this](const DoubleRequest& request) { return served.answer(request); }};

  Machine() { start("one"); }
  ~Machine() { snapshots->wait_for_trash(); }
  void start(const std::string& boot) {
    images.reset();
    if (snapshots) snapshots->wait_for_trash();
    snapshots.reset();
    REQUIRE(sys::write_file(folder.path + "/boot_id", boot + "\n"));
    snapshots =
        runtime::snapshot::SnapshotStore::open(*database, folder.path, folder.path + "/boot_id").value();
    images = ImageStore::open(*database, *snapshots, folder.path).value();
  }
  std::string pull() {
    const std::string name = registry.host() + "/app:1";
    REQUIRE(pull_image(*images, name, "", quick_options(), {}, {}));
    return name;
  }
  std::string import(const std::string& name) const {
    const sys::UniqueFd tar = sys::make_unnamed_file(folder.path).value();
    REQUIRE(sys::write_all(tar.value(), TarBuilder().file("x", "imported").finish()));
    REQUIRE(::lseek(tar.value(), 0, SEEK_SET) == 0);
    REQUIRE(import_root(*images, tar.value(), {name, {}, "", ""}));
    return name;
  }
  std::string file_of(const std::string& image) const {
    return snapshots->fs_path(images->find(image).value().layers.back()) + "/x";
  }
  void lose(const std::string& path) const { REQUIRE(::truncate(path.c_str(), 0) == 0); }
  /// Starts the machine again and lets the first command look.
  CheckReport settle(const ImageUsers& users = {}, std::size_t left = 0) {
    start("boot " + sys::random_hex(4));
    auto report = settle_store(*images, users, BelowContainers::Restore, {}).value();
    CHECK(snapshots->settling().find().value().size() == left);
    return report;
  }
};

}  // namespace

TEST_CASE("after a power cut what is whole stays as it is") {
  Machine machine;
  const std::string pulled = machine.pull(), imported = machine.import("own:1");
  const CheckReport report = machine.settle();
  CHECK(report.problems.empty());
  CHECK(report.repairs.empty());
  CHECK(sys::read_file(machine.file_of(imported)).value() == "imported");
  CHECK(sys::read_file(machine.file_of(pulled)).value().size() == 400'000);
}

TEST_CASE("after a power cut a pulled layer is unpacked again from its blob, also below a container") {
  Machine machine;
  const std::string name = machine.pull();
  machine.lose(machine.file_of(name));
  const CheckReport report =
      machine.settle([](const std::string&) -> base::Result<std::vector<std::string>> { return {{"web"}}; });
  const std::string layer = machine.images->find(name).value().layers.front();
  CHECK(report.problems ==
        std::vector<std::string>{"layer " + layer +
                                 " has lost files, as the machine stopped before they were on disk"});
  CHECK(report.repairs == std::vector<std::string>{"unpacked layer " + layer + " again"});
  CHECK(sys::read_file(machine.file_of(name)).value().size() == 400'000);
}

TEST_CASE("after a power cut a blob that is not whole is fetched again when it is needed") {
  Machine machine;
  const std::string name = machine.pull();
  const std::string hex = digest_text(machine.served.layer).substr(7);
  machine.lose(machine.folder.path + "/blobs/sha256/" + hex);
  CHECK(machine.settle().problems.empty());
  CHECK(machine.images->content().list().value().empty());
  CHECK_FALSE(machine.images->layers(machine.images->find_id(name).value()).value().front().blob);
}

TEST_CASE("after a power cut an image that nothing mends goes, unless containers are made of it") {
  Machine machine;
  const std::string name = machine.import("own:1");
  machine.lose(machine.file_of(name));
  const auto used = [](const std::string&) -> base::Result<std::vector<std::string>> { return {{"web"}}; };
  CHECK(machine.settle(used, 1).problems.front().find("it stays while containers are made of it: web") !=
        std::string::npos);
  CHECK(machine.images->find(name));
  // Nobody gets it for whole meanwhile.
  const std::string layer = machine.images->find(name).value().layers.front();
  const auto refused = save_archive(*machine.images, {.images = {name}, .names = {}}, -1);
  CHECK(refused.error().message == "image " + name + " has lost files of layer " + layer);
  CHECK(refused.error().hint == "remove the containers that use it, then pull, load or build it again");
  // It is looked at again, until the container is gone.
  CHECK(machine.settle().repairs.size() == 1);
  CHECK_FALSE(machine.images->find(name));
  Machine other;
  const std::string lost = other.import("own:1");
  other.lose(other.file_of(lost));
  CHECK(other.settle().repairs.size() == 1);
  CHECK_FALSE(other.images->find(lost));
  REQUIRE(other.snapshots->recover());
  CHECK(other.snapshots->list_committed().value().empty());
}

TEST_CASE("below containers that run nothing is restored") {
  Machine machine;
  const std::string name = machine.pull();
  machine.lose(machine.file_of(name));
  machine.start("two");
  const auto used = [](const std::string&) -> base::Result<std::vector<std::string>> { return {{"web"}}; };
  const auto report = settle_store(*machine.images, used, BelowContainers::Leave, {}).value();
  CHECK(report.repairs.empty());
  CHECK(sys::read_file(machine.file_of(name)).value().empty());
  CHECK(machine.snapshots->settling().find().value().size() == 1);
}

TEST_CASE("after a power cut the build cache forgets a layer that lost files") {
  Machine machine;
  const auto made = machine.snapshots->prepare(runtime::snapshot::Lifetime::Process).value();
  REQUIRE(sys::write_file(made.fs + "/x", "built"));
  REQUIRE(machine.snapshots->commit(made.id));
  REQUIRE(machine.snapshots->hold(made.id, "build:key"));
  machine.lose(machine.snapshots->fs_path(made.id) + "/x");
  CHECK(machine.settle().problems.size() == 1);
  CHECK_FALSE(machine.snapshots->is_committed(made.id));
}

TEST_CASE("the look after a power cut tells how far it is, and goes on where it was interrupted") {
  Machine machine;
  const std::string first = machine.import("a:1"), second = machine.pull();
  machine.lose(machine.file_of(second));
  machine.start("two");
  std::vector<std::string> said;
  base::Watcher watcher{.cancellation = {}, .say = {}, .patience = std::chrono::milliseconds(0)};
  // Whichever layer comes first: the look ends within it or after it.
  watcher.say = [&](const std::string& sentence) {
    said.push_back(sentence);
    if (said.size() == 2) watcher.cancellation.request();
  };
  const auto cut = settle_store(*machine.images, {}, BelowContainers::Restore, watcher);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().error_class == base::ErrorClass::Cancelled);
  const std::string sentence = "the machine was started again: looking for layers that lost files, ";
  CHECK(said.front() == sentence + "0 of 2 done");
  const auto left = machine.snapshots->settling().find().value().size();
  CHECK(left >= 1);
  CHECK(machine.snapshots->list_writable().value().empty());
  CHECK(machine.settle().repairs.size() == 1);
  CHECK(sys::read_file(machine.file_of(first)).value() == "imported");
  CHECK(sys::read_file(machine.file_of(second)).value().size() == 400'000);
}

TEST_CASE("unpacking a layer again after a power cut can be interrupted anywhere") {
  for (std::size_t pieces = 1;; ++pieces) {
    Machine machine;
    const std::string name = machine.pull();
    machine.lose(machine.file_of(name));
    machine.start("two");
    std::size_t asked = 0;
    base::Watcher watcher{.cancellation = {}, .say = {}, .patience = std::chrono::milliseconds(0)};
    watcher.say = [&](const std::string&) {
      if (++asked == pieces) watcher.cancellation.request();
    };
    const auto cut = settle_store(*machine.images, {}, BelowContainers::Restore, watcher);
    CHECK(machine.snapshots->list_writable().value().empty());
    if (cut) break;
    CHECK(machine.snapshots->settling().find().value().size() == 1);
    CHECK(machine.settle().repairs.size() == 1);
    CHECK(sys::read_file(machine.file_of(name)).value().size() == 400'000);
    REQUIRE(pieces < 100);
  }
}
