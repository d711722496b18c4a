// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <map>

#include <catch2/catch.hpp>

#include "base/sha256.h"
#include "runtime/image/archive_file.h"
#include "runtime/image/layer_blob.h"
#include "runtime/image/root_export.h"
#include "runtime/image/store_check.h"
#include "runtime/image/tar_reader.h"
#include "support/compressed.h"
#include "support/image_fixture.h"

using namespace runtime::image;
using test::gzip;
using test::ImageFixture;
using test::TarBuilder;
using test::xz;
using test::zstd;

namespace {

std::string save(const ImageFixture& fixture, const std::vector<std::string>& images) {
  const sys::UniqueFd fd = sys::make_unnamed_file(fixture.folder.path).value();
  REQUIRE(save_archive(*fixture.images, {.images = images}, fd.value()));
  REQUIRE(::lseek(fd.value(), 0, SEEK_SET) == 0);
  return sys::read_all(fd.value(), "archive").value();
}

/// A layer as another program would write it: long names, links, a duplicate-free mix of members, and rubbish
/// behind the end that belongs to the digest.
std::string foreign_layer() {
  std::string tar = TarBuilder()
                        .folder("./")
                        .folder("./usr/")
                        .file("./usr/" + std::string(150, 'n'), std::string(70'000, 'c'))
                        .file("./empty", "")
                        .hard_link("./again", "./usr/" + std::string(150, 'n'))
                        .symlink("./link", "usr")
                        .file("./.wh.gone", "odd content of a whiteout")
                        .finish();
  tar.append(9'000, '\0');
  return tar;
}

}  // namespace

TEST_CASE("a loaded image is saved with the very layers and configuration it came with") {
  const ImageFixture fixture, other;
  const test::ArchiveImage image{
      "app:1", {foreign_layer(), TarBuilder().file("x", "1").finish()}, R"("unknown":{"kept":1})"};
  REQUIRE(fixture.load(test::docker_archive({image})));
  const std::string saved = save(fixture, {"app:1"});
  CHECK(saved == save(fixture, {"app:1"}));
  CHECK(other.load(saved).value() == std::vector<std::string>{"app:1"});
  CHECK(other.images->find_id("app:1").value() == fixture.images->find_id("app:1").value());
  CHECK(other.images->find("app:1").value().config_json == test::config_of(image));
  // And as an OCI layout, without the file that only Docker reads.
  const auto records = fixture.images->layers(fixture.images->find_id("app:1").value()).value();
  CHECK(records[0].skeleton);
  std::string bytes;
  REQUIRE(write_diff(*fixture.images, records[0], [&](std::string_view data) -> base::Result<> {
    bytes += data;
    return {};
  }));
  CHECK(bytes == image.layers[0]);
}

TEST_CASE("a saved archive is an OCI layout too, and may be compressed") {
  const ImageFixture fixture, layout, compressed;
  REQUIRE(fixture.load(test::docker_archive({{"app:1", {foreign_layer()}, ""}})));
  const std::string saved = save(fixture, {"app:1"});
  MemoryChunks chunks(saved);
  TarReader reader(chunks);
  TarBuilder without;
  while (const auto entry = reader.next().value()) {
    const std::string content = reader.read_all(1 << 20).value();
    if (entry->path != "manifest.json") without.file(entry->path, content);
  }
  CHECK(layout.load(without.finish()).value() == std::vector<std::string>{"app:1"});
  for (const std::string& packed : {gzip(saved), zstd(saved), xz(saved)}) {
    CHECK(packed.size() < saved.size());
    CHECK(compressed.load(packed).value() == std::vector<std::string>{"app:1"});
    REQUIRE(compressed.images->remove("app:1", RemoveMode::Careful, {}));
  }
  CHECK(layout.images->find_id("app:1").value() == fixture.images->find_id("app:1").value());
}

TEST_CASE("a saved archive has what loaders of every age read") {
  const ImageFixture fixture;
  const test::ArchiveImage image{"app:1", {foreign_layer(), TarBuilder().file("top", "t").finish()}, ""};
  REQUIRE(fixture.load(test::docker_archive({image})));
  const std::string saved = save(fixture, {"app:1"});
  MemoryChunks chunks(saved);
  TarReader reader(chunks);
  std::map<std::string, std::string> members;
  while (const auto entry = reader.next().value()) members[entry->path] = reader.read_all(1 << 20).value();
  const std::string config = "blobs/sha256/" + base::sha256_hex(test::config_of(image));
  const std::string bottom = base::sha256_hex(image.layers[0]), top = base::sha256_hex(image.layers[1]);
  CHECK(members[config] == test::config_of(image));
  CHECK(members["blobs/sha256/" + bottom] == image.layers[0]);
  CHECK(members["manifest.json"] == R"([{"Config":")" + config + R"(","Layers":["blobs/sha256/)" + bottom +
                                        R"(","blobs/sha256/)" + top + R"("],"RepoTags":["app:1"]}])");
  CHECK(members["repositories"] == R"({"app":{"1":")" + top + R"("}})");
  CHECK(members["oci-layout"] == R"({"imageLayoutVersion":"1.0.0"})");
  CHECK(members["index.json"].find(R"("io.containerd.image.name":"docker.io/library/app:1")") !=
        std::string::npos);
}

TEST_CASE("an image saved by two names is one image with both") {
  const ImageFixture fixture, other;
  REQUIRE(fixture.load(test::docker_archive({{"one:1", {foreign_layer()}, ""}})));
  REQUIRE(fixture.images->tag("one:1", "one:2"));
  const std::string saved = save(fixture, {"one:1", "one:2"});
  CHECK(saved.find(R"("RepoTags":["one:1","one:2"]}])") != std::string::npos);
  CHECK(other.load(saved).value() == std::vector<std::string>{"one:1", "one:2"});
}

TEST_CASE("several images share their layers in the archive; an ID brings no name") {
  const ImageFixture fixture, other;
  const std::string bottom = TarBuilder().file("b", std::string(50'000, 'b')).finish();
  REQUIRE(fixture.load(test::docker_archive(
      {{"one:1", {bottom}, ""}, {"two:1", {bottom, TarBuilder().file("t", "t").finish()}, ""}})));
  const std::string id = fixture.images->find_id("one:1").value();
  const std::string saved = save(fixture, {id, "two:1"});
  CHECK(saved.size() < 70'000);
  CHECK(other.load(saved).value() == std::vector<std::string>{id, "two:1"});
  const sys::UniqueFd nowhere = sys::make_unnamed_file(fixture.folder.path).value();
  CHECK(save_archive(*fixture.images, {.images = {"no:such"}}, nowhere.value()).error().error_class ==
        base::ErrorClass::NotFound);
}

TEST_CASE("a layer that names a file twice is saved under a digest of its own") {
  const ImageFixture fixture, other;
  const std::string layer = TarBuilder().file("x", "first").file("x", "second").finish();
  REQUIRE(fixture.load(test::docker_archive({{"app:1", {layer}, ""}})));
  CHECK_FALSE(fixture.images->layers(fixture.images->find_id("app:1").value()).value()[0].skeleton);
  REQUIRE(other.load(save(fixture, {"app:1"})));
  CHECK(sys::read_file(other.path_in("app:1", 0, "x")).value() == "second");
}

TEST_CASE("a sound store has no problems; a killed process's leavings are swept") {
  const ImageFixture fixture;
  REQUIRE(fixture.load(test::docker_archive({{"app:1", {foreign_layer()}, ""}})));
  CHECK(check_store(*fixture.images, CheckDepth::Content, CheckAction::Report, {}).value().problems.empty());
  const auto orphan = fixture.images->content().put("left behind").value();
  CHECK(check_store(*fixture.images, CheckDepth::Records, CheckAction::Repair, {}).value().problems.empty());
  const auto report =
      check_store(*fixture.images, CheckDepth::Records, CheckAction::Repair, {}, std::chrono::seconds(0))
          .value();
  CHECK(report.problems == std::vector<std::string>{"nobody speaks of the blob " + orphan.text()});
  CHECK_FALSE(fixture.images->content().contains(orphan));
  REQUIRE(fixture.database->run(
      "INSERT INTO image_tags (reference, image) VALUES ('docker.io/library/x:1', 'sha256:0')"));
  CHECK(check_store(*fixture.images, CheckDepth::Records, CheckAction::Repair, {}).value().repairs ==
        std::vector<std::string>{"took the name docker.io/library/x:1 away"});
  CHECK(fixture.images->find_id("app:1"));
}

TEST_CASE("a changed or lost layer is found; without its blob the image goes") {
  const ImageFixture fixture;
  REQUIRE(fixture.load(test::docker_archive({{"app:1", {TarBuilder().file("x", "content").finish()}, ""}})));
  const std::string layer = fixture.images->find("app:1").value().layers[0];
  REQUIRE(sys::write_file(fixture.path_in("app:1", 0, "x"), "CONTENT"));
  CHECK(check_store(*fixture.images, CheckDepth::Records, CheckAction::Report, {}).value().problems.empty());
  CHECK(check_store(*fixture.images, CheckDepth::Content, CheckAction::Report, {}).value().problems ==
        std::vector<std::string>{"layer " + layer + " does not match its digest"});
  // Containers that are made of it keep it.
  const auto used = [](const std::string&) -> base::Result<std::vector<std::string>> {
    return std::vector<std::string>{"web-1"};
  };
  const auto kept = check_store(*fixture.images, CheckDepth::Content, CheckAction::Repair, used).value();
  CHECK(kept.problems == std::vector<std::string>{"layer " + layer +
                                                  " does not match its digest; it stays while containers are "
                                                  "made of it: web-1"});
  CHECK(kept.repairs.empty());
  CHECK(fixture.images->find_id("app:1"));
  // With the blob at hand it is unpacked again in place.
  REQUIRE(sys::write_file(fixture.path_in("app:1", 0, "x"), "content"));
  REQUIRE(with_blob(*fixture.images, fixture.images->layer(layer).value(), {}));
  REQUIRE(sys::remove_tree(fixture.snapshots->fs_path(layer)));
  const auto mended = check_store(*fixture.images, CheckDepth::Records, CheckAction::Repair, {}).value();
  CHECK(mended.problems == std::vector<std::string>{"layer " + layer + " has lost its folder"});
  CHECK(mended.repairs == std::vector<std::string>{"unpacked layer " + layer + " again"});
  CHECK(sys::read_file(fixture.path_in("app:1", 0, "x")).value() == "content");
  // Without it the image cannot be mended.
  REQUIRE(fixture.images->content().remove(*fixture.images->layer(layer).value().blob));
  REQUIRE(sys::remove_tree(fixture.snapshots->fs_path(layer)));
  REQUIRE(check_store(*fixture.images, CheckDepth::Records, CheckAction::Repair, {}));
  CHECK(fixture.images->list().value().empty());
  CHECK(fixture.layer_folders().empty());
}

TEST_CASE("a container's root is exported as it looks from inside") {
  const ImageFixture fixture;
  REQUIRE(fixture.load(test::docker_archive(
      {{"app:1",
        {TarBuilder().folder("etc", 0750).file("etc/gone", "1").file("etc/kept", "2").finish(),
         TarBuilder().file("etc/kept", "3").symlink("var", "/etc").finish()},
        ""}})));
  const auto image = fixture.images->find("app:1").value();
  const auto root = fixture.snapshots->prepare_root(image.layers, runtime::snapshot::Lifetime::Kept).value();
  REQUIRE(sys::make_directories(root.layer.fs + "/etc", 0750));
  REQUIRE(::mknod((root.layer.fs + "/etc/gone").c_str(), S_IFCHR | 0600, 0) == 0);  // As overlay removes.
  REQUIRE(sys::write_file(root.layer.fs + "/etc/new", "4", 0644));
  const auto export_names = [&](const std::string& layer, const std::vector<std::string>& layers) {
    const sys::UniqueFd tar = fixture.file("");
    REQUIRE(export_root(*fixture.snapshots, layer, layers, tar.value()));
    FileChunks chunks(tar.value(), 0, INT64_MAX / 2);
    TarReader reader(chunks);
    std::string names;
    while (const auto entry = reader.next().value())
      names += entry->path + (entry->type == TarType::File ? "=" + reader.read_all(10).value() : "") + " ";
    return names;
  };
  CHECK(export_names(root.layer.id, image.layers) == "etc/ etc/kept=3 etc/new=4 var ");
  // Without layers below the writable one is all there is.
  const auto bare = fixture.snapshots->prepare_root({}, runtime::snapshot::Lifetime::Kept).value();
  REQUIRE(sys::write_file(bare.layer.fs + "/x", "1"));
  CHECK(export_names(bare.layer.id, {}) == "x=1 ");
  const sys::UniqueFd tar = fixture.file("");
  CHECK(export_root(*fixture.snapshots, std::string(64, '0'), {}, tar.value()).error().error_class ==
        base::ErrorClass::NotFound);
}

TEST_CASE("an OCI layout that lists several platforms and attestations gives this machine's image") {
  const std::string layer = TarBuilder().file("x", "1").finish();
  TarBuilder layout;
  std::string entries;
  for (const std::string architecture : {"s390x", "amd64", "arm64", "unknown"}) {
    test::ArchiveImage image{"", {layer}, ""};
    std::string config = test::config_of(image);
    config.replace(config.find("amd64"), 5, architecture);
    const auto blob = [&](const std::string& content) {
      const std::string hex = base::sha256_hex(content);
      layout.file("blobs/sha256/" + hex, content);
      return R"("digest":"sha256:)" + hex + R"(","size":)" + std::to_string(content.size());
    };
    const std::string manifest =
        R"({"schemaVersion":2,"config":{)" + blob(config) + R"(},"layers":[{)" +
        (architecture == "s390x" ? blob(layer)
                                 : R"("digest":"sha256:)" + base::sha256_hex(layer) + R"(","size":)" +
                                       std::to_string(layer.size())) +
        "}]}";
    entries += (entries.empty() ? "" : ",") +
               std::string("{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",") +
               blob(manifest) + R"(,"platform":{"os":"linux","architecture":")" + architecture + "\"}}";
  }
  const std::string archive =
      layout.file("index.json", R"({"schemaVersion":2,"manifests":[)" + entries + "]}").finish();
  const ImageFixture fixture;
  const auto loaded = fixture.load(archive).value();
  REQUIRE(loaded.size() == 1);
  CHECK(fixture.images->find(loaded[0]).value().config.platform() == host_platform());
}
