// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress_plain.h"

#include <fmt/format.h>

#include "cli/render/progress_terminal.h"

namespace cli {

using compose::execute::StepEvent;
using compose::execute::StepPhase;
using engine_client::ImageEvent;

void PlainProgress::on_step(const StepEvent& event) {
  if (finished_) return;
  const StepWords words = words_of(event.step);
  if (words.doing.empty()) return;
  switch (event.phase) {
    case StepPhase::Started: fmt::print(stderr, " {}  {}\n", event.step.group, words.doing); break;
    case StepPhase::Done: fmt::print(stderr, " {}  {}\n", event.step.group, words.done); break;
    case StepPhase::Failed: fmt::print(stderr, " {}  Error\n", event.step.group); break;
    case StepPhase::Skipped: break;
  }
}

void PlainProgress::on_image(const compose::plan::Step& step, const ImageEvent& event) {
  if (finished_) return;
  fmt::print(stderr, "{}{}", build_log_.text_of(built_service(step), event),
             layer_log_.text_of(step.group, event));
}

void PlainProgress::on_unchanged(const std::string& container) {
  if (!finished_) fmt::print(stderr, " Container {}  Running\n", container);
}

void PlainProgress::print_above(std::string_view text) { fmt::print(stderr, "{}", text); }

void QuietProgress::on_image(const compose::plan::Step& step, const ImageEvent& event) {
  fmt::print(stderr, "{}", failures_.text_of(built_service(step), event));
}

void QuietImageWork::on_image(const compose::plan::Step& step, const ImageEvent& event) {
  const bool builds = std::holds_alternative<compose::plan::BuildImage>(step.call);
  if (builds ? !style_.quiet_build : !style_.quiet_pull) return renderer_->on_image(step, event);
  const std::string failure = builds ? failures_.text_of(built_service(step), event) : "";
  if (!failure.empty()) renderer_->print_above(failure);
}

void QuietProgress::print_above(std::string_view text) { fmt::print(stderr, "{}", text); }

namespace {

std::unique_ptr<ProgressRenderer> make_renderer(const ProgressStyle& style) {
  switch (style.mode) {
    case ProgressMode::Plain: return std::make_unique<PlainProgress>();
    case ProgressMode::Terminal: return std::make_unique<TerminalProgress>(style.colors);
    case ProgressMode::Json: return std::make_unique<JsonProgress>();
    case ProgressMode::Quiet: return std::make_unique<QuietProgress>();
  }
  return std::make_unique<QuietProgress>();
}

}  // namespace

std::unique_ptr<ProgressRenderer> make_progress(const ProgressStyle& style) {
  auto renderer = make_renderer(style);
  if (!style.quiet_pull && !style.quiet_build) return renderer;
  return std::make_unique<QuietImageWork>(std::move(renderer), style);
}

}  // namespace cli
