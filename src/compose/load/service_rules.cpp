// SPDX-License-Identifier: Apache-2.0
#include "compose/load/service_rules.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/file_path.h"

namespace compose::load {
namespace {

const Tree* find_deep(const Tree& node, std::initializer_list<std::string_view> keys) {
  const Tree* found = &node;
  for (const std::string_view key : keys) {
    found = found->find_value(key);
    if (found == nullptr) return nullptr;
  }
  return found;
}

class ServiceRules {
 public:
  ServiceRules(const Entry& service, const Path& path, const LoadContext& context)
      : entry_(service), service_(service.value), path_(path), context_(context) {}

  void check() {
    if (!service_.find("image") && !service_.find("build") && !service_.find("provider")) {
      error(entry_.key_span, "has neither image nor build", "say image: <name> or build: <folder>");
    }
    build();
    if (const Tree* mode = service_.find("network_mode"); mode != nullptr && service_.find("networks")) {
      error("network_mode", mode->span, "cannot be combined with networks", "keep one of the two");
    }
    health_check();
    same_value("cpus", {"deploy", "resources", "limits", "cpus"});
    same_value("mem_limit", {"deploy", "resources", "limits", "memory"});
    same_value("mem_reservation", {"deploy", "resources", "reservations", "memory"});
    same_value("pids_limit", {"deploy", "resources", "limits", "pids"});
    same_value("scale", {"deploy", "replicas"});
    scale();
    mount_targets();
    mac_addresses();
  }

 private:
  void error(const base::Span& span, std::string message, std::string hint = {}) const {
    context_.error(path_, span, message, std::move(hint));
  }
  void error(std::string_view key, const base::Span& span, std::string message, std::string hint = {}) const {
    context_.error(path_.child(key), span, message, std::move(hint));
  }

  void build() const {
    const Tree* build = service_.find("build");
    if (build == nullptr) return;
    const Tree* inline_text = build->find_value("dockerfile_inline");
    if (inline_text != nullptr && build->find_value("dockerfile") != nullptr) {
      error("build", inline_text->span, "dockerfile and dockerfile_inline are mutually exclusive",
            "keep one of the two");
    }
    const Tree* platforms = build->find("platforms");
    const Tree* platform = service_.find("platform");
    if (platforms == nullptr || platforms->items.empty() || platform == nullptr) return;
    const bool listed =
        std::ranges::any_of(platforms->items, [&](const Tree& item) { return item.text == platform->text; });
    if (!listed)
      error("build", platforms->span,
            fmt::format("platforms lacks the service's platform {}", platform->text),
            "add it to build.platforms");
  }

  void health_check() const {
    const Tree* test = find_deep(service_, {"healthcheck", "test"});
    if (test == nullptr || test->items.empty()) return;
    const std::string& first = test->items[0].text;
    if (first == "CMD" || first == "CMD-SHELL" || first == "NONE") return;
    error("healthcheck", test->items[0].span,
          fmt::format("test must begin with CMD, CMD-SHELL or NONE, not \"{}\"", first),
          "write the command as one string to run it in a shell");
  }

  /// An attribute and its twin under deploy must agree when both are set.
  void same_value(std::string_view key, std::initializer_list<std::string_view> twin) const {
    const Tree* own = service_.find_value(key);
    const Tree* other = find_deep(service_, twin);
    if (own == nullptr || other == nullptr || scalar_text(*own) == scalar_text(*other)) return;
    std::vector<std::string> names(twin.begin(), twin.end());
    error(
        key, own->span,
        fmt::format("{} differs from {} {}", scalar_text(*own), base::join(names, "."), scalar_text(*other)),
        "set one of the two, or both alike");
  }

  void scale() const {
    const Tree* scale = service_.find_value("scale");
    const Tree* replicas = find_deep(service_, {"deploy", "replicas"});
    const Tree* count = scale != nullptr ? scale : replicas;
    if (count == nullptr) return;
    const std::string_view key = scale != nullptr ? "scale" : "deploy";
    if (count->int_value < 0) {
      return error(key, count->span, fmt::format("{} is negative", count->int_value),
                   "0 is a service without containers");
    }
    const Tree* name = service_.find("container_name");
    if (name == nullptr || count->int_value <= 1) return;
    error("container_name", name->span, fmt::format("cannot be set with {} replicas", count->int_value),
          "a fixed name can be given to one container only");
  }

  void mount_targets() const {
    std::map<std::string, std::string> taken;
    const auto take = [&](std::string_view key, std::size_t index, std::string target,
                          const base::Span& span) {
      const Path list = path_.child(key);
      const auto [place, fresh] = taken.emplace(clean_path(target), fmt::format("{}[{}]", key, index));
      if (!fresh)
        context_.error(list.item(index), span,
                       fmt::format("target {} is already mounted by {}", target, place->second),
                       "remove one of the two, or give it another target");
    };
    const auto each = [&](std::string_view key, auto target_of) {
      const Tree* list = service_.find(key);
      if (list == nullptr) return;
      for (std::size_t i = 0; i < list->items.size(); ++i) {
        std::string target = target_of(list->items[i]);
        if (!target.empty()) take(key, i, std::move(target), list->items[i].span);
      }
    };
    each("volumes", [](const Tree& item) { return std::string(item.text_of("target")); });
    each("tmpfs", [](const Tree& item) { return std::string(base::split_once(item.text, ':').first); });
  }

  /// compose-spec: mac_address: the service's own belongs to its main network.
  void mac_addresses() const {
    const Tree* own = service_.find_value("mac_address");
    const Tree* networks = service_.find("networks");
    if (own == nullptr || networks == nullptr || networks->entries.size() != 1) return;
    const Tree* other = networks->entries[0].value.find_value("mac_address");
    if (other == nullptr || other->text == own->text) return;
    error("mac_address", own->span, fmt::format("{} differs from the network's {}", own->text, other->text),
          "set one of the two");
  }

  const Entry& entry_;
  const Tree& service_;
  const Path& path_;
  const LoadContext& context_;
};

}  // namespace

void check_service(const Entry& service, const Path& path, const LoadContext& context) {
  ServiceRules(service, path, context).check();
}

void check_container_names(const Tree& services, const LoadContext& context) {
  std::map<std::string, std::string> taken;
  const Path top;
  const Path path = top.child("services");
  for (const Entry& entry : services.entries) {
    const Tree* name = entry.value.find_value("container_name");
    if (name == nullptr) continue;
    const auto [place, fresh] = taken.emplace(name->text, entry.key);
    if (fresh) continue;
    const Path service = path.child(entry.key);
    context.error(service.child("container_name"), name->span,
                  fmt::format("\"{}\" is already the name of service \"{}\"", name->text, place->second),
                  "give each container a name of its own, or none");
  }
}

}  // namespace compose::load
