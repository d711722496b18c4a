// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"

namespace sys {

/// Makes the three descriptors, in whatever order they are open, 0, 1 and 2.
base::Result<> install_standard_fds(int in, int out, int err);

enum class FdOwnership { Pipes, All };
/// Gives 0 to 2 to `uid`, so that it can open /dev/stdout again: those that are pipes or sockets, or all
/// of them (our own terminal).
base::Result<> give_standard_fds(std::uint32_t uid, FdOwnership which);

/// Everything from `first` on closes at execve.
base::Result<> close_on_execute_from(int first);

}  // namespace sys
