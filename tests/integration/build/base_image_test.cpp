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
  const std::string kept = "warning: base:1 was made here and stays as it is: no way out\n";
  fixture.must_build("FROM base:1\n");
  CHECK_THAT(fixture.warnings(), Catch::Contains(kept));

  const auto base = fixture.images->find("base:1").value();
  const auto was_in = [&](const std::string& repository) {
    const auto reference =
        model::ImageReference::parse(repository + "@sha256:" + std::string(64, 'a')).value();
    REQUIRE(fixture.images->add_repo_digest(base.id, reference));
  };
  // A name of our own for an image of another repository is in no registry either.
  was_in("example.com/other/base");
  fixture.must_build("FROM base:1\n");
  CHECK_THAT(fixture.warnings(), Catch::Contains(kept));
  was_in("base");
  const auto refused = fixture.build("FROM base:1\n");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "no way out");
}
