// SPDX-License-Identifier: Apache-2.0
#include "cli/render/log_printer.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include <fmt/format.h>

#include "model/labels.h"

namespace cli {
namespace {

// The colours users know from other tools, in the same order.
constexpr int kColors[] = {36, 33, 32, 35, 34, 96, 93, 92, 95, 94};

}  // namespace

std::string log_name(const model::ObservedContainer& container) {
  const std::string service = container.label(model::labels::kService);
  const std::string number = container.label(model::labels::kContainerNumber);
  const std::string project = container.label(model::labels::kProject);
  if (service.empty()) return container.name;
  // A container with a name of its own choice keeps it; others are known by service and number.
  if (!container.name.starts_with(project) || number.empty()) return container.name;
  return service + "-" + number;
}

void LogPrinter::expect(const std::string& name) { width_ = std::max(width_, name.size()); }

std::string LogPrinter::prefix_of(const std::string& name) {
  width_ = std::max(width_, name.size());
  const auto [color, is_new] = colors_.emplace(name, colors_.size());
  const std::string text = fmt::format("{:<{}}  | ", name, width_);
  if (!style_.colors) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", kColors[color->second % std::size(kColors)], text);
}

void LogPrinter::print(const model::ObservedContainer& container, const engine_client::LogLine& line) {
  std::string out;
  if (style_.prefix) out = prefix_of(log_name(container));
  if (style_.timestamps) out += to_rfc3339(line.time) + " ";
  out += line.text;
  if (!out.ends_with('\n')) out += '\n';
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

void LogPrinter::note(const model::ObservedContainer& container, std::string_view text) {
  fmt::print("{} {}\n", log_name(container), text);
  std::fflush(stdout);
}

std::string to_rfc3339(model::TimePoint time) {
  const auto since = time.time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  const auto rest = (since - std::chrono::seconds(seconds)).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:09}Z", text, rest);
}

}  // namespace cli
