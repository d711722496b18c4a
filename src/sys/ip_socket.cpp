// SPDX-License-Identifier: Apache-2.0
#include "sys/ip_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace sys {
namespace {

constexpr int kBacklog = 4096;
constexpr std::size_t kControlSize = 128;  // one packet information of either family

union SocketAddress {
  sockaddr base;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

socklen_t to_sockaddr(const IpEndpoint& endpoint, SocketAddress& out) {
  out = {};
  if (endpoint.ip.size() == sizeof(in6_addr)) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(endpoint.port);
    std::memcpy(&out.v6.sin6_addr, endpoint.ip.data(), sizeof(in6_addr));
    return sizeof out.v6;
  }
  out.v4.sin_family = AF_INET;
  out.v4.sin_port = htons(endpoint.port);
  std::memcpy(&out.v4.sin_addr, endpoint.ip.data(), std::min(endpoint.ip.size(), sizeof(in_addr)));
  return sizeof out.v4;
}

IpEndpoint from_sockaddr(const SocketAddress& address) {
  if (address.base.sa_family == AF_INET6) {
    return {{reinterpret_cast<const char*>(&address.v6.sin6_addr), sizeof(in6_addr)},
            ntohs(address.v6.sin6_port)};
  }
  return {{reinterpret_cast<const char*>(&address.v4.sin_addr), sizeof(in_addr)}, ntohs(address.v4.sin_port)};
}

std::string to_text(const IpEndpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = {};
  const bool v6 = endpoint.ip.size() == sizeof(in6_addr);
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, endpoint.ip.data(), text, sizeof text);
  return v6 ? fmt::format("[{}]:{}", text, endpoint.port) : fmt::format("{}:{}", text, endpoint.port);
}

tl::unexpected<base::Error> failed(std::string_view call, const IpEndpoint& at) {
  const int value = errno;
  return base::fail(base::make_errno_error(fmt::format("{}({})", call, to_text(at)), value));
}

tl::unexpected<base::Error> failed(std::string_view call) {
  return base::fail(base::make_errno_error(call, errno));
}

/// Both names of the same errno, and an interrupted call: try again later.
bool not_now() { return errno == EAGAIN || errno == EINTR; }

base::Result<UniqueFd> open_socket(Transport transport, const IpEndpoint& peer) {
  const int family = peer.ip.size() == sizeof(in6_addr) ? AF_INET6 : AF_INET;
  const int type = (transport == Transport::Udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const int protocol = transport == Transport::Sctp ? IPPROTO_SCTP : 0;
  UniqueFd fd(::socket(family, type, protocol));
  if (!fd.valid()) return failed("socket", peer);
  return fd;
}

}  // namespace

base::Result<UniqueFd> bind_socket(Transport transport, const IpEndpoint& at) {
  UniqueFd fd = TRY(open_socket(transport, at));
  const int one = 1;
  if (at.ip.size() == sizeof(in6_addr)) {
    ::setsockopt(fd.value(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  }
  // Without it a port stays taken for a minute after its last connection.
  if (transport != Transport::Udp) ::setsockopt(fd.value(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (transport == Transport::Udp) {
    ::setsockopt(fd.value(), IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    ::setsockopt(fd.value(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
  }
  SocketAddress address;
  const socklen_t size = to_sockaddr(at, address);
  if (::bind(fd.value(), &address.base, size) != 0) return failed("bind", at);
  if (transport != Transport::Udp && ::listen(fd.value(), kBacklog) != 0) return failed("listen", at);
  return fd;
}

base::Result<std::uint16_t> bound_port(int socket) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, &address.base, &size) != 0) return failed("getsockname");
  return from_sockaddr(address).port;
}

base::Result<UniqueFd> connect_socket(Transport transport, const IpEndpoint& to) {
  UniqueFd fd = TRY(open_socket(transport, to));
  const int one = 1;
  if (transport == Transport::Tcp) ::setsockopt(fd.value(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  SocketAddress address;
  const socklen_t size = to_sockaddr(to, address);
  if (::connect(fd.value(), &address.base, size) != 0 && errno != EINPROGRESS) return failed("connect", to);
  return fd;
}

int socket_error(int socket) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &value, &size) != 0) return errno;
  return value;
}

base::Result<std::optional<Accepted>> accept_socket(int listener) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  UniqueFd fd(::accept4(listener, &address.base, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  // A connection that ended before it was taken is nobody's error.
  if (!fd.valid() && (not_now() || errno == ECONNABORTED)) return std::optional<Accepted>();
  if (!fd.valid()) return failed("accept4");
  const int one = 1;
  ::setsockopt(fd.value(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return std::optional<Accepted>(Accepted{std::move(fd), from_sockaddr(address)});
}

base::Result<std::optional<std::size_t>> receive(int socket, std::span<char> buffer) {
  const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (size < 0 && not_now()) return std::optional<std::size_t>();
  if (size < 0) return failed("recv");
  return std::optional<std::size_t>(static_cast<std::size_t>(size));
}

base::Result<std::optional<Received>> receive_from(int socket, std::span<char> buffer) {
  SocketAddress address{};
  alignas(cmsghdr) char control[kControlSize];
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket, &message, 0);
  if (size < 0 && not_now()) return std::optional<Received>();
  if (size < 0) return failed("recvmsg");
  Received received{static_cast<std::size_t>(size), from_sockaddr(address), {}};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      received.to_ip.assign(reinterpret_cast<const char*>(&info.ipi_addr), sizeof info.ipi_addr);
    }
    if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      received.to_ip.assign(reinterpret_cast<const char*>(&info.ipi6_addr), sizeof info.ipi6_addr);
    }
  }
  return std::optional<Received>(std::move(received));
}

base::Result<std::optional<std::size_t>> send(int socket, std::string_view bytes) {
  const ssize_t size = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (size < 0 && not_now()) return std::optional<std::size_t>();
  if (size < 0) return failed("send");
  return std::optional<std::size_t>(static_cast<std::size_t>(size));
}

bool send_to(int socket, std::string_view packet, const IpEndpoint& to, std::string_view from_ip) {
  SocketAddress address;
  alignas(cmsghdr) char control[kControlSize] = {};
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = to_sockaddr(to, address);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const auto attach = [&](int level, int type, const auto& info) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof info);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
  };
  in_pktinfo info4{};
  in6_pktinfo info6{};
  if (from_ip.size() == sizeof info4.ipi_spec_dst) {
    std::memcpy(&info4.ipi_spec_dst, from_ip.data(), from_ip.size());
    attach(IPPROTO_IP, IP_PKTINFO, info4);
  } else if (from_ip.size() == sizeof info6.ipi6_addr) {
    std::memcpy(&info6.ipi6_addr, from_ip.data(), from_ip.size());
    attach(IPPROTO_IPV6, IPV6_PKTINFO, info6);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
}

void shutdown_write(int socket) { ::shutdown(socket, SHUT_WR); }

}  // namespace sys
