// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/expand.h"

#include <map>

#include <catch2/catch.hpp>

namespace {

using runtime::build::expand_text;
using runtime::build::expand_word;
using runtime::build::expand_words;

std::optional<std::string> lookup(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> kVariables = {
      {"name", "value"}, {"empty", ""}, {"path", "/usr/local/lib/libz.so.1"}, {"two", "a b"}, {"1", "one"}};
  const auto found = kVariables.find(name);
  if (found == kVariables.end()) return std::nullopt;
  return found->second;
}

std::string expand(std::string_view text, char escape = '\\') {
  const auto out = expand_word(text, escape, lookup);
  return out ? *out : "error: " + out.error().message;
}

}  // namespace

TEST_CASE("plain variables, quotes and escapes") {
  CHECK(expand("$name") == "value");
  CHECK(expand("a${name}b") == "avalueb");
  CHECK(expand("$nameb") == "");
  CHECK(expand("$name.b") == "value.b");
  CHECK(expand("\\$name") == "$name");
  CHECK(expand("'$name'") == "$name");
  CHECK(expand("\"$name\"") == "value");
  CHECK(expand("\"\\$name \\x \\\\\"") == "$name \\x \\");
  CHECK(expand("a\\ b") == "a b");
  CHECK(expand("$") == "$");
  CHECK(expand("a$ b") == "a$ b");
  CHECK(expand("$1x") == "onex");
  CHECK(expand("`$name", '`') == "$name");
  CHECK(expand("c:\\$name", '`') == "c:\\value");
  CHECK(expand("'open") == "error: 'open: a single quote is not closed");
  CHECK(expand("\"open") == "error: \"open: a double quote is not closed");
}

TEST_CASE("modifiers of variables") {
  CHECK(expand("${name:-other}") == "value");
  CHECK(expand("${empty:-other}") == "other");
  CHECK(expand("${empty-other}") == "");
  CHECK(expand("${unset-other}") == "other");
  CHECK(expand("${unset:-${name}x}") == "valuex");
  CHECK(expand("${name:+there}") == "there");
  CHECK(expand("${empty:+there}") == "");
  CHECK(expand("${empty+there}") == "there");
  CHECK(expand("${unset+there}") == "");
  CHECK(expand("${unset:?is needed}") == "error: unset: is needed");
  CHECK(expand("${empty?no}") == "");
  CHECK(expand("${path#*/}") == "usr/local/lib/libz.so.1");
  CHECK(expand("${path##*/}") == "libz.so.1");
  CHECK(expand("${path%/*}") == "/usr/local/lib");
  CHECK(expand("${path%%.*}") == "/usr/local/lib/libz");
  CHECK(expand("${path/l*/X}") == "/usr/X");
  CHECK(expand("${path//lib/L}") == "/usr/local/L/Lz.so.1");
  CHECK(expand("${name/a/}") == "vlue");
  CHECK(expand("${name") == "error: '${name': a { has no }");
  CHECK(expand("${name:x}") == "error: '${name:x}': unknown modifier ':x'");
  CHECK(expand("${}") == "error: '${}': no name after ${");
}

TEST_CASE("a word may become several") {
  CHECK(expand_words("$two", '\\', lookup).value() == std::vector<std::string>{"a", "b"});
  CHECK(expand_words("\"$two\" c", '\\', lookup).value() == std::vector<std::string>{"a b", "c"});
  CHECK(expand_words("$empty", '\\', lookup).value().empty());
}

TEST_CASE("a heredoc keeps quotes, not escapes") {
  CHECK(expand_text("'$name' \\n \\$name \\\\ \"x\"\n", '\\', lookup).value() ==
        "'value' n $name \\ \"x\"\n");
}

TEST_CASE("nesting and replacing have limits") {
  std::string nested = "x";
  for (int i = 0; i < 100; ++i) nested = "${unset:-" + nested + "}";
  CHECK(expand(nested) == "x");
  CHECK(expand("${unset:-" + nested + "}") == "error: variables are nested too deep");
  const std::string limit(16 * 1024, 'a');
  const auto value = [&](std::string_view name) -> std::optional<std::string> {
    return name == "fits" ? limit : limit + "a";
  };
  CHECK(expand_word("${fits/b/c}", '\\', value).value() == limit);
  CHECK_FALSE(expand_word("${large/b/c}", '\\', value));
}
