// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_folder.h"

#include <filesystem>
#include <vector>

#include "sys/file.h"

namespace runtime::build {
namespace {

namespace fs = std::filesystem;

/// The topmost folders and files below `folder` that `wanted` takes.
template <typename Wanted>
base::Result<std::vector<std::string>> find_below(const std::string& folder, const Wanted& wanted) {
  std::vector<std::string> found;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    if (!wanted(entry->path())) continue;
    found.push_back(entry->path().string());
    entry.disable_recursion_pending();
  }
  if (error) return base::fail(base::make_errno_error("reading " + folder, error.value()));
  return found;
}

}  // namespace

base::Result<> remove_git_folders(const std::string& checkout) {
  // No repository can hold a ".git" of its own: each of them is git's.
  const auto is_gits = [](const fs::path& path) { return path.filename() == ".git"; };
  for (const std::string& path : TRY(find_below(checkout, is_gits))) TRY(sys::remove_tree(path));
  return {};
}

base::Result<> settle_git_folder(const GitProgram& git, const std::string& git_folder) {
  for (const char* name : {"/FETCH_HEAD", "/ORIG_HEAD", "/logs", "/index"})
    TRY(sys::remove_tree(git_folder + name));
  TRY(git.run(git_folder, {"--git-dir=.", "read-tree", "HEAD"}));
  // A server makes its packs as it likes, and several threads never make the same one twice.
  TRY(git.run(git_folder, {"--git-dir=.", "repack", "-a", "-d", "-f", "-n", "-q", "--threads=1"}));
  const std::string modules = git_folder + "/modules";
  if (!sys::path_exists(modules)) return {};
  // A name of a submodule may have slashes.
  const auto is_repository = [](const fs::path& path) {
    return sys::path_exists(path.string() + "/HEAD") && sys::path_exists(path.string() + "/objects");
  };
  for (const std::string& inner : TRY(find_below(modules, is_repository))) TRY(settle_git_folder(git, inner));
  return {};
}

}  // namespace runtime::build
