// SPDX-License-Identifier: Apache-2.0
#include "compose/load/substitute.h"

#include <catch2/catch.hpp>

using namespace compose::load;

namespace {

const Variable* find(std::string_view name) {
  static const Variable foo{"first", "the test"}, bar{"", "the test"};
  if (name == "FOO") return &foo;
  return name == "BAR" ? &bar : nullptr;
}

std::string result_of(std::string_view text) {
  const auto result = substitute(text, find);
  return result ? result->text : "error: " + result.error().message;
}

}  // namespace

TEST_CASE("variables are replaced as the specification says") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"$$x $${x}", "$x ${x}"},
      {"$FOO-bar", "first-bar"},
      {"a $ b", "a $ b"},
      {"^re$", "^re$"},
      {"$}", "$}"},
      {"$1", "$1"},
      {"${FOO}", "first"},
      {"${foo}", ""},
      {"${MISSING:-d}", "d"},
      {"${BAR:-d}", "d"},
      {"${BAR-d}", ""},
      {"${MISSING-d}", "d"},
      {"${MISSING:+x}", ""},
      {"${BAR:+x}", ""},
      {"${BAR+x}", "x"},
      {"${FOO:+x}", "x"},
      {"${BAR?msg}", ""},
      {"${MISSING:?msg}", "error: required variable MISSING is missing a value: msg"},
      {"${MISSING?}", "error: required variable MISSING is missing a value"},
      {"${BAR:?msg}", "error: required variable BAR is missing a value: msg"},
      {"${A:-${B:-c}}", "c"},
      {"${A:-$FOO ${BAR}x}", "first x"},
      {"${A:?need ${FOO}}", "error: required variable A is missing a value: need first"},
      {"${FOO:-${A:?not reached}}", "first"},
      {"${J:-{\"json\":1}}", "{\"json\":1}"},
      {"${BAR:-/non:-alnum}", "/non:-alnum"},
      {"${U?va-lu+e:?e}", "error: required variable U is missing a value: va-lu+e:?e"},
      {"-ok ${BAR:-d} ?+", "-ok d ?+"},
      {"${", "error: malformed variable \"${\""},
      {"${}", "error: malformed variable \"${}\""},
      {"${ FOO}", "error: malformed variable \"${ FOO}\""},
      {"${FOO }", "error: malformed variable \"${FOO }\""},
      {"${FOO!}", "error: malformed variable \"${FOO!}\""},
      {"${FOO/a/b}", "error: malformed variable \"${FOO/a/b}\""},
      {"${#FOO}", "error: malformed variable \"${#FOO}\""},
  };
  for (const auto& [text, expected] : cases) CHECK(result_of(text) == expected);
}

TEST_CASE("what was looked at is recorded, and what is unset is named") {
  const auto result = substitute("$FOO ${A} ${B:-x} ${BAR+y} ${C:+z}", find);
  REQUIRE(result);
  CHECK(result->unset == std::vector<std::string>{"A"});
  REQUIRE(result->uses.size() == 5);
  CHECK(result->uses[0].outcome == VariableUse::Outcome::Value);
  CHECK(result->uses[0].origin == "the test");
  CHECK(result->uses[2].outcome == VariableUse::Outcome::Default);
  CHECK(result->uses[3].outcome == VariableUse::Outcome::Alternate);
}

TEST_CASE("references are listed with what stands in their words") {
  const auto found = find_references("${A:-${B?b}} $C $$D ${E");
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "A");
  CHECK(found[0].word == "${B?b}");
  CHECK(found[1].name == "B");
  CHECK(found[1].operation == '?');
  CHECK(found[2].name == "C");
}

TEST_CASE("nesting has a limit, and holds up to it") {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "${A:-";
    return text + "x" + std::string(static_cast<std::size_t>(depth), '}');
  };
  CHECK(result_of(nested(kMaxNesting)) == "x");
  CHECK(result_of(nested(kMaxNesting + 1)) == "error: variables nest deeper than 64 levels");
}

TEST_CASE("a value has a limit, and holds up to it") {
  const Variable half{std::string(kMaxText / 2, 'x'), "the test"};
  const auto lookup = [&](std::string_view) { return &half; };
  CHECK(substitute("$A$A", lookup)->text.size() == kMaxText);
  const auto refused = substitute("$A$A.", lookup);
  REQUIRE(!refused);
  CHECK(refused.error().message == "with its variables the value is longer than 1048576 bytes");
}
