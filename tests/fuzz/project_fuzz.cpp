// SPDX-License-Identifier: Apache-2.0
// Whole projects, as in tests/support/project_bundle.h. What loads, prints and loads again.
#include <cstdint>
#include <string>

#include "compose/config.h"
#include "support/project_bundle.h"

using namespace compose;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ProjectBundle bundle = ProjectBundle::parse(std::string(reinterpret_cast<const char*>(data), size));
  const auto loaded = bundle.load();
  if (!loaded) {
    static_cast<void>(base::to_text(loaded.error()));
    return 0;
  }
  static_cast<void>(config::to_yaml(loaded->tree, config::Dollars::Escape));
  static_cast<void>(config::to_json(loaded->tree, config::Dollars::Escape));
  static_cast<void>(config::lint(*loaded, load::MemoryFileSource(bundle.files), {}));
  static_cast<void>(config::explain(*loaded, "services"));
  return 0;
}
