// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/suggest.h"
#include "compose/config.h"
#include "compose/config_text.h"
#include "compose/load/list_references.h"

namespace compose::config {
namespace {

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

std::vector<std::string> sorted_unique(std::vector<std::string> names) {
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  return names;
}

}  // namespace

std::vector<std::string> select(const load::Loaded& loaded, Selector selector) {
  const model::Project& project = loaded.project;
  std::vector<std::string> names;
  switch (selector) {
    case Selector::Services: return keys_of(project.services);
    case Selector::Volumes: return keys_of(project.volumes);
    case Selector::Networks: return keys_of(project.networks);
    case Selector::Models:
      for (const auto& [key, value] : project.models) names.push_back(value.model);
      return sorted_unique(std::move(names));
    case Selector::Profiles: return project.profiles;
    case Selector::Images:
      for (const auto& [key, service] : project.services) {
        names.push_back(service.image.empty() ? fmt::format("{}-{}", project.name, key) : service.image);
      }
      return names;
  }
  return names;
}

base::Result<std::vector<std::pair<std::string, std::string>>> service_hashes(
    const load::Loaded& loaded, const std::vector<std::string>& services) {
  std::vector<std::pair<std::string, std::string>> hashes;
  const bool all = services.empty() || services == std::vector<std::string>{"*"};
  for (const std::string& name : sorted_unique(all ? keys_of(loaded.project.services) : services)) {
    const auto found = loaded.project.services.find(name);
    if (found == loaded.project.services.end()) {
      const std::string near = base::nearest_name(name, keys_of(loaded.project.services));
      return base::fail(
          base::make_error(base::ErrorClass::NotFound, fmt::format("no such service: {}", name))
              .with_hint(near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near)));
    }
    hashes.emplace_back(name, found->second.config_hash);
  }
  return hashes;
}

std::vector<std::string> environment_lines(const load::Loaded& loaded) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : loaded.project.environment) lines.push_back(name + "=" + value);
  return lines;
}

base::Result<std::vector<Variable>> list_variables(const load::LoadOptions& options,
                                                   const load::FileSource& files) {
  std::map<std::string, Variable> found;
  for (const load::VariableReference& reference : TRY(load::list_references(options, files))) {
    Variable& variable = found[reference.name];
    variable.name = reference.name;
    if (reference.operation == '?') variable.required = true;
    if (reference.operation == '-' && variable.default_value.empty()) variable.default_value = reference.word;
    if (reference.operation == '+' && variable.alternate_value.empty())
      variable.alternate_value = reference.word;
  }
  std::vector<Variable> variables;
  for (auto& [name, variable] : found) variables.push_back(std::move(variable));
  return variables;
}

std::string to_text(const std::vector<Variable>& variables, VariableFormat format) {
  load::Tree root = load::Tree::mapping();
  if (format == VariableFormat::Table) {
    std::size_t width = 4, values = 13;
    for (const Variable& one : variables) {
      width = std::max(width, one.name.size());
      values = std::max(values, one.default_value.size());
    }
    std::string out = fmt::format("{:<{}}   {:<8}   {:<{}}   {}\n", "NAME", width, "REQUIRED",
                                  "DEFAULT VALUE", values, "ALTERNATE VALUE");
    for (const Variable& one : variables) {
      out += fmt::format("{:<{}}   {:<8}   {:<{}}   {}\n", one.name, width, one.required, one.default_value,
                         values, one.alternate_value);
    }
    return out;
  }
  for (const Variable& one : variables) {
    load::Tree& value = root.set(one.name, load::Tree::mapping());
    value.set("name", load::Tree::string(one.name));
    value.set("required", load::Tree::boolean(one.required));
    value.set("defaultValue", load::Tree::string(one.default_value));
    value.set("alternateValue", load::Tree::string(one.alternate_value));
  }
  return format == VariableFormat::Json ? to_json(root, Dollars::Keep) : to_yaml(root, Dollars::Keep);
}

load::Tree image_lock(const load::Tree& tree, const std::map<std::string, std::string>& pins) {
  load::Tree root = load::Tree::mapping();
  load::Tree& services = root.set("services", load::Tree::mapping());
  if (const load::Tree* from = tree.find("services")) {
    for (const load::Entry& entry : from->entries) {
      const auto pin = pins.find(std::string(entry.value.text_of("image")));
      if (pin == pins.end()) continue;
      services.set(entry.key, load::Tree::mapping()).set("image", load::Tree::string(pin->second));
    }
  }
  return root;
}

void pin_images(load::Tree& tree, const std::map<std::string, std::string>& pins) {
  load::Tree* services = tree.find("services");
  if (services == nullptr) return;
  for (load::Entry& entry : services->entries) {
    const auto pin = pins.find(std::string(entry.value.text_of("image")));
    if (pin != pins.end()) entry.value.set("image", load::Tree::string(pin->second));
  }
}

}  // namespace compose::config
