// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/container/attach_client.h"
#include "sys/terminal_size.h"

namespace runtime::container {

/// What the user types or pipes in, watched for the detach keys and the terminal's size.
class AttachInput {
 public:
  explicit AttachInput(const ProcessStreams& streams)
      : fd_(streams.standard_input),
        follow_size_(streams.follow_size),
        keys_(streams.detach_keys),
        open_(streams.standard_input >= 0) {}

  enum class State { Data, Ended, Detached };
  struct Read {
    State state = State::Data;
    std::string_view data;  ///< To pass on, also before the end; valid until the next read.
  };
  /// Reads once; may wait when nothing is there, so poll fd() first.
  base::Result<Read> read();

  /// -1 once it has ended.
  int fd() const { return open_ ? fd_ : -1; }
  /// The terminal's size when it is to be followed and has changed since the last call.
  std::optional<sys::TerminalSize> new_size();

 private:
  /// Moves bytes from `typed` to `passed_`, holding back what may become the detach keys.
  bool match_keys(std::string_view typed);

  int fd_;
  bool follow_size_;
  std::string keys_;
  bool open_;
  std::size_t matched_ = 0;  ///< So many of `keys_` have been typed in a row.
  std::string buffer_, passed_;
  std::optional<sys::TerminalSize> size_;
};

}  // namespace runtime::container
