// SPDX-License-Identifier: Apache-2.0
#include "sys/cgroup_directory.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

#include <fmt/format.h>

#include "sys/call_error.h"
#include "sys/cgroup_device_filter.h"
#include "sys/file.h"

namespace sys {
namespace {

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// A cpuset takes processes only once it has processors and memory nodes; it starts with none.
base::Result<> fill_cpuset(const std::string& path) {
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    const std::string own = TRY(read_file(path + file));
    if (own.size() > 1) continue;
    TRY(write_cgroup_file(path + file, TRY(read_file(parent_of(path) + file))));
  }
  return {};
}

base::Result<> make_parents(const std::string& path, const std::string& controller) {
  const std::string parent = parent_of(path);
  if (path_exists(parent)) return {};
  TRY(make_parents(parent, controller));
  if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) {
    return call_failed(fmt::format("mkdir(\"{}\")", parent));
  }
  if (controller == "cpuset") TRY(fill_cpuset(parent));
  return {};
}

/// Writes "+<controller>" top down into cgroup.subtree_control of every directory above `path`.
base::Result<> enable_controller(const std::string& path, const std::string& controller) {
  const std::string parent = parent_of(path);
  const std::string file = parent + "/cgroup.subtree_control";
  if (!path_exists(file)) return {};  // Above the mount point.
  TRY(enable_controller(parent, controller));
  const std::string enabled = TRY(read_file(file));
  if ((" " + enabled).find(" " + controller) != std::string::npos) return {};
  base::Result<> written = write_cgroup_file(file, "+" + controller);
  if (written) return {};
  base::Error error = std::move(written).error();
  error.hint = error.errno_value == EBUSY
                   ? "processes in that cgroup keep it from limiting others; move them into a child"
                   : fmt::format("the machine's cgroup v2 does not offer the {} controller", controller);
  return base::fail(std::move(error));
}

base::Result<> write_setting(int directory, const std::string& path, const CgroupSetting& setting) {
  const UniqueFd file(::openat(directory, setting.file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return call_failed(fmt::format("open(\"{}/{}\")", path, setting.file));
  if (::write(file.value(), setting.value.data(), setting.value.size()) < 0) {
    return call_failed(fmt::format("write(\"{}/{}\", \"{}\")", path, setting.file, setting.value));
  }
  return {};
}

}  // namespace

base::Result<> write_cgroup_file(const std::string& path, const std::string& value) {
  const UniqueFd file = TRY(open_file(path, O_WRONLY));
  if (::write(file.value(), value.data(), value.size()) < 0) {
    return call_failed(fmt::format("write(\"{}\", \"{}\")", path, value));
  }
  return {};
}

base::Result<> make_cgroup_directory(const CgroupDirectory& directory, const std::string& device_program) {
  const std::string parent = parent_of(directory.path);
  // Whoever removes the last neighbour removes the parent too, perhaps just now.
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    if (!device_program.empty()) {
      const UniqueFd opened(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (opened.valid()) {
        TRY(attach_device_program(opened.value(), device_program));
        if (::mkdirat(opened.value(), directory.path.c_str() + parent.size() + 1, 0755) == 0) return {};
      }
    } else if (::mkdir(directory.path.c_str(), 0755) == 0) {
      return directory.controller == "cpuset" ? fill_cpuset(directory.path) : base::Result<>();
    }
    if (errno == EEXIST) return {};
    if (errno != ENOENT) return call_failed(fmt::format("mkdir(\"{}\")", directory.path));
    TRY(make_parents(directory.path, directory.controller));
  }
  return call_failed(fmt::format("mkdir(\"{}\")", directory.path));
}

void remove_empty_parents(const std::string& path) {
  const auto is_ours = [](const std::string& folder) {
    const std::string_view name = std::string_view(folder).substr(folder.rfind('/') + 1);
    return name.starts_with("devices-") || name == "compose" || name.starts_with("compose-");
  };
  // A folder that is still in use refuses; that is its answer, not a failure.
  for (std::string folder = parent_of(path); is_ours(folder) && ::rmdir(folder.c_str()) == 0;) {
    folder = parent_of(folder);
  }
}

base::Result<> write_cgroup_settings(const CgroupDirectory& directory, int opened) {
  for (const CgroupSetting& setting : directory.settings) {
    base::Result<> written = write_setting(opened, directory.path, setting);
    const bool missing = !written && written.error().errno_value == ENOENT;
    if (missing && directory.controller.empty()) {
      const base::Result<> enabled =
          enable_controller(directory.path, setting.file.substr(0, setting.file.find('.')));
      if (!enabled && !setting.optional) return enabled;
      written = write_setting(opened, directory.path, setting);
    }
    if (written || (setting.optional && written.error().errno_value == ENOENT)) continue;
    if (written.error().errno_value == ENOENT) {
      return base::fail(base::make_error(base::ErrorClass::Unsupported, written.error().message)
                            .with_hint("this kernel cannot limit that; leave the limit out"));
    }
    return written;
  }
  return {};
}

base::Result<std::vector<int>> read_cgroup_processes(const std::string& path) {
  std::vector<int> pids;
  base::Result<std::string> read = read_file(path + "/cgroup.procs");
  if (!read) {
    const int reason = read.error().errno_value;
    if (reason == ENOENT || reason == ENODEV) return pids;
    return base::fail(std::move(read).error());
  }
  const char* at = read->data();
  const char* end = at + read->size();
  while (at < end) {
    int pid = 0;
    const auto parsed = std::from_chars(at, end, pid);
    if (parsed.ec == std::errc() && pid > 0) pids.push_back(pid);
    at = parsed.ptr + 1;
  }
  for (const std::string& name : TRY(list_directory(path))) {
    struct stat status {};
    const std::string child = path + "/" + name;
    if (::stat(child.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    for (const int pid : TRY(read_cgroup_processes(child))) pids.push_back(pid);
  }
  return pids;
}

base::Result<> remove_cgroup_directory(const std::string& path) {
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  if (errno != EBUSY && errno != ENOTEMPTY) return call_failed(fmt::format("rmdir(\"{}\")", path));
  base::Result<std::vector<std::string>> names = list_directory(path);
  if (!names) return names.error().errno_value == ENOENT ? base::Result<>{} : base::fail(names.error());
  for (const std::string& name : *names) {
    struct stat status {};
    const std::string child = path + "/" + name;
    if (::stat(child.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) TRY(remove_cgroup_directory(child));
  }
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  return call_failed(fmt::format("rmdir(\"{}\")", path));
}

base::Result<bool> wait_cgroup_event(const std::string& path, const std::string& line,
                                     std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + timeout;
  const UniqueFd events = TRY(open_file(path + "/cgroup.events", O_RDONLY));
  while (true) {
    char text[256];
    const ssize_t count = ::pread(events.value(), text, sizeof text, 0);
    if (count < 0 && errno == ENODEV) return true;  // The directory is gone.
    if (count < 0) return call_failed(fmt::format("read(\"{}/cgroup.events\")", path));
    if (std::string_view(text, static_cast<std::size_t>(count)).find(line) != std::string_view::npos) {
      return true;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{events.value(), POLLPRI, 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) < 0 && errno != EINTR) {
      return call_failed("poll(cgroup.events)");
    }
  }
}

}  // namespace sys
