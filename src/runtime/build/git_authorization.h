// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "model/build_spec.h"
#include "runtime/build/git_address.h"

namespace runtime::build {

/// The header that opens a repository for this request; empty when it gives none. It comes from the build
/// secrets GIT_AUTH_TOKEN and GIT_AUTH_HEADER, or for one host alone from GIT_AUTH_TOKEN.HOST and
/// GIT_AUTH_HEADER.HOST. Docker's documentation: build secrets, Git authentication for remote contexts.
base::Result<std::string> find_git_authorization(const model::BuildSpec& spec, const GitAddress& address);

/// Whether a Dockerfile and submodules may name repositories over ssh: the build was given keys, or its
/// context came by them. Ssh takes what keys the user has.
bool may_use_ssh(const model::BuildSpec& spec);

}  // namespace runtime::build
