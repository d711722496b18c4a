// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "runtime/container/launch_process.h"
#include "sys/execute.h"
#include "sys/file.h"
#include "sys/path_at.h"

namespace runtime::container {
namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;
constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view find_path(const std::vector<std::string>& environment) {
  std::string_view found = kDefaultPath;
  for (const std::string& entry : environment) {
    if (entry.starts_with("PATH=")) found = std::string_view(entry).substr(5);
  }
  return found;
}

/// Type and mode of what is at `path`; none when there is nothing.
std::optional<std::uint32_t> mode_of(const std::string& path) {
  const base::Result<sys::UniqueFd> file = sys::open_file(path, O_PATH);
  if (!file) return std::nullopt;
  const base::Result<struct stat> status = sys::stat_fd(file->value());
  if (!status) return std::nullopt;
  return status->st_mode;
}

/// What a file that cannot be executed most likely lacks.
std::string explain(int reason, std::optional<std::uint32_t> mode) {
  if (reason == ENOENT && mode) {
    return "the file exists, but the interpreter it names (its #! line, or its dynamic loader) does not";
  }
  if (reason == ENOENT || reason == ENOTDIR) return "no such file in the container";
  if (reason == EACCES && mode && S_ISDIR(*mode)) return "it is a directory";
  if (reason == EACCES && mode && (*mode & 0111) == 0) return "it is not executable: chmod +x";
  if (reason == EACCES) return "the container's user may not execute it, or its mount is noexec";
  if (reason == ENOEXEC) return "it has no #! line, or is a program for another kind of processor";
  return {};
}

base::Error failed(const std::string& program, int reason) {
  base::Error error = base::make_errno_error(fmt::format("exec \"{}\"", program), reason);
  error.exit_code = reason == ENOENT || reason == ENOTDIR ? kNotFound : kNotExecutable;
  error.hint = explain(reason, mode_of(program));
  return error;
}

base::Error not_in_path(const std::string& program, std::string_view path) {
  base::Error error = base::make_error(
      base::ErrorClass::NotFound,
      program.empty() ? "exec: the command is empty"
                      : fmt::format("exec \"{}\": not found in the container's PATH ({})", program, path));
  error.errno_value = ENOENT;
  error.exit_code = kNotFound;
  return error;
}

}  // namespace

base::Error execute(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  const std::string& program = arguments.front();
  const sys::ExecuteLists lists(arguments, environment);
  if (program.find('/') != std::string::npos) return failed(program, lists.execute(program));
  const std::string_view path = find_path(environment);
  if (program.empty()) return not_in_path(program, path);

  std::string denied;
  for (std::string_view rest = path;;) {
    const auto colon = rest.find(':');
    const std::string_view folder = rest.substr(0, colon);
    const std::string candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, program);
    const int reason = lists.execute(candidate);
    const std::optional<std::uint32_t> mode = mode_of(candidate);
    const bool there = mode && !S_ISDIR(*mode);
    if (there && reason != EACCES) return failed(candidate, reason);
    if (there && denied.empty()) denied = candidate;
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return denied.empty() ? not_in_path(program, path) : failed(denied, EACCES);
}

}  // namespace runtime::container
