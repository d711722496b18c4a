// SPDX-License-Identifier: Apache-2.0
#include "compose/load/merge.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "compose/load/key_values.h"

namespace compose::load {
namespace {

enum class Rule {
  Replace,
  ReplaceEntry,  ///< As Replace, but null keeps the base.
  KeyValues,
  StringList,
  ExtraHosts,
  Build,
  Dependencies,
  NamedMap,
  Logging,
  IpamConfig,
};
using Rules = PathRules<Rule>;

const Rules& rules() {
  static const Rules table{
      {"services.*.annotations", Rule::KeyValues},
      {"services.*.build", Rule::Build},
      {"services.*.build.additional_contexts", Rule::KeyValues},
      {"services.*.build.args", Rule::KeyValues},
      {"services.*.build.extra_hosts", Rule::ExtraHosts},
      {"services.*.build.labels", Rule::KeyValues},
      {"services.*.command", Rule::Replace},
      {"services.*.depends_on", Rule::Dependencies},
      {"services.*.deploy.labels", Rule::KeyValues},
      {"services.*.dns", Rule::StringList},
      {"services.*.dns_opt", Rule::StringList},
      {"services.*.dns_search", Rule::StringList},
      {"services.*.entrypoint", Rule::Replace},
      {"services.*.env_file", Rule::StringList},
      {"services.*.environment", Rule::KeyValues},
      {"services.*.extra_hosts", Rule::ExtraHosts},
      {"services.*.healthcheck.test", Rule::Replace},
      {"services.*.label_file", Rule::StringList},
      {"services.*.labels", Rule::KeyValues},
      {"services.*.logging", Rule::Logging},
      {"services.*.models", Rule::NamedMap},
      {"services.*.networks", Rule::NamedMap},
      {"services.*.sysctls", Rule::KeyValues},
      {"services.*.tmpfs", Rule::StringList},
      {"services.*.ulimits.*", Rule::ReplaceEntry},
      {"services.*.volumes.*.volume.labels", Rule::KeyValues},
      {"networks.*.ipam.config", Rule::IpamConfig},
      {"networks.*.labels", Rule::KeyValues},
      {"volumes.*.labels", Rule::KeyValues},
      {"configs.*.labels", Rule::KeyValues},
      {"secrets.*.labels", Rule::KeyValues},
  };
  return table;
}

class Merger {
 public:
  explicit Merger(const LoadContext& context) : context_(context) {}

  void merge(Tree& base, Tree&& over, const Path& path, const Rules::Node* rule) {
    if (rule != nullptr && rule->rule) return merge_by_rule(base, std::move(over), path, *rule);
    merge_plain(base, std::move(over), path, rule);
  }

 private:
  void merge_plain(Tree& base, Tree&& over, const Path& path, const Rules::Node* rule) {
    if (over.is_null() && !base.is_null()) return;
    if (base.is_null() || (base.is_scalar() && over.is_scalar())) return replace(base, std::move(over));
    if (base.kind != over.kind) return refuse(base, over, path);
    if (base.is_sequence()) {
      std::ranges::move(over.items, std::back_inserter(base.items));
      return;
    }
    merge_entries(base, std::move(over), path, rule);
  }

  void merge_entries(Tree& base, Tree&& over, const Path& path, const Rules::Node* rule) {
    // only large mappings (services of a big project) earn an index
    std::unordered_map<std::string_view, std::size_t> index;
    constexpr std::size_t kSmall = 24;
    const bool large = base.entries.size() > kSmall && over.entries.size() > kSmall;
    const std::size_t known = base.entries.size();
    if (large) {
      base.entries.reserve(known + over.entries.size());  // before views into it are kept
      for (std::size_t i = 0; i < known; ++i) index.emplace(base.entries[i].key, i);
    }
    const auto find = [&](std::string_view key) -> Tree* {
      if (!large) return base.find(key);
      const auto found = index.find(key);
      return found == index.end() ? nullptr : &base.entries[found->second].value;
    };
    for (Entry& entry : over.entries) {
      Tree* here = find(entry.key);
      if (here == nullptr) {
        base.entries.push_back(std::move(entry));
        continue;
      }
      const Path below = path.child(entry.key);
      merge(*here, std::move(entry.value), below, rule == nullptr ? nullptr : rule->step(entry.key));
    }
  }

  void merge_by_rule(Tree& base, Tree&& over, const Path& path, const Rules::Node& rule) {
    if (*rule.rule == Rule::Replace) return replace(base, std::move(over));
    if (over.is_null()) return;
    if (base.is_null()) return replace(base, std::move(over));
    switch (*rule.rule) {
      case Rule::Replace:
      case Rule::ReplaceEntry: return replace(base, std::move(over));
      case Rule::KeyValues: return merge_key_values(base, std::move(over), path);
      case Rule::StringList:
        if (!over.is_mapping() && !base.is_mapping()) make_list(base), make_list(over);
        return merge_plain(base, std::move(over), path, &rule);
      case Rule::ExtraHosts: return merge_hosts(base, std::move(over), path);
      case Rule::Build:
        make_build(base), make_build(over);
        return merge_plain(base, std::move(over), path, &rule);
      case Rule::Dependencies:
        make_named_map(base, started()), make_named_map(over, started());
        return merge_plain(base, std::move(over), path, &rule);
      case Rule::NamedMap:
        make_named_map(base, Tree::null()), make_named_map(over, Tree::null());
        return merge_plain(base, std::move(over), path, &rule);
      case Rule::Logging: return merge_logging(base, std::move(over), path, rule);
      case Rule::IpamConfig: return merge_ipam(base, std::move(over), path, rule);
    }
  }

  void replace(Tree& base, Tree&& over) {
    if (base.span.source != nullptr && over.span.source != nullptr) {
      over.provenance = context_.sources.add(Provenance{
          .written = {}, .variables = {}, .replaced = base.span, .note = {}, .earlier = over.provenance});
    }
    base = std::move(over);
  }

  void refuse(const Tree& base, const Tree& over, const Path& path) {
    std::string hint;
    if (base.span.source != nullptr) {
      hint = fmt::format("it is {} at {}:{}", to_text(base.kind), base.span.source->name, base.span.line);
    }
    context_.error(path, over.span,
                   fmt::format("cannot override {} with {}", to_text(base.kind), to_text(over.kind)),
                   std::move(hint));
  }

  void merge_key_values(Tree& base, Tree&& over, const Path& path) {
    make_key_values(base, path, context_);
    make_key_values(over, path, context_);
    if (!base.is_mapping() || !over.is_mapping()) return refuse(base, over, path);
    for (Entry& entry : over.entries) {
      if (Tree* here = base.find(entry.key)) {
        replace(*here, std::move(entry.value));
      } else {
        base.entries.push_back(std::move(entry));
      }
    }
  }

  /// Mapping form to "host=ip" entries, so that both forms append.
  static void make_host_list(Tree& node) {
    if (!node.is_mapping()) return;
    Tree list = Tree::sequence(node.span);
    for (const Entry& entry : node.entries) {
      const auto add = [&](const Tree& ip) {
        list.items.push_back(Tree::string(entry.key + "=" + scalar_text(ip), ip.span));
      };
      if (entry.value.is_sequence())
        std::ranges::for_each(entry.value.items, add);
      else
        add(entry.value);
    }
    node = std::move(list);
  }

  void merge_hosts(Tree& base, Tree&& over, const Path& path) {
    make_host_list(base), make_host_list(over);
    if (!base.is_sequence() || !over.is_sequence()) return refuse(base, over, path);
    for (Tree& item : over.items) {
      const bool known =
          std::ranges::any_of(base.items, [&](const Tree& other) { return same_data(other, item); });
      if (!known) base.items.push_back(std::move(item));
    }
  }

  static void make_build(Tree& node) {
    if (!node.is_string()) return;
    Tree map = Tree::mapping(node.span);
    map.set("context", std::move(node));
    node = std::move(map);
  }

  static Tree started() {
    Tree value = Tree::mapping();
    value.set("condition", Tree::string("service_started"));
    value.set("required", Tree::boolean(true));
    return value;
  }

  void merge_logging(Tree& base, Tree&& over, const Path& path, const Rules::Node& rule) {
    const Tree* ours = base.find_value("driver");
    const Tree* theirs = over.find_value("driver");
    if (ours != nullptr && theirs != nullptr && !same_data(*ours, *theirs))
      return replace(base, std::move(over));
    merge_plain(base, std::move(over), path, &rule);
  }

  void merge_ipam(Tree& base, Tree&& over, const Path& path, const Rules::Node& rule) {
    if (!base.is_sequence() || !over.is_sequence()) return refuse(base, over, path);
    for (std::size_t i = 0; i < over.items.size(); ++i) {
      Tree& pool = over.items[i];
      const auto same = std::ranges::find_if(base.items, [&](const Tree& other) {
        return other.text_of("subnet") == pool.text_of("subnet") && !pool.text_of("subnet").empty();
      });
      if (same == base.items.end())
        base.items.push_back(std::move(pool));
      else
        merge_plain(*same, std::move(pool), path.item(i), rule.step_item());
    }
  }

  const LoadContext& context_;
};

}  // namespace

void merge(Tree& base, Tree&& over, const Path& path, const LoadContext& context) {
  Merger(context).merge(base, std::move(over), path, rules().root());
}

void merge_service(Tree& base, Tree&& over, std::string_view name, const LoadContext& context) {
  const Path root;
  const Path services = root.child("services");
  const Path service = services.child(name);
  const Rules::Node* rule = rules().root()->step("services")->step(name);
  Merger(context).merge(base, std::move(over), service, rule);
}

}  // namespace compose::load
