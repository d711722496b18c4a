// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/byte_pipe.h"

#include <algorithm>
#include <cstring>

namespace runtime::image {

BytePipe::BytePipe(std::size_t consumers, std::size_t slots, std::size_t slot_size)
    : consumers_(consumers), slots_(slots), slot_size_(slot_size) {}

std::uint64_t BytePipe::unread() const {
  std::uint64_t most = 0;
  for (const Consumer& consumer : consumers_) most = std::max(most, written_ - consumer.taken);
  return most;
}

base::Result<std::span<char>> BytePipe::reserve() {
  std::unique_lock lock(mutex_);
  if (!stopped_ && unread() == slots_.size())
    writable_.wait(lock, [&] { return stopped_ || unread() <= slots_.size() / 2; });
  if (stopped_) return base::fail(base::ErrorClass::Cancelled, "the reader of this data has stopped");
  Slot& slot = slots_[written_ % slots_.size()];
  // Not zeroed: every byte is written before it is published.
  if (!slot.data) slot.data = std::make_unique_for_overwrite<char[]>(slot_size_);
  return std::span(slot.data.get(), slot_size_);
}

void BytePipe::publish(std::size_t size) {
  const std::lock_guard lock(mutex_);
  slots_[written_ % slots_.size()].size = size;
  ++written_;
  for (Consumer& consumer : consumers_) {
    if (written_ - consumer.taken >= batch()) consumer.readable.notify_one();
  }
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
  const std::lock_guard lock(mutex_);
  finished_ = true;
  end_ = std::move(how);
  for (Consumer& consumer : consumers_) consumer.readable.notify_one();
}

base::Result<std::string_view> BytePipe::next(std::size_t k) {
  std::unique_lock lock(mutex_);
  Consumer& consumer = consumers_[k];
  if (consumer.reading) {
    consumer.reading = false;
    ++consumer.taken;
    if (unread() <= slots_.size() / 2) writable_.notify_one();
  }
  if (written_ == consumer.taken)
    consumer.readable.wait(lock, [&] { return finished_ || written_ - consumer.taken >= batch(); });
  if (written_ > consumer.taken) {
    consumer.reading = true;
    const Slot& slot = slots_[consumer.taken % slots_.size()];
    return std::string_view(slot.data.get(), slot.size);
  }
  if (!end_) return base::fail(end_.error());
  return std::string_view();
}

void BytePipe::stop(std::size_t k) {
  const std::lock_guard lock(mutex_);
  Consumer& consumer = consumers_[k];
  if (finished_ && consumer.taken + (consumer.reading ? 1 : 0) >= written_) {
    if (consumer.reading) ++consumer.taken;
    consumer.reading = false;
    return;
  }
  stopped_ = true;
  writable_.notify_all();
}

}  // namespace runtime::image
