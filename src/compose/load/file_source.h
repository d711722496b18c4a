// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace compose::load {

/// Where the loader reads files from: the disk, or memory in tests. Paths are absolute, or "-" for
/// the standard input.
class FileSource {
 public:
  virtual ~FileSource() = default;

  /// The whole text. NotFound when there is no such file, Io when it cannot be read.
  virtual base::Result<std::string> read(const std::string& path) const = 0;
  virtual bool exists(const std::string& path) const = 0;
  virtual bool is_directory(const std::string& path) const = 0;
  /// The path with symbolic links resolved; `path` itself when it does not exist.
  virtual std::string real_path(const std::string& path) const = 0;
  /// A local copy of a remote git reference ("https://host/repo.git#ref:folder"): the folder's path.
  /// Unavailable when it cannot be reached, NotFound when it has no such ref, Unsupported when this source
  /// has no remotes.
  virtual base::Result<std::string> fetch_git(const std::string& reference) const = 0;
  /// "repository#ref:path" of a file in such a copy; empty for any other.
  virtual std::string remote_name(const std::string&) const { return {}; }
};

/// Runs a program to its end and gives its output; a status other than 0 is an error that carries
/// what it wrote to stderr.
using RunProgram = std::function<base::Result<std::string>(const std::vector<std::string>& arguments)>;

/// The disk. Files larger than 64 MiB are refused, and links that lead out of a remote's copy.
class DiskFileSource final : public FileSource {
 public:
  /// `cache_folder`: where commits of git repositories are kept. `run` runs git; without it remote
  /// references are refused.
  explicit DiskFileSource(std::string cache_folder, RunProgram run = {})
      : cache_folder_(std::move(cache_folder)), run_(std::move(run)) {}
  base::Result<std::string> read(const std::string& path) const override;
  bool exists(const std::string& path) const override;
  bool is_directory(const std::string& path) const override;
  std::string real_path(const std::string& path) const override;
  base::Result<std::string> fetch_git(const std::string& reference) const override;
  std::string remote_name(const std::string& path) const override;

 private:
  base::Result<> check_inside(const std::string& path) const;
  std::string cache_folder_;
  RunProgram run_;
  mutable std::map<std::string, std::string> git_folders_;  ///< By "repository#ref": each is asked for once.
};

/// Files in memory: for tests and fuzzing. A path is a directory when a file lies below it.
class MemoryFileSource final : public FileSource {
 public:
  explicit MemoryFileSource(std::map<std::string, std::string> files) : files_(std::move(files)) {}
  base::Result<std::string> read(const std::string& path) const override;
  bool exists(const std::string& path) const override;
  bool is_directory(const std::string& path) const override;
  std::string real_path(const std::string& path) const override { return path; }
  base::Result<std::string> fetch_git(const std::string& reference) const override;

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace compose::load
