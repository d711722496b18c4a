// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/result.h"
#include "model/observed.h"
#include "runtime/container/log_format.h"

namespace runtime::container {

/// Which lines of a log.
struct LogSelection {
  bool standard_output = true, standard_error = true;
  std::optional<std::size_t> tail;  ///< The last so many lines of the chosen streams; unset: all.
  std::optional<model::TimePoint> since, until;  ///< Both inclusive.
};

/// One line with its line feed. Without one it is a piece: of a line longer than kMaxLogLine, or what a
/// stream ended with.
struct LogEntry {
  LogStream stream = LogStream::Stdout;
  model::TimePoint time;  ///< When its first byte was read from the container.
  std::string_view text;  ///< Valid during the call only.
};
/// Return false to stop reading.
using LogEntrySink = std::function<bool(const LogEntry&)>;

/// Reads the log in one folder (LogPlan::directory) while a monitor may write and rotate it. Lines come
/// in the order they were written; a line that is still unfinished waits for its end.
class LogReader {
 public:
  /// A folder that does not exist or is empty reads as an empty log.
  static base::Result<LogReader> open(const std::string& directory, const LogSelection& selection);
  ~LogReader();
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;

  /// Passes on every line written since the last call; false once `sink` said so or `until` is past.
  base::Result<bool> read_available(const LogEntrySink& sink);
  /// Passes on unfinished lines: nothing more will be written to them.
  base::Result<bool> flush(const LogEntrySink& sink);
  /// Readable when something may have been written (inotify); to be polled, then call `acknowledge()`
  /// and read_available(). -1 until watch() was called.
  base::Result<int> watch();
  void acknowledge();

 private:
  struct State;
  explicit LogReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Everything that is in the log now.
base::Result<> read_log(const std::string& directory, const LogSelection& selection,
                        const LogEntrySink& sink);

struct LogFollowSink {
  LogEntrySink entry;
  std::function<void()> caught_up;  ///< Called before waiting for more. May be unset.
};

/// As read_log, then what is written further, until the container has stopped for good.
/// Cancelled when asked to. Reads across rotation and restarts.
base::Result<> follow_log(const std::string& directory, const std::string& run_root,
                          const std::string& container_id, const LogSelection& selection,
                          const LogFollowSink& sink, const base::Cancellation& cancellation);

}  // namespace runtime::container
