// SPDX-License-Identifier: Apache-2.0
// One file an attribute: <section>/<attribute>.yaml is a project that uses the attribute in its forms,
// and under "#### expect" its canonical value by service (or network, ...). The test loads, compares,
// prints, loads what was printed, and compares again.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <set>
#include <span>

#include "base/split.h"
#include "compose/config.h"
#include "compose/load/schema.h"
#include "support/project_bundle.h"

using namespace compose;
using load::Tree;

namespace {

/// Where a section's attributes stand below the root: {"services", "*", "build"}.
const std::map<std::string, std::vector<std::string_view>> kSections = {
    {"services", {"services", "*"}},
    {"build", {"services", "*", "build"}},
    {"deploy", {"services", "*", "deploy"}},
    {"healthcheck", {"services", "*", "healthcheck"}},
    {"networks", {"networks", "*"}},
    {"volumes", {"volumes", "*"}},
    {"secrets", {"secrets", "*"}},
    {"configs", {"configs", "*"}},
    {"models", {"models", "*"}},
};

/// The attribute of every entry that has it: {a: {cap_add: [...]}, ...}, as YAML.
std::string values_of(const Tree& root, const std::vector<std::string_view>& section,
                      const std::string& attribute) {
  Tree values = Tree::mapping();
  const Tree* entries = root.find(section[0]);
  if (entries == nullptr) return "{}\n";
  for (const load::Entry& entry : entries->entries) {
    const Tree* parent = &entry.value;
    if (section.size() == 3) parent = parent->find(section[2]);
    const Tree* value = parent == nullptr ? nullptr : parent->find(attribute);
    if (value != nullptr) values.set(entry.key, Tree::mapping()).set(attribute, *value);
  }
  return config::to_yaml(values, config::Dollars::Keep);
}

/// A file for reloading what was printed: it needs no files, profiles or environment.
base::Result<load::Loaded> reload(const load::Loaded& loaded, const ProjectBundle& bundle) {
  ProjectBundle again = ProjectBundle::parse("");
  again.options.profiles = {"*"};
  again.options.all_resources = true;
  again.options.environment = bundle.options.environment;
  again.options.no_env_resolution = bundle.options.no_env_resolution;
  again.files = {{"/src/work/compose.yaml", config::to_yaml(loaded.tree, config::Dollars::Escape)}};
  return again.load();
}

void check_attribute(const std::filesystem::path& path) {
  INFO(path.parent_path().filename() << "/" << path.filename());
  const auto& section = kSections.at(path.parent_path().filename());
  const std::string attribute = path.stem();
  const ProjectBundle bundle = ProjectBundle::read(path);
  const auto loaded = bundle.load();
  if (!loaded) FAIL(base::to_text(loaded.error()));
  const std::string values = values_of(loaded->tree, section, attribute);
  if (std::getenv("GOLDEN_UPDATE") != nullptr) {
    std::ofstream(path) << bundle.source << "#### expect\n" << values;
    return;
  }
  CHECK(values == bundle.expected);
  const auto again = reload(*loaded, bundle);
  if (!again) FAIL(base::to_text(again.error()));
  CHECK(values_of(again->tree, section, attribute) == bundle.expected);
}

}  // namespace

TEST_CASE("every attribute loads to its canonical value, prints, and loads to the same") {
  for (const auto& path : golden_files(TEST_DATA_DIR "/attributes", ".yaml")) check_attribute(path);
}

namespace {

using Section = std::vector<std::string_view>;

/// Mappings further down, whose attributes are tested as parts of a project.
const std::vector<Section> kNested = {
    {"services", "*", "blkio_config"},
    {"services", "*", "credential_spec"},
    {"services", "*", "deploy", "placement"},
    {"services", "*", "deploy", "resources", "limits"},
    {"services", "*", "deploy", "resources", "reservations"},
    {"services", "*", "deploy", "resources", "reservations", "devices", "*"},
    {"services", "*", "deploy", "restart_policy"},
    {"services", "*", "deploy", "rollback_config"},
    {"services", "*", "deploy", "update_config"},
    {"services", "*", "depends_on", "*"},
    {"services", "*", "develop", "watch", "*"},
    {"services", "*", "devices", "*"},
    {"services", "*", "gpus", "*"},
    {"services", "*", "logging"},
    {"services", "*", "networks", "*"},
    {"services", "*", "ports", "*"},
    {"services", "*", "post_start", "*"},
    {"services", "*", "pre_start", "*"},
    {"services", "*", "pre_stop", "*"},
    {"services", "*", "provider"},
    {"services", "*", "configs", "*"},
    {"services", "*", "secrets", "*"},
    {"services", "*", "volumes", "*"},
    {"services", "*", "volumes", "*", "bind"},
    {"services", "*", "volumes", "*", "image"},
    {"services", "*", "volumes", "*", "tmpfs"},
    {"services", "*", "volumes", "*", "volume"},
    {"networks", "*", "ipam"},
    {"networks", "*", "ipam", "config", "*"},
};

/// The keys of every mapping at `path` below `node`.
void collect_keys(const Tree& node, std::span<const std::string_view> path, std::set<std::string>& keys) {
  if (path.empty()) {
    for (const load::Entry& entry : node.entries) keys.insert(entry.key);
    return;
  }
  const auto rest = path.subspan(1);
  for (const Tree& item : node.items) collect_keys(item, rest, keys);
  for (const load::Entry& entry : node.entries) {
    if (path[0] == "*" || entry.key == path[0]) collect_keys(entry.value, rest, keys);
  }
}

}  // namespace

TEST_CASE("every attribute further down is part of a tested project") {
  std::map<Section, std::set<std::string>> found;
  for (const char* folder : {"/attributes", "/golden/load"}) {
    for (const auto& path : golden_files(std::string(TEST_DATA_DIR) + folder, ".yaml")) {
      const auto loaded = ProjectBundle::read(path).load();
      REQUIRE(loaded);
      for (const Section& section : kNested) collect_keys(loaded->tree, section, found[section]);
    }
  }
  for (const Section& section : kNested) {
    const auto attributes = load::schema_attributes(section);
    CHECK(!attributes.empty());
    for (const std::string_view attribute : attributes) {
      INFO(base::join(std::vector<std::string>(section.begin(), section.end()), ".") << "." << attribute);
      CHECK(found[section].contains(std::string(attribute)));
    }
  }
}

TEST_CASE("every attribute of the schema has a test file") {
  for (const auto& [name, section] : kSections) {
    const auto attributes = load::schema_attributes(section);
    CHECK(!attributes.empty());
    for (const std::string_view attribute : attributes) {
      const std::filesystem::path file =
          std::filesystem::path(TEST_DATA_DIR "/attributes") / name / (std::string(attribute) + ".yaml");
      INFO(file);
      CHECK(std::filesystem::exists(file));
    }
  }
}
