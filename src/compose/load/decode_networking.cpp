// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compose/load/decode.h"

namespace compose::load {
namespace {

double number(const Tree& node, std::string_view key) {
  const Tree* found = node.find_value(key);
  if (found == nullptr) return 0;
  return found->kind == Kind::Float ? found->float_value : static_cast<double>(found->int_value);
}

model::ServiceNetwork decode_attachment(const Tree& node) {
  return {.aliases = text_list(node, "aliases"),
          .link_local_ips = text_list(node, "link_local_ips"),
          .ipv4_address = text(node, "ipv4_address"),
          .ipv6_address = text(node, "ipv6_address"),
          .mac_address = text(node, "mac_address"),
          .interface_name = text(node, "interface_name"),
          .driver_opts = text_map(node, "driver_opts"),
          .priority = number(node, "priority"),
          .gateway_priority = number(node, "gw_priority")};
}

model::ServicePort decode_port(const Tree& node) {
  model::ServicePort port{.name = text(node, "name"),
                          .host_ip = text(node, "host_ip"),
                          .published = text(node, "published"),
                          .protocol = text(node, "protocol"),
                          .app_protocol = text(node, "app_protocol"),
                          .mode = text(node, "mode"),
                          .target = static_cast<std::uint16_t>(integer(node, "target").value_or(0)),
                          .span = node.span};
  if (port.protocol.empty()) port.protocol = "tcp";
  if (port.mode.empty()) port.mode = "ingress";
  return port;
}

}  // namespace

void decode_networking(const Tree& node, const Path& path, const LoadContext& context,
                       model::Service& service) {
  service.network_mode = text(node, "network_mode");
  service.mac_address = text(node, "mac_address");
  if (const Tree* networks = node.find("networks")) {
    for (const Entry& entry : networks->entries)
      service.networks.emplace(entry.key, decode_attachment(entry.value));
  }
  if (const Tree* ports = node.find("ports")) {
    for (std::size_t i = 0; i < ports->items.size(); ++i) {
      service.ports.push_back(decode_port(ports->items[i]));
      const std::string& protocol = service.ports.back().protocol;
      const Path list = path.child("ports");
      if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
        context.error(list.item(i), ports->items[i].span, fmt::format("unknown protocol \"{}\"", protocol),
                      "use tcp, udp or sctp");
      }
    }
  }
  service.expose = text_list(node, "expose");
  service.dns = text_list(node, "dns");
  service.dns_search = text_list(node, "dns_search");
  service.dns_options = text_list(node, "dns_opt");
  service.links = text_list(node, "links");
  service.external_links = text_list(node, "external_links");
  service.extra_hosts = text_list(node, "extra_hosts");
}

}  // namespace compose::load
