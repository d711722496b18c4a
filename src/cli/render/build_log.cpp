// SPDX-License-Identifier: Apache-2.0
#include "cli/render/build_log.h"

#include <chrono>

#include <fmt/format.h>

namespace cli {
namespace {

using engine_client::ImageEvent;

std::string label_of(const std::string& name, const ImageEvent& event) {
  return name.empty() ? "#" + event.id : fmt::format("#{}.{}", name, event.id);
}

}  // namespace

std::string BuildLog::text_of(const std::string& name, const ImageEvent& event) {
  const std::string label = label_of(name, event);
  switch (event.kind) {
    case ImageEvent::Kind::Started: return fmt::format("{} {}\n", label, event.text);
    case ImageEvent::Kind::Cached: return fmt::format("{} CACHED {}\n", label, event.text);
    case ImageEvent::Kind::Done:
      return take_rest(label) +
             fmt::format("{} DONE {:.1f}s\n", label, std::chrono::duration<double>(event.elapsed).count());
    case ImageEvent::Kind::Failed: return take_rest(label) + fmt::format("{} ERROR {}\n", label, event.text);
    case ImageEvent::Kind::Output: return event.id.empty() ? event.text : take_lines(label, event.text);
    case ImageEvent::Kind::Layer:
    case ImageEvent::Kind::LayerDone: return "";
  }
  return "";
}

std::string BuildLog::take_lines(const std::string& label, std::string_view bytes) {
  std::string& line = unfinished_[label];
  std::string out;
  for (const char c : bytes) {
    if (c != '\n') {
      line += c;
      continue;
    }
    // What a carriage return overwrote is not seen on a terminal either.
    if (line.ends_with('\r')) line.pop_back();
    out += fmt::format("{} {}\n", label, line.substr(line.rfind('\r') + 1));
    line.clear();
  }
  return out;
}

std::string BuildLog::take_rest(const std::string& label) {
  const bool has_rest = !unfinished_[label].empty();
  std::string out = has_rest ? take_lines(label, "\n") : std::string();
  unfinished_.erase(label);
  return out;
}

std::string BuildFailures::text_of(const std::string& name, const ImageEvent& event) {
  constexpr std::size_t kMostKept = 32 << 10;
  const std::string label = label_of(name, event);
  const std::string text = log_.text_of(name, event);
  switch (event.kind) {
    case ImageEvent::Kind::Output: {
      if (event.id.empty()) return text;  // a warning
      std::string& kept = output_[label];
      kept += text;
      if (kept.size() > 2 * kMostKept) kept.erase(0, kept.find('\n', kept.size() - kMostKept) + 1);
      return "";
    }
    case ImageEvent::Kind::Failed: {
      const std::string output = std::move(output_[label]);
      output_.erase(label);
      // One that was stopped because of another's failure has no place.
      return event.text.find('\n') + 1 < event.text.size() ? output + text : "";
    }
    default: output_.erase(label); return "";
  }
}

std::string built_service(const compose::plan::Step& step) {
  const auto* build = std::get_if<compose::plan::BuildImage>(&step.call);
  return build == nullptr ? std::string() : build->service;
}

}  // namespace cli
