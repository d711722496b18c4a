// SPDX-License-Identifier: Apache-2.0
// The reader takes any bytes; what it read, prints, and reads again to the same data.
#include <cstdint>
#include <string>

#include "compose/config.h"
#include "compose/load/yaml_reader.h"

using namespace compose;

namespace {

bool is_plain_data(const load::Tree& tree) {
  if (tree.kind == load::Kind::Timestamp || tree.kind == load::Kind::Float) return false;
  for (const load::Tree& item : tree.items) {
    if (!is_plain_data(item)) return false;
  }
  for (const load::Entry& entry : tree.entries) {
    if (entry.key == "<<" || !is_plain_data(entry.value)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::Source source{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)};
  const auto documents = load::read_yaml(source);
  if (!documents) {
    static_cast<void>(base::to_text(documents.error()));
    return 0;
  }
  for (const load::Tree& document : *documents) {
    if (!document.is_mapping() || !is_plain_data(document)) continue;
    const base::Source printed{"printed.yaml", config::to_yaml(document, config::Dollars::Keep)};
    const auto again = load::read_yaml(printed);
    if (!again) __builtin_trap();
    const bool same = document.entries.empty() ? again->size() <= 1
                                               : again->size() == 1 && same_data(document, again->front());
    if (!same) __builtin_trap();
    static_cast<void>(config::to_json(document, config::Dollars::Escape));
  }
  return 0;
}
