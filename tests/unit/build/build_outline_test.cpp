// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/build_outline.h"

#include <catch2/catch.hpp>

#include <fmt/format.h>

using namespace runtime::build;
using model::BuildOutline;

namespace {

BuildOutline outline(const std::string& text, const model::BuildSpec& spec = {}) {
  const base::Source source{.name = "Dockerfile", .text = text};
  base::Diagnostics diagnostics;
  const Dockerfile dockerfile = parse_dockerfile(source, diagnostics);
  REQUIRE(diagnostics.errors().empty());
  return make_outline(source, dockerfile, make_stage_graph(dockerfile, spec, "linux/amd64").value());
}

std::string arguments(const BuildOutline& outline) {
  std::string out;
  for (const auto& argument : outline.arguments)
    out += fmt::format("{}:{}={} ({})\n", argument.lines.first, argument.name, argument.value,
                       argument.description);
  return out;
}

std::string needs(const std::vector<BuildOutline::Need>& all) {
  std::string out;
  for (const auto& need : all)
    out += fmt::format("{}:{}{}\n", need.lines.first, need.name, need.required ? "!" : "");
  return out;
}

constexpr const char* kFile = R"(# syntax=docker/dockerfile:1
# check=skip=all

# VERSION is what is built
ARG VERSION=1.${MINOR}
ARG UNUSED=x

# base has the tools
FROM alpine:${VERSION} AS Base
ARG TARGETARCH
# MODE how to build
ARG MODE=fast
RUN --mount=type=secret,id=token --mount=type=cache,target=/c true

# This is no description.

FROM base AS build
ENV MODE=other
ARG MODE VERSION
ARG FLAGS="-x $MODE"
RUN --mount=type=ssh --mount=type=secret,id=token,required=true true

# other is not needed by build
FROM --platform=$BUILDPLATFORM busybox AS other
ARG OTHER
RUN --mount=type=ssh,id=deploy,required=true true

FROM scratch
COPY --from=build /x /
)";

}  // namespace

TEST_CASE("targets with their descriptions") {
  const BuildOutline out = outline(kFile);
  std::string text;
  for (const auto& target : out.targets) {
    text += fmt::format("{}-{} {} {} [{}] {} {}\n", target.lines.first, target.lines.last, target.name,
                        target.base, target.description, target.platform, target.is_default);
  }
  CHECK(text ==
        "9-9 base alpine:${VERSION} [has the tools]  false\n"
        "17-17 build base []  false\n"
        "24-24 other busybox [is not needed by build] $BUILDPLATFORM false\n"
        "28-28  scratch []  true\n");
  CHECK(out.file == "Dockerfile");
  CHECK(out.text == kFile);
}

TEST_CASE("what the target takes") {
  model::BuildSpec spec;
  spec.args = {{"MINOR", "3"}, {"FLAGS", "-given"}};
  const BuildOutline out = outline(kFile, spec);
  CHECK(out.name.empty());
  CHECK(arguments(out) ==
        "5:VERSION=1. (is what is built)\n"
        "19:MODE= ()\n"
        "20:FLAGS=-given ()\n");
  CHECK(needs(out.secrets) == "21:token!\n");
  CHECK(needs(out.agents) == "21:default\n");
  REQUIRE(out.caches.size() == 1);
  CHECK(out.caches.front().id == "/c");
}

TEST_CASE("an outline of another target") {
  model::BuildSpec spec;
  spec.target = "base";
  CHECK(arguments(outline(kFile, spec)) == "5:VERSION=1. (is what is built)\n12:MODE=fast (how to build)\n");
  spec.target = "other";
  const BuildOutline other = outline(kFile, spec);
  CHECK(other.name == "other");
  CHECK(other.description == "is not needed by build");
  CHECK(arguments(other) == "25:OTHER= ()\n");
  CHECK(needs(other.agents) == "26:deploy!\n");
  CHECK(other.secrets.empty());
  CHECK(outline("FROM scratch\n").arguments.empty());
}
