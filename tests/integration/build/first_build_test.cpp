// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "integration/build/image_text.h"
#include "support/build_fixture.h"

namespace {

using Lines = std::vector<std::string>;

std::string changes(test::BuildFixture& fixture, const std::string& id) {
  const auto image = fixture.images->find(id).value();
  const auto tree = runtime::build::LayeredTree::open(fixture.snapshots->lower_dirs(image.layers).value(),
                                                      runtime::build::OverlayMarks::Honour)
                        .value();
  return build_test::root_changes({}, build_test::list_root(tree));
}

}  // namespace

TEST_CASE("an image from nothing, and again from the cache") {
  test::BuildFixture fixture;
  fixture.shell("mkdir -p src/sub; echo a > src/a; echo b > src/sub/b; ln -s a src/link; chmod 0755 src/a");
  const std::string dockerfile = "FROM scratch\nCOPY src /app\nWORKDIR /app\nCMD [\"/app/a\"]\n";
  const std::string first = fixture.must_build(dockerfile);
  CHECK(fixture.steps() == Lines{"[2/3] COPY src /app", "[3/3] WORKDIR /app"});
  CHECK(changes(fixture, first) ==
        "/app d 0755 0:0\n/app/a f 0755 0:0 2 87428fc5\n/app/link l 0:0 -> a\n/app/sub d 0755 0:0\n"
        "/app/sub/b f 0644 0:0 2 02638299\n");
  CHECK(fixture.must_build(dockerfile) == first);
  CHECK(fixture.steps() == Lines{"CACHED [2/3] COPY src /app", "CACHED [3/3] WORKDIR /app"});
  fixture.shell("echo changed > src/sub/b");
  CHECK(fixture.must_build(dockerfile) != first);
  CHECK(fixture.steps() == Lines{"[2/3] COPY src /app", "[3/3] WORKDIR /app"});
}

TEST_CASE("a RUN runs in its layers and leaves no mount points") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string id =
      fixture.must_build("FROM base:1\nRUN echo hello > /out && ls /proc/self >/dev/null\n");
  const auto image = fixture.images->find(id).value();
  REQUIRE(image.layers.size() == 2);
  const auto top = runtime::build::LayeredTree::open({fixture.snapshots->fs_path(image.layers.back())},
                                                     runtime::build::OverlayMarks::Honour)
                       .value();
  CHECK(build_test::root_changes({}, build_test::list_root(top)) == "/out f 0644 0:0 6 5891b5b5\n");
  CHECK(fixture.runner.runs == 1);
  CHECK(fixture.must_build("FROM base:1\nRUN echo hello > /out && ls /proc/self >/dev/null\n") == id);
  CHECK(fixture.runner.runs == 1);
  CHECK(fixture.must_fail("FROM base:1\nRUN echo before; exit 3\n") ==
        "Dockerfile (inline):2:1: error: the process \"/bin/sh -c echo before; exit 3\" failed: exit code 3\n"
        "    2 | RUN echo before; exit 3\n"
        "      | ^~~~~~~~~~~~~~~~~~~~~~~\n");
  CHECK(fixture.output() == "before\n");
}

TEST_CASE("folders that exist do not come into a layer for a mount's sake") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string id = fixture.must_build(
      "FROM base:1\nRUN --mount=type=tmpfs,target=/srv/www/new/place echo x > /out\n"
      "RUN --mount=type=tmpfs,target=/data/new rm -r /data/private && mkdir -m 0700 /data/private\n");
  const auto image = fixture.images->find(id).value();
  const auto layer = [&](std::size_t index) {
    const auto tree = runtime::build::LayeredTree::open({fixture.snapshots->fs_path(image.layers[index])},
                                                        runtime::build::OverlayMarks::Ignore)
                          .value();
    return build_test::root_changes({}, build_test::list_root(tree));
  };
  CHECK(layer(1) == "/out f 0644 0:0 2 73cb3858\n");
  CHECK(layer(2) == "/data d 0755 0:0\n/data/private d 0700 0:0\n");
}
