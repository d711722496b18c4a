// SPDX-License-Identifier: Apache-2.0
#include "compose/load/tree_path.h"

namespace compose::load {

std::string to_text(const Path& path) {
  if (path.parent == nullptr) return {};
  std::string text = to_text(*path.parent);
  if (path.index >= 0) return text + "[" + std::to_string(path.index) + "]";
  if (!text.empty()) text += '.';
  return text.append(path.key);
}

}  // namespace compose::load
