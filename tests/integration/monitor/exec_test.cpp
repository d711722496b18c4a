// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/exec_client.h"

#include <thread>

#include "integration/monitor/monitored_container.h"
#include "support/collect_streams.h"

using test::MonitoredContainer;

namespace {

struct ExecResult {
  int code = 0;
  std::string out, err;
};

test::ExecRequest request_for(const MonitoredContainer& container, std::vector<std::string> command) {
  test::ExecPlan plan;
  plan.cgroup = container.launch.cgroup;
  plan.process = container.launch.process;
  plan.process.arguments = std::move(command);
  plan.process.terminal = false;
  test::ExecRequest request;
  request.run_root = container.plan.run_root;
  request.container_id = container.plan.container_id;
  request.exec_plan = encode(plan);
  return request;
}

ExecResult exec(const test::ExecRequest& request, std::string_view input = {}) {
  const base::Cancellation never;
  const auto collected = test::collect_streams(input, [&](int in, int out, int err) {
    return run_exec(request, {in, out, err, {}, false}, never);
  });
  if (!collected.outcome) FAIL(base::to_text(collected.outcome.error()));
  return {*collected.outcome, collected.out, collected.err};
}

}  // namespace

TEST_CASE("a further process has its own streams and exit code") {
  MonitoredContainer container({"sleep", "100"});
  container.start();
  const auto both = exec(request_for(container, {"sh", "-c", "cat; echo problem >&2; exit 3"}), "typed\n");
  CHECK(both.code == 3);
  CHECK(both.out == "typed\n");
  CHECK(both.err == "problem\n");
  CHECK(exec(request_for(container, {"sh", "-c", "kill -9 $$"})).code == 137);
  CHECK(container.log().empty());
}

TEST_CASE("a megabyte goes in and out of a further process") {
  MonitoredContainer container({"sleep", "100"});
  container.start();
  std::string large;
  for (int i = 0; large.size() < (1u << 20); ++i) large += std::to_string(i) + "\n";
  CHECK(exec(request_for(container, {"cat"}), large).out == large);
}

TEST_CASE("a further process that cannot be found is exit code 127") {
  MonitoredContainer container({"sleep", "100"});
  container.start();
  const auto missing = exec(request_for(container, {"missing"}));
  CHECK(missing.code == 127);
  CHECK(missing.err.find("missing") != std::string::npos);
}

TEST_CASE("there is no exec in a container that does not run") {
  MonitoredContainer container({"true"});
  container.start();
  container.wait();
  const base::Cancellation never;
  const auto refused = run_exec(request_for(container, {"true"}), {}, never);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().error_class == base::ErrorClass::Conflict);
  CHECK(refused.error().message ==
        "container " + container.plan.container_id.substr(0, 12) + " does not run");
}

TEST_CASE("a cancelled exec kills its process") {
  MonitoredContainer container({"sleep", "100"});
  container.start();
  const base::Cancellation cancellation;
  test::Pipe out;
  std::thread canceller([&] {
    char byte = 0;
    (void)!::read(out.read.value(), &byte, 1);
    cancellation.request();
  });
  const auto cancelled = run_exec(request_for(container, {"sh", "-c", "echo on; sleep 100"}),
                                  {-1, out.write.value(), -1, {}, false}, cancellation);
  canceller.join();
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().error_class == base::ErrorClass::Cancelled);
}

TEST_CASE("a detached exec goes on by itself") {
  MonitoredContainer container({"sleep", "100"});
  container.start();
  auto request =
      request_for(container, {"sh", "-c", "cat /proc/1/comm > /comm; mkfifo /f 2>/dev/null; echo x > /done"});
  request.mode = test::ExecMode::Detached;
  const base::Cancellation never;
  CHECK(run_exec(request, {}, never).value() == 0);
  const auto look =
      request_for(container, {"sh", "-c", "until test -e /done; do sleep 0.01; done; cat /comm"});
  CHECK(exec(look).out == "sleep\n");
}

TEST_CASE("an exec with a terminal has its size") {
  MonitoredContainer container({"sleep", "100"});
  container.start();
  test::ExecPlan plan;
  plan.cgroup = container.launch.cgroup;
  plan.process = container.launch.process;
  plan.process.arguments = {"sh", "-c", "tty; stty size"};
  plan.process.terminal = true;
  plan.process.rows = 33;
  plan.process.columns = 77;
  auto request = request_for(container, {"true"});
  request.exec_plan = encode(plan);
  request.tty = true;
  const auto result = exec(request);
  CHECK(result.out == "/dev/pts/0\r\n33 77\r\n");
  CHECK(result.code == 0);
}
