// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/ruleset.h"

// Before the kernel's headers, which then leave the same names alone.
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include <cerrno>
#include <span>

#include <fmt/format.h>

namespace runtime::network {
namespace {

using sys::NftBase;
using sys::NftFamily;
using sys::NftMeta;
using sys::NftRule;
using sys::NftType;
using sys::NftVerdict;

// Base chain priorities as nft names them.
constexpr std::int32_t kRaw = -300, kDestinationNat = -100, kFilter = 0, kSourceNat = 100;

// Registers are 4 bytes; a link's name takes four of them, an IPv6 address too.
constexpr sys::NftRegister kFirst = 0, kSecond = 1, kThird = 2, kAfterWide = 4, kAfterWide2 = 5;

constexpr std::uint32_t kIpv4Destination = 16, kIpv4Source = 12, kIpv6Destination = 24;
constexpr std::uint32_t kPortOffset = 2, kPortSize = 2;

constexpr std::uint32_t kNew = NF_CT_STATE_BIT(IP_CT_NEW);
constexpr std::uint32_t kKnown = NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED);

std::string one_byte(std::uint8_t value) { return std::string(1, static_cast<char>(value)); }

NftRule& only(NftRule& rule, std::uint8_t family) {
  return rule.meta(NftMeta::Protocol, kFirst).compare(kFirst, one_byte(family));
}

NftRule& input_in(NftRule& rule, const char* set) {
  return rule.meta(NftMeta::InputLink, kFirst).in_set(set, kFirst);
}

NftRule& output_in(NftRule& rule, const char* set) {
  return rule.meta(NftMeta::OutputLink, kFirst).in_set(set, kFirst);
}

NftRule& on_one_network(NftRule& rule) {
  return rule.meta(NftMeta::InputLink, kFirst).meta(NftMeta::OutputLink, kAfterWide).in_set("same", kFirst);
}

void put_sets(sys::NetlinkBatch& batch, const std::string& table) {
  const std::vector<NftType> to4 = {NftType::Ipv4, NftType::Port}, to6 = {NftType::Ipv6, NftType::Port};
  for (const char* links : {"bridges", "internal", "masquerade"}) {
    sys::add_nft_set(batch, table, {links, {NftType::Link}, {}});
  }
  sys::add_nft_set(batch, table, {"same", {NftType::Link, NftType::Link}, {}});
  sys::add_nft_set(batch, table, {"ports4", {NftType::Protocol, NftType::Port}, to4});
  sys::add_nft_set(batch, table, {"ports6", {NftType::Protocol, NftType::Port}, to6});
  sys::add_nft_set(batch, table, {"ports4_at", {NftType::Ipv4, NftType::Protocol, NftType::Port}, to4});
  sys::add_nft_set(batch, table, {"ports6_at", {NftType::Ipv6, NftType::Protocol, NftType::Port}, to6});
}

void put_chains(sys::NetlinkBatch& batch, const std::string& table) {
  for (const sys::NftChain& chain : {
           sys::NftChain{"published", "", 0, 0, false},
           sys::NftChain{"to_container", "", 0, 0, false},
           sys::NftChain{"guard", "filter", NF_INET_PRE_ROUTING, kRaw, false},
           sys::NftChain{"prerouting", "nat", NF_INET_PRE_ROUTING, kDestinationNat, false},
           sys::NftChain{"output", "nat", NF_INET_LOCAL_OUT, kDestinationNat, false},
           sys::NftChain{"input", "filter", NF_INET_LOCAL_IN, kFilter, false},
           sys::NftChain{"forward", "filter", NF_INET_FORWARD, kFilter, false},
           sys::NftChain{"postrouting", "nat", NF_INET_POST_ROUTING, kSourceNat, false},
       }) {
    sys::add_nft_chain(batch, table, chain);
  }
}

/// Published ports: address and port of the container in the place of the host's.
void put_publishing(sys::NetlinkBatch& batch, const std::string& table) {
  const auto rule = [&](const char* chain, const std::function<void(NftRule&)>& fill) {
    sys::add_nft_rule(batch, table, chain, fill);
  };
  // A container that asks for a host port is served by the monitor that holds it: turned round here, the
  // packet would go back to the bridge it came from, where br_netfilter loses track of it.
  rule("prerouting", [](NftRule& r) { input_in(r, "bridges").verdict(NftVerdict::Return); });
  rule("prerouting", [](NftRule& r) { r.to_this_host().verdict(NftVerdict::Jump, "published"); });
  rule("output", [](NftRule& r) { r.to_this_host().verdict(NftVerdict::Jump, "published"); });
  // Nothing sent to ::1 can leave the host, whatever its destination becomes: the monitor carries it.
  std::string loopback(16, '\0');
  loopback.back() = 1;
  rule("published", [&](NftRule& r) {
    only(r, NFPROTO_IPV6).payload(NftBase::Network, kIpv6Destination, 16, kFirst);
    r.compare(kFirst, loopback).verdict(NftVerdict::Return);
  });
  // A link-local client is on one link only: it cannot speak to another one's.
  rule("published", [](NftRule& r) {
    only(r, NFPROTO_IPV6).payload(NftBase::Network, kIpv6Destination, 2, kFirst);
    r.compare(kFirst, "\xfe\x80").verdict(NftVerdict::Return);
  });
  rule("published", [](NftRule& r) {
    only(r, NFPROTO_IPV4).payload(NftBase::Network, kIpv4Destination, 4, kFirst);
    r.meta(NftMeta::Transport, kSecond).payload(NftBase::Transport, kPortOffset, kPortSize, kThird);
    r.look_up("ports4_at", kFirst, kFirst).dnat(NftFamily::Ipv4, kFirst, kSecond);
  });
  rule("published", [](NftRule& r) {
    only(r, NFPROTO_IPV4).meta(NftMeta::Transport, kFirst);
    r.payload(NftBase::Transport, kPortOffset, kPortSize, kSecond);
    r.look_up("ports4", kFirst, kFirst).dnat(NftFamily::Ipv4, kFirst, kSecond);
  });
  rule("published", [](NftRule& r) {
    only(r, NFPROTO_IPV6).payload(NftBase::Network, kIpv6Destination, 16, kFirst);
    r.meta(NftMeta::Transport, kAfterWide).payload(NftBase::Transport, kPortOffset, kPortSize, kAfterWide2);
    r.look_up("ports6_at", kFirst, kFirst).dnat(NftFamily::Ipv6, kFirst, kAfterWide);
  });
  rule("published", [](NftRule& r) {
    only(r, NFPROTO_IPV6).meta(NftMeta::Transport, kFirst);
    r.payload(NftBase::Transport, kPortOffset, kPortSize, kSecond);
    r.look_up("ports6", kFirst, kFirst).dnat(NftFamily::Ipv6, kFirst, kAfterWide);
  });
}

/// Who may speak to whom.
void put_isolation(sys::NetlinkBatch& batch, const std::string& table) {
  const auto rule = [&](const char* chain, const std::function<void(NftRule&)>& fill) {
    sys::add_nft_rule(batch, table, chain, fill);
  };
  // route_localnet on a bridge lets its containers address the host's loopback: never let them.
  rule("guard", [](NftRule& r) {
    only(input_in(r, "bridges"), NFPROTO_IPV4).payload(NftBase::Network, kIpv4Destination, 1, kFirst);
    r.compare(kFirst, one_byte(127)).verdict(NftVerdict::Drop);
  });
  for (const int icmp : {int{IPPROTO_ICMP}, int{IPPROTO_ICMPV6}}) {
    rule("input", [&](NftRule& r) {
      input_in(r, "internal")
          .meta(NftMeta::Transport, kFirst)
          .compare(kFirst, one_byte(static_cast<std::uint8_t>(icmp)));
      r.verdict(NftVerdict::Accept);
    });
  }
  rule("input", [](NftRule& r) { input_in(r, "internal").state_has(kNew).verdict(NftVerdict::Drop); });

  rule("forward", [](NftRule& r) { on_one_network(r).verdict(NftVerdict::Accept); });
  rule("forward", [](NftRule& r) { input_in(r, "internal").verdict(NftVerdict::Drop); });
  rule("forward", [](NftRule& r) { output_in(r, "internal").verdict(NftVerdict::Drop); });
  rule("forward", [](NftRule& r) { output_in(r, "bridges").verdict(NftVerdict::Jump, "to_container"); });
  rule("to_container", [](NftRule& r) { r.state_has(kKnown).verdict(NftVerdict::Accept); });
  rule("to_container", [](NftRule& r) { r.status_has(IPS_DST_NAT).verdict(NftVerdict::Accept); });
  rule("to_container", [](NftRule& r) { r.verdict(NftVerdict::Drop); });
}

/// Whose address outgoing connections carry.
void put_masquerading(sys::NetlinkBatch& batch, const std::string& table) {
  const auto rule = [&](const std::function<void(NftRule&)>& fill) {
    sys::add_nft_rule(batch, table, "postrouting", fill);
  };
  // A local client on 127.0.0.1: the container could not answer that address.
  rule([](NftRule& r) {
    only(r, NFPROTO_IPV4).payload(NftBase::Network, kIpv4Source, 1, kFirst).compare(kFirst, one_byte(127));
    output_in(r, "bridges").masquerade();
  });
  rule([](NftRule& r) { on_one_network(r).verdict(NftVerdict::Return); });
  rule([](NftRule& r) { input_in(r, "masquerade").masquerade(); });
}

/// As many at once as a transaction's buffer holds.
std::vector<std::span<const sys::NftElement>> in_parts(std::span<const sys::NftElement> elements) {
  constexpr std::size_t kMost = 1000;
  std::vector<std::span<const sys::NftElement>> parts;
  for (; elements.size() > kMost; elements = elements.subspan(kMost)) parts.push_back(elements.first(kMost));
  if (!elements.empty()) parts.push_back(elements);
  return parts;
}

std::string text_of(const IpAddress& address) { return std::string(address.data()); }

}  // namespace

void put_ruleset(sys::NetlinkBatch& batch, const std::string& table) {
  sys::add_nft_table(batch, table, kRulesetNote);
  put_chains(batch, table);
  put_sets(batch, table);
  sys::flush_nft_rules(batch, table);
  put_publishing(batch, table);
  put_isolation(batch, table);
  put_masquerading(batch, table);
}

std::vector<sys::NftElement> network_elements(const NetworkRecord& network) {
  if (network.driver != Driver::Bridge) return {};
  const std::string link = sys::nft_link(network.bridge);
  std::vector<sys::NftElement> elements = {{"bridges", link, {}}, {"same", link + link, {}}};
  if (network.internal) elements.push_back({"internal", link, {}});
  if (!network.internal && network.masquerade) elements.push_back({"masquerade", link, {}});
  return elements;
}

std::optional<std::uint8_t> protocol_number(std::string_view protocol) {
  if (protocol == "tcp") return IPPROTO_TCP;
  if (protocol == "udp") return IPPROTO_UDP;
  if (protocol == "sctp") return IPPROTO_SCTP;
  return std::nullopt;
}

sys::NftElement port_element(const IpAddress& host, std::uint16_t host_port, std::uint8_t protocol,
                             const IpAddress& target, std::uint16_t target_port) {
  const bool v6 = target.family == IpFamily::V6;
  sys::NftElement element;
  element.set = v6 ? "ports6" : "ports4";
  if (!host.is_unspecified()) {
    element.set += "_at";
    element.key = text_of(host);
  }
  element.key += sys::nft_protocol(protocol) + sys::nft_port(host_port);
  element.value = text_of(target) + sys::nft_port(target_port);
  return element;
}

base::Result<> add_elements(sys::NetlinkSocket& socket, const std::string& table,
                            const std::vector<sys::NftElement>& elements) {
  const auto add = [&](std::span<const sys::NftElement> part) {
    sys::NetlinkBatch batch = socket.batch();
    sys::begin_nft_transaction(batch);
    for (const sys::NftElement& element : part) sys::add_nft_element(batch, table, element);
    sys::end_nft_transaction(batch);
    return socket.execute(batch, fmt::format("adding elements to nftables table {}", table));
  };
  for (const auto part : in_parts(elements)) {
    auto added = add(part);
    const bool other_value =
        !added && (added.error().errno_value == EBUSY || added.error().errno_value == EEXIST);
    if (other_value) {
      TRY(delete_elements(socket, table, {part.begin(), part.end()}));
      added = add(part);
    }
    TRY(std::move(added));
  }
  return {};
}

base::Result<> delete_elements(sys::NetlinkSocket& socket, const std::string& table,
                               const std::vector<sys::NftElement>& elements) {
  const auto remove = [&](std::span<const sys::NftElement> part) {
    sys::NetlinkBatch batch = socket.batch();
    sys::begin_nft_transaction(batch);
    for (const sys::NftElement& element : part) sys::delete_nft_element(batch, table, element);
    sys::end_nft_transaction(batch);
    return socket.execute(batch, fmt::format("removing elements from nftables table {}", table));
  };
  for (const auto part : in_parts(elements)) {
    auto removed = remove(part);
    if (removed) continue;
    if (removed.error().errno_value != ENOENT) return removed;
    // One that is gone fails the whole transaction.
    for (std::size_t i = 0; i < part.size(); ++i) {
      removed = remove(part.subspan(i, 1));
      if (!removed && removed.error().errno_value != ENOENT) return removed;
    }
  }
  return {};
}

}  // namespace runtime::network
