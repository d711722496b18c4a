// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/split.h"
#include "runtime/build/file_mode.h"
#include "runtime/build/ignore_file.h"
#include "runtime/build/run_mount.h"

/// The first line is a path, the rest an ignore file: nothing faults, and a path below an excluded folder is
/// only included when the rules say that it may be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runtime::build;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto [path, rules_text] = base::split_once(text, '\n');
  static_cast<void>(parse_run_mount(path));
  static_cast<void>(FileMode::parse(path));
  const auto rules = IgnoreRules::parse(rules_text, ".dockerignore");
  if (!rules) return 0;
  const std::string below = std::string(path) + "/x";
  if (!path.empty() && rules->excludes(path) && !rules->excludes(below) && !rules->may_include_below(path))
    std::abort();
  return 0;
}
