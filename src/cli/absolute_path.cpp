// SPDX-License-Identifier: Apache-2.0
#include "cli/absolute_path.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace cli {

base::Result<std::string> absolute_path(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (!error) return absolute.lexically_normal().string();
  return base::fail(
      base::ErrorClass::Io,
      fmt::format("where is \"{}\"? The working folder cannot be read: {}", path, error.message()));
}

}  // namespace cli
