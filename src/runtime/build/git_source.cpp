// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_source.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/address.h"
#include "base/address_text.h"
#include "runtime/build/git_folder.h"
#include "runtime/build/git_program.h"
#include "runtime/build/layered_tree.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::build {
namespace {

/// "https://user:password@host" of a repository with a user; else empty. A token stands alone before the
/// host; git takes no user without a password.
std::string login_of(base::Address repository) {
  if (!repository.is_http() || !repository.has_login()) return {};
  if (!repository.password) repository.password = "";
  return fmt::format("{}://{}@{}", repository.scheme, repository.login(), repository.server());
}

/// What git is told to fetch from. It would keep a password in the folder; users of ssh are part of the
/// place.
std::string remote_of(const base::Address& repository) {
  return repository.is_http() ? repository.without_login().text() : repository.text();
}

/// Settings that give the host of a repository a header. Git repeats headers wherever a server redirects it
/// to, so this one may not.
std::string header_settings(const std::string& authorization, const base::Address& repository) {
  if (authorization.empty()) return {};
  const auto quote = [](std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + "\"";
  };
  return fmt::format("[http {}]\n followRedirects = false\n extraHeader = {}\n",
                     quote(repository.origin() + "/"), quote("Authorization: " + authorization));
}

bool may_be_commit(std::string_view ref) {
  return ref.size() >= 4 && ref.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// The commit; another one than demanded is Invalid.
base::Result<std::string> fetch_commit(const GitProgram& git, const std::string& folder,
                                       const GitAddress& address) {
  const std::string ref = address.ref.empty() ? "HEAD" : address.ref;
  std::string found = "FETCH_HEAD";
  const auto fetched = git.run(
      folder, {"fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", "origin", ref});
  if (!fetched) {
    if (fetched.error().error_class == base::ErrorClass::Cancelled || !may_be_commit(ref))
      return base::fail(fetched.error());
    // A server gives a commit away by its whole name at most: all of its branches may have it.
    TRY(git.run(folder, {"fetch", "--quiet", "--tags", "--no-recurse-submodules", "--", "origin",
                         "+refs/heads/*:refs/remotes/origin/*"}));
    found = ref;
  }
  const auto parse = [&](const std::string& name) {
    return git.run(folder, {"rev-parse", "--verify", "--quiet", "--end-of-options", name});
  };
  const auto object = parse(found);
  // It was no commit: why it could not be fetched is what there is to say.
  if (!object) return base::fail(fetched ? object.error() : fetched.error());
  std::string commit = TRY(parse(found + "^{commit}"));
  if (commit.starts_with(address.checksum) || object->starts_with(address.checksum)) return commit;
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("{} is the commit {}, not {}", address.text(), commit, address.checksum));
}

base::Result<std::string> fetch_files(GitProgram& git, const GitAddress& address,
                                      const base::Address& repository, const GitFetch& fetch) {
  const std::string& target = fetch.target;
  TRY(git.run(target, {"init", "--quiet"}));
  TRY(git.run(target, {"remote", "add", "--", "origin", remote_of(repository)}));
  const std::string login = login_of(repository);
  if (!login.empty()) TRY(git.remember_login(login));
  auto commit = fetch_commit(git, target, address);
  if (!commit) {
    base::Error error = std::move(commit).error().while_doing(fmt::format("fetching {}", address.text()));
    if (error.hint.empty()) error.hint = address.hint;
    return base::fail(std::move(error));
  }
  TRY(git.forget_login());
  TRY(git.run(target, {"checkout", "--quiet", "--detach", *commit}));
  if (address.submodules && sys::path_exists(target + "/.gitmodules")) {
    TRY_WHILE(git.run(target, {"submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"}),
              fmt::format("fetching the submodules of {}", address.text()));
  }
  TRY(fetch.keep_git_folder ? settle_git_folder(git, target + "/.git") : remove_git_folders(target));
  return commit;
}

}  // namespace

base::Result<GitCheckout> fetch_git(const GitAddress& address, const GitFetch& fetch,
                                    const base::Cancellation& cancellation) {
  const base::Address repository = TRY(base::parse_address(address.repository));
  const auto odd = [](unsigned char c) { return c < ' ' || c == 0x7f; };
  if (address.ref.starts_with('-') ||
      std::any_of(address.authorization.begin(), address.authorization.end(), odd)) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("'{}' is no Git address", address.text()));
  }
  TRY(sys::make_directories(fetch.target, 0755));
  GitProgram git(fmt::format("{}/git.{}", fetch.memory, sys::random_hex(8)),
                 address.over_ssh() || fetch.has_ssh, cancellation);
  TRY(git.prepare(header_settings(address.authorization, repository)));
  GitCheckout out{.folder = {}, .commit = TRY(fetch_files(git, address, repository, fetch))};
  const LayeredTree tree = TRY(LayeredTree::open({fetch.target}, OverlayMarks::Ignore));
  const Resolution found = TRY(tree.resolve(address.folder));
  if (!found.node || !found.node->is_folder()) {
    return base::fail(
        base::ErrorClass::NotFound,
        fmt::format("{} has no folder '{}'", base::hide_secrets(address.repository), address.folder));
  }
  out.folder = found.node->path.empty() ? fetch.target : fmt::format("{}/{}", fetch.target, found.node->path);
  return out;
}

}  // namespace runtime::build
