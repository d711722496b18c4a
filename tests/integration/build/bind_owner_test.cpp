// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/build_fixture.h"

namespace {

/// A context that is somebody's, with a file that the ignore file names.
struct OwnedContext : test::BuildFixture {
  OwnedContext() {
    import_base();
    shell("mkdir d; echo text > d/f; chmod 640 d/f; ln -s f d/link; echo secret > d/left-out");
  }

  /// What a step sees of the context's owners.
  std::string owners(const std::string& mount) {
    const std::string id =
        must_build("FROM base:1\nRUN --mount=type=bind," + mount +
                   " for f in /m /m/*; do test ! -e $f || stat -c '%n %u:%g %a' $f; done > /o\n");
    return sys::read_file(path_in(id, 0, "o")).value();
  }
};

}  // namespace

TEST_CASE("a bind mount of a context shows root's files, whoever owns them") {
  OwnedContext fixture;
  fixture.shell(GENERATE("chown -R 1000:1000 .", "chown -R 1000:50 .", "chown -R 0:1000 .",
                         "chown -R 1000:1000 .; chown 7:0 d/f"));
  const std::string folder = "/m 0:0 755\n/m/f 0:0 640\n/m/link 0:0 777\n";
  const std::string all = "/m 0:0 755\n/m/f 0:0 640\n/m/left-out 0:0 644\n/m/link 0:0 777\n";
  CHECK(fixture.owners("source=d,target=/m") == all);
  CHECK(fixture.owners("source=d,target=/m,rw") == all);
  CHECK(fixture.owners("source=d/f,target=/m") == "/m 0:0 640\n");
  CHECK(fixture.owners("source=d/f,target=/m,rw") == "/m 0:0 640\n");
  fixture.write(".dockerignore", "d/left-out\n");
  fixture.shell("chown 1000 .dockerignore");
  CHECK(fixture.owners("source=d,target=/m") == folder);
  CHECK(fixture.owners("source=d,target=/m,rw") == folder);
  fixture.must_build(
      "FROM base:1\nRUN --mount=type=bind,target=/c,rw echo new > /c/d/f; chown 5 /c/d/link; rm -r /c/d\n");
  CHECK(sys::read_file(fixture.spec.context + "/d/f").value() == "text\n");
  fixture.shell("[ \"$(stat -c %u d)\" = 1000 ] || [ \"$(stat -c %g d)\" = 1000 ]");
}

TEST_CASE("a bind mount of a stage keeps its owners") {
  OwnedContext fixture;
  const std::string id = fixture.must_build(
      "FROM base:1 AS one\nRUN mkdir /d; touch /d/f; chown -R 33:44 /d\n"
      "FROM base:1\nRUN --mount=type=bind,from=one,source=/d,target=/m stat -c %u:%g /m/f > /o\n");
  CHECK(sys::read_file(fixture.path_in(id, 0, "o")).value() == "33:44\n");
}
