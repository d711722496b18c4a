// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace base {

/// For addresses on their way into messages, progress, databases and images: a copy of the text in which
/// "***" stands for the user and password of each URL, and for the values of query parameters that grant
/// access (tokens, passwords, signatures). "git@" of Git addresses stays. An address need not be one that can
/// be used: in doubt more is hidden.
std::string hide_secrets(std::string_view text);

}  // namespace base
