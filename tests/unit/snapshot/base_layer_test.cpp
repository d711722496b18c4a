// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <catch2/catch.hpp>

#include "runtime/snapshot/snapshot_store.h"
#include "support/temporary_folder.h"
#include "sys/file.h"

using runtime::snapshot::Lifetime;
using runtime::snapshot::SnapshotStore;
using Layers = std::vector<std::string>;

namespace {

struct Store {
  test::TemporaryFolder folder;
  std::unique_ptr<sys::Database> database = sys::Database::open(folder.path + "/state.db").value();
  std::unique_ptr<SnapshotStore> layers = SnapshotStore::open(*database, folder.path).value();
  ~Store() { layers->wait_for_trash(); }

  std::string make_layer(const std::string& content, const std::string& base = "") const {
    const auto layer = layers->prepare(Lifetime::Process).value();
    REQUIRE(sys::write_file(layer.fs + "/" + content, content));
    REQUIRE(sys::write_file(layer.fs + "/name", content));
    REQUIRE(layers->commit(layer.id, base));
    return layer.id;
  }
  std::string read(const std::string& layer, const std::string& name) const {
    const sys::UniqueFd root = layers->open_layer(layer).value();
    return sys::read_file("/proc/self/fd/" + std::to_string(root.value()) + "/" + name).value_or("none");
  }
  bool has_folder(const std::string& layer) const { return sys::path_exists(layers->fs_path(layer)); }
};

}  // namespace

TEST_CASE("a layer and its base are shown together, the layer on top") {
  const Store store;
  const std::string below = store.make_layer("below");
  const std::string base = store.make_layer("base");
  const std::string patch = store.make_layer("patch", base);
  const auto folder = [&](const std::string& layer) { return store.layers->fs_path(layer); };
  CHECK(store.layers->base_of(patch).value() == base);
  CHECK(store.layers->base_of(base).value().empty());
  CHECK(store.layers->patches_of(base).value() == Layers{patch});
  CHECK(store.layers->lower_dirs({below, patch}).value() ==
        Layers{folder(patch), folder(base), folder(below)});
  CHECK(store.layers->lower_dirs({base, below, patch}).value() ==
        Layers{folder(patch), folder(base), folder(below)});
  CHECK(store.read(patch, "name") == "patch");
  CHECK(store.read(patch, "base") == "base");
  CHECK(store.read(base, "patch") == "none");
  CHECK(store.layers->with_bases({patch, below}).value().size() == 3);
  CHECK(store.layers->with_bases({base, below}).value().size() == 2);
}

TEST_CASE("only a committed layer without a base can be one") {
  const Store store;
  const std::string base = store.make_layer("base");
  const std::string patch = store.make_layer("patch", base);
  const auto writable = store.layers->prepare(Lifetime::Process).value();
  for (const std::string& wrong : {patch, writable.id, std::string(64, 'a')}) {
    CHECK(store.layers->commit(writable.id, wrong).error().error_class == base::ErrorClass::NotFound);
    CHECK(store.layers->list_writable().value() == Layers{writable.id});
  }
  CHECK(store.layers->remove(base).error().error_class == base::ErrorClass::Conflict);
}

TEST_CASE("a base stays as long as a layer needs it, and goes with the last") {
  const Store store;
  const std::string base = store.make_layer("base");
  REQUIRE(store.layers->hold(base, "image:base"));
  const std::string one = store.make_layer("one", base), two = store.make_layer("two", base);
  REQUIRE(store.layers->hold(one, "image:one"));
  const std::int64_t bytes = store.layers->usage(one).value().bytes;
  CHECK(store.layers->release("image:base").value().empty());
  REQUIRE(store.layers->remove(two));
  CHECK(store.has_folder(base));
  const auto free = store.layers->release("image:one").value();
  CHECK(free == Layers{one});
  CHECK(store.layers->remove_unheld(free).value() == 2 * bytes);
  CHECK_FALSE(store.has_folder(base));
  CHECK(store.layers->list_committed().value().empty());
}

TEST_CASE("what a killed process has put over a base is swept, and the base when nobody else needs it") {
  const Store store;
  const std::string held = store.make_layer("held");
  REQUIRE(store.layers->hold(held, "image:x"));
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string base = store.make_layer("base");
    store.make_layer("patch", base);
    store.make_layer("other", held);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(store.layers->list_committed().value().size() == 4);
  REQUIRE(store.layers->recover());
  CHECK(store.layers->list_committed().value() == Layers{held});
  CHECK(store.layers->release("image:x").value() == Layers{held});
}

TEST_CASE("a layer that is forgotten takes along what needs it") {
  const Store store;
  const std::string base = store.make_layer("base");
  const std::string patch = store.make_layer("patch", base), other = store.make_layer("other");
  REQUIRE(store.layers->hold(patch, "image:x"));
  REQUIRE(store.layers->hold(other, "image:x"));
  SECTION("the base") {
    REQUIRE(store.layers->forget(base));
    CHECK(store.layers->list_committed().value() == Layers{other});
  }
  SECTION("the layer alone") {
    REQUIRE(store.layers->forget(patch));
    CHECK(store.layers->remove_unheld({base}).value() > 0);
    CHECK(store.layers->list_committed().value() == Layers{other});
  }
}

TEST_CASE("a layer that is restored is whole") {
  const Store store;
  const std::string base = store.make_layer("base"), patch = store.make_layer("patch", base);
  const auto whole = store.layers->prepare(Lifetime::Process).value();
  REQUIRE(sys::write_file(whole.fs + "/base", "restored"));
  REQUIRE(store.layers->restore(patch, whole.id));
  CHECK(store.layers->base_of(patch).value().empty());
  CHECK(store.read(patch, "base") == "restored");
  CHECK_FALSE(store.has_folder(base));
}
