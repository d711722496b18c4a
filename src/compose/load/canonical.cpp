// SPDX-License-Identifier: Apache-2.0
#include "compose/load/canonical.h"

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/key_values.h"

namespace compose::load {
namespace {

/// {key: <the scalar>} in place of a scalar.
void wrap(Tree& node, std::string_view key) {
  if (!node.is_scalar() || node.is_null()) return;
  Tree map = Tree::mapping(node.span);
  map.set(key, std::move(node));
  node = std::move(map);
}

void fill(Tree& map, std::string_view key, Tree value) {
  if (map.find(key) == nullptr) map.set(key, std::move(value));
}

class Canonicaliser {
 public:
  explicit Canonicaliser(const LoadContext& context) : context_(context) {}

  void services(Tree& services, const Path& path) {
    for (Entry& entry : services.entries) {
      if (entry.value.is_mapping()) service(entry.value, path.child(entry.key));
    }
  }

  /// compose-spec: external. {name: x} is an old way to write external: true and name: x.
  void resources(Tree& section, const Path& path) {
    for (Entry& entry : section.entries) {
      Tree* external = entry.value.find("external");
      if (external == nullptr || !external->is_mapping()) continue;
      const Path here = path.child(entry.key);
      context_.warning(here.child("external"), external->span, "external.name is deprecated",
                       "write external: true and name beside it");
      const Tree* name = external->find_value("name");
      Tree real_name = name == nullptr ? Tree::null() : *name;
      const base::Span span = external->span;
      const Tree* own = entry.value.find_value("name");
      if (own != nullptr && name != nullptr && !same_data(*own, *name)) {
        context_.error(
            here, span,
            fmt::format("name \"{}\" and external.name \"{}\" differ", scalar_text(*own), scalar_text(*name)),
            "keep name and write external: true");
      }
      *external = Tree::boolean(true, span);
      if (!real_name.is_null()) entry.value.set("name", std::move(real_name));
    }
  }

 private:
  void service(Tree& service, const Path& path) {
    for (Entry& entry : service.entries) attribute(entry, path.child(entry.key));
    // an empty text is no server
    if (Tree* dns = service.find("dns"); dns != nullptr && dns->is_sequence()) {
      std::erase_if(dns->items, [](const Tree& item) { return item.is_string() && item.text.empty(); });
    }
  }

  void attribute(Entry& entry, const Path& path) {
    const std::string& key = entry.key;
    Tree& value = entry.value;
    if (key == "ports") return spread_ports(value, path, context_);
    if (key == "volumes") return spread_volumes(value, path, context_);
    if (key == "build") return build(value, path);
    if (key == "env_file") return env_files(value);
    if (key == "depends_on") return depends_on(value);
    if (key == "networks" || key == "models") return make_named_map(value, Tree::null());
    if (key == "secrets" || key == "configs") return file_references(value);
    if (key == "devices") return devices(value, path);
    if (key == "gpus") return gpus(value);
    if (key == "extends") return wrap(value, "service");
    if (key == "dns" || key == "label_file") return make_list(value);
    if (key == "develop") return develop(value);
  }

  void build(Tree& value, const Path& path) {
    if (value.is_null()) value = Tree::mapping(value.span);
    wrap(value, "context");
    if (Tree* secrets = value.find("secrets")) file_references(*secrets);
    if (Tree* contexts = value.find("additional_contexts")) {
      const Path here = path.child("additional_contexts");
      for (std::size_t i = 0; i < contexts->items.size(); ++i) {
        const Tree& item = contexts->items[i];
        if (scalar_text(item).find('=') != std::string::npos) continue;
        context_.error(here.item(i), item.span, fmt::format("\"{}\" has no value", scalar_text(item)),
                       "write name=folder, name=URL or name=service:<name>");
      }
      make_key_values(*contexts, here, context_);
    }
    if (Tree* ssh = value.find("ssh"); ssh != nullptr && !ssh->is_mapping()) {
      make_list(*ssh);
      make_key_values(*ssh, path.child("ssh"), context_);
    }
    if (const Tree* ssh = value.find("ssh")) {
      const Path here = path.child("ssh");
      for (const Entry& key : ssh->entries) {
        if (key.key == "default" || !scalar_text(key.value).empty()) continue;
        context_.error(here, key.key_span, fmt::format("the key \"{}\" has no path", key.key),
                       "write id=path, or default for the agent");
      }
    }
    for (const std::string_view name : {"provenance", "sbom"}) {
      Tree* found = value.find(name);
      if (found != nullptr && found->kind == Kind::Bool)
        *found = Tree::string(scalar_text(*found), found->span);
    }
  }

  static void env_files(Tree& value) {
    make_list(value);
    for (Tree& item : value.items) {
      wrap(item, "path");
      if (item.is_mapping()) fill(item, "required", Tree::boolean(true));
    }
  }

  static void depends_on(Tree& value) {
    Tree started = Tree::mapping();
    started.set("condition", Tree::string("service_started"));
    started.set("required", Tree::boolean(true));
    make_named_map(value, started);
    for (Entry& entry : value.entries) {
      if (entry.value.is_mapping()) fill(entry.value, "required", Tree::boolean(true));
    }
  }

  static void file_references(Tree& value) {
    for (Tree& item : value.items) wrap(item, "source");
  }

  void devices(Tree& value, const Path& path) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      Tree& item = value.items[i];
      if (!item.is_string()) continue;
      const std::vector<std::string> parts = base::split(item.text, ':');
      if (parts.size() > 3) {
        context_.error(path.item(i), item.span, fmt::format("\"{}\" has too many colons", item.text),
                       "write source[:target[:permissions]]");
        continue;
      }
      Tree device = Tree::mapping(item.span);
      device.provenance = item.provenance;
      device.set("source", Tree::string(parts[0], item.span));
      device.set("target", Tree::string(parts.size() > 1 ? parts[1] : parts[0], item.span));
      device.set("permissions", Tree::string(parts.size() > 2 ? parts[2] : "rwm", item.span));
      item = std::move(device);
    }
  }

  static void gpus(Tree& value) {
    if (!value.is_string()) return;
    Tree list = Tree::sequence(value.span);
    Tree request = Tree::mapping(value.span);
    request.set("count", std::move(value));
    list.items.push_back(std::move(request));
    value = std::move(list);
  }

  static void develop(Tree& value) {
    Tree* watch = value.find("watch");
    if (watch == nullptr) return;
    for (Tree& rule : watch->items) {
      for (const std::string_view key : {"ignore", "include"}) {
        if (Tree* patterns = rule.find(key)) make_list(*patterns);
      }
    }
  }

  const LoadContext& context_;
};

}  // namespace

void make_canonical(Tree& root, const LoadContext& context) {
  Canonicaliser canonicaliser(context);
  const Path path;
  if (Tree* services = root.find("services")) canonicaliser.services(*services, path.child("services"));
  for (const std::string_view section : {"networks", "volumes", "secrets", "configs"}) {
    if (Tree* found = root.find(section)) canonicaliser.resources(*found, path.child(section));
  }
}

}  // namespace compose::load
