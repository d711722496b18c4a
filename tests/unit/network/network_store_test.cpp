// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/network_store.h"

#include <thread>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "support/temporary_folder.h"

using namespace runtime::network;
using base::ErrorClass;

namespace {

struct Fixture {
  test::TemporaryFolder folder;
  std::unique_ptr<sys::Database> database = sys::Database::open(folder.path + "/state.db").value();
  std::vector<Subnet> used;
  std::unique_ptr<NetworkStore> store =
      NetworkStore::open(*database, [this]() -> base::Result<std::vector<Subnet>> { return used; }).value();

  NetworkRecord create(const std::string& name, std::vector<model::IpamPool> pools = {}) {
    model::NetworkSpec spec;
    spec.name = name;
    spec.ipam = std::move(pools);
    return store->create(spec).value();
  }
};

model::NetworkSpec named(const std::string& name) {
  model::NetworkSpec spec;
  spec.name = name;
  return spec;
}

std::string text(const base::Result<NetworkRecord>& result) { return base::to_text(result.error()); }

}  // namespace

TEST_CASE("default subnets follow each other and keep clear of what is in use") {
  Fixture f;
  f.used = {parse_subnet("172.18.5.0/24").value(), parse_subnet("172.20.0.0/15").value()};
  CHECK(f.create("a").pools == std::vector<Pool>{{"172.17.0.0/16", "172.17.0.1", "", {}}});
  CHECK(f.create("b").pools.front().subnet == "172.19.0.0/16");
  CHECK(f.create("c").pools.front().subnet == "172.22.0.0/16");
  f.used.push_back(parse_subnet("172.16.0.0/12").value());
  CHECK(f.create("d").pools.front().subnet == "192.168.0.0/20");
  CHECK(f.create("e").pools.front() == Pool{"192.168.16.0/20", "192.168.16.1", "", {}});
  f.used.push_back(parse_subnet("192.168.0.0/16").value());
  CHECK(text(f.store->create(named("f"))) ==
        "error: network f: every default subnet is in use\n"
        "  hint: remove networks that are not used, or set ipam.config[0].subnet\n");
  REQUIRE(f.store->remove("a"));
  f.used = {};
  CHECK(f.create("g").pools.front().subnet == "172.17.0.0/16");
}

TEST_CASE("a network is found by name, ID and start of it, and refused twice") {
  Fixture f;
  const NetworkRecord made = f.create("front");
  CHECK(f.store->find("front").value() == made);
  CHECK(f.store->find(made.id).value() == made);
  CHECK(f.store->find(made.id.substr(0, 12)).value() == made);
  CHECK(made.bridge == "cb-" + made.id.substr(0, 11));
  CHECK(text(f.store->create(named("front"))) == "error: network front exists already\n");
  CHECK(text(f.store->find("frnt")) == "error: no such network: frnt\n  hint: did you mean front?\n");
  CHECK(text(f.store->create(named("-x"))) ==
        "error: invalid network name \"-x\"\n"
        "  hint: use letters, digits, '_', '.' and '-', starting with a letter or digit\n");
  CHECK(f.store->find("host").value().driver == Driver::Host);
  CHECK(f.store->find("none").value().driver == Driver::None);
  CHECK(f.store->find("bridge").value().driver == Driver::Bridge);
  CHECK(f.store->find("bridge").value() == f.store->find("bridge").value());
  CHECK(f.store->remove("bridge").error().error_class == ErrorClass::Conflict);
}

TEST_CASE("options: known ones act, others are refused by name") {
  Fixture f;
  model::NetworkSpec spec = named("front");
  spec.driver_opts = {{"com.docker.network.bridge.name", "br-mine"},
                      {"com.docker.network.driver.mtu", "1400"},
                      {"com.docker.network.bridge.enable_icc", "false"},
                      {"com.docker.network.bridge.enable_ip_masquerade", "false"},
                      {"com.docker.network.bridge.host_binding_ipv4", "127.0.0.1"}};
  const NetworkRecord made = f.store->create(spec).value();
  CHECK(made.bridge == "br-mine");
  CHECK(made.mtu == 1400);
  CHECK_FALSE(made.between_containers);
  CHECK_FALSE(made.masquerade);
  CHECK(made.host_binding == "127.0.0.1");
  spec.name = "other";
  CHECK(text(f.store->create(spec)) == "error: network other: the bridge br-mine belongs to network front\n");
  spec.driver_opts = {{"com.docker.network.bridge.nam", "x"}};
  CHECK(text(f.store->create(spec)) ==
        "error: network other: the driver bridge has no option \"com.docker.network.bridge.nam\"\n"
        "  while creating network other\n"
        "  hint: known are com.docker.network.bridge.name, com.docker.network.bridge.enable_icc, "
        "com.docker.network.bridge.enable_ip_masquerade, com.docker.network.bridge.host_binding_ipv4, "
        "com.docker.network.driver.mtu\n");
  spec.driver_opts = {{"com.docker.network.driver.mtu", "67"}};
  CHECK(f.store->create(spec).error().message ==
        "com.docker.network.driver.mtu is a number from 68 to 65535, not \"67\"");
  spec.driver_opts = {};
  spec.driver = "overlay";
  CHECK(text(f.store->create(spec)) ==
        "error: network other: the driver \"overlay\" is not available\n"
        "  hint: the bundled engine has bridge, macvlan and ipvlan\n");
  spec.driver = "macvlan";
  CHECK(text(f.store->create(spec)) ==
        "error: network other: the driver macvlan needs the option parent\n"
        "  hint: driver_opts: {parent: eth0}\n");
}

TEST_CASE("given pools are checked") {
  Fixture f;
  const auto refused = [&](std::vector<model::IpamPool> pools) {
    model::NetworkSpec spec = named("x");
    spec.ipam = std::move(pools);
    const auto made = f.store->create(spec);
    return made ? std::string("made") : made.error().message;
  };
  CHECK(refused({{.subnet = "10.5.0.0/16", .gateway = "10.6.0.1"}}) ==
        "network x: gateway 10.6.0.1 is not an address in 10.5.0.0/16");
  CHECK(refused({{.subnet = "10.5.0.0/16", .ip_range = "10.6.0.0/24"}}) ==
        "network x: ip_range 10.6.0.0/24 is not inside subnet 10.5.0.0/16");
  CHECK(refused({{.subnet = "10.5.0.0/16", .aux_addresses = {{"router", "10.6.0.9"}}}}) ==
        "network x: auxiliary address 10.6.0.9 is not an address in 10.5.0.0/16");
  CHECK(refused({{.subnet = "10.5.0.0"}}) == "invalid subnet \"10.5.0.0\"");
  CHECK(refused({{.gateway = "10.5.0.1"}}) ==
        "network x: ipam.config needs a subnet for its gateway or range");
  CHECK(refused({{.subnet = "fd77::/64"}}) == "network x: subnet fd77::/64 given, but IPv6 is not enabled");
  CHECK(refused({{.subnet = "10.5.0.0/16"}, {.subnet = "10.5.1.0/24"}}) ==
        "network x: subnet 10.5.1.0/24 overlaps one of another network");
  f.create("there", {{.subnet = "10.5.0.0/16"}});
  CHECK(refused({{.subnet = "10.5.128.0/24"}}) ==
        "network x: subnet 10.5.128.0/24 overlaps one of another network");
}

TEST_CASE("IPv6 networks get a subnet of their own") {
  Fixture f;
  model::NetworkSpec spec = named("six");
  spec.enable_ipv6 = true;
  const NetworkRecord both = f.store->create(spec).value();
  REQUIRE(both.pools.size() == 2);
  CHECK(both.pools[1].subnet.starts_with("fd"));
  CHECK(both.pools[1].subnet.ends_with("/64"));
  const Lease lease = f.store->lease(both, "one").value();
  CHECK(lease.ipv4_address == "172.17.0.2");
  CHECK(lease.ipv6_address.ends_with("::2"));
  spec.name = "only";
  spec.enable_ipv4 = false;
  spec.ipam = {{.subnet = "fd77::/64"}};
  const NetworkRecord only = f.store->create(spec).value();
  CHECK(only.pools == std::vector<Pool>{{"fd77::/64", "fd77::1", "", {}}});
  CHECK(f.store->lease(only, "one").value() == Lease{only.id, "one", "", "fd77::2", "02:42:00:00:00:02"});
}

TEST_CASE("addresses go round, and come back when released") {
  Fixture f;
  const NetworkRecord n =
      f.create("n", {{.subnet = "10.0.0.0/29", .aux_addresses = {{"printer", "10.0.0.3"}}}});
  const auto address = [&](const std::string& container) {
    const auto lease = f.store->lease(n, container);
    return lease ? lease->ipv4_address : base::to_text(lease.error());
  };
  CHECK(address("a") == "10.0.0.2");
  CHECK(address("b") == "10.0.0.4");
  CHECK(address("a") == "10.0.0.2");
  REQUIRE(f.store->release_leases("a"));
  CHECK(address("c") == "10.0.0.5");  // not at once the one that was released
  CHECK(address("d") == "10.0.0.6");
  CHECK(address("e") == "10.0.0.2");
  CHECK(address("containerthatfails") ==
        "error: network n has no free address left\n"
        "  while giving container containertha an address on network n\n"
        "  hint: remove containers, or give the network a larger subnet\n");
  CHECK(text(f.store->remove("n")) ==
        "error: network n is in use by 4 containers\n"
        "  hint: remove container b first\n");
  CHECK(f.store->release_unknown({"b"}).value() == 3);
  REQUIRE(f.store->release_lease(n.id, "b"));
  CHECK(f.store->remove("n"));
}

TEST_CASE("asked-for addresses are given or refused with the reason") {
  Fixture f;
  const NetworkRecord n = f.create("n", {{.subnet = "10.0.0.0/24", .ip_range = "10.0.0.128/25"}});
  const auto ask = [&](const std::string& container, const std::string& address) {
    const auto lease = f.store->lease(n, container, {.ipv4_address = address});
    return lease ? lease->ipv4_address : lease.error().message;
  };
  CHECK(ask("a", "10.0.0.7") == "10.0.0.7");
  CHECK(ask("b", "10.0.0.7") == "address 10.0.0.7 of network n is already in use");
  CHECK(ask("b", "10.0.0.1") == "address 10.0.0.1 of network n is already in use");
  CHECK(ask("b", "10.0.0.255") == "address 10.0.0.255 of network n is already in use");
  CHECK(ask("b", "10.0.1.7") == "address 10.0.1.7 is not in network n");
  CHECK(ask("b", "nonsense") == "\"nonsense\" is not an IPv4 address");
  CHECK(ask("b", "") == "10.0.0.128");
  CHECK(f.store->lease(n, "c", {.ipv6_address = "fd00::2"}).error().message ==
        "network n has no IPv6, but address fd00::2 is asked for");
}

TEST_CASE("many ask at once and none gets the address of another") {
  Fixture f;
  const NetworkRecord n = f.create("n");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto own = sys::Database::open(f.folder.path + "/state.db").value();
      const auto store = NetworkStore::open(*own).value();
      for (int i = 0; i < 25; ++i) static_cast<void>(store->lease(n, fmt::format("{}-{}", t, i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto leases = f.store->list_leases(n.id).value();
  std::set<std::string> addresses;
  for (const Lease& lease : leases) addresses.insert(lease.ipv4_address);
  CHECK(leases.size() == 100);
  CHECK(addresses.size() == 100);
}

TEST_CASE("a failing transaction around it takes the lease back") {
  Fixture f;
  const NetworkRecord n = f.create("n");
  const auto failed = f.database->transaction([&]() -> base::Result<> {
    TRY(f.store->lease(n, "a"));
    return base::fail(ErrorClass::Conflict, "no");
  });
  CHECK_FALSE(failed);
  CHECK(f.store->list_leases().value().empty());
  CHECK(f.store->lease(n, "b").value().ipv4_address == "172.17.0.2");
}
