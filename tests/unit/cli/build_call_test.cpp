// SPDX-License-Identifier: Apache-2.0
#include "cli/build_call.h"

#include <catch2/catch.hpp>

#include "cli/render/build_outline.h"

using namespace cli;
using model::BuildOutline;

namespace {

BuildOutline sample() {
  BuildOutline out;
  out.targets = {
      {.name = "base", .description = "has tools", .base = "alpine", .lines = {1, 1}},
      {.name = "", .base = "base", .platform = "$BUILDPLATFORM", .is_default = true, .lines = {4, 5}}};
  out.name = "release";
  out.description = "is small";
  out.arguments = {{"VERSION", "1.2", "what is built", {1, 1}}, {"LONGER_NAME", "", "", {2, 2}}};
  out.secrets = {{"token", true, {3, 3}}};
  out.agents = {{"default", false, {3, 3}}};
  out.caches = {{"/c", {3, 3}}};
  out.file = "Dockerfile";
  out.text = "FROM x\n";
  return out;
}

}  // namespace

TEST_CASE("--call names a method and how it is printed") {
  CHECK(parse_build_call("")->method == BuildCall::Method::Build);
  CHECK(parse_build_call("check")->method == BuildCall::Method::Check);
  const auto call = parse_build_call("outline,format=json,ignorestatus=true").value();
  CHECK(call.method == BuildCall::Method::Outline);
  CHECK(call.as_json);
  CHECK(call.ignore_status);
  CHECK(parse_build_call("describe").error().message == "--call describe is not known");
  CHECK(parse_build_call("targets,format=xml").error().message == "format=xml means nothing here");
  CHECK(parse_build_call("build,format=json").error().message == "build takes no attributes");
}

TEST_CASE("tables of targets and of an outline") {
  CHECK(targets_text(sample()) ==
        "TARGET    DESCRIPTION\n"
        "base      has tools\n"
        "(default) \n");
  CHECK(outline_text(sample()) ==
        "TARGET:      release\n"
        "DESCRIPTION: is small\n"
        "\n"
        "BUILD ARG     VALUE   DESCRIPTION\n"
        "VERSION       1.2     what is built\n"
        "LONGER_NAME           \n"
        "\n"
        "SECRET   REQUIRED\n"
        "token    true\n"
        "\n"
        "SSH       REQUIRED\n"
        "default   \n"
        "\n");
  CHECK(outline_text(BuildOutline()).empty());
}

TEST_CASE("the same as JSON") {
  CHECK(encode_targets(sample()) == R"({
  "targets": [
    {
      "name": "base",
      "description": "has tools",
      "base": "alpine",
      "location": {
        "ranges": [
          {
            "start": {
              "line": 1
            },
            "end": {
              "line": 1
            }
          }
        ]
      }
    },
    {
      "default": true,
      "base": "base",
      "platform": "$BUILDPLATFORM",
      "location": {
        "ranges": [
          {
            "start": {
              "line": 4
            },
            "end": {
              "line": 5
            }
          }
        ]
      }
    }
  ],
  "sources": [
    "RlJPTSB4Cg=="
  ]
}
)");
  const std::string json = encode_outline(sample());
  CHECK(json.find(R"("name": "release",
  "description": "is small",
  "args": [
    {
      "name": "VERSION",
      "description": "what is built",
      "value": "1.2",
      "location")") != std::string::npos);
  CHECK(json.find(R"("name": "token",
      "required": true,)") != std::string::npos);
  CHECK(json.find(R"("ID": "/c",)") != std::string::npos);
  BuildOutline found = sample();
  found.findings = {
      {"StageNameCasing", base::make_error(base::ErrorClass::Invalid, "odd").with_hint("write it so")}};
  CHECK(encode_findings(found) == R"({
  "warnings": [
    {
      "ruleName": "StageNameCasing",
      "detail": "odd",
      "description": "write it so"
    }
  ],
  "sources": [
    {
      "fileName": "Dockerfile",
      "language": "Dockerfile",
      "data": "RlJPTSB4Cg=="
    }
  ]
}
)");
}
