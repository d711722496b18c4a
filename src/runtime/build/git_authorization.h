// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "model/build_spec.h"
#include "runtime/build/git_address.h"

namespace runtime::build {

/// Gives the address the header that opens its repository, when this request has one: from the build secrets
/// GIT_AUTH_HEADER.HOST or GIT_AUTH_TOKEN.HOST, and for the server of the main context from those without a
/// host. A Dockerfile names servers that the user may never have thought of, so a secret without a host goes
/// to none of them. Nothing goes unencrypted but to loopback. Otherwise, when there are secrets that might
/// have been meant, a hint. Docker's documentation: build secrets, Git authentication for remote contexts.
base::Result<> authorize(GitAddress& address, const model::BuildSpec& spec);

/// Whether a Dockerfile and submodules may name repositories over ssh: the build was given keys, or its
/// context came by them. Ssh takes what keys the user has.
bool may_use_ssh(const model::BuildSpec& spec);

}  // namespace runtime::build
