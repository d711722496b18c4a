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

/// How to fetch it.
struct GitFetch {
  std::string target;  ///< The new folder for the files.
  std::string memory;  ///< A folder in memory: passwords lie in it as long as they are needed.
  bool keep_git_folder = false;
  bool has_ssh = false;  ///< The build was given keys: submodules may be fetched over ssh.
};

/// Fetches one commit, and unless told otherwise those of its submodules, by this machine's git program: over
/// https, http or git, over ssh when the address itself is one of ssh or the build has keys, and nothing
/// else, with no prompt, hook or setting of the repository. Its `.git` goes unless it is to be kept, and then
/// two fetches of a commit give the same files; passwords of the address are never in it. They are for this
/// repository alone: neither a submodule nor a host it is redirected to gets them.
/// NotFound: no git program, no such folder in the repository. Invalid: another commit than demanded.
base::Result<GitCheckout> fetch_git(const GitAddress& address, const GitFetch& fetch,
                                    const base::Cancellation& cancellation);

}  // namespace runtime::build
