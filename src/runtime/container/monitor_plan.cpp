// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/monitor_plan.h"

#include "base/byte_codec.h"

namespace runtime::container {
namespace {

constexpr std::uint32_t kVersion = 0x4d504c01;

void write_duration(base::ByteWriter& out, base::Duration duration) {
  out.number(static_cast<std::int64_t>(duration.count()));
}
base::Duration read_duration(base::ByteReader& in) { return base::Duration(in.number<std::int64_t>()); }

}  // namespace

std::string encode(const MonitorPlan& plan) {
  base::ByteWriter out;
  out.number(kVersion);
  out.text(plan.container_id);
  out.text(plan.run_root);
  out.text(plan.launch_plan);
  out.text(plan.network_plan);
  out.text(plan.join_network);
  out.text(plan.log.directory);
  out.number(plan.log.max_bytes);
  out.number(plan.log.max_files);
  out.text(plan.health.exec_plan);
  write_duration(out, plan.health.interval);
  write_duration(out, plan.health.timeout);
  write_duration(out, plan.health.start_period);
  write_duration(out, plan.health.start_interval);
  out.number(plan.health.retries);
  out.number(plan.restart.mode);
  out.number(plan.restart.max_attempts);
  out.number(plan.restart_count);
  out.number(plan.stop_signal);
  write_duration(out, plan.stop_grace);
  out.number(plan.tty);
  out.number(plan.stdin_open);
  out.number(plan.attach);
  out.number(plan.rows);
  out.number(plan.columns);
  return out.take();
}

base::Result<MonitorPlan> decode_monitor_plan(std::string_view bytes) {
  base::ByteReader in(bytes);
  if (in.number<std::uint32_t>() != kVersion) {
    return base::fail(base::ErrorClass::Invalid, "not a monitor's plan of this version");
  }
  MonitorPlan plan;
  plan.container_id = in.text();
  plan.run_root = in.text();
  plan.launch_plan = in.text();
  plan.network_plan = in.text();
  plan.join_network = in.text();
  plan.log.directory = in.text();
  in.number(plan.log.max_bytes);
  in.number(plan.log.max_files);
  plan.health.exec_plan = in.text();
  plan.health.interval = read_duration(in);
  plan.health.timeout = read_duration(in);
  plan.health.start_period = read_duration(in);
  plan.health.start_interval = read_duration(in);
  in.number(plan.health.retries);
  in.number(plan.restart.mode);
  in.number(plan.restart.max_attempts);
  in.number(plan.restart_count);
  in.number(plan.stop_signal);
  plan.stop_grace = read_duration(in);
  plan.tty = in.boolean();
  plan.stdin_open = in.boolean();
  plan.attach = in.boolean();
  in.number(plan.rows);
  in.number(plan.columns);
  TRY(in.finish("the monitor's plan"));
  return plan;
}

}  // namespace runtime::container
