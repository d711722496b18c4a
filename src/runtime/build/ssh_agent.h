// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "sys/fd.h"
#include "sys/spawn.h"

namespace runtime::build {

/// An agent of OpenSSH that holds some keys for one build. It ends with this object, and with the process
/// when that is killed: it serves for as long as a pipe is open.
class SshAgent {
 public:
  /// `socket` is the path to serve at. NotFound: no OpenSSH here. Invalid: a key that cannot be used, with
  /// what ssh-add says of it. Cancelled while that works.
  static base::Result<SshAgent> start(const std::vector<std::string>& keys, std::string socket,
                                      const base::Cancellation& cancellation);
  SshAgent(SshAgent&&) noexcept = default;
  SshAgent& operator=(SshAgent&&) = delete;
  ~SshAgent();

  const std::string& socket() const { return socket_; }

 private:
  SshAgent(std::string socket, sys::Spawned process, sys::UniqueFd alive)
      : socket_(std::move(socket)), process_(std::move(process)), alive_(std::move(alive)) {}
  std::string socket_;
  sys::Spawned process_;
  sys::UniqueFd alive_;  ///< The agent's end is the end of this pipe.
};

/// The agents of a build's request: sockets of the host, and agents of its own for key files. compose-spec:
/// build.ssh: "default" (the agent of SSH_AUTH_SOCK), "id=socket", "id=key,key".
class SshAgents {
 public:
  explicit SshAgents(const std::vector<std::string>& entries) : entries_(entries) {}

  /// The socket of `id`; nothing when the request has no such entry. `folder` takes sockets of own agents.
  base::Result<std::optional<std::string>> find(const std::string& id, const std::string& folder,
                                                const base::Cancellation& cancellation);

 private:
  const std::vector<std::string>& entries_;
  std::mutex mutex_;
  std::map<std::string, SshAgent> own_;
  int started_ = 0;  ///< Agents, also those that could not be used: they leave their sockets late.
};

}  // namespace runtime::build
