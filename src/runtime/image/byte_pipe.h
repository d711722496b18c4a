// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/image/byte_source.h"

namespace runtime::image {

/// A ring of buffers between threads: one producer, a fixed number of consumers that each see every byte.
/// The producer waits for the slowest consumer. Waking costs more than handing over a buffer: who waits is
/// woken when it has several to work on, or at the end.
///
///     producer: reserve → fill → publish ... finish        consumer k: next ... (or stop)
class BytePipe {
 public:
  explicit BytePipe(std::size_t consumers, std::size_t slots = 8, std::size_t slot_size = 256 * 1024);

  /// Room for the next bytes. Cancelled once a consumer has stopped.
  base::Result<std::span<char>> reserve();
  /// The first `size` bytes of what reserve() gave may be read now.
  void publish(std::size_t size);
  /// Copies `data` in.
  base::Result<> write(std::string_view data);
  /// The end, or why there is no more. Publishes what write() has gathered.
  void finish(base::Result<> how = {});

  /// The next bytes of consumer `k`, valid until its next call; empty at the end.
  base::Result<std::string_view> next(std::size_t k);
  /// Consumer `k` reads no more: the producer's next call fails.
  void stop(std::size_t k);

 private:
  struct Slot {
    std::unique_ptr<char[]> data;
    std::size_t size = 0;
  };
  struct Consumer {
    std::condition_variable readable;
    std::uint64_t taken = 0;  ///< Slots it is through with.
    bool reading = false;     ///< Whether it holds the slot `taken`.
  };
  std::uint64_t unread() const;  ///< Slots the slowest consumer is behind.
  /// Slots that a consumer which waits is woken for.
  std::size_t batch() const { return std::max<std::size_t>(1, slots_.size() / 4); }

  std::mutex mutex_;
  std::condition_variable writable_;
  std::vector<Consumer> consumers_;
  std::vector<Slot> slots_;
  std::size_t slot_size_;
  std::uint64_t written_ = 0;  ///< Slots published.
  std::size_t gathered_ = 0;   ///< Bytes write() put into the slot not yet published.
  bool finished_ = false, stopped_ = false;
  base::Result<> end_;
};

/// One consumer's end of a pipe; stops reading when it goes away.
class PipeReader final : public ChunkSource {
 public:
  PipeReader(BytePipe& pipe, std::size_t k) : pipe_(pipe), k_(k) {}
  ~PipeReader() override { pipe_.stop(k_); }
  PipeReader(const PipeReader&) = delete;
  PipeReader& operator=(const PipeReader&) = delete;
  base::Result<std::string_view> next() override { return pipe_.next(k_); }

 private:
  BytePipe& pipe_;
  std::size_t k_;
};

}  // namespace runtime::image
