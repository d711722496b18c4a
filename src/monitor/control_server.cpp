// SPDX-License-Identifier: Apache-2.0
#include "monitor/control_server.h"

#include <algorithm>

#include "base/byte_codec.h"
#include "sys/file_io.h"
#include "sys/unix_socket.h"

namespace monitor {
namespace {

using runtime::container::ControlKind;
using runtime::container::Delivery;
using runtime::container::LogStream;

/// How long a held container waits for the client that will let it start.
constexpr auto kHoldLimit = std::chrono::seconds(30);

char message_buffer[runtime::container::kMaxControlMessage];

}  // namespace

ControlServer::ControlServer(sys::EventLoop& loop, Supervisor& supervisor,
                             const runtime::container::MonitorPlan& plan)
    : loop_(loop),
      supervisor_(supervisor),
      plan_(plan),
      path_(runtime::container::control_path(plan.run_root, plan.container_id)) {}

ControlServer::~ControlServer() {
  if (listener_.valid()) loop_.remove(listener_.value());
  for (const ControlClient& client : clients_) loop_.remove(client.fd());
}

base::Result<> ControlServer::listen() {
  listener_ = TRY(sys::listen_message_socket(path_));
  TRY(loop_.add(listener_.value(), sys::kReadable, [this](std::uint32_t) { on_connection(); }));
  if (plan_.attach) {
    hold_timer_ = loop_.after(kHoldLimit, [this] {
      hold_timer_ = 0;
      if (supervisor_.phase() == Supervisor::Phase::Held) supervisor_.request_stop({});
    });
  }
  return {};
}

SupervisorEvents ControlServer::make_events() {
  return {[this](LogStream stream, std::string_view data) { broadcast(stream, data); },
          [this](int exit_code) { process_ended(exit_code); }, [this] { settle(); }};
}

void ControlServer::on_connection() {
  while (true) {
    auto connection = sys::accept_connection(listener_.value());
    if (!connection || !*connection) return;
    const int fd = (*connection)->value();
    if (!loop_.add(fd, sys::kReadable, [this, fd](std::uint32_t events) { on_client(fd, events); })) continue;
    clients_.emplace_back(std::move(**connection));
  }
}

void ControlServer::on_client(int fd, std::uint32_t events) {
  const auto found =
      std::ranges::find_if(clients_, [fd](const ControlClient& each) { return each.fd() == fd; });
  if (found == clients_.end()) return;
  if ((events & sys::kWritable) != 0) found->flush();
  if ((events & sys::kReadable) != 0) {
    auto received = sys::receive_message(fd, message_buffer);
    if (!received || (*received && (*received)->size == 0)) {
      found->give_up();
    } else if (*received) {
      handle(*found, std::string_view(message_buffer, (*received)->size));
    }
  } else if ((events & sys::kClosed) != 0) {
    found->give_up();
  }
  settle();
}

void ControlServer::handle(ControlClient& client, std::string_view message) {
  base::ByteReader in(message);
  switch (in.number<ControlKind>()) {
    case ControlKind::Ping: return client.reply_done();
    case ControlKind::Stop: {
      const auto timeout = in.number<std::int64_t>();
      client.waits_for_end = true;
      return supervisor_.request_stop(timeout == runtime::container::kDefaultGrace ? plan_.stop_grace
                                                                                   : base::Duration(timeout));
    }
    case ControlKind::Kill: return reply(client, supervisor_.kill(in.number<std::int32_t>()));
    case ControlKind::Pause: return reply(client, supervisor_.pause());
    case ControlKind::Unpause: return reply(client, supervisor_.unpause());
    case ControlKind::Resize: {
      const auto rows = in.number<std::uint16_t>();
      return reply(client, supervisor_.resize(rows, in.number<std::uint16_t>()));
    }
    case ControlKind::Attach: return handle_attach(client, message.substr(1));
    case ControlKind::Release: return handle_release(client);
    case ControlKind::Input: return supervisor_.input().write(message.substr(1));
    case ControlKind::InputEnd:
      if (client.releaser && !plan_.tty) supervisor_.input().close_when_done();
      return;
    default:
      client.reply_failed(base::make_error(base::ErrorClass::Invalid, "unknown request to the monitor"));
  }
}

void ControlServer::handle_attach(ControlClient& client, std::string_view payload) {
  client.attached = true;
  client.delivery = payload == std::string_view("\0", 1) ? Delivery::Complete : Delivery::BestEffort;
  const char tty = plan_.tty ? 1 : 0;
  client.send(ControlKind::Attached, std::string_view(&tty, 1));
}

void ControlServer::handle_release(ControlClient& client) {
  if (supervisor_.phase() != Supervisor::Phase::Held) {
    return client.reply_failed(
        base::make_error(base::ErrorClass::Conflict, "the container was started before"));
  }
  loop_.cancel(hold_timer_);
  hold_timer_ = 0;
  client.releaser = true;
  reply(client, supervisor_.start());
}

void ControlServer::reply(ControlClient& client, const base::Result<>& result) {
  if (result) return client.reply_done();
  client.reply_failed(result.error());
}

void ControlServer::broadcast(LogStream stream, std::string_view data) {
  for (ControlClient& client : clients_) {
    if (!client.attached) continue;
    client.send_output(stream, data);
    if (client.blocked() && client.delivery == Delivery::BestEffort) client.give_up();
  }
  settle();
}

void ControlServer::process_ended(int exit_code) {
  base::ByteWriter out;
  out.number(static_cast<std::int32_t>(exit_code));
  const std::string payload = out.take();
  for (ControlClient& client : clients_) {
    if (client.attached) client.send(ControlKind::Exited, payload);
    client.attached = false;
  }
  settle();
}

std::uint32_t ControlServer::events_for(const ControlClient& client) const {
  // A container that does not read its input makes the sender wait, through the socket.
  const bool takes_input = !client.attached || !supervisor_.input().full();
  return (takes_input ? sys::kReadable : 0) | (client.blocked() ? sys::kWritable : 0);
}

void ControlServer::settle() {
  drop_broken();
  bool hold = false;
  for (ControlClient& client : clients_) {
    loop_.change(client.fd(), events_for(client));
    hold = hold || (client.attached && client.blocked());
  }
  supervisor_.output().hold(hold);
}

void ControlServer::drop_broken() {
  bool releaser_left = false, holder_left = false;
  for (auto client = clients_.begin(); client != clients_.end();) {
    if (!client->broken()) {
      ++client;
      continue;
    }
    loop_.remove(client->fd());
    releaser_left = releaser_left || client->releaser;
    holder_left = holder_left || client->attached;
    client = clients_.erase(client);
  }
  // Only now: both may call back into this object.
  if (releaser_left && !plan_.tty) supervisor_.input().close_when_done();
  if (holder_left && supervisor_.phase() == Supervisor::Phase::Held) supervisor_.request_stop({});
}

void ControlServer::stop_listening() {
  if (!listener_.valid()) return;
  loop_.remove(listener_.value());
  listener_.reset();
  // Gone already or not removable: the next monitor replaces it.
  (void)sys::remove_file(path_);
}

void ControlServer::finish() {
  if (supervisor_.status().status == model::ContainerStatus::Exited) {
    process_ended(supervisor_.status().exit_code);
  }
  for (ControlClient& client : clients_) {
    if (client.waits_for_end) client.reply_done();
  }
  settle();
}

bool ControlServer::has_unsent() const {
  return std::ranges::any_of(clients_, [](const ControlClient& client) { return client.blocked(); });
}

}  // namespace monitor
