// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "runtime/build/instruction.h"

namespace runtime::build {

/// A Dockerfile as instructions, in order.
struct Dockerfile {
  ParserDirectives directives;
  std::vector<Instruction> instructions;
};

/// Everything that is wrong goes to `diagnostics`, with position and hint; what is returned then lacks the
/// wrong instructions. `source` must outlive the result.
Dockerfile parse_dockerfile(const base::Source& source, base::Diagnostics& diagnostics);

/// One instruction, as ONBUILD keeps it in an image. Invalid.
base::Result<Instruction> parse_trigger(const base::Source& source);

}  // namespace runtime::build
