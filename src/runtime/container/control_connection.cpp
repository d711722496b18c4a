// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/control_connection.h"

#include <array>

#include <fmt/format.h>

#include "base/byte_codec.h"
#include "runtime/container/status_record.h"
#include "sys/unix_socket.h"

namespace runtime::container {
namespace {

base::Error not_running(const std::string& container_id) {
  return base::make_error(base::ErrorClass::Conflict,
                          fmt::format("container {} does not run", container_id.substr(0, 12)));
}

}  // namespace

base::Result<ControlConnection> ControlConnection::open(const std::string& run_root,
                                                        const std::string& container_id) {
  auto socket = sys::connect_message_socket(control_path(run_root, container_id));
  if (socket) return ControlConnection(*std::move(socket), run_root, container_id);
  const base::ErrorClass reason = socket.error().error_class;
  if (reason != base::ErrorClass::NotFound && reason != base::ErrorClass::Unavailable) {
    return base::fail(std::move(socket).error());
  }
  return base::fail(not_running(container_id));
}

/// A monitor that is just leaving takes no more requests: its container has ended.
base::Error ControlConnection::closed() const {
  const auto status = read_status(run_root_, container_id_);
  if (status && *status && !monitor_alive(**status)) return not_running(container_id_);
  return base::make_error(base::ErrorClass::Unavailable, "the container's monitor went away");
}

base::Result<> ControlConnection::send(ControlKind kind, std::string_view payload) {
  const char tag = static_cast<char>(kind);
  const std::array<std::string_view, 2> parts{std::string_view(&tag, 1), payload};
  auto sent = sys::send_message(socket_.value(), parts);
  if (sent) return {};
  return base::fail(closed());
}

base::Result<ControlMessage> ControlConnection::receive() {
  if (buffer_.empty()) buffer_.resize(kMaxControlMessage);
  const auto received = sys::receive_message(socket_.value(), buffer_);
  if (!received || !*received || (*received)->size == 0) {
    return base::fail(closed());
  }
  const std::string_view message(buffer_.data(), (*received)->size);
  return ControlMessage{static_cast<ControlKind>(message.front()), message.substr(1)};
}

base::Result<> ControlConnection::request(ControlKind kind, std::string_view payload) {
  TRY(send(kind, payload));
  const ControlMessage answer = TRY(receive());
  if (answer.kind == ControlKind::Done) return {};
  if (answer.kind == ControlKind::Failed) return base::fail(base::decode_error(answer.payload));
  return base::fail(base::ErrorClass::Internal, "the container's monitor sent an unexpected answer");
}

}  // namespace runtime::container
