// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mount.h>
#include <sys/statvfs.h>

#include <string>

#include <catch2/catch.hpp>

#include "sys/file.h"

namespace test {

/// A file system in memory of so many bytes, mounted at `path` for as long as this lives.
class SmallDisk {
 public:
  SmallDisk(std::string path, std::size_t size) : path_(std::move(path)) {
    REQUIRE(sys::make_directories(path_));
    REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", 0, options(size).c_str()) == 0);
  }
  ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }
  std::size_t used() const {
    struct statvfs status {};
    REQUIRE(::statvfs(path_.c_str(), &status) == 0);
    return (status.f_blocks - status.f_bfree) * status.f_frsize;
  }
  void resize(std::size_t size) const {
    REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, options(size).c_str()) == 0);
  }

 private:
  static std::string options(std::size_t size) { return "size=" + std::to_string(size); }
  std::string path_;
};

}  // namespace test
