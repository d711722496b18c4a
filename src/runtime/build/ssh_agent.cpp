// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/ssh_agent.h"

#include <fcntl.h>

#include <cstdlib>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/host_program.h"
#include "sys/event_loop.h"
#include "sys/file.h"
#include "sys/path_at.h"
#include "sys/pidfd.h"
#include "sys/stream_io.h"

namespace runtime::build {
namespace {

constexpr std::string_view kReady = "ready\n";
/// The agent serves while this runs. A key that asks for a passphrase finds nobody to ask.
constexpr const char* kScript = "ssh-add -q -- \"$@\" </dev/null && echo ready && exec cat >/dev/null";

base::Result<sys::UniqueFd> open_agent_program() {
  auto program = open_host_program("ssh-agent");
  if (program) return program;
  return base::fail(std::move(program).error().with_hint(
      "a key file needs OpenSSH's ssh-agent and ssh-add; or give the socket of an agent that has the key"));
}

/// Of the running agent's first words: whether it has the keys.
base::Result<> wait_until_ready(int output, const base::Cancellation& cancellation) {
  std::string text, room(4096, '\0');
  while (!text.ends_with(kReady)) {
    constexpr std::chrono::milliseconds kLook{50};
    sys::Waiting waiting{.fd = output, .events = sys::kReadable, .ready = 0};
    while (!TRY(sys::wait_ready(std::span(&waiting, 1), kLook))) {
      if (cancellation.requested()) return base::fail(base::ErrorClass::Cancelled, "the build was cancelled");
    }
    const std::size_t count = TRY(sys::read_some(output, room));
    if (count == 0) {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid,
                           fmt::format("the SSH keys cannot be used: {}", base::trim(text)))
              .with_hint("keys with a passphrase have to be in an agent: ssh-add KEY, and ssh: [default]"));
    }
    text.append(room, 0, count);
  }
  return {};
}

base::Result<bool> is_socket(const std::string& path) {
  const sys::UniqueFd fd = TRY(sys::open_file(path, O_PATH));
  return S_ISSOCK(TRY(sys::stat_fd(fd.value())).st_mode);
}

}  // namespace

base::Result<SshAgent> SshAgent::start(const std::vector<std::string>& keys, std::string socket,
                                       const base::Cancellation& cancellation) {
  const sys::UniqueFd program = TRY(open_agent_program());
  auto [stdin_end, alive] = TRY(sys::make_pipe());
  auto [output, output_end] = TRY(sys::make_pipe());
  std::vector<std::string> words = {"ssh-agent", "-a", socket, "sh", "-c", kScript, "sh"};
  words.insert(words.end(), keys.begin(), keys.end());
  const char* path = std::getenv("PATH");
  sys::Spawned process =
      TRY(sys::spawn({.program = program.value(),
                      .arguments = words,
                      .environment = {fmt::format("PATH={}", path == nullptr ? "/usr/bin:/bin" : path)},
                      .descriptors = {stdin_end.value(), output_end.value(), output_end.value()}}));
  output_end.reset();
  stdin_end.reset();
  SshAgent agent(std::move(socket), std::move(process), std::move(alive));
  if (auto ready = wait_until_ready(output.value(), cancellation); !ready) {
    // What still asks for something would be waited for.
    static_cast<void>(sys::kill_group(agent.process_));
    return base::fail(std::move(ready).error());
  }
  return agent;
}

SshAgent::~SshAgent() {
  if (!alive_.valid()) return;
  alive_.reset();
  static_cast<void>(sys::wait_pidfd(process_.pidfd.value()));
}

base::Result<std::optional<std::string>> SshAgents::find(const std::string& id, const std::string& folder,
                                                         const base::Cancellation& cancellation) {
  for (const std::string& entry : entries_) {
    const auto [name, path] = base::split_once(entry, '=');
    if (name != id) continue;
    if (path.empty()) {
      const char* socket = std::getenv("SSH_AUTH_SOCK");
      if (socket != nullptr && *socket != 0) return std::optional<std::string>(socket);
      return base::fail(
          base::make_error(
              base::ErrorClass::Unavailable,
              fmt::format("ssh '{}' is the agent that SSH_AUTH_SOCK names, which is not set", id))
              .with_hint("start one: eval $(ssh-agent), or name keys: id=path"));
    }
    const std::vector<std::string> paths = base::split(path, ',');
    if (paths.size() == 1 && TRY_WHILE(is_socket(paths.front()), fmt::format("giving ssh '{}'", id)))
      return std::optional(paths.front());
    const std::lock_guard lock(mutex_);
    auto own = own_.find(id);
    if (own == own_.end()) {
      const std::string socket = fmt::format("{}/agent.{}", folder, started_++);
      own = own_.emplace(id, TRY_WHILE(SshAgent::start(paths, socket, cancellation),
                                       fmt::format("giving ssh '{}'", id)))
                .first;
    }
    return std::optional(own->second.socket());
  }
  return std::optional<std::string>();
}

}  // namespace runtime::build
