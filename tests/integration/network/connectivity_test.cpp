// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/socket.h>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "integration/network/network_lab.h"
#include "sys/file.h"
#include "sys/nftables.h"
#include "sys/rtnetlink.h"
#include "sys/sha256.h"

using lab::ask_dns;
using lab::ask_tcp;
using lab::ask_udp;
using lab::EchoServer;
using lab::Machine;

namespace {

constexpr int kA = 1, kPtr = 12, kAaaa = 28;

model::NetworkSpec named(const std::string& name) {
  model::NetworkSpec spec;
  spec.name = name;
  return spec;
}

model::ContainerSpec on(const std::vector<std::string>& networks,
                        const std::vector<std::string>& aliases = {}) {
  model::ContainerSpec spec;
  for (const std::string& name : networks) spec.endpoints.push_back({.network = name, .aliases = aliases});
  return spec;
}

}  // namespace

TEST_CASE("containers of one network reach each other, others do not, and nothing is left") {
  Machine machine;
  const auto before = machine.kernel_objects();
  machine.create(named("front"));
  machine.create(named("back"));
  {
    auto web = machine.start("web", on({"front"}));
    auto other = machine.start("other", on({"front"}));
    auto db = machine.start("db", on({"back"}));
    const EchoServer web_server(web->netns(), "0.0.0.0", 80, "web", SOCK_STREAM);
    const EchoServer db_server(db->netns(), "0.0.0.0", 5432, "db", SOCK_STREAM);
    CHECK(ask_tcp(other->netns(), "172.17.0.2", 80) == "web saw 172.17.0.3");
    CHECK(ask_tcp(machine.host(), "172.17.0.2", 80) == "web saw 172.17.0.1");
    CHECK(ask_tcp(machine.host(), "172.18.0.2", 5432) == "db saw 172.18.0.1");
    CHECK(ask_tcp(web->netns(), "172.18.0.2", 5432, 300) == "");
    CHECK(ask_tcp(machine.client(), "172.17.0.2", 80, 300) == "");  // unpublished, though routed here
    CHECK(ask_tcp(web->netns(), "127.0.0.1", 80) == "web saw 127.0.0.1");
    const EchoServer outside(machine.client(), "10.99.0.2", 7000, "outside", SOCK_STREAM);
    CHECK(ask_tcp(web->netns(), "10.99.0.2", 7000) == "outside saw 10.99.0.1");
    web->stop();
    other->stop();
    db->stop();
  }
  machine.remove("front");
  machine.remove("back");
  CHECK(machine.kernel_objects() == before);
  CHECK_FALSE(sys::path_exists(machine.installation().run_root + "/networks"));
}

TEST_CASE("an internal network has no way out, not even to the host") {
  Machine machine;
  model::NetworkSpec spec = named("inner");
  spec.internal = true;
  machine.create(spec);
  machine.create(named("front"));
  auto a = machine.start("a", on({"inner"}));
  auto b = machine.start("b", on({"inner"}));
  const EchoServer server(b->netns(), "0.0.0.0", 80, "b", SOCK_STREAM);
  const EchoServer outside(machine.client(), "10.99.0.2", 7000, "outside", SOCK_STREAM);
  const EchoServer host_server(machine.host(), "0.0.0.0", 7100, "host", SOCK_STREAM);
  CHECK(ask_tcp(a->netns(), "172.17.0.3", 80) == "b saw 172.17.0.2");
  CHECK(ask_tcp(machine.host(), "172.17.0.3", 80) == "b saw 172.17.0.1");
  CHECK(ask_tcp(a->netns(), "10.99.0.2", 7000, 300) == "");
  CHECK(ask_tcp(a->netns(), "172.17.0.1", 7100, 300) == "");
}

TEST_CASE("published ports are reached from everywhere") {
  Machine machine;
  machine.create(named("front"));
  machine.create(named("other"));
  model::ContainerSpec spec = on({"front"});
  spec.ports = {{.host_port = 8080, .container_port = 80},
                {.host_port = 5353, .container_port = 53, .protocol = "udp"},
                {.host_ip = "127.0.0.1", .host_port = 9090, .container_port = 80}};
  auto web = machine.start("web", spec);
  auto neighbour = machine.start("neighbour", on({"front"}));
  auto stranger = machine.start("stranger", on({"other"}));
  const EchoServer tcp(web->netns(), "0.0.0.0", 80, "web", SOCK_STREAM);
  const EchoServer udp(web->netns(), "0.0.0.0", 53, "dns", SOCK_DGRAM);
  SECTION("a remote client is seen with its own address") {
    CHECK(ask_tcp(machine.client(), "10.99.0.1", 8080) == "web saw 10.99.0.2");
    CHECK(ask_udp(machine.client(), "10.99.0.1", 5353) == "dns saw 10.99.0.2");
    CHECK(ask_tcp(machine.client(), "10.99.0.1", 9090, 300) == "");
  }
  SECTION("local clients by 127.0.0.1, by the host's address, by ::1") {
    CHECK(ask_tcp(machine.host(), "127.0.0.1", 8080) == "web saw 172.17.0.1");
    CHECK(ask_tcp(machine.host(), "127.0.0.1", 9090) == "web saw 172.17.0.1");
    CHECK(ask_tcp(machine.host(), "10.99.0.1", 8080) == "web saw 10.99.0.1");
    CHECK(ask_tcp(machine.host(), "::1", 8080) == "web saw 172.17.0.1");
    CHECK(ask_udp(machine.host(), "127.0.0.1", 5353) == "dns saw 172.17.0.1");
    CHECK(ask_udp(machine.host(), "::1", 5353) == "dns saw 172.17.0.1");
  }
  SECTION("an IPv6 client of a container without IPv6") {
    CHECK(ask_tcp(machine.client(), "fd99::1", 8080) == "web saw 172.17.0.1");
    CHECK(ask_udp(machine.client(), "fd99::1", 5353) == "dns saw 172.17.0.1");
  }
  SECTION("containers by the host's address: its own, a neighbour, another network") {
    CHECK(ask_tcp(neighbour->netns(), "10.99.0.1", 8080) == "web saw 172.17.0.1");
    CHECK(ask_tcp(web->netns(), "10.99.0.1", 8080) == "web saw 172.17.0.1");
    CHECK(ask_tcp(stranger->netns(), "10.99.0.1", 8080) == "web saw 172.17.0.1");
    CHECK(ask_tcp(stranger->netns(), "172.18.0.1", 8080) == "web saw 172.17.0.1");
    CHECK(ask_udp(stranger->netns(), "10.99.0.1", 5353) == "dns saw 172.17.0.1");
  }
  SECTION("no container reaches the host's loopback") {
    const EchoServer secret(machine.host(), "127.0.0.1", 7200, "secret", SOCK_STREAM);
    CHECK(ask_tcp(neighbour->netns(), "172.17.0.1", 7200, 300) == "");
  }
  SECTION("a flushed table: the monitor carries, the next command repairs") {
    auto filter = lab::require_value(sys::NetlinkSocket::open(12));
    auto batch = filter.batch();
    sys::begin_nft_transaction(batch);
    sys::delete_nft_table(batch, machine.installation().name);
    sys::end_nft_transaction(batch);
    lab::require_ok(filter.execute(batch, "flushing"));
    CHECK(ask_tcp(machine.client(), "10.99.0.1", 8080) == "web saw 172.17.0.1");
    lab::require_ok(runtime::network::ensure_network(machine.installation(), machine.store(),
                                                     lab::require_value(machine.store().find("front"))));
    CHECK(ask_tcp(machine.client(), "10.99.0.1", 8080) == "web saw 10.99.0.2");
  }
  SECTION("what was published is told") {
    REQUIRE(web->state().ports.size() == 5);
    CHECK(web->state().ports[0] == model::PublishedPort{"0.0.0.0", 8080, 80, "tcp"});
    CHECK(web->state().ports[1] == model::PublishedPort{"::", 8080, 80, "tcp"});
    CHECK(web->state().ports[4] == model::PublishedPort{"127.0.0.1", 9090, 80, "tcp"});
  }
}

TEST_CASE("names are answered, rotate, and go with their container") {
  Machine machine;
  machine.create(named("front"));
  machine.create(named("back"));
  auto web1 = machine.start("web-1", on({"front"}, {"web", "Shop.Example"}));
  auto web2 = machine.start("web-2", on({"front"}, {"web"}));
  auto db = machine.start("db", on({"back"}));
  const int inside = web1->netns();
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    CHECK(ask_dns(inside, "web", kA, type) == "code0 172.17.0.2 172.17.0.3");
    CHECK(ask_dns(inside, "WEB-2", kA, type) == "code0 172.17.0.3");
    CHECK(ask_dns(inside, "web-2.front", kA, type) == "code0 172.17.0.3");
    CHECK(ask_dns(inside, "shop.example", kA, type) == "code0 172.17.0.2");
    CHECK(ask_dns(inside, "web", kAaaa, type) == "code0");
    CHECK(ask_dns(inside, "3.0.17.172.in-addr.arpa", kPtr, type) == "code0 web-2\005front");
    CHECK(ask_dns(inside, "db", kA, type) == "code2");  // of another network, and there is no upstream
  }
  web2->stop();
  CHECK(ask_dns(inside, "web", kA, SOCK_DGRAM) == "code0 172.17.0.2");
  SECTION("a server of the container's own on every address") {
    const EchoServer udp(inside, "0.0.0.0", 53, "own", SOCK_DGRAM);
    const EchoServer tcp(inside, "0.0.0.0", 53, "own", SOCK_STREAM);
    CHECK(ask_dns(inside, "web", kA, SOCK_DGRAM) == "code0 172.17.0.2");
    CHECK(ask_udp(machine.host(), "172.17.0.2", 53) == "own saw 172.17.0.1");
    CHECK(ask_tcp(machine.host(), "172.17.0.2", 53) == "own saw 172.17.0.1");
  }
}

TEST_CASE("other names are forwarded from the host, and never from an internal network") {
  Machine machine;
  model::NetworkSpec inner = named("inner");
  inner.internal = true;
  machine.create(inner);
  machine.create(named("front"));
  const lab::FakeUpstream upstream(machine.host(), "127.0.0.53");
  model::ContainerSpec spec = on({"front"});
  spec.dns = {"127.0.0.54", "127.0.0.53"};  // the first does not answer
  auto open = machine.start("open", spec);
  spec = on({"inner"});
  spec.dns = {"127.0.0.53"};
  auto closed = machine.start("closed", spec);
  CHECK(ask_dns(open->netns(), "example.com", kA, SOCK_DGRAM) == "code0 192.0.2.1");
  CHECK(ask_dns(open->netns(), "example.com", kA, SOCK_STREAM) == "code0 192.0.2.1");
  CHECK(upstream.questions() == 2);
  CHECK(ask_dns(closed->netns(), "example.com", kA, SOCK_DGRAM) == "code2");
  CHECK(ask_dns(closed->netns(), "secret.inner.example", kA, SOCK_STREAM) == "code2");
  CHECK(upstream.questions() == 2);
}

TEST_CASE("what a killed monitor leaves is swept, what lives stays") {
  Machine machine;
  machine.create(named("front"));
  model::ContainerSpec spec = on({"front"});
  spec.ports = {{.host_port = 8080, .container_port = 80}};
  auto dead = machine.start("dead", spec);
  spec.ports = {{.host_port = 8081, .container_port = 80}};
  auto alive = machine.start("alive", spec);
  dead->kill();
  const std::set<std::string> running = {sys::sha256_hex("alive")};
  const auto elements = [&] {
    auto socket = lab::require_value(sys::NetlinkSocket::open(12));
    return lab::require_value(sys::list_nft_elements(socket, machine.installation().name, "ports4")).size();
  };
  CHECK(elements() == 2);
  CHECK(ask_dns(alive->netns(), "dead", kA, SOCK_DGRAM) == "code0 172.17.0.2");
  CHECK(lab::require_value(runtime::network::sweep(machine.installation(), running)) == 1);
  CHECK(elements() == 1);
  CHECK(ask_dns(alive->netns(), "dead", kA, SOCK_DGRAM) == "code2");
  CHECK(lab::require_value(runtime::network::sweep(machine.installation(), running)) == 0);
  SECTION("the port of a killed one can be taken before the sweep, and survives it") {
    alive->kill();
    spec.ports = {{.host_port = 8081, .container_port = 80}};
    auto heir = machine.start("heir", spec);
    CHECK(lab::require_value(runtime::network::sweep(machine.installation(), {sys::sha256_hex("heir")})) ==
          1);
    CHECK(elements() == 1);
    const EchoServer server(heir->netns(), "0.0.0.0", 80, "heir", SOCK_STREAM);
    CHECK(ask_tcp(machine.client(), "10.99.0.1", 8081) == "heir saw 10.99.0.2");
  }
}

TEST_CASE("a range of 1500 ports, with a low limit of open files") {
  Machine machine;
  const auto before = machine.kernel_objects();
  machine.create(named("front"));
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
  const rlimit low{256, old.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  model::ContainerSpec spec = on({"front"});
  for (std::uint16_t i = 0; i < 1500; ++i) {
    spec.ports.push_back({.host_port = static_cast<std::uint16_t>(20000 + i),
                          .container_port = static_cast<std::uint16_t>(30000 + i),
                          .protocol = "udp"});
  }
  {
    auto media = machine.start("media", spec);
    rlimit now{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &now) == 0);
    CHECK(now.rlim_cur == 256);
    CHECK(media->state().ports.size() == 3000);
    const EchoServer server(media->netns(), "0.0.0.0", 31499, "media", SOCK_DGRAM);
    CHECK(ask_udp(machine.client(), "10.99.0.1", 21499) == "media saw 10.99.0.2");
    CHECK(ask_udp(machine.host(), "::1", 21499) == "media saw 172.17.0.1");
    media->stop();
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &old) == 0);
  machine.remove("front");
  CHECK(machine.kernel_objects() == before);
}

TEST_CASE("a network whose removal was cut short is swept") {
  Machine machine;
  const auto before = machine.kernel_objects();
  model::NetworkSpec spec = named("front");
  spec.driver_opts = {{"com.docker.network.bridge.name", "br-mine"}};
  machine.create(spec);
  CHECK(lab::require_value(runtime::network::sweep_networks(machine.installation(), machine.store())) == 0);
  lab::require_value(machine.store().remove("front"));
  CHECK(machine.kernel_objects() != before);
  CHECK(lab::require_value(runtime::network::sweep_networks(machine.installation(), machine.store())) == 1);
  CHECK(machine.kernel_objects() == before);
  CHECK_FALSE(sys::path_exists(machine.installation().run_root + "/networks"));
}

TEST_CASE("a taken host port is a conflict that names it, and leaves nothing") {
  Machine machine;
  machine.create(named("front"));
  const EchoServer there(machine.host(), "0.0.0.0", 8080, "there", SOCK_STREAM);
  model::ContainerSpec spec = on({"front"});
  spec.ports = {{.host_port = 8081, .container_port = 81}, {.host_port = 8080, .container_port = 80}};
  const lab::FakeContainer refused(machine.plan("web", spec), machine.host());
  REQUIRE_FALSE(refused.started());
  CHECK(refused.started().error().error_class == base::ErrorClass::Conflict);
  CHECK(base::to_text(refused.started().error()) ==
        "error: host port 0.0.0.0:8080/tcp is already in use\n"
        "  hint: stop what listens there (ss -lnp 'sport = :8080' names it), or publish another port\n");
  spec.ports = {{.host_port = 8080, .host_port_end = 8082, .container_port = 80}, {.container_port = 81}};
  auto web = machine.start("web", spec);
  REQUIRE(web->state().ports.size() == 4);
  CHECK(web->state().ports[0].host_port == 8081);
  CHECK(web->state().ports[2].host_port >= 1024);
  CHECK(web->state().ports[2].host_port == web->state().ports[3].host_port);
}

TEST_CASE("IPv6: addresses, the way out, published ports, names") {
  Machine machine;
  model::NetworkSpec spec = named("six");
  spec.enable_ipv6 = true;
  spec.ipam = {{.subnet = "172.28.0.0/16"}, {.subnet = "fd77::/64"}};
  machine.create(spec);
  model::ContainerSpec container = on({"six"});
  container.endpoints[0].ipv6_address = "fd77::42";
  container.ports = {{.host_port = 8080, .container_port = 80},
                     {.host_port = 5353, .container_port = 53, .protocol = "udp"}};
  auto web = machine.start("web", container);
  auto other = machine.start("other", on({"six"}));
  const EchoServer tcp(web->netns(), "::", 80, "web", SOCK_STREAM);
  const EchoServer udp(web->netns(), "::", 53, "dns", SOCK_DGRAM);
  CHECK(ask_tcp(other->netns(), "fd77::42", 80) == "web saw fd77::2");
  CHECK(ask_dns(other->netns(), "web", kAaaa, SOCK_DGRAM) == "code0 fd77::42");
  CHECK(ask_dns(other->netns(), "web", kA, SOCK_DGRAM) == "code0 172.28.0.2");
  CHECK(ask_tcp(machine.client(), "fd99::1", 8080) == "web saw fd99::2");
  CHECK(ask_udp(machine.client(), "fd99::1", 5353) == "dns saw fd99::2");
  CHECK(ask_tcp(machine.client(), "10.99.0.1", 8080) == "web saw ::ffff:10.99.0.2");
  CHECK(ask_tcp(machine.host(), "fd99::1", 8080) == "web saw fd99::1");
  CHECK(ask_tcp(machine.host(), "::1", 8080) == "web saw fd77::1");
  const std::string link_local = lab::link_local_address(machine.host(), "wire0");
  CHECK(lab::ask_tcp(machine.client(), link_local + "%wire0", 8080) == "web saw fd77::1");
  const EchoServer outside(machine.client(), "fd99::2", 7000, "outside", SOCK_STREAM);
  CHECK(ask_tcp(web->netns(), "fd99::2", 7000) == "outside saw fd99::1");
  CHECK(ask_tcp(machine.client(), "fd77::42", 80, 300) == "");
}

TEST_CASE("a network without traffic between its containers") {
  Machine machine;
  model::NetworkSpec spec = named("apart");
  spec.driver_opts = {{"com.docker.network.bridge.enable_icc", "false"}};
  machine.create(spec);
  auto a = machine.start("a", on({"apart"}));
  auto b = machine.start("b", on({"apart"}));
  const EchoServer server(b->netns(), "0.0.0.0", 80, "b", SOCK_STREAM);
  CHECK(ask_tcp(a->netns(), "172.17.0.3", 80, 300) == "");
  CHECK(ask_tcp(machine.host(), "172.17.0.3", 80) == "b saw 172.17.0.1");
}

TEST_CASE("a network whose packets are too small for IPv6") {
  Machine machine;
  model::NetworkSpec spec = named("small");
  spec.driver_opts = {{"com.docker.network.driver.mtu", "1000"}};
  machine.create(spec);
  auto a = machine.start("a", on({"small"}));
  const EchoServer server(a->netns(), "0.0.0.0", 80, "a", SOCK_STREAM);
  CHECK(ask_tcp(machine.host(), "172.17.0.2", 80) == "a saw 172.17.0.1");
  lab::in_netns(a->netns(), [] {
    auto socket = lab::require_value(sys::NetlinkSocket::open(0));
    CHECK(lab::require_value(sys::find_link(socket, "eth0"))->mtu == 1000);
  });
}

TEST_CASE("a UDP client that never stops sending finds the container that came later") {
  Machine machine;
  machine.create(named("front"));
  model::ContainerSpec spec = on({"front"});
  spec.ports = {{.host_port = 5353, .container_port = 53, .protocol = "udp"}};
  lab::UdpClient client(machine.client(), "10.99.0.1", 5353);
  CHECK(client.ask(100) == "");  // nobody there: the kernel remembers a flow without translation
  auto first = machine.start("first", spec);
  {
    const EchoServer server(first->netns(), "0.0.0.0", 53, "first", SOCK_DGRAM);
    CHECK(client.ask(3000) == "first saw 10.99.0.2");
  }
  first->stop();
  CHECK(client.ask(100) == "");
  auto second = machine.start("second", spec);
  const EchoServer server(second->netns(), "0.0.0.0", 53, "second", SOCK_DGRAM);
  CHECK(client.ask(3000) == "second saw 10.99.0.2");
}

TEST_CASE("macvlan puts a container onto the wire of the host") {
  Machine machine;
  model::NetworkSpec spec = named("wire");
  spec.driver = "macvlan";
  spec.driver_opts = {{"parent", "wire0"}};
  spec.ipam = {{.subnet = "10.99.0.0/24", .ip_range = "10.99.0.128/25", .gateway = "10.99.0.1"}};
  machine.create(spec);
  auto web = machine.start("web", on({"wire"}));
  const EchoServer server(web->netns(), "0.0.0.0", 80, "web", SOCK_STREAM);
  CHECK(ask_tcp(machine.client(), "10.99.0.128", 80) == "web saw 10.99.0.2");
  spec.name = "nowhere";
  spec.driver_opts = {{"parent", "none0"}};
  spec.ipam = {{.subnet = "10.98.0.0/24"}};
  const auto record = lab::require_value(machine.store().create(spec));
  CHECK(base::to_text(
            runtime::network::ensure_network(machine.installation(), machine.store(), record).error()) ==
        "error: network nowhere: there is no link none0 to put it on\n");
}

TEST_CASE("two networks, a given interface name, no network at all") {
  Machine machine;
  machine.create(named("front"));
  model::NetworkSpec inner = named("inner");
  inner.internal = true;
  machine.create(inner);
  model::ContainerSpec spec = on({"front", "inner"});
  spec.endpoints[1].interface_name = "lan0";
  spec.endpoints[1].link_local_ips = {"169.254.7.7"};
  spec.endpoints[1].driver_opts = {
      {"com.docker.network.endpoint.sysctls", "net.ipv4.conf.IFNAME.log_martians=1"}};
  auto both = machine.start("both", spec);
  auto closed = machine.start("closed", on({"inner"}));
  auto none = machine.start("none", {});
  const EchoServer server(both->netns(), "0.0.0.0", 80, "both", SOCK_STREAM);
  const EchoServer outside(machine.client(), "10.99.0.2", 7000, "outside", SOCK_STREAM);
  CHECK(ask_tcp(both->netns(), "169.254.7.7", 80) == "both saw 169.254.7.7");
  CHECK(ask_tcp(closed->netns(), "172.18.0.2", 80) == "both saw 172.18.0.3");
  CHECK(ask_tcp(both->netns(), "10.99.0.2", 7000) == "outside saw 10.99.0.1");
  CHECK(ask_dns(both->netns(), "closed", kA, SOCK_DGRAM) == "code0 172.18.0.3");
  lab::in_netns(both->netns(), [] {
    CHECK(sys::read_file("/proc/sys/net/ipv4/conf/lan0/log_martians").value() == "1\n");
    CHECK(sys::read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start").value() == "0\n");
    CHECK(sys::read_file("/proc/sys/net/ipv4/ping_group_range").value() == "0\t2147483647\n");
  });
  lab::in_netns(none->netns(), [] {
    auto socket = lab::require_value(sys::NetlinkSocket::open(0));
    const auto links = lab::require_value(sys::list_links(socket));
    for (const sys::Link& link : links) {
      const bool loopback = link.name == "lo";
      CHECK(link.up == loopback);
    }
  });
}

TEST_CASE("another program's chain that drops forwarded packets is named") {
  Machine machine;
  machine.create(named("front"));
  CHECK(lab::require_value(runtime::network::find_forward_drops(machine.installation())).empty());
  auto socket = lab::require_value(sys::NetlinkSocket::open(12));
  auto batch = socket.batch();
  sys::begin_nft_transaction(batch);
  sys::add_nft_table(batch, "firewall");
  sys::add_nft_chain(batch, "firewall", {"FORWARD", "filter", 2, 0, true});
  sys::add_nft_chain(batch, "firewall", {"INPUT", "filter", 1, 0, true});
  sys::end_nft_transaction(batch);
  lab::require_ok(socket.execute(batch, "making a firewall"));
  CHECK(lab::require_value(runtime::network::find_forward_drops(machine.installation())) ==
        std::vector<std::string>{"table inet firewall chain FORWARD"});
}
