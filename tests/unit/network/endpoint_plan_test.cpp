// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/endpoint_plan.h"

#include <catch2/catch.hpp>

using namespace runtime::network;

namespace {

NetworkRecord network(const std::string& name, const std::string& subnet, const std::string& gateway) {
  NetworkRecord record;
  record.id = name + "-id";
  record.name = name;
  record.bridge = "cb-" + name;
  record.pools = {{subnet, gateway, "", {}}};
  return record;
}

struct Fixture {
  model::ContainerSpec spec;
  PlanRequest request;
  Fixture() {
    request.installation = {"compose", "/run/compose"};
    request.container_id = "0123456789abcdef";
    request.container_name = "shop-web-1";
    request.spec = &spec;
    request.networks = {network("front", "172.18.0.0/16", "172.18.0.1"),
                        network("back", "172.19.0.0/16", "172.19.0.1")};
    request.leases = {{"front-id", "x", "172.18.0.2", "", "02:42:ac:12:00:02"},
                      {"back-id", "x", "172.19.0.2", "", "02:42:ac:13:00:02"}};
    spec.endpoints = {{.network = "front", .aliases = {"Web", "shop-web-1"}}, {.network = "back"}};
    request.host_resolv_conf =
        "# local\nnameserver 127.0.0.53\nnameserver fe80::1%eth0\nsearch example.com\n";
  }
  std::string refusal() {
    const auto plan = make_network_plan(request);
    return plan ? "made" : plan.error().message;
  }
};

}  // namespace

TEST_CASE("a plan has everything decided") {
  Fixture f;
  f.spec.ports = {{.host_port = 8080, .container_port = 80}};
  const NetworkPlan plan = make_network_plan(f.request).value();
  REQUIRE(plan.endpoints.size() == 2);
  EndpointPlan front;
  front.network_id = "front-id";
  front.network_name = "front";
  front.parent = "cb-front";
  front.interface_name = "eth0";
  front.mac_address = "02:42:ac:12:00:02";
  front.ipv4_address = "172.18.0.2";
  front.ipv4_prefix = 16;
  front.names_directory = "/run/compose/networks/front-id/names";
  front.names = {"shop-web-1", "web", "0123456789ab"};
  CHECK(plan.endpoints[0] == front);
  CHECK(plan.endpoints[1].interface_name == "eth1");
  CHECK(plan.endpoints[1].ipv4_gateway == "172.19.0.1");  // "back" comes first by name
  CHECK(plan.ports == std::vector<PublishPlan>{{"", 8080, 0, 80, "tcp", "172.19.0.2", ""}});
  CHECK(plan.resolver == ResolverPlan{true, true, {"127.0.0.53"}});
  CHECK(decode_network_plan(encode(plan)).value() == plan);
}

TEST_CASE("the default route goes by priority and never through an internal network") {
  Fixture f;
  f.spec.endpoints[0].gateway_priority = 5;
  CHECK(make_network_plan(f.request)->endpoints[0].ipv4_gateway == "172.18.0.1");
  CHECK(make_network_plan(f.request)->endpoints[1].ipv4_gateway.empty());
  f.request.networks[0].internal = true;
  CHECK(make_network_plan(f.request)->endpoints[1].ipv4_gateway == "172.19.0.1");
  f.request.networks[1].internal = true;
  CHECK_FALSE(make_network_plan(f.request)->resolver.forward);
  CHECK(make_network_plan(f.request)->endpoints[1].ipv4_gateway.empty());
}

TEST_CASE("what cannot be is refused") {
  Fixture f;
  f.spec.endpoints[0].aliases = {"a/b"};
  CHECK(f.refusal() == "\"a/b\" cannot be a name on a network");
  f.spec.endpoints[0].aliases = {};
  f.spec.endpoints[0].mac_address = "01:42:ac:12:00:02";
  CHECK(f.refusal() == "invalid MAC address \"01:42:ac:12:00:02\"");
  f.spec.endpoints[0].mac_address = "";
  f.spec.endpoints[0].interface_name = "a-name-too-long-for-a-link";
  CHECK(f.refusal() == "\"a-name-too-long-for-a-link\" cannot be the name of an interface");
  f.spec.endpoints[0].interface_name = "";
  f.spec.ports = {{.host_ip = "nowhere", .host_port = 80, .container_port = 80}};
  CHECK(f.refusal() == "invalid host address \"nowhere\" of a published port");
  f.spec.ports = {{.host_port = 80, .container_port = 80, .protocol = "icmp"}};
  CHECK(f.refusal() == "unknown protocol \"icmp\" of a published port");
}

TEST_CASE("options of an attachment") {
  Fixture f;
  f.spec.endpoints[0].driver_opts = {
      {"com.docker.network.endpoint.ifname", "lan0"},
      {"com.docker.network.endpoint.sysctls",
       "net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.neigh.IFNAME.retrans_time_ms=7"}};
  const EndpointPlan plan = make_network_plan(f.request)->endpoints[0];
  CHECK(plan.interface_name == "lan0");
  CHECK(plan.sysctls == std::vector<std::string>{"net/ipv4/conf/lan0/log_martians=1",
                                                 "net/ipv6/neigh/lan0/retrans_time_ms=7"});
  f.spec.endpoints[0].driver_opts = {{"com.docker.network.endpoint.sysctls", "net.ipv4.ip_forward=1"}};
  CHECK(f.refusal() ==
        "\"net.ipv4.ip_forward=1\" is not a setting of an interface (net.ipv4.conf.IFNAME.x=1)");
  f.spec.endpoints[0].driver_opts = {{"speed", "10"}};
  CHECK(f.refusal() == "an attachment has no option \"speed\"");
}

TEST_CASE("modes that need no endpoints") {
  Fixture f;
  f.spec.network_mode = "host";
  CHECK(make_network_plan(f.request)->mode == NamespaceMode::Host);
  f.spec.network_mode = "container:abc";
  f.request.namespace_path = "/proc/7/ns/net";
  CHECK(make_network_plan(f.request)->namespace_path == "/proc/7/ns/net");
}

TEST_CASE("a damaged plan is refused, whatever is cut off or changed") {
  Fixture f;
  const std::string bytes = encode(make_network_plan(f.request).value());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_network_plan(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(decode_network_plan(bytes + "x"));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = '\xff';
    static_cast<void>(decode_network_plan(changed));
  }
  const NetworkState state{{{"0.0.0.0", 8080, 80, "tcp"}}};
  CHECK(decode_network_state(encode(state)).value() == state);
}
