// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/container/log_reader.h"

namespace runtime::container {

/// Where reading begins.
struct LogPosition {
  std::uint32_t number = 0;  ///< Of the file; 0: there is none.
  std::uint64_t offset = 0;
  std::size_t skip = 0;  ///< Lines of the chosen streams to leave out from there.
};

/// Numbers of the files in a log's folder, oldest first; none when the folder is not there.
base::Result<std::vector<std::uint32_t>> list_log_files(const std::string& directory);

/// The place from which exactly the last `selection.tail` lines follow, found by walking backwards over
/// the records' trailers: cost depends on the lines wanted, not on the log's size.
base::Result<LogPosition> find_tail(const std::string& directory, const LogSelection& selection);

}  // namespace runtime::container
