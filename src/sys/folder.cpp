// SPDX-License-Identifier: Apache-2.0
#include "sys/folder.h"

#include <unistd.h>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {

base::Result<> remove_empty_folder(const std::string& path) {
  if (::rmdir(path.c_str()) == 0) return {};
  if (errno == ENOENT || errno == EBUSY || errno == ENOTEMPTY) return {};
  return call_failed(fmt::format("rmdir(\"{}\")", path));
}

}  // namespace sys
