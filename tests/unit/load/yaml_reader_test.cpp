// SPDX-License-Identifier: Apache-2.0
#include "compose/load/yaml_reader.h"

#include <catch2/catch.hpp>

using namespace compose::load;

namespace {

/// Keeps the source alive beside what was read from it.
struct Read {
  base::Source source;
  base::Result<std::vector<Tree>> documents;

  explicit Read(std::string text) : source{"f.yaml", std::move(text)}, documents(read_yaml(source)) {}
  const Tree& first() const {
    if (!documents) FAIL(base::to_text(documents.error()));
    REQUIRE(!documents->empty());
    return documents->front();
  }
};

std::string place(const base::Span& span) {
  return std::to_string(span.line) + ":" + std::to_string(span.column) + "+" + std::to_string(span.length);
}

/// `count` aliases of a list of a hundred values.
std::string aliases(int count) {
  std::string text = "a: &a [0";
  for (int i = 1; i < 100; ++i) text += "," + std::to_string(i);
  text += "]\nb:\n";
  for (int i = 0; i < count; ++i) text += "- *a\n";
  return text;
}

}  // namespace

TEST_CASE("keys and values know their places") {
  const Read read("services:\n  web:\n    image: \"a b\"\n    ports: [80, '81:81']\n    empty:\n");
  const Tree& web = *read.first().find("services")->find("web");
  CHECK(place(read.first().find("services")->find_entry("web")->key_span) == "2:3+3");
  CHECK(place(web.find("image")->span) == "3:12+5");
  CHECK(place(web.find("ports")->items[1].span) == "4:17+7");
  CHECK(place(web.find("empty")->span) == "5:5+5");
  CHECK(web.find("image")->quoted);
  CHECK(!web.find("ports")->items[0].quoted);
}

TEST_CASE("merge keys lie under what a mapping says itself, the first listed on top") {
  const Read read("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 0}\nd: {<<: *b}\n");
  const Tree& c = *read.first().find("c");
  CHECK(c.find("x")->int_value == 0);
  CHECK(c.find("y")->int_value == 1);
  CHECK(c.find("z")->int_value == 2);
  CHECK(read.first().find("d")->find("y")->int_value == 2);
  CHECK(c.find("<<") == nullptr);
}

TEST_CASE("tags mark what is reset or overridden, and types that are forced") {
  const Read read(
      "a: !reset null\nb: !override [1]\nc: !!str 5\nd: !!float 3\ne: !override \"6\"\nf: !reset\n");
  CHECK(read.first().find("a")->tag == MergeTag::Reset);
  CHECK(read.first().find("b")->tag == MergeTag::Override);
  CHECK(read.first().find("c")->is_string());
  CHECK(read.first().find("d")->kind == Kind::Float);
  CHECK(read.first().find("e")->is_string());
  CHECK(read.first().find("f")->tag == MergeTag::Reset);
}

TEST_CASE("a file may hold several documents; empty ones do not count") {
  CHECK(Read("a: 1\n---\nb: 2\n---\n").documents->size() == 2);
  CHECK(Read("# nothing\n").documents->empty());
  CHECK(Read("a: 1\r\nb: [x,\r\n  y]\r\n").first().find("b")->items.size() == 2);
}

TEST_CASE("large mappings find their duplicate keys, too") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "k" + std::to_string(i) + ": 1\n";
  CHECK(Read(text).documents->front().entries.size() == 100);
  const Read twice(text + "k7: 2\nk99: 3\n");
  REQUIRE(!twice.documents);
  CHECK(twice.documents.error().message == "the key \"k7\" is already defined at line 8");
  REQUIRE(twice.documents.error().also.size() == 1);
  CHECK(twice.documents.error().also[0].message == "the key \"k99\" is already defined at line 100");
}

TEST_CASE("aliases may add as many values as the limit says, and none more") {
  // the limit grows by 20 with each alias, as that is a value written out; an alias adds 101
  int least = 1, most = 4'000;
  while (least + 1 < most) {
    const int middle = (least + most) / 2;
    (Read(aliases(middle)).documents ? least : most) = middle;
  }
  CHECK(Read(aliases(least)).documents);
  const Read refused(aliases(most));
  REQUIRE(!refused.documents);
  CHECK(refused.documents.error().message == "aliases expand to more than 100000 values");
  CHECK(least * 101 >= 100'000);
}

TEST_CASE("text that is not UTF-8 is refused with its place") {
  const Read read("a: \"x\xFF\"\n");
  REQUIRE(!read.documents);
  CHECK(
      base::to_text(read.documents.error()).starts_with("f.yaml:1:6: error: byte 0xFF is not valid UTF-8\n"));
}

TEST_CASE("a token where no value can begin is an error, not an endless file") {
  CHECK(!Read("!:' , c}\n").documents);
  CHECK(!Read("a: 1\n---\n}\n").documents);
}

TEST_CASE("escapes become UTF-8") {
  CHECK(Read("a: \"\\N\\_\\L\\x41\\xe9\\u20ac\\0\"\n").first().text_of("a") ==
        std::string_view("\xC2\x85\xC2\xA0\xE2\x80\xA8"
                         "A\xC3\xA9\xE2\x82\xAC\0",
                         14));
}

TEST_CASE("deep nesting is an error, not a crash") {
  CHECK(!Read(std::string(100'000, '[')).documents);
  CHECK(!Read(std::string(100'000, '{')).documents);
  std::string lists;
  for (int i = 0; i < 5'000; ++i) lists += std::string(static_cast<std::size_t>(i), ' ') + "-\n";
  static_cast<void>(Read(lists));
}

TEST_CASE("an open quote is the error, not what the end of the text then misses") {
  for (const std::string end : {"\n", "\n\n  b: c\n"}) {
    const Read read("services:\n  a: {image: \"x}" + end);
    REQUIRE(!read.documents);
    const std::string shown = base::to_text(read.documents.error());
    CHECK(shown.starts_with("f.yaml:2:14: error: a quoted text is not closed\n"));
    CHECK(shown.ends_with("  hint: add the missing quote\n"));
  }
  CHECK(!Read("a: ['x, y]\n").documents);
}

TEST_CASE("what is missing at the end of the text is shown behind its last line") {
  const Read read("services:\n  a: {image: x\n\n");
  REQUIRE(!read.documents);
  CHECK(base::to_text(read.documents.error()) ==
        "f.yaml:2:15: error: malformed YAML: missing } at the end of a mapping\n"
        "    2 |   a: {image: x\n"
        "      |               ^\n");
}
