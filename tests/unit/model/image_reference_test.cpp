// SPDX-License-Identifier: Apache-2.0
#include "model/image_reference.h"

#include <catch2/catch.hpp>

using model::ImageReference;

TEST_CASE("a reference gets Docker's defaults and prints back as people write it") {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"redis", "docker.io/library/redis:latest", "redis:latest"},
      {"redis:7", "docker.io/library/redis:7", "redis:7"},
      {"me/app", "docker.io/me/app:latest", "me/app:latest"},
      {"localhost/app", "localhost/app:latest", "localhost/app:latest"},
      {"localhost:5000/a/b:1", "localhost:5000/a/b:1", "localhost:5000/a/b:1"},
      {"docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"},
      {"docker.io/my.team/app", "docker.io/my.team/app:latest", "docker.io/my.team/app:latest"},
      {"ghcr.io/a__b/c-d.e:v1.2", "ghcr.io/a__b/c-d.e:v1.2", "ghcr.io/a__b/c-d.e:v1.2"},
  };
  for (const auto& [input, canonical, familiar] : cases) {
    CAPTURE(input);
    const auto parsed = ImageReference::parse(input);
    REQUIRE(parsed);
    CHECK(parsed->canonical_text() == canonical);
    CHECK(parsed->familiar_text() == familiar);
  }
}

TEST_CASE("malformed references are refused") {
  for (const char* input : {"",         "Redis",       "a//b",
                            "a:",       "a:b:c:",      "-a",
                            "a/",       "a@sha256:12", "a@sha256:../../x",
                            "a b",      "a___b",       "a..b",
                            "a:-t",     "../x",        "./x",
                            ".:5/x",    "x:../y",      "x:/y",
                            "x:port/y", "x:123456/y",  "a..b/x",
                            "-a.b/x",   "a.b-/x",      "[/x",
                            "[]/x",     "[::1/x",      "[::1]x/y",
                            "[::1]:/y", "[../..]/x",   "a_b.c/x"}) {
    CAPTURE(input);
    CHECK_FALSE(ImageReference::parse(input));
  }
}

TEST_CASE("registries are names or addresses, with a port or without") {
  for (const char* registry : {"localhost", "localhost:5000", "127.0.0.1:5000", "my-host.example:65535",
                               "[::1]", "[fe80::1]:443", "UPPER.example"}) {
    CAPTURE(registry);
    const auto parsed = ImageReference::parse(std::string(registry) + "/x");
    REQUIRE(parsed);
    CHECK(parsed->registry == registry);
  }
}
