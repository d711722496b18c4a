// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace runtime::build {

/// Which commit of which repository a folder is, asked of this machine's git: "source", the address of its
/// remote without user and password, and "revision". As buildx does: the environment's BUILDX_GIT_INFO=false
/// asks for none of it, BUILDX_GIT_CHECK_DIRTY=true for "-dirty" after the revision of a folder that was
/// changed. Empty when the folder is no work tree, or there is no git.
std::map<std::string, std::string> find_repository(const std::string& folder);

/// The address without user, password and what stands behind '?': `git@` of SSH stays, as it is no secret.
std::string without_login(const std::string& address);

}  // namespace runtime::build
