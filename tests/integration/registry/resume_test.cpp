// SPDX-License-Identifier: Apache-2.0
// Pulls that break off and go on, and pulls of several processes.
#include <poll.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "runtime/image/image_transfer.h"
#include "runtime/image/store_check.h"
#include "support/cutting_proxy.h"
#include "support/image_fixture.h"
#include "support/registry_fixture.h"

using namespace runtime::image;
using runtime::registry::RegistryOptions;
using test::CuttingProxy;
using test::ImageFixture;
using test::TarBuilder;

namespace {

RegistryOptions options_with(int attempts) {
  RegistryOptions options;
  options.first_pause = std::chrono::milliseconds(2);
  options.attempts = attempts;
  return options;
}

std::string noise(std::size_t size) {
  std::string out;
  while (out.size() < size) out += sys::random_hex(250);
  return out;
}

base::Result<PulledImage> pull(ImageStore& store, const std::string& name) {
  return pull_image(store, name, "", options_with(3), {}, {});
}

/// A pull that is told to stop once some of a layer has come.
base::Error pull_some(ImageStore& store, const std::string& name) {
  const base::Cancellation cancellation;
  const ProgressSink progress = [&](const Progress& event) {
    if (event.current > 300'000) cancellation.request();
  };
  return pull_image(store, name, "", options_with(1), progress, cancellation).error();
}

/// A registry with an image of as many layers as `contents`, each a file "noise<number>".
struct Shelf {
  test::Registry registry;
  std::vector<std::string> contents;

  explicit Shelf(std::vector<std::string> files) : contents(std::move(files)) {
    const ImageFixture source;
    std::vector<std::string> layers;
    for (std::size_t i = 0; i < contents.size(); ++i)
      layers.push_back(TarBuilder().file("noise" + std::to_string(i), contents[i]).finish());
    const std::string name = registry.host() + "/large:1";
    REQUIRE(source.load(test::docker_archive({{name, layers, ""}})));
    REQUIRE(push_image(*source.images, name, options_with(3), {}, {}));
  }
};

/// The one file of the content store whose name begins so; "" when there is none.
std::string find_blob_file(const ImageFixture& fixture, const std::string& prefix) {
  const std::string folder = fixture.folder.path + "/blobs/sha256";
  if (!sys::path_exists(folder)) return "";
  const auto names = sys::list_directory(folder).value();
  for (const std::string& name : names)
    if (name.starts_with(prefix)) return folder + "/" + name;
  return "";
}

std::int64_t size_of(const std::string& path) {
  return static_cast<std::int64_t>(sys::read_file(path).value().size());
}

/// What another process sees of a data root.
bool pull_into(const std::string& data_root, const std::string& name) {
  auto database = sys::Database::open(data_root + "/state.db").value();
  auto snapshots = runtime::snapshot::SnapshotStore::open(*database, data_root).value();
  const auto images = ImageStore::open(*database, *snapshots, data_root).value();
  return pull(*images, name).has_value();
}

}  // namespace

TEST_CASE("a pull that was given up goes on where it stopped") {
  const Shelf shelf({noise(3'000'000)});
  const ImageFixture target;
  CuttingProxy proxy(shelf.registry.port(), SIZE_MAX, 0);
  const std::string name = proxy.host() + "/large:1";
  CHECK(pull_some(*target.images, name).error_class == base::ErrorClass::Cancelled);
  const std::string partial = find_blob_file(target, "partial-");
  REQUIRE_FALSE(partial.empty());
  const std::int64_t there = size_of(partial);
  CHECK(there > 300'000);
  CHECK(target.layer_folders().empty());

  REQUIRE(pull(*target.images, name));
  CHECK(proxy.count("Range: bytes=" + std::to_string(there) + "-") == 1);
  CHECK_FALSE(sys::path_exists(partial));
  CHECK(sys::read_file(target.path_in(name, 0, "noise0")).value() == shelf.contents[0]);
}

TEST_CASE("what was there when a pull begins is believed only if the whole has the digest") {
  const Shelf shelf({noise(3'000'000)});
  const ImageFixture target;
  const std::string name = shelf.registry.host() + "/large:1";
  CHECK(pull_some(*target.images, name).error_class == base::ErrorClass::Cancelled);
  const std::string partial = find_blob_file(target, "partial-");
  SECTION("other bytes of that length") {
    REQUIRE(sys::write_file(partial, std::string(static_cast<std::size_t>(size_of(partial)), '\0')));
  }
  SECTION("more bytes than the blob has") { REQUIRE(sys::write_file(partial, std::string(5'000'000, 'x'))); }
  REQUIRE(pull(*target.images, name));
  CHECK(sys::read_file(target.path_in(name, 0, "noise0")).value() == shelf.contents[0]);
  CHECK(find_blob_file(target, "partial-").empty());
}

TEST_CASE("a killed pull leaves its bytes to the next one") {
  const Shelf shelf({noise(3'000'000)});
  const ImageFixture target;
  // Nothing of this process's libraries may be in use when it forks: the proxy's threads come after.
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = test::in_child([&] {
    int port = 0;
    if (::read(ready[0], &port, sizeof port) != sizeof port) return false;
    return pull_into(target.folder.path, "localhost:" + std::to_string(port) + "/large:1");
  });
  CuttingProxy proxy(shelf.registry.port(), 1'000'000, 1, test::Cut::Hold);
  const int port = proxy.port();
  REQUIRE(::write(ready[1], &port, sizeof port) == sizeof port);
  while (proxy.cuts_left() > 0) ::poll(nullptr, 0, 5);
  // What went through the proxy is on its way to the file.
  while (find_blob_file(target, "partial-").empty() || size_of(find_blob_file(target, "partial-")) < 500'000)
    ::poll(nullptr, 0, 5);
  REQUIRE(::kill(child, SIGKILL) == 0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  const std::int64_t there = size_of(find_blob_file(target, "partial-"));

  const std::string name = proxy.host() + "/large:1";
  REQUIRE(pull(*target.images, name));
  CHECK(proxy.count("Range: bytes=" + std::to_string(there) + "-") == 1);
  CHECK(sys::read_file(target.path_in(name, 0, "noise0")).value() == shelf.contents[0]);
  // The dead process's half of the layer goes with the next look at the store.
  REQUIRE(target.snapshots->recover());
  CHECK(target.layer_folders().size() == 1);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("processes that pull one image at once ask for each blob once") {
  const Shelf shelf({noise(700'000), noise(500'000), noise(300'000)});
  const test::TemporaryFolder folder;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(test::in_child([&] {
      int port = 0;
      if (::read(ready[0], &port, sizeof port) != sizeof port) return false;
      return pull_into(folder.path, "localhost:" + std::to_string(port) + "/large:1");
    }));
  }
  CuttingProxy proxy(shelf.registry.port(), SIZE_MAX, 0);
  const int port = proxy.port();
  for (std::size_t i = 0; i < children.size(); ++i)
    REQUIRE(::write(ready[1], &port, sizeof port) == sizeof port);
  for (const pid_t child : children) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  // Each reads the manifest and the small configuration itself; the three layers come once.
  CHECK(proxy.count("/blobs/sha256:") == 3 + 3);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("a pulled layer that lost its content with the machine's power is found and unpacked again") {
  const Shelf shelf({noise(200'000), noise(100'000)});
  const ImageFixture target;
  const std::string name = shelf.registry.host() + "/large:1";
  REQUIRE(pull(*target.images, name));
  const auto check = [&](CheckAction action) {
    return check_store(*target.images, CheckDepth::Content, action, {}).value();
  };
  CHECK(check(CheckAction::Report).problems.empty());
  const std::string file = target.path_in(name, 0, "noise1");
  const std::string layer = target.images->find(name).value().layers[1];
  std::string why;
  SECTION("no content") {
    REQUIRE(sys::write_file(file, ""));
    why = "\"noise1\" has 0 bytes, not " + std::to_string(shelf.contents[1].size());
  }
  SECTION("zeros") {
    REQUIRE(sys::write_file(file, std::string(shelf.contents[1].size(), '\0')));
    why = "\"noise1\" has other content";
  }
  SECTION("no file") {
    REQUIRE(sys::remove_tree(file));
    why = "\"noise1\" is lost";
  }
  CHECK(check(CheckAction::Report).problems ==
        std::vector<std::string>{"layer " + layer + " is damaged: " + why});
  CHECK(check(CheckAction::Repair).repairs == std::vector<std::string>{"unpacked layer " + layer + " again"});
  CHECK(sys::read_file(file).value() == shelf.contents[1]);
  CHECK(check(CheckAction::Report).problems.empty());
}

TEST_CASE("a sweep takes what dead processes left, and unfinished fetches when asked to") {
  const ImageFixture fixture;
  ContentStore& content = fixture.images->content();
  const auto digest = model::Digest::from_sha256_hex(std::string(64, 'a'));
  {
    Ingest unfinished = content.resume(digest, 100).value();
    REQUIRE(unfinished.write("some of it"));
    unfinished.keep();
  }
  const std::string folder = fixture.folder.path + "/blobs/sha256/";
  REQUIRE(sys::write_file(folder + "ingest-0123", std::string(10'000, 'x')));
  Ingest alive = content.ingest().value();
  REQUIRE(alive.write("x"));
  CHECK(content.sweep().value() >= 10'000);
  CHECK_FALSE(sys::path_exists(folder + "ingest-0123"));
  CHECK(content.resume(digest, 100).value().size() == 10);
  CHECK(alive.commit(std::nullopt));

  Ingest again = content.resume(digest, 100).value();
  CHECK(again.size() == 0);  // The look above was not kept.
  REQUIRE(again.write("y"));
  CHECK(content.sweep(Unfinished::Remove).value() == 0);
  again.keep();
  { const Ingest gone = std::move(again); }
  CHECK(content.sweep(Unfinished::Remove).value() > 0);
  CHECK(find_blob_file(fixture, "partial-").empty());
}
