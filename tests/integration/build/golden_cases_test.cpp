// SPDX-License-Identifier: Apache-2.0
// Each golden/build/cases/NAME.case is built; its files and configuration are in NAME.expected.
// COMPOSE_UPDATE_GOLDEN=1 writes the texts anew; COMPOSE_GOLDEN_CASE=NAME builds that one only.
#include <cstdlib>

#include <catch2/catch.hpp>

#include "base/split.h"
#include "integration/build/image_text.h"
#include "support/build_fixture.h"

namespace {

struct Case {
  std::string setup, dockerfile;
  std::vector<std::pair<std::string, std::string>> options;
};

Case read_case(const std::string& path) {
  Case out;
  std::string options;
  std::string* section = nullptr;
  for (const std::string& line : base::split(sys::read_file(path).value(), '\n')) {
    if (line == "### setup") {
      section = &out.setup;
    } else if (line == "### options") {
      section = &options;
    } else if (line == "### Dockerfile") {
      section = &out.dockerfile;
    } else if (section != nullptr) {
      *section += line + "\n";
    }
  }
  for (const std::string& line : base::split(options, '\n')) {
    const auto [key, value] = base::split_once(line, '=');
    if (!key.empty()) out.options.emplace_back(key, value);
  }
  return out;
}

void apply_option(model::BuildSpec& spec, const std::string& key, const std::string& value) {
  const auto [kind, name_text] = base::split_once(key, '.');
  const std::string name(name_text);
  if (kind == "target") spec.target = value;
  if (kind == "arg") spec.args[name] = value;
  if (kind == "label") spec.labels[name] = value;
  if (kind == "secret") spec.secrets.push_back({.id = name, .file = {}, .content = value});
  if (kind != "context") return;
  spec.additional_contexts[name] = value.find("://") != std::string::npos
                                       ? value
                                       : spec.context.substr(0, spec.context.rfind('/')) + value.substr(2);
}

runtime::build::LayeredTree open_tree(test::BuildFixture& fixture, const runtime::image::Image& image) {
  return runtime::build::LayeredTree::open(fixture.snapshots->lower_dirs(image.layers).value(),
                                           runtime::build::OverlayMarks::Honour)
      .value();
}

std::string build_to_text(test::BuildFixture& fixture, const Case& test_case) {
  fixture.spec.additional_contexts.clear();
  fixture.spec.target.clear();
  fixture.spec.args.clear();
  fixture.spec.labels.clear();
  fixture.spec.secrets.clear();
  REQUIRE(sys::remove_tree(fixture.spec.context));
  REQUIRE(sys::remove_tree(fixture.folder.path + "/other"));
  REQUIRE(sys::make_directories(fixture.spec.context));
  REQUIRE(sys::make_directories(fixture.folder.path + "/other"));
  fixture.shell(test_case.setup);
  for (const auto& [key, value] : test_case.options) apply_option(fixture.spec, key, value);
  const auto built = fixture.build(test_case.dockerfile);
  if (!built) return base::to_text(built.error()) + fixture.output();
  const auto image = fixture.images->find(built->id).value();
  const auto base = fixture.images->find("base:1").value();
  const bool on_base = !image.layers.empty() && image.layers.front() == base.layers.front();
  const auto base_list =
      on_base ? build_test::list_root(open_tree(fixture, base)) : std::map<std::string, std::string>();
  return fmt::format("layers: {}, history: {}\n", image.layers.size(), image.config.history.size()) +
         build_test::root_changes(base_list, build_test::list_root(open_tree(fixture, image))) +
         build_test::config_text(image.config);
}

}  // namespace

TEST_CASE("Dockerfiles give the files and the configuration their golden text says") {
  const std::string folder = std::string(TEST_DATA_DIR) + "/golden/build/cases";
  const char* only = std::getenv("COMPOSE_GOLDEN_CASE");
  test::BuildFixture fixture;
  fixture.import_base();
  const std::vector<std::string> names = sys::list_directory(folder).value();
  std::size_t cases = 0;
  for (const std::string& name : names) {
    // Cases for the engine's own launcher or with a web server are built by the end-to-end tests.
    if (!name.ends_with(".case") || name.starts_with("engine_") || name.starts_with("remote_")) continue;
    const std::string stem = name.substr(0, name.size() - 5);
    if (only != nullptr && stem != only) continue;
    ++cases;
    INFO(name);
    const std::string text = build_to_text(fixture, read_case(folder + "/" + name));
    if (std::getenv("COMPOSE_UPDATE_GOLDEN") != nullptr) {
      REQUIRE(sys::write_file(folder + "/" + stem + ".expected", text, 0644));
      continue;
    }
    CHECK(text == sys::read_file(folder + "/" + stem + ".expected").value());
  }
  if (only == nullptr) CHECK(cases >= 60);
}
