// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/attach_input.h"

#include "runtime/container/monitor_protocol.h"
#include "sys/stream_io.h"

namespace runtime::container {

bool AttachInput::match_keys(std::string_view typed) {
  passed_.clear();
  for (const char key : typed) {
    if (key == keys_[matched_]) {
      if (++matched_ == keys_.size()) return true;
      continue;
    }
    // A false start: what was held back is ordinary input. The key may begin a new sequence.
    passed_.append(keys_, 0, matched_);
    matched_ = key == keys_.front() ? 1 : 0;
    if (matched_ == 0) passed_ += key;
    if (keys_.size() == 1 && matched_ == 1) return true;
  }
  return false;
}

base::Result<AttachInput::Read> AttachInput::read() {
  buffer_.resize(kMaxControlData - 64);
  const sys::Transfer got = sys::try_read(fd_, buffer_);
  if (got.state == sys::Transfer::State::WouldBlock) return Read{};
  if (got.state == sys::Transfer::State::Failed) {
    return base::fail(base::make_errno_error("read(standard input)", got.errno_value));
  }
  if (got.state == sys::Transfer::State::Ended) {
    open_ = false;
    passed_.assign(keys_, 0, matched_);
    return Read{State::Ended, passed_};
  }
  const std::string_view typed(buffer_.data(), got.size);
  if (keys_.empty()) return Read{State::Data, typed};
  const bool detached = match_keys(typed);
  if (detached) open_ = false;
  return Read{detached ? State::Detached : State::Data, passed_};
}

std::optional<sys::TerminalSize> AttachInput::new_size() {
  if (!follow_size_) return std::nullopt;
  const auto now = sys::terminal_size(fd_);
  if (!now || now == size_) return std::nullopt;
  size_ = now;
  return now;
}

}  // namespace runtime::container
