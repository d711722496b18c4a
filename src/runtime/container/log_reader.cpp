// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/log_reader.h"

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "runtime/container/log_lines.h"
#include "runtime/container/log_tail.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/inotify.h"

namespace runtime::container {
namespace {

/// What is read at once: little while following, much while there is much.
constexpr std::size_t kSmallChunk = 64u << 10;
constexpr std::size_t kLargeChunk = 1u << 20;

/// Number 0: there is none.
struct OpenFile {
  std::uint32_t number = 0;
  sys::UniqueFd fd;
};

}  // namespace

struct LogReader::State {
  State(std::string log_directory, const LogSelection& chosen, std::size_t skip)
      : directory(std::move(log_directory)), selection(chosen), lines(chosen, skip) {}

  base::Result<OpenFile> open_number(std::uint32_t wanted) const;
  base::Result<OpenFile> open_next() const;
  void take(OpenFile next, std::uint64_t at);
  base::Result<bool> read_file(const LogEntrySink& sink);
  bool parse(const LogEntrySink& sink);

  std::string directory;
  LogSelection selection;
  LogLines lines;
  sys::UniqueFd file, inotify;
  std::uint32_t number = 0;
  std::uint64_t offset = 0;  ///< In the file, of the byte behind `buffer`.
  std::string buffer;        ///< What was read and does not hold a whole record yet.
  std::size_t filled = 0;
  bool finished = false;
};

LogReader::LogReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogReader::~LogReader() = default;
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;

base::Result<LogReader> LogReader::open(const std::string& directory, const LogSelection& selection) {
  LogPosition start;
  if (selection.tail) start = TRY(find_tail(directory, selection));
  auto state = std::make_unique<State>(directory, selection, start.skip);
  if (start.number != 0) state->take(TRY(state->open_number(start.number)), start.offset);
  return LogReader(std::move(state));
}

base::Result<OpenFile> LogReader::State::open_number(std::uint32_t wanted) const {
  auto opened = sys::open_file(directory + "/" + log_file_name(wanted), O_RDONLY);
  if (!opened && opened.error().error_class == base::ErrorClass::NotFound) return OpenFile{};
  return OpenFile{wanted, TRY(std::move(opened))};
}

void LogReader::State::take(OpenFile next, std::uint64_t at) {
  file = std::move(next.fd);
  number = next.number;
  offset = at;
  filled = 0;
}

/// The file after the current one.
base::Result<OpenFile> LogReader::State::open_next() const {
  if (file.valid()) {
    OpenFile next = TRY(open_number(number + 1));
    if (next.number != 0 || TRY(sys::file_facts(file.value())).links > 0) return next;
  }
  // At the beginning, or rotation has overtaken us: the oldest that is left.
  OpenFile found;
  for (const std::uint32_t each : TRY(list_log_files(directory))) {
    if (each <= number) continue;
    OpenFile next = TRY(open_number(each));
    if (next.number == 0) continue;
    found = std::move(next);
    if (!selection.since) break;
    // Nothing in a file that was written last before `since` can be wanted.
    const std::int64_t modified = TRY(sys::file_facts(found.fd.value())).modified_ns;
    if (modified >= selection.since->time_since_epoch().count()) break;
  }
  return found;
}

/// Passes on all whole records in `buffer` and keeps the rest.
bool LogReader::State::parse(const LogEntrySink& sink) {
  std::string_view left(buffer.data(), filled);
  bool go_on = true;
  while (go_on && left.size() >= sizeof(LogRecordHeader)) {
    LogRecordHeader header;
    std::memcpy(&header, left.data(), sizeof header);
    if (header.mark != kLogHeaderMark || header.length > kMaxLogRecord) {
      // Cut off by a crash; what a writer added later lies in the next file.
      left.remove_prefix(left.size());
      break;
    }
    const std::size_t whole = header.length + kLogRecordOverhead;
    if (left.size() < whole) break;
    go_on = lines.add(header, left.substr(sizeof header, header.length), sink);
    left.remove_prefix(whole);
  }
  std::memmove(buffer.data(), left.data(), left.size());
  filled = left.size();
  return go_on;
}

base::Result<bool> LogReader::State::read_file(const LogEntrySink& sink) {
  std::size_t chunk = kSmallChunk;
  while (true) {
    if (buffer.size() < filled + chunk) buffer.resize(filled + chunk);
    const std::size_t size =
        TRY(sys::read_at(file.value(), std::span(buffer).subspan(filled, chunk), offset));
    if (size == chunk) chunk = kLargeChunk;
    if (size == 0) {
      // A follower may be one of many and wait for long: it keeps only a little memory.
      buffer.resize(std::max(filled, kSmallChunk));
      buffer.shrink_to_fit();
      // A writer takes back what it could not write whole: forget that part of a record.
      const std::uint64_t end = TRY(sys::file_facts(file.value())).size;
      if (end < offset) {
        offset = end;
        filled = 0;
      }
      return true;
    }
    offset += size;
    filled += size;
    if (!parse(sink)) return false;
  }
}

base::Result<bool> LogReader::read_available(const LogEntrySink& sink) {
  State& state = *state_;
  if (state.finished) return false;
  while (true) {
    if (state.file.valid() && !TRY(state.read_file(sink))) break;
    OpenFile next = TRY(state.open_next());
    if (next.number == 0) return true;
    // Once there is a next file the old one is complete: what came in between is read from it first.
    if (state.file.valid() && !TRY(state.read_file(sink))) break;
    state.take(std::move(next), 0);
  }
  state.finished = true;
  return false;
}

base::Result<bool> LogReader::flush(const LogEntrySink& sink) {
  if (state_->finished) return false;
  state_->finished = !state_->lines.flush(sink);
  return !state_->finished;
}

base::Result<int> LogReader::watch() {
  if (!state_->inotify.valid()) {
    state_->inotify = TRY(sys::open_inotify());
    TRY(sys::add_watch(state_->inotify.value(), state_->directory, IN_MODIFY | IN_CREATE | IN_ONLYDIR));
  }
  return state_->inotify.value();
}

void LogReader::acknowledge() {
  // A failed read leaves it readable: the caller reads the log once more, which is harmless.
  (void)sys::read_changes(state_->inotify.value(), [](const sys::FileChange&) {});
}

base::Result<> read_log(const std::string& directory, const LogSelection& selection,
                        const LogEntrySink& sink) {
  LogReader reader = TRY(LogReader::open(directory, selection));
  if (TRY(reader.read_available(sink))) TRY(reader.flush(sink));
  return {};
}

}  // namespace runtime::container
