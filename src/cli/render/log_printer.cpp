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
constexpr std::size_t kMostHeldBack = 64u << 10;

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

const std::string& LogPrinter::prefix_of(const model::ObservedContainer& container) {
  Prefix& prefix = prefixes_[container.id];
  if (!prefix.text.empty() && prefix.width == width_) return prefix.text;
  const std::string name = log_name(container);
  expect(name);
  const auto [color, is_new] = colors_.emplace(name, colors_.size());
  prefix = {fmt::format("{:<{}}  | ", name, width_), width_};
  if (style_.colors) {
    prefix.text = fmt::format("\x1b[{}m{}\x1b[0m", kColors[color->second % std::size(kColors)], prefix.text);
  }
  return prefix.text;
}

void LogPrinter::print(const model::ObservedContainer& container, const engine_client::LogLine& line) {
  if (style_.prefix) pending_ += prefix_of(container);
  if (style_.timestamps) pending_ += to_rfc3339(line.time) + " ";
  pending_ += line.text;
  if (!line.text.ends_with('\n')) pending_ += '\n';
  if (pending_.size() > kMostHeldBack) flush();
}

void LogPrinter::flush() {
  std::fwrite(pending_.data(), 1, pending_.size(), stdout);
  std::fflush(stdout);
  pending_.clear();
}

void LogPrinter::note(const model::ObservedContainer& container, std::string_view text) {
  pending_ += fmt::format("{} {}\n", log_name(container), text);
  flush();
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
