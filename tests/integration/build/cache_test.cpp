// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <catch2/catch.hpp>

#include "runtime/image/layer_blob.h"
#include "support/build_fixture.h"

namespace {

using Lines = std::vector<std::string>;
using Kind = runtime::build::BuildEvent::Kind;

std::string text_of(const test::BuildFixture& fixture, Kind kind) {
  std::string out;
  for (const auto& event : fixture.events) {
    if (event.kind == kind) out += event.text;
  }
  return out;
}

}  // namespace

TEST_CASE("a step's key is made of what it reads, and nothing else") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.shell("mkdir d; echo a > d/a; echo b > b");
  const std::string copy = "FROM base:1\nCOPY d /d\nRUN echo x > /x\n";
  fixture.must_build(copy);

  SECTION("times and the context's other files do not count") {
    fixture.shell("touch -d @1 d/a d; echo other > other; mv d e; mv e d");
    fixture.must_build(copy);
    CHECK(fixture.steps() ==
          Lines{"CACHED [1/3] FROM base:1", "CACHED [2/3] COPY d /d", "CACHED [3/3] RUN echo x > /x"});
  }
  SECTION("a mode does") {
    fixture.shell("chmod 0755 d/a");
    fixture.must_build(copy);
    CHECK(fixture.steps() == Lines{"CACHED [1/3] FROM base:1", "[2/3] COPY d /d", "[3/3] RUN echo x > /x"});
  }
  SECTION("a file's content does, even with its size and time kept") {
    fixture.shell(
        "touch -r d/a /tmp/compose-test-time; echo z > d/a; touch -r /tmp/compose-test-time d/a; rm "
        "/tmp/compose-test-time");
    fixture.must_build(copy);
    CHECK(fixture.steps() == Lines{"CACHED [1/3] FROM base:1", "[2/3] COPY d /d", "[3/3] RUN echo x > /x"});
  }
  SECTION("a name does, and going back finds the first layer again") {
    fixture.shell("mv d/a d/renamed");
    fixture.must_build(copy);
    CHECK(fixture.steps()[1] == "[2/3] COPY d /d");
    fixture.shell("mv d/renamed d/a");
    fixture.must_build(copy);
    CHECK(fixture.steps()[1] == "CACHED [2/3] COPY d /d");
  }
  SECTION("configuration between two steps leaves the second alone, variables it sees do not") {
    fixture.must_build(
        "FROM base:1\nLABEL a=b\nCMD [\"x\"]\nHEALTHCHECK NONE\nCOPY d /d\nEXPOSE 80\nRUN echo x > /x\n");
    CHECK(fixture.steps() ==
          Lines{"CACHED [1/3] FROM base:1", "CACHED [2/3] COPY d /d", "CACHED [3/3] RUN echo x > /x"});
    fixture.must_build("FROM base:1\nENV V=1\nCOPY d /d\nRUN echo x > /x\n");
    CHECK(fixture.steps() ==
          Lines{"CACHED [1/3] FROM base:1", "CACHED [2/3] COPY d /d", "[3/3] RUN echo x > /x"});
    fixture.must_build("FROM base:1\nCOPY d /d\nUSER 33\nRUN echo x > /tmp/x\n");
    CHECK(fixture.steps()[2] == "[3/3] RUN echo x > /tmp/x");
  }
}

TEST_CASE("a changed base, build argument or bind mount is another key") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.write("f", "1");
  const std::string dockerfile =
      "FROM base:1\nARG A\nRUN --mount=type=bind,source=f,target=/f cat /f > /copy\n";
  fixture.spec.args["A"] = "1";
  fixture.must_build(dockerfile);
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 1);
  fixture.write("f", "2");
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 2);
  fixture.spec.args["A"] = "2";
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 3);
  fixture.spec.args["HTTP_PROXY"] = "http://proxy:3128";
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 3);
}

TEST_CASE("no_cache and its filter build anew, and what they built is found again") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string dockerfile =
      "FROM base:1 AS one\nRUN echo 1 > /1\nFROM base:1 AS two\nRUN echo 2 > /2\nFROM scratch\n"
      "COPY --from=one /1 /\nCOPY --from=two /2 /\n";
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 2);
  fixture.spec.no_cache_filter = {"two"};
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 3);
  fixture.spec.no_cache_filter.clear();
  fixture.spec.no_cache = true;
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 5);
  fixture.spec.no_cache = false;
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 5);
}

TEST_CASE("what was made of a step that is made anew is made anew as well") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string dockerfile =
      "FROM base:1 AS one\nRUN mktemp -u XXXXXXXX > /1\nFROM one AS two\nRUN cat /1 > /2\n"
      "FROM scratch\nCOPY --from=two /1 /\nCOPY --from=two /2 /\n";
  const auto both = [&](const std::string& id) {
    const auto layers = fixture.images->find(id).value().layers;
    return std::pair(sys::read_file(fixture.snapshots->fs_path(layers.front()) + "/1").value(),
                     sys::read_file(fixture.snapshots->fs_path(layers.back()) + "/2").value());
  };
  const auto first = both(fixture.must_build(dockerfile));
  CHECK(first.first == first.second);
  CHECK(fixture.runner.runs == 2);
  fixture.spec.no_cache_filter = {"one"};
  const auto second = both(fixture.must_build(dockerfile));
  CHECK(second.first == second.second);
  CHECK(second.first != first.first);
  CHECK(fixture.runner.runs == 4);
  fixture.spec.no_cache_filter.clear();
  CHECK(both(fixture.must_build(dockerfile)) == second);
  CHECK(fixture.runner.runs == 4);
}

TEST_CASE("a change is noticed however shortly after a build it comes") {
  test::BuildFixture fixture;
  fixture.import_base();
  for (int round = 0; round < 100; ++round) {
    const std::string text = fmt::format("{:03}", round);
    fixture.write("f", text);  // the same size, and often within the same tick of the clock
    const std::string id = fixture.must_build("FROM base:1\nCOPY f /f\n");
    const std::string layer = fixture.images->find(id).value().layers.back();
    REQUIRE(sys::read_file(fixture.snapshots->fs_path(layer) + "/f").value() == text);
  }
}

TEST_CASE("a build that finds everything in the cache writes nothing") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.shell("mkdir d; echo a > d/a; touch -d '1 hour ago' d/a; busybox usleep 50000");
  fixture.spec.tags = {"same:1"};
  const std::string dockerfile =
      "FROM base:1 AS one\nRUN echo x > /x\nFROM base:1\nCOPY --chown=root d /d\nCOPY --from=one /x /\n"
      "RUN --mount=type=bind,source=d,target=/m --mount=type=bind,from=one,target=/o cat /m/a\n";
  const std::string id = fixture.must_build(dockerfile);
  const test::TemporaryFolder lists;
  const auto everything = [&] {
    fixture.shell("cd .. && find . -mindepth 1 ! -name '*-shm' ! -name script -printf '%P %s %T@ %C@\\n' > " +
                  lists.path + "/list");
    return sys::read_file(lists.path + "/list").value();
  };
  const std::string before = everything();
  CHECK(before.find("state.db-wal") != std::string::npos);
  CHECK(fixture.must_build(dockerfile) == id);
  CHECK(everything() == before);
}

TEST_CASE("copying from a stage that was built anew with the same files is cached") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.must_build("FROM base:1 AS one\nRUN echo same > /f\nFROM scratch\nCOPY --from=one /f /\n");
  fixture.must_build("FROM base:1 AS one\nRUN echo same > /f && true\nFROM scratch\nCOPY --from=one /f /\n");
  CHECK(fixture.steps().back() == "CACHED [stage-1 2/2] COPY --from=one /f /");
}

TEST_CASE("a failed step is not remembered, and what it left is gone") {
  test::BuildFixture fixture;
  fixture.import_base();
  const auto layers = fixture.layer_folders();
  const auto image = fixture.build("FROM base:1\n\nRUN echo some output && \\\n  exit 7\nRUN true\n");
  REQUIRE_FALSE(image);
  CHECK(image.error().exit_code == 7);
  CHECK(text_of(fixture, Kind::Failed) ==
        "the process \"/bin/sh -c echo some output &&   exit 7\" failed: exit code 7\n"
        "Dockerfile (inline):3\n"
        "    1 |     FROM base:1\n"
        "    2 |     \n"
        "    3 | >>> RUN echo some output && \\\n"
        "    4 | >>>   exit 7\n"
        "    5 |     RUN true\n");
  fixture.snapshots->wait_for_trash();
  CHECK(fixture.layer_folders() == layers);
  CHECK(fixture.builder.cache_records().value().empty());
  CHECK(sys::list_directory(fixture.folder.path + "/build/scratch").value_or(Lines{}).empty());
}

TEST_CASE("pruning takes what no image holds, and leaves images whole") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.spec.tags = {"kept:1"};
  const std::string kept = fixture.must_build("FROM base:1\nRUN echo kept > /kept\n");
  fixture.spec.tags.clear();
  fixture.must_build(
      "FROM base:1 AS one\nRUN --mount=type=cache,target=/c echo loose > /loose && echo c > /c/c\nFROM "
      "scratch\n"
      "COPY --from=one /loose /\n");
  auto records = fixture.builder.cache_records().value();
  REQUIRE(records.size() == 4);
  const auto pruned = fixture.builder.prune({}, {}).value();
  CHECK(pruned.removed.size() == 2);  // the first stage's RUN, and the cache mount
  CHECK(pruned.freed_bytes > 0);
  records = fixture.builder.cache_records().value();
  CHECK(records.size() == 2);
  CHECK(fixture.must_build("FROM base:1\nRUN echo kept > /kept\n") == kept);
  CHECK(fixture.runner.runs == 2);
  CHECK(fixture.builder.prune({.all = true}, {}).value().removed.size() == 2);
  CHECK(fixture.images->find("kept:1").value().layers.size() == 2);
  fixture.must_build("FROM base:1\nRUN echo kept > /kept\n");
  CHECK(fixture.runner.runs == 3);
}

TEST_CASE("a layer that is pruned takes along what was kept of its bytes") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string id = fixture.must_build("FROM base:1\nRUN echo a > /a\n");
  // Saving makes the layer's tar, and its skeleton is kept.
  const auto layers = fixture.images->layers(id).value();
  for (const auto& layer : layers)
    REQUIRE(runtime::image::with_diff_id(*fixture.images, layer, {}));
  REQUIRE(fixture.images->remove(id, runtime::image::RemoveMode::Force, {}));
  const auto lost = [&] {
    std::int64_t count = -1;
    REQUIRE(fixture.database->run(
        "SELECT count(*) FROM image_layer_content WHERE snapshot NOT IN (SELECT id FROM snapshots)", {},
        [&](const sys::Row& row) { count = row.integer(0); }));
    return count;
  };
  CHECK(fixture.builder.prune({.all = true}, {}).value().removed.size() == 1);
  CHECK(lost() == 0);
}

TEST_CASE("two machines make the same layers of the same inputs with SOURCE_DATE_EPOCH") {
  const auto build_there = [] {
    test::BuildFixture fixture;
    fixture.import_base();
    fixture.shell("mkdir -p d/e; echo a > d/a; echo b > d/e/b; ln d/a d/hard; ln -s a d/link");
    // Layers of a build without it must not be taken for those of a build with it.
    const std::string dockerfile =
        "FROM base:1\nCOPY --chown=33 d /new/d\nRUN rm /data/one && echo r > /etc/r && ln -s r "
        "/etc/l\nWORKDIR /w/x\n";
    fixture.must_build(dockerfile);
    fixture.spec.args["SOURCE_DATE_EPOCH"] = "1600000000";
    const std::string id = fixture.must_build(dockerfile);
    const sys::UniqueFd archive = fixture.file("");
    REQUIRE(runtime::image::save_archive(*fixture.images, {.images = {id}}, archive.value()));
    std::vector<std::string> digests;
    const auto layers = fixture.images->layers(id).value();
    for (const auto& layer : layers) digests.push_back(layer.diff_id.value().text());
    return digests;
  };
  const std::vector<std::string> first = build_there();
  CHECK(first.size() == 4);
  CHECK(first == build_there());
}

TEST_CASE("with SOURCE_DATE_EPOCH in the environment the whole archive is the same, byte for byte") {
  REQUIRE(::setenv("SOURCE_DATE_EPOCH", "1600000000", 1) == 0);
  const auto build_there = [](bool twice) {
    test::BuildFixture fixture;
    fixture.import_base();
    fixture.shell(
        "mkdir -p d/e; echo a > d/a; echo b > d/e/b; ln d/a d/hard; ln -s a d/link; touch -d @5 d/e/b");
    fixture.spec.tags = {"same:1"};
    fixture.spec.labels["a"] = "b";
    const std::string dockerfile =
        "FROM base:1 AS tools\nRUN echo made > /made\nFROM scratch\nARG SOURCE_DATE_EPOCH\nCOPY d /d\n"
        "COPY --from=tools /made /\nWORKDIR /w\nLABEL epoch=$SOURCE_DATE_EPOCH\n";
    fixture.must_build(dockerfile);
    if (twice) {
      fixture.spec.no_cache = true;
      fixture.must_build(dockerfile);
    }
    CHECK(fixture.images->find("same:1").value().config.labels.at("epoch") == "1600000000");
    const sys::UniqueFd archive = fixture.file("");
    REQUIRE(runtime::image::save_archive(*fixture.images, {.images = {"same:1"}}, archive.value()));
    REQUIRE(::lseek(archive.value(), 0, SEEK_SET) == 0);
    return sys::sha256_hex(sys::read_all(archive.value(), "the archive").value());
  };
  const std::string first = build_there(false);
  CHECK(first == build_there(true));
  REQUIRE(::unsetenv("SOURCE_DATE_EPOCH") == 0);
}

TEST_CASE("files shared with an earlier layer never change in it") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.shell(
      "mkdir d; for i in 1 2 3; do echo $i > d/$i; done; touch -d '1 hour ago' d/*; busybox usleep 50000");
  const auto top = [&](const std::string& id) {
    return fixture.snapshots->fs_path(fixture.images->find(id).value().layers.back());
  };
  const auto status = [](const std::string& path) {
    struct stat out {};
    REQUIRE(::lstat(path.c_str(), &out) == 0);
    return out;
  };
  fixture.spec.args["U"] = "33";
  const std::string dockerfile = "FROM base:1\nARG U\nCOPY --chown=$U d /d\n";
  const std::string first = top(fixture.must_build(dockerfile));
  fixture.shell("echo changed > d/2");
  const std::string second = top(fixture.must_build(dockerfile));
  CHECK(status(first + "/d/1").st_ino == status(second + "/d/1").st_ino);
  CHECK(sys::read_file(first + "/d/2").value() == "2\n");
  CHECK(sys::read_file(second + "/d/2").value() == "changed\n");
  fixture.spec.args["U"] = "34";
  const std::string other = top(fixture.must_build(dockerfile));
  CHECK(status(other + "/d/1").st_uid == 34);
  CHECK(status(first + "/d/1").st_uid == 33);
  fixture.spec.args["SOURCE_DATE_EPOCH"] = "1000";
  const std::string dated = top(fixture.must_build(dockerfile));
  CHECK(status(dated + "/d/1").st_mtime == 1000);
  CHECK(status(other + "/d/1").st_mtime > 1000);
}

TEST_CASE("the same inputs with SOURCE_DATE_EPOCH give the same layers and times") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.spec.args["SOURCE_DATE_EPOCH"] = "1600000000";
  fixture.shell("echo a > a");
  const std::string dockerfile = "FROM base:1\nCOPY a /new/a\nRUN echo r > /r\nWORKDIR /w\n";
  const std::string id = fixture.must_build(dockerfile);
  const auto image = fixture.images->find(id).value();
  for (const auto& entry : image.config.history) {
    if (entry.created_by != "import")
      CHECK(entry.created == model::TimePoint(std::chrono::seconds(1600000000)));
  }
  CHECK(image.config.created == model::TimePoint(std::chrono::seconds(1600000000)));
  CHECK(std::system(("test -z \"$(find " + fixture.snapshots->fs_path(image.layers[1]) + " " +
                     fixture.snapshots->fs_path(image.layers[2]) + " -newermt @1600000000)\"")
                        .c_str()) == 0);
}

TEST_CASE("no file is taken out of an earlier layer where another source may have put it") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.shell("mkdir d; echo d > d/f; touch -d '1 hour ago' d/f; busybox usleep 50000");
  fixture.must_build("FROM base:1\nCOPY d <<f /out/\nheredoc\nf\n");
  const std::string id = fixture.must_build("FROM base:1\nCOPY d <<g /out/\nheredoc\ng\n");
  CHECK(sys::read_file(fixture.path_in(id, 0, "out/f")).value() == "d\n");
}

TEST_CASE("what a RUN can see of its surroundings is in its key") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string dockerfile = "FROM base:1\nRUN echo x > /x\n";
  fixture.spec.extra_hosts = {"db=10.0.0.1"};
  fixture.spec.ulimits["nofile"] = {.soft = 100, .hard = 200};
  fixture.spec.shm_size = base::ByteSize{1 << 20};
  fixture.must_build(dockerfile);
  SECTION("another host's name") { fixture.spec.extra_hosts = {"other=10.0.0.1"}; }
  SECTION("another address") { fixture.spec.extra_hosts = {"db=10.0.0.2"}; }
  SECTION("another limit") { fixture.spec.ulimits["nofile"].soft = 101; }
  SECTION("another size of /dev/shm") { fixture.spec.shm_size = base::ByteSize{2 << 20}; }
  SECTION("another network") { fixture.spec.network = "none"; }
  fixture.must_build(dockerfile);
  CHECK(fixture.runner.runs == 2);
}

TEST_CASE("a RUN's network is the same whoever says so") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.spec.network = "none";
  fixture.must_build("FROM base:1\nRUN echo x > /x\n");
  fixture.spec.network.clear();
  fixture.must_build("FROM base:1\nRUN --network=none echo x > /x\n");
  CHECK(fixture.runner.runs == 1);
}

TEST_CASE("a proxy is in the key of a RUN that an ARG declares it for") {
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string dockerfile = "FROM base:1\nARG HTTP_PROXY\nRUN echo $HTTP_PROXY > /proxy\n";
  fixture.spec.args["HTTP_PROXY"] = "http://one";
  fixture.must_build(dockerfile);
  fixture.spec.args["HTTP_PROXY"] = "http://two";
  const std::string id = fixture.must_build(dockerfile);
  CHECK(sys::read_file(fixture.path_in(id, 0, "proxy")).value() == "http://two\n");
  CHECK(fixture.images->find(id).value().config.history.back().created_by ==
        "RUN |1 HTTP_PROXY=http://two /bin/sh -c echo $HTTP_PROXY > /proxy");
}

TEST_CASE("a newline in an argument or a variable does not make it two") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.must_build("FROM base:1\nRUN [\"touch\", \"/a\\nb\"]\n");
  const std::string id = fixture.must_build("FROM base:1\nRUN [\"touch\", \"/a\", \"b\"]\n");
  CHECK(sys::path_exists(fixture.path_in(id, 0, "b")));
  const std::string variables = "FROM base:1\nARG A\nARG B\nRUN echo \"$B\" > /b\n";
  fixture.spec.args = {{"A", "1\nB=2"}};
  fixture.must_build(variables);
  fixture.spec.args = {{"A", "1"}, {"B", "2"}};
  const std::string second = fixture.must_build(variables);
  CHECK(sys::read_file(fixture.path_in(second, 0, "b")).value() == "2\n");
}

TEST_CASE("what a cache mount starts with is in the key, and another start is another cache") {
  test::BuildFixture fixture;
  fixture.import_base();
  const auto dockerfile = [](const std::string& text, const std::string& source) {
    return "FROM base:1 AS seed\nRUN mkdir /x /y; echo " + text +
           " > /x/f; echo y > /y/f\nFROM base:1\n"
           "RUN --mount=type=cache,id=c,from=seed,source=" +
           source + ",target=/c cat /c/f > /f\n";
  };
  const auto build_and_read = [&](const std::string& text, const std::string& source) {
    return sys::read_file(fixture.path_in(fixture.must_build(dockerfile(text, source)), 0, "f")).value();
  };
  CHECK(build_and_read("one", "/x") == "one\n");
  CHECK(build_and_read("two", "/x") == "two\n");
  CHECK(build_and_read("two", "/y") == "y\n");
  CHECK(fixture.runner.runs == 5);
  CHECK(build_and_read("two", "/y") == "y\n");
  CHECK(fixture.runner.runs == 5);
}

TEST_CASE("a layer that lost files is made again, and nothing is made from an image that has it") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.write("f", "1");
  const std::string text = "FROM base:1\nCOPY f /f\nRUN echo x > /x\n";
  const std::string damaged = fixture.must_build(text);
  const std::string layer = fixture.images->find(damaged).value().layers.at(1);
  REQUIRE(
      fixture.database->run("UPDATE snapshots_unsettled SET boot = 'another' WHERE snapshot = ?", {layer}));
  const std::string whole = fixture.must_build(text);
  CHECK(fixture.steps() == Lines{"CACHED [1/3] FROM base:1", "[2/3] COPY f /f", "[3/3] RUN echo x > /x"});
  CHECK(whole != damaged);
  CHECK(fixture.images->find_whole(whole));
  fixture.must_build(text);
  CHECK(fixture.steps() ==
        Lines{"CACHED [1/3] FROM base:1", "CACHED [2/3] COPY f /f", "CACHED [3/3] RUN echo x > /x"});
  REQUIRE(fixture.images->tag(damaged, "damaged:1"));
  const std::string fault = "image damaged:1 has lost files of layer " + layer;
  CHECK(fixture.must_fail("FROM damaged:1\nRUN true\n").find(fault) != std::string::npos);
  CHECK(fixture.must_fail("FROM base:1\nCOPY --from=damaged:1 /f /g\n").find(fault) != std::string::npos);
}
