// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "compose/load/dotenv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace compose::load;
  const base::Source source{".env", std::string(reinterpret_cast<const char*>(data), size)};
  const VariableLookup none = [](std::string_view) { return nullptr; };
  if (const auto entries = read_dotenv(source, none)) {
    for (const EnvEntry& entry : *entries) {
      if (entry.name.empty() || entry.span.line == 0) __builtin_trap();
    }
  }
  static_cast<void>(read_raw_env(source));
  return 0;
}
