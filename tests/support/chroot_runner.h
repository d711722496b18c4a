// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "runtime/build/step_runner.h"
#include "sys/file.h"

namespace test {

/// Runs a build's processes with a mount namespace and chroot alone: no cgroup, no network of their own,
/// users by number. Enough to test the builder without the engine.
class ChrootRunner final : public runtime::build::StepRunner {
 public:
  std::atomic<int> runs{0};
  std::atomic<int> running{0}, most_running{0};

  base::Result<runtime::build::StepExit> run(const runtime::build::StepProcess& process,
                                             const runtime::build::OutputSink& output,
                                             const base::Cancellation& cancellation) override {
    ++runs;
    const int now = ++running;
    for (int most = most_running; now > most && !most_running.compare_exchange_weak(most, now);) {
    }
    auto exit = start_and_wait(process, output, cancellation);
    --running;
    return exit;
  }

 private:
  using Exit = base::Result<runtime::build::StepExit>;

  static Exit start_and_wait(const runtime::build::StepProcess& process,
                             const runtime::build::OutputSink& output,
                             const base::Cancellation& cancellation) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return base::fail(base::make_errno_error("pipe2", errno));
    const pid_t child = ::fork();
    if (child == 0) {
      ::setpgid(0, 0);
      ::dup2(ends[1], 1);
      ::dup2(ends[1], 2);
      ::_exit(become(process));
    }
    ::close(ends[1]);
    const sys::UniqueFd reading(ends[0]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string buffer(64 * 1024, '\0');
    bool cancelled = false;
    while (true) {
      const ssize_t count = ::read(ends[0], buffer.data(), buffer.size());
      if (count == 0) break;
      if (count > 0) {
        output(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
      } else if (errno != EAGAIN) {
        break;
      } else {
        if (cancellation.requested() && !cancelled) {
          cancelled = true;
          ::kill(-child, SIGKILL);
        }
        ::usleep(1000);
      }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (cancelled) return base::fail(base::ErrorClass::Cancelled, "the step was cancelled");
    return runtime::build::StepExit{.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                                    .oom_killed = false};
  }

  static void make_parents(const std::string& path) {
    static_cast<void>(sys::make_directories(path.substr(0, path.find_last_of('/'))));
  }

  static int fail_with(const char* what) {
    const std::string text = fmt::format("{}: {}\n", what, std::strerror(errno));
    static_cast<void>(!::write(2, text.data(), text.size()));
    return 125;
  }

  static int become(const runtime::build::StepProcess& process) {
    if (::unshare(CLONE_NEWNS) != 0) return fail_with("unshare");
    if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return fail_with("private");
    std::string root = process.upper;
    if (!process.lower_dirs.empty()) {
      std::string lower;
      for (const std::string& layer : process.lower_dirs) lower += (lower.empty() ? "" : ":") + layer;
      const std::string data =
          fmt::format("lowerdir={},upperdir={},workdir={}", lower, process.upper, process.work);
      root = process.work.substr(0, process.work.find_last_of('/')) + "/root";
      ::mkdir(root.c_str(), 0700);
      if (::mount("overlay", root.c_str(), "overlay", 0, data.c_str()) != 0) return fail_with("overlay");
    }
    for (const char* name : {"/proc", "/sys", "/dev", "/etc"}) ::mkdir((root + name).c_str(), 0755);
    if (::mount("proc", (root + "/proc").c_str(), "proc", 0, nullptr) != 0) return fail_with("proc");
    if (::mount("tmpfs", (root + "/dev").c_str(), "tmpfs", 0, "mode=755") != 0) return fail_with("dev");
    ::mknod((root + "/dev/null").c_str(), S_IFCHR | 0666, 0x103);
    ::chmod((root + "/dev/null").c_str(), 0666);
    for (const runtime::build::StepMount& mount : process.mounts) {
      if (const int code = attach(mount, root); code != 0) return code;
    }
    if (::chroot(root.c_str()) != 0) return fail_with("chroot");
    static_cast<void>(sys::make_directories(process.cwd));
    if (::chdir(process.cwd.c_str()) != 0) return fail_with("chdir");
    if (!process.user.empty()) {
      const int user = std::atoi(process.user.c_str());
      const auto colon = process.user.find(':');
      const int group = colon == std::string::npos ? user : std::atoi(process.user.c_str() + colon + 1);
      if (::setgid(group) != 0 || ::setuid(user) != 0) return fail_with("setuid");
    }
    std::vector<char*> argv, env;
    for (const std::string& word : process.argv) argv.push_back(const_cast<char*>(word.c_str()));
    for (const std::string& word : process.env) env.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    env.push_back(nullptr);
    ::umask(022);
    ::execvpe(argv[0], argv.data(), env.data());
    fail_with(argv[0]);
    return 127;
  }

  static int attach(const runtime::build::StepMount& mount, const std::string& root) {
    using Kind = runtime::build::StepMount::Kind;
    const std::string target = root + mount.target;
    if (mount.kind == Kind::Tmpfs) {
      static_cast<void>(sys::make_directories(target));
      return ::mount("tmpfs", target.c_str(), "tmpfs", 0, nullptr) == 0 ? 0 : fail_with("tmpfs");
    }
    if (mount.kind == Kind::Detached) {
      struct stat status {};
      ::fstat(mount.mounted, &status);
      if (S_ISDIR(status.st_mode)) {
        static_cast<void>(sys::make_directories(target));
      } else {
        make_parents(target);
        ::close(::open(target.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
      }
      return ::move_mount(mount.mounted, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0
                 ? 0
                 : fail_with("mount");
    }
    if (mount.kind == Kind::Overlay) {
      static_cast<void>(sys::make_directories(target));
      std::string data = "lowerdir=";
      for (const std::string& layer : mount.layers) data += (data.ends_with('=') ? "" : ":") + layer;
      if (!mount.upper.empty()) data += fmt::format(",upperdir={},workdir={}", mount.upper, mount.work);
      return ::mount("overlay", target.c_str(), "overlay", 0, data.c_str()) == 0 ? 0
                                                                                 : fail_with("overlay mount");
    }
    const std::string source = mount.subpath.empty() ? mount.source : mount.source + "/" + mount.subpath;
    struct stat status {};
    if (::stat(source.c_str(), &status) != 0) return fail_with(source.c_str());
    if (S_ISDIR(status.st_mode)) {
      static_cast<void>(sys::make_directories(target));
    } else {
      make_parents(target);
      ::close(::open(target.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    }
    if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0)
      return fail_with(target.c_str());
    if (!mount.read_only) return 0;
    const unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY;
    return ::mount("", target.c_str(), nullptr, flags, nullptr) == 0 ? 0 : fail_with("read-only");
  }
};

}  // namespace test
