// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sys {

/// fstat(2)'s size in bytes; `path` is for the error only.
base::Result<std::uint64_t> file_size(int fd, const std::string& path);

/// pread(2) of exactly `size` bytes at `offset`; false at the end of the file and on an error.
bool read_at(int fd, void* data, std::size_t size, std::uint64_t offset);

/// One writev(2) of all parts in their order. How many bytes were written; negative: errno says why.
std::int64_t write_parts(int fd, std::initializer_list<std::string_view> parts);

/// ftruncate(2); `path` is for the error only.
base::Result<> truncate_file(int fd, std::uint64_t size, const std::string& path);

/// unlink(2); NotFound when there is none.
base::Result<> remove_file(const std::string& path);

/// poll(2) for reading; false when the time is over or a signal came.
base::Result<bool> wait_readable(int fd, std::chrono::milliseconds timeout);

}  // namespace sys
