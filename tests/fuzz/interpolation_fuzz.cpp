// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "compose/load/substitute.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace compose::load;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Variable value{"value $x ${y", "the test"}, empty{"", "the test"};
  const VariableLookup find = [&](std::string_view name) -> const Variable* {
    if (name.size() % 3 == 0) return nullptr;
    return name.size() % 3 == 1 ? &value : &empty;
  };
  static_cast<void>(substitute(text, find));
  static_cast<void>(find_references(text));
  // what is escaped comes back as it was
  std::string escaped;
  for (const char c : text) escaped += c == '$' ? std::string("$$") : std::string(1, c);
  const auto back = substitute(escaped, find);
  if (!back || back->text != text) __builtin_trap();
  return 0;
}
