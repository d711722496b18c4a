// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/log_plan.h"

#include <charconv>

#include <fmt/format.h>

#include "base/byte_size.h"

namespace runtime::engine {
namespace {

constexpr std::uint32_t kMostFiles = 1000;

base::Result<std::uint32_t> parse_file_count(const std::string& text) {
  std::uint32_t count = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
  if (!whole || count < 1 || count > kMostFiles) {
    return base::fail(
        base::ErrorClass::Invalid,
        fmt::format("logging option max-file: \"{}\" is not a number from 1 to {}", text, kMostFiles));
  }
  return count;
}

}  // namespace

base::Result<container::LogPlan> make_log_plan(const model::LogSpec& log, const std::string& directory) {
  container::LogPlan plan;
  if (log.driver == "none") return plan;
  if (!log.driver.empty() && log.driver != "local" && log.driver != "json-file") {
    return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                       fmt::format("the log driver \"{}\" is not available", log.driver))
                          .with_hint("use local, json-file or none; `compose logs` reads the log"));
  }
  plan.directory = directory;
  for (const auto& [name, value] : log.options) {
    if (name == "max-size") {
      const base::ByteSize size =
          TRY_WHILE(base::parse_byte_size(value), "reading the logging option max-size");
      plan.max_bytes = size.bytes > 0 ? static_cast<std::uint64_t>(size.bytes) : 0;
    } else if (name == "max-file") {
      plan.max_files = TRY(parse_file_count(value));
    } else if (name == "mode" || name == "compress") {
      continue;  // about how Docker's daemon buffers and packs; neither changes what can be read
    } else {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("unknown logging option \"{}\"", name))
              .with_hint("the engine's log knows max-size and max-file"));
    }
  }
  return plan;
}

}  // namespace runtime::engine
