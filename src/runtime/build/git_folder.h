// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "runtime/build/git_program.h"

namespace runtime::build {

/// Removes every `.git` below a checkout, those of submodules too.
base::Result<> remove_git_folders(const std::string& checkout);

/// Makes a `.git` and those of the submodules in it the same for the same commit: without what only one fetch
/// knows (times and inodes in the index, reflogs with this machine's user and host, FETCH_HEAD) and with its
/// objects in one pack.
base::Result<> settle_git_folder(const GitProgram& git, const std::string& git_folder);

}  // namespace runtime::build
