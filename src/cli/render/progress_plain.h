// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/render/build_log.h"
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

}  // namespace cli
