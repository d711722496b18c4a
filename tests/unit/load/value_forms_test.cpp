// SPDX-License-Identifier: Apache-2.0
#include "compose/load/value_forms.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "compose/load/schema.h"

using namespace compose::load;

namespace {

using Node = PathRules<Form>::Node;

/// Every named step of the table must be an attribute of the schema where it stands.
void check_names(const Node& node, std::vector<std::string_view> path) {
  const auto known = schema_attributes(path);
  for (const auto& [name, child] : node.children) {
    std::string where;
    for (const std::string_view step : path) where += std::string(step) + ".";
    INFO(where << name);
    CHECK(std::ranges::find(known, name) != known.end());
    auto below = path;
    below.push_back(name);
    check_names(*child, below);
  }
  if (node.any == nullptr) return;
  path.push_back("*");
  check_names(*node.any, path);
}

/// A pattern's * beside a name would make two rules fit one path.
void check_unambiguous(const Node& node) {
  CHECK((node.any == nullptr || node.children.empty()));
  for (const auto& [name, child] : node.children) check_unambiguous(*child);
  if (node.any != nullptr) check_unambiguous(*node.any);
}

}  // namespace

TEST_CASE("every path of the table exists in the schema") { check_names(*value_forms().root(), {}); }

TEST_CASE("no two patterns of the table fit the same path") { check_unambiguous(*value_forms().root()); }
