// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/pool_choice.h"

#include <algorithm>

#include <fmt/format.h>

#include "sys/sha256.h"

namespace runtime::network {
namespace {

/// Blocks that default subnets are cut from, in order: compose-spec leaves them to the engine; these are
/// the ones people know from other engines and route around.
struct Block {
  const char* range;
  unsigned prefix;
};
constexpr Block kBlocks[] = {{"172.17.0.0/16", 16},
                             {"172.18.0.0/15", 16},
                             {"172.20.0.0/14", 16},
                             {"172.24.0.0/13", 16},
                             {"192.168.0.0/16", 20}};
constexpr unsigned kIpv6Prefix = 64;
constexpr int kIpv6Attempts = 16;

bool meets_any(const Subnet& subnet, const std::vector<Subnet>& others) {
  return std::any_of(others.begin(), others.end(),
                     [&](const Subnet& other) { return subnet.overlaps(other); });
}

std::string first_address(const Subnet& subnet) {
  const bool single = subnet.prefix + 1 >= subnet.base.bits();
  const auto first = advanced(subnet.base, single ? 0 : 1);
  return first ? to_text(*first) : to_text(subnet.base);
}

Pool make_pool(const Subnet& subnet) { return {to_text(subnet), first_address(subnet), {}, {}}; }

base::Result<Pool> choose_ipv4(const model::NetworkSpec& spec, const std::vector<Subnet>& taken) {
  for (const Block& block : kBlocks) {
    const Subnet range = *parse_subnet(block.range);
    const std::uint64_t step = 1ull << (32 - block.prefix);
    std::optional<IpAddress> base = range.base;
    for (; base && range.contains(*base); base = advanced(*base, step)) {
      const Subnet subnet{*base, block.prefix};
      if (!meets_any(subnet, taken)) return make_pool(subnet);
    }
  }
  return base::fail(base::make_error(base::ErrorClass::Unavailable,
                                     fmt::format("network {}: every default subnet is in use", spec.name))
                        .with_hint("remove networks that are not used, or set ipam.config[0].subnet"));
}

base::Result<Pool> choose_ipv6(const model::NetworkSpec& spec, const std::vector<Subnet>& taken) {
  for (int attempt = 0; attempt < kIpv6Attempts; ++attempt) {
    // RFC 4193: fd, 40 random bits, a subnet number.
    const std::string digits = sys::random_hex(5);
    const Subnet subnet = TRY(parse_subnet(fmt::format(
        "fd{}:{}:{}::/{}", digits.substr(0, 2), digits.substr(2, 4), digits.substr(6, 4), kIpv6Prefix)));
    if (!meets_any(subnet, taken)) return make_pool(subnet);
  }
  return base::fail(base::ErrorClass::Unavailable, fmt::format("network {}: no free IPv6 subnet", spec.name));
}

base::Result<> check_inside(const model::NetworkSpec& spec, const Subnet& subnet, const char* what,
                            const std::string& text) {
  const auto address = parse_ip_address(text);
  if (address && subnet.contains(*address)) return {};
  return base::fail(base::ErrorClass::Invalid, fmt::format("network {}: {} {} is not an address in {}",
                                                           spec.name, what, text, to_text(subnet)));
}

base::Result<Pool> take_pool(const model::NetworkSpec& spec, const model::IpamPool& asked,
                             const std::vector<Subnet>& others) {
  const Subnet subnet = TRY_WHILE(parse_subnet(asked.subnet), fmt::format("creating network {}", spec.name));
  Pool pool{to_text(subnet), asked.gateway, asked.ip_range, asked.aux_addresses};
  if (pool.gateway.empty()) pool.gateway = first_address(subnet);
  TRY(check_inside(spec, subnet, "gateway", pool.gateway));
  for (const auto& [name, address] : pool.aux_addresses) {
    TRY(check_inside(spec, subnet, "auxiliary address", address));
  }
  if (!pool.range.empty()) {
    const Subnet range = TRY_WHILE(parse_subnet(pool.range), fmt::format("creating network {}", spec.name));
    pool.range = to_text(range);
    if (!subnet.contains(range)) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("network {}: ip_range {} is not inside subnet {}", spec.name,
                                    asked.ip_range, pool.subnet));
    }
  }
  if (meets_any(subnet, others)) {
    return base::fail(base::make_error(base::ErrorClass::Conflict,
                                       fmt::format("network {}: subnet {} overlaps one of another network",
                                                   spec.name, pool.subnet))
                          .with_hint("choose another subnet, or remove the other network"));
  }
  return pool;
}

}  // namespace

base::Result<std::vector<Pool>> choose_pools(const model::NetworkSpec& spec,
                                             const std::vector<Subnet>& others,
                                             const std::vector<Subnet>& used) {
  const bool ipv4 = spec.enable_ipv4.value_or(true), ipv6 = spec.enable_ipv6.value_or(false);
  if (!ipv4 && !ipv6) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("network {} has neither IPv4 nor IPv6", spec.name));
  }
  std::vector<Pool> pools;
  std::vector<Subnet> taken = others;
  bool has4 = false, has6 = false;
  for (const model::IpamPool& asked : spec.ipam) {
    if (asked.subnet.empty()) {
      if (asked.gateway.empty() && asked.ip_range.empty() && asked.aux_addresses.empty()) continue;
      return base::fail(
          base::ErrorClass::Invalid,
          fmt::format("network {}: ipam.config needs a subnet for its gateway or range", spec.name));
    }
    Pool pool = TRY(take_pool(spec, asked, taken));
    const Subnet subnet = TRY(parse_subnet(pool.subnet));
    const bool v6 = subnet.base.family == IpFamily::V6;
    if (v6 ? !ipv6 : !ipv4) {
      return base::fail(base::make_error(base::ErrorClass::Invalid,
                                         fmt::format("network {}: subnet {} given, but {} is not enabled",
                                                     spec.name, pool.subnet, v6 ? "IPv6" : "IPv4"))
                            .with_hint(v6 ? "set enable_ipv6: true" : "set enable_ipv4: true"));
    }
    (v6 ? has6 : has4) = true;
    taken.push_back(subnet);
    pools.push_back(std::move(pool));
  }
  taken.insert(taken.end(), used.begin(), used.end());
  if (ipv4 && !has4) pools.insert(pools.begin(), TRY(choose_ipv4(spec, taken)));
  if (ipv6 && !has6) pools.push_back(TRY(choose_ipv6(spec, taken)));
  return pools;
}

}  // namespace runtime::network
