// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// Both ends of a pseudo terminal.
struct Pty {
  UniqueFd master, slave;
};

/// A new terminal of the devpts instance behind `devpts` (descriptor of its root). The slave is opened
/// through the master, never by its name. Invalid when `devpts` is another file system.
base::Result<Pty> open_pty(int devpts);

/// TIOCSWINSZ.
base::Result<> resize_pty(int master, std::uint16_t rows, std::uint16_t columns);

}  // namespace sys
