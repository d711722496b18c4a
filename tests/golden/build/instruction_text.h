// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "runtime/build/instruction.h"

namespace build_test {

/// One instruction as lines for people, with every member that is set.
std::string to_text(const runtime::build::Instruction& instruction);

}  // namespace build_test
