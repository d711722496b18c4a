// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/container/process.h"
#include "support/temporary_folder.h"
#include "sys/pidfd.h"

namespace test {

/// How a process that ran to its end did so.
struct Outcome {
  int code = 0;
  std::string out, err;
};

inline std::string read_to_end(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

struct Pipe {
  sys::UniqueFd read, write;
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read = sys::UniqueFd(ends[0]);
    write = sys::UniqueFd(ends[1]);
  }
};

/// A root file system of busybox alone, with a writable layer over it, in a folder of its own.
class BusyboxRoot {
 public:
  BusyboxRoot() {
    for (const char* name : {"/lower/bin", "/lower/etc", "/lower/tmp", "/fs", "/work"}) {
      REQUIRE(sys::make_directories(folder_.path + name));
    }
    REQUIRE(sys::write_file(lower("/bin/busybox"), sys::read_file("/bin/busybox").value(), 0755));
    for (const char* applet : {"sh",     "cat",      "ls",    "mount",  "mknod", "id",       "head", "sleep",
                               "stat",   "hostname", "env",   "pwd",    "touch", "readlink", "kill", "dd",
                               "ps",     "true",     "false", "echo",   "grep",  "mkdir",    "tty",  "stty",
                               "umount", "chroot",   "wc",    "sysctl", "chmod", "df",       "su"}) {
      REQUIRE(::symlink("busybox", lower(std::string("/bin/") + applet).c_str()) == 0);
    }
    file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:33:44:web:/srv:/bin/sh\n");
    file("/etc/group", "root:x:0:\nwww:x:44:\nstaff:x:50:web,other\ndisk:x:6:other\n");
  }
  /// A path in the read-only layer.
  std::string lower(const std::string& path) const { return folder_.path + "/lower" + path; }
  std::string upper(const std::string& path) const { return folder_.path + "/fs" + path; }
  const std::string& folder() const { return folder_.path; }
  void file(const std::string& path, std::string_view text, std::uint32_t mode = 0644) const {
    REQUIRE(sys::write_file(lower(path), text, mode));
  }
  runtime::container::RootPlan plan() const { return {{lower("")}, upper(""), folder_.path + "/work", {}}; }

 private:
  TemporaryFolder folder_;
};

inline constexpr std::uint64_t kDockerCapabilities = 0xa80425fb;

}  // namespace test
