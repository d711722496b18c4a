// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/render/build_log.h"
#include "cli/render/layer_log.h"
#include "cli/render/progress.h"

namespace cli {

/// One line an event, for logs and pipes: " Container shop-web-1  Started".
class PlainProgress final : public ProgressRenderer {
 public:
  void on_step(const compose::execute::StepEvent& event) override;
  void on_image(const compose::plan::Step& step, const engine_client::ImageEvent& event) override;
  void on_unchanged(const std::string& container) override;
  void print_above(std::string_view text) override;
  void finish() override { finished_ = true; }

 private:
  BuildLog build_log_;
  LayerLog layer_log_;
  bool finished_ = false;
};

/// One JSON object an event: {"id", "status", "text", ...}.
class JsonProgress final : public ProgressRenderer {
 public:
  void on_step(const compose::execute::StepEvent& event) override;
  void on_image(const compose::plan::Step& step, const engine_client::ImageEvent& event) override;
  void on_unchanged(const std::string& container) override;
  void print_above(std::string_view text) override;
  void finish() override { finished_ = true; }

 private:
  bool finished_ = false;
};

/// Nothing but warnings, and what a build's step that failed wrote.
class QuietProgress final : public ProgressRenderer {
 public:
  void on_step(const compose::execute::StepEvent&) override {}
  void on_image(const compose::plan::Step& step, const engine_client::ImageEvent& event) override;
  void on_unchanged(const std::string&) override {}
  void print_above(std::string_view text) override;
  void finish() override {}

 private:
  BuildFailures failures_;
};

/// Another renderer, without what happens inside pulls or builds; a step that failed still tells what it
/// wrote.
class QuietImageWork final : public ProgressRenderer {
 public:
  QuietImageWork(std::unique_ptr<ProgressRenderer> renderer, const ProgressStyle& style)
      : renderer_(std::move(renderer)), style_(style) {}
  void on_step(const compose::execute::StepEvent& event) override { renderer_->on_step(event); }
  void on_image(const compose::plan::Step& step, const engine_client::ImageEvent& event) override;
  void on_unchanged(const std::string& container) override { renderer_->on_unchanged(container); }
  void print_above(std::string_view text) override { renderer_->print_above(text); }
  void finish() override { renderer_->finish(); }

 private:
  std::unique_ptr<ProgressRenderer> renderer_;
  ProgressStyle style_;
  BuildFailures failures_;
};

}  // namespace cli
