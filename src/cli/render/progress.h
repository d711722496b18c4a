// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "compose/execute/execute.h"

namespace cli {

enum class ProgressMode { Plain, Terminal, Json, Quiet };
struct ProgressStyle {
  ProgressMode mode = ProgressMode::Plain;
  bool colors = false;
  bool quiet_pull = false, quiet_build = false;  ///< Nothing between a pull's or build's begin and end.
};

/// Shows on stderr what is being done, one line for each container, network, volume or image.
class ProgressRenderer : public compose::execute::ProgressSink {
 public:
  /// A container that is right as it is and running.
  virtual void on_unchanged(const std::string& container) = 0;
  /// Prints a text that is no progress (a warning) without tearing the progress apart.
  virtual void print_above(std::string_view text) = 0;
  /// From now on nothing is shown: something else writes to the terminal.
  virtual void finish() = 0;
};

/// The renderer of that style; it lives as long as the command.
std::unique_ptr<ProgressRenderer> make_progress(const ProgressStyle& style);

/// What a step does, in one word, for its line: "Creating", "Created"; empty for steps that have no line of
/// their own (a rename).
struct StepWords {
  std::string_view doing, done;
};
StepWords words_of(const compose::plan::Step& step);

}  // namespace cli
