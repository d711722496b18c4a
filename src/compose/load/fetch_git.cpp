// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "base/address_text.h"
#include "base/sha256.h"
#include "base/split.h"
#include "compose/load/file_path.h"
#include "compose/load/file_source.h"

namespace compose::load {
namespace {

namespace fs = std::filesystem;

/// compose-spec: include: "repository[#[ref][:folder or file]]".
struct GitReference {
  std::string repository, ref, path;
};

GitReference parse_reference(const std::string& text) {
  GitReference reference;
  const auto [repository, fragment] = base::split_once(text, '#');
  const auto [ref, path] = base::split_once(fragment, ':');
  reference.repository =
      repository.starts_with("github.com/") ? "https://" + std::string(repository) : std::string(repository);
  reference.ref = ref.empty() ? "HEAD" : std::string(ref);
  reference.path = path;
  return reference;
}

bool is_commit(std::string_view ref) {
  return ref.size() == 40 && ref.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_safe(const GitReference& reference) {
  // a ref or a URL that begins with "-" would be an option of git
  return !reference.ref.starts_with('-') && !reference.repository.starts_with('-') &&
         !clean_path(reference.path).starts_with("..") && !reference.path.starts_with('/');
}

/// The commit of `ref` among the lines of `git ls-remote`; empty when there is none. man 1 git-ls-remote
std::string find_commit(const std::string& listing, const std::string& ref) {
  const std::array names = {ref, fmt::format("refs/tags/{}^{{}}", ref), fmt::format("refs/tags/{}", ref),
                            fmt::format("refs/heads/{}", ref)};
  std::string commit;
  std::size_t best = names.size();
  for (const std::string& line : base::split(listing, '\n')) {
    const auto [hash, name] = base::split_once(line, '\t');
    const auto at = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    if (at >= best || !is_commit(hash)) continue;
    best = at;
    commit = hash;
  }
  return commit;
}

/// One repository, whose commits are kept in a folder of their own each.
class Repository {
 public:
  Repository(const GitReference& reference, const std::string& cache, const RunProgram& run)
      : reference_(reference),
        folder_(join_path(cache, "git/" + base::sha256_hex(reference.repository).substr(0, 32))),
        run_(run) {}

  /// The folder of the commit that the ref is now. A commit never changes: it is fetched once.
  base::Result<std::string> folder() const {
    const std::string commit = is_commit(reference_.ref) ? reference_.ref : TRY(ask());
    std::string kept = join_path(folder_, commit);
    std::error_code ec;
    if (!fs::exists(kept, ec)) TRY(fetch(commit, kept));
    return kept;
  }

 private:
  base::Result<std::string> git(std::vector<std::string> arguments) const {
    // nobody is there to answer git's questions
    arguments.insert(arguments.begin(), {"git", "-c", "core.askPass=true"});
    return run_(arguments);
  }

  base::Result<std::string> ask() const {
    const auto listing =
        git({"ls-remote", "-q", "--", reference_.repository, reference_.ref, reference_.ref + "^{}"});
    if (!listing) return unreachable(listing.error());
    std::string commit = find_commit(*listing, reference_.ref);
    if (!commit.empty()) return commit;
    return base::fail(base::make_error(base::ErrorClass::NotFound,
                                       fmt::format("{} has no branch or tag {}",
                                                   base::hide_secrets(reference_.repository), reference_.ref))
                          .with_hint("name a branch, a tag or a commit's 40 digits after #"));
  }

  /// Makes the folder beside its place and renames it: what stands at its place is complete.
  base::Result<> fetch(const std::string& commit, const std::string& place) const {
    const std::string fresh = fmt::format("{}.{}", place, ::getpid());
    std::error_code ec;
    fs::create_directories(fresh, ec);
    // What came with somebody's password is theirs alone.
    if (!ec) fs::permissions(fresh, fs::perms::owner_all, ec);
    if (ec) return base::fail(base::make_errno_error(fmt::format("mkdir(\"{}\")", fresh), ec.value()));
    base::Result<> done = fill(fresh, commit);
    if (done) {
      fs::rename(fresh, place, ec);
      if (!ec) return {};
      // another command was faster
      std::error_code none;
      if (!fs::exists(place, none))
        done = base::fail(base::make_errno_error(fmt::format("rename(\"{}\")", fresh), ec.value()));
    }
    fs::remove_all(fresh, ec);
    if (!done) fs::remove(folder_, ec);  // unless it has other commits
    return done;
  }

  base::Result<> fill(const std::string& folder, const std::string& commit) const {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"init", "-q"},
          std::vector<std::string>{"fetch", "-q", "--depth", "1", "--", reference_.repository,
                                   reference_.ref},
          std::vector<std::string>{"checkout", "-q", "-f", commit}}) {
      std::vector<std::string> words = {"-C", folder};
      words.insert(words.end(), arguments.begin(), arguments.end());
      const auto done = git(std::move(words));
      if (!done) return unreachable(done.error());
    }
    return {};
  }

  /// Of what git said, its first line names the cause.
  tl::unexpected<base::Error> unreachable(const base::Error& error) const {
    std::string_view cause = base::trim(base::split_once(error.message, '\n').first);
    if (cause.starts_with("fatal: ")) cause.remove_prefix(7);
    const bool absent = error.error_class == base::ErrorClass::NotFound;
    return base::fail(
        base::make_error(base::ErrorClass::Unavailable,
                         fmt::format("cannot fetch from {}: {}", base::hide_secrets(reference_.repository),
                                     base::hide_secrets(cause)))
            .with_hint(absent ? "install git" : "check the address, the network and git's credentials"));
  }

  const GitReference& reference_;
  std::string folder_;
  const RunProgram& run_;
};

}  // namespace

base::Result<std::string> DiskFileSource::fetch_git(const std::string& text) const {
  if (!run_)
    return base::fail(base::ErrorClass::Unsupported,
                      fmt::format("cannot fetch {} here", base::hide_secrets(text)));
  const GitReference reference = parse_reference(text);
  if (!is_safe(reference))
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("invalid git reference {}", base::hide_secrets(text)));
  const std::string key = reference.repository + "#" + reference.ref;
  if (!git_folders_.contains(key))
    git_folders_.emplace(key, TRY(Repository(reference, cache_folder_, run_).folder()));
  return join_path(git_folders_.at(key), reference.path);
}

std::string DiskFileSource::remote_name(const std::string& path) const {
  for (const auto& [key, folder] : git_folders_) {
    if (path.starts_with(folder + "/")) return fmt::format("{}:{}", key, path.substr(folder.size() + 1));
  }
  return {};
}

/// A link of a repository may lead anywhere, and what is read shows in errors.
base::Result<> DiskFileSource::check_inside(const std::string& path) const {
  for (const auto& [key, folder] : git_folders_) {
    if (!path.starts_with(folder + "/")) continue;
    if (real_path(path).starts_with(real_path(folder) + "/")) continue;
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} is a link that leads out of its repository", remote_name(path)));
  }
  return {};
}

}  // namespace compose::load
