// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine_client/containers.h"
#include "model/observed.h"

namespace cli {

struct LogStyle {
  bool colors = false, prefix = true, timestamps = false;
};

/// "web-1": what stands before a container's lines.
std::string log_name(const model::ObservedContainer& container);

/// Prints lines of several containers to stdout, each behind its name, padded to the longest name so far
/// and in a colour of its own: "web-1  | listening". One call at a time.
class LogPrinter {
 public:
  explicit LogPrinter(LogStyle style) : style_(style) {}
  /// Makes room for this name before its first line comes.
  void expect(const model::ObservedContainer& container) { expect(log_name(container)); }
  void expect(const std::string& name);
  /// Shown at the next flush() at the latest.
  void print(const model::ObservedContainer& container, const engine_client::LogLine& line);
  void flush();
  /// A line about a container: "web-1 exited with code 0".
  void note(const model::ObservedContainer& container, std::string_view text);

 private:
  struct Prefix {
    std::string text;
    std::size_t width = 0;  ///< Of the name column when it was made.
  };
  const std::string& prefix_of(const model::ObservedContainer& container);
  const LogStyle style_;
  std::size_t width_ = 0;
  std::map<std::string, std::size_t> colors_;         ///< By name.
  std::unordered_map<std::string, Prefix> prefixes_;  ///< By container ID.
  std::string pending_;
};

/// RFC 3339 with nanoseconds, in UTC: "2026-01-02T03:04:05.123456789Z".
std::string to_rfc3339(model::TimePoint time);

}  // namespace cli
