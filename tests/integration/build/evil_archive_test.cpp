// SPDX-License-Identifier: Apache-2.0
// Every evil tar as what ADD unpacks.
#include <catch2/catch.hpp>

#include "support/build_fixture.h"
#include "support/evil_tars.h"

TEST_CASE("no evil tar does harm when ADD unpacks it") {
  const test::Canary canary;
  test::BuildFixture fixture;
  fixture.import_base();
  for (const test::EvilTar& evil : test::evil_tars(canary.folder.path)) {
    fixture.write("evil.tar", evil.bytes);
    for (const char* target : {"/", "/deep/er/"}) {
      INFO(evil.shape << " to " << target);
      const auto layers = fixture.layer_folders();
      const auto image = fixture.build(std::string("FROM base:1\nADD evil.tar ") + target + "\n");
      canary.check();
      if (image) continue;
      CHECK(evil.refusal != "");
      CHECK(fixture.layer_folders() == layers);
    }
  }
}

TEST_CASE("an archive without entries for its folders leaves those of the image as they are") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.write("a.tar", test::TarBuilder()
                             .file("tmp/x", "1")
                             .file("var/run/pid", "2")
                             .file("data/private/own", "3")
                             .file("new/n", "4")
                             .finish());
  fixture.must_build(
      "FROM base:1\nADD a.tar /\n"
      "RUN stat -c '%a %u:%g %n' /tmp /data/private /new && readlink /var/run && cat /run/pid /tmp/x\n");
  CHECK(fixture.output() == "1777 0:0 /tmp\n700 33:44 /data/private\n755 0:0 /new\n/run\n21");
}

TEST_CASE("--chown of an archive leaves the folders of the image that it passes through") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.write(
      "a.tar",
      test::TarBuilder().folder("srv/").file("srv/www/x", "1").hard_link("srv/www/y", "srv/www/x").finish());
  fixture.must_build(
      "FROM base:1\nADD --chown=7:8 a.tar /\nRUN stat -c '%u:%g %n' /srv /srv/www /srv/www/x && stat -c %h "
      "/srv/www/y\n");
  CHECK(fixture.output() == "7:8 /srv\n33:44 /srv/www\n7:8 /srv/www/x\n2\n");
}
