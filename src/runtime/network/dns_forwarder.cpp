// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/dns_forwarder.h"

#include <array>
#include <chrono>
#include <memory>

#include "sys/netns.h"
#include "sys/random.h"

namespace runtime::network {
namespace {

constexpr std::size_t kMostAsks = 256;
constexpr std::chrono::milliseconds kPatience{2500};  // for one server; a stub resolver waits 5 s
constexpr std::size_t kLengthPrefix = 2;

}  // namespace

struct DnsForwarder::Ask {
  AskId id = 0;
  DnsQuery query;
  std::string packet;
  sys::Transport via = sys::Transport::Udp;
  Done done;
  std::size_t next_server = 0;
  std::uint16_t upstream_id = 0;
  sys::UniqueFd socket;
  sys::EventLoop::TimerId timer = 0;
  std::string to_send, received;  // of a stream
  std::string refusal;            // what a server said that another one may know better
};

DnsForwarder::DnsForwarder(sys::EventLoop& loop, const ResolverSettings& settings)
    : loop_(loop), port_(settings.upstream_port), netns_(settings.upstream_namespace) {
  for (const std::string& server : settings.upstreams) {
    if (const auto address = parse_ip_address(server)) servers_.push_back(*address);
  }
}

DnsForwarder::~DnsForwarder() {
  for (auto& [id, ask] : asks_) close(*ask);
}

DnsForwarder::AskId DnsForwarder::ask(DnsQuery query, std::string packet, sys::Transport via, Done done) {
  if (asks_.size() >= kMostAsks) return 0;
  auto ask = std::make_unique<Ask>();
  ask->id = next_id_++;
  ask->query = std::move(query);
  ask->packet = std::move(packet);
  ask->via = via;
  ask->done = std::move(done);
  Ask& started = *ask;
  asks_.emplace(started.id, std::move(ask));
  // From the loop, so that even an immediate failure is reported later.
  const AskId id = started.id;
  started.timer = loop_.after({}, [this, id] { try_next(*asks_.at(id)); });
  return id;
}

void DnsForwarder::forget(AskId id) {
  const auto found = asks_.find(id);
  if (found == asks_.end()) return;
  close(*found->second);
  asks_.erase(found);
}

void DnsForwarder::close(Ask& ask) {
  loop_.cancel(ask.timer);
  ask.timer = 0;
  if (ask.socket.valid()) loop_.remove(ask.socket.value());
  ask.socket.reset();
}

void DnsForwarder::finish(Ask& ask, std::string reply) {
  close(ask);
  const Done done = std::move(ask.done);
  set_dns_id(reply, ask.query.id);
  asks_.erase(ask.id);
  done(std::move(reply));
}

void DnsForwarder::try_next(Ask& ask) {
  close(ask);
  while (ask.next_server < servers_.size()) {
    if (start(ask, servers_[ask.next_server++])) return;
  }
  finish(ask, std::move(ask.refusal));
}

bool DnsForwarder::start(Ask& ask, const IpAddress& server) {
  auto visit = sys::NetnsVisit::begin(netns_);
  if (!visit) return false;
  auto socket = sys::connect_socket(ask.via, {std::string(server.data()), port_});
  if (!socket) return false;
  ask.upstream_id = static_cast<std::uint16_t>(sys::random_number());
  set_dns_id(ask.packet, ask.upstream_id);
  ask.received.clear();
  std::uint32_t events = sys::kReadable;
  if (ask.via == sys::Transport::Udp) {
    const auto sent = sys::send(socket->value(), ask.packet);
    if (!sent) return false;
  } else {
    const std::size_t size = ask.packet.size();
    ask.to_send = {static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
    ask.to_send += ask.packet;
    events = sys::kWritable;
  }
  const AskId id = ask.id;
  if (!loop_.add(socket->value(), events, [this, id](std::uint32_t seen) { on_event(id, seen); }))
    return false;
  ask.socket = std::move(*socket);
  ask.timer = loop_.after(kPatience, [this, id] { try_next(*asks_.at(id)); });
  return true;
}

void DnsForwarder::on_event(AskId id, std::uint32_t) {
  Ask& ask = *asks_.at(id);
  const bool going_on = ask.via == sys::Transport::Udp ? read_datagram(ask) : exchange_stream(ask);
  if (!going_on) try_next(ask);
}

/// False when this server is of no use; the ask may be gone when true.
bool DnsForwarder::read_datagram(Ask& ask) {
  const std::unique_ptr<char[]> buffer(new char[kDnsLongestMessage]);
  while (true) {
    const auto got = sys::receive(ask.socket.value(), {buffer.get(), kDnsLongestMessage});
    if (!got) return false;
    if (!*got) return true;
    const std::string_view packet(buffer.get(), **got);
    if (!is_reply_to(ask.query, ask.upstream_id, packet)) continue;
    take_reply(ask, std::string(packet));
    return true;
  }
}

bool DnsForwarder::exchange_stream(Ask& ask) {
  if (!ask.to_send.empty()) {
    const auto sent = sys::send(ask.socket.value(), ask.to_send);
    if (!sent) return false;
    ask.to_send.erase(0, sent->value_or(0));
    loop_.change(ask.socket.value(), ask.to_send.empty() ? sys::kReadable : sys::kWritable);
    return true;
  }
  std::array<char, 4096> buffer;
  while (true) {
    const auto got = sys::receive(ask.socket.value(), buffer);
    if (!got) return false;
    if (!*got) return true;
    if (**got == 0) return false;
    ask.received.append(buffer.data(), **got);
    if (ask.received.size() < kLengthPrefix) continue;
    const std::size_t size = std::size_t{static_cast<std::uint8_t>(ask.received[0])} << 8 |
                             static_cast<std::uint8_t>(ask.received[1]);
    if (ask.received.size() < kLengthPrefix + size) continue;
    std::string packet = ask.received.substr(kLengthPrefix, size);
    if (!is_reply_to(ask.query, ask.upstream_id, packet)) return false;
    take_reply(ask, std::move(packet));
    return true;
  }
}

void DnsForwarder::take_reply(Ask& ask, std::string reply) {
  const DnsCode code = reply_code(reply);
  const bool useless =
      code == DnsCode::ServerFailure || code == DnsCode::Refused || code == DnsCode::NotImplemented;
  if (!useless) return finish(ask, std::move(reply));
  ask.refusal = std::move(reply);
  try_next(ask);
}

}  // namespace runtime::network
