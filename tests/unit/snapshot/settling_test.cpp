// SPDX-License-Identifier: Apache-2.0
#include "runtime/snapshot/settling.h"

#include <unistd.h>

#include <limits>

#include <catch2/catch.hpp>

#include "runtime/snapshot/snapshot_store.h"
#include "support/temporary_folder.h"

using namespace runtime::snapshot;

namespace {

/// A store in a machine that can be started again.
struct Machine {
  test::TemporaryFolder folder;
  std::unique_ptr<sys::Database> database = sys::Database::open(folder.path + "/state.db").value();
  std::unique_ptr<SnapshotStore> layers;

  Machine() { start("one"); }
  void start(const std::string& boot) {
    layers.reset();
    REQUIRE(sys::write_file(folder.path + "/boot_id", boot + "\n"));
    layers = SnapshotStore::open(*database, folder.path, folder.path + "/boot_id").value();
  }
  std::string make_layer(const std::string& content) const {
    const auto layer = layers->prepare(Lifetime::Process).value();
    REQUIRE(sys::make_directories(layer.fs + "/d"));
    REQUIRE(sys::write_file(layer.fs + "/d/file", content));
    REQUIRE(layers->commit(layer.id));
    return layer.id;
  }
  std::string file_of(const std::string& layer) const { return layers->fs_path(layer) + "/d/file"; }
  /// "whole", "damaged", or "settled".
  std::string state_of(const std::string& layer) const {
    const auto found = layers->settling().find().value();
    for (const Unsettled& unsettled : found) {
      if (unsettled.layer == layer) return layers->settling().is_whole(unsettled).value() ? "whole" : "damaged";
    }
    return "settled";
  }
  void make_old() const {
    REQUIRE(database->run("UPDATE snapshots_unsettled SET written = written - 61000000000"));
  }
};

}  // namespace

TEST_CASE("a layer of another boot is looked at until somebody settles it") {
  Machine machine;
  const std::string layer = machine.make_layer("content"), empty = machine.make_layer("");
  CHECK(machine.state_of(layer) == "settled");
  machine.start("two");
  CHECK(machine.state_of(layer) == "whole");
  CHECK(machine.state_of(empty) == "whole");
  REQUIRE(::truncate(machine.file_of(layer).c_str(), 0) == 0);
  CHECK(machine.state_of(layer) == "damaged");
  REQUIRE(sys::remove_tree(machine.file_of(empty)));
  CHECK(machine.state_of(empty) == "damaged");
  REQUIRE(sys::remove_tree(machine.folder.path + "/snapshots/" + empty));
  CHECK(machine.state_of(empty) == "damaged");
  REQUIRE(machine.layers->settling().settle(layer));
  CHECK(machine.state_of(layer) == "settled");
  // The record of a layer takes what is known of it along.
  REQUIRE(machine.layers->remove(empty));
  CHECK(machine.state_of(empty) == "settled");
}

TEST_CASE("a layer that was put back is as new as one just made") {
  Machine machine;
  const std::string layer = machine.make_layer("content");
  machine.start("two");
  REQUIRE(::truncate(machine.file_of(layer).c_str(), 0) == 0);
  const auto again = machine.layers->prepare(Lifetime::Process).value();
  REQUIRE(sys::make_directories(again.fs + "/d"));
  REQUIRE(sys::write_file(again.fs + "/d/file", "other"));
  REQUIRE(machine.layers->restore(layer, again.id));
  CHECK(machine.state_of(layer) == "settled");
  machine.start("three");
  CHECK(machine.state_of(layer) == "whole");
}

TEST_CASE("a later command of the same boot finds old layers on disk") {
  constexpr std::int64_t kAnything = std::numeric_limits<std::int64_t>::max();
  Machine machine;
  const std::string layer = machine.make_layer("content");
  const auto settle = [&](std::int64_t most_to_write) {
    REQUIRE(machine.layers->settling().find());
    REQUIRE(machine.layers->settling().settle_in_background(most_to_write));
    machine.start("one");
    machine.start("two");
    const std::string state = machine.state_of(layer);
    machine.start("one");
    return state;
  };
  CHECK(settle(kAnything) == "whole");  // Too young.
  machine.make_old();
  CHECK(settle(-1) == "whole");  // Somebody writes too much.
  CHECK(settle(kAnything) == "settled");
}

TEST_CASE("a blob that comes later keeps what is known of the layer's files") {
  Machine machine;
  const std::string layer = machine.make_layer("content");
  REQUIRE(machine.layers->settling().add_blob(layer));
  machine.start("two");
  REQUIRE(::truncate(machine.file_of(layer).c_str(), 0) == 0);
  CHECK(machine.state_of(layer) == "damaged");
  // Of a settled layer only the blob is in question.
  REQUIRE(machine.layers->settling().settle(layer));
  REQUIRE(machine.layers->settling().add_blob(layer));
  machine.start("three");
  CHECK(machine.state_of(layer) == "whole");
}
