// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/file_path.h"
#include "compose/load/passes.h"

namespace compose::load {
namespace {

enum class Missing { Keep, Drop };

/// Gives names without a value theirs from the environment: "K" in a list, a null in a mapping.
void resolve_bare_names(Tree& node, const LoadContext& context, Missing missing) {
  const auto note = [&](const Variable& variable, const Tree& before) {
    return context.sources.add(Provenance{.written = {},
                                          .variables = {},
                                          .replaced = {},
                                          .note = "the value comes from " + variable.origin,
                                          .earlier = before.provenance});
  };
  std::erase_if(node.items, [&](Tree& item) {
    if (!item.is_string() || item.text.find('=') != std::string::npos) return false;
    const Variable* variable = context.environment.find(item.text);
    if (variable == nullptr) return missing == Missing::Drop;
    item.provenance = note(*variable, item);
    item.text += "=" + variable->value;
    return false;
  });
  std::erase_if(node.entries, [&](Entry& entry) {
    if (!entry.value.is_null()) return false;
    const Variable* variable = context.environment.find(entry.key);
    if (variable == nullptr) return missing == Missing::Drop;
    const Provenance* provenance = note(*variable, entry.value);
    entry.value = Tree::string(variable->value, entry.value.span);
    entry.value.provenance = provenance;
    return false;
  });
}

Tree dependency(bool restart) {
  Tree value = Tree::mapping();
  value.set("condition", Tree::string("service_started"));
  value.set("restart", Tree::boolean(restart));
  value.set("required", Tree::boolean(true));
  return value;
}

class Normalizer {
 public:
  Normalizer(std::string_view project_name, const LoadContext& context)
      : project_name_(project_name), context_(context) {}

  void service(Tree& service) {
    if (Tree* policy = service.find("pull_policy"); policy != nullptr && policy->text == "if_not_present") {
      policy->text = "missing";
    }
    if (Tree* build = service.find("build")) {
      if (build->find_value("context") == nullptr) build->set("context", Tree::string("."));
      if (build->find_value("dockerfile") == nullptr && build->find_value("dockerfile_inline") == nullptr) {
        build->set("dockerfile", Tree::string("Dockerfile"));
      }
      if (Tree* args = build->find("args")) resolve_bare_names(*args, context_, Missing::Drop);
    }
    if (Tree* environment = service.find("environment")) {
      resolve_bare_names(*environment, context_, Missing::Keep);
    }
    implied_dependencies(service);
    if (Tree* volumes = service.find("volumes")) {
      for (Tree& volume : volumes->items) {
        if (Tree* target = volume.find("target")) target->text = clean_path(target->text);
      }
    }
  }

  /// Attaches services that name no network to `default`; says whether any service uses it.
  static bool attach_default(Tree& service) {
    if (service.find_value("provider") != nullptr || service.find_value("network_mode") != nullptr)
      return false;
    Tree* networks = service.find_value("networks") == nullptr ? nullptr : service.find("networks");
    if (networks != nullptr && !networks->entries.empty()) return networks->find("default") != nullptr;
    Tree only = Tree::mapping();
    only.set("default", Tree::null());
    service.set("networks", std::move(only));
    return true;
  }

  /// compose-spec: name. The project's name in front of the key, unless named or external.
  void name_resources(Tree& section) const {
    for (Entry& entry : section.entries) {
      if (entry.value.is_null()) entry.value = Tree::mapping(entry.key_span);
      if (entry.value.find_value("name") != nullptr) continue;
      const Tree* external = entry.value.find("external");
      const bool is_external = external != nullptr && external->kind == Kind::Bool && external->bool_value;
      entry.value.set("name",
                      Tree::string(is_external ? entry.key : fmt::format("{}_{}", project_name_, entry.key)));
    }
  }

 private:
  void implied_dependencies(Tree& service) {
    Tree* known = service.find_value("depends_on") == nullptr ? nullptr : service.find("depends_on");
    Tree all = known == nullptr ? Tree::mapping() : std::move(*known);
    const auto add = [&](std::string_view name, bool restart, const base::Span& at) {
      if (all.find(name) == nullptr) all.set(name, at, dependency(restart));
    };
    if (const Tree* links = service.find("links")) {
      for (const Tree& link : links->items) add(base::split_once(link.text, ':').first, true, link.span);
    }
    for (const std::string_view key : {"network_mode", "ipc", "pid", "uts", "cgroup"}) {
      const Tree* mode = service.find_value(key);
      if (mode != nullptr && mode->text.starts_with("service:")) {
        add(std::string_view(mode->text).substr(8), true, mode->span);
      }
    }
    if (const Tree* volumes_from = service.find("volumes_from")) {
      for (const Tree& item : volumes_from->items) {
        if (!item.text.starts_with("container:"))
          add(base::split_once(item.text, ':').first, false, item.span);
      }
    }
    if (!all.entries.empty())
      service.set("depends_on", std::move(all));
    else
      service.erase("depends_on");
  }

  std::string_view project_name_;
  const LoadContext& context_;
};

}  // namespace

void resolve_environment(Tree& root, const LoadContext& context) {
  Tree* services = root.find("services");
  if (services == nullptr) return;
  for (Entry& entry : services->entries) {
    if (Tree* environment = entry.value.find("environment")) {
      resolve_bare_names(*environment, context, Missing::Keep);
    }
  }
}

void normalize(Tree& root, std::string_view project_name, const LoadContext& context) {
  Normalizer normalizer(project_name, context);
  bool uses_default = false;
  if (Tree* services = root.find("services")) {
    for (Entry& entry : services->entries) {
      if (Normalizer::attach_default(entry.value)) uses_default = true;
      normalizer.service(entry.value);
    }
  }
  if (uses_default) {
    if (root.find_value("networks") == nullptr) root.set("networks", Tree::mapping());
    Tree& networks = *root.find("networks");
    if (networks.find("default") == nullptr) networks.set("default", Tree::null());
  }
  for (const std::string_view section : {"networks", "volumes", "configs", "secrets"}) {
    if (Tree* found = root.find(section)) normalizer.name_resources(*found);
  }
}

}  // namespace compose::load
