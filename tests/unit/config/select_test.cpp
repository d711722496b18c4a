// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "compose/config.h"
#include "support/project_bundle.h"

using namespace compose;

namespace {

load::Loaded load_text(const std::string& text) {
  auto loaded = ProjectBundle::parse(text).load();
  if (!loaded) FAIL(base::to_text(loaded.error()));
  return *std::move(loaded);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("names of what a project has") {
  const auto loaded = load_text(
      "services:\n  web: {build: ., networks: [n], volumes: ['data:/d'], models: [m]}\n  db: {image: "
      "'pg:16', profiles: [p]}\n"
      "networks: {n: }\nvolumes: {data: }\nmodels: {m: {model: ai/m}}\n#### option --profile p\n");
  CHECK(select(loaded, config::Selector::Services, '-') == Names{"db", "web"});
  CHECK(select(loaded, config::Selector::Volumes, '-') == Names{"data"});
  CHECK(select(loaded, config::Selector::Networks, '-') == Names{"default", "n"});
  CHECK(select(loaded, config::Selector::Models, '-') == Names{"ai/m"});
  CHECK(select(loaded, config::Selector::Profiles, '-') == Names{"p"});
  CHECK(select(loaded, config::Selector::Images, '-') == Names{"pg:16", "work-web"});
  CHECK(select(loaded, config::Selector::Images, '_') == Names{"pg:16", "work_web"});
}

TEST_CASE("names of what a project has, with its variables as they stand") {
  auto bundle = ProjectBundle::parse(
      "services:\n  web: {build: ., image: '${I:-x}', profiles: [p]}\n  db: {image: 'pg:16'}\nvolumes: "
      "{data: "
      "}\n#### option --no-interpolate\n");
  const auto loaded = bundle.load();
  REQUIRE(loaded);
  CHECK(select(*loaded, config::Selector::Services, '-') == Names{"db", "web"});
  CHECK(select(*loaded, config::Selector::Volumes, '-') == Names{"data"});
  CHECK(select(*loaded, config::Selector::Profiles, '-') == Names{"p"});
  CHECK(select(*loaded, config::Selector::Images, '-') == Names{"pg:16", "${I:-x}"});
}

TEST_CASE("hashes by service") {
  const auto loaded = load_text("services: {a: {image: i}, b: {image: i}, c: {image: j}}\n");
  const auto all = config::service_hashes(loaded, {"*"});
  REQUIRE(all);
  REQUIRE(all->size() == 3);
  CHECK((*all)[0].second == (*all)[1].second);
  CHECK((*all)[0].second != (*all)[2].second);
  CHECK(config::service_hashes(loaded, {"c"})->size() == 1);
  CHECK(base::to_text(config::service_hashes(loaded, {"aa"}).error()) ==
        "error: no such service: aa\n  hint: did you mean \"a\"?\n");
}

TEST_CASE("variables that the files ask for") {
  const auto bundle = ProjectBundle::parse(
      "services: {a: {image: '${I:-redis:${T:?}}', command: $C, hostname: '${H:+x}'}}\n");
  const auto variables = config::list_variables(bundle.options, load::MemoryFileSource(bundle.files));
  REQUIRE(variables);
  CHECK(to_text(*variables, config::VariableFormat::Table) ==
        "NAME   REQUIRED   DEFAULT VALUE   ALTERNATE VALUE\n"
        "C      false                      \n"
        "H      false                      x\n"
        "I      false      redis:${T:?}    \n"
        "T      true                       \n");
  CHECK(to_text(*variables, config::VariableFormat::Yaml)
            .starts_with("C:\n  name: C\n  defaultvalue: \"\"\n  presencevalue: \"\"\n  required: false\n"));
}

TEST_CASE("variables of included and extended files, also when one is missing") {
  const auto bundle = ProjectBundle::parse(
      "include: [inc.yaml]\nservices: {a: {extends: {file: base.yaml, service: b}, image: '${A:?}'}}\n"
      "#### file inc.yaml\nservices: {i: {image: '$I'}}\n#### file base.yaml\nservices: {b: {hostname: "
      "$B}}\n");
  const auto variables = config::list_variables(bundle.options, load::MemoryFileSource(bundle.files));
  REQUIRE(variables);
  Names names;
  for (const config::Variable& variable : *variables) names.push_back(variable.name);
  CHECK(names == Names{"A", "B", "I"});
}

TEST_CASE("images are pinned in the model, or alone in an override") {
  auto loaded = load_text("services: {a: {image: 'i:1'}, b: {build: .}}\n");
  const std::map<std::string, std::string> pins = {{"i:1", "i:1@sha256:00"}};
  CHECK(config::to_yaml(config::image_lock(loaded.tree, pins), config::Dollars::Escape) ==
        "services:\n  a:\n    image: i:1@sha256:00\n");
  config::pin_images(loaded.tree, pins);
  CHECK(loaded.tree.find("services")->find("a")->text_of("image") == "i:1@sha256:00");
}

TEST_CASE("errors as data for editors") {
  const auto loaded = ProjectBundle::parse("services:\n  a: {imag: i}\n  b: {image: 5}\n").load();
  REQUIRE(!loaded);
  CHECK(config::errors_to_json(loaded.error(), "error") ==
        "[\n"
        "  {\"severity\": \"error\", \"class\": \"invalid\", \"message\": \"services.a: unknown attribute "
        "\\\"imag\\\"\", "
        "\"file\": \"compose.yaml\", \"line\": 2, \"column\": 7, \"length\": 4, \"context\": [], "
        "\"hint\": \"did you mean \\\"image\\\"?\"},\n"
        "  {\"severity\": \"error\", \"class\": \"invalid\", \"message\": \"services.b.image: must be a "
        "string, not an integer\", "
        "\"file\": \"compose.yaml\", \"line\": 3, \"column\": 14, \"length\": 1, \"context\": [], "
        "\"hint\": \"put it in quotes: \\\"5\\\"\"}\n"
        "]\n");
}

TEST_CASE("texts that YAML could misread are put in quotes") {
  load::Tree list = load::Tree::sequence();
  for (const char* text : {"",     "a",     "true", "y",          "1",  "1.5", "~",     "- a", "-a",
                           "a: b", "a:b",   "a #b", " a",         "'",  "\"",  "12:30", "::1", "l1\nl2",
                           "l1\n", "tab\t", "{a}",  "2024-01-01", "<<", "=",   "#",     "a:"}) {
    list.items.push_back(load::Tree::string(text));
  }
  CHECK(config::to_yaml(list, config::Dollars::Keep) == R"(- ""
- a
- "true"
- "y"
- "1"
- "1.5"
- "~"
- '- a'
- -a
- 'a: b'
- a:b
- 'a #b'
- ' a'
- "'"
- '"'
- '12:30'
- ::1
- |-
  l1
  l2
- |
  l1
- "tab\t"
- '{a}'
- "2024-01-01"
- '<<'
- '='
- '#'
- 'a:'
)");
}
