// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// Bytes that can be executed but never changed: a memory file with every seal. man 2 memfd_create.
base::Result<UniqueFd> make_sealed_file(const char* name, std::string_view content);

/// The program of another process when it is such a file and holds exactly `content`. Whoever made it, nobody
/// can change it: it is as good as a new one, and costs no memory.
std::optional<UniqueFd> find_sealed_file(pid_t process, std::string_view content);

}  // namespace sys
