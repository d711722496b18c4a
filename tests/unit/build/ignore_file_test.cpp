// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/ignore_file.h"

#include <catch2/catch.hpp>

namespace {

bool excluded(const std::string& patterns, const std::string& path) {
  return runtime::build::IgnoreRules::parse(patterns, ".dockerignore").value().excludes(path);
}

}  // namespace

TEST_CASE("patterns match whole paths, and what is below a match") {
  CHECK(excluded("a", "a"));
  CHECK(excluded("a", "a/b/c"));
  CHECK_FALSE(excluded("a", "b/a"));
  CHECK_FALSE(excluded("a", "ab"));
  CHECK(excluded("/a/", "a"));
  CHECK(excluded("./b/../a", "a"));
  CHECK(excluded("*/a", "x/a"));
  CHECK_FALSE(excluded("*/a", "x/y/a"));
  CHECK(excluded("*.o", "x.o"));
  CHECK_FALSE(excluded("*.o", "d/x.o"));
  CHECK(excluded("a?c", "abc"));
  CHECK_FALSE(excluded("a?c", "a/c"));
  CHECK(excluded("[a-c]x", "bx"));
  CHECK_FALSE(excluded("[^a-c]x", "bx"));
  CHECK(excluded("\\*", "*"));
  CHECK_FALSE(excluded("\\*", "a"));
}

TEST_CASE("two stars span folders") {
  CHECK(excluded("**/x", "x"));
  CHECK(excluded("**/x", "a/b/x"));
  CHECK(excluded("a/**/x", "a/x"));
  CHECK(excluded("a/**/x", "a/b/c/x"));
  CHECK_FALSE(excluded("a/**", "a"));
  CHECK(excluded("a/**", "a/b"));
  CHECK(excluded("**", "a"));
  CHECK(excluded("**.go", "a/b.go"));
  CHECK(excluded("a**b", "ab"));
  CHECK(excluded("a**b", "ax/yb"));
  CHECK(excluded("**/**/x", "a/x"));
}

TEST_CASE("the last pattern that matches decides") {
  CHECK_FALSE(excluded("*\n!a", "a"));
  CHECK(excluded("!a\n*", "a"));
  CHECK_FALSE(excluded("d\n!d/keep", "d/keep"));
  CHECK(excluded("d\n!d/keep", "d/other"));
  CHECK(excluded("*.md\n!README*.md\nREADME-secret.md", "README-secret.md"));
  CHECK_FALSE(excluded("# d\n", "# d"));
  CHECK(excluded("\\#d", "#d"));
  CHECK_FALSE(excluded("", "a"));
  CHECK_FALSE(excluded(".", "a"));
}

TEST_CASE("whether something below an excluded folder comes back") {
  const auto rules = runtime::build::IgnoreRules::parse("a\n!a/b/c\n!**/keep", ".dockerignore").value();
  CHECK(rules.may_include_below("a"));
  CHECK(rules.may_include_below("z"));
  const auto plain = runtime::build::IgnoreRules::parse("*\n!src/lib", ".dockerignore").value();
  CHECK(plain.may_include_below("src"));
  CHECK_FALSE(plain.may_include_below("other"));
}

TEST_CASE("malformed patterns are told with their line") {
  const auto rules = runtime::build::IgnoreRules::parse("a\n[x\n", ".dockerignore");
  REQUIRE_FALSE(rules);
  CHECK(base::to_text(rules.error()) ==
        ".dockerignore:2:1: error: '[x' is a malformed pattern\n"
        "    2 | [x\n"
        "      | ^~\n");
  CHECK_FALSE(runtime::build::IgnoreRules::parse("!\n", ".dockerignore"));
}

TEST_CASE("many stars do not take forever") {
  std::string pattern, path;
  for (int i = 0; i < 40; ++i) {
    pattern += "**/*a*/";
    path += "aaaaaaaaaaaaaaaaaaaa/";
  }
  CHECK_FALSE(excluded(pattern + "b", path + "c"));
}
