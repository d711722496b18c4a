// SPDX-License-Identifier: Apache-2.0
#include "monitor/output_pump.h"

#include <algorithm>

#include "runtime/container/monitor_protocol.h"
#include "sys/stream_io.h"

namespace monitor {
namespace {

/// Shared by all pumps of this single-threaded program; only what is used of it costs memory.
char read_buffer[runtime::container::kMaxControlData];

/// Reads in a row before other descriptors get their turn.
constexpr int kReadsAtOnce = 8;

}  // namespace

base::Result<> OutputPump::watch(int fd) {
  return loop_.add(fd, sys::kReadable, [this, fd](std::uint32_t) { on_ready(fd); });
}

base::Result<> OutputPump::add(sys::UniqueFd source, runtime::container::LogStream stream) {
  if (!held_) TRY(watch(source.value()));
  sources_.push_back({std::move(source), stream});
  return {};
}

void OutputPump::on_ready(int fd) {
  const auto source = std::ranges::find(sources_, fd, [](const Source& each) { return each.fd.value(); });
  if (source == sources_.end()) return;
  for (int i = 0; i < kReadsAtOnce && !held_; ++i) {
    const sys::Transfer got = sys::try_read(fd, read_buffer);
    if (got.state == sys::Transfer::State::WouldBlock) return;
    if (got.state != sys::Transfer::State::Moved) return drop(fd);
    sink_(source->stream, std::string_view(read_buffer, got.size));
    if (got.size < sizeof read_buffer) return;
  }
}

void OutputPump::drop(int fd) {
  loop_.remove(fd);
  std::erase_if(sources_, [fd](const Source& source) { return source.fd.value() == fd; });
}

void OutputPump::hold(bool held) {
  if (held_ == held) return;
  held_ = held;
  for (const Source& source : sources_) {
    // Not watched at all while held: a pipe whose writers are gone would report that without end.
    if (held || !watch(source.fd.value())) loop_.remove(source.fd.value());
  }
}

void OutputPump::finish() {
  for (const Source& source : sources_) {
    while (true) {
      const sys::Transfer got = sys::try_read(source.fd.value(), read_buffer);
      if (got.state != sys::Transfer::State::Moved) break;
      sink_(source.stream, std::string_view(read_buffer, got.size));
    }
  }
  close();
}

void OutputPump::close() {
  for (const Source& source : sources_) loop_.remove(source.fd.value());
  sources_.clear();
  held_ = false;
}

}  // namespace monitor
