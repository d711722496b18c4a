// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/log_tail.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ranges>

#include "sys/file.h"
#include "sys/file_io.h"

namespace runtime::container {
namespace {

/// What is read at once while walking backwards; a record always fits.
constexpr std::size_t kWindow = kMaxLogRecord + 64 * 1024;

/// Counts lines of records that are given from the newest to the oldest.
class BackwardCount {
 public:
  explicit BackwardCount(const LogSelection& selection) : selection_(selection) {}

  void add(const LogRecordHeader& header, std::string_view data) {
    if (header.stream == 0 || header.stream >= streams_.size() || !wanted(header.stream)) return;
    Stream& stream = streams_[header.stream];
    lines_ += static_cast<std::size_t>(std::ranges::count(data, '\n'));
    // The end of an unfinished line, or one that nothing goes on with.
    if (data.empty() || (data.back() != '\n' && !stream.later_goes_on)) ++lines_;
    stream.later_goes_on = header.inside_line != 0;
  }
  std::size_t lines() const { return lines_; }
  /// Every stream's first record so far begins a line.
  bool at_line_starts() const {
    return std::ranges::none_of(streams_, [](const Stream& stream) { return stream.later_goes_on; });
  }

 private:
  bool wanted(std::uint8_t stream) const {
    return static_cast<LogStream>(stream) == LogStream::Stdout ? selection_.standard_output
                                                               : selection_.standard_error;
  }
  struct Stream {
    bool later_goes_on = false;
  };
  const LogSelection& selection_;
  std::array<Stream, 4> streams_{};
  std::size_t lines_ = 0;
};

/// One file, record by record from its end.
class BackwardFile {
 public:
  static base::Result<BackwardFile> open(const std::string& path) {
    sys::UniqueFd fd = TRY(sys::open_file(path, O_RDONLY));
    const std::uint64_t size = TRY(sys::file_facts(fd.value())).size;
    return BackwardFile(std::move(fd), size);
  }

  std::uint64_t offset() const { return offset_; }

  /// The record before the current offset; false at the beginning. Invalid at damage.
  base::Result<bool> previous(LogRecordHeader& header, std::string_view& data) {
    if (offset_ < kLogRecordOverhead) return false;
    LogRecordTrailer trailer;
    const std::string_view end = TRY(bytes(offset_ - sizeof trailer, sizeof trailer));
    if (end.size() != sizeof trailer) return damaged();
    std::memcpy(&trailer, end.data(), sizeof trailer);
    const std::uint64_t whole = trailer.length + kLogRecordOverhead;
    if (trailer.mark != kLogTrailerMark || trailer.length > kMaxLogRecord || whole > offset_)
      return damaged();
    const std::string_view record = TRY(bytes(offset_ - whole, whole));
    if (record.size() != whole) return damaged();
    std::memcpy(&header, record.data(), sizeof header);
    if (header.mark != kLogHeaderMark || header.length != trailer.length) return damaged();
    data = record.substr(sizeof header, header.length);
    offset_ -= whole;
    return true;
  }

  /// Steps back over what a writer is just writing, or a crash left: to the end of the last whole record.
  base::Result<> find_last_whole() {
    std::uint64_t end = 0;
    LogRecordHeader header;
    while (true) {
      const std::size_t got =
          TRY(sys::read_at(fd_.value(), std::span(reinterpret_cast<char*>(&header), sizeof header), end));
      const std::uint64_t next = end + header.length + kLogRecordOverhead;
      if (got != sizeof header || header.mark != kLogHeaderMark || next > offset_) break;
      end = next;
    }
    offset_ = end;
    return {};
  }

 private:
  BackwardFile(sys::UniqueFd fd, std::uint64_t size) : fd_(std::move(fd)), offset_(size) {}

  static tl::unexpected<base::Error> damaged() {
    return base::fail(base::ErrorClass::Invalid, "the log is damaged");
  }

  /// `size` bytes at `at`, through a window that reaches back from their end.
  base::Result<std::string_view> bytes(std::uint64_t at, std::uint64_t size) {
    if (at < window_start_ || at + size > window_start_ + window_.size()) {
      const std::uint64_t end = at + size;
      window_start_ = end > kWindow ? end - kWindow : 0;
      window_.resize(end - window_start_);
      window_.resize(TRY(sys::read_at(fd_.value(), window_, window_start_)));
    }
    return std::string_view(window_).substr(at - window_start_, size);
  }

  sys::UniqueFd fd_;
  std::uint64_t offset_;
  std::string window_;
  std::uint64_t window_start_ = 0;
};

}  // namespace

base::Result<std::vector<std::uint32_t>> list_log_files(const std::string& directory) {
  std::vector<std::uint32_t> numbers;
  auto names = sys::list_directory(directory);
  if (!names && names.error().error_class == base::ErrorClass::NotFound) return numbers;
  for (const std::string& name : TRY(std::move(names))) {
    if (const std::uint32_t number = parse_log_file_name(name); number != 0) numbers.push_back(number);
  }
  return numbers;
}

base::Result<LogPosition> find_tail(const std::string& directory, const LogSelection& selection) {
  const std::size_t wanted = selection.tail.value_or(0);
  BackwardCount count(selection);
  LogPosition position;
  const std::vector<std::uint32_t> numbers = TRY(list_log_files(directory));
  for (const std::uint32_t number : numbers | std::views::reverse) {
    auto opened = BackwardFile::open(directory + "/" + log_file_name(number));
    if (!opened && opened.error().error_class == base::ErrorClass::NotFound) break;  // rotated away
    BackwardFile file = TRY(std::move(opened));
    LogRecordHeader header;
    std::string_view data;
    auto more = file.previous(header, data);
    if (!more) {
      TRY(file.find_last_whole());
      position = {number, file.offset(), 0};
      more = file.previous(header, data);
    }
    if (position.number == 0) position = {number, file.offset(), 0};
    while (TRY(std::move(more))) {
      count.add(header, data);
      position = {number, file.offset(), 0};
      if (count.lines() >= wanted && count.at_line_starts()) {
        position.skip = count.lines() - wanted;
        return position;
      }
      more = file.previous(header, data);
    }
  }
  position.skip = count.lines() > wanted ? count.lines() - wanted : 0;
  return position;
}

}  // namespace runtime::container
