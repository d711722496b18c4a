// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <string>
#include <vector>

#include "cli/program.h"

extern char** environ;

int main(int argc, char** argv) {
  // A command lives for milliseconds: memory it gives back it would only have to be given, and zeroed, again.
  constexpr int kKept = 16 << 20;
  ::mallopt(M_TRIM_THRESHOLD, kKept);
  ::mallopt(M_MMAP_THRESHOLD, kKept);
  ::mallopt(M_TOP_PAD, 256 << 10);
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return cli::run_program(std::vector<std::string>(argv + 1, argv + argc), std::move(environment));
}
