// SPDX-License-Identifier: Apache-2.0
#include "monitor/input_writer.h"

#include "sys/stream_io.h"

namespace monitor {

base::Result<> InputWriter::open(sys::UniqueFd target) {
  close();
  TRY(loop_.add(target.value(), 0, [this](std::uint32_t events) {
    if ((events & sys::kClosed) != 0) return close();
    on_writable();
  }));
  target_ = std::move(target);
  return {};
}

void InputWriter::write(std::string_view data) {
  if (!target_.valid() || closing_) return;
  pending_.append(data);
  on_writable();
}

void InputWriter::on_writable() {
  const bool waited = full();
  while (!pending_.empty()) {
    const sys::Transfer done = sys::try_write(target_.value(), pending_);
    if (done.state == sys::Transfer::State::WouldBlock) {
      loop_.change(target_.value(), sys::kWritable);
      return;
    }
    if (done.state != sys::Transfer::State::Moved) return close();
    pending_.erase(0, done.size);
  }
  loop_.change(target_.value(), 0);
  if (closing_) return close();
  if (waited) drained_();
}

void InputWriter::close_when_done() {
  closing_ = true;
  if (!full()) close();
}

void InputWriter::close() {
  if (!target_.valid()) return;
  loop_.remove(target_.value());
  target_.reset();
  closing_ = false;
  const bool waited = full();
  pending_.clear();
  pending_.shrink_to_fit();
  if (waited) drained_();
}

}  // namespace monitor
