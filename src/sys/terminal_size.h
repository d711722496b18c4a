// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace sys {

/// Character cells of a terminal.
struct TerminalSize {
  std::uint16_t rows = 0, columns = 0;
  bool operator==(const TerminalSize&) const = default;
};

/// TIOCGWINSZ; none when `fd` is not a terminal or its size is not known.
std::optional<TerminalSize> terminal_size(int fd);

}  // namespace sys
