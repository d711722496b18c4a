// SPDX-License-Identifier: Apache-2.0
#include "compose/load/file_source.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

namespace compose::load {
namespace {

constexpr std::uintmax_t kMaxFileSize = 64ULL << 20;

tl::unexpected<base::Error> no_such_file(const std::string& path) {
  return base::fail(base::ErrorClass::NotFound, fmt::format("no such file: {}", path));
}

}  // namespace

base::Result<std::string> DiskFileSource::read(const std::string& path) const {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  TRY(check_inside(path));
  std::error_code ec;
  const auto status = std::filesystem::status(path, ec);
  if (!std::filesystem::exists(status)) return no_such_file(path);
  if (std::filesystem::is_directory(status)) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("{} is a folder, not a file", path));
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return base::fail(base::make_errno_error(fmt::format("open(\"{}\")", path), errno));
  if (!std::filesystem::is_regular_file(status))
    return std::string(std::istreambuf_iterator<char>(stream), {});
  const auto size = std::filesystem::file_size(path, ec);
  if (ec) return base::fail(base::make_errno_error(fmt::format("stat(\"{}\")", path), ec.value()));
  if (size > kMaxFileSize) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} has {} bytes; a file may have at most {}", path, size, kMaxFileSize));
  }
  std::string text(size, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad()) return base::fail(base::make_errno_error(fmt::format("read(\"{}\")", path), errno));
  return text;
}

bool DiskFileSource::exists(const std::string& path) const {
  std::error_code ec;
  return path == "-" || std::filesystem::exists(path, ec);
}

bool DiskFileSource::is_directory(const std::string& path) const {
  std::error_code ec;
  return std::filesystem::is_directory(path, ec);
}

std::string DiskFileSource::real_path(const std::string& path) const {
  std::error_code ec;
  const auto real = std::filesystem::canonical(path, ec);
  return ec ? path : real.string();
}

base::Result<std::string> MemoryFileSource::read(const std::string& path) const {
  const auto found = files_.find(path);
  if (found == files_.end()) return no_such_file(path);
  return found->second;
}

bool MemoryFileSource::exists(const std::string& path) const {
  return files_.contains(path) || is_directory(path);
}

bool MemoryFileSource::is_directory(const std::string& path) const {
  const std::string prefix = path.ends_with('/') ? path : path + "/";
  const auto next = files_.lower_bound(prefix);
  return next != files_.end() && next->first.starts_with(prefix);
}

base::Result<std::string> MemoryFileSource::fetch_git(const std::string& reference) const {
  return base::fail(base::ErrorClass::Unsupported, fmt::format("cannot fetch {} here", reference));
}

}  // namespace compose::load
