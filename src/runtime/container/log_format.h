// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace runtime::container {

// A log is a folder of files `<number>.log`, eight digits, counting up; the highest is being written,
// the lowest are deleted by rotation. A file is a row of records, one for each read of the monitor:
//
//   | time ns u64 | length u32 | stream u8 | inside u8 | mark u16 | bytes ... | length u32 | mark u32 |
//
// little-endian, without padding. A record holds any bytes, many lines or a part of one; `inside` is 1
// when it goes on with the line that the stream's record before it left unfinished. A record without
// bytes ends such a line: its process has ended. The trailer lets a reader walk backwards. A record that
// was cut off by a crash is ignored by readers and removed by the next writer.

enum class LogStream : std::uint8_t {
  Stdout = 1,
  Stderr = 2,
  Note = 3,  ///< Of the monitor itself (bytes that were lost on a full disk); readers show it as Stderr.
};

struct LogRecordHeader {
  std::uint64_t time_ns = 0;  ///< Since the Unix epoch.
  std::uint32_t length = 0;   ///< Of the bytes that follow.
  std::uint8_t stream = 0;
  std::uint8_t inside_line = 0;
  std::uint16_t mark = 0;
};
static_assert(sizeof(LogRecordHeader) == 16);

struct LogRecordTrailer {
  std::uint32_t length = 0;
  std::uint32_t mark = 0;
};
static_assert(sizeof(LogRecordTrailer) == 8);

inline constexpr std::size_t kLogRecordOverhead = sizeof(LogRecordHeader) + sizeof(LogRecordTrailer);

inline constexpr std::uint16_t kLogHeaderMark = 0x4c43;
inline constexpr std::uint32_t kLogTrailerMark = 0x454c4331;
/// Largest record a writer makes; a longer one in a file is damage.
inline constexpr std::size_t kMaxLogRecord = 128u << 10;
/// A line longer than this reaches readers in pieces.
inline constexpr std::size_t kMaxLogLine = 256u << 10;

/// "00000001.log"
std::string log_file_name(std::uint32_t number);
/// The number in such a name; 0 for any other name.
std::uint32_t parse_log_file_name(const std::string& name);

}  // namespace runtime::container
