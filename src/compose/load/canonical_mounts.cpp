// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/canonical.h"
#include "compose/load/short_ports.h"
#include "compose/load/short_volumes.h"

namespace compose::load {
namespace {

Tree port_entry(const ShortPort& port, const Tree& written) {
  const base::Span& at = written.span;
  Tree entry = Tree::mapping(at);
  entry.provenance = written.provenance;
  entry.set("mode", Tree::string("ingress", at));
  if (!port.host_ip.empty()) entry.set("host_ip", Tree::string(port.host_ip, at));
  entry.set("target", Tree::integer(port.target, at));
  if (!port.published.empty()) entry.set("published", Tree::string(port.published, at));
  entry.set("protocol", Tree::string(port.protocol, at));
  return entry;
}

Tree volume_entry(const ShortVolume& volume, const Tree& written) {
  const base::Span& at = written.span;
  Tree entry = Tree::mapping(at);
  entry.provenance = written.provenance;
  entry.set("type", Tree::string(volume.is_bind ? "bind" : "volume", at));
  if (!volume.source.empty()) entry.set("source", Tree::string(volume.source, at));
  entry.set("target", Tree::string(volume.target, at));
  if (volume.read_only) entry.set("read_only", Tree::boolean(true, at));
  if (volume.is_bind || !volume.propagation.empty() || !volume.selinux.empty()) {
    Tree bind = Tree::mapping(at);
    if (!volume.propagation.empty()) bind.set("propagation", Tree::string(volume.propagation, at));
    if (!volume.selinux.empty()) bind.set("selinux", Tree::string(volume.selinux, at));
    if (volume.is_bind) bind.set("create_host_path", Tree::boolean(true, at));
    entry.set("bind", std::move(bind));
  }
  const bool only_target = written.text.size() <= 2;  // docker compose leaves it as it is
  if ((!volume.is_bind && !only_target) || volume.no_copy) {
    Tree options = Tree::mapping(at);
    if (volume.no_copy) options.set("nocopy", Tree::boolean(true, at));
    entry.set("volume", std::move(options));
  }
  return entry;
}

}  // namespace

void spread_ports(Tree& ports, const Path& path, const LoadContext& context) {
  // without interpolation nobody knows how many ports a variable stands for
  const auto has_variable = [](const Tree& item) { return item.text.find('$') != std::string::npos; };
  if (context.options.no_interpolate && std::ranges::any_of(ports.items, has_variable)) return;
  std::vector<Tree> entries;
  entries.reserve(ports.items.size());
  for (std::size_t i = 0; i < ports.items.size(); ++i) {
    Tree& item = ports.items[i];
    if (!item.is_scalar()) {
      entries.push_back(std::move(item));
      continue;
    }
    const auto parsed = parse_short_port(scalar_text(item));
    if (!parsed) {
      context.error(path.item(i), item.span, parsed.error().message, parsed.error().hint);
      continue;
    }
    for (const ShortPort& port : *parsed) entries.push_back(port_entry(port, item));
  }
  ports.items = std::move(entries);
}

void spread_volumes(Tree& volumes, const Path& path, const LoadContext& context) {
  for (std::size_t i = 0; i < volumes.items.size(); ++i) {
    Tree& item = volumes.items[i];
    if (!item.is_string()) continue;
    const auto parsed = parse_short_volume(item.text);
    if (!parsed) {
      context.error(path.item(i), item.span, parsed.error().message, parsed.error().hint);
      continue;
    }
    for (const std::string& option : parsed->unknown_options) {
      if (option == "cached" || option == "delegated" || option == "consistent") continue;
      context.warning(path.item(i), item.span,
                      fmt::format("unknown volume option \"{}\" has no effect", option));
    }
    const bool drive_target = parsed->source.empty() && parsed->target.size() > 2 && parsed->target[1] == ':';
    if (drive_target) {
      context.warning(
          path.item(i), item.span,
          fmt::format("\"{}\" is read as a Windows path, so this volume is anonymous", parsed->target),
          "give the volume a name of more than one letter");
    }
    item = volume_entry(*parsed, item);
  }
}

}  // namespace compose::load
