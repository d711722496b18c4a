// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/build/builder_arguments.h"
#include "runtime/build/dockerfile_checks.h"

using namespace runtime::build;

namespace {

/// "line rule" of each finding; "message" too with `whole`.
std::string findings(const std::string& text, bool whole = false, const model::BuildSpec& spec = {}) {
  const base::Source source{.name = "Dockerfile", .text = text};
  base::Diagnostics diagnostics;
  const Dockerfile dockerfile = parse_dockerfile(source, diagnostics);
  if (!diagnostics.errors().empty()) return base::to_text(diagnostics.errors().front());
  const auto graph = make_stage_graph(dockerfile, spec, "linux/amd64");
  if (!graph) return base::to_text(graph.error());
  const auto environment = [](const std::string& reference) -> std::optional<std::vector<std::string>> {
    if (reference == "unknown") return std::nullopt;
    return std::vector<std::string>{"FROM_BASE=1"};
  };
  const CheckFacts facts{
      .environment = environment,
      .image_platform = [](const std::string& image) -> std::optional<std::string> {
        if (image == "unknown") return std::nullopt;
        return image == "foreign" ? "linux/arm64" : "linux/amd64";
      },
      .platform = "linux/amd64",
      .is_ignored = [](const std::string& path) { return path == "notes" || path == "dist/out"; }};
  const CheckOptions options = parse_check_options(dockerfile.directives.check).value();
  std::string out;
  for (const CheckFinding& finding : check_dockerfile(dockerfile, *graph, facts)) {
    if (!options.wants(finding.rule)) continue;
    out += std::to_string(finding.warning.location->line) + " " + finding.rule;
    if (whole) out += ": " + finding.warning.message + " [" + finding.warning.hint + "]";
    out += "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("a Dockerfile without any oddity") {
  CHECK(
      findings("# check=skip=all\nARG V=1\nFROM alpine:$V AS build\nARG A\nENV B=$A\nWORKDIR /x\nWORKDIR y\n"
               "COPY $B ${C:-d} $FROM_BASE '$D' \\$E /\nEXPOSE 80/tcp $B:80\nCMD [\"sh\"]\n"
               "FROM build\nLABEL a=$B\nWORKDIR z\nFROM unknown\nUSER $ANYBODY\n") == "");
}

TEST_CASE("rules about how it is written") {
  CHECK(findings("FROM alpine as Build\nrun true\nRUN a \\\n\n  b\nMAINTAINER me\nENV a b\nLABEL c d\n") ==
        "1 FromAsCasing\n1 StageNameCasing\n2 ConsistentInstructionCasing\n4 NoEmptyContinuation\n"
        "6 MaintainerDeprecated\n7 LegacyKeyValueFormat\n8 LegacyKeyValueFormat\n");
  CHECK(findings("from alpine\nrun true\nCopy a b\n", true) ==
        "3 ConsistentInstructionCasing: Copy is not written as most instructions are [write instructions in "
        "small letters]\n");
}

TEST_CASE("rules about stages and platforms") {
  CHECK(
      findings("FROM alpine AS a\nFROM alpine AS a\nFROM alpine AS scratch\n"
               "FROM --platform=$TARGETPLATFORM alpine\nFROM --platform=linux/amd64 alpine\n"
               "FROM --platform=linux/amd64 alpine AS for_amd64\nFROM --platform=$BUILDPLATFORM alpine\n") ==
      "2 DuplicateStageName\n3 ReservedStageName\n4 RedundantTargetPlatform\n"
      "5 FromPlatformFlagConstDisallowed\n");
}

TEST_CASE("a base image for another machine") {
  CHECK(findings("FROM unknown\nFROM foreign AS unneeded\nFROM foreign\n", true) ==
        "3 InvalidBaseImagePlatform: foreign is an image for linux/arm64, the build is for linux/amd64 "
        "[compose "
        "image pull --platform linux/amd64 foreign]\n");
}

TEST_CASE("experimental rules have to be asked for") {
  const std::string text =
      "\n# the base\nARG V=1\n# V is it\n# W is the other\nARG V=1 W=2\n# builds\nFROM alpine:$V$W AS build\n"
      "# anything\nFROM alpine\n# far\n\nARG X\nCOPY /notes ./dist/out kept /x/\nCOPY --from=build notes /\n";
  CHECK(findings(text) == "");
  CHECK(findings("# check=experimental=all" + text) ==
        "3 InvalidDefinitionDescription\n8 InvalidDefinitionDescription\n14 CopyIgnoredFile\n14 "
        "CopyIgnoredFile\n");
  CHECK(findings("# check=experimental=CopyIgnoredFile" + text, true) ==
        "14 CopyIgnoredFile: /notes is left out by the ignore file [take it out of the ignore file, or do "
        "not copy "
        "it]\n14 CopyIgnoredFile: ./dist/out is left out by the ignore file [take it out of the ignore file, "
        "or do "
        "not copy it]\n");
  CHECK(findings("# check=experimental=all;skip=CopyIgnoredFile" + text) ==
        "3 InvalidDefinitionDescription\n8 InvalidDefinitionDescription\n");
}

TEST_CASE("rules about what a stage says") {
  CHECK(findings("FROM alpine\nCMD a\nCMD [\"b\"]\nENTRYPOINT c\nWORKDIR x\nEXPOSE 80/TCP 1.2.3.4:80:80\n"
                 "ARG API_KEY\nENV TOKEN=x PUBLIC_KEY=y MONKEY=z\n") ==
        "2 JSONArgsRecommended\n2 MultipleInstructionsDisallowed\n4 JSONArgsRecommended\n"
        "5 WorkdirRelativePath\n6 ExposeProtoCasing\n6 ExposeInvalidFormat\n7 SecretsUsedInArgOrEnv\n"
        "8 SecretsUsedInArgOrEnv\n");
  CHECK(findings("FROM alpine AS a\nSHELL [\"bash\"]\nFROM a\nCMD x\n") == "");
}

TEST_CASE("rules about variables") {
  CHECK(findings(
            "ARG VERSION=1\nFROM ${VERSIO}alpine\nARG word\nCOPY $wort /\nLABEL a=${b} c=${d:-e} f=${g#h}\n",
            true) ==
        "2 UndefinedArgInFrom: FROM uses $VERSIO, which no ARG declares [did you mean $VERSION?]\n"
        "4 UndefinedVar: $wort is not defined here [did you mean $word?]\n"
        "5 UndefinedVar: $b is not defined here [declare it: ARG b]\n"
        "5 UndefinedVar: $g is not defined here [declare it: ARG g]\n");
  model::BuildSpec spec;
  spec.args["BASE"] = "alpine";
  CHECK(findings("ARG BASE\nFROM $BASE\n", false, spec) == "2 InvalidDefaultArgInFrom\n");
  // What one stage declares, another does not know, unless it is made of it and it is no ARG.
  CHECK(findings("FROM alpine AS a\nARG x\nENV y=1\nFROM a\nLABEL k=$y l=$x\n") == "5 UndefinedVar\n");
}

TEST_CASE("which rules count") {
  CHECK(parse_check_options("skip=A, B;error=true").value().fail);
  CHECK_FALSE(parse_check_options("skip=A, B").value().wants("B"));
  CHECK(parse_check_options("skip=A, B").value().wants("C"));
  CHECK(parse_check_options("skip=all").value().skip_all);
  CHECK(parse_check_options(" ").value().wants("A"));
  CHECK(parse_check_options("skipp=A").error().message == "check: 'skipp=A' means nothing");
  CHECK(parse_check_options("error=maybe").error().message == "check: 'error=maybe' means nothing");
}

TEST_CASE("arguments that are the builder's") {
  model::BuildSpec spec;
  spec.args = {{"BUILDKIT_SANDBOX_HOSTNAME", "box"}, {"BUILDKIT_CACHE_MOUNT_NS", "mine"},
               {"BUILDKIT_INLINE_CACHE", "1"},       {"BUILDKIT_DOCKERFILE_CHECK", "error=true"},
               {"BUILDKIT_SYNTAX", "my/front:1"},    {"BUILDKIT_CONTEXT_KEEP_GIT_DIR", "0"}};
  const BuilderArguments read = read_builder_arguments(spec).value();
  CHECK(read.hostname == "box");
  CHECK(read.cache_namespace == "mine");
  CHECK(read.inline_cache);
  CHECK(read.checks->fail);
  CHECK(read.syntax == "my/front:1");
  CHECK_FALSE(read.keep_git_folder);
  spec.args["BUILDKIT_INLINE_CACHE"] = "perhaps";
  CHECK(read_builder_arguments(spec).error().message ==
        "the build argument BUILDKIT_INLINE_CACHE is true or false, not 'perhaps'");
  CHECK(is_dockerfile_syntax("docker/dockerfile:1.7-labs"));
  CHECK(is_dockerfile_syntax("mirror.example/hub/docker/dockerfile-upstream@sha256:" + std::string(64, 'a')));
  CHECK_FALSE(is_dockerfile_syntax("my/front:1"));
}
