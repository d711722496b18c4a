// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/build_fixture.h"

namespace {

/// Prints more than a pipe holds, so the step goes on only once its first words were heard.
const std::string kWaitUntilHeard = "echo heard; cat /bin/busybox; ";

/// A build during which something happens in the context, as soon as a step says "heard".
struct ChangingFixture : test::BuildFixture {
  ChangingFixture() { import_base(); }

  std::string build_while(const std::string& dockerfile, const std::function<void()>& change) {
    spec.dockerfile_inline = dockerfile;
    bool done = false;
    const auto image = builder.build(
        spec,
        [&](const runtime::build::BuildEvent& event) {
          if (done || !event.text.starts_with("heard\n")) return;
          done = true;
          change();
        },
        cancellation);
    if (!image) FAIL(base::to_text(image.error()));
    REQUIRE(done);
    return image->id;
  }
  std::string read(const std::string& id, std::size_t from_top, const std::string& path) const {
    return sys::read_file(path_in(id, from_top, path)).value();
  }
};

}  // namespace

TEST_CASE("a step is not remembered when what its bind mount shows changed meanwhile") {
  ChangingFixture fixture;
  const std::string mount = GENERATE("target=/c", "target=/c,rw");
  const std::string dockerfile = "FROM base:1\nRUN --mount=type=bind," + mount + " " + kWaitUntilHeard +
                                 "cat /c/f > /o\nRUN cat /o > /copy\n";
  fixture.write("f", "aaa");
  std::string id = fixture.build_while(dockerfile, [&] { fixture.shell("printf bbb > f"); });
  CHECK(fixture.read(id, 1, "o") == "bbb");
  CHECK(fixture.read(id, 0, "copy") == "bbb");
  fixture.write("f", "aaa");
  id = fixture.must_build(dockerfile);
  CHECK(fixture.read(id, 1, "o") == "aaa");
  CHECK(fixture.read(id, 0, "copy") == "aaa");
  CHECK(fixture.runner.runs == 4);
  CHECK(fixture.must_build(dockerfile) == id);
  CHECK(fixture.runner.runs == 4);
}

TEST_CASE("a file that comes and goes below a bind mount keeps the step from being remembered") {
  ChangingFixture fixture;
  fixture.shell("mkdir d");
  const std::string dockerfile =
      "FROM base:1\nRUN --mount=type=bind,source=d,target=/c " + kWaitUntilHeard + "ls /c > /o\n";
  fixture.build_while(dockerfile, [&] { fixture.shell("touch d/new; rm d/new"); });
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 2);
}

TEST_CASE("what changes beside a bind mount's source is nothing to the step") {
  ChangingFixture fixture;
  fixture.shell("mkdir d; touch d/f");
  const std::string dockerfile =
      "FROM base:1\nRUN --mount=type=bind,source=d,target=/c " + kWaitUntilHeard + "ls /c > /o\n";
  fixture.build_while(dockerfile, [&] { fixture.shell("touch beside"); });
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 1);
}

TEST_CASE("an exported cache does not have what was made of a step that is not remembered") {
  ChangingFixture fixture;
  const std::string cache = fixture.folder.path + "/cache";
  const std::string dockerfile = "FROM base:1\nRUN --mount=type=bind,target=/c " + kWaitUntilHeard +
                                 "cat /c/f > /o\nRUN cat /o > /copy\n";
  fixture.write("f", "aaa");
  fixture.spec.cache_to = {"type=local,mode=max,dest=" + cache};
  fixture.build_while(dockerfile, [&] { fixture.shell("printf bbb > f"); });
  fixture.write("f", "aaa");
  fixture.spec.cache_to.clear();
  fixture.spec.cache_from = {"type=local,src=" + cache};
  const std::string id = fixture.must_build(dockerfile);
  CHECK(fixture.read(id, 0, "copy") == "aaa");
}
