// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "integration/build/image_text.h"
#include "runtime/image/store_check.h"
#include "support/build_fixture.h"

using Lines = std::vector<std::string>;

namespace {

constexpr std::string_view kSpdx = "https://spdx.dev/Document";

struct AttestationFixture : test::BuildFixture {
  AttestationFixture() { import_base(); }

  /// Predicate types of what is kept with the image.
  Lines kinds(const std::string& id) {
    Lines out;
    const auto all = images->attestations(id).value();
    for (const auto& one : all) out.push_back(one.statement.predicate_type);
    return out;
  }
  std::string statement(const std::string& id, std::size_t index) {
    return images->attestations(id).value().at(index).statement.json;
  }
  /// Builds "scanner:1", which runs `script`.
  void make_scanner(const std::string& script) {
    spec.tags = {"scanner:1"};
    spec.sbom.clear();
    must_build("FROM base:1\nCOPY <<\"EOF\" /scan\nset -e\n" + script +
               "\nEOF\nENTRYPOINT [\"sh\", \"/scan\"]\n");
    spec.tags.clear();
    spec.sbom = "generator=scanner:1,DEPTH=3";
  }
};

/// Writes what it sees of each root as the name of a document.
constexpr const char* kScript =
    "test -d $BUILDKIT_SCAN_SOURCE -a $BUILDKIT_SCAN_DEPTH = 3\n"
    "for root in $BUILDKIT_SCAN_SOURCE ${BUILDKIT_SCAN_SOURCE_EXTRAS:+$BUILDKIT_SCAN_SOURCE_EXTRAS*}; do\n"
    "  ! touch $root/x 2>/dev/null\n"
    "  seen=$(cd $root; echo *)\n"
    "  echo \"{\\\"_type\\\": \\\"https://in-toto.io/Statement/v0.1\\\", \\\"predicateType\\\": "
    "\\\"https://spdx.dev/Document\\\", \\\"predicate\\\": {\\\"name\\\": \\\"$seen\\\"}}\" "
    "> $BUILDKIT_SCAN_DESTINATION/${root##*/}.spdx.json\n"
    "done\n"
    "touch /trace /tmp/trace";

std::string spdx(const std::string& seen) {
  return R"({"_type":"https://in-toto.io/Statement/v0.1","predicate":{"name":")" + seen +
         R"("},"predicateType":"https://spdx.dev/Document"})";
}

}  // namespace

TEST_CASE("a build attests of its image what it is asked to, and no more") {
  AttestationFixture fixture;
  const std::string dockerfile = "FROM base:1\nARG WORD\nRUN echo $WORD > /w\n";
  fixture.spec.args = {{"WORD", "hush"}};
  const std::string id = fixture.must_build(dockerfile);
  CHECK(fixture.kinds(id).empty());
  fixture.spec.provenance = "mode=min";
  CHECK(fixture.must_build(dockerfile) == id);
  CHECK(fixture.kinds(id) == Lines{"https://slsa.dev/provenance/v1"});
  std::string text = fixture.statement(id, 0);
  CHECK(text.find("pkg:docker/base@1?platform=linux%2Famd64") != std::string::npos);
  CHECK(text.find("startedOn") != std::string::npos);
  CHECK(text.find("hush") == std::string::npos);
  CHECK(text.find("buildkit_hermetic") == std::string::npos);
  fixture.spec.provenance = "true";
  CHECK(fixture.must_build(dockerfile) == id);
  CHECK(fixture.statement(id, 0).find(R"("build-arg:WORD":"hush")") != std::string::npos);
  // A build that is not asked leaves none.
  fixture.spec.provenance = "false";
  fixture.must_build(dockerfile);
  CHECK(fixture.kinds(id).empty());
}

TEST_CASE("statements stay as long as an image has them") {
  AttestationFixture fixture;
  fixture.spec.provenance = "true";
  const auto blobs = [&] { return fixture.images->content().list().value().size(); };
  const std::size_t before = blobs();
  const std::string id = fixture.must_build("FROM base:1\nLABEL a=b\n");
  CHECK(blobs() == before + 1);
  CHECK(fixture.images->find_orphans(std::chrono::seconds(0)).value().empty());
  const auto check = [&](runtime::image::CheckAction action) {
    return runtime::image::check_store(*fixture.images, runtime::image::CheckDepth::Content, action, {});
  };
  CHECK(check(runtime::image::CheckAction::Report).value().problems.empty());
  REQUIRE(fixture.images->remove(id, runtime::image::RemoveMode::Force, {}));
  CHECK(blobs() == before);
  // A statement that is damaged is found, and its image goes on without.
  const std::string again = fixture.must_build("FROM base:1\nLABEL a=b\n");
  const auto stored = fixture.images->content().list().value();
  for (const auto& blob : stored) {
    const std::string path = fixture.folder.path + "/blobs/sha256/" + std::string(blob.hex());
    if (sys::read_file(path).value().find("in-toto") == std::string::npos) continue;
    REQUIRE(sys::write_file(path, "rubbish"));
  }
  CHECK_FALSE(fixture.images->attestations(again));
  CHECK(check(runtime::image::CheckAction::Repair).value().problems.size() == 1);
  CHECK(fixture.kinds(again).empty());
  CHECK(check(runtime::image::CheckAction::Report).value().problems.empty());
}

TEST_CASE("with a fixed time a provenance is the same every time") {
  AttestationFixture fixture;
  fixture.spec.provenance = "mode=max,version=v0.2";
  fixture.spec.args = {{"SOURCE_DATE_EPOCH", "1700000000"}};
  const std::string dockerfile = "FROM scratch\nCOPY <<EOF /f\nx\nEOF\n";
  const std::string id = fixture.must_build(dockerfile);
  const std::string first = fixture.statement(id, 0);
  CHECK(first.find("buildStartedOn") == std::string::npos);
  fixture.must_build(dockerfile);
  CHECK(fixture.statement(id, 0) == first);
}

TEST_CASE("a provenance names repositories, downloads and secrets by name") {
  AttestationFixture fixture;
  fixture.builder.set_url_source(
      [](const std::string&, int fd, const base::Cancellation&) -> base::Result<runtime::build::Download> {
        TRY(sys::write_all(fd, "content"));
        return runtime::build::Download{};
      });
  fixture.spec.provenance = "true";
  fixture.spec.secrets = {{.id = "key", .file = {}, .content = "sesame"}};
  fixture.spec.args = {{"HTTP_PROXY", "http://u:sesame@p"}, {"URL", "http://u:sesame@h/x"}};
  const std::string id = fixture.must_build(
      "FROM base:1\nARG URL\nADD http://u:p@example.com/f /f\n"
      "RUN --network=none --mount=type=secret,id=key,required=true true\n");
  const std::string text = fixture.statement(id, 0);
  CHECK(
      text.find(R"({"digest":{"sha256":"ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"},)"
                R"("uri":"http://***@example.com/f"})") != std::string::npos);
  CHECK(text.find(R"("secrets":[{"id":"key"}])") != std::string::npos);
  CHECK(text.find("sesame") == std::string::npos);
}

TEST_CASE("a scanner lists what the image holds, once") {
  AttestationFixture fixture;
  fixture.make_scanner(kScript);
  const std::string dockerfile = "FROM scratch\nCOPY <<EOF /only\nx\nEOF\n";
  const std::string id = fixture.must_build(dockerfile);
  CHECK(fixture.steps().back() == "[sbom] scanner:1");
  CHECK(fixture.kinds(id) == Lines{std::string(kSpdx)});
  CHECK(fixture.statement(id, 0) == spdx("only"));
  const int runs = fixture.runner.runs;
  CHECK(fixture.must_build(dockerfile) == id);
  CHECK(fixture.steps().back() == "CACHED [sbom] scanner:1");
  CHECK(fixture.runner.runs == runs);
  CHECK(fixture.statement(id, 0) == spdx("only"));
  // Another image of the same files has the same content; nothing is left in the scanner's own.
  fixture.spec.provenance = "mode=min";
  const std::string other = fixture.must_build(dockerfile + "LABEL a=b\n");
  CHECK(fixture.runner.runs == runs);
  CHECK(fixture.kinds(other) == Lines{std::string(kSpdx), "https://slsa.dev/provenance/v1"});
  fixture.spec.sbom.clear();
  fixture.spec.provenance.clear();
  fixture.must_fail("FROM scanner:1\nRUN test -e /trace\n");
  // An image without any files has nothing to list.
  fixture.spec.sbom = "generator=scanner:1,DEPTH=3";
  CHECK(fixture.statement(fixture.must_build("FROM scratch\nLABEL a=b\n"), 0) == spdx("*"));
}

TEST_CASE("stages and the context are listed when the Dockerfile wants it") {
  AttestationFixture fixture;
  fixture.make_scanner(kScript);
  fixture.write("seen", "");
  fixture.write("hidden", "");
  fixture.write(".dockerignore", "hidden\n.dockerignore\n");
  const std::string id = fixture.must_build(
      "ARG BUILDKIT_SBOM_SCAN_STAGE=tools\nFROM scratch AS tools\nCOPY seen /tool\n"
      "FROM scratch AS more\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nCOPY seen /other\n"
      "FROM scratch AS unneeded\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nCOPY seen /nothing\n"
      "FROM scratch\nARG BUILDKIT_SBOM_SCAN_CONTEXT=true\nCOPY --from=tools tool /a\nCOPY --from=more other "
      "/b\n");
  REQUIRE(fixture.kinds(id).size() == 4);
  CHECK(fixture.statement(id, 0) == spdx("a b"));
  CHECK(fixture.statement(id, 1) == spdx("seen"));
  CHECK(fixture.statement(id, 2) == spdx("other"));
  CHECK(fixture.statement(id, 3) == spdx("tool"));
  // They are the builder's, no step sees them.
  fixture.spec.sbom.clear();
  fixture.must_build("FROM base:1\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nRUN ! env | grep SBOM\n");
}

TEST_CASE("a scanner that is missing, fails or writes something else fails the build") {
  AttestationFixture fixture;
  const std::string dockerfile = "FROM base:1\nLABEL a=b\n";
  fixture.spec.tags = {"app:1"};
  fixture.spec.sbom = "true";
  const std::string missing = fixture.must_fail(dockerfile);
  CHECK(missing ==
        "error: no image docker/buildkit-syft-scanner:stable-1 in the store\n"
        "  while getting the scanner docker/buildkit-syft-scanner:stable-1 for build.sbom\n"
        "  hint: build.sbom: generator=IMAGE names another scanner, false does without\n");
  CHECK_FALSE(fixture.images->find_id("app:1"));
  const std::vector<std::pair<std::string, std::string>> scripts = {
      {"echo broken; exit 3", "error: the scanner failed: exit code 3"},
      {"true", "error: it wrote no statement"},
      {"echo x > /run/out/a.spdx.json",
       "error: the statement is no JSON object\n  while reading its a.spdx.json"},
      {"ln -s /etc/passwd /run/out/a.spdx.json", "Too many levels of symbolic links"},
      {"mkdir /run/out/a.spdx.json", "error: a.spdx.json is no file"},
  };
  for (const auto& [script, message] : scripts) {
    INFO(script);
    fixture.make_scanner(script);
    const std::string said = fixture.must_fail(dockerfile);
    INFO(said);
    CHECK(said.find(message) != std::string::npos);
    CHECK(said.find("while running the scanner scanner:1") != std::string::npos);
  }
}

TEST_CASE("a saved image takes its statements along, and can be loaded") {
  AttestationFixture fixture;
  fixture.spec.provenance = "mode=min";
  fixture.spec.tags = {"app:1"};
  fixture.must_build("FROM scratch\nCOPY <<EOF /f\nx\nEOF\n");
  const auto save = [&] {
    const sys::UniqueFd fd = sys::make_unnamed_file(fixture.folder.path).value();
    REQUIRE(runtime::image::save_archive(*fixture.images, {.images = {"app:1"}}, fd.value()));
    REQUIRE(::lseek(fd.value(), 0, SEEK_SET) == 0);
    return sys::read_all(fd.value(), "archive").value();
  };
  const std::string saved = save();
  CHECK(saved == save());
  CHECK(saved.find("attestation-manifest") != std::string::npos);
  CHECK(saved.find("https://slsa.dev/provenance/v1") != std::string::npos);
  const test::ImageFixture other;
  CHECK(other.load(saved).value() == Lines{"app:1"});
  CHECK(other.images->list().value().size() == 1);
}
