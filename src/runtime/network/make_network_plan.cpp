// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/network/endpoint_plan.h"
#include "runtime/network/ip_address.h"
#include "runtime/network/name_record.h"
#include "runtime/network/ruleset.h"

namespace runtime::network {
namespace {

constexpr std::size_t kShortId = 12;
constexpr std::size_t kLongestLinkName = 15;
constexpr std::string_view kJoin = "container:";
constexpr const char* kInterfaceNameOption = "com.docker.network.endpoint.ifname";
constexpr const char* kSysctlsOption = "com.docker.network.endpoint.sysctls";

base::Result<> fail_invalid(std::string message) {
  return base::fail(base::ErrorClass::Invalid, std::move(message));
}

const model::EndpointSpec* find_endpoint(const model::ContainerSpec& spec, const NetworkRecord& network) {
  for (const model::EndpointSpec& endpoint : spec.endpoints) {
    if (endpoint.network == network.name || endpoint.network == network.id) return &endpoint;
  }
  return nullptr;
}

void add_name(std::vector<std::string>& names, const std::string& name) {
  const std::string lower = base::to_lower(name);
  if (!name.empty() && std::find(names.begin(), names.end(), lower) == names.end()) names.push_back(lower);
}

base::Result<std::vector<std::string>> names_of(const PlanRequest& request,
                                                const model::EndpointSpec* endpoint) {
  std::vector<std::string> names;
  add_name(names, request.container_name);
  if (endpoint != nullptr) {
    for (const std::string& alias : endpoint->aliases) add_name(names, alias);
  }
  add_name(names, request.spec->hostname);
  add_name(names, request.container_id.substr(0, kShortId));
  for (const std::string& name : names) {
    if (!is_resolvable_name(name))
      TRY(fail_invalid(fmt::format("\"{}\" cannot be a name on a network", name)));
  }
  return names;
}

/// Prefix length of the pool the address is from, and that pool's gateway.
std::pair<std::uint8_t, std::string> find_pool(const NetworkRecord& network, const std::string& address) {
  const auto wanted = parse_ip_address(address);
  for (const Pool& pool : network.pools) {
    const auto subnet = parse_subnet(pool.subnet);
    if (wanted && subnet && subnet->contains(*wanted)) {
      return {static_cast<std::uint8_t>(subnet->prefix), pool.gateway};
    }
  }
  return {};
}

base::Result<> check_mac_address(const std::string& mac) {
  if (mac.empty()) return {};
  const auto bytes = parse_mac_address(mac);
  if (!bytes || ((*bytes)[0] & 1) != 0) return fail_invalid(fmt::format("invalid MAC address \"{}\"", mac));
  return {};
}

base::Result<std::string> mac_of(const PlanRequest& request, const model::EndpointSpec* endpoint,
                                 const Lease& lease, bool primary) {
  std::string mac = endpoint != nullptr ? endpoint->mac_address : std::string();
  if (mac.empty() && primary) mac = request.spec->mac_address;
  if (mac.empty()) mac = lease.mac_address;
  TRY(check_mac_address(mac));
  return mac;
}

/// "net.ipv4.conf.IFNAME.log_martians=1,...": only settings of this interface.
base::Result<> add_sysctls(EndpointPlan& plan, const std::string& text) {
  for (const std::string& setting : base::split(text, ',')) {
    const auto [key, value] = base::split_once(setting, '=');
    const std::vector<std::string> parts = base::split(key, '.');
    const bool known = parts.size() == 5 && parts[0] == "net" && (parts[1] == "ipv4" || parts[1] == "ipv6") &&
                       (parts[2] == "conf" || parts[2] == "neigh") && parts[3] == "IFNAME" &&
                       !parts[4].empty() && parts[4].find('/') == std::string::npos && !value.empty();
    if (!known)
      TRY(fail_invalid(
          fmt::format("\"{}\" is not a setting of an interface (net.ipv4.conf.IFNAME.x=1)", setting)));
    plan.sysctls.push_back(
        fmt::format("net/{}/{}/{}/{}={}", parts[1], parts[2], plan.interface_name, parts[4], value));
  }
  return {};
}

/// Options of one attachment. compose-spec: services.*.networks.*.driver_opts
base::Result<> read_endpoint_options(EndpointPlan& plan, const std::map<std::string, std::string>& options) {
  for (const auto& [key, value] : options) {
    if (key == kInterfaceNameOption) continue;
    if (key == kSysctlsOption) {
      TRY(add_sysctls(plan, value));
      continue;
    }
    return base::fail(
        base::make_error(base::ErrorClass::Unsupported,
                         fmt::format("an attachment has no option \"{}\"", key))
            .with_hint(fmt::format("known are {} and {}", kInterfaceNameOption, kSysctlsOption)));
  }
  return {};
}

std::string interface_name_of(const model::EndpointSpec* endpoint, std::size_t index) {
  if (endpoint != nullptr && !endpoint->interface_name.empty()) return endpoint->interface_name;
  if (endpoint != nullptr) {
    const auto option = endpoint->driver_opts.find(kInterfaceNameOption);
    if (option != endpoint->driver_opts.end() && !option->second.empty()) return option->second;
  }
  return fmt::format("eth{}", index);
}

base::Result<> check_interface_name(const std::string& name) {
  const bool bad =
      name.size() > kLongestLinkName || name == "lo" || name.find_first_of("/ :\t\n%") != std::string::npos;
  if (bad) return fail_invalid(fmt::format("\"{}\" cannot be the name of an interface", name));
  return {};
}

base::Result<EndpointPlan> make_endpoint(const PlanRequest& request, const NetworkRecord& network,
                                         const Lease& lease, std::size_t index) {
  const model::EndpointSpec* endpoint = find_endpoint(*request.spec, network);
  EndpointPlan plan;
  plan.network_id = network.id;
  plan.network_name = network.name;
  plan.driver = network.driver;
  plan.parent = network.driver == Driver::Bridge ? network.bridge : network.parent;
  plan.mode = network.mode;
  plan.interface_name = interface_name_of(endpoint, index);
  TRY(check_interface_name(plan.interface_name));
  plan.mac_address = TRY(mac_of(request, endpoint, lease, index == 0));
  plan.ipv4_address = lease.ipv4_address;
  plan.ipv6_address = lease.ipv6_address;
  plan.ipv4_prefix = find_pool(network, lease.ipv4_address).first;
  plan.ipv6_prefix = find_pool(network, lease.ipv6_address).first;
  if (endpoint != nullptr) plan.link_local_addresses = endpoint->link_local_ips;
  for (const std::string& address : plan.link_local_addresses) {
    if (!parse_ip_address(address))
      TRY(fail_invalid(fmt::format("invalid link-local address \"{}\"", address)));
  }
  if (endpoint != nullptr) TRY(read_endpoint_options(plan, endpoint->driver_opts));
  plan.mtu = network.mtu;
  plan.internal = network.internal;
  plan.isolated = !network.between_containers;
  plan.names_directory = request.installation.names_directory(network.id);
  plan.names = TRY(names_of(request, endpoint));
  return plan;
}

/// Sets the gateways of the endpoint that has the default routes, each family for itself.
void choose_gateways(const PlanRequest& request, std::vector<EndpointPlan>& plans) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (!plans[i].internal) order.push_back(i);
  }
  const auto priority = [&](std::size_t i) {
    const model::EndpointSpec* endpoint = find_endpoint(*request.spec, request.networks[i]);
    return endpoint != nullptr ? endpoint->gateway_priority : 0;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (priority(a) != priority(b)) return priority(a) > priority(b);
    return plans[a].network_name < plans[b].network_name;
  });
  bool has4 = false, has6 = false;
  for (const std::size_t i : order) {
    const std::string gateway4 = find_pool(request.networks[i], plans[i].ipv4_address).second;
    const std::string gateway6 = find_pool(request.networks[i], plans[i].ipv6_address).second;
    if (!has4 && !gateway4.empty()) plans[i].ipv4_gateway = gateway4;
    if (!has6 && !gateway6.empty()) plans[i].ipv6_gateway = gateway6;
    has4 = has4 || !gateway4.empty();
    has6 = has6 || !gateway6.empty();
  }
}

base::Result<std::vector<PublishPlan>> make_ports(const PlanRequest& request,
                                                  const std::vector<EndpointPlan>& endpoints) {
  std::vector<PublishPlan> ports;
  if (request.spec->ports.empty()) return ports;
  // Published where the outside is: the endpoint with the default route, else any bridge that has one.
  std::string target4, target6, host4;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const EndpointPlan& endpoint = endpoints[i];
    if (endpoint.internal || endpoint.driver != Driver::Bridge) continue;
    if (target4.empty() || !endpoint.ipv4_gateway.empty()) {
      target4 = endpoint.ipv4_address;
      host4 = request.networks[i].host_binding;
    }
    if (target6.empty() || !endpoint.ipv6_gateway.empty()) target6 = endpoint.ipv6_address;
  }
  if (target4.empty() && target6.empty()) return ports;
  for (const model::PortBinding& binding : request.spec->ports) {
    PublishPlan port;
    port.host_ip = binding.host_ip.empty() ? host4 : binding.host_ip;
    if (port.host_ip.starts_with('[') && port.host_ip.ends_with(']')) {
      port.host_ip = port.host_ip.substr(1, port.host_ip.size() - 2);
    }
    port.host_port = binding.host_port;
    port.host_port_end = binding.host_port_end;
    port.container_port = binding.container_port;
    port.protocol = binding.protocol;
    port.ipv4_target = target4;
    port.ipv6_target = target6;
    if (!port.host_ip.empty() && !parse_ip_address(port.host_ip)) {
      TRY(fail_invalid(fmt::format("invalid host address \"{}\" of a published port", port.host_ip)));
    }
    if (!protocol_number(port.protocol)) {
      TRY(fail_invalid(fmt::format("unknown protocol \"{}\" of a published port", port.protocol)));
    }
    if (port.container_port == 0) TRY(fail_invalid("a published port has no container port"));
    ports.push_back(std::move(port));
  }
  return ports;
}

ResolverPlan make_resolver(const PlanRequest& request, const std::vector<EndpointPlan>& endpoints) {
  ResolverPlan plan;
  plan.serve = !endpoints.empty();
  plan.forward = std::any_of(endpoints.begin(), endpoints.end(),
                             [](const EndpointPlan& endpoint) { return !endpoint.internal; });
  std::vector<std::string> servers = request.spec->dns;
  if (servers.empty()) {
    for (const std::string& line : base::split(request.host_resolv_conf, '\n')) {
      const std::string_view trimmed = base::trim(line);
      if (!trimmed.starts_with("nameserver")) continue;
      servers.emplace_back(base::trim(trimmed.substr(std::string_view("nameserver").size())));
    }
  }
  // A zone ("fe80::1%eth0") means nothing here; such a server is left out.
  for (const std::string& server : servers) {
    if (parse_ip_address(server) && server != "127.0.0.11") plan.upstreams.push_back(server);
  }
  return plan;
}

}  // namespace

base::Result<> check_endpoint(const model::EndpointSpec& endpoint) {
  EndpointPlan plan;
  plan.interface_name = interface_name_of(&endpoint, 0);
  TRY(check_interface_name(plan.interface_name));
  TRY(check_mac_address(endpoint.mac_address));
  return read_endpoint_options(plan, endpoint.driver_opts);
}

base::Result<NetworkPlan> make_network_plan(const PlanRequest& request) {
  NetworkPlan plan;
  plan.container_id = request.container_id;
  plan.installation = request.installation;
  const std::string& mode = request.spec->network_mode;
  if (mode == kHostNetwork) {
    plan.mode = NamespaceMode::Host;
    return plan;
  }
  if (mode.starts_with(kJoin)) {
    plan.mode = NamespaceMode::Join;
    plan.namespace_path = request.namespace_path;
    return plan;
  }
  if (request.networks.size() != request.leases.size()) {
    return base::fail(base::ErrorClass::Internal, "a network plan needs one lease a network");
  }
  for (std::size_t i = 0; i < request.networks.size(); ++i) {
    plan.endpoints.push_back(TRY_WHILE(
        make_endpoint(request, request.networks[i], request.leases[i], i),
        fmt::format("attaching {} to network {}", request.container_name, request.networks[i].name)));
  }
  choose_gateways(request, plan.endpoints);
  plan.ports = TRY(make_ports(request, plan.endpoints));
  plan.resolver = make_resolver(request, plan.endpoints);
  return plan;
}

}  // namespace runtime::network
