// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/run_client.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <thread>

#include "integration/monitor/monitored_container.h"

using test::MonitoredContainer;

namespace {

struct RunResult {
  base::Result<test::RunOutcome> outcome;
  std::string output;
};

RunResult run(const MonitoredContainer& container, const base::Cancellation& cancellation = {},
              const std::vector<int>& descriptors = {}) {
  std::string output;
  auto outcome = test::run_to_end(
      {encode(container.launch), {}, descriptors}, [&output](std::string_view bytes) { output += bytes; },
      cancellation);
  return {std::move(outcome), std::move(output)};
}

}  // namespace

TEST_CASE("a step runs to its end, and nothing of it is left") {
  const MonitoredContainer container({"sh", "-c", "echo out; echo err >&2; touch /made; cat; exit 4"});
  const RunResult result = run(container);
  REQUIRE(result.outcome);
  CHECK(result.outcome->exit_code == 4);
  CHECK_FALSE(result.outcome->oom_killed);
  CHECK(result.output == "out\nerr\n");
  CHECK(sys::path_exists(container.root.upper("/made")));
  CHECK_FALSE(sys::path_exists(container.launch.cgroup.directories.front().path));
}

TEST_CASE("a step that cannot be started says why") {
  const MonitoredContainer container({"missing"});
  const RunResult result = run(container);
  REQUIRE_FALSE(result.outcome);
  CHECK(result.outcome.error().exit_code == 127);
}

TEST_CASE("a cancelled step is killed and cleared away") {
  const MonitoredContainer container({"sh", "-c", "echo on; sleep 100"});
  const base::Cancellation cancellation;
  auto outcome = test::run_to_end(
      {encode(container.launch), {}, {}}, [&cancellation](std::string_view) { cancellation.request(); },
      cancellation);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().error_class == base::ErrorClass::Cancelled);
  CHECK_FALSE(sys::path_exists(container.launch.cgroup.directories.front().path));
}

TEST_CASE("a prepared mount is handed to a step by its descriptor") {
  MonitoredContainer container({"cat", "/given/file"});
  test::TemporaryFolder given;
  REQUIRE(sys::write_file(given.path + "/file", "content"));
  const sys::UniqueFd mount(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, given.path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  REQUIRE(mount.valid());
  test::MountPlan plan = test::mount_at(test::MountKind::Detached, "/given");
  plan.descriptor = test::kFirstRunDescriptor;
  container.launch.mounts.push_back(plan);
  const RunResult result = run(container, {}, {mount.value()});
  if (!result.outcome) FAIL(base::to_text(result.outcome.error()));
  CHECK(result.output == "content");
}

TEST_CASE("a step that needs more memory than it may is killed, and it is said") {
  MonitoredContainer container({"sh", "-c", "dd if=/dev/zero of=/dev/null bs=200000000 count=1"});
  const std::string limited = "/sys/fs/cgroup/memory/compose-test/" + container.plan.container_id;
  if (!sys::path_exists("/sys/fs/cgroup/memory/memory.limit_in_bytes")) return;  // not this hierarchy
  container.launch.cgroup.directories.push_back({limited, "memory", {{"memory.limit_in_bytes", "33554432"}}});
  const RunResult result = run(container);
  REQUIRE(result.outcome);
  CHECK(result.outcome->exit_code == 137);
  CHECK(result.outcome->oom_killed);
  container.launch.process.arguments = {"sh", "-c",
                                        "dd if=/dev/zero of=/dev/null bs=200000000 count=1; exit 3"};
  container.start();
  const auto end = container.wait();
  CHECK(end.exit_code == 3);
  CHECK(end.oom_killed);
}
