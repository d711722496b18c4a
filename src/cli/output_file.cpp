// SPDX-License-Identifier: Apache-2.0
#include "cli/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "cli/absolute_path.h"
#include "sys/file.h"

namespace cli {
namespace {

std::string doing(std::string_view flag, const std::string& path) {
  return fmt::format("opening {} for {}", path, flag);
}

}  // namespace

base::Result<sys::PendingFile> open_output_file(std::string_view flag, const std::string& path,
                                                std::uint32_t mode) {
  return TRY_WHILE(sys::PendingFile::create(path, mode), doing(flag, path));
}

base::Result<> write_output_file(std::string_view flag, const std::string& path, std::string_view text) {
  sys::PendingFile file = TRY(open_output_file(flag, path));
  TRY_WHILE(sys::write_all(file.fd(), text), fmt::format("writing {} for {}", path, flag));
  return file.commit();
}

base::Result<> check_output_folder(std::string_view flag, const std::string& path) {
  std::error_code none;
  std::filesystem::path there = TRY(absolute_path(path));
  while (!std::filesystem::exists(there, none) && there.has_relative_path()) there = there.parent_path();
  if (!std::filesystem::is_directory(there, none)) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid, fmt::format("{} is no folder", there.string()))
            .while_doing(doing(flag, path)));
  }
  TRY_WHILE(sys::check_access(there.string(), W_OK | X_OK), doing(flag, path));
  return {};
}

}  // namespace cli
