// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/ssh_proxy.h"

#include <list>
#include <vector>

#include "sys/event_loop.h"
#include "sys/ownership.h"
#include "sys/stream_io.h"
#include "sys/unix_socket.h"

namespace runtime::build {
namespace {

/// More than these wait until one has ended.
constexpr std::size_t kMostConnections = 7;

/// One way of a connection. What was read is written before more is read.
struct Direction {
  int from = -1, to = -1;
  std::string pending;

  /// False at the end.
  bool move() {
    if (pending.empty()) {
      std::string room(16 * 1024, '\0');
      const sys::Transfer read = sys::try_read(from, room);
      if (read.state == sys::Transfer::State::WouldBlock) return true;
      if (read.state != sys::Transfer::State::Moved) return false;
      pending.assign(room, 0, read.size);
    }
    const sys::Transfer written = sys::try_write(to, pending);
    if (written.state == sys::Transfer::State::Moved) pending.erase(0, written.size);
    return written.state == sys::Transfer::State::Moved || written.state == sys::Transfer::State::WouldBlock;
  }
};

struct Connection {
  Connection(sys::UniqueFd step_end, sys::UniqueFd agent_end)
      : step(std::move(step_end)), agent(std::move(agent_end)) {}

  sys::Waiting wait_for(const sys::UniqueFd& end, const Direction& out, const Direction& in) const {
    const std::uint32_t events =
        (out.pending.empty() ? sys::kReadable : 0) | (in.pending.empty() ? 0 : sys::kWritable);
    // An end that was closed is always ready: it is looked at when it matters.
    return {.fd = events == 0 ? -1 : end.value(), .events = events, .ready = 0};
  }
  void add_to(std::vector<sys::Waiting>& all) const {
    all.push_back(wait_for(step, request, reply));
    all.push_back(wait_for(agent, reply, request));
  }

  sys::UniqueFd step, agent;
  Direction request{.from = step.value(), .to = agent.value(), .pending = {}};
  Direction reply{.from = agent.value(), .to = step.value(), .pending = {}};
};

/// None when the agent has gone: the step sees its connection close.
base::Result<> take_connection(int listener, const std::string& agent, std::list<Connection>& connections) {
  auto step = TRY(sys::accept_connection(listener));
  if (!step) return {};
  sys::UniqueFd end = TRY(sys::connect_stream_socket(agent));
  TRY(sys::set_nonblocking(end.value()));
  connections.emplace_back(*std::move(step), std::move(end));
  return {};
}

}  // namespace

base::Result<std::unique_ptr<SshProxy>> SshProxy::start(const std::string& agent, const std::string& socket,
                                                        const Access& access) {
  TRY(sys::connect_stream_socket(agent));
  sys::UniqueFd listener = TRY(sys::listen_stream_socket(socket));
  TRY(sys::change_mode(socket, access.mode));
  TRY(sys::change_owner(socket, access.uid, access.gid));
  auto [stopped, running] = TRY(sys::make_pipe());
  return std::unique_ptr<SshProxy>(
      new SshProxy(agent, std::move(listener), std::move(stopped), std::move(running)));
}

SshProxy::SshProxy(std::string agent, sys::UniqueFd listener, sys::UniqueFd stopped, sys::UniqueFd running)
    : agent_(std::move(agent)),
      listener_(std::move(listener)),
      stopped_(std::move(stopped)),
      running_(std::move(running)),
      thread_([this] { serve(); }) {}

SshProxy::~SshProxy() { running_.reset(); }

void SshProxy::serve() {
  std::list<Connection> connections;
  while (true) {
    const bool has_room = connections.size() < kMostConnections;
    std::vector<sys::Waiting> all = {
        {.fd = stopped_.value(), .events = sys::kReadable, .ready = 0},
        {.fd = has_room ? listener_.value() : -1, .events = sys::kReadable, .ready = 0}};
    for (const Connection& connection : connections) connection.add_to(all);
    // Without it the step has no agent, which is what it will say.
    if (!sys::wait_ready(all, std::chrono::milliseconds(-1))) return;
    if (all[0].ready != 0) return;
    std::erase_if(connections, [](Connection& one) { return !one.request.move() || !one.reply.move(); });
    if (all[1].ready != 0) static_cast<void>(take_connection(listener_.value(), agent_, connections));
  }
}

}  // namespace runtime::build
