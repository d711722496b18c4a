// SPDX-License-Identifier: Apache-2.0
// What one container costs the launcher, part by part: each row leaves something out of the row above it.
// Run as root on a quiet machine; prints the lowest tenth's microseconds.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "runtime/container/make_launch_plan.h"
#include "runtime/container/process.h"
#include "runtime/oci/make_spec.h"
#include "support/temporary_folder.h"
#include "sys/capability.h"
#include "sys/pidfd.h"

namespace {

using Clock = std::chrono::steady_clock;
using runtime::container::LaunchPlan;

constexpr int kRounds = 200;

double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

/// The tenth part's upper end: what it takes when nobody else wants the processor.
double typical(std::vector<double> values) {
  const std::size_t at = values.size() / 10;
  std::nth_element(values.begin(), values.begin() + static_cast<long>(at), values.end());
  return values[at];
}

template <class T>
T need(base::Result<T> result) {
  if (!result) {
    std::fputs(base::to_text(result.error()).c_str(), stderr);
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Processor time of this process and of the containers that ended: what a busy machine does not change.
double processor_time() {
  double sum = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      sum += static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    }
  }
  return sum;
}

struct Times {
  std::vector<double> start, end, remove;
  double processor = 0;
};

Times measure(const LaunchPlan& plan) {
  Times times;
  const double before = processor_time();
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = Clock::now();
    auto started = need(runtime::container::start_process(plan, {}));
    const auto running = Clock::now();
    need(sys::wait_pidfd(started.pidfd.value()));
    const auto ended = Clock::now();
    need(sys::remove_cgroup(plan.cgroup));
    times.start.push_back(microseconds(running - begin));
    times.end.push_back(microseconds(ended - running));
    times.remove.push_back(microseconds(Clock::now() - ended));
  }
  times.processor = (processor_time() - before) / kRounds;
  return times;
}

void print(const char* name, const LaunchPlan& plan) {
  const Times times = measure(plan);
  std::printf("%-34s %8.0f %8.0f %8.0f %8.0f %8.0f\n", name, typical(times.start), typical(times.end),
              typical(times.remove), typical(times.start) + typical(times.end) + typical(times.remove),
              times.processor);
}

LaunchPlan make_plan(const std::string& folder) {
  for (const char* name : {"/lower/bin", "/fs", "/work"}) need(sys::make_directories(folder + name));
  for (const char* name : {"/lower/bin/true", "/lower/bin/sleep"}) {
    need(sys::write_file(folder + name, need(sys::read_file("/bin/busybox")), 0755));
  }
  model::ContainerSpec request;
  request.command = {"/bin/true"};
  runtime::oci::SpecInputs inputs;
  inputs.id = sys::random_hex(32);
  inputs.cgroups_path = "/compose-bench/" + inputs.id;
  inputs.known_capabilities = need(sys::available_capabilities());
  const auto spec = need(runtime::oci::make_spec(request, {}, inputs));
  runtime::container::LaunchInputs launch{.id = inputs.id, .data_root = folder};
  launch.root = {{folder + "/lower"}, folder + "/fs", folder + "/work", {}, false};
  return need(runtime::container::make_launch_plan(spec, need(sys::find_cgroup_hierarchy()), launch));
}

void print_exec(LaunchPlan plan) {
  plan.process.arguments = {"/bin/sleep", "1000"};
  auto container = need(runtime::container::start_process(plan, {}));
  const auto exec = runtime::container::make_exec_plan(plan, {.arguments = {"/bin/true"}});
  std::vector<double> start, end;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = Clock::now();
    auto process = need(runtime::container::exec_process(exec, container.pidfd.value(), {}));
    const auto running = Clock::now();
    need(sys::wait_pidfd(process.pidfd.value()));
    start.push_back(microseconds(running - begin));
    end.push_back(microseconds(Clock::now() - running));
  }
  std::printf("%-34s %8.0f %8.0f\n", "exec in a running container", typical(start), typical(end));
  need(sys::signal_pidfd(container.pidfd.value(), 9));
  need(sys::wait_pidfd(container.pidfd.value()));
  need(sys::remove_cgroup(plan.cgroup));
}

}  // namespace

int main() {
  const test::TemporaryFolder folder;
  LaunchPlan plan = make_plan(folder.path);
  // Another container runs: what all of them share is there already.
  sys::Cgroup neighbour = plan.cgroup;
  for (sys::CgroupDirectory& directory : neighbour.directories) directory.path += "-neighbour";
  need(sys::create_cgroup(neighbour));
  std::printf("%-34s %8s %8s %8s %8s %8s\n", "", "start", "end", "cgroup-", "sum", "cpu");
  plan.sysctls.clear();
  print("all defaults, caller's network", plan);
  print_exec(plan);
  LaunchPlan network = plan;
  network.network.mode = runtime::container::NamespaceMode::New;
  print("  (with a new network namespace)", network);
  LaunchPlan init = plan;
  init.init = true;
  print("  (with init)", init);
  plan.process.seccomp_program.clear();
  print("no filter", plan);
  plan.masked_paths.clear();
  print("no masked paths", plan);
  plan.read_only_paths.clear();
  print("no read-only paths", plan);
  plan.devices.clear();
  print("no devices", plan);
  plan.mounts.clear();
  print("no mounts", plan);
  plan.cgroup.device_program.clear();
  print("no device filter", plan);
  plan.cgroup = {};
  plan.cgroup_namespace.mode = runtime::container::NamespaceMode::Inherit;
  print("no cgroup", plan);
  plan.ipc.mode = plan.uts.mode = plan.pid.mode = runtime::container::NamespaceMode::Inherit;
  plan.hostname.clear();
  print("mount namespace only", plan);
  plan.root = {{}, {}, {}, folder.path + "/lower", false};
  print("no overlay", plan);
  need(sys::remove_cgroup(neighbour));
  return 0;
}
