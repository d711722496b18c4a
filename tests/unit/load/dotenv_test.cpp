// SPDX-License-Identifier: Apache-2.0
#include "compose/load/dotenv.h"

#include <catch2/catch.hpp>

using namespace compose::load;

namespace {

const Variable* find(std::string_view name) {
  static const Variable outer{"outer value", "the test"};
  return name == "OUTER" ? &outer : nullptr;
}

/// "A=1|B=2|C" for the entries, or the error's place and message.
std::string read(const std::string& text) {
  const base::Source source{".env", text};
  const auto entries = read_dotenv(source, find);
  if (!entries) {
    const auto& at = *entries.error().location;
    return std::to_string(at.line) + ":" + std::to_string(at.column) + " " + entries.error().message;
  }
  std::string out;
  for (const EnvEntry& entry : *entries) {
    out += (out.empty() ? "" : "|") + entry.name + (entry.value ? "=" + *entry.value : "");
  }
  return out;
}

}  // namespace

TEST_CASE("env files are read as docker compose reads them") {
  const std::pair<std::string, std::string> cases[] = {
      {"A=v", "A=v"},
      {"A = v", "A=v"},
      {"export A=v", "A=v"},
      {"A: v", "A=v"},
      {"A.b-c[0]=v", "A.b-c[0]=v"},
      {"A", "A"},
      {"A=", "A="},
      {"A=x # c", "A=x"},
      {"A=x# c", "A=x# c"},
      {"A='$X\\n'", "A=$X\\n"},
      {"A='it\\'s'", "A=it's"},
      {"A='l1\nl2'\nB=2", "A=l1\nl2|B=2"},
      {"A=\"x\\ty\\\\z\\\"q\\$r\\0101\"", "A=x\ty\\z\"q$rA"},
      {"A=\"\\x41\\u0041\"", "A=\\x41\\u0041"},
      {"A=$OUTER", "A=outer value"},
      {"A=1\nB=${A}2\nC=$B", "A=1|B=12|C=12"},
      {"A=${NO:-d}", "A=d"},
      {"A=$$x", "A=$x"},
      {"# c\n\n  A=1\r\nB=2\r\n", "A=1|B=2"},
      {"\xEF\xBB\xBF"
       "A=1",
       "A=1"},
      {"KEY WITH SPACE=1", "1:1 a variable name cannot contain blanks"},
      {"A=1\nlol$wut", "2:4 unexpected character \"$\" in a variable name"},
      {"A=1\nB='x\ny", "2:3 the quoted value is not closed"},
      {"A=${", "1:3 malformed variable \"${\""},
  };
  for (const auto& [text, expected] : cases) CHECK(read(text) == expected);
}

TEST_CASE("raw env files are taken as they stand") {
  const base::Source source{"raw.env", "# c\nA='1'\nB=$A # x\nC\n D=\"x\r\n"};
  const auto entries = read_raw_env(source);
  REQUIRE(entries);
  REQUIRE(entries->size() == 4);
  CHECK((*entries)[0].value == "'1'");
  CHECK((*entries)[1].value == "$A # x");
  CHECK(!(*entries)[2].value);
  CHECK((*entries)[3].value == "\"x");
  CHECK(!read_raw_env(base::Source{"raw.env", "A B=1"}));
}
