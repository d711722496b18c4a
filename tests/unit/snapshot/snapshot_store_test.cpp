// SPDX-License-Identifier: Apache-2.0
#include "runtime/snapshot/snapshot_store.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"
#include "sys/file.h"

using runtime::snapshot::Lifetime;
using runtime::snapshot::Method;
using runtime::snapshot::SnapshotStore;
using test::TemporaryFolder;

namespace {

struct Store {
  TemporaryFolder folder;
  std::unique_ptr<sys::Database> database = sys::Database::open(folder.path + "/state.db").value();
  std::unique_ptr<SnapshotStore> layers = SnapshotStore::open(*database, folder.path).value();
  ~Store() { layers->wait_for_trash(); }

  std::string make_layer(const std::string& file) {
    const auto layer = layers->prepare(Lifetime::Process).value();
    REQUIRE(sys::write_file(layer.fs + "/" + file, file));
    REQUIRE(layers->commit(layer.id));
    return layer.id;
  }
  std::vector<std::string> folders() const {
    auto names = sys::list_directory(folder.path + "/snapshots").value();
    std::erase_if(names, [](const std::string& name) { return name.starts_with("."); });
    return names;
  }
};

/// Runs `work` in a child process that dies without clean-up.
template <class Work>
void in_killed_process(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

}  // namespace

TEST_CASE("a writable layer becomes a committed one under the same id") {
  Store store;
  const auto layer = store.layers->prepare(Lifetime::Kept).value();
  CHECK(layer.fs == store.folder.path + "/snapshots/" + layer.id + "/fs");
  CHECK(store.layers->list_writable().value() == std::vector<std::string>{layer.id});
  CHECK_FALSE(store.layers->is_committed(layer.id));
  REQUIRE(store.layers->commit(layer.id));
  CHECK(store.layers->is_committed(layer.id));
  CHECK_FALSE(sys::path_exists(layer.work));
  CHECK(store.layers->list_writable().value().empty());
  CHECK(store.layers->commit(layer.id).error().error_class == base::ErrorClass::NotFound);
}

TEST_CASE("an id is taken once and cannot name a path") {
  Store store;
  const std::string id(64, 'a');
  REQUIRE(store.layers->prepare(Lifetime::Kept, id));
  CHECK(store.layers->prepare(Lifetime::Kept, id).error().error_class == base::ErrorClass::Conflict);
  CHECK(store.layers->prepare(Lifetime::Kept, "../x").error().error_class == base::ErrorClass::Invalid);
  CHECK(store.layers->remove("../x").error().error_class == base::ErrorClass::Invalid);
}

TEST_CASE("lower folders come top first, and only committed layers count") {
  Store store;
  const std::string bottom = store.make_layer("bottom");
  const std::string top = store.make_layer("top");
  CHECK(store.layers->lower_dirs({bottom, top}).value() ==
        std::vector<std::string>{store.layers->fs_path(top), store.layers->fs_path(bottom)});
  const auto writable = store.layers->prepare(Lifetime::Kept).value();
  CHECK(store.layers->lower_dirs({bottom, writable.id}).error().error_class == base::ErrorClass::NotFound);
}

TEST_CASE("a layer that is repeated counts once, at its topmost place") {
  Store store;
  const std::string a = store.make_layer("a"), b = store.make_layer("b");
  CHECK(store.layers->lower_dirs({a, b, a}).value() ==
        std::vector<std::string>{store.layers->fs_path(a), store.layers->fs_path(b)});
}

TEST_CASE("a layer lives as long as somebody holds it") {
  Store store;
  const std::string layer = store.make_layer("file");
  REQUIRE(store.layers->hold(layer, "image:a"));
  REQUIRE(store.layers->hold(layer, "image:b"));
  REQUIRE(store.layers->hold(layer, "image:b"));
  CHECK(store.layers->remove(layer).error().error_class == base::ErrorClass::Conflict);
  CHECK(store.layers->release("image:a").value().empty());
  CHECK(store.layers->remove_unheld({layer}).value() == 0);
  const auto free = store.layers->release("image:b").value();
  CHECK(free == std::vector<std::string>{layer});
  CHECK(store.layers->remove_unheld(free).value() > 0);
  CHECK_FALSE(store.layers->is_committed(layer));
  CHECK(store.folders().empty());
  CHECK(store.layers->hold(layer, "image:c").error().error_class == base::ErrorClass::NotFound);
}

TEST_CASE("what a killed process left is swept; what lives or is held stays") {
  Store store;
  const std::string held = store.make_layer("held");
  REQUIRE(store.layers->hold(held, "image:x"));
  const auto own = store.layers->prepare(Lifetime::Process).value();
  REQUIRE(sys::make_directories(store.folder.path + "/snapshots/stray/fs"));
  const std::string kept(64, 'b'), dropped(64, 'c'), committed(64, 'd');
  in_killed_process([&] {
    auto database = sys::Database::open(store.folder.path + "/state.db").value();
    auto layers = SnapshotStore::open(*database, store.folder.path).value();
    const bool done = layers->prepare(Lifetime::Process, kept) && layers->keep(kept) &&
                      layers->prepare(Lifetime::Process, dropped) &&
                      layers->prepare(Lifetime::Process, committed) && layers->commit(committed) &&
                      layers->hold(committed, SnapshotStore::process_holder("pull"));
    if (!done) ::_exit(1);
  });
  const auto sweep = store.layers->recover().value();
  CHECK(sweep.removed_folders == std::vector<std::string>{"stray"});
  CHECK(sweep.removed_records == std::vector<std::string>{dropped, committed});
  auto expected = std::vector<std::string>{held, own.id, kept};
  std::sort(expected.begin(), expected.end());
  CHECK(store.folders() == expected);
  const auto again = store.layers->recover().value();
  CHECK(again.removed_folders.empty());
  CHECK(again.removed_records.empty());
}

TEST_CASE("removing returns at once and the trash is emptied behind it") {
  Store store;
  const std::string layer = store.make_layer("file");
  REQUIRE(store.layers->remove(layer));
  REQUIRE(store.layers->remove(layer));
  CHECK(store.folders().empty());
  store.layers->wait_for_trash();
  CHECK(sys::list_directory(store.folder.path + "/snapshots/.trash").value().empty());
}

TEST_CASE("usage counts blocks and entries, a file with two names once") {
  Store store;
  const auto layer = store.layers->prepare(Lifetime::Kept).value();
  REQUIRE(sys::write_file(layer.fs + "/a", std::string(10'000, 'x')));
  REQUIRE(::link((layer.fs + "/a").c_str(), (layer.fs + "/b").c_str()) == 0);
  const auto usage = store.layers->usage(layer.id).value();
  CHECK(usage.entries == 2);
  CHECK(usage.bytes == 12'288);
}

TEST_CASE("a root over layers is an overlay where the kernel has it") {
  Store store;
  const std::string bottom = store.make_layer("bottom");
  const auto root = store.layers->prepare_root({bottom}, Lifetime::Kept).value();
  if (root.method == Method::Overlay) {
    CHECK(root.lower_dirs == std::vector<std::string>{store.layers->fs_path(bottom)});
    CHECK(sys::list_directory(root.layer.fs).value().empty());
  }
  CHECK(store.layers->open_root(root.layer.id, {bottom}).value().layer.fs == root.layer.fs);
  CHECK(store.layers->prepare_root({std::string(64, 'e')}, Lifetime::Kept).error().error_class ==
        base::ErrorClass::NotFound);
  CHECK(store.layers->list_writable().value() == std::vector<std::string>{root.layer.id});
}
