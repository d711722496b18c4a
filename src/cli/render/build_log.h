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

/// The service whose image a step builds, or "".
std::string built_service(const compose::plan::Step& step);

}  // namespace cli
