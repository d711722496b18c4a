// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "compose/plan/plan.h"
#include "engine_client/images.h"

namespace cli {

/// Turns the events of builds, which may run side by side, into whole lines: "#web.3 RUN make". Calls must
/// not overlap.
class BuildLog {
 public:
  /// What to print for one event of the build `name` ("" when there is only one), with line feeds. A step's
  /// output is held back until its line is complete, or the step ends.
  std::string text_of(const std::string& name, const engine_client::ImageEvent& event);

 private:
  std::string take_lines(const std::string& label, std::string_view bytes);
  std::string take_rest(const std::string& label);

  std::map<std::string, std::string> unfinished_;  ///< By label: the start of a line.
};

/// Keeps what steps write to itself until one fails: then its last lines and its place in the Dockerfile are
/// to be shown, whatever else is. Calls must not overlap.
class BuildFailures {
 public:
  /// What to print, as BuildLog::text_of: a warning, or a step that failed by itself; "" otherwise.
  std::string text_of(const std::string& name, const engine_client::ImageEvent& event);

 private:
  BuildLog log_;
  std::map<std::string, std::string> output_;  ///< By label: the last of it, in whole lines.
};

/// The service whose image a step builds, or "".
std::string built_service(const compose::plan::Step& step);

}  // namespace cli
