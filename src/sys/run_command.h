// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sys {

struct CommandResult {
  int exit_code = 0;   ///< Or 128 + signal.
  std::string output;  ///< Of standard output.
  std::string errors;  ///< Of standard error, when it was taken.
};

/// Where a program's standard error goes.
enum class Errors { Ours, Taken };

/// Runs a program found on PATH with this process's environment, gives it `input` and takes what it prints,
/// at most `limit` bytes. NotFound when there is no such program.
base::Result<CommandResult> run_command(const std::vector<std::string>& arguments, std::string_view input,
                                        std::size_t limit = 1u << 20, Errors errors = Errors::Ours);

}  // namespace sys
