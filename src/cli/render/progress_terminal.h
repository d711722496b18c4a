// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/render/build_log.h"
#include "cli/render/layer_log.h"
#include "cli/render/progress.h"

namespace cli {

/// Lines on a terminal that are drawn again in place, ten times a second while something is going on.
/// When there are more lines than the terminal has, finished ones are left out first.
class TerminalProgress final : public ProgressRenderer {
 public:
  explicit TerminalProgress(bool colors) : colors_(colors) {}
  ~TerminalProgress() override;
  void on_step(const compose::execute::StepEvent& event) override;
  void on_image(const compose::plan::Step& step, const engine_client::ImageEvent& event) override;
  void on_unchanged(const std::string& container) override;
  void print_above(std::string_view text) override;
  void finish() override;

 private:
  using Clock = std::chrono::steady_clock;
  enum class State { Working, Done, Failed };
  /// Of a build.
  struct BuildStep {
    std::string id, text;
    bool working = true;
    Clock::time_point begun;
    base::Duration elapsed{};
  };
  struct Line {
    std::string group, text, detail;
    std::vector<BuildStep> steps;  ///< Shown as long as the line is being worked at.
    std::string failures;          ///< Of a build's steps, shown when it fails.
    LayerSum layers;               ///< Of a pull or push.
    State state = State::Working;
    Clock::time_point begun, ended;
  };

  Line& line_of(const std::string& group);
  void draw();  ///< With mutex_ held.
  void redraw_until_finished();
  std::string render(const Line& line, std::size_t width, std::size_t name_width) const;
  void add_steps(const Line& line, std::size_t width, std::vector<std::string>& rows) const;
  static void note_step(Line& line, const engine_client::ImageEvent& event);
  void start_drawing();
  void clear_drawn();

  const bool colors_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Line> lines_;
  std::map<std::string, std::size_t> by_group_;
  BuildFailures failures_;
  std::size_t drawn_ = 0;  ///< Lines on the terminal now.
  std::size_t frame_ = 0;
  bool finished_ = false;
  std::thread drawer_;
};

}  // namespace cli
