// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/attach_client.h"

#include <array>

#include "base/byte_codec.h"
#include "runtime/container/attach_input.h"
#include "runtime/container/log_format.h"
#include "sys/event_loop.h"
#include "sys/stream_io.h"
#include "sys/unix_socket.h"

namespace runtime::container {
namespace {

/// How often the terminal's size and the caller's wish to stop are looked at.
constexpr std::chrono::milliseconds kTick{100};

/// The copying between one connection and one user.
class AttachPump {
 public:
  AttachPump(int socket, const ProcessStreams& streams)
      : socket_(socket), streams_(streams), input_(streams), buffer_(kMaxControlMessage, '\0') {}

  base::Result<std::optional<AttachOutcome>> turn();
  base::Result<std::optional<AttachOutcome>> take_message(std::string_view message);

 private:
  base::Result<std::optional<AttachOutcome>> receive_all();
  base::Result<> read_input();
  base::Result<> send(ControlKind kind, std::string_view payload);
  base::Result<> flush();
  base::Result<> send_size();

  int socket_;
  const ProcessStreams& streams_;
  AttachInput input_;
  std::string buffer_;
  std::deque<std::string> unsent_;  ///< The container does not take its input now.
  bool detached_ = false;
};

base::Error monitor_gone() {
  return base::make_error(base::ErrorClass::Unavailable, "the container's monitor went away");
}

base::Result<> AttachPump::send(ControlKind kind, std::string_view payload) {
  std::string message(1, static_cast<char>(kind));
  message.append(payload);
  unsent_.push_back(std::move(message));
  return flush();
}

base::Result<> AttachPump::flush() {
  while (!unsent_.empty()) {
    const auto sent = sys::send_message(socket_, unsent_.front());
    // The container may have ended meanwhile: what the monitor has said of that is still to be read.
    if (!sent) unsent_.clear();
    if (!sent || !*sent) return {};
    unsent_.pop_front();
  }
  return {};
}

base::Result<> AttachPump::send_size() {
  const auto size = input_.new_size();
  if (!size) return {};
  base::ByteWriter out;
  out.number(size->rows);
  out.number(size->columns);
  return send(ControlKind::Resize, out.take());
}

base::Result<> AttachPump::read_input() {
  const AttachInput::Read read = TRY(input_.read());
  if (!read.data.empty()) TRY(send(ControlKind::Input, read.data));
  if (read.state == AttachInput::State::Ended) TRY(send(ControlKind::InputEnd, {}));
  detached_ = read.state == AttachInput::State::Detached;
  return {};
}

base::Result<std::optional<AttachOutcome>> AttachPump::take_message(std::string_view message) {
  base::ByteReader in(message);
  const auto kind = in.number<ControlKind>();
  if (kind == ControlKind::Exited) {
    return AttachOutcome{AttachEnd::Exited, in.number<std::int32_t>()};
  }
  if (kind != ControlKind::Output || message.size() < 2) return std::nullopt;  // the answer to a resize
  const bool error = static_cast<LogStream>(message[1]) == LogStream::Stderr;
  const int target = error ? streams_.standard_error : streams_.standard_output;
  if (target >= 0)
    TRY_WHILE(sys::write_patiently(target, message.substr(2)), "passing on the container's output");
  return std::nullopt;
}

base::Result<std::optional<AttachOutcome>> AttachPump::receive_all() {
  while (true) {
    const auto received = sys::receive_message(socket_, buffer_);
    if (!received || (*received && (*received)->size == 0)) return base::fail(monitor_gone());
    if (!*received) return std::nullopt;
    auto outcome = TRY(take_message(std::string_view(buffer_.data(), (*received)->size)));
    if (outcome) return outcome;
  }
}

base::Result<std::optional<AttachOutcome>> AttachPump::turn() {
  TRY(send_size());
  // More input is read only when the last has been taken: the container makes the user wait.
  std::array<sys::Waiting, 2> waiting{
      sys::Waiting{socket_, sys::kReadable | (unsent_.empty() ? 0 : sys::kWritable)},
      sys::Waiting{unsent_.empty() ? input_.fd() : -1, sys::kReadable}};
  TRY(sys::wait_ready(waiting, kTick));
  if ((waiting[0].ready & sys::kWritable) != 0) TRY(flush());
  if (waiting[1].ready != 0) TRY(read_input());
  if (detached_) return AttachOutcome{AttachEnd::Detached, 0};
  if ((waiting[0].ready & (sys::kReadable | sys::kClosed)) != 0) return receive_all();
  return std::nullopt;
}

}  // namespace

base::Result<Attachment> Attachment::open(const std::string& run_root, const std::string& container_id,
                                          Delivery delivery) {
  Attachment attachment(TRY(ControlConnection::open(run_root, container_id)));
  const char wish = static_cast<char>(delivery);
  TRY(attachment.connection_.send(ControlKind::Attach, std::string_view(&wish, 1)));
  const ControlMessage answer = TRY(attachment.connection_.receive());
  if (answer.kind == ControlKind::Failed) return base::fail(base::decode_error(answer.payload));
  attachment.tty_ = answer.payload == std::string_view("\1", 1);
  return attachment;
}

base::Result<> Attachment::release() {
  TRY(connection_.send(ControlKind::Release));
  while (true) {
    const ControlMessage message = TRY(connection_.receive());
    if (message.kind == ControlKind::Done) return {};
    if (message.kind == ControlKind::Failed) return base::fail(base::decode_error(message.payload));
    early_.emplace_back(1, static_cast<char>(message.kind));
    early_.back().append(message.payload);
  }
}

base::Result<AttachOutcome> Attachment::pump(const ProcessStreams& streams,
                                             const base::Cancellation& cancellation) {
  TRY(sys::set_nonblocking(connection_.fd()));
  AttachPump pump(connection_.fd(), streams);
  for (; !early_.empty(); early_.pop_front()) {
    if (auto outcome = TRY(pump.take_message(early_.front()))) return *outcome;
  }
  while (true) {
    if (auto outcome = TRY(pump.turn())) return *outcome;
    if (cancellation.requested()) {
      return base::fail(base::ErrorClass::Cancelled, "the attachment was cancelled");
    }
  }
}

}  // namespace runtime::container
