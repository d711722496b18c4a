// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/attach_client.h"

#include "integration/monitor/monitored_container.h"
#include "support/collect_streams.h"

using test::Attachment;
using test::Delivery;
using test::MonitoredContainer;

namespace {

struct Attached {
  test::AttachOutcome outcome;
  std::string out, err;
};

/// Attaches with `input` as all that is typed, and reads until the end.
Attached attach_to_end(Attachment& attachment, std::string_view input, std::string_view keys = {}) {
  const base::Cancellation never;
  const auto collected = test::collect_streams(input, [&](int in, int out, int err) {
    return attachment.pump({in, out, err, keys, false}, never);
  });
  if (!collected.outcome) FAIL(base::to_text(collected.outcome.error()));
  return {*collected.outcome, collected.out, collected.err};
}

Attachment open(const MonitoredContainer& container) {
  auto opened = Attachment::open(container.plan.run_root, container.plan.container_id, Delivery::Complete);
  if (!opened) FAIL(base::to_text(opened.error()));
  return *std::move(opened);
}

}  // namespace

TEST_CASE("a held container starts when its client says so, and nothing is missed") {
  MonitoredContainer container({"sh", "-c", "echo first; cat; echo last >&2; exit 5"});
  container.plan.attach = container.plan.stdin_open = true;
  CHECK(container.start().pid == 0);
  CHECK(container.status().status == model::ContainerStatus::Created);
  Attachment attachment = open(container);
  REQUIRE(attachment.release());
  const Attached result = attach_to_end(attachment, "typed\n");
  CHECK(result.outcome.end == test::AttachEnd::Exited);
  CHECK(result.outcome.exit_code == 5);
  CHECK(result.out == "first\ntyped\n");
  CHECK(result.err == "last\n");
  CHECK(container.wait().exit_code == 5);
}

TEST_CASE("a held container whose program is missing tells its client") {
  MonitoredContainer container({"missing"});
  container.plan.attach = true;
  container.start();
  Attachment attachment = open(container);
  const auto released = attachment.release();
  REQUIRE_FALSE(released);
  CHECK(released.error().exit_code == 127);
  CHECK(container.wait().exit_code == 127);
}

TEST_CASE("a held container ends when its client goes away") {
  MonitoredContainer container({"true"});
  container.plan.attach = true;
  container.start();
  { const Attachment attachment = open(container); }
  CHECK(container.wait().status == model::ContainerStatus::Created);
}

TEST_CASE("all of four megabytes reach a client that must get everything") {
  MonitoredContainer container({"sh", "-c", "dd if=/dev/zero bs=65536 count=64 2>/dev/null"});
  container.plan.attach = true;
  container.start();
  Attachment attachment = open(container);
  REQUIRE(attachment.release());
  const Attached result = attach_to_end(attachment, {});
  CHECK(result.out.size() == 4u << 20);
}

TEST_CASE("a client that takes nothing cannot stop a container it only looks at") {
  MonitoredContainer container({"sh", "-c", "dd if=/dev/zero bs=65536 count=160 2>/dev/null; exit 4"});
  container.plan.attach = true;
  container.plan.log.directory.clear();
  container.start();
  Attachment starter = open(container);
  auto looker = Attachment::open(container.plan.run_root, container.plan.container_id, Delivery::BestEffort);
  REQUIRE(looker);
  REQUIRE(starter.release());
  CHECK(attach_to_end(starter, {}).out.size() == 160u << 16);
  CHECK(container.wait().exit_code == 4);
  const base::Cancellation never;
  const auto outcome = looker->pump({}, never);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().error_class == base::ErrorClass::Unavailable);
}

TEST_CASE("the detach keys leave the container running") {
  MonitoredContainer container({"cat"});
  container.plan.attach = container.plan.stdin_open = true;
  container.plan.tty = container.launch.process.terminal = true;
  container.start();
  Attachment attachment = open(container);
  CHECK(attachment.tty());
  REQUIRE(attachment.release());
  const Attached result = attach_to_end(attachment, "\x10\x11", "\x10\x11");
  CHECK(result.outcome.end == test::AttachEnd::Detached);
  CHECK(container.status().status == model::ContainerStatus::Running);
}

TEST_CASE("a terminal echoes, answers and has a size") {
  MonitoredContainer container({"sh", "-c", "stty size; read line; echo got $line"});
  container.plan.attach = container.plan.stdin_open = true;
  container.plan.tty = container.launch.process.terminal = true;
  container.plan.rows = 40;
  container.plan.columns = 99;
  container.start();
  Attachment attachment = open(container);
  REQUIRE(attachment.release());
  const Attached result = attach_to_end(attachment, "hello\n");
  CHECK(result.out.find("40 99\r\n") != std::string::npos);
  CHECK(result.out.find("got hello\r\n") != std::string::npos);
}
