// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/byte_pipe.h"

#include <algorithm>
#include <cstring>

namespace runtime::image {

BytePipe::BytePipe(std::size_t consumers, std::size_t slots, std::size_t slot_size)
    : slots_(slots), slot_size_(slot_size), taken_(consumers, 0), reading_(consumers, false) {}

std::uint64_t BytePipe::slowest() const { return *std::min_element(taken_.begin(), taken_.end()); }

base::Result<std::span<char>> BytePipe::reserve() {
  std::unique_lock lock(mutex_);
  writable_.wait(lock, [&] { return stopped_ || written_ - slowest() < slots_.size(); });
  if (stopped_) return base::fail(base::ErrorClass::Cancelled, "the reader of this data has stopped");
  Slot& slot = slots_[written_ % slots_.size()];
  // Not zeroed: every byte is written before it is published.
  if (!slot.data) slot.data = std::make_unique_for_overwrite<char[]>(slot_size_);
  return std::span(slot.data.get(), slot_size_);
}

void BytePipe::publish(std::size_t size) {
  {
    const std::lock_guard lock(mutex_);
    slots_[written_ % slots_.size()].size = size;
    ++written_;
  }
  readable_.notify_all();
}

base::Result<> BytePipe::write(std::string_view data) {
  while (!data.empty()) {
    const std::span<char> room = TRY(reserve());
    const std::size_t count = std::min(room.size() - gathered_, data.size());
    std::memcpy(room.data() + gathered_, data.data(), count);
    data.remove_prefix(count);
    gathered_ += count;
    if (gathered_ == room.size()) {
      gathered_ = 0;
      publish(room.size());
    }
  }
  return {};
}

void BytePipe::finish(base::Result<> how) {
  if (how && gathered_ != 0) publish(std::exchange(gathered_, 0));
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    end_ = std::move(how);
  }
  readable_.notify_all();
}

base::Result<std::string_view> BytePipe::next(std::size_t k) {
  std::unique_lock lock(mutex_);
  if (reading_[k]) {
    reading_[k] = false;
    ++taken_[k];
    writable_.notify_one();
  }
  readable_.wait(lock, [&] { return written_ > taken_[k] || finished_; });
  if (written_ > taken_[k]) {
    reading_[k] = true;
    const Slot& slot = slots_[taken_[k] % slots_.size()];
    return std::string_view(slot.data.get(), slot.size);
  }
  if (!end_) return base::fail(end_.error());
  return std::string_view();
}

void BytePipe::stop(std::size_t k) {
  const std::lock_guard lock(mutex_);
  if (finished_ && taken_[k] + (reading_[k] ? 1 : 0) >= written_) {
    if (reading_[k]) ++taken_[k];
    reading_[k] = false;
    return;
  }
  stopped_ = true;
  writable_.notify_all();
}

}  // namespace runtime::image
