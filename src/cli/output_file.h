// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/pending_file.h"

namespace cli {

/// Of archives that hold all that is in an image or a container, keys and passwords among it.
inline constexpr std::uint32_t kOwnerOnly = 0600;

/// The file that `flag` ("--output") names, to be committed once it is written; errors name the flag. `mode`: of
/// a new file, without the umask.
base::Result<sys::PendingFile> open_output_file(std::string_view flag, const std::string& path,
                                                std::uint32_t mode = 0666);

/// The same with `text` as its content, at once.
base::Result<> write_output_file(std::string_view flag, const std::string& path, std::string_view text);

/// Whether files can be written below the folder that `flag` names, which may be missing so far: nothing is
/// made. Invalid when something else is there.
base::Result<> check_output_folder(std::string_view flag, const std::string& path);

}  // namespace cli
