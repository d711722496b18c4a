// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace base {

/// For addresses on their way into messages, progress, databases and images: a copy of the text in which
/// "***" stands for the user and password of each URL, and for the values of query parameters that grant
/// access (tokens, passwords, signatures). "git@" of Git addresses stays.
std::string hide_secrets(std::string_view text);

/// "user@host:path", a place on another machine as ssh, scp and git have it.
bool is_scp_address(std::string_view text);

}  // namespace base
