// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/image_store.h"

#include <algorithm>
#include <cstdlib>

#include <catch2/catch.hpp>

#include "runtime/image/store_check.h"
#include "runtime/image/unreadable_images.h"
#include "support/image_fixture.h"

using namespace runtime::image;
using test::ImageFixture;
using test::TarBuilder;

namespace {

std::string small_root() {
  return TarBuilder()
      .folder("./")
      .folder("bin")
      .file("bin/sh", "#!", 0755)
      .symlink("lib", "usr/lib")
      .finish();
}

ImageUsers used_by(std::vector<std::string> names) {
  return [names](const std::string&) -> base::Result<std::vector<std::string>> { return names; };
}

}  // namespace

TEST_CASE("a root file system becomes an image with the changes asked for") {
  const ImageFixture fixture;
  const auto id =
      fixture.import(small_root(), {"base:1", {"CMD [\"sh\"]", "ENV A=1 B=\"x y\"", "EXPOSE 80"}, "note", ""})
          .value();
  const auto image = fixture.images->find("base:1").value();
  CHECK(image.id == id);
  CHECK(image.config.command == std::vector<std::string>{"sh"});
  CHECK(image.config.environment == std::vector<std::string>{"A=1", "B=x y"});
  CHECK(image.config.exposed_ports == std::vector<std::string>{"80/tcp"});
  CHECK(image.config.platform() == host_platform());
  CHECK(image.layers.size() == 1);
  CHECK(sys::read_file(fixture.path_in("base:1", 0, "bin/sh")).value() == "#!");
  CHECK(fixture.images->history("base:1").value().front().entry.comment == "note");
  CHECK(fixture.import(small_root(), {"", {"FROM x"}, "", ""}).error().message ==
        "\"FROM\" cannot be changed at import");
  CHECK(fixture.import("", {}).error().message == "the tar to import holds nothing");
  CHECK(fixture.layer_folders() == image.layers);
}

TEST_CASE("what an image is said to take is what its removal frees") {
  const ImageFixture fixture;
  const std::string shared = TarBuilder().file("s", std::string(300'000, 's')).finish();
  REQUIRE(fixture.load(test::docker_archive(
      {{"one:1", {shared, TarBuilder().file("a", std::string(50'000, 'a')).finish()}, ""},
       {"two:1", {shared, TarBuilder().file("b", std::string(90'000, 'b')).finish()}, ""}})));
  const auto use_of = [&](const std::string& name) {
    const auto all = fixture.images->disk_use().value();
    return *std::find_if(all.begin(), all.end(), [&](const DiskUse& use) { return use.tags[0] == name; });
  };
  const DiskUse one = use_of("one:1"), two = use_of("two:1");
  CHECK(one.shared == two.shared);
  CHECK(one.shared > 300'000);
  CHECK(one.own > 50'000);
  CHECK(two.own > one.own);
  CHECK(fixture.images->remove("one:1", RemoveMode::Careful, {}).value().freed == one.own);
  const DiskUse alone = use_of("two:1");
  CHECK(alone.own == two.own + two.shared);
  CHECK(fixture.images->prune(PruneMode::All, {}).value().freed == alone.own);
}

TEST_CASE("importing the same tar again shares its layer") {
  const ImageFixture fixture;
  fixture.import(small_root(), {"a", {}, "", ""}).value();
  fixture.import(small_root(), {"b", {}, "", ""}).value();
  CHECK(fixture.images->find("a").value().layers == fixture.images->find("b").value().layers);
  CHECK(fixture.layer_folders().size() == 1);
  const auto use = fixture.images->disk_use().value();
  CHECK(use.size() == 2);
  CHECK(use[0].own == 0);
  CHECK(use[0].shared > 0);
}

TEST_CASE("an image is found by name, by ID and by a unique prefix") {
  const ImageFixture fixture;
  const auto id = fixture.import(small_root(), {"registry.local:5000/team/app:v1", {}, "", ""}).value();
  for (const std::string& name : {std::string("registry.local:5000/team/app:v1"), id, id.substr(7),
                                  id.substr(7, 12), id.substr(0, 12)}) {
    CHECK(fixture.images->find_id(name).value() == id);
  }
  CHECK(fixture.images->inspect("registry.local:5000/team/app:v1").value().tags ==
        std::vector<std::string>{"registry.local:5000/team/app:v1"});
  const auto missing = fixture.images->find("registry.local:5000/team/app:v2");
  CHECK(missing.error().error_class == base::ErrorClass::NotFound);
  CHECK(missing.error().message == "no such image: registry.local:5000/team/app:v2");
  CHECK(missing.error().hint == "did you mean \"registry.local:5000/team/app:v1\"?");
  CHECK(fixture.images->find(id.substr(7, 3)).error().error_class == base::ErrorClass::NotFound);
}

TEST_CASE("the last name takes the image with it, and its layers") {
  const ImageFixture fixture;
  const auto id = fixture.import(small_root(), {"a:1", {}, "", ""}).value();
  REQUIRE(fixture.images->tag("a:1", "b:2"));
  CHECK(fixture.images->tag("a:1", "b@" + id).error().error_class == base::ErrorClass::Invalid);
  CHECK(fixture.images->remove(id, RemoveMode::Careful, {}).error().message ==
        "image " + id + " has several names: a:1, b:2");
  const auto first = fixture.images->remove("a:1", RemoveMode::Careful, used_by({"web"})).value();
  CHECK(first.untagged == std::vector<std::string>{"a:1"});
  CHECK(first.deleted.empty());
  CHECK(fixture.images->remove("b:2", RemoveMode::Careful, used_by({"web"})).error().message ==
        "image b:2 is used by a container: web");
  const auto last = fixture.images->remove("b:2", RemoveMode::Careful, used_by({})).value();
  CHECK(last.deleted == std::vector<std::string>{id});
  CHECK(last.freed > 0);
  CHECK(fixture.images->list().value().empty());
  CHECK(fixture.layer_folders().empty());
}

TEST_CASE("force takes the names of an image in use and leaves its layers") {
  const ImageFixture fixture;
  const auto id = fixture.import(small_root(), {"a", {}, "", ""}).value();
  const auto removal = fixture.images->remove(id, RemoveMode::Force, used_by({"web"})).value();
  CHECK(removal.untagged == std::vector<std::string>{"a:latest"});
  CHECK(removal.deleted.empty());
  CHECK(fixture.images->list().value().front().tags.empty());
  CHECK(fixture.images->prune(PruneMode::Dangling, used_by({"web"})).value().deleted.empty());
  CHECK(fixture.images->prune(PruneMode::Dangling, {}).value().deleted == std::vector<std::string>{id});
  CHECK(fixture.layer_folders().empty());
}

TEST_CASE("a moved name leaves the old image dangling; prune takes what has no name") {
  const ImageFixture fixture;
  const auto old = fixture.import(small_root(), {"a", {"LABEL n=1"}, "", ""}).value();
  const auto fresh = fixture.import(small_root(), {"a", {"LABEL n=2"}, "", ""}).value();
  CHECK(fixture.images->find_id("a").value() == fresh);
  CHECK(fixture.images->prune(PruneMode::Dangling, {}).value().deleted == std::vector<std::string>{old});
  CHECK(fixture.images->prune(PruneMode::All, {}).value().deleted == std::vector<std::string>{fresh});
}

TEST_CASE("a built image is named by its configuration and layers") {
  const ImageFixture fixture;
  fixture.import(small_root(), {"base", {}, "", ""}).value();
  const Image base = fixture.images->find("base").value();
  const auto root =
      fixture.snapshots->prepare_root(base.layers, runtime::snapshot::Lifetime::Process).value();
  REQUIRE(sys::write_file(root.layer.fs + "/new", "1"));
  REQUIRE(fixture.snapshots->commit(root.layer.id));
  BuiltImage built{
      base.config, fixture.snapshots->chain_after_commit(base.layers, root.layer.id), {"built:1"}};
  built.config.history.push_back({std::nullopt, "RUN x", "", "", false});
  const auto id = fixture.images->add_built_image(built).value();
  CHECK(fixture.images->add_built_image(built).value() == id);
  built.tags = {"built:2"};
  CHECK(fixture.images->add_built_image(built).value() == id);
  CHECK(fixture.images->find(id).value().tags == std::vector<std::string>{"built:1", "built:2"});
  CHECK(fixture.images->history("built:1").value().size() == 2);
  built.layers.push_back(std::string(64, 'f'));
  CHECK(fixture.images->add_built_image(built).error().error_class == base::ErrorClass::NotFound);
  CHECK(fixture.images->list().value().size() == 2);
  // The base goes, its layer stays for the image built on it.
  REQUIRE(fixture.images->remove("base", RemoveMode::Careful, {}));
  CHECK(fixture.layer_folders().size() == 2);
}

TEST_CASE("a docker-archive is loaded: names, shared layers, layers in place") {
  const ImageFixture fixture;
  const std::string bottom = small_root(), top = TarBuilder().file("etc/x", "x").finish();
  const auto loaded = fixture
                          .load(test::docker_archive(
                              {{"one:1", {bottom}, ""}, {"two:2", {bottom, top}, ""}, {"", {top}, ""}}))
                          .value();
  CHECK(loaded.size() == 3);
  CHECK(loaded[0] == "one:1");
  CHECK(loaded[1] == "two:2");
  CHECK(loaded[2] == "sha256:" + sys::sha256_hex(test::config_of({"", {top}, ""})));
  CHECK(fixture.images->find("two:2").value().layers.size() == 2);
  CHECK(fixture.layer_folders().size() == 2);
  CHECK(sys::read_file(fixture.path_in("two:2", 0, "etc/x")).value() == "x");
  const auto records = fixture.images->layers(fixture.images->find_id("two:2").value()).value();
  CHECK(records[1].diff_id->hex() == sys::sha256_hex(top));
  CHECK(fixture.load(test::docker_archive({{"one:1", {bottom}, ""}})).value() ==
        std::vector<std::string>{"one:1"});
}

TEST_CASE("a cancelled wait for another process's work on a layer ends") {
  const ImageFixture fixture;
  const auto key = model::Digest::from_sha256_hex(sys::sha256_hex("layer"));
  const auto working = fixture.images->lock_work(key, {});
  REQUIRE(working);
  const base::Cancellation cancellation;
  cancellation.request();
  const auto waited = fixture.images->lock_work(key, cancellation);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().error_class == base::ErrorClass::Cancelled);
}

TEST_CASE("an archive that lies is refused and leaves nothing") {
  const ImageFixture fixture;
  const std::string layer = small_root();
  test::ArchiveImage image{"x", {layer}, ""};
  const std::string wrong_config = test::config_of({"", {layer + "more"}, ""});
  const std::string archive =
      TarBuilder()
          .file("c.json", wrong_config)
          .file("l.tar", layer)
          .file("manifest.json", R"([{"Config":"c.json","RepoTags":["x"],"Layers":["l.tar"]}])")
          .finish();
  CHECK(fixture.load(archive).error().message == "the layer's digest is sha256:" + sys::sha256_hex(layer) +
                                                     ", expected sha256:" + sys::sha256_hex(layer + "more"));
  const std::string missing =
      TarBuilder().file("manifest.json", R"([{"Config":"../../etc/passwd","Layers":[]}])").finish();
  CHECK(fixture.load(missing).error().message == "the layer's name \"../../etc/passwd\" leads upwards");
  CHECK(fixture.load(layer).error().message ==
        "this is no image archive: it has neither manifest.json nor index.json");
  CHECK(fixture.images->list().value().empty());
  CHECK(fixture.layer_folders().empty());
}

TEST_CASE("a root file system as GNU tar packs it: a static busybox with its links") {
  const ImageFixture fixture;
  const std::string root = fixture.folder.path + "/busybox", tar = fixture.folder.path + "/busybox.tar";
  const std::string make = "mkdir -p " + root + "/bin " + root + "/tmp && chmod 1777 " + root +
                           "/tmp && cp /bin/busybox " + root + "/bin && chroot " + root +
                           " /bin/busybox --install -s /bin && ln " + root + "/bin/busybox " + root +
                           "/bin/hard && tar -C " + root + " -czf " + tar + " .";
  REQUIRE(std::system(make.c_str()) == 0);
  const auto fd = sys::open_file(tar, O_RDONLY).value();
  const auto id = import_root(*fixture.images, fd.value(), {"busybox:1", {"CMD [\"sh\"]"}, "", ""}).value();
  const std::string compare = "diff -r --no-dereference " + root + " " + fixture.path_in("busybox:1", 0, "");
  CHECK(std::system(compare.c_str()) == 0);
  const std::string run = "chroot " + fixture.path_in("busybox:1", 0, "") +
                          " /bin/sh -c 'test -k /tmp && test /bin/hard -ef /bin/busybox'";
  CHECK(std::system(run.c_str()) == 0);
  // Saved and loaded elsewhere it is the same image.
  const ImageFixture other;
  const auto archive = sys::make_unnamed_file(fixture.folder.path).value();
  REQUIRE(save_archive(*fixture.images, {.images = {"busybox:1"}}, archive.value()));
  REQUIRE(::lseek(archive.value(), 0, SEEK_SET) == 0);
  REQUIRE(load_archive(*other.images, archive.value(), {}));
  CHECK(other.images->find_id("busybox:1").value() == id);
}

TEST_CASE("an image that cannot be read takes nothing from the others, and can be removed") {
  const ImageFixture fixture;
  fixture.import(small_root(), {"good", {}, "", ""}).value();
  const auto damage = [&](const std::string& name) {
    const std::string id = fixture.import(small_root(), {name, {"LABEL name=" + name}, "", ""}).value();
    REQUIRE(fixture.database->run("UPDATE images SET config = '{\"config\":7}' WHERE id = ?", {id}));
    return id;
  };
  const auto names_listed = [&] {
    std::vector<std::string> names;
    const auto images = fixture.images->list().value();
    for (const auto& image : images) names.push_back(image.tags.at(0));
    return names;
  };
  const auto check = [&](CheckAction action, const ImageUsers& users) {
    return check_store(*fixture.images, CheckDepth::Records, action, users).value();
  };
  const std::string bad = damage("bad");
  CHECK(names_listed() == std::vector<std::string>{"good:latest"});
  CHECK(fixture.images->disk_use().value().size() == 1);
  const auto unreadable = find_unreadable_images(*fixture.database).value();
  REQUIRE(unreadable.size() == 1);
  CHECK(unreadable[0].id == bad);
  CHECK(unreadable[0].reason == "image configuration: config must be an object");

  const std::string problem = "image " + bad + " cannot be read: " + unreadable[0].reason;
  CHECK(check(CheckAction::Report, {}).problems == std::vector{problem});
  CHECK(check(CheckAction::Repair, used_by({"web"})).problems ==
        std::vector{problem + "; it stays while containers are made of it: web"});
  CHECK(check(CheckAction::Repair, {}).repairs ==
        std::vector{"removed image " + bad + " bad:latest: it cannot be mended here"});
  CHECK(check(CheckAction::Report, {}).problems.empty());

  damage("pruned");
  const auto takes_all = [](const ImageConfig& config) { return config.labels.empty(); };
  CHECK(fixture.images->prune(PruneMode::Dangling, {}, takes_all).value().deleted.empty());
  CHECK(fixture.images
            ->prune(PruneMode::All, used_by({}),
                    [](const ImageConfig& config) { return config.labels.empty() && !config.created; })
            .value()
            .untagged == std::vector<std::string>{"pruned:latest"});
  damage("removed");
  CHECK(fixture.images->remove("removed", RemoveMode::Careful, {}).value().untagged ==
        std::vector<std::string>{"removed:latest"});
  CHECK(find_unreadable_images(*fixture.database).value().empty());
  CHECK(names_listed() == std::vector<std::string>{"good:latest"});
}

TEST_CASE("an image is recorded only if it can be read again") {
  const ImageFixture fixture;
  BuiltImage image;
  image.config.history.resize(kMostHistory + 1);
  CHECK(fixture.images->add_built_image(image).error().message ==
        "image configuration: more than 10000 history entries");
  image.config.history.clear();
  image.config.labels["large"] = std::string(kLargestConfig, 'x');
  CHECK(fixture.images->add_built_image(image).error().message ==
        "image configuration: larger than 8388608 bytes");
  CHECK(fixture.images->list().value().empty());
}
