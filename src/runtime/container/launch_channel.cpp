// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/launch_channel.h"

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_codec.h"
#include "sys/unix_socket.h"

namespace runtime::container {
namespace {

constexpr std::size_t kMaxMessage = 64 * 1024;
constexpr std::size_t kMaxText = 4096;

base::Result<> send(int channel, LaunchMessageKind kind, std::string_view body, std::span<const int> fds) {
  const char head = static_cast<char>(kind);
  const std::array<std::string_view, 2> parts{std::string_view(&head, 1), body};
  TRY(sys::send_message(channel, parts, fds));
  return {};
}

}  // namespace

base::Result<> send_console(int channel, int console) {
  return send(channel, LaunchMessageKind::Console, {}, std::span(&console, 1));
}

base::Result<> send_ready(int channel) { return send(channel, LaunchMessageKind::Ready, {}, {}); }

void send_failure(int channel, const base::Error& error) {
  std::string body = base::encode(error);
  if (body.size() >= kMaxMessage) {
    // An overlay's list of layers may be that long; its beginning tells enough.
    base::Error shorter = error;
    if (shorter.message.size() > kMaxText) shorter.message.resize(kMaxText);
    shorter.also.clear();
    shorter.context.clear();
    body = base::encode(shorter);
  }
  static_cast<void>(send(channel, LaunchMessageKind::Failed, body, {}));
}

base::Result<LaunchMessage> receive_launch_message(int channel) {
  std::array<char, kMaxMessage> buffer;
  std::optional<sys::ReceivedMessage> received = TRY(sys::receive_message(channel, buffer));
  LaunchMessage message;
  if (!received || received->size == 0) return message;
  if (!received->fds.empty()) message.fd = std::move(received->fds.front());
  const std::string_view bytes(buffer.data(), received->size);
  message.kind = static_cast<LaunchMessageKind>(bytes.front());
  if (message.kind == LaunchMessageKind::Failed) message.error = base::decode_error(bytes.substr(1));
  if (message.kind >= LaunchMessageKind::End) {
    return base::fail(base::ErrorClass::Internal, "the container's process sent an unknown message");
  }
  return message;
}

}  // namespace runtime::container
