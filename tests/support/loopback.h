// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "sys/fd.h"

namespace test {

inline sockaddr_in loopback_address(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A listening socket on 127.0.0.1; port 0 takes a free one.
inline sys::UniqueFd listen_on_loopback(int port, int& chosen) {
  sys::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback_address(port);
  socklen_t size = sizeof address;
  if (::bind(fd.value(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd.value(), 64) != 0 ||
      ::getsockname(fd.value(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  chosen = ntohs(address.sin_port);
  return fd;
}

inline int free_port() {
  int port = 0;
  const sys::UniqueFd fd = listen_on_loopback(0, port);
  return port;
}

inline sys::UniqueFd connect_to_loopback(int port) {
  sys::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback_address(port);
  if (::connect(fd.value(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return fd;
}

/// Until somebody listens there; at most ten seconds.
inline void wait_for_port(int port) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!connect_to_loopback(port).valid()) {
    if (std::chrono::steady_clock::now() > end) std::abort();
    ::poll(nullptr, 0, 5);
  }
}

}  // namespace test
