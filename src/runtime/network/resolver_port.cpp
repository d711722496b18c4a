// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/resolver_port.h"

#include <netinet/in.h>
// The kernel's after the C library's: then they leave the same names alone.
#include <linux/netfilter.h>
#include <linux/netlink.h>

#include "runtime/network/ip_address.h"
#include "runtime/network/resolver.h"
#include "sys/ip_socket.h"
#include "sys/nftables.h"

namespace runtime::network {
namespace {

constexpr const char* kTable = "resolver";
constexpr std::uint16_t kDnsPort = 53;
constexpr std::int32_t kMangle = -150;
constexpr std::uint32_t kSourceAddress = 12, kDestinationAddress = 16;
constexpr std::uint32_t kSourcePort = 0, kDestinationPort = 2;
constexpr std::uint32_t kUdpChecksum = 6, kTcpChecksum = 16;

std::string network_order(std::uint16_t port) { return sys::nft_port(port).substr(0, sizeof port); }

/// Rewrites one port of packets from or to the resolver's address, in the loopback's way out: both
/// directions pass there, so no connection needs to be tracked.
void put_rewrite(sys::NetlinkBatch& batch, std::uint8_t protocol, std::uint32_t address_at,
                 std::uint32_t port_at, std::uint16_t from, std::uint16_t to) {
  const IpAddress address = *parse_ip_address(kResolverAddress);
  sys::add_nft_rule(batch, kTable, "output", [&](sys::NftRule& rule) {
    rule.meta(sys::NftMeta::Protocol, 0).compare(0, std::string(1, static_cast<char>(NFPROTO_IPV4)));
    rule.payload(sys::NftBase::Network, address_at, 4, 0).compare(0, address.data());
    rule.meta(sys::NftMeta::Transport, 0).compare(0, std::string(1, static_cast<char>(protocol)));
    rule.payload(sys::NftBase::Transport, port_at, 2, 0).compare(0, network_order(from));
    rule.load(0, network_order(to));
    rule.set_transport(0, port_at, 2, protocol == IPPROTO_UDP ? kUdpChecksum : kTcpChecksum);
  });
}

base::Result<> redirect(std::uint16_t udp_port, std::uint16_t tcp_port) {
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_NETFILTER));
  sys::NetlinkBatch batch = socket.batch();
  sys::begin_nft_transaction(batch);
  sys::add_nft_table(batch, kTable);
  sys::add_nft_chain(batch, kTable, {"output", "filter", NF_INET_LOCAL_OUT, kMangle, false});
  put_rewrite(batch, IPPROTO_UDP, kDestinationAddress, kDestinationPort, kDnsPort, udp_port);
  put_rewrite(batch, IPPROTO_UDP, kSourceAddress, kSourcePort, udp_port, kDnsPort);
  put_rewrite(batch, IPPROTO_TCP, kDestinationAddress, kDestinationPort, kDnsPort, tcp_port);
  put_rewrite(batch, IPPROTO_TCP, kSourceAddress, kSourcePort, tcp_port, kDnsPort);
  sys::end_nft_transaction(batch);
  return socket.execute(batch, "leading port 53 to the resolver");
}

base::Result<ResolverSockets> bind_at(std::uint16_t port) {
  const std::string address(parse_ip_address(kResolverAddress)->data());
  ResolverSockets sockets;
  sockets.udp = TRY(sys::bind_socket(sys::Transport::Udp, {address, port}));
  sockets.tcp = TRY(sys::bind_socket(sys::Transport::Tcp, {address, port}));
  return sockets;
}

}  // namespace

base::Result<ResolverSockets> open_resolver_sockets() {
  ResolverSockets sockets = TRY(bind_at(0));
  const auto led =
      redirect(TRY(sys::bound_port(sockets.udp.value())), TRY(sys::bound_port(sockets.tcp.value())));
  if (led) return sockets;
  return bind_at(kDnsPort);
}

}  // namespace runtime::network
