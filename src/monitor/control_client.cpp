// SPDX-License-Identifier: Apache-2.0
#include "monitor/control_client.h"

#include <array>

#include "base/byte_codec.h"
#include "sys/unix_socket.h"

namespace monitor {

using runtime::container::ControlKind;

void ControlClient::reply_done() { send(ControlKind::Done, {}); }

void ControlClient::reply_failed(const base::Error& error) { send(ControlKind::Failed, base::encode(error)); }

void ControlClient::send(ControlKind kind, std::string_view payload) { send_parts(kind, payload, {}); }

void ControlClient::send_output(runtime::container::LogStream stream, std::string_view data) {
  const char head = static_cast<char>(stream);
  send_parts(ControlKind::Output, std::string_view(&head, 1), data);
}

void ControlClient::send_parts(ControlKind kind, std::string_view head, std::string_view data) {
  if (broken_) return;
  const char tag = static_cast<char>(kind);
  const std::array<std::string_view, 3> parts{std::string_view(&tag, 1), head, data};
  if (waiting_.empty()) {
    const auto sent = sys::send_message(fd(), parts);
    if (!sent) return give_up();
    if (*sent) return;
  }
  std::string message;
  for (const std::string_view part : parts) message.append(part);
  waiting_.push_back(std::move(message));
}

void ControlClient::flush() {
  while (!waiting_.empty() && !broken_) {
    const auto sent = sys::send_message(fd(), waiting_.front());
    if (!sent) return give_up();
    if (!*sent) return;
    waiting_.pop_front();
  }
}

}  // namespace monitor
