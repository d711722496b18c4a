// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

/// Sockets over IP, all non-blocking. man 7 ip, tcp, udp. "None" in an answer: nothing now, try when the
/// event loop says so.
namespace sys {

enum class Transport : std::uint8_t { Tcp, Udp, Sctp };

struct IpEndpoint {
  std::string ip;  ///< 4 or 16 bytes, network order.
  std::uint16_t port = 0;
  auto operator<=>(const IpEndpoint&) const = default;
};

/// Binds a port and listens (Udp: receives); 0 takes a free one. An IPv6 socket never takes IPv4 connections.
/// Conflict (EADDRINUSE) when the port is taken, EADDRNOTAVAIL when the address is not of this machine.
base::Result<UniqueFd> bind_socket(Transport transport, const IpEndpoint& at);
/// The port a bound socket has.
base::Result<std::uint16_t> bound_port(int socket);

/// Starts to connect; writable when done or failed, see socket_error.
base::Result<UniqueFd> connect_socket(Transport transport, const IpEndpoint& to);
/// errno of what happened to the socket since the last call; 0: nothing bad.
int socket_error(int socket);

struct Accepted {
  UniqueFd socket;
  IpEndpoint from;
};
base::Result<std::optional<Accepted>> accept_socket(int listener);

/// Bytes read into `buffer`; 0 at the end of a stream.
base::Result<std::optional<std::size_t>> receive(int socket, std::span<char> buffer);
struct Received {
  std::size_t size = 0;
  IpEndpoint from;
  std::string to_ip;  ///< The address of this machine it was sent to; empty: not known.
};
base::Result<std::optional<Received>> receive_from(int socket, std::span<char> buffer);
/// Bytes taken. Never raises SIGPIPE.
base::Result<std::optional<std::size_t>> send(int socket, std::string_view bytes);
/// `from_ip`: which address of this machine it comes from; empty: the one the route suggests. False when
/// there was no room: the packet is lost, as UDP may.
bool send_to(int socket, std::string_view packet, const IpEndpoint& to, std::string_view from_ip = {});
/// The other side reads the end; this one may go on reading.
void shutdown_write(int socket);

}  // namespace sys
