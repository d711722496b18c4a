// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_address.h"

#include <map>

#include <fmt/format.h>

#include "base/address.h"
#include "base/address_text.h"
#include "base/split.h"
#include "base/suggest.h"
#include "runtime/build/build_flag.h"

namespace runtime::build {
namespace {

constexpr std::size_t kShortestCommit = 4;

base::Error wrong(std::string what) {
  return base::make_error(base::ErrorClass::Invalid, "the Git address " + std::move(what));
}

/// Of two places that may name the same thing.
base::Result<> merge(std::string& known, const std::string& value, std::string_view what) {
  if (!known.empty() && known != value)
    return base::fail(wrong(fmt::format("has two values for {}: {} and {}", what, known, value)));
  known = value;
  return {};
}

std::string with_prefix(std::string_view prefix, const std::string& name) {
  return name.starts_with(prefix) ? name : std::string(prefix) + name;
}

base::Result<bool> read_flag(const std::string& name, const std::string& value) {
  if (value.empty()) return true;
  if (const auto flag = parse_build_flag(value)) return *flag;
  return base::fail(wrong(fmt::format("has {}={}, which is neither true nor false", name, value)));
}

base::Result<> apply(GitAddress& address, const std::string& name, const std::string& value) {
  if (name == "submodules") {
    address.submodules = TRY(read_flag(name, value));
    return {};
  }
  if (name == "keep-git-dir") {
    address.keep_git_folder = TRY(read_flag(name, value));
    return {};
  }
  if (value.empty()) return base::fail(wrong(fmt::format("has no value for {}", name)));
  if (name == "ref") return merge(address.ref, value, "the ref");
  if (name == "tag") return merge(address.ref, with_prefix("refs/tags/", value), "the ref");
  if (name == "branch") return merge(address.ref, with_prefix("refs/heads/", value), "the ref");
  if (name == "subdir") return merge(address.folder, value, "the folder");
  if (name == "checksum" || name == "commit") return demand_commit(address, value);
  const std::string near = base::nearest_name(
      name, {"ref", "tag", "branch", "subdir", "checksum", "commit", "keep-git-dir", "submodules"});
  base::Error error = wrong(fmt::format("has an unknown query '{}'", name));
  return base::fail(near.empty() ? std::move(error)
                                 : std::move(error).with_hint(fmt::format("did you mean {}?", near)));
}

}  // namespace

std::string GitAddress::text() const {
  const std::string shown = base::hide_secrets(repository);
  return ref.empty() ? shown : shown + "#" + ref;
}

bool GitAddress::over_ssh() const {
  const auto address = base::parse_address(repository);
  return address && address->scheme == "ssh";
}

base::Result<> demand_commit(GitAddress& address, std::string_view checksum) {
  const std::string commit = base::to_lower(checksum);
  if (commit.size() < kShortestCommit || commit.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return base::fail(wrong(fmt::format("cannot have the checksum '{}'", checksum))
                          .with_hint("it is the commit's digits, or the first of them"));
  }
  // The longer one says more.
  if (address.checksum.starts_with(commit)) return {};
  if (!commit.starts_with(address.checksum))
    return base::fail(wrong(fmt::format("has two checksums: {} and {}", address.checksum, commit)));
  address.checksum = commit;
  return {};
}

base::Result<GitAddress> parse_git_address(std::string_view text) {
  const auto [address, fragment] = base::split_once(text, '#');
  const auto [repository, query] = base::split_once(address, '?');
  const auto [ref, folder] = base::split_once(fragment, ':');
  GitAddress out;
  out.repository = repository;
  out.ref = ref;
  out.folder = folder;
  std::map<std::string, std::string> given;
  for (const std::string& part : query.empty() ? std::vector<std::string>() : base::split(query, '&')) {
    const auto [name, value] = base::split_once(part, '=');
    if (!given.try_emplace(std::string(name), value).second)
      return base::fail(wrong(fmt::format("has several values for {}", name)));
  }
  if (given.contains("branch") && given.contains("tag"))
    return base::fail(wrong("names a branch and a tag: one of them is enough"));
  for (const auto& [name, value] : given) TRY(apply(out, name, value));
  if (out.ref.empty()) out.ref = out.checksum;
  if (repository.starts_with("github.com/")) out.repository = fmt::format("https://{}", repository);
  return out;
}

}  // namespace runtime::build
