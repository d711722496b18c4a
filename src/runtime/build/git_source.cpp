// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/address_text.h"
#include "base/split.h"
#include "runtime/build/host_program.h"
#include "runtime/build/layered_tree.h"
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

/// What is before the host in "https://user:password@host/...", with the "@".
std::string_view user_part(std::string_view address) {
  if (!address.starts_with("https://") && !address.starts_with("http://")) return {};
  const auto start = address.find("://") + 3;
  const std::string_view host = address.substr(start, address.substr(start).find('/'));
  const auto at = host.rfind('@');
  return at == std::string_view::npos ? std::string_view() : host.substr(0, at + 1);
}

std::string without_user(std::string_view address) {
  const std::string_view user = user_part(address);
  if (user.empty()) return std::string(address);
  const auto start = address.find("://") + 3;
  return fmt::format("{}{}", address.substr(0, start), address.substr(start + user.size()));
}

/// As git's settings have it.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// Settings of every git of this fetch, those of submodules too, which command line settings do not get to.
/// The password is in here alone: what a repository keeps of its address is without.
std::string make_settings(const GitAddress& address) {
  const std::string_view repository = address.repository;
  std::string out =
      "[core]\n hooksPath = /dev/null\n[protocol \"file\"]\n allow = never\n[advice]\n detachedHead = false\n"
      "[init]\n defaultBranch = master\n"
      // A transfer that stands still ends, and with it a helper left alone.
      "[http]\n lowSpeedLimit = 1\n lowSpeedTime = 30\n";
  const auto start = repository.find("://");
  if (start == std::string_view::npos) return out;
  const std::string host(repository.substr(0, repository.find('/', start + 3)));
  if (!user_part(repository).empty())
    out += fmt::format("[url {}]\n insteadOf = {}\n", quote(host + "/"), quote(without_user(host) + "/"));
  if (!address.authorization.empty()) {
    out += fmt::format("[http {}]\n extraHeader = {}\n", quote(without_user(host) + "/"),
                       quote("Authorization: " + address.authorization));
  }
  return out;
}

/// A repository is somebody else's: none of its settings, hooks, filters or odd protocols may run anything.
std::vector<std::string> git_environment(const std::string& settings) {
  std::vector<std::string> out = {"GIT_ALLOW_PROTOCOL=https:http:ssh:git", "GIT_TERMINAL_PROMPT=0",
                                  "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + settings, "LC_ALL=C"};
  for (const char* name : {"PATH", "HOME", "SSH_AUTH_SOCK", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY",
                           "http_proxy", "NO_PROXY", "no_proxy"}) {
    if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
  }
  return out;
}

class Git {
 public:
  Git(sys::UniqueFd program, std::string folder, const std::string& secrets,
      const base::Cancellation& cancellation)
      : program_(std::move(program)),
        folder_(std::move(folder)),
        settings_(fmt::format("{}/git-{}", secrets, folder_.substr(folder_.find_last_of('/') + 1))),
        log_(folder_ + ".log"),
        cancellation_(cancellation) {}
  Git(const Git&) = delete;
  Git& operator=(const Git&) = delete;
  ~Git() {
    static_cast<void>(sys::remove_tree(settings_));
    static_cast<void>(sys::remove_tree(log_));
  }

  base::Result<> configure(const GitAddress& address) {
    return sys::write_file(settings_, make_settings(address), 0600);
  }

  /// What it wrote.
  base::Result<std::string> run(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"git", "-C", folder_};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const sys::UniqueFd log = TRY(sys::open_file(log_, O_RDWR | O_CREAT | O_TRUNC, 0600));
    const sys::Spawned git = TRY(sys::spawn({.program = program_.value(),
                                             .arguments = words,
                                             .environment = git_environment(settings_),
                                             .descriptors = {-1, log.value(), log.value()},
                                             .ends_with_caller = true}));
    while (true) {
      constexpr std::chrono::milliseconds kLook{50};
      const auto ended = TRY(sys::wait_pidfd(git.pidfd.value(), kLook));
      if (ended) return report(*ended, arguments);
      if (!cancellation_.requested()) continue;
      TRY(sys::kill_group(git));
      TRY(sys::wait_pidfd(git.pidfd.value()));
      return base::fail(base::ErrorClass::Cancelled, "the build was cancelled");
    }
  }

 private:
  base::Result<std::string> report(const sys::ExitStatus& status,
                                   const std::vector<std::string>& arguments) const {
    const auto text = sys::read_file(log_);
    std::string said(base::trim(text ? *text : ""));
    if (status.code == 0) return said;
    return base::fail(base::ErrorClass::Unavailable,
                      fmt::format("git {} failed (exit code {}): {}", arguments.front(), status.code,
                                  base::hide_secrets(said)));
  }

  sys::UniqueFd program_;
  const std::string folder_, settings_, log_;
  const base::Cancellation& cancellation_;
};

bool may_be_commit(std::string_view ref) {
  return ref.size() >= 4 && ref.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// The commit; another one than demanded is Invalid.
base::Result<std::string> fetch_commit(Git& git, const GitAddress& address) {
  const std::string ref = address.ref.empty() ? "HEAD" : address.ref;
  std::string found = "FETCH_HEAD";
  const auto fetched =
      git.run({"fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", "origin", ref});
  if (!fetched) {
    if (fetched.error().error_class == base::ErrorClass::Cancelled || !may_be_commit(ref))
      return base::fail(fetched.error());
    // A server gives a commit away by its whole name at most: all of its branches may have it.
    TRY(git.run({"fetch", "--quiet", "--tags", "--no-recurse-submodules", "--", "origin",
                 "+refs/heads/*:refs/remotes/origin/*"}));
    found = ref;
  }
  const auto parse = [&](const std::string& name) {
    return git.run({"rev-parse", "--verify", "--quiet", "--end-of-options", name});
  };
  const auto object = parse(found);
  // It was no commit: why it could not be fetched is what there is to say.
  if (!object) return base::fail(fetched ? object.error() : fetched.error());
  std::string commit = TRY(parse(found + "^{commit}"));
  if (commit.starts_with(address.checksum) || object->starts_with(address.checksum)) return commit;
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("{} is the commit {}, not {}", address.text(), commit, address.checksum));
}

/// No repository can hold a ".git" of its own: each of them is git's.
base::Result<> remove_git_folders(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    if (entry->path().filename() != ".git") continue;
    found.push_back(entry->path().string());
    entry.disable_recursion_pending();
  }
  if (error) return base::fail(base::make_errno_error("reading " + folder, error.value()));
  for (const std::string& path : found) TRY(sys::remove_tree(path));
  return {};
}

/// What only this fetch knows: which address it was, and what it went through.
base::Result<> clean_git_folder(const std::string& folder) {
  for (const char* name : {"/FETCH_HEAD", "/logs"}) TRY(sys::remove_tree(folder + name));
  return {};
}

base::Result<std::string> fetch_files(Git& git, const GitAddress& address, const std::string& target,
                                      bool keep_git_folder) {
  TRY(git.configure(address));
  TRY(git.run({"init", "--quiet"}));
  TRY(git.run({"remote", "add", "--", "origin", without_user(address.repository)}));
  const std::string commit =
      TRY_WHILE(fetch_commit(git, address), fmt::format("fetching {}", address.text()));
  TRY(git.run({"checkout", "--quiet", "--detach", commit}));
  if (address.submodules && sys::path_exists(target + "/.gitmodules")) {
    TRY_WHILE(git.run({"submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"}),
              fmt::format("fetching the submodules of {}", address.text()));
  }
  TRY(keep_git_folder ? clean_git_folder(target + "/.git") : remove_git_folders(target));
  return commit;
}

}  // namespace

base::Result<GitCheckout> fetch_git(const GitAddress& address, const std::string& target,
                                    const std::string& secrets, bool keep_git_folder,
                                    const base::Cancellation& cancellation) {
  const std::string shown = base::hide_secrets(address.repository);
  const auto odd = [](unsigned char c) { return c < ' ' || c == 0x7f; };
  if (address.repository.starts_with('-') || address.ref.starts_with('-') ||
      std::any_of(address.repository.begin(), address.repository.end(), odd) ||
      std::any_of(address.authorization.begin(), address.authorization.end(), odd)) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("'{}' is no Git address", shown));
  }
  TRY(sys::make_directories(target, 0755));
  GitCheckout out;
  {
    Git git(TRY(open_git()), target, secrets, cancellation);
    out.commit = TRY(fetch_files(git, address, target, keep_git_folder));
  }
  const LayeredTree tree = TRY(LayeredTree::open({target}, OverlayMarks::Ignore));
  const Resolution found = TRY(tree.resolve(address.folder));
  if (!found.node || !found.node->is_folder()) {
    return base::fail(base::ErrorClass::NotFound,
                      fmt::format("{} has no folder '{}'", shown, address.folder));
  }
  out.folder = found.node->path.empty() ? target : fmt::format("{}/{}", target, found.node->path);
  return out;
}

}  // namespace runtime::build
