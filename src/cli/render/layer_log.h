// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "engine_client/images.h"

namespace cli {

/// What becomes of the layers of pulls, pushes and loads, in lines: " 4abcf2066143 Pull complete". Calls must
/// not overlap.
class LayerLog {
 public:
  /// What to print for one event of the transfer `name`: a line when the layer's state is another one than
  /// before; "" for waiting, and for what is no event of a layer.
  std::string text_of(const std::string& name, const engine_client::ImageEvent& event);

 private:
  std::map<std::pair<std::string, std::string>, std::string> states_;  ///< By transfer and layer.
};

/// How far one transfer is, its layers taken together.
class LayerSum {
 public:
  void note(const engine_client::ImageEvent& event);
  /// "2/5 layers  12.3MB / 45MB"; "" when there is nothing to wait for.
  std::string text() const;

 private:
  struct Layer {
    std::int64_t current = 0, total = 0;
    bool done = false;
  };
  std::map<std::string, Layer> layers_;
};

}  // namespace cli
