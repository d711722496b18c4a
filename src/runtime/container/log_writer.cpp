// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/log_writer.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "sys/file.h"
#include "sys/record_io.h"

namespace runtime::container {
namespace {

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
}

/// Where the last whole record of `fd` ends.
std::uint64_t find_end(int fd, std::uint64_t size) {
  LogRecordTrailer trailer;
  if (size >= sizeof trailer) {
    const bool found = sys::read_at(fd, &trailer, sizeof trailer, size - sizeof trailer);
    if (found && trailer.mark == kLogTrailerMark) return size;
  }
  std::uint64_t end = 0;
  LogRecordHeader header;
  while (sys::read_at(fd, &header, sizeof header, end)) {
    const std::uint64_t next = end + sizeof header + header.length + sizeof trailer;
    if (header.mark != kLogHeaderMark || header.length > kMaxLogRecord || next > size) break;
    end = next;
  }
  return end;
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
  const std::uint64_t size = TRY(sys::file_size(file.value(), path));
  size_ = find_end(file.value(), size);
  if (size_ != size) TRY(sys::truncate_file(file.value(), size_, path));
  file_ = std::move(file);
  number_ = number;
  return {};
}

void LogWriter::rotate() {
  if (!open_file(number_ + 1)) return;  // The old file goes on growing; tried again at the next record.
  const std::uint32_t kept = std::max<std::uint32_t>(plan_.max_files, 1);
  for (std::uint32_t old = number_ > kept ? number_ - kept : 0; old > 0; --old) {
    if (!sys::remove_file(plan_.directory + "/" + log_file_name(old))) break;
  }
}

bool LogWriter::write_record(LogStream stream, std::string_view data) {
  const auto length = static_cast<std::uint32_t>(data.size());
  const LogRecordHeader header{now_ns(), length, static_cast<std::uint8_t>(stream), 0, kLogHeaderMark};
  const LogRecordTrailer trailer{length, kLogTrailerMark};
  const std::size_t whole = sizeof header + data.size() + sizeof trailer;
  const std::int64_t written =
      sys::write_parts(file_.value(), {{reinterpret_cast<const char*>(&header), sizeof header},
                                       data,
                                       {reinterpret_cast<const char*>(&trailer), sizeof trailer}});
  if (written == static_cast<std::int64_t>(whole)) {
    size_ += whole;
    return true;
  }
  // Part of a record is on disk: take it back, so that what follows can be read.
  if (written > 0 && !sys::truncate_file(file_.value(), size_, plan_.directory)) file_.reset();
  return false;
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
