// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/log_writer.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "sys/file.h"
#include "sys/file_io.h"

namespace runtime::container {
namespace {

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
}

template <class Part>
bool read_part(int fd, std::uint64_t offset, Part& part) {
  const auto size = sys::read_at(fd, std::span(reinterpret_cast<char*>(&part), sizeof part), offset);
  return size && *size == sizeof part;
}

/// Where the last whole record of a file of `size` bytes ends.
std::uint64_t find_end(int fd, std::uint64_t size) {
  LogRecordTrailer trailer;
  if (size >= sizeof trailer && read_part(fd, size - sizeof trailer, trailer) &&
      trailer.mark == kLogTrailerMark) {
    return size;
  }
  std::uint64_t end = 0;
  LogRecordHeader header;
  while (read_part(fd, end, header)) {
    const std::uint64_t next = end + sizeof header + header.length + sizeof trailer;
    if (header.mark != kLogHeaderMark || header.length > kMaxLogRecord || next > size) break;
    end = next;
  }
  return end;
}

template <class Part>
std::string_view bytes_of(const Part& part) {
  return {reinterpret_cast<const char*>(&part), sizeof part};
}

}  // namespace

base::Result<LogWriter> LogWriter::open(const LogPlan& plan) {
  LogWriter writer(plan);
  if (plan.directory.empty()) return writer;
  std::uint32_t newest = 1;
  for (const std::string& name : TRY(sys::list_directory(plan.directory))) {
    newest = std::max(newest, parse_log_file_name(name));
  }
  TRY(writer.open_file(newest));
  return writer;
}

base::Result<> LogWriter::open_file(std::uint32_t number) {
  const std::string path = plan_.directory + "/" + log_file_name(number);
  sys::UniqueFd file = TRY(sys::open_file(path, O_RDWR | O_CREAT | O_APPEND, 0640));
  const std::uint64_t old_size = TRY(sys::file_facts(file.value())).size;
  size_ = find_end(file.value(), old_size);
  if (size_ != old_size) TRY(sys::truncate_file(file.value(), size_));
  file_ = std::move(file);
  number_ = number;
  return {};
}

void LogWriter::rotate() {
  if (!open_file(number_ + 1)) return;  // The old file goes on growing; tried again at the next record.
  const std::uint32_t kept = std::max<std::uint32_t>(plan_.max_files, 1);
  for (std::uint32_t old = number_ > kept ? number_ - kept : 0; old > 0; --old) {
    const std::string path = plan_.directory + "/" + log_file_name(old);
    if (!sys::path_exists(path) || !sys::remove_file(path)) break;
  }
}

bool LogWriter::write_record(LogStream stream, std::string_view data) {
  const auto length = static_cast<std::uint32_t>(data.size());
  bool& inside_line = inside_line_[static_cast<std::size_t>(stream)];
  const LogRecordHeader header{now_ns(), length, static_cast<std::uint8_t>(stream), inside_line,
                               kLogHeaderMark};
  const LogRecordTrailer trailer{length, kLogTrailerMark};
  const std::string_view parts[] = {bytes_of(header), data, bytes_of(trailer)};
  const std::size_t whole = sizeof header + data.size() + sizeof trailer;
  const auto written = sys::write_parts(file_.value(), parts);
  if (written && *written == whole) {
    size_ += whole;
    inside_line = !data.empty() && data.back() != '\n';
    return true;
  }
  // Part of a record is on disk: take it back, so that what follows can be read.
  if (written && !sys::truncate_file(file_.value(), size_)) file_.reset();
  return false;
}

void LogWriter::end_lines() {
  for (const LogStream stream : {LogStream::Stdout, LogStream::Stderr}) {
    bool& inside_line = inside_line_[static_cast<std::size_t>(stream)];
    // On a full disk the line's end is lost with much else.
    if (inside_line && file_.valid()) write_record(stream, {});
    inside_line = false;
  }
}

void LogWriter::append(LogStream stream, std::string_view data) {
  if (plan_.directory.empty() || data.empty()) return;
  if (!file_.valid() && !open_file(number_ + 1)) {
    lost_bytes_ += data.size();
    return;
  }
  if (lost_bytes_ > 0) {
    const std::string note =
        fmt::format("[{} bytes of output were lost: the log could not be written]\n", lost_bytes_);
    if (write_record(LogStream::Note, note)) lost_bytes_ = 0;
  }
  if (lost_bytes_ > 0 || !write_record(stream, data)) lost_bytes_ += data.size();
  if (plan_.max_bytes > 0 && size_ >= plan_.max_bytes) rotate();
}

}  // namespace runtime::container
