// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/resolver.h"

#include <array>
#include <chrono>
#include <map>

#include "runtime/network/dns_forwarder.h"
#include "runtime/network/dns_message.h"
#include "runtime/network/name_lookup.h"
#include "sys/ip_socket.h"

namespace runtime::network {
namespace {

constexpr std::uint32_t kTtlSeconds = 10;  // containers are made anew with other addresses
constexpr std::size_t kMostConnections = 32;
constexpr std::chrono::seconds kLongestSilence{10};
constexpr std::size_t kLengthPrefix = 2;
constexpr int kPacketsAtOnce = 64;  // so that a flood does not starve the rest of the loop

class ResolverServer final : public Resolver {
 public:
  ResolverServer(sys::EventLoop& loop, ResolverSettings settings, sys::UniqueFd udp, sys::UniqueFd tcp)
      : loop_(loop),
        settings_(std::move(settings)),
        forwarder_(loop, settings_),
        udp_(std::move(udp)),
        tcp_(std::move(tcp)) {}
  ~ResolverServer() override;
  base::Result<> watch();

 private:
  struct Connection {
    sys::UniqueFd socket;
    std::string in, out;
    DnsForwarder::AskId asked = 0;  ///< One question at a time; the next is read after its answer.
    sys::EventLoop::TimerId timer = 0;
    bool ended = false;  ///< The client sends no more.
  };
  using Reply = std::function<void(std::string)>;

  void on_datagrams();
  void on_connections();
  void on_stream(std::uint64_t id, std::uint32_t events);
  bool read_stream(Connection& connection);
  bool next_question(std::uint64_t id, Connection& connection);
  void on_answer(std::uint64_t id, const std::string& reply);
  bool flush(Connection& connection);
  void rest(std::uint64_t id, Connection& connection);
  void close(std::uint64_t id);
  DnsForwarder::AskId answer(std::string_view packet, sys::Transport via, const Reply& reply);

  sys::EventLoop& loop_;
  ResolverSettings settings_;
  DnsForwarder forwarder_;
  sys::UniqueFd udp_, tcp_;
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t next_connection_ = 1;
};

ResolverServer::~ResolverServer() {
  while (!connections_.empty()) close(connections_.begin()->first);
  if (udp_.valid()) loop_.remove(udp_.value());
  if (tcp_.valid()) loop_.remove(tcp_.value());
}

base::Result<> ResolverServer::watch() {
  TRY(loop_.add(udp_.value(), sys::kReadable, [this](std::uint32_t) { on_datagrams(); }));
  return loop_.add(tcp_.value(), sys::kReadable, [this](std::uint32_t) { on_connections(); });
}

/// Calls `reply` now, or later when the answer is not 0.
DnsForwarder::AskId ResolverServer::answer(std::string_view packet, sys::Transport via, const Reply& reply) {
  auto query = parse_dns_query(packet);
  if (!query) {
    reply(make_format_error(packet).value_or(std::string()));
    return 0;
  }
  const std::size_t limit = via == sys::Transport::Udp ? query->limit : kDnsLongestMessage;
  if (const auto own = look_up(settings_.sources, *query)) {
    reply(make_dns_reply(*query, DnsCode::NoError, *own, kTtlSeconds, limit));
    return 0;
  }
  const std::string failure = make_dns_reply(*query, DnsCode::ServerFailure, {}, 0, limit);
  if (!settings_.forward) {
    reply(failure);
    return 0;
  }
  const auto id =
      forwarder_.ask(std::move(*query), std::string(packet), via,
                     [reply, failure](std::string got) { reply(got.empty() ? failure : std::move(got)); });
  if (id == 0) reply(failure);
  return id;
}

void ResolverServer::on_datagrams() {
  std::array<char, 4096> buffer;
  for (int i = 0; i < kPacketsAtOnce; ++i) {
    const auto got = sys::receive_from(udp_.value(), buffer);
    if (!got || !*got) return;
    const sys::IpEndpoint client = (*got)->from;
    answer({buffer.data(), (*got)->size}, sys::Transport::Udp, [this, client](std::string reply) {
      if (!reply.empty()) sys::send_to(udp_.value(), reply, client);
    });
  }
}

void ResolverServer::on_connections() {
  while (true) {
    auto accepted = sys::accept_socket(tcp_.value());
    if (!accepted || !*accepted) return;
    if (connections_.size() >= kMostConnections) continue;
    const std::uint64_t id = next_connection_++;
    const int fd = (*accepted)->socket.value();
    if (!loop_.add(fd, sys::kReadable, [this, id](std::uint32_t events) { on_stream(id, events); })) continue;
    Connection& connection = connections_[id];
    connection.socket = std::move((*accepted)->socket);
    rest(id, connection);
  }
}

/// Starts the time of silence anew.
void ResolverServer::rest(std::uint64_t id, Connection& connection) {
  loop_.cancel(connection.timer);
  connection.timer = loop_.after(kLongestSilence, [this, id] { close(id); });
}

void ResolverServer::close(std::uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  loop_.cancel(connection.timer);
  forwarder_.forget(connection.asked);
  loop_.remove(connection.socket.value());
  connections_.erase(found);
}

void ResolverServer::on_stream(std::uint64_t id, std::uint32_t events) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  const bool broken = (events & sys::kClosed) != 0;
  if (broken || !flush(connection) || !read_stream(connection) || !next_question(id, connection)) close(id);
}

bool ResolverServer::flush(Connection& connection) {
  if (connection.out.empty()) return true;
  const auto sent = sys::send(connection.socket.value(), connection.out);
  if (!sent) return false;
  connection.out.erase(0, sent->value_or(0));
  return true;
}

/// False when the client has gone or says too much at once.
bool ResolverServer::read_stream(Connection& connection) {
  std::array<char, 4096> buffer;
  const bool full = connection.in.size() > kDnsLongestMessage + kLengthPrefix;
  if (connection.ended || full) return true;
  const auto got = sys::receive(connection.socket.value(), buffer);
  if (!got) return false;
  if (!*got) return true;
  if (**got == 0) connection.ended = true;
  connection.in.append(buffer.data(), **got);
  return true;
}

/// Takes up the questions that can be and sets what to wait for; false when the connection is done with.
bool ResolverServer::next_question(std::uint64_t id, Connection& connection) {
  while (connection.asked == 0 && connection.out.empty() && connection.in.size() >= kLengthPrefix) {
    const std::size_t size = std::size_t{static_cast<std::uint8_t>(connection.in[0])} << 8 |
                             static_cast<std::uint8_t>(connection.in[1]);
    if (size < kDnsHeaderSize) return false;
    if (connection.in.size() < kLengthPrefix + size) break;
    const std::string packet = connection.in.substr(kLengthPrefix, size);
    connection.in.erase(0, kLengthPrefix + size);
    rest(id, connection);
    connection.asked =
        answer(packet, sys::Transport::Tcp, [this, id](const std::string& reply) { on_answer(id, reply); });
    if (!flush(connection)) return false;
  }
  const bool idle = connection.asked == 0 && connection.out.empty();
  if (connection.ended && idle) return false;
  std::uint32_t events = 0;
  if (!connection.out.empty()) events = sys::kWritable;
  if (idle) events = sys::kReadable;
  loop_.change(connection.socket.value(), events);
  return true;
}

/// Called from within answer() or later, from the loop; then the connection goes on here.
void ResolverServer::on_answer(std::uint64_t id, const std::string& reply) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  if (reply.empty()) {  // not even a query: no answer, and no further question
    connection.ended = true;
    connection.in.clear();
    return;
  }
  connection.out += static_cast<char>(reply.size() >> 8);
  connection.out += static_cast<char>(reply.size() & 0xff);
  connection.out += reply;
  if (connection.asked == 0) return;
  connection.asked = 0;
  if (!flush(connection) || !next_question(id, connection)) close(id);
}

}  // namespace

base::Result<std::unique_ptr<Resolver>> Resolver::start(sys::EventLoop& loop, ResolverSettings settings,
                                                        sys::UniqueFd udp, sys::UniqueFd tcp) {
  auto server = std::make_unique<ResolverServer>(loop, std::move(settings), std::move(udp), std::move(tcp));
  TRY(server->watch());
  return server;
}

}  // namespace runtime::network
