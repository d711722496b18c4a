// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/image/tar_entry.h"

namespace runtime::image {

/// Where an archive's bytes go.
using ByteSink = std::function<base::Result<>(std::string_view)>;

/// A sink that writes all to a descriptor, which stays the caller's; Cancelled once that is requested.
ByteSink sink_to(int fd, const base::Cancellation& cancellation);

/// Writes a pax tar. The same entries give the same bytes: no names of users, no access times; pax records
/// only where ustar cannot hold a value, sorted by key.
class TarWriter {
 public:
  explicit TarWriter(ByteSink sink) : sink_(std::move(sink)) {}

  /// Begins a member. For a File exactly `entry.size` bytes of write() must follow.
  base::Result<> begin(const TarEntry& entry);
  base::Result<> write(std::string_view content);
  /// A file with its content at once.
  base::Result<> add_file(TarEntry entry, std::string_view content);
  /// Ends the archive: two empty blocks.
  base::Result<> finish();

 private:
  base::Result<> write_header(const TarEntry& entry, char type, std::string_view path, std::string_view link,
                              std::int64_t size);
  ByteSink sink_;
  std::int64_t left_ = 0, padding_ = 0;
};

}  // namespace runtime::image
