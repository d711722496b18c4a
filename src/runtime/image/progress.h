// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace runtime::image {

/// Progress of one layer of a pull, push, load or save, for display.
struct Progress {
  enum class State { Waiting, Downloading, Unpacking, Uploading, Exists, Mounted, Done };
  State state = State::Waiting;
  std::string id;                       ///< Short digest of the layer.
  std::int64_t current = 0, total = 0;  ///< Bytes; 0 unknown.
  std::string from;                     ///< Mounted: the repository that had it.
};

/// Called from any thread, one call at a time. May be empty.
using ProgressSink = std::function<void(const Progress&)>;

}  // namespace runtime::image
