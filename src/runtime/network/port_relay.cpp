// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/port_relay.h"

#include <array>
#include <chrono>

#include "sys/ip_socket.h"
#include "sys/netns.h"

namespace runtime::network {
namespace {

constexpr std::size_t kMostConnections = 256;
constexpr std::size_t kMostPending = 256 * 1024;  // bytes kept for a slow reader
constexpr std::chrono::seconds kSilence{60};
constexpr std::chrono::milliseconds kPause{100};
constexpr int kPacketsAtOnce = 64;

/// Shared by all: nothing stays in it after a callback.
std::array<char, 64 * 1024> buffer;

}  // namespace

/// A held socket and where it leads.
struct PortRelay::Door {
  sys::UniqueFd socket;
  sys::IpEndpoint target;
  sys::Transport transport = sys::Transport::Tcp;
  sys::EventLoop::TimerId pause = 0;
};

/// One end of a connection, and what is still to be written to it.
struct PortRelay::Side {
  sys::UniqueFd socket;
  std::string pending;
  bool connected = true;
  bool ended = false;  ///< Sends no more.
  bool shut = false;   ///< Has been told that the other side sends no more.
};

struct PortRelay::Connection {
  std::array<Side, 2> sides;
};

struct PortRelay::Client {
  sys::UniqueFd socket;
  std::string host_ip;  ///< The address it asked, which the answers come from.
  sys::EventLoop::Clock::time_point last;
};

PortRelay::PortRelay(sys::EventLoop& loop, int host_netns) : loop_(loop), host_netns_(host_netns) {}

base::Result<std::unique_ptr<PortRelay>> PortRelay::start(sys::EventLoop& loop, std::vector<HeldPort> ports,
                                                          int host_netns) {
  std::unique_ptr<PortRelay> relay(new PortRelay(loop, host_netns));
  for (HeldPort& port : ports) {
    for (HeldPort::Held& held : port.sockets) {
      auto door = std::make_unique<Door>();
      const bool v4 = held.at.family == IpFamily::V4;
      auto target = parse_ip_address(v4 ? port.plan.ipv4_target : port.plan.ipv6_target);
      if (!target) target = parse_ip_address(v4 ? port.plan.ipv6_target : port.plan.ipv4_target);
      if (!target || !held.socket.valid()) continue;
      door->socket = std::move(held.socket);
      door->target = {std::string(target->data()), port.plan.container_port};
      door->transport = port.plan.protocol == "udp"    ? sys::Transport::Udp
                        : port.plan.protocol == "sctp" ? sys::Transport::Sctp
                                                       : sys::Transport::Tcp;
      Door& ready = *door;
      relay->doors_.push_back(std::move(door));
      TRY(loop.add(ready.socket.value(), sys::kReadable, [relay = relay.get(), &ready](std::uint32_t) {
        ready.transport == sys::Transport::Udp ? relay->on_datagrams(ready) : relay->on_connections(ready);
      }));
    }
  }
  return relay;
}

PortRelay::~PortRelay() {
  while (!connections_.empty()) close(connections_.begin()->first);
  for (auto& [key, client] : clients_) loop_.remove(client->socket.value());
  for (auto& door : doors_) {
    loop_.cancel(door->pause);
    loop_.remove(door->socket.value());
  }
  loop_.cancel(sweep_);
}

void PortRelay::on_connections(Door& door) {
  while (true) {
    auto accepted = sys::accept_socket(door.socket.value());
    if (!accepted) {
      // Out of descriptors or memory: the connection waits, and so must the loop.
      loop_.change(door.socket.value(), 0);
      door.pause = loop_.after(kPause, [this, &door] { loop_.change(door.socket.value(), sys::kReadable); });
      return;
    }
    if (!*accepted) return;
    if (connections_.size() < kMostConnections) connect(door, std::move((*accepted)->socket));
  }
}

void PortRelay::connect(Door& door, sys::UniqueFd client) {
  auto target = [&]() -> base::Result<sys::UniqueFd> {
    const auto visit = TRY(sys::NetnsVisit::begin(host_netns_));
    return sys::connect_socket(door.transport, door.target);
  }();
  if (!target) return;
  const std::uint64_t id = next_connection_++;
  auto connection = std::make_unique<Connection>();
  connection->sides[0].socket = std::move(client);
  connection->sides[1].socket = std::move(*target);
  connection->sides[1].connected = false;
  const int fds[] = {connection->sides[0].socket.value(), connection->sides[1].socket.value()};
  connections_.emplace(id, std::move(connection));
  // The client is not read before there is somebody to read for.
  for (const int side : {0, 1}) {
    const auto added = loop_.add(fds[side], side == 0 ? 0u : static_cast<std::uint32_t>(sys::kWritable),
                                 [this, id, side](std::uint32_t events) { on_stream(id, side, events); });
    if (!added) return close(id);
  }
}

void PortRelay::close(std::uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  for (Side& side : found->second->sides) loop_.remove(side.socket.value());
  connections_.erase(found);
}

void PortRelay::on_stream(std::uint64_t id, int index, std::uint32_t events) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  auto& sides = found->second->sides;
  Side& active = sides[index];
  if (!active.connected) {
    if (sys::socket_error(active.socket.value()) != 0) return close(id);
    active.connected = true;
  }
  if ((events & sys::kClosed) != 0) loop_.remove(active.socket.value());  // it would be reported for ever
  for (const int from : {0, 1}) {
    Side &reader = sides[from], &writer = sides[1 - from];
    while (true) {
      if (!writer.pending.empty()) {
        const auto sent = sys::send(writer.socket.value(), writer.pending);
        if (!sent) return close(id);
        writer.pending.erase(0, sent->value_or(0));
      }
      if (reader.ended || writer.pending.size() >= kMostPending || !sides[1].connected) break;
      const auto got = sys::receive(reader.socket.value(), buffer);
      if (!got) return close(id);
      if (!*got) break;
      reader.ended = **got == 0;
      writer.pending.append(buffer.data(), **got);
    }
    if (reader.ended && writer.pending.empty() && !writer.shut) {
      sys::shutdown_write(writer.socket.value());
      writer.shut = true;
    }
  }
  if (sides[0].shut && sides[1].shut) return close(id);
  for (const int side : {0, 1}) {
    const bool reads =
        sides[1].connected && !sides[side].ended && sides[1 - side].pending.size() < kMostPending;
    const bool writes = !sides[side].pending.empty() || !sides[side].connected;
    loop_.change(sides[side].socket.value(), (reads ? sys::kReadable : 0u) | (writes ? sys::kWritable : 0u));
  }
}

void PortRelay::on_datagrams(Door& door) {
  for (int i = 0; i < kPacketsAtOnce; ++i) {
    const auto got = sys::receive_from(door.socket.value(), buffer);
    if (!got || !*got) return;
    Client* client = find_client(door, (*got)->from);
    if (client == nullptr) continue;
    client->last = sys::EventLoop::Clock::now();
    client->host_ip = (*got)->to_ip;
    // A packet that cannot be sent is lost, as UDP may.
    static_cast<void>(sys::send(client->socket.value(), {buffer.data(), (*got)->size}));
  }
}

PortRelay::Client* PortRelay::find_client(Door& door, const sys::IpEndpoint& from) {
  const ClientKey key{door.socket.value(), from};
  const auto found = clients_.find(key);
  if (found != clients_.end()) return found->second.get();
  if (clients_.size() >= kMostConnections) return nullptr;
  auto socket = [&]() -> base::Result<sys::UniqueFd> {
    const auto visit = TRY(sys::NetnsVisit::begin(host_netns_));
    return sys::connect_socket(sys::Transport::Udp, door.target);
  }();
  if (!socket) return nullptr;
  if (!loop_.add(socket->value(), sys::kReadable,
                 [this, &door, key](std::uint32_t) { on_answers(door, key); })) {
    return nullptr;
  }
  auto client = std::make_unique<Client>();
  client->socket = std::move(*socket);
  if (sweep_ == 0) sweep_ = loop_.after(kSilence, [this] { forget_silent_clients(); });
  return clients_.emplace(key, std::move(client)).first->second.get();
}

void PortRelay::on_answers(Door& door, const ClientKey& key) {
  const auto found = clients_.find(key);
  if (found == clients_.end()) return;
  Client& client = *found->second;
  for (int i = 0; i < kPacketsAtOnce; ++i) {
    const auto got = sys::receive(client.socket.value(), buffer);
    if (!got || !*got) return;  // a refused packet is reported once and then forgotten
    client.last = sys::EventLoop::Clock::now();
    sys::send_to(door.socket.value(), {buffer.data(), **got}, key.second, client.host_ip);
  }
}

void PortRelay::forget_silent_clients() {
  sweep_ = 0;
  const auto limit = sys::EventLoop::Clock::now() - kSilence;
  for (auto it = clients_.begin(); it != clients_.end();) {
    if (it->second->last > limit) {
      ++it;
      continue;
    }
    loop_.remove(it->second->socket.value());
    it = clients_.erase(it);
  }
  if (!clients_.empty()) sweep_ = loop_.after(kSilence, [this] { forget_silent_clients(); });
}

}  // namespace runtime::network
