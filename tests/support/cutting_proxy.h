// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "support/loopback.h"

namespace test {

/// A TCP proxy to a port of 127.0.0.1 that breaks its first connections off after some bytes of the answer.
class CuttingProxy {
 public:
  CuttingProxy(int target, std::size_t cut_after, int cuts)
      : target_(target),
        cut_after_(cut_after),
        cuts_left_(cuts),
        listener_(listen_on_loopback(0, port_)),
        thread_([this] { serve(); }) {}
  ~CuttingProxy() {
    stopping_ = true;
    static_cast<void>(connect_to_loopback(port_));
    thread_.join();
  }
  int port() const { return port_; }
  int cuts_left() const { return cuts_left_; }

 private:
  void serve() {
    std::vector<std::jthread> connections;
    while (true) {
      sys::UniqueFd client(::accept4(listener_.value(), nullptr, nullptr, SOCK_CLOEXEC));
      if (stopping_) return;
      connections.emplace_back([this, client = std::move(client)] { relay(client.value()); });
    }
  }
  /// Both ways until one side ends, or the answer has been long enough.
  void relay(int client) {
    const sys::UniqueFd server = connect_to_loopback(target_);
    std::size_t answered = 0;
    std::vector<char> buffer(16 * 1024);
    while (!stopping_) {
      pollfd waiting[2] = {{client, POLLIN, 0}, {server.value(), POLLIN, 0}};
      if (::poll(waiting, 2, 100) < 0) return;
      for (const pollfd& ready : waiting) {
        if (ready.revents == 0) continue;
        const ssize_t count = ::recv(ready.fd, buffer.data(), buffer.size(), 0);
        if (count <= 0) return;
        const bool answer = ready.fd != client;
        if (answer) answered += static_cast<std::size_t>(count);
        const int to = answer ? client : server.value();
        if (::send(to, buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) return;
        if (answered > cut_after_ && cuts_left_ > 0) {
          --cuts_left_;
          return;
        }
      }
    }
  }

  int target_, port_ = 0;
  std::size_t cut_after_;
  std::atomic<int> cuts_left_;
  std::atomic<bool> stopping_{false};
  sys::UniqueFd listener_;
  std::thread thread_;
};

}  // namespace test
