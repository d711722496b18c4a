// SPDX-License-Identifier: Apache-2.0
#include "sys/terminal_size.h"

#include <sys/ioctl.h>

namespace sys {

std::optional<TerminalSize> terminal_size(int fd) {
  winsize size{};
  if (fd < 0 || ::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return std::nullopt;
  }
  return TerminalSize{size.ws_row, size.ws_col};
}

}  // namespace sys
