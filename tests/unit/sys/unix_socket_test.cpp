// SPDX-License-Identifier: Apache-2.0
#include "sys/unix_socket.h"

#include <unistd.h>

#include <array>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"
#include "sys/stream_io.h"

TEST_CASE("messages keep their bounds and carry descriptors") {
  auto [left, right] = sys::message_socket_pair().value();
  auto pipe = sys::make_pipe().value();
  const std::array<std::string_view, 3> parts{"a", "", "bc"};
  const int fds[] = {pipe.first.value(), pipe.second.value()};
  REQUIRE(sys::send_message(left.value(), parts, fds).value());
  REQUIRE(sys::send_message(left.value(), "second").value());
  std::array<char, 16> buffer{};
  auto first = sys::receive_message(right.value(), buffer).value();
  REQUIRE(first);
  CHECK(std::string_view(buffer.data(), first->size) == "abc");
  REQUIRE(first->fds.size() == 2);
  REQUIRE(::write(first->fds[1].value(), "x", 1) == 1);
  CHECK(::read(pipe.first.value(), buffer.data(), 1) == 1);
  CHECK(sys::receive_message(right.value(), buffer).value()->size == 6);
  REQUIRE(sys::set_nonblocking(right.value()));
  CHECK_FALSE(sys::receive_message(right.value(), buffer).value());
  left.reset();
  CHECK(sys::receive_message(right.value(), buffer).value()->size == 0);
}

TEST_CASE("what a peer said last is read though it left without listening") {
  auto [left, right] = sys::message_socket_pair().value();
  REQUIRE(sys::send_message(left.value(), "never read").value());
  REQUIRE(sys::send_message(right.value(), "the end").value());
  right.reset();
  std::array<char, 16> buffer{};
  CHECK(sys::receive_message(left.value(), buffer).value()->size == 7);
  CHECK(sys::receive_message(left.value(), buffer).value()->size == 0);
  CHECK_FALSE(sys::send_message(left.value(), "nobody"));
}

TEST_CASE("a message longer than the buffer is refused, a full socket says so") {
  auto [left, right] = sys::message_socket_pair().value();
  REQUIRE(sys::send_message(left.value(), "0123456789").value());
  std::array<char, 4> small{};
  CHECK(sys::receive_message(right.value(), small).error().error_class == base::ErrorClass::Invalid);
  REQUIRE(sys::set_nonblocking(left.value()));
  const std::string block(32 * 1024, 'x');
  int sent = 0;
  while (sys::send_message(left.value(), block).value()) ++sent;
  CHECK(sent > 0);
  right.reset();
  CHECK_FALSE(sys::send_message(left.value(), block));
}

TEST_CASE("a socket file may have a long path, and its owner only") {
  const test::TemporaryFolder folder;
  const std::string deep = folder.path + "/" + std::string(120, 'd');
  REQUIRE(sys::make_directories(deep));
  const std::string path = deep + "/socket";
  CHECK(sys::connect_message_socket(path).error().error_class == base::ErrorClass::NotFound);
  auto listener = sys::listen_message_socket(path).value();
  CHECK_FALSE(sys::accept_connection(listener.value()).value());
  const auto client = sys::connect_message_socket(path).value();
  CHECK(sys::accept_connection(listener.value()).value());
  listener.reset();
  CHECK(sys::connect_message_socket(path).error().error_class == base::ErrorClass::Unavailable);
  CHECK(sys::listen_message_socket(path));
}
