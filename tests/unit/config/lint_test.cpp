// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "compose/config.h"
#include "support/project_bundle.h"

using namespace compose;

namespace {

/// "rule line" of each finding, in order.
std::string lint(const std::string& project, const std::set<std::string>& disabled = {}) {
  const ProjectBundle bundle = ProjectBundle::parse(project);
  const auto loaded = bundle.load();
  if (!loaded) FAIL(base::to_text(loaded.error()));
  const auto found = config::lint(*loaded, load::MemoryFileSource(bundle.files), disabled);
  if (!found) return base::to_text(found.error());
  std::string out;
  for (const base::Error& finding : *found) {
    const auto id = finding.message.substr(finding.message.rfind('[') + 1);
    out += id.substr(0, id.size() - 1) + " " + std::to_string(finding.location->line) + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("each rule finds what it is for, and leaves the rest alone") {
  CHECK(lint("services:\n  a:\n    image: i:1\n    ports:\n      - 22:22\n      - \"23:23\"\n      - "
             "8080:80\n") == "unquoted-port 5\n");
  CHECK(
      lint("services:\n  a: {image: i}\n  b: {image: 'i:latest'}\n  c: {image: 'i:1'}\n  d: {build: .}\n") ==
      "image-tag 2\nimage-tag 3\n");
  CHECK(lint("services:\n  a:\n    image: i:1\n    environment:\n      DB_PASSWORD: x\n      API_TOKEN: $T\n"
             "      PASSWORD_FILE: /f\n      SECRET_KEY:\n#### env T=1\n") == "secret-in-environment 5\n");
  CHECK(
      lint("services:\n  a: {image: 'i:1', networks: [n]}\nnetworks:\n  n:\n  m:\nvolumes:\n  v:\nsecrets:\n"
           "  s: {file: x}\n") == "unused-resource 5\nunused-resource 7\nunused-resource 9\n");
  CHECK(
      lint("services:\n  a: {image: 'i:1', depends_on: [b, c]}\n  b: {image: 'i:1', healthcheck: {test: x}}\n"
           "  c: {image: 'i:1'}\n") == "health-ignored 2\n");
  CHECK(lint("version: '3'\nservices:\n  a: {image: 'i:1'}\n") == "obsolete-version 1\n");
  CHECK(lint("services:\n  a:\n    image: i:1\n    volumes:\n      - /data\n      - ./x:/data/x\n      - "
             "./y:/y\n") == "bind-over-anonymous 6\n");
  CHECK(lint("services:\n  a: {image: 'i:1', env_file: a.env}\n#### file a.env\nA=x$y\nB='x$y'\nC=x$$y\nE=${x}$1\n#### "
             "file .env\n"
             "# $c\nD=$x\n") == "dollar-in-env-file 2\ndollar-in-env-file 1\n");
  CHECK(lint("services:\n  a:\n    image: i:1\n    restart: no\n    labels: {x: 'yes', y: on}\n") ==
        "yaml-boolean 4\nyaml-boolean 5\n");
  CHECK(lint("services:\n  a:\n    image: i:1\n    secrets:\n      - {source: s, mode: 440}\n      - "
             "{source: s, target: t, mode: 0440}\n"
             "secrets: {s: {file: x}}\n") == "decimal-mode 5\n");
  CHECK(lint("services:\n  a: {image: 'i:1', ports: ['80:80']}\n  b: {image: 'i:1', ports: ['80:81', "
             "'81:81']}\n") == "host-port-clash 3\n");
}

TEST_CASE("rules can be switched off by their id") {
  CHECK(lint("services: {a: {image: i}}\n", {"image-tag"}).empty());
  CHECK(lint("services: {a: {image: i}}\n", {"image-tags"}) ==
        "error: no such lint rule: image-tags\n  hint: did you mean \"image-tag\"?\n");
}

TEST_CASE("docs/lint.md has a section for every rule") {
  const std::string text = read_golden(SOURCE_DIR "/docs/lint.md");
  for (const config::LintRule& rule : config::lint_rules()) {
    INFO(rule.id);
    CHECK(text.find("\n## " + std::string(rule.id) + "\n") != std::string::npos);
  }
}
