// SPDX-License-Identifier: Apache-2.0
#include "sys/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>

#include <fmt/format.h>

#include "sys/call_error.h"
#include "sys/cgroup_directory.h"
#include "sys/file.h"
#include "sys/pidfd.h"

namespace sys {
namespace {

constexpr std::chrono::milliseconds kEventTimeout{2000};

const CgroupDirectory* find_unified(const Cgroup& cgroup) {
  for (const CgroupDirectory& directory : cgroup.directories) {
    if (directory.controller.empty()) return &directory;
  }
  return nullptr;
}

const CgroupDirectory* find_controller(const Cgroup& cgroup, std::string_view controller) {
  for (const CgroupDirectory& directory : cgroup.directories) {
    if (directory.controller == controller) return &directory;
  }
  return nullptr;
}

base::Result<> create_directory(const Cgroup& cgroup, const CgroupDirectory& directory) {
  TRY(make_cgroup_directory(directory, directory.controller.empty() ? cgroup.device_program : ""));
  if (directory.settings.empty()) return {};
  const UniqueFd opened = TRY(open_file(directory.path, O_RDONLY | O_DIRECTORY));
  return write_cgroup_settings(directory, opened.value());
}

/// Waits until one more of the processes in a v1 directory has ended; without events there, by its pidfd.
base::Result<bool> wait_for_a_process(const std::string& path) {
  const std::vector<int> pids = TRY(read_cgroup_processes(path));
  if (pids.empty()) return true;
  base::Result<UniqueFd> pidfd = open_pidfd(pids.front());
  if (!pidfd) return true;
  pollfd waiting{pidfd->value(), POLLIN, 0};
  const int ready = ::poll(&waiting, 1, static_cast<int>(kEventTimeout.count()));
  if (ready < 0 && errno != EINTR) return call_failed("poll(pidfd)");
  return ready != 0;
}

base::Result<> remove_waiting(const CgroupDirectory& directory) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    base::Result<> removed = remove_cgroup_directory(directory.path);
    if (removed) remove_empty_parents(directory.path);
    if (removed || removed.error().errno_value != EBUSY) return removed;
    const bool changed = directory.controller.empty()
                             ? TRY(wait_cgroup_event(directory.path, "populated 0", kEventTimeout))
                             : TRY(wait_for_a_process(directory.path));
    if (!changed) break;
  }
  return base::fail(
      base::make_error(base::ErrorClass::Conflict, fmt::format("{} still has processes", directory.path))
          .with_hint("end them; the next command removes it"));
}

base::Result<> set_frozen(const Cgroup& cgroup, bool frozen) {
  if (const CgroupDirectory* unified = find_unified(cgroup)) {
    TRY(write_cgroup_file(unified->path + "/cgroup.freeze", frozen ? "1" : "0"));
    if (TRY(wait_cgroup_event(unified->path, frozen ? "frozen 1" : "frozen 0", kEventTimeout))) return {};
  } else if (const CgroupDirectory* freezer = find_controller(cgroup, "freezer")) {
    const std::string file = freezer->path + "/freezer.state";
    // v1 tells of no event; writing again makes the kernel look at the stragglers again.
    constexpr int kTries = 1000;
    for (int i = 0; i < kTries; ++i) {
      TRY(write_cgroup_file(file, frozen ? "FROZEN" : "THAWED"));
      if (TRY(read_file(file)).starts_with(frozen ? "FROZEN" : "THAWED")) return {};
      ::poll(nullptr, 0, 1);
    }
    if (frozen) TRY(write_cgroup_file(file, "THAWED"));
  } else {
    return base::fail(base::ErrorClass::Unsupported,
                      "pausing needs cgroup v2 or the v1 freezer controller; this machine has neither");
  }
  return base::fail(base::ErrorClass::TimedOut, frozen ? "a process of the container could not be frozen"
                                                       : "a process of the container stayed frozen");
}

}  // namespace

base::Result<> create_cgroup(const Cgroup& cgroup) {
  for (const CgroupDirectory& directory : cgroup.directories) {
    base::Result<> created = create_directory(cgroup, directory);
    if (created) continue;
    base::Error error = std::move(created).error();
    if (base::Result<> removed = remove_cgroup(cgroup); !removed) error.also.push_back(removed.error());
    return base::fail(std::move(error));
  }
  return {};
}

base::Result<UniqueFd> open_unified_directory(const Cgroup& cgroup) {
  const CgroupDirectory* unified = find_unified(cgroup);
  if (unified == nullptr) return UniqueFd();
  return open_file(unified->path, O_RDONLY | O_DIRECTORY);
}

base::Result<> join_v1_directories(const Cgroup& cgroup) {
  for (const CgroupDirectory& directory : cgroup.directories) {
    if (directory.controller.empty()) continue;
    // "0" in `tasks`, not in `cgroup.procs`: that one takes a lock over all processes of the machine.
    TRY(write_cgroup_file(directory.path + "/tasks", "0"));
  }
  return {};
}

base::Result<> kill_cgroup(const Cgroup& cgroup) {
  const CgroupDirectory* unified = find_unified(cgroup);
  if (unified != nullptr) {
    const base::Result<> killed = write_cgroup_file(unified->path + "/cgroup.kill", "1");
    if (killed) return {};
    // Missing: the directory is gone, or the kernel is older than 5.14; the loop below knows.
    if (killed.error().errno_value != ENOENT) return killed;
  }
  if (cgroup.directories.empty()) return {};
  // Processes may be made while we kill; each pass leaves fewer that can.
  constexpr int kPasses = 100;
  for (int pass = 0; pass < kPasses; ++pass) {
    const std::vector<int> pids = TRY(list_cgroup_processes(cgroup));
    if (pids.empty()) return {};
    for (const int pid : pids) {
      if (::kill(pid, SIGKILL) != 0 && errno != ESRCH) return call_failed(fmt::format("kill({})", pid));
    }
    TRY(wait_for_a_process(cgroup.directories.front().path));
  }
  return base::fail(
      base::ErrorClass::Conflict,
      fmt::format("{} makes processes faster than they can be killed", cgroup.directories.front().path));
}

base::Result<> freeze_cgroup(const Cgroup& cgroup) { return set_frozen(cgroup, true); }
base::Result<> thaw_cgroup(const Cgroup& cgroup) { return set_frozen(cgroup, false); }

base::Result<> remove_cgroup(const Cgroup& cgroup) {
  std::vector<base::Error> errors;
  for (const CgroupDirectory& directory : cgroup.directories) {
    if (base::Result<> removed = remove_waiting(directory); !removed) errors.push_back(removed.error());
  }
  if (!errors.empty()) return base::fail(base::join_errors(std::move(errors)));
  return {};
}

base::Result<std::uint64_t> count_oom_kills(const Cgroup& cgroup) {
  const CgroupDirectory* memory = find_controller(cgroup, "memory");
  const CgroupDirectory* unified = find_unified(cgroup);
  if (memory == nullptr && unified == nullptr) return 0;
  const std::string file =
      memory != nullptr ? memory->path + "/memory.oom_control" : unified->path + "/memory.events";
  base::Result<std::string> text = read_file(file);
  if (!text && text.error().errno_value == ENOENT) return 0;
  if (!text) return base::fail(std::move(text).error());
  constexpr std::string_view kKey = "oom_kill ";
  const auto at = text->find(kKey);
  if (at == std::string::npos) return 0;
  std::uint64_t count = 0;
  std::from_chars(text->data() + at + kKey.size(), text->data() + text->size(), count);
  return count;
}

base::Result<std::vector<int>> list_cgroup_processes(const Cgroup& cgroup) {
  if (cgroup.directories.empty()) return std::vector<int>();
  return read_cgroup_processes(cgroup.directories.front().path);
}

}  // namespace sys
