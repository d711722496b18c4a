// SPDX-License-Identifier: Apache-2.0
// Laws of interpolation, merging and printing that hold whatever the input.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>

#include "compose/config.h"
#include "compose/load/merge.h"
#include "compose/load/substitute.h"
#include "compose/load/yaml_reader.h"

using namespace compose;
using load::Tree;

namespace {

std::string random_text() {
  static const std::string letters = "ab${}:-?+ \n\t\"'#[]{}&*!|>%@`,.0123xyz~=<";
  std::string text;
  const int length = *rc::gen::inRange(0, 12);
  for (int i = 0; i < length; ++i) {
    text += letters[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(letters.size())))];
  }
  return text;
}

Tree random_tree(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  if (kind == 0) return Tree::null();
  if (kind == 1) return Tree::boolean(*rc::gen::arbitrary<bool>());
  if (kind == 2) return Tree::integer(*rc::gen::arbitrary<std::int32_t>());
  if (kind < 5) return Tree::string(random_text());
  Tree node = kind == 5 ? Tree::sequence() : Tree::mapping();
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    if (kind == 5)
      node.items.push_back(random_tree(depth - 1));
    else
      node.set(i == 0 ? random_text() + "k" : "k" + std::to_string(i), random_tree(depth - 1));
  }
  return node;
}

/// A mapping whose values are scalars or mappings of the like: what can be merged without a rule.
Tree random_map(int depth) {
  Tree node = Tree::mapping();
  for (const char* key : {"a", "b", "c"}) {
    const int kind = *rc::gen::inRange(0, 3);
    if (kind == 0) continue;
    // a key always holds the same kind, so that two maps can be merged
    const bool nested = key[0] == 'c' && depth > 0;
    node.set(key, nested ? random_map(depth - 1) : Tree::integer(*rc::gen::inRange(0, 100)));
  }
  return node;
}

Tree merged(Tree base, Tree over) {
  load::LoadOptions options;
  const load::MemoryFileSource files({});
  load::SourceSet sources;
  base::Diagnostics diagnostics;
  std::set<std::string> warned;
  const load::LoadContext context{.options = options,
                                  .files = files,
                                  .sources = sources,
                                  .diagnostics = diagnostics,
                                  .warned_variables = warned,
                                  .environment = {},
                                  .project_directory = "/work"};
  load::merge(base, std::move(over), load::Path{}, context);
  RC_ASSERT(!diagnostics.has_errors());
  return base;
}

const load::Variable* nothing(std::string_view) { return nullptr; }

}  // namespace

TEST_CASE("text with every $ doubled comes back as it was") {
  CHECK(rc::check([] {
    const std::string text = random_text();
    std::string escaped;
    for (const char c : text) escaped += c == '$' ? "$$" : std::string(1, c);
    const auto result = load::substitute(escaped, nothing);
    RC_ASSERT(result.has_value());
    RC_ASSERT(result->text == text);
    RC_ASSERT(result->uses.empty());
  }));
}

TEST_CASE("text without $ is never changed, and a value is never looked into again") {
  CHECK(rc::check([] {
    std::string text = random_text();
    std::erase(text, '$');
    const load::Variable value{random_text(), "the test"};
    const auto result = load::substitute(text + "${X}" + text, [&](std::string_view) { return &value; });
    RC_ASSERT(result.has_value());
    RC_ASSERT(result->text == text + value.value + text);
  }));
}

TEST_CASE("merging is associative, nothing laid over changes nothing, and itself over itself neither") {
  CHECK(rc::check([] {
    const Tree a = random_map(3), b = random_map(3), c = random_map(3);
    RC_ASSERT(same_data(merged(merged(a, b), c), merged(a, merged(b, c))));
    RC_ASSERT(same_data(merged(a, Tree::mapping()), a));
    RC_ASSERT(same_data(merged(Tree::mapping(), a), a));
    RC_ASSERT(same_data(merged(a, a), a));
  }));
}

TEST_CASE("what is printed as YAML is read as the same data") {
  CHECK(rc::check([] {
    Tree root = Tree::mapping();
    root.set("root", random_tree(4));
    const base::Source source{"printed.yaml", config::to_yaml(root, config::Dollars::Keep)};
    const auto documents = load::read_yaml(source);
    if (!documents) RC_FAIL(base::to_text(documents.error()) + source.text);
    RC_ASSERT(documents->size() == 1U);
    if (!same_data(documents->front(), root)) RC_FAIL(source.text);
  }));
}
