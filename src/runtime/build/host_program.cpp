// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/host_program.h"

#include <fcntl.h>

#include <cstdlib>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"

namespace runtime::build {

base::Result<sys::UniqueFd> open_host_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : base::split(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
    if (folder.empty()) continue;
    auto program = sys::open_file(fmt::format("{}/{}", folder, name), O_RDONLY);
    if (program) return program;
  }
  return base::fail(base::ErrorClass::NotFound, fmt::format("there is no {} program here", name));
}

}  // namespace runtime::build
