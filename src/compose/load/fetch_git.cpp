// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <fmt/format.h>

#include "base/sha256.h"
#include "base/split.h"
#include "compose/load/file_path.h"
#include "compose/load/file_source.h"

namespace compose::load {
namespace {

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

/// A commit never changes: what was fetched once need not be fetched again.
bool is_commit(std::string_view ref) {
  return ref.size() == 40 && ref.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_safe(const GitReference& reference) {
  // a ref or a URL that begins with "-" would be an option of git
  return !reference.ref.starts_with('-') && !reference.repository.starts_with('-') &&
         !clean_path(reference.path).starts_with("..") && !reference.path.starts_with('/');
}

}  // namespace

base::Result<std::string> DiskFileSource::fetch_git(const std::string& text) const {
  if (!run_) return base::fail(base::ErrorClass::Unsupported, fmt::format("cannot fetch {} here", text));
  const GitReference reference = parse_reference(text);
  if (!is_safe(reference))
    return base::fail(base::ErrorClass::Invalid, fmt::format("invalid git reference {}", text));
  const std::string folder = join_path(
      cache_folder_, "git/" + base::sha256_hex(reference.repository + "#" + reference.ref).substr(0, 32));
  if (is_commit(reference.ref) && exists(folder)) return join_path(folder, reference.path);
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (ec) return base::fail(base::make_errno_error(fmt::format("mkdir(\"{}\")", folder), ec.value()));
  const auto git = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-C", folder});
    return run_(arguments);
  };
  const auto failed = [&](base::Error error) {
    std::filesystem::remove_all(folder, ec);
    error.error_class = base::ErrorClass::Unavailable;
    return base::fail(std::move(error).while_doing(fmt::format("fetching {}", text)));
  };
  for (std::vector<std::string> arguments :
       {std::vector<std::string>{"init", "-q"},
        std::vector<std::string>{"fetch", "-q", "--depth", "1", "--", reference.repository, reference.ref},
        std::vector<std::string>{"checkout", "-q", "-f", "FETCH_HEAD"}}) {
    auto done = git(std::move(arguments));
    if (!done) return failed(std::move(done.error()));
  }
  return join_path(folder, reference.path);
}

}  // namespace compose::load
