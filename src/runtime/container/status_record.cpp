// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/status_record.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/process_identity.h"

namespace runtime::container {
namespace {

using model::ContainerStatus;
using model::Health;

constexpr std::size_t kMaxStatusFile = 64 * 1024;

std::string escape(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescape(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      out += value[i];
      continue;
    }
    ++i;
    out += value[i] == 'n' ? '\n' : value[i];
  }
  return out;
}

std::int64_t to_ns(model::TimePoint time) { return time.time_since_epoch().count(); }

template <class Enum, std::size_t Size>
bool read_word(std::string_view value, const std::array<Enum, Size>& choices, Enum& out) {
  for (const Enum choice : choices) {
    if (model::to_text(choice) != value) continue;
    out = choice;
    return true;
  }
  return false;
}

template <class Number>
bool read_number(std::string_view value, Number& out) {
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == value.data() + value.size();
}

bool read_flag(std::string_view value, bool& out) {
  int number = 0;
  if (!read_number(value, number)) return false;
  out = number != 0;
  return true;
}

bool read_time(std::string_view value, model::TimePoint& out) {
  std::int64_t ns = 0;
  if (!read_number(value, ns)) return false;
  out = model::TimePoint(std::chrono::nanoseconds(ns));
  return true;
}

bool read_field(StatusRecord& record, std::string_view key, std::string_view value) {
  constexpr std::array kStatuses{ContainerStatus::Created, ContainerStatus::Running,
                                 ContainerStatus::Paused,  ContainerStatus::Restarting,
                                 ContainerStatus::Exited,  ContainerStatus::Dead};
  constexpr std::array kHealths{Health::None, Health::Starting, Health::Healthy, Health::Unhealthy};
  if (key == "status") return read_word(value, kStatuses, record.status);
  if (key == "health") return read_word(value, kHealths, record.health);
  if (key == "pid") return read_number(value, record.pid);
  if (key == "monitor_pid") return read_number(value, record.monitor_pid);
  if (key == "monitor_start") return read_number(value, record.monitor_start);
  if (key == "started") return read_time(value, record.started);
  if (key == "finished") return read_time(value, record.finished);
  if (key == "exit_code") return read_number(value, record.exit_code);
  if (key == "oom_killed") return read_flag(value, record.oom_killed);
  if (key == "stop_requested") return read_flag(value, record.stop_requested);
  if (key == "restart_count") return read_number(value, record.restart_count);
  if (key == "failing_streak") return read_number(value, record.failing_streak);
  if (key == "health_exit_code") return read_number(value, record.health_exit_code);
  if (key == "error") record.error = unescape(value);
  if (key == "health_output") record.health_output = unescape(value);
  return true;
}

bool lives(const StatusRecord& record) {
  // Created: held until a client attaches, or its first start failed and no monitor is left.
  if (record.status == ContainerStatus::Created) return record.monitor_pid != 0;
  return model::is_active(record.status);
}

constexpr int kKilledExitCode = 137;

/// What is known of a container whose monitor was killed; `last_sign`: when it last wrote its status.
void mark_dead(StatusRecord& record, model::TimePoint last_sign) {
  record.error =
      fmt::format("its monitor (pid {}) was killed, and the container with it", record.monitor_pid);
  record.status = ContainerStatus::Dead;
  record.exit_code = kKilledExitCode;
  record.finished = std::max(record.finished, last_sign);
  record.pid = 0;
}

struct ReadRecord {
  StatusRecord record;
  model::TimePoint written;
};

base::Result<ReadRecord> read_record(const std::string& path) {
  const sys::UniqueFd file = TRY(sys::open_file(path, O_RDONLY));
  const std::string text = TRY(sys::read_all(file.value(), path, kMaxStatusFile));
  ReadRecord read{TRY_WHILE(decode_status(text), fmt::format("reading {}", path)), {}};
  if (lives(read.record)) {
    read.written = model::TimePoint(std::chrono::nanoseconds(TRY(sys::file_facts(file.value())).modified_ns));
  }
  return read;
}

base::Result<StatusRecord> load_status(const std::string& path) {
  ReadRecord read = TRY(read_record(path));
  if (!lives(read.record) || monitor_alive(read.record)) return std::move(read.record);
  // It may have ended between the two looks: its last word counts.
  read = TRY(read_record(path));
  if (lives(read.record) && !monitor_alive(read.record)) mark_dead(read.record, read.written);
  return std::move(read.record);
}

}  // namespace

std::string encode(const StatusRecord& record) {
  return fmt::format(
      "status={}\npid={}\nmonitor_pid={}\nmonitor_start={}\nstarted={}\nfinished={}\nexit_code={}\n"
      "oom_killed={:d}\nstop_requested={:d}\nrestart_count={}\nerror={}\nhealth={}\nfailing_streak={}\n"
      "health_exit_code={}\nhealth_output={}\n",
      model::to_text(record.status), record.pid, record.monitor_pid, record.monitor_start,
      to_ns(record.started), to_ns(record.finished), record.exit_code, record.oom_killed,
      record.stop_requested, record.restart_count, escape(record.error), model::to_text(record.health),
      record.failing_streak, record.health_exit_code, escape(record.health_output));
}

base::Result<StatusRecord> decode_status(std::string_view text) {
  StatusRecord record;
  while (!text.empty()) {
    const auto [line, rest] = base::split_once(text, '\n');
    text = rest;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos ||
        !read_field(record, line.substr(0, equals), line.substr(equals + 1))) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("malformed status line: {}", line));
    }
  }
  return record;
}

std::string status_path(const std::string& run_root, const std::string& container_id) {
  return fmt::format("{}/status/{}", run_root, container_id);
}

std::string network_state_path(const std::string& run_root, const std::string& container_id) {
  return run_root + "/containers/" + container_id + "/network";
}

std::string control_path(const std::string& run_root, const std::string& container_id) {
  return fmt::format("{}/containers/{}/control", run_root, container_id);
}

base::Result<std::optional<StatusRecord>> read_status(const std::string& run_root,
                                                      const std::string& container_id) {
  auto record = load_status(status_path(run_root, container_id));
  if (!record && record.error().errno_value == ENOENT) return std::nullopt;
  return TRY(std::move(record));
}

base::Result<std::map<std::string, StatusRecord>> read_all_statuses(const std::string& run_root) {
  std::map<std::string, StatusRecord> all;
  auto names = sys::list_directory(run_root + "/status");
  if (!names && names.error().errno_value == ENOENT) return all;
  for (const std::string& name : TRY(std::move(names))) {
    if (name.find('.') != std::string::npos) continue;  // a record being written
    auto record = load_status(status_path(run_root, name));
    if (record) {
      all.emplace(name, *std::move(record));
    } else if (record.error().errno_value != ENOENT) {
      StatusRecord unreadable;
      unreadable.status = ContainerStatus::Dead;
      unreadable.error = record.error().message;
      all.emplace(name, std::move(unreadable));
    }
  }
  return all;
}

bool monitor_alive(const StatusRecord& record) {
  if (record.monitor_pid <= 0) return false;
  return sys::is_alive({record.monitor_pid, static_cast<std::int64_t>(record.monitor_start)});
}

}  // namespace runtime::container
