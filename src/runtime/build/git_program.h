// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "sys/fd.h"

namespace runtime::build {

/// This machine's git, for repositories that are somebody else's: over https, http and git, over ssh when
/// that is given, and nothing else; with no prompt, hook or setting of the user or of a repository, and with
/// an empty home, so that no key or password of the user's is found there.
class GitProgram {
 public:
  /// `own` is a new folder in memory; it is removed with this object. NotFound: there is no git.
  GitProgram(std::string own, bool over_ssh, const base::Cancellation& cancellation)
      : own_(std::move(own)), over_ssh_(over_ssh), cancellation_(cancellation) {}
  ~GitProgram();
  GitProgram(const GitProgram&) = delete;
  GitProgram& operator=(const GitProgram&) = delete;

  /// `settings`, in git's format, are for the helpers of submodules too.
  base::Result<> prepare(std::string_view settings);

  /// Runs it in a folder: what it wrote. Unavailable when it fails. It and all its helpers end with the
  /// caller's thread, and when the fetch is cancelled.
  base::Result<std::string> run(const std::string& folder, const std::vector<std::string>& arguments) const;

  /// From here to forget_login() it may give a user and password, "https://user:password@host", to that host
  /// when it asks: in a file that only a helper of git's reads, never in an argument or an address.
  base::Result<> remember_login(std::string_view login);
  base::Result<> forget_login();

 private:
  std::vector<std::string> environment() const;

  const std::string own_;
  const bool over_ssh_;
  const base::Cancellation& cancellation_;
  sys::UniqueFd program_;
  bool has_login_ = false;
};

}  // namespace runtime::build
