// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/suggest.h"
#include "compose/load/passes.h"

namespace compose::load {
namespace {

using Names = std::unordered_set<std::string_view>;

bool is_enabled(const Tree& service, const std::vector<std::string>& profiles) {
  const Tree* wanted = service.find("profiles");
  if (wanted == nullptr || wanted->items.empty()) return true;
  return std::ranges::any_of(profiles, [&](const std::string& profile) {
    return profile == "*" ||
           std::ranges::any_of(wanted->items, [&](const Tree& item) { return item.text == profile; });
  });
}

/// Names that items of a list or keys of a mapping refer to.
void add_names(const Tree* node, std::set<std::string, std::less<>>& names) {
  if (node == nullptr) return;
  for (const Entry& entry : node->entries) names.insert(entry.key);
  for (const Tree& item : node->items) names.emplace(item.is_mapping() ? item.text_of("source") : item.text);
}

void keep_only(Tree& root, std::string_view section, const std::set<std::string, std::less<>>& names) {
  Tree* found = root.find(section);
  if (found == nullptr) return;
  std::erase_if(found->entries, [&](const Entry& entry) { return !names.contains(entry.key); });
}

}  // namespace

Tree take_disabled_services(Tree& root, const std::vector<std::string>& profiles) {
  Tree disabled = Tree::mapping();
  Tree* services = root.find("services");
  if (services == nullptr) return disabled;
  std::vector<Entry> kept;
  kept.reserve(services->entries.size());
  for (Entry& entry : services->entries) {
    (is_enabled(entry.value, profiles) ? kept : disabled.entries).push_back(std::move(entry));
  }
  services->entries = std::move(kept);
  return disabled;
}

std::vector<std::string> select_services(Tree& root, const Tree& disabled, const LoadContext& context) {
  Tree* services = root.find("services");
  if (context.options.services.empty() || services == nullptr) return {};
  std::unordered_map<std::string_view, const Tree*> known;
  std::vector<std::string> all;
  for (const Entry& entry : services->entries) {
    known.emplace(entry.key, &entry.value);
    all.push_back(entry.key);
  }
  Names wanted;
  std::vector<std::string_view> open;
  for (const std::string& name : context.options.services) {
    if (known.contains(name)) {
      open.push_back(name);
      continue;
    }
    const std::string near = base::nearest_name(name, all);
    const bool off = disabled.find(name) != nullptr;
    context.diagnostics.error(
        base::make_error(base::ErrorClass::NotFound, fmt::format("no such service: {}", name))
            .with_hint(off ? "it is disabled by its profiles"
                           : (near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near))));
  }
  while (!open.empty()) {
    const std::string_view name = open.back();
    open.pop_back();
    const auto found = known.find(name);
    if (found == known.end() || !wanted.insert(found->first).second) continue;
    const Tree* needs = context.options.no_dependencies ? nullptr : found->second->find("depends_on");
    if (needs == nullptr) continue;
    for (const Entry& entry : needs->entries) open.push_back(entry.key);
  }
  std::unordered_set<std::string> names;  // copies: the entries are about to move
  for (const std::string_view name : wanted) names.emplace(name);
  std::erase_if(services->entries, [&](const Entry& entry) { return !names.contains(entry.key); });
  std::erase_if(all, [&](const std::string& name) { return names.contains(name); });
  return all;
}

void drop_unused(Tree& root) {
  std::set<std::string, std::less<>> networks, volumes, secrets, configs, models;
  if (const Tree* services = root.find("services")) {
    for (const auto& [name, span, service] : services->entries) {
      add_names(service.find("networks"), networks);
      add_names(service.find("secrets"), secrets);
      add_names(service.find("configs"), configs);
      add_names(service.find("models"), models);
      if (const Tree* build = service.find("build")) add_names(build->find("secrets"), secrets);
      if (const Tree* mounts = service.find("volumes")) {
        for (const Tree& mount : mounts->items) {
          if (mount.text_of("type") == "volume") volumes.emplace(mount.text_of("source"));
        }
      }
      if (const Tree* credentials = service.find("credential_spec"))
        configs.emplace(credentials->text_of("config"));
    }
  }
  keep_only(root, "networks", networks);
  keep_only(root, "volumes", volumes);
  keep_only(root, "secrets", secrets);
  keep_only(root, "configs", configs);
  keep_only(root, "models", models);
  std::erase_if(root.entries, [](const Entry& entry) {
    return entry.key != "services" && !entry.key.starts_with("x-") && entry.value.is_mapping() &&
           entry.value.entries.empty();
  });
}

}  // namespace compose::load
