// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace sys {

/// Real, effective and saved ids at once, groups first. Permitted capabilities are kept over the change
/// (effective ones are not). The process becomes dumpable again and loses its parent death signal.
base::Result<> change_ids(std::uint32_t uid, std::uint32_t gid, const std::vector<std::uint32_t>& groups);

/// prctl(PR_SET_NO_NEW_PRIVS): no program executed from here on gains privileges.
base::Result<> set_no_new_privileges();

/// A new session keyring of that name, so that the caller's keys stay the caller's. A kernel without keys,
/// or a surrounding container that forbids the call, has none to hide: that is success.
base::Result<> join_session_keyring(const char* name);

}  // namespace sys
