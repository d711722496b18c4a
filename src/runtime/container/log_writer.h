// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/container/log_format.h"
#include "runtime/container/monitor_plan.h"
#include "sys/fd.h"

namespace runtime::container {

/// Appends records to a container's log and rotates it. A full or failing disk never stops the caller:
/// what cannot be written is counted, and a note says how much was lost once writing works again.
class LogWriter {
 public:
  /// Goes on with the newest file, cutting off a record that a crash left unfinished. A plan without a
  /// directory gives a writer that throws everything away.
  static base::Result<LogWriter> open(const LogPlan& plan);

  /// The process behind the streams has ended: a line it left unfinished is not continued by the next.
  void end_lines();
  /// One record, stamped with the time of the call. `data` has at most kMaxLogRecord bytes.
  void append(LogStream stream, std::string_view data);

  std::uint64_t lost_bytes() const { return lost_bytes_; }

 private:
  explicit LogWriter(LogPlan plan) : plan_(std::move(plan)) {}
  base::Result<> open_file(std::uint32_t number);
  void rotate();
  bool write_record(LogStream stream, std::string_view data);

  LogPlan plan_;
  sys::UniqueFd file_;
  std::uint32_t number_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t lost_bytes_ = 0;
  std::array<bool, 4> inside_line_{};  ///< By LogStream: its last record ended without a line feed.
};

}  // namespace runtime::container
