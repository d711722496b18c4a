// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace sys {

/// A number nobody can guess. man 2 getrandom.
std::uint64_t random_number();

}  // namespace sys
