// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_program.h"

#include <fcntl.h>

#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "base/address_text.h"
#include "base/split.h"
#include "runtime/build/host_program.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/spawn.h"

namespace runtime::build {
namespace {

/// For every git of a fetch, those of submodules too, which command line settings do not get to.
constexpr std::string_view kSettings =
    "[core]\n hooksPath = /dev/null\n logAllRefUpdates = false\n"
    "[advice]\n detachedHead = false\n"
    "[init]\n defaultBranch = master\n"
    "[gc]\n auto = 0\n"
    // A transfer that stands still ends.
    "[http]\n lowSpeedLimit = 1\n lowSpeedTime = 30\n";

std::string in_shell_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

GitProgram::~GitProgram() { static_cast<void>(sys::remove_tree(own_)); }

base::Result<> GitProgram::prepare(std::string_view settings) {
  auto program = open_host_program("git");
  if (!program) return base::fail(std::move(program).error().with_hint("install git, or give a folder"));
  program_ = std::move(*program);
  TRY(sys::make_directories(own_, 0700));
  TRY(sys::make_directories(own_ + "/home", 0700));
  return sys::write_file(own_ + "/settings", fmt::format("{}{}", kSettings, settings), 0600);
}

std::vector<std::string> GitProgram::environment() const {
  std::vector<std::string> out = {fmt::format("GIT_ALLOW_PROTOCOL=https:http:git{}", over_ssh_ ? ":ssh" : ""),
                                  "GIT_TERMINAL_PROMPT=0",
                                  "GIT_CONFIG_NOSYSTEM=1",
                                  fmt::format("GIT_CONFIG_GLOBAL={}/settings", own_),
                                  "GIT_TEMPLATE_DIR=",
                                  "GIT_ATTR_NOSYSTEM=1",
                                  fmt::format("HOME={}/home", own_),
                                  "LC_ALL=C"};
  std::vector<const char*> names = {"PATH",       "HTTPS_PROXY", "https_proxy", "HTTP_PROXY",
                                    "http_proxy", "NO_PROXY",    "no_proxy"};
  if (over_ssh_) names.push_back("SSH_AUTH_SOCK");
  for (const char* name : names) {
    if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
  }
  return out;
}

base::Result<> GitProgram::remember_login(std::string_view login) {
  TRY(sys::write_file(own_ + "/login", fmt::format("{}\n", login), 0600));
  has_login_ = true;
  return {};
}

base::Result<> GitProgram::forget_login() {
  has_login_ = false;
  return sys::remove_tree(own_ + "/login");
}

base::Result<std::string> GitProgram::run(const std::string& folder,
                                          const std::vector<std::string>& arguments) const {
  std::vector<std::string> words = {"git", "-C", folder};
  if (has_login_) {
    words.emplace_back("-c");
    words.push_back("credential.helper=store --file=" + in_shell_quotes(own_ + "/login"));
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::string log_path = own_ + "/log";
  const sys::UniqueFd log = TRY(sys::open_file(log_path, O_RDWR | O_CREAT | O_TRUNC, 0600));
  const sys::Spawned git = TRY(sys::spawn({.program = program_.value(),
                                           .arguments = words,
                                           .environment = environment(),
                                           .descriptors = {-1, log.value(), log.value()},
                                           .ends_with_caller = true,
                                           .takes_descendants_along = true}));
  constexpr std::chrono::milliseconds kLook{50};
  auto ended = TRY(sys::wait_pidfd(git.pidfd.value(), kLook));
  while (!ended && !cancellation_.requested()) ended = TRY(sys::wait_pidfd(git.pidfd.value(), kLook));
  if (!ended) {
    TRY(sys::kill_group(git));
    TRY(sys::wait_pidfd(git.pidfd.value()));
    return base::fail(base::ErrorClass::Cancelled, "the build was cancelled");
  }
  const std::string text = TRY(sys::read_file(log_path));
  const std::string said(base::trim(text));
  if (ended->code == 0) return said;
  return base::fail(base::ErrorClass::Unavailable,
                    fmt::format("git {} failed (exit code {}): {}", arguments.front(), ended->code,
                                base::hide_secrets(said)));
}

}  // namespace runtime::build
