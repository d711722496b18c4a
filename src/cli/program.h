// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

namespace cli {

/// The whole program: global options, then one subcommand, then its error on stderr. The exit code: 0, 1,
/// 130 when interrupted, or what the command says (a container's code).
int run_program(std::vector<std::string> arguments, std::map<std::string, std::string> environment);

}  // namespace cli
