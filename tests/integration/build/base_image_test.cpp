// SPDX-License-Identifier: Apache-2.0
// Where the images come from that builds start with.
#include <catch2/catch.hpp>

#include "support/build_fixture.h"

TEST_CASE("with pull, an image of a registry has to be had again, and one that was made here is kept") {
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.builder.set_image_source(
      [](const std::string&, runtime::build::FetchMode mode, const base::Cancellation&) -> base::Result<> {
        CHECK(mode == runtime::build::FetchMode::Always);
        return base::fail(base::ErrorClass::Unavailable, "no way out");
      });
  fixture.spec.pull = true;
  fixture.must_build("FROM base:1\n");

  const std::string digest(64, 'a');
  const auto reference = model::ImageReference::parse("base@sha256:" + digest).value();
  const auto base = fixture.images->find("base:1").value();
  REQUIRE(fixture.images->add_repo_digest(base.id, reference));
  const auto refused = fixture.build("FROM base:1\n");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "no way out");
}
