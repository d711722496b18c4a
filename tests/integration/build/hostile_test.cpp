// SPDX-License-Identifier: Apache-2.0
// Contexts, images and Dockerfiles that try to reach the host, or another build.
#include <catch2/catch.hpp>

#include "support/build_fixture.h"
#include "support/tar_builder.h"

namespace {

std::string layer_file(test::BuildFixture& fixture, const std::string& id, const std::string& path) {
  const auto image = fixture.images->find(id).value();
  return sys::read_file(fixture.snapshots->fs_path(image.layers.back()) + path).value_or("none");
}

}  // namespace

TEST_CASE("links of a context lead nowhere outside of it") {
  test::BuildFixture fixture;
  fixture.shell(
      "echo canary > ../canary; ln -s ../canary up; ln -s /etc/passwd absolute; ln -s .. parent; mkdir in; "
      "ln -s ../.. in/far;"
      "mkdir etc; echo mine > etc/passwd");
  for (const char* source : {"up", "parent/canary", "in/far/canary", "../canary"}) {
    INFO(source);
    CHECK(fixture.must_fail(std::string("FROM scratch\nCOPY ") + source + " /x\n").find("does not exist") !=
          std::string::npos);
  }
  const std::string id = fixture.must_build("FROM scratch\nCOPY absolute /x\n");
  CHECK(layer_file(fixture, id, "/x") == "mine\n");
}

TEST_CASE("a mount's source is looked up inside the stage it comes from") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.shell("echo canary > ../canary");
  const std::string id = fixture.must_build(
      "FROM base:1 AS evil\nRUN ln -s /etc /link && ln -s ../../../../../../.." + fixture.folder.path +
      "/canary /file\n"
      "FROM base:1\nRUN --mount=type=bind,from=evil,source=/link,target=/m cat /m/app.conf > /out\n");
  CHECK(layer_file(fixture, id, "/out") == "config\n");
  CHECK(fixture
            .must_fail(
                "FROM base:1 AS evil\nRUN ln -s " + fixture.folder.path +
                "/canary /file\nFROM base:1\nRUN --mount=type=bind,from=evil,source=/file,target=/m cat /m\n")
            .find("does not exist in stage 'evil'") != std::string::npos);
}

TEST_CASE("a target that is a link of the image stays in the image") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.shell("echo x > x; mkdir -p ../outside");
  fixture.must_build("FROM base:1\nRUN ln -s " + fixture.folder.path +
                     "/outside /abs && ln -s ../../../../../.." + fixture.folder.path +
                     "/outside /rel\nCOPY x /abs/\nCOPY x /rel/\nADD x /abs/y\nWORKDIR /abs/made\n");
  CHECK(sys::list_directory(fixture.folder.path + "/outside").value().empty());
}

TEST_CASE("the name of a heredoc is never a path") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string outside = fixture.folder.path + "/outside";
  for (const std::string& name : {"../../../../../../../../../../.." + outside, outside}) {
    const std::string id =
        fixture.must_build("FROM base:1\nRUN <<" + name + "\n#!/bin/sh\necho $0 > /out\n" + name + "\n");
    CHECK(layer_file(fixture, id, "/out") == "/dev/pipes/outside\n");
    CHECK_FALSE(sys::path_exists(outside));
  }
  CHECK(fixture.must_fail("FROM base:1\nCOPY <<.. /x\nhello\n..\n") != "");
}

TEST_CASE("the id of a cache mount is never a path") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.must_build("FROM base:1\nRUN --mount=type=cache,id=../../../../canary,target=/c touch /c/x\n");
  const std::vector<std::string> names = sys::list_directory(fixture.folder.path + "/build/mounts").value();
  REQUIRE(names.size() == 1);
  CHECK(names[0].size() == 64);
  CHECK(names[0].find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("an archive that climbs out is refused") {
  test::BuildFixture fixture;
  for (const char* name : {"../canary", "a/../../canary", "/../canary"}) {
    fixture.write("evil.tar", test::TarBuilder().file(name, "x").finish());
    INFO(name);
    const auto image = fixture.build("FROM scratch\nADD evil.tar /deep/er/\n");
    if (image) CHECK_FALSE(sys::path_exists(fixture.folder.path + "/canary"));
    CHECK_FALSE(image);
  }
}

TEST_CASE("secrets are in no layer, no configuration, no key") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.spec.secrets = {{.id = "token", .file = {}, .content = "geheim-1"}};
  const std::string dockerfile =
      "FROM base:1\nRUN --mount=type=secret,id=token --mount=type=secret,id=token,env=TOKEN true > /done\n";
  const std::string id = fixture.must_build(dockerfile);
  const auto image = fixture.images->find(id).value();
  CHECK(image.config_json.find("geheim") == std::string::npos);
  CHECK(std::system(("! grep -rq geheim " + fixture.folder.path + "/snapshots " + fixture.folder.path +
                     "/build " + fixture.folder.path + "/blobs 2>/dev/null")
                        .c_str()) == 0);
  fixture.spec.secrets[0].content = "geheim-2";
  CHECK(fixture.must_build(dockerfile) == id);
  CHECK(fixture.runner.runs == 1);
}

TEST_CASE("a changed health check or trigger gives another image") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string one = fixture.must_build("FROM base:1\nRUN true\nHEALTHCHECK CMD a\nONBUILD RUN a\n");
  CHECK(fixture.must_build("FROM base:1\nRUN true\nHEALTHCHECK CMD b\nONBUILD RUN a\n") != one);
  CHECK(fixture.must_build("FROM base:1\nRUN true\nHEALTHCHECK CMD a\nONBUILD RUN b\n") != one);
  CHECK(fixture.must_build("FROM base:1\nRUN true\nHEALTHCHECK CMD a\nONBUILD RUN a\n") == one);
}

TEST_CASE("a build takes away what a killed one left, and keeps secrets below the run root") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string run = fixture.folder.path + "/run/build", data = fixture.folder.path + "/build/scratch";
  for (const std::string& all : {run, data}) {
    REQUIRE(sys::make_directories(all + "/999999999.1.dead"));
    REQUIRE(sys::write_file(all + "/999999999.1.dead/secret", "old"));
  }
  fixture.spec.secrets = {{.id = "token", .file = {}, .content = "geheim"}};
  bool below_run = false;
  fixture.spec.dockerfile_inline = "FROM base:1\nRUN --mount=type=secret,id=token cat /run/secrets/token\n";
  const auto image = fixture.builder.build(fixture.spec,
                                           [&](const runtime::build::BuildEvent& event) {
                                             if (event.kind != runtime::build::BuildEvent::Kind::Output)
                                               return;
                                             CHECK(event.text == "geheim");
                                             below_run = sys::list_directory(run).value().size() == 1;
                                             CHECK(sys::list_directory(data).value().empty());
                                           },
                                           {});
  REQUIRE(image);
  CHECK(below_run);
  CHECK(sys::list_directory(run).value().empty());
}

TEST_CASE("an image that the store would not read again is refused at the instruction") {
  test::BuildFixture fixture;
  std::string many = "FROM scratch\n";
  for (int i = 0; i <= 10'000; ++i) many += "ENV V=" + std::to_string(i) + "\n";
  CHECK_THAT(
      fixture.must_fail(many),
      Catch::StartsWith("Dockerfile (inline):10002:1: error: an image has at most 10000 instructions"));
  CHECK_THAT(
      fixture.must_fail("FROM scratch\nLABEL a=1\nLABEL large=" + std::string(9 << 20, 'x') + "\nUSER 1\n"),
      Catch::StartsWith("Dockerfile (inline):3:1: error: an image's configuration has at most 8388608"));
  CHECK_THAT(fixture.must_fail("FROM scratch\nHEALTHCHECK --retries=2000000 CMD x\n"),
             Catch::StartsWith("Dockerfile (inline):2:13: error: --retries: at most 1000000 are kept"));
  CHECK(fixture.images->list().value().empty());
}

TEST_CASE("a NUL byte is refused where it stands") {
  test::BuildFixture fixture;
  fixture.import_base();
  using namespace std::string_literals;
  CHECK(fixture.must_fail("FROM base:1\n\nRUN echo a\0b\n"s) ==
        "error: Dockerfile (inline) is no text: it has a NUL byte in line 3\n");
}
