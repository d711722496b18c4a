// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback.h"

namespace test {

/// What becomes of a connection whose answer has been long enough.
enum class Cut {
  Break,  ///< It ends.
  Hold,   ///< Nothing comes any more.
};

/// A TCP proxy to a port of 127.0.0.1 that breaks its first connections off after some bytes of the answer,
/// and remembers what was asked.
class CuttingProxy {
 public:
  CuttingProxy(int target, std::size_t cut_after, int cuts, Cut cut = Cut::Break)
      : target_(target),
        cut_after_(cut_after),
        cut_(cut),
        cuts_left_(cuts),
        listener_(listen_on_loopback(0, port_)),
        thread_([this] { serve(); }) {}
  ~CuttingProxy() {
    stopping_ = true;
    static_cast<void>(connect_to_loopback(port_));
    thread_.join();
  }
  int port() const { return port_; }
  std::string host() const { return "localhost:" + std::to_string(port_); }
  int cuts_left() const { return cuts_left_; }
  /// The heads of all requests so far.
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  /// Requests whose head holds this text.
  int count(const std::string& text) {
    int found = 0;
    for (const std::string& request : requests()) found += request.find(text) != std::string::npos ? 1 : 0;
    return found;
  }

 private:
  void serve() {
    std::vector<std::jthread> connections;
    while (true) {
      sys::UniqueFd client(::accept4(listener_.value(), nullptr, nullptr, SOCK_CLOEXEC));
      if (stopping_) return;
      connections.emplace_back([this, client = std::move(client)] { relay(client.value()); });
    }
  }
  /// Requests that are pulls have no body, so each of them begins a piece.
  void remember(std::string_view piece) {
    const std::lock_guard lock(mutex_);
    for (const char* method : {"GET ", "HEAD ", "POST ", "PUT "}) {
      if (piece.starts_with(method)) requests_.emplace_back(piece.substr(0, piece.find("\r\n\r\n")));
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
        const std::string_view piece(buffer.data(), static_cast<std::size_t>(count));
        const bool answer = ready.fd != client;
        if (answer) answered += piece.size();
        if (!answer) remember(piece);
        const int to = answer ? client : server.value();
        if (::send(to, piece.data(), piece.size(), MSG_NOSIGNAL) != count) return;
        if (answered > cut_after_ && cuts_left_ > 0) {
          --cuts_left_;
          if (cut_ == Cut::Hold) wait_for_end(client);
          return;
        }
      }
    }
  }
  /// Until the client is gone.
  void wait_for_end(int client) const {
    char piece[64];
    while (!stopping_) {
      pollfd waiting{client, POLLIN, 0};
      if (::poll(&waiting, 1, 100) > 0 && ::recv(client, piece, sizeof piece, 0) <= 0) return;
    }
  }

  int target_, port_ = 0;
  std::size_t cut_after_;
  Cut cut_;
  std::atomic<int> cuts_left_;
  std::atomic<bool> stopping_{false};
  sys::UniqueFd listener_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace test
