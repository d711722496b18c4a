// SPDX-License-Identifier: Apache-2.0
#include "compose/load/environment.h"

#include "base/split.h"

namespace compose::load {

bool Environment::is_on(std::string_view name) const {
  const Variable* found = find(name);
  if (found == nullptr) return false;
  const std::string text = base::to_lower(found->value);
  return text == "1" || text == "true" || text == "t" || text == "yes" || text == "y";
}

}  // namespace compose::load
