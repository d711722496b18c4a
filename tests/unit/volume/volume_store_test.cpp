// SPDX-License-Identifier: Apache-2.0
#include "runtime/volume/volume_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/sha256.h"

using runtime::volume::VolumeStore;

namespace {

struct Fixture {
  std::string root = "/tmp/volume_test." + sys::random_hex(8);
  std::unique_ptr<sys::Database> database;
  std::unique_ptr<VolumeStore> store;
  Fixture() {
    REQUIRE(sys::make_directories(root));
    database = std::move(sys::Database::open(root + "/state.db")).value();
    store = std::move(VolumeStore::open(*database, root)).value();
  }
  ~Fixture() { static_cast<void>(sys::remove_tree(root)); }
};

}  // namespace

TEST_CASE("a volume is made once, listed, and removed with its data") {
  Fixture f;
  REQUIRE(f.store->create({.name = "x_data", .labels = {{"a", "1"}}}));
  REQUIRE(f.store->create({.name = "x_data"}));
  const auto seen = f.store->inspect("x_data");
  REQUIRE(seen);
  CHECK(seen->labels == std::map<std::string, std::string>{{"a", "1"}});
  CHECK(seen->mount_point == f.root + "/volumes/x_data/_data");
  CHECK(sys::path_exists(seen->mount_point));
  CHECK(f.store->create({.name = "x_data", .driver_opts = {{"type", "tmpfs"}}}).error().error_class ==
        base::ErrorClass::Conflict);
  REQUIRE(f.store->remove("x_data"));
  CHECK_FALSE(sys::path_exists(f.root + "/volumes/x_data"));
  CHECK(f.store->remove("x_data").error().error_class == base::ErrorClass::NotFound);
}

TEST_CASE("names that could leave the folder, foreign drivers and unknown options are refused") {
  Fixture f;
  for (const char* name : {"", "..", "a/b", "../x", ".hidden", "a b", "-x"}) {
    CAPTURE(name);
    CHECK(f.store->create({.name = name}).error().error_class == base::ErrorClass::Invalid);
    CHECK_FALSE(f.store->remove(name));
  }
  CHECK(f.store->create({.name = "n", .driver = "rexray"}).error().error_class ==
        base::ErrorClass::Unsupported);
  CHECK(f.store->create({.name = "n", .driver_opts = {{"size", "1"}}}).error().message ==
        "volume n: unknown option \"size\"");
}

TEST_CASE("a volume in use cannot be removed") {
  Fixture f;
  REQUIRE(f.store->create({.name = "v"}));
  REQUIRE(f.store->add_user("v", "c1"));
  CHECK(f.store->remove("v").error().error_class == base::ErrorClass::Conflict);
  REQUIRE(f.store->remove_user("c1"));
  CHECK(f.store->remove("v"));
}

TEST_CASE("a fresh volume takes the image's content once, with owner and mode, and never again") {
  Fixture f;
  const std::string image = f.root + "/image";
  REQUIRE(sys::make_directories(image + "/sub"));
  REQUIRE(sys::write_file(image + "/sub/file", "first", 0640));
  REQUIRE(::chmod(image.c_str(), 0750) == 0);
  REQUIRE(::chown(image.c_str(), 33, 44) == 0);
  REQUIRE(f.store->create({.name = "v"}));
  int opened = 0;
  const auto content = [&]() -> base::Result<sys::UniqueFd> {
    ++opened;
    return sys::open_file(image, O_RDONLY | O_DIRECTORY);
  };
  REQUIRE(f.store->fill("v", content, {}));
  const std::string data = runtime::volume::data_path(f.root, "v");
  CHECK(sys::read_file(data + "/sub/file").value() == "first");
  struct stat status {};
  REQUIRE(::stat(data.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0750);
  CHECK(status.st_uid == 33);
  CHECK(status.st_gid == 44);
  REQUIRE(sys::remove_tree(data + "/sub"));
  REQUIRE(f.store->fill("v", content, {}));
  CHECK(sys::list_directory(data)->empty());
  CHECK(opened == 1);
}

TEST_CASE("a volume that already has data is left as it is, and a broken copy can be tried again") {
  Fixture f;
  REQUIRE(f.store->create({.name = "v"}));
  const auto failing = []() -> base::Result<sys::UniqueFd> { return base::fail(base::ErrorClass::Io, "no"); };
  CHECK_FALSE(f.store->fill("v", failing, {}));
  REQUIRE(sys::make_directories(f.root + "/volumes/v/_filling/half"));
  const std::string data = runtime::volume::data_path(f.root, "v");
  REQUIRE(sys::write_file(data + "/mine", "1"));
  REQUIRE(f.store->fill("v", failing, {}));
  CHECK(sys::read_file(data + "/mine").value() == "1");
}

TEST_CASE("a cancelled wait for whoever fills a volume ends") {
  Fixture f;
  REQUIRE(f.store->create({.name = "v"}));
  const std::string lock = f.root + "/volumes/v/lock";
  const auto filling = sys::try_lock_file(lock).value();
  REQUIRE(filling);
  const base::Cancellation cancellation;
  cancellation.request();
  const auto waited = f.store->fill(
      "v", []() -> base::Result<sys::UniqueFd> { return base::fail(base::ErrorClass::Internal, "called"); },
      cancellation);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().message == "waiting for " + lock + " was cancelled");
}
