// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/image/repository.h"
#include "support/build_fixture.h"

namespace {

/// A builder that downloads from a table, with a tar of a small context to put into it.
struct ContextFixture : test::BuildFixture {
  std::map<std::string, std::string> pages;

  ContextFixture() {
    builder.set_url_source([this](const std::string& url, int fd,
                                  const base::Cancellation&) -> base::Result<runtime::build::Download> {
      const auto page = pages.find(url);
      if (page == pages.end()) return base::fail(base::ErrorClass::NotFound, "the server says 404");
      TRY(sys::write_all(fd, page->second));
      return runtime::build::Download{};
    });
    shell(
        "cd ../other; mkdir sub; echo one > sub/f; echo no > ignored; echo ignored > .dockerignore; "
        "printf 'FROM scratch\\nCOPY . /s\\n' > Dockerfile; printf 'FROM scratch\\nCOPY sub /other\\n' > "
        "sub/Other; "
        "tar -cf ../c.tar .; gzip -k ../c.tar; xz -k ../c.tar; zstd -q ../c.tar; bzip2 -k ../c.tar");
  }
  std::string archive(const std::string& ending) const {
    return sys::read_file(folder.path + "/c.tar" + ending).value();
  }
  /// Builds from the Dockerfile of `context`.
  base::Result<runtime::build::BuiltImage> build_context(const std::string& context) {
    spec.context = context;
    spec.dockerfile_inline.clear();
    return builder.build(spec, {}, cancellation);
  }
  std::string error_of(const std::string& context) {
    const auto built = build_context(context);
    REQUIRE_FALSE(built);
    return base::to_text(built.error());
  }
  std::string read(const std::string& id, const std::string& path) const {
    return sys::read_file(path_in(id, 0, path)).value();
  }
};

}  // namespace

TEST_CASE("a context can be a tar on a web server, however compressed") {
  ContextFixture fixture;
  for (const char* ending : {"", ".gz", ".xz", ".zst", ".bz2"}) {
    fixture.pages["https://example.com/context"] = fixture.archive(ending);
    fixture.spec.dockerfile = "Dockerfile";
    const auto image = fixture.build_context("https://example.com/context");
    REQUIRE(image);
    CHECK(fixture.read(image->id, "s/sub/f") == "one\n");
    CHECK_FALSE(sys::path_exists(fixture.path_in(image->id, 0, "s/ignored")));
    fixture.spec.dockerfile = "sub/Other";
    CHECK(fixture.read(fixture.build_context("https://example.com/context")->id, "other/f") == "one\n");
  }
}

TEST_CASE("a context can be a Dockerfile on a web server, without files") {
  ContextFixture fixture;
  fixture.pages["https://example.com/d"] = "FROM scratch\nCOPY <<x /x\nhello\nx\n";
  fixture.spec.dockerfile = "Elsewhere";
  CHECK(fixture.read(fixture.build_context("https://example.com/d")->id, "x") == "hello\n");
  CHECK(fixture.error_of("https://example.com/none") ==
        "error: the server says 404\n"
        "  while downloading https://example.com/none\n"
        "  while reading the context https://example.com/none\n");
}

TEST_CASE("named contexts are read where they are: URLs and layouts") {
  ContextFixture fixture;
  fixture.pages["https://example.com/c.tar.gz"] = fixture.archive(".gz");
  fixture.import_base();
  const std::string layout = fixture.folder.path + "/layout";
  const sys::UniqueFd tar =
      sys::open_file(fixture.folder.path + "/saved.tar", O_RDWR | O_CREAT, 0600).value();
  REQUIRE(runtime::image::save_archive(*fixture.images, {.images = {"base:1"}}, tar.value()));
  fixture.shell("mkdir ../layout; tar -xf ../saved.tar -C ../layout");
  const std::string id = fixture.images->find_id("base:1").value();
  const auto manifest = runtime::image::open_layout(layout, runtime::image::LayoutAccess::Read)
                            .value()
                            ->fetch_manifest("1")
                            .value();
  REQUIRE(fixture.images->remove("base:1", runtime::image::RemoveMode::Force, {}));

  fixture.spec.additional_contexts = {{"web", "https://example.com/c.tar.gz"},
                                      {"start", "oci-layout://" + layout + ":1"},
                                      {"exact", "oci-layout://" + layout + "@" + manifest.digest.text()}};
  const std::string built = fixture.must_build(
      "FROM start\nCOPY --from=web sub/f /from-web\nRUN --mount=from=exact,target=/m cat /from-web "
      "/m/etc/group "
      "> /both\n");
  CHECK(fixture.read(built, "both").starts_with("one\nroot:x:0:"));
  CHECK(fixture.must_fail("FROM scratch\nCOPY --from=web ignored /\n").find("'ignored'") !=
        std::string::npos);
  fixture.spec.additional_contexts["start"] = "oci-layout://" + layout + ":2";
  CHECK(fixture.must_fail("FROM start\n").find("has no \"2\"") != std::string::npos);
  fixture.spec.additional_contexts["start"] = "https://example.com/c.tar.gz";
  CHECK(fixture.must_fail("FROM start\n").find("FROM start: the context of that name holds files") !=
        std::string::npos);
  fixture.spec.additional_contexts["start"] = "ftp://example.com/x";
  CHECK(fixture.must_fail("FROM start\n").find("context 'start': ftp://example.com/x cannot be read") !=
        std::string::npos);
}

TEST_CASE("a layout whose blobs are not what they are called is no context") {
  ContextFixture fixture;
  fixture.import_base();
  const std::string layout = fixture.folder.path + "/layout";
  const sys::UniqueFd tar =
      sys::open_file(fixture.folder.path + "/saved.tar", O_RDWR | O_CREAT, 0600).value();
  REQUIRE(runtime::image::save_archive(*fixture.images, {.images = {"base:1"}}, tar.value()));
  REQUIRE(fixture.images->remove("base:1", runtime::image::RemoveMode::Force, {}));
  fixture.shell(
      "mkdir ../layout; tar -xf ../saved.tar -C ../layout; chmod -R u+w ../layout; "
      "for f in ../layout/blobs/sha256/*; do printf x >> $f; done");
  fixture.spec.additional_contexts = {{"start", "oci-layout://" + layout + ":1"}};
  CHECK(fixture.must_fail("FROM start\n").find("is not what its name says") != std::string::npos);
}

TEST_CASE("nothing of a fetched context leads out of it") {
  ContextFixture fixture;
  REQUIRE(sys::write_file(fixture.folder.path + "/secret", "FROM scratch\nCOPY <<x /x\nsecret\nx\n"));
  fixture.shell(
      "cd ../other; rm Dockerfile .dockerignore; ln -s " + fixture.folder.path +
      "/secret Dockerfile; mkfifo .dockerignore; tar -cf ../evil.tar .; rm Dockerfile; mkfifo Dockerfile; "
      "tar -cf ../pipe.tar .");
  fixture.pages["https://example.com/evil"] = sys::read_file(fixture.folder.path + "/evil.tar").value();
  fixture.pages["https://example.com/pipe"] = sys::read_file(fixture.folder.path + "/pipe.tar").value();
  for (const std::string name : {"https://example.com/evil", "https://example.com/pipe"}) {
    CHECK(fixture.error_of(name) ==
          "error: no Dockerfile Dockerfile in " + name +
              "\n  hint: 'dockerfile' (-f) names another one, relative to the build context\n");
  }
  fixture.spec.additional_contexts = {{"web", "https://example.com/evil"}};
  fixture.spec.context = fixture.folder.path + "/context";
  fixture.must_build("FROM scratch\nCOPY --from=web sub /s\n");
}
