// SPDX-License-Identifier: Apache-2.0
// Build arguments, directives and names that change how a build goes.
#include <catch2/catch.hpp>

#include "integration/build/image_text.h"
#include "support/build_fixture.h"

using Lines = std::vector<std::string>;

TEST_CASE("rules that a Dockerfile breaks are told, and end the build on demand") {
  test::BuildFixture fixture;
  const std::string text = "FROM scratch\nCMD a\nCMD [\"b\"]\nLABEL a=$b\n";
  fixture.must_build(text);
  CHECK(fixture.warnings() ==
        "Dockerfile (inline):2: warning: this CMD has no effect: another one follows in its stage "
        "(MultipleInstructionsDisallowed)\n"
        "Dockerfile (inline):4: warning: $b is not defined here (UndefinedVar)\n");
  fixture.must_build(
      "# check=skip=JSONArgsRecommended,UndefinedVar,MultipleInstructionsDisallowed;error=true\n" + text);
  CHECK(fixture.warnings().empty());
  // What is advice otherwise counts when it is demanded.
  const std::string failed = "# check=skip=UndefinedVar,MultipleInstructionsDisallowed;error=true\n" + text;
  CHECK(fixture.must_fail(failed) ==
        "error: the Dockerfile breaks rules it is to keep: JSONArgsRecommended\n"
        "  hint: # check=error=true demands it; skip=RULE leaves one out\n");
  // The request has the last word.
  fixture.spec.args = {{"BUILDKIT_DOCKERFILE_CHECK", "skip=all"}};
  fixture.must_build(failed);
  CHECK(fixture.warnings().empty());
  fixture.spec.args.clear();
  fixture.spec.check_only = true;
  REQUIRE(fixture.build(text));
  CHECK(fixture.warnings().find("  hint: write CMD [\"program\", \"argument\"]") != std::string::npos);
}

TEST_CASE("another language than that of Dockerfiles is not taken for one in silence") {
  test::BuildFixture fixture;
  fixture.must_build("# syntax=docker/dockerfile:1\nFROM scratch\n");
  CHECK(fixture.warnings().empty());
  fixture.must_build("# syntax=my/language:2\nFROM scratch\n");
  CHECK(fixture.warnings() ==
        "warning: the syntax my/language:2 is not run: the file is read as a Dockerfile\n"
        "  hint: use docker/dockerfile, or no syntax directive\n");
}

TEST_CASE("a context takes the place of an image by any form of its name") {
  test::BuildFixture fixture;
  fixture.import_base();
  for (const char* name : {"redis", "docker.io/library/redis:latest", "library/redis"}) {
    fixture.spec.additional_contexts = {{name, "docker-image://base:1"}};
    fixture.must_build("FROM redis:latest\nRUN test -x /bin/sh\n");
    fixture.must_build("FROM docker.io/library/redis\nRUN test -x /bin/sh\n");
  }
  fixture.must_fail("FROM redis:7\n");
}

TEST_CASE("cache mounts of another namespace are other caches") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string fill = "FROM base:1\nRUN --mount=type=cache,target=/c echo x > /c/f\n";
  const std::string empty = "FROM base:1\nRUN --mount=type=cache,target=/c test ! -e /c/f\n";
  fixture.must_build(fill);
  fixture.must_fail(empty);
  fixture.spec.args = {{"BUILDKIT_CACHE_MOUNT_NS", "other"}};
  fixture.must_build(empty);
}

TEST_CASE("a dockerfile in small letters is found") {
  test::BuildFixture fixture;
  fixture.write("dockerfile", "FROM scratch\nCOPY nothing /\n");
  CHECK(fixture.must_fail("").find("dockerfile:2:6: error: ") == 0);
  fixture.write("Dockerfile", "FROM scratch\nCOPY none /\n");
  CHECK(fixture.must_fail("").find("Dockerfile:2:6: error: ") == 0);
}

TEST_CASE("names and folders that cannot be are refused before the first step") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string dockerfile = "FROM base:1\nRUN echo a > /a\n";
  fixture.spec.tags = {"BAD:x"};
  CHECK_THAT(fixture.must_fail(dockerfile), Catch::Contains("BAD"));
  fixture.spec.tags = {"base@sha256:" + std::string(64, 'a')};
  CHECK_THAT(fixture.must_fail(dockerfile),
             Catch::Contains("names a digest, which cannot be given to an image"));
  fixture.spec.tags.clear();
  fixture.spec.additional_contexts = {{"more", fixture.folder.path + "/nowhere"}};
  CHECK(fixture.must_fail(dockerfile) ==
        "error: the build context more: " + fixture.folder.path + "/nowhere does not exist\n");
  CHECK(fixture.runner.runs == 0);
}
