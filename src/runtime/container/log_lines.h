// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/container/log_format.h"
#include "runtime/container/log_reader.h"

namespace runtime::container {

/// Cuts records into the lines of each stream, in the order in which lines end. Lines that lie whole in a
/// record are passed on without a copy.
class LogLines {
 public:
  /// `skip`: so many lines are swallowed first.
  explicit LogLines(const LogSelection& selection, std::size_t skip = 0)
      : selection_(selection), skip_(skip) {}

  /// False once the sink said so, or `until` is past.
  bool add(const LogRecordHeader& header, std::string_view data, const LogEntrySink& sink);
  /// Passes on what streams have begun and not ended.
  bool flush(const LogEntrySink& sink);

 private:
  struct Stream {
    std::string begun;  ///< A line without its end yet.
    std::uint64_t time_ns = 0;
  };
  enum class Piece { Line, Part };
  bool pass(LogStream stream, std::uint64_t time_ns, std::string_view text, Piece piece,
            const LogEntrySink& sink);
  bool end_begun(LogStream stream, const LogEntrySink& sink);
  bool wanted(LogStream stream) const;

  LogSelection selection_;
  std::size_t skip_;
  std::array<Stream, 4> streams_;  ///< By LogStream.
};

}  // namespace runtime::container
