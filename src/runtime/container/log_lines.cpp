// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/log_lines.h"

namespace runtime::container {
namespace {

std::uint64_t to_ns(model::TimePoint time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace

bool LogLines::wanted(LogStream stream) const {
  return stream == LogStream::Stdout ? selection_.standard_output : selection_.standard_error;
}

bool LogLines::pass(LogStream stream, std::uint64_t time_ns, std::string_view text, Piece piece,
                    const LogEntrySink& sink) {
  if (skip_ > 0) {
    if (piece == Piece::Line) --skip_;
    return true;
  }
  if (selection_.since && time_ns < to_ns(*selection_.since)) return true;
  const LogStream shown = stream == LogStream::Note ? LogStream::Stderr : stream;
  return sink({shown, model::TimePoint(std::chrono::nanoseconds(time_ns)), text});
}

bool LogLines::end_begun(LogStream stream, const LogEntrySink& sink) {
  Stream& state = streams_[static_cast<std::size_t>(stream)];
  if (state.begun.empty()) return true;
  const bool go_on = pass(stream, state.time_ns, state.begun, Piece::Line, sink);
  state.begun.clear();
  return go_on;
}

bool LogLines::add(const LogRecordHeader& header, std::string_view data, const LogEntrySink& sink) {
  const auto stream = static_cast<LogStream>(header.stream);
  if (selection_.until && header.time_ns > to_ns(*selection_.until)) {
    flush(sink);
    return false;
  }
  if (header.stream == 0 || header.stream >= streams_.size() || !wanted(stream)) return true;
  if ((header.inside_line == 0 || data.empty()) && !end_begun(stream, sink)) return false;
  Stream& state = streams_[header.stream];
  while (!data.empty()) {
    const std::size_t feed = data.find('\n');
    const std::size_t length = feed == std::string_view::npos ? data.size() : feed + 1;
    if (!state.begun.empty() || feed == std::string_view::npos) {
      if (state.begun.empty()) state.time_ns = header.time_ns;
      const std::size_t room = kMaxLogLine - state.begun.size();
      const std::size_t taken = std::min(length, room);
      state.begun.append(data.substr(0, taken));
      data.remove_prefix(taken);
      const bool ended = state.begun.back() == '\n';
      if (!ended && state.begun.size() < kMaxLogLine) continue;
      const bool go_on = pass(stream, state.time_ns, state.begun, ended ? Piece::Line : Piece::Part, sink);
      state.begun.clear();
      if (!go_on) return false;
      continue;
    }
    if (!pass(stream, header.time_ns, data.substr(0, length), Piece::Line, sink)) return false;
    data.remove_prefix(length);
  }
  return true;
}

bool LogLines::flush(const LogEntrySink& sink) {
  bool go_on = true;
  for (const LogStream stream : {LogStream::Stdout, LogStream::Stderr, LogStream::Note}) {
    go_on = go_on && end_begun(stream, sink);
  }
  return go_on;
}

}  // namespace runtime::container
