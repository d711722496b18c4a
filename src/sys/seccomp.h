// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"

namespace sys {

/// Puts a filter (struct sock_filter[] as bytes) on the calling thread and all it will execute.
/// Needs CAP_SYS_ADMIN or no_new_privs.
base::Result<> install_seccomp_filter(std::string_view program);

}  // namespace sys
