// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/split.h"
#include "support/loopback.h"
#include "sys/file.h"

namespace test {

struct DoubleRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct DoubleResponse {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  std::optional<std::size_t> announced;  ///< Content-Length, when it is to lie.
  std::optional<std::size_t> cut;        ///< The connection breaks after so many bytes of the body.
};

/// An HTTP/1.1 server on 127.0.0.1 that answers as a test tells it, one request a connection.
class HttpDouble {
 public:
  using Handler = std::function<DoubleResponse(const DoubleRequest&)>;

  explicit HttpDouble(Handler handler)
      : handler_(std::move(handler)), listener_(listen_on_loopback(0, port_)), thread_([this] { serve(); }) {}
  ~HttpDouble() {
    stopping_ = true;
    // Wakes the accepting thread.
    static_cast<void>(connect_to_loopback(port_));
    thread_.join();
  }
  std::string host() const { return "localhost:" + std::to_string(port_); }
  int port() const { return port_; }
  std::vector<DoubleRequest> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    std::vector<std::jthread> connections;
    while (true) {
      sys::UniqueFd fd(::accept4(listener_.value(), nullptr, nullptr, SOCK_CLOEXEC));
      if (stopping_) return;
      connections.emplace_back([this, fd = std::move(fd)] { answer(fd.value()); });
    }
  }
  void answer(int fd) {
    std::string text;
    char buffer[4096];
    while (text.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
      if (count <= 0) return;  // A TLS greeting is answered by hanging up below.
      text.append(buffer, static_cast<std::size_t>(count));
      if (text[0] == '\x16') return;
    }
    DoubleRequest request;
    const auto lines = base::split(text.substr(0, text.find("\r\n\r\n")), '\n');
    const auto words = base::split(lines[0], ' ');
    request.method = words[0];
    request.path = words[1];
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto [name, value] = base::split_once(lines[i], ':');
      request.headers[base::to_lower(name)] = base::trim(value);
    }
    request.body = text.substr(text.find("\r\n\r\n") + 4);
    const std::string length = request.header("content-length");
    while (!length.empty() && request.body.size() < std::stoul(length)) {
      const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
      if (count <= 0) return;
      request.body.append(buffer, static_cast<std::size_t>(count));
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const DoubleResponse response = handler_(request);
    std::string out = "HTTP/1.1 " + std::to_string(response.status) +
                      " X\r\nConnection: close\r\nContent-Length: " +
                      std::to_string(response.announced.value_or(response.body.size())) + "\r\n";
    for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
    out += "\r\n";
    if (request.method != "HEAD") out += response.body.substr(0, response.cut.value_or(response.body.size()));
    for (std::size_t at = 0; at < out.size();) {
      const ssize_t count = ::send(fd, out.data() + at, out.size() - at, MSG_NOSIGNAL);
      if (count <= 0) return;
      at += static_cast<std::size_t>(count);
    }
    // Lets the peer read everything before the connection goes.
    ::shutdown(fd, SHUT_WR);
    while (::recv(fd, buffer, sizeof buffer, 0) > 0) {
    }
  }

  Handler handler_;
  int port_ = 0;
  sys::UniqueFd listener_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<DoubleRequest> requests_;
  std::thread thread_;
};

}  // namespace test
