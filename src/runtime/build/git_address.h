// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace runtime::build {

/// A Git address taken apart: `https://host/repo.git#ref:folder`, `git@host:repo#ref`,
/// `github.com/user/repo`, `https://host/repo.git?branch=b&subdir=d`. Dockerfile reference: ADD, Adding files
/// from a Git repository; Docker's documentation of build contexts: URL queries.
struct GitAddress {
  std::string repository, ref, folder;
  std::string checksum;  ///< The commit it has to be, or how that begins.
  bool submodules = true;
  std::optional<bool> keep_git_folder;
  std::string authorization;  ///< Value of the header of that name, for the repository's host; a secret.
  std::string hint;           ///< What to say when it cannot be fetched; may be empty.

  /// Where the files come from, for people and provenances: without secrets.
  std::string text() const;
  /// Whether it takes the keys of this machine's user to read it.
  bool over_ssh() const;
};

/// Invalid: a query that is not known, has no value, comes twice, or contradicts what is after "#".
base::Result<GitAddress> parse_git_address(std::string_view text);

/// Demands `checksum` (--checksum of ADD), too. Invalid: another one is demanded already, or it is none.
base::Result<> demand_commit(GitAddress& address, std::string_view checksum);

}  // namespace runtime::build
