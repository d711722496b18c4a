// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "integration/network/network_lab.h"
#include "sys/file.h"

using lab::ask_dns;
using lab::Machine;

namespace {

constexpr int kA = 1;

sys::UniqueFd connect_to_resolver(int netns) {
  sys::UniqueFd fd;
  lab::in_netns(netns, [&] {
    fd = sys::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(53);
    address.sin_addr.s_addr = htonl(0x7f00000b);
    REQUIRE(::connect(fd.value(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  });
  return fd;
}

/// Whether the other side closes within the time.
bool is_closed(int fd, int timeout_ms) {
  pollfd watched{fd, POLLIN, 0};
  char byte = 0;
  return ::poll(&watched, 1, timeout_ms) == 1 && ::recv(fd, &byte, 1, 0) <= 0;
}

model::ContainerSpec on(const std::string& network) {
  model::ContainerSpec spec;
  spec.endpoints = {{.network = network}};
  return spec;
}

std::string query(const std::string& label) {
  std::string packet("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  packet += static_cast<char>(label.size()) + label + std::string("\0\0\1\0\1", 5);
  return std::string(1, '\0') + static_cast<char>(packet.size()) + packet;
}

}  // namespace

TEST_CASE("a client that does wrong harms only itself") {
  Machine machine;
  model::NetworkSpec network;
  network.name = "front";
  machine.create(network);
  auto web = machine.start("web", on("front"));
  const int inside = web->netns();
  SECTION("frames of nothing, of too little, of an answer: the connection ends") {
    for (const std::string& frame : {std::string(2, '\0'), std::string("\0\5hello", 7),
                                     std::string("\0\x0c\x12\x34\x81\x80\0\0\0\0\0\0\0\0", 14)}) {
      const auto fd = connect_to_resolver(inside);
      REQUIRE(::send(fd.value(), frame.data(), frame.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(frame.size()));
      CHECK(is_closed(fd.value(), 3000));
    }
  }
  SECTION("many half-open connections: the ones beyond the limit are closed, UDP goes on") {
    std::vector<sys::UniqueFd> open;
    for (int i = 0; i < 32; ++i) open.push_back(connect_to_resolver(inside));
    CHECK(ask_dns(inside, "web", kA, SOCK_DGRAM) == "code0 172.17.0.2");
    const auto beyond = connect_to_resolver(inside);
    CHECK(is_closed(beyond.value(), 3000));
    CHECK_FALSE(is_closed(open.front().value(), 0));
    open.pop_back();
    std::string answer;  // the server may see the next connection before it sees the end of that one
    for (int i = 0; i < 10 && answer.empty(); ++i) answer = ask_dns(inside, "web", kA, SOCK_STREAM);
    CHECK(answer == "code0 172.17.0.2");
  }
  SECTION("several questions in one piece are answered in order; a byte at a time is enough") {
    const auto fd = connect_to_resolver(inside);
    const std::string both = query("web") + query("nobody");
    for (const char byte : both) REQUIRE(::send(fd.value(), &byte, 1, MSG_NOSIGNAL) == 1);
    ::shutdown(fd.value(), SHUT_WR);
    std::string answer;
    char buffer[512];
    for (ssize_t got = 1; got > 0;) {
      got = ::recv(fd.value(), buffer, sizeof buffer, 0);
      if (got > 0) answer.append(buffer, static_cast<std::size_t>(got));
    }
    const std::size_t first = 2 + static_cast<unsigned char>(answer[1]);
    REQUIRE(answer.size() > first + 6);
    CHECK((answer[5] & 0xf) == 0);
    CHECK((answer[first + 5] & 0xf) == 2);
  }
  SECTION("packets that are no queries") {
    for (const std::string& packet :
         {std::string(), std::string("x"), std::string(11, '\xff'), std::string(600, '\xff')}) {
      lab::in_netns(inside, [&] {
        const sys::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(53);
        address.sin_addr.s_addr = htonl(0x7f00000b);
        ::sendto(fd.value(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&address),
                 sizeof address);
      });
    }
    CHECK(ask_dns(inside, "web", kA, SOCK_DGRAM) == "code0 172.17.0.2");
  }
}

TEST_CASE("a hundred containers: names in one answer over TCP, cut off over UDP") {
  Machine machine;
  model::NetworkSpec network;
  network.name = "front";
  machine.create(network);
  const auto names =
      machine.installation().names_directory(lab::require_value(machine.store().find("front")).id);
  auto web = machine.start("web", on("front"));
  for (int i = 0; i < 100; ++i) {
    lab::require_ok(
        sys::write_file(fmt::format("{}/{:012x},0a0000{:02x},,many-{},many", names, i, i + 1, i), ""));
  }
  const auto count = [](const std::string& answer) { return std::count(answer.begin(), answer.end(), ' '); };
  CHECK(count(ask_dns(web->netns(), "many", kA, SOCK_STREAM)) == 100);
  const auto over_udp = count(ask_dns(web->netns(), "many", kA, SOCK_DGRAM));
  CHECK(over_udp > 20);
  CHECK(over_udp < 32);
  CHECK(ask_dns(web->netns(), "many-7", kA, SOCK_DGRAM) == "code0 10.0.0.8");
}
