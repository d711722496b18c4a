// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/repository_info.h"

#include <cstdlib>

#include "base/split.h"
#include "runtime/build/build_flag.h"
#include "sys/run_command.h"

namespace runtime::build {
namespace {

bool is_on(const char* variable, bool otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : parse_build_flag(value).value_or(otherwise);
}

/// What git says of a folder; empty when it says that there is nothing. It is the user's own git: it looks at
/// whose the folder is, and takes no locks.
class Git {
 public:
  explicit Git(const std::string& folder) : folder_(folder) {}

  std::string ask(const std::vector<std::string>& words) const {
    std::vector<std::string> command = {"git", "--no-optional-locks", "-C", folder_};
    command.insert(command.end(), words.begin(), words.end());
    const auto said = sys::run_command(command, "", kMost, sys::Errors::Taken);
    return said && said->exit_code == 0 ? std::string(base::trim(said->output)) : std::string();
  }

  /// The remote that the branch follows, or else one of the usual names.
  std::string remote() const {
    const std::string branch = ask({"symbolic-ref", "-q", "HEAD"});
    std::vector<std::string> names = {"origin", "upstream"};
    if (!branch.empty())
      names.insert(names.begin(), ask({"for-each-ref", "--format=%(upstream:remotename)", branch}));
    for (const std::string& name : names) {
      const std::string address = name.empty() ? "" : ask({"remote", "get-url", name});
      if (!address.empty()) return address;
    }
    return {};
  }

 private:
  static constexpr std::size_t kMost = 16u << 20;
  const std::string& folder_;
};

}  // namespace

std::string without_login(const std::string& address) {
  const auto scheme = address.find("://");
  if (scheme == std::string::npos) return address;
  const auto start = scheme + 3;
  const auto end = std::min(address.find('/', start), address.size());
  const auto at = address.rfind('@', end);
  std::string out = address.substr(0, address.find_first_of("?#", end));
  if (at == std::string::npos || at < start) return out;
  const bool over_ssh = address.starts_with("ssh://");
  const auto colon = address.find(':', start);
  if (over_ssh && colon > at) return out;
  const std::string user = over_ssh ? address.substr(start, colon - start) + "@" : "";
  return out.substr(0, start) + user + out.substr(at + 1);
}

std::map<std::string, std::string> find_repository(const std::string& folder) {
  std::map<std::string, std::string> out;
  const Git git(folder);
  if (!is_on("BUILDX_GIT_INFO", true) || git.ask({"rev-parse", "--is-inside-work-tree"}) != "true")
    return out;
  std::string revision = git.ask({"rev-parse", "-q", "--verify", "HEAD^{commit}"});
  if (!revision.empty()) {
    const bool look = is_on("BUILDX_GIT_CHECK_DIRTY", false);
    if (look && !git.ask({"status", "--porcelain", "--ignored"}).empty()) revision += "-dirty";
    out["revision"] = revision;
  }
  if (const std::string source = git.remote(); !source.empty()) out["source"] = without_login(source);
  return out;
}

}  // namespace runtime::build
