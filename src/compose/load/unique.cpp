// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/file_path.h"
#include "compose/load/merge.h"
#include "compose/load/short_volumes.h"

namespace compose::load {
namespace {

/// What tells the entries of a list apart.
enum class Key { Name, Text, Port, Volume, Device, Secret, Config, EnvFile };
using Keys = PathRules<Key>;

const Keys& keys() {
  static const Keys table{
      {"networks.*.ipam.options", Key::Name},
      {"services.*.build.additional_contexts", Key::Name},
      {"services.*.build.platforms", Key::Text},
      {"services.*.build.tags", Key::Name},
      {"services.*.cap_add", Key::Name},
      {"services.*.cap_drop", Key::Name},
      {"services.*.configs", Key::Config},
      {"services.*.devices", Key::Device},
      {"services.*.dns", Key::Name},
      {"services.*.dns_opt", Key::Name},
      {"services.*.dns_search", Key::Name},
      {"services.*.env_file", Key::EnvFile},
      {"services.*.expose", Key::Text},
      {"services.*.links", Key::Name},
      {"services.*.networks.*.aliases", Key::Name},
      {"services.*.networks.*.link_local_ips", Key::Name},
      {"services.*.ports", Key::Port},
      {"services.*.profiles", Key::Name},
      {"services.*.secrets", Key::Secret},
      {"services.*.tmpfs", Key::Name},
      {"services.*.volumes", Key::Volume},
  };
  return table;
}

std::string mount_key(const Tree& item, std::string_view folder) {
  if (item.is_scalar()) return fmt::format("{}/{}", folder, scalar_text(item));
  const std::string_view target = item.text_of("target");
  if (target.empty()) return fmt::format("{}/{}", folder, item.text_of("source"));
  return target.starts_with('/') ? clean_path(target) : fmt::format("{}/{}", folder, target);
}

std::string port_key(const Tree& item) {
  if (!item.is_mapping()) return scalar_text(item);
  const auto field = [&](std::string_view key, std::string_view fallback) {
    const Tree* found = item.find_value(key);
    return found == nullptr ? std::string(fallback) : scalar_text(*found);
  };
  return fmt::format("{}:{}:{}/{}", field("host_ip", "0.0.0.0"), field("published", ""), field("target", ""),
                     field("protocol", "tcp"));
}

std::string device_key(const Tree& item) {
  if (item.is_mapping()) {
    const std::string_view target = item.text_of("target");
    return std::string(target.empty() ? item.text_of("source") : target);
  }
  const std::vector<std::string> parts = base::split(scalar_text(item), ':');
  return parts.size() > 1 ? parts[1] : parts[0];
}

std::optional<std::string> volume_key(const Tree& item) {
  if (item.is_mapping()) return clean_path(item.text_of("target"));
  const auto volume = parse_short_volume(scalar_text(item));
  if (!volume) return std::nullopt;  // reported when the short form is spread out
  return clean_path(volume->target);
}

std::optional<std::string> key_of(const Tree& item, Key kind) {
  switch (kind) {
    case Key::Name: {
      const std::string text = scalar_text(item);
      return std::string(base::split_once(text, '=').first);
    }
    case Key::Text: return scalar_text(item);
    case Key::Port: return port_key(item);
    case Key::Volume: return volume_key(item);
    case Key::Device: return device_key(item);
    case Key::Secret: return mount_key(item, "/run/secrets");
    case Key::Config: return mount_key(item, "");
    case Key::EnvFile: return item.is_mapping() ? std::string(item.text_of("path")) : scalar_text(item);
  }
  return std::nullopt;
}

void drop_repeated(Tree& list, Key kind) {
  if (list.items.size() < 2) return;
  std::unordered_map<std::string, std::size_t> places;
  std::vector<Tree> kept;
  kept.reserve(list.items.size());
  for (Tree& item : list.items) {
    const auto key = key_of(item, kind);
    if (!key) {
      kept.push_back(std::move(item));
      continue;
    }
    const auto [place, fresh] = places.emplace(*key, kept.size());
    if (fresh)
      kept.push_back(std::move(item));
    else
      kept[place->second] = std::move(item);
  }
  list.items = std::move(kept);
}

void visit(Tree& node, const Keys::Node* rule) {
  if (rule == nullptr) return;
  if (node.is_sequence() && rule->rule) drop_repeated(node, *rule->rule);
  for (Entry& entry : node.entries) visit(entry.value, rule->step(entry.key));
  for (Tree& item : node.items) visit(item, rule->step_item());
}

}  // namespace

void make_unique(Tree& root) { visit(root, keys().root()); }

}  // namespace compose::load
