// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "compose/load/dependency_cycle.h"
#include "compose/load/passes.h"
#include "compose/load/service_rules.h"

namespace compose::load {
namespace {

constexpr std::array<std::string_view, 5> kNamespaces = {"network_mode", "ipc", "pid", "uts", "cgroup"};

std::vector<std::string> keys_of(const Tree* map) {
  std::vector<std::string> keys;
  if (map == nullptr) return keys;
  for (const Entry& entry : map->entries) keys.push_back(entry.key);
  return keys;
}

class ReferenceChecker {
 public:
  ReferenceChecker(const Tree& root, const Tree& disabled, const LoadContext& context)
      : root_(root), disabled_(disabled), context_(context) {
    if (const Tree* services = root.find("services")) {
      for (const Entry& entry : services->entries) services_.emplace(entry.key, &entry.value);
    }
  }

  void service(const Tree& service, const Path& path) {
    references(service, "networks", "network", path);
    references(service, "secrets", "secret", path);
    references(service, "configs", "config", path);
    references(service, "models", "model", path);
    if (const Tree* build = service.find("build")) {
      const Path here = path.child("build");
      references(*build, "secrets", "secret", here);
      build_contexts(*build, here);
    }
    volumes(service, path.child("volumes"));
    dependencies(service, path.child("depends_on"));
    shared_namespaces(service, path);
  }

 private:
  const Tree* find_service(std::string_view name) const {
    const auto found = services_.find(name);
    return found == services_.end() ? nullptr : found->second;
  }

  void undefined(const Path& path, const base::Span& span, std::string_view what, std::string_view name,
                 std::string_view section) {
    const std::string near = base::nearest_name(name, keys_of(root_.find(section)));
    std::string hint = near.empty() ? fmt::format("define it under the top-level {}", section)
                                    : fmt::format("did you mean \"{}\"?", near);
    context_.error(path, span, fmt::format("refers to undefined {} \"{}\"", what, name), std::move(hint));
  }

  /// Keys of a mapping, or sources of a list's items, must be keys of the top-level section.
  void references(const Tree& parent, std::string_view section, std::string_view what, const Path& path) {
    const Tree* node = parent.find(section);
    if (node == nullptr) return;
    const Tree* defined = root_.find(section);
    const Path here = path.child(section);
    const auto check = [&](std::string_view name, const base::Span& span, const Path& at) {
      if (defined == nullptr || defined->find(name) == nullptr) undefined(at, span, what, name, section);
    };
    for (const Entry& entry : node->entries) check(entry.key, entry.key_span, here);
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      const Tree* source = node->items[i].find("source");
      if (source != nullptr) check(source->text, source->span, here.item(i));
    }
  }

  void volumes(const Tree& service, const Path& path) {
    const Tree* mounts = service.find("volumes");
    if (mounts == nullptr) return;
    const Tree* defined = root_.find("volumes");
    for (std::size_t i = 0; i < mounts->items.size(); ++i) {
      const Tree& mount = mounts->items[i];
      const Tree* source = mount.find("source");
      const std::string_view type = mount.text_of("type");
      if (type == "bind" && (source == nullptr || source->text.empty())) {
        context_.error(path.item(i), mount.span, "source is required for a bind mount",
                       "say which path of the host to mount");
      }
      if (type != "volume" || source == nullptr || source->text.empty()) continue;
      if (defined == nullptr || defined->find(source->text) == nullptr) {
        undefined(path.item(i), source->span, "volume", source->text, "volumes");
      }
    }
  }

  void dependencies(const Tree& service, const Path& path) {
    const Tree* needs = service.find("depends_on");
    if (needs == nullptr) return;
    for (const Entry& entry : needs->entries) {
      const Tree* required = entry.value.find("required");
      const bool optional = required != nullptr && required->kind == Kind::Bool && !required->bool_value;
      if (find_service(entry.key) != nullptr || shares_namespace(service, entry.key)) continue;
      if (const Tree* off = disabled_.find(entry.key)) {
        if (!optional) disabled_dependency(path, entry, *off);
        continue;
      }
      if (optional) {
        context_.warning(path, entry.key_span,
                         fmt::format("optional service \"{}\" is not defined", entry.key));
        continue;
      }
      undefined_service(service, entry, path);
    }
  }

  /// Reported where it is written, which may be a link.
  void undefined_service(const Tree& service, const Entry& entry, const Path& depends_on) {
    const std::string near = base::nearest_name(entry.key, keys_of(root_.find("services")));
    const std::string hint = near.empty() ? fmt::format("define it under the top-level services")
                                          : fmt::format("did you mean \"{}\"?", near);
    for (const std::string_view key : {"links", "volumes_from"}) {
      const Tree* list = service.find(key);
      if (list == nullptr) continue;
      const Path here = depends_on.parent->child(key);
      for (std::size_t i = 0; i < list->items.size(); ++i) {
        const Tree& item = list->items[i];
        if (base::split_once(item.text, ':').first != entry.key) continue;
        return context_.error(here.item(i), item.span, fmt::format("no such service: \"{}\"", entry.key),
                              hint);
      }
    }
    context_.error(depends_on, entry.key_span, fmt::format("depends on undefined service \"{}\"", entry.key),
                   hint);
  }

  /// Then the attribute that says so reports it.
  bool shares_namespace(const Tree& service, std::string_view name) const {
    if (disabled_.find(name) != nullptr) return false;
    return std::ranges::any_of(kNamespaces, [&](std::string_view key) {
      const std::string_view mode = service.text_of(key);
      return mode.starts_with("service:") && mode.substr(8) == name;
    });
  }

  void disabled_dependency(const Path& path, const Entry& entry, const Tree& service) {
    std::vector<std::string> profiles;
    for (const Tree& item : service.find("profiles")->items) profiles.push_back(item.text);
    context_.error(
        path, entry.key_span,
        fmt::format("depends on service \"{}\", which is disabled by its profiles", entry.key),
        fmt::format("enable one of its profiles ({}), or say required: false", base::join(profiles, ", ")));
  }

  void shared_namespaces(const Tree& service, const Path& path) {
    for (const std::string_view key : kNamespaces) {
      const Tree* mode = service.find(key);
      if (mode == nullptr || !mode->text.starts_with("service:")) continue;
      const std::string_view name = std::string_view(mode->text).substr(8);
      if (find_service(name) != nullptr || disabled_.find(name) != nullptr) continue;
      const std::string near = base::nearest_name(name, keys_of(root_.find("services")));
      context_.error(path.child(key), mode->span, fmt::format("no such service: \"{}\"", name),
                     near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near));
    }
  }

  /// compose-spec: build.additional_contexts: service:<name> is the image that service builds.
  void build_contexts(const Tree& build, const Path& path) {
    const Tree* contexts = build.find("additional_contexts");
    if (contexts == nullptr) return;
    const Path here = path.child("additional_contexts");
    for (const Entry& entry : contexts->entries) {
      if (!entry.value.text.starts_with("service:")) continue;
      const std::string_view name = std::string_view(entry.value.text).substr(8);
      const Tree* target = find_service(name);
      if (target == nullptr && disabled_.find(name) == nullptr) {
        const std::string near = base::nearest_name(name, keys_of(root_.find("services")));
        context_.error(here.child(entry.key), entry.value.span, fmt::format("no such service: \"{}\"", name),
                       near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near));
      } else if (target != nullptr && target->find("build") == nullptr) {
        context_.error(here.child(entry.key), entry.value.span,
                       fmt::format("service \"{}\" has no build section", name),
                       "only the image that a service builds can be a context");
      }
    }
  }

  const Tree& root_;
  const Tree& disabled_;
  const LoadContext& context_;
  std::unordered_map<std::string_view, const Tree*> services_;
};

void check_secrets(const Tree& root, const LoadContext& context) {
  const Tree* secrets = root.find("secrets");
  if (secrets == nullptr) return;
  const Path top;
  const Path path = top.child("secrets");
  for (const Entry& entry : secrets->entries) {
    const Tree* external = entry.value.find("external");
    const bool is_external = external != nullptr && external->bool_value;
    if (is_external || entry.value.find("file") || entry.value.find("environment")) continue;
    context.error(path.child(entry.key), entry.value.span, "must say file or environment");
  }
}

}  // namespace

void check_consistency(const Tree& root, const Tree& disabled, const LoadContext& context) {
  const Tree* services = root.find("services");
  if (services == nullptr) return;
  ReferenceChecker checker(root, disabled, context);
  const Path top;
  const Path path = top.child("services");
  for (const Entry& entry : services->entries) {
    const Path here = path.child(entry.key);
    check_service(entry, here, context);
    checker.service(entry.value, here);
  }
  check_container_names(*services, context);
  check_secrets(root, context);
  check_dependency_cycles(*services, context);
}

}  // namespace compose::load
