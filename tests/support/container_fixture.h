// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/container/make_launch_plan.h"
#include "runtime/container/process.h"
#include "runtime/oci/make_spec.h"
#include "support/temporary_folder.h"
#include "sys/capability.h"
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
  runtime::container::RootPlan plan() const {
    return {{lower("")}, upper(""), folder_.path + "/work", {}, false};
  }

 private:
  TemporaryFolder folder_;
};

/// One container over a BusyboxRoot: what it asks for, and what it does when run.
class TestContainer {
 public:
  explicit TestContainer(const BusyboxRoot& root) : root_(root) {
    image.environment = {"PATH=/bin"};
    inputs.id = sys::random_hex(32);
    inputs.hostname = "box";
    inputs.known_capabilities = sys::available_capabilities().value();
    inputs.cgroups_path = "/compose-test/" + inputs.id;
    launch.id = inputs.id;
    launch.data_root = root.folder() + "/data";
    launch.root = root.plan();
    launch.network = {runtime::container::NamespaceMode::New, {}};
  }
  ~TestContainer() {
    if (plan_) static_cast<void>(sys::remove_cgroup(plan_->cgroup));
  }

  model::ContainerSpec request;
  model::ObservedImage image;
  runtime::oci::SpecInputs inputs;
  runtime::container::LaunchInputs launch;
  std::optional<sys::CgroupHierarchy> hierarchy;  ///< Unset: this machine's.

  base::Result<runtime::container::LaunchPlan> make_plan() {
    inputs.mounts = request.mounts;
    if (!hierarchy) hierarchy = TRY(sys::find_cgroup_hierarchy());
    const auto spec = TRY(runtime::oci::make_spec(request, image, inputs));
    auto plan = TRY(runtime::container::make_launch_plan(spec, *hierarchy, launch));
    // What the monitor gets is what travelled as bytes.
    plan_ = TRY(runtime::container::decode_launch_plan(runtime::container::encode(plan)));
    return *plan_;
  }

  base::Result<runtime::container::StartedProcess> start(const runtime::container::StandardFds& fds = {}) {
    return runtime::container::start_process(TRY(make_plan()), fds);
  }

  /// Runs `sh -c script` to its end.
  Outcome run(const std::string& script) {
    request.command = {"sh", "-c", script};
    return run_command();
  }
  /// Runs what the request says to its end; fails the test when it does not start.
  Outcome run_command() {
    Pipe out, err;
    auto started = start({-1, out.write.value(), err.write.value()});
    if (!started) FAIL(base::to_text(started.error()));
    out.write.reset();
    err.write.reset();
    Outcome outcome;
    outcome.out = read_to_end(out.read.value());
    outcome.err = read_to_end(err.read.value());
    outcome.code = sys::wait_pidfd(started->pidfd.value()).value().code;
    REQUIRE(sys::remove_cgroup(plan_->cgroup));
    return outcome;
  }
  /// The error of a start that must fail.
  base::Error fail_to_start() {
    const auto started = start();
    REQUIRE_FALSE(started);
    for (const sys::CgroupDirectory& directory :
         plan_ ? plan_->cgroup.directories : std::vector<sys::CgroupDirectory>()) {
      CHECK_FALSE(sys::path_exists(directory.path));
    }
    return started.error();
  }
  const runtime::container::LaunchPlan& plan() const { return *plan_; }

 private:
  const BusyboxRoot& root_;
  std::optional<runtime::container::LaunchPlan> plan_;
};

}  // namespace test
