// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cstdlib>

#include <fmt/format.h>

#include "base/address_text.h"
#include "base/split.h"
#include "runtime/build/host_program.h"
#include "runtime/build/layered_tree.h"
#include "runtime/build/remote_source.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/spawn.h"

namespace runtime::build {
namespace {

base::Result<sys::UniqueFd> open_git() {
  auto program = open_host_program("git");
  if (program) return program;
  return base::fail(std::move(program).error().with_hint("install git, or give a folder"));
}

/// A repository is somebody else's: none of its settings, hooks, filters or odd protocols may run anything.
std::vector<std::string> git_environment() {
  std::vector<std::string> out = {"GIT_ALLOW_PROTOCOL=https:http:ssh:git", "GIT_TERMINAL_PROMPT=0",
                                  "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C"};
  for (const char* name : {"PATH", "HOME", "SSH_AUTH_SOCK", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY",
                           "http_proxy", "NO_PROXY", "no_proxy"}) {
    if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
  }
  return out;
}

class Git {
 public:
  Git(sys::UniqueFd program, std::string folder, const base::Cancellation& cancellation)
      : program_(std::move(program)), folder_(std::move(folder)), cancellation_(cancellation) {}

  base::Result<> run(std::vector<std::string> arguments) {
    std::vector<std::string> words = {"git", "-C", folder_, "-c", "core.hooksPath=/dev/null", "-c",
                                      "protocol.file.allow=never", "-c", "advice.detachedHead=false",
                                      // A transfer that stands still ends, and with it a helper left alone.
                                      "-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=30"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const std::string output = folder_ + ".log";
    const sys::UniqueFd log = TRY(sys::open_file(output, O_RDWR | O_CREAT | O_TRUNC, 0600));
    const sys::Spawned git = TRY(sys::spawn({.program = program_.value(),
                                             .arguments = words,
                                             .environment = git_environment(),
                                             .descriptors = {-1, log.value(), log.value()},
                                             .ends_with_caller = true}));
    while (true) {
      constexpr std::chrono::milliseconds kLook{50};
      const auto ended = TRY(sys::wait_pidfd(git.pidfd.value(), kLook));
      if (ended) return report(*ended, arguments, output);
      if (!cancellation_.requested()) continue;
      TRY(sys::kill_group(git));
      TRY(sys::wait_pidfd(git.pidfd.value()));
      return base::fail(base::ErrorClass::Cancelled, "the build was cancelled");
    }
  }

 private:
  static base::Result<> report(const sys::ExitStatus& status, const std::vector<std::string>& arguments,
                               const std::string& log) {
    if (status.code == 0) return {};
    const auto text = sys::read_file(log);
    return base::fail(base::ErrorClass::Unavailable,
                      fmt::format("git {} failed (exit code {}): {}", arguments.front(), status.code,
                                  base::hide_secrets(base::trim(text ? *text : ""))));
  }

  sys::UniqueFd program_;
  std::string folder_;
  const base::Cancellation& cancellation_;
};

}  // namespace

base::Result<std::string> fetch_git(const GitAddress& address, const std::string& target,
                                    bool keep_git_folder, const base::Cancellation& cancellation) {
  if (address.repository.starts_with('-') || address.ref.starts_with('-')) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("'{}' is no Git address", base::hide_secrets(address.repository)));
  }
  TRY(sys::make_directories(target, 0755));
  Git git(TRY(open_git()), target, cancellation);
  TRY(git.run({"init", "--quiet"}));
  const std::string ref = address.ref.empty() ? "HEAD" : address.ref;
  TRY_WHILE(
      git.run({"fetch", "--quiet", "--depth=1", "--no-recurse-submodules", "--", address.repository, ref}),
      fmt::format("fetching {} of {}", ref, base::hide_secrets(address.repository)));
  TRY(git.run({"checkout", "--quiet", "FETCH_HEAD"}));
  if (!keep_git_folder) TRY(sys::remove_tree(target + "/.git"));
  const LayeredTree tree = TRY(LayeredTree::open({target}, OverlayMarks::Ignore));
  const Resolution found = TRY(tree.resolve(address.folder));
  if (!found.node || !found.node->is_folder()) {
    return base::fail(
        base::ErrorClass::NotFound,
        fmt::format("{} has no folder '{}'", base::hide_secrets(address.repository), address.folder));
  }
  return found.node->path.empty() ? target : fmt::format("{}/{}", target, found.node->path);
}

}  // namespace runtime::build
