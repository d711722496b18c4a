// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/cancellation.h"
#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// flock(2) LOCK_SH on a file made when missing; waits. Released when the descriptor closes. Every call
/// opens the file anew, so threads of one process lock each other out too.
base::Result<UniqueFd> lock_file_shared(const std::string& path);

enum class LockKind { Shared, Exclusive };
/// The same of either kind where the wait may be long: Cancelled when `cancellation` is requested meanwhile.
base::Result<UniqueFd> lock_file(const std::string& path, LockKind kind,
                                 const base::Cancellation& cancellation);

/// flock(2) LOCK_EX without waiting; nothing when somebody else holds it.
base::Result<std::optional<UniqueFd>> try_lock_file(const std::string& path);

/// The same for an open file; false when somebody else holds it. Gone with the descriptor.
base::Result<bool> try_lock(int fd);

}  // namespace sys
