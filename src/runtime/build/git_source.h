// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/build/git_address.h"

namespace runtime::build {

/// One commit of a repository, as files.
struct GitCheckout {
  std::string folder;  ///< The address's, in the target.
  std::string commit;  ///< 40 or 64 hex digits.
};

/// Fetches one commit, and unless told otherwise those of its submodules, into the new folder `target` by
/// this machine's git program: over https, http, ssh or git and nothing else, with no prompt, hook or setting
/// of the repository. Its `.git` goes unless it is to be kept; passwords of the address are never in it: they
/// lie in a file in the folder `secrets` as long as this lasts. NotFound: no git program, no such folder in
/// the repository. Invalid: another commit than demanded.
base::Result<GitCheckout> fetch_git(const GitAddress& address, const std::string& target,
                                    const std::string& secrets, bool keep_git_folder,
                                    const base::Cancellation& cancellation);

}  // namespace runtime::build
