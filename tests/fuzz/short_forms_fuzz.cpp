// SPDX-License-Identifier: Apache-2.0
// Short ports, short volumes, command lines, durations, sizes, numbers: the first byte says which.
#include <cstdint>
#include <string>

#include "base/byte_size.h"
#include "base/duration.h"
#include "compose/load/scalar.h"
#include "compose/load/shell_words.h"
#include "compose/load/short_ports.h"
#include "compose/load/short_volumes.h"

using namespace compose::load;

namespace {

void check_ports(const std::string& text) {
  const auto ports = parse_short_port(text);
  if (!ports) return;
  if (ports->empty() || ports->size() > 65535) __builtin_trap();
  for (const ShortPort& port : *ports) {
    if (port.target == 0) __builtin_trap();
  }
}

void check_duration(const std::string& text) {
  const auto duration = base::parse_duration(text);
  if (!duration) return;
  const auto again = base::parse_duration(base::to_text(*duration));
  if (!again || *again != *duration) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: check_ports(text); break;
    case 1: static_cast<void>(parse_short_volume(text)); break;
    case 2: static_cast<void>(split_shell_words(text)); break;
    case 3: check_duration(text); break;
    case 4: static_cast<void>(base::parse_byte_size(text)); break;
    default: static_cast<void>(scalar_text(resolve_plain_scalar(text, {}))); break;
  }
  return 0;
}
