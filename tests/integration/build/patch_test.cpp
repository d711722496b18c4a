// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include <catch2/catch.hpp>

#include "base/split.h"
#include "runtime/build/build_cache.h"
#include "runtime/image/layer_blob.h"
#include "runtime/image/store_check.h"
#include "support/build_fixture.h"

// Of a COPY of many files, of which few have changed, only those are put in the new layer.

namespace {

constexpr const char* kDockerfile = "FROM base:1\nCOPY d /app\n";

struct Patches : test::BuildFixture {
  Patches() {
    import_base();
    shell(
        "mkdir -p d/a d/b; i=0; while [ $i -lt 300 ]; do echo $i > d/a/$i; i=$((i+1)); done\n"
        "echo x > d/b/x; ln -s x d/b/link; chmod 0751 d/b; find d -exec touch -h -d '1 hour ago' {} +\n"
        "busybox usleep 50000");
  }
  std::string build_layer(const std::string& dockerfile = kDockerfile) {
    return images->find(must_build(dockerfile)).value().layers.back();
  }
  /// All that a container sees under /app: names, kinds, modes, times and content.
  std::string listing(const std::string& layer) const {
    const sys::UniqueFd root = snapshots->open_layer(layer).value();
    const std::string out = folder.path + "/listing";
    shell("cd /proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(root.value()) +
          "/app && { find . -printf '%P %y %m %T@ %l\\n' | sort; find . -type f -print0 | sort -z | "
          "xargs -0 cat; } > " +
          out);
    return sys::read_file(out).value();
  }
  /// Files in the layer's own folder.
  std::vector<std::string> own_files(const std::string& layer) const {
    const std::string out = folder.path + "/files";
    shell("cd " + snapshots->fs_path(layer) + " && find . ! -type d | sort > " + out);
    std::vector<std::string> names = base::split(sys::read_file(out).value(), '\n');
    names.pop_back();
    return names;
  }
  /// The same listing, of a build that has nothing to go by.
  std::string fresh_listing(const std::string& dockerfile = kDockerfile) {
    spec.no_cache = true;
    const std::string slot = folder.path + "/build/copies";
    REQUIRE(sys::path_exists(slot));
    REQUIRE(sys::remove_tree(slot));
    const std::string layer = build_layer(dockerfile);
    spec.no_cache = false;
    CHECK(snapshots->base_of(layer).value().empty());
    return listing(layer);
  }
  std::string diff_id(const std::string& layer) const {
    return runtime::image::with_diff_id(*images, images->layer(layer).value(), {}).value().diff_id->text();
  }
};

}  // namespace

TEST_CASE("a changed file makes a layer of that file over the first one") {
  Patches fixture;
  const std::string first = fixture.build_layer();
  CHECK(fixture.own_files(first).size() == 302);
  fixture.shell("echo changed > d/a/7; busybox usleep 50000");
  const std::string second = fixture.build_layer();
  CHECK(fixture.snapshots->base_of(second).value() == first);
  CHECK(fixture.own_files(second) == std::vector<std::string>{"./app/a/7", "./app/b/link"});

  SECTION("the next one has both changes, over the same base") {
    fixture.shell("echo again > d/a/8");
    const std::string third = fixture.build_layer();
    CHECK(fixture.snapshots->base_of(third).value() == first);
    CHECK(fixture.own_files(third) == std::vector<std::string>{"./app/a/7", "./app/a/8", "./app/b/link"});
    CHECK(fixture.listing(third) == fixture.fresh_listing());
  }
  SECTION("a new file, a folder's mode, a link elsewhere, a file in a link's place") {
    fixture.shell(
        "echo new > d/b/new; mkdir d/c; echo c > d/c/c; chmod 0700 d/b; ln -sfn /etc d/b/link; rm d/a/9; "
        "ln -s 8 d/a/9; rm d/a/10; mkdir d/a/10; echo in > d/a/10/in");
    const std::string third = fixture.build_layer();
    CHECK(fixture.snapshots->base_of(third).value() == first);
    CHECK(fixture.listing(third) == fixture.fresh_listing());
  }
  SECTION("a name that is gone makes a whole layer, of the two it knows") {
    fixture.shell("rm d/a/9");
    const std::string third = fixture.build_layer();
    CHECK(fixture.snapshots->base_of(third).value().empty());
    struct stat was {
    }, is{};
    for (const auto& [layer, name] : {std::pair(first, "8"), {second, "7"}}) {
      REQUIRE(::stat((fixture.snapshots->fs_path(layer) + "/app/a/" + name).c_str(), &was) == 0);
      REQUIRE(::stat((fixture.snapshots->fs_path(third) + "/app/a/" + name).c_str(), &is) == 0);
      CHECK(was.st_ino == is.st_ino);
    }
    CHECK(fixture.listing(third) == fixture.fresh_listing());
  }
  SECTION("so do other layers below, as they may have another way to the target") {
    const std::string other = "FROM base:1\nRUN mkdir /srv/real && ln -s /srv/real /app\nCOPY d /app\n";
    const std::string third = fixture.build_layer(other);
    CHECK(fixture.snapshots->base_of(third).value().empty());
    CHECK(fixture.own_files(third).front() == "./srv/real/a/0");
  }
  SECTION("what was there before is found again") {
    fixture.shell("echo 7 > d/a/7");
    CHECK(fixture.build_layer() == first);
    fixture.shell("echo more > d/a/9");
    CHECK(fixture.snapshots->base_of(fixture.build_layer()).value() == first);
  }
  SECTION("steps after it, and copies out of it, see all") {
    fixture.shell("echo third > d/a/8");
    fixture.must_build(
        "FROM base:1 AS one\nCOPY d /app\nRUN cat /app/a/7 /app/a/8 /app/a/9 > /seen && rm /app/a/9\n"
        "FROM base:1\nCOPY --from=one /seen /app/a/7 /app/a/10 /out/\nCOPY --from=one /app/a /all\n"
        "RUN cat /out/seen /out/7 /out/10; ls /all | wc -l\n");
    CHECK(fixture.output() == "changed\nthird\n9\nchanged\n10\n299\n");
  }
}

TEST_CASE("nothing is taken out of a layer that other sources have a part in") {
  Patches fixture;
  const auto names = [&](const std::string& dockerfile) {
    const std::string listing = fixture.listing(fixture.build_layer(dockerfile));
    return std::set<std::string>{listing.contains("secret.txt ") ? "secret" : "no secret",
                                 listing.contains("\na/7 ") ? "below" : "flat"};
  };
  SECTION("a text beside the folder") {
    CHECK(names("FROM base:1\nCOPY d <<secret.txt /app/\nx\nsecret.txt\n").contains("secret"));
    fixture.shell("echo changed > d/a/7");
    CHECK(names("FROM base:1\nCOPY d /app/\n").contains("no secret"));
  }
  SECTION("a link that leads elsewhere") {
    fixture.shell("ln -s d/a cur");
    CHECK(names("FROM base:1\nCOPY cur /app/\n").contains("flat"));
    fixture.shell("ln -sfn d cur");
    CHECK(names("FROM base:1\nCOPY cur /app/\n").contains("below"));
  }
  SECTION("another source of a pattern, with a file of the same name") {
    fixture.shell(
        "mkdir e1 e2; echo AAA > e1/f; echo BBB > e2/f; touch -d '1 hour ago' e1/f e2/f; busybox usleep "
        "50000");
    const std::string dockerfile = "FROM base:1\nCOPY e* /app/\n";
    CHECK(fixture.listing(fixture.build_layer(dockerfile)).ends_with("BBB\n"));
    fixture.shell("rm -r e2");
    CHECK(fixture.listing(fixture.build_layer(dockerfile)).ends_with("AAA\n"));
  }
  SECTION("an archive with a member of its own name") {
    fixture.shell(
        "echo inner > x.tar; tar -cf outer x.tar; mv outer x.tar; touch -d '1 hour ago' x.tar; busybox "
        "usleep "
        "50000");
    fixture.build_layer("FROM base:1\nADD x.tar /app/\n");
    const std::string layer = fixture.build_layer("FROM base:1\nCOPY x.tar /app/\n");
    CHECK(sys::read_file(fixture.snapshots->fs_path(layer) + "/app/x.tar").value().size() > 1000);
  }
}

TEST_CASE("a file that was touched has its time in the next layer") {
  Patches fixture;
  fixture.build_layer();
  fixture.shell("touch -d '2022-02-02' d/a/5; busybox usleep 50000");
  fixture.build_layer();
  fixture.shell("echo changed > d/a/9");
  const std::string layer = fixture.build_layer();
  CHECK_FALSE(fixture.snapshots->base_of(layer).value().empty());
  CHECK(fixture.own_files(layer) == std::vector<std::string>{"./app/a/5", "./app/a/9", "./app/b/link"});
  CHECK(fixture.listing(layer) == fixture.fresh_listing());
}

TEST_CASE("the tar of a layer is the same whether it has a base or not") {
  Patches fixture;
  fixture.spec.args["SOURCE_DATE_EPOCH"] = "1600000000";
  fixture.build_layer();
  fixture.shell("echo changed > d/a/7; echo new > d/a/new");
  const std::string patch = fixture.build_layer();
  CHECK_FALSE(fixture.snapshots->base_of(patch).value().empty());
  const std::string with_base = fixture.diff_id(patch);
  Patches other;
  other.spec.args["SOURCE_DATE_EPOCH"] = "1600000000";
  other.shell("echo changed > d/a/7; echo new > d/a/new");
  CHECK(other.diff_id(other.build_layer()) == with_base);
}

TEST_CASE("a base outlives its own image and cache, and a check looks at it") {
  Patches fixture;
  fixture.spec.tags = {"app:1"};
  const std::string first_image = fixture.must_build(kDockerfile);
  const std::string first = fixture.images->find(first_image).value().layers.back();
  fixture.shell("echo changed > d/a/7");
  const std::string second_image = fixture.must_build(kDockerfile);
  const std::string second = fixture.images->find(second_image).value().layers.back();
  const std::int64_t size = fixture.images->find(second_image).value().size;
  CHECK(size >= fixture.images->find(first_image).value().size);
  REQUIRE(fixture.images->remove(first_image, runtime::image::RemoveMode::Force, {}));
  auto cache =
      runtime::build::BuildCache::open(*fixture.database, *fixture.snapshots, fixture.folder.path).value();
  const auto records = cache.records().value();
  for (const auto& record : records) REQUIRE(cache.remove(record.id));
  CHECK(fixture.snapshots->is_committed(first));
  CHECK(fixture.images->find(second_image).value().size == size);
  CHECK(fixture.listing(second).find("changed\n") != std::string::npos);

  const auto check = [&] {
    return runtime::image::check_store(*fixture.images, runtime::image::CheckDepth::Content,
                                       runtime::image::CheckAction::Repair, {})
        .value();
  };
  CHECK(check().problems.empty());
  SECTION("both go with the last image") {
    REQUIRE(fixture.images->remove(second_image, runtime::image::RemoveMode::Force, {}));
    CHECK_FALSE(fixture.snapshots->is_committed(first));
    CHECK_FALSE(fixture.snapshots->is_committed(second));
  }
  SECTION("a file that is damaged behind the store's back is found, wherever it is") {
    const std::string layer = GENERATE(true, false) ? first : second;
    REQUIRE(::truncate((fixture.snapshots->fs_path(layer) + "/app/a/" + (layer == first ? "9" : "7")).c_str(),
                       0) == 0);
    const auto report = check();
    CHECK(report.problems ==
          std::vector<std::string>{"layer " + layer + " has lost files, or their content"});
    CHECK(report.repairs.front().starts_with("removed image " + second_image));
    fixture.must_build(kDockerfile);
    REQUIRE(fixture.snapshots->recover());
    CHECK(check().problems.empty());
  }
  SECTION("a lost base stays while a container needs it, though the build cache holds it too") {
    fixture.shell("echo more > d/a/8");
    fixture.must_build(kDockerfile);
    REQUIRE(sys::remove_tree(fixture.snapshots->fs_path(first)));
    const auto users = [&](const std::string& image) -> base::Result<std::vector<std::string>> {
      return image == second_image ? std::vector<std::string>{"web"} : std::vector<std::string>{};
    };
    const auto report = runtime::image::check_store(*fixture.images, runtime::image::CheckDepth::Records,
                                                    runtime::image::CheckAction::Repair, users)
                            .value();
    CHECK(report.problems ==
          std::vector<std::string>{"layer " + first +
                                   " has lost its folder; it stays while containers are made "
                                   "of it: web"});
    CHECK(report.repairs.empty());
    CHECK(fixture.snapshots->is_committed(first));
    CHECK(fixture.snapshots->is_committed(second));
  }
  SECTION("a lost base is mended by taking the image away") {
    REQUIRE(sys::remove_tree(fixture.snapshots->fs_path(first)));
    const auto report = check();
    CHECK(report.problems == std::vector<std::string>{"layer " + first + " has lost its folder"});
    CHECK(report.repairs.front().starts_with("removed image " + second_image + " app:1"));
    CHECK_FALSE(fixture.snapshots->is_committed(second));
    REQUIRE(fixture.snapshots->recover());
    CHECK(check().problems.empty());
    fixture.must_build(kDockerfile);
  }
}
