// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "integration/engine/engine_fixture.h"
#include "runtime/container/status_record.h"
#include "sys/file.h"

namespace {

int wait_for(EngineFixture& f, const std::string& id) {
  const auto code = f.engine().containers().wait(id, {});
  if (!code) FAIL(base::to_text(code.error()));
  return *code;
}

}  // namespace

TEST_CASE("a container runs, its output and exit code are kept, and it can be started again") {
  EngineFixture f;
  const std::string id = f.run(f.make_spec("job", "echo out; echo err >&2; exit 7"));
  CHECK(wait_for(f, id) == 7);
  CHECK(f.log_of("job") == "out\nerr\n");
  const auto seen = f.engine().containers().inspect("job");
  REQUIRE(seen);
  CHECK(seen->status == model::ContainerStatus::Exited);
  CHECK(seen->exit_code == 7);
  CHECK(seen->image == "box");
  CHECK(seen->command == std::vector<std::string>{"/bin/sh", "-c", "echo out; echo err >&2; exit 7"});
  REQUIRE(f.engine().containers().start(id));
  CHECK(wait_for(f, id) == 7);
}

TEST_CASE("containers of one network find each other by name and alias, with their files in place") {
  EngineFixture f;
  REQUIRE(f.engine().networks().create({.name = "net-a"}));
  auto server = f.make_spec("server", "httpd -f -p 80 -h /seed", "net-a");
  server.endpoints.front().aliases = {"web"};
  server.files = {{.target = "/run/secrets/key", .content = "hunter2\n", .uid = 33, .gid = 44, .mode = 0400}};
  f.run(server);
  auto client = f.make_spec("client", "sleep 60", "net-a");
  client.hostname = "me";
  client.extra_hosts = {"other=10.1.2.3"};
  f.run(client);
  CHECK(f.exec("client", "wget -qO- http://web/file && wget -qO- http://server/file") ==
        "seeded\nseeded\nexit 0");
  CHECK(f.exec("client", "hostname; grep -c other /etc/hosts; head -n1 /etc/resolv.conf") ==
        "me\n1\nnameserver 127.0.0.11\nexit 0");
  CHECK(f.exec("server", "cat /run/secrets/key; stat -c '%u %g %a' /run/secrets/key") ==
        "hunter2\n33 44 400\nexit 0");
  CHECK(f.exec("server", "(echo x >/run/secrets/key) 2>/dev/null; echo $?") == "1\nexit 0");
}

TEST_CASE("a named volume starts with the image's content and outlives its containers") {
  EngineFixture f;
  auto spec = f.make_spec("one", "cat /seed/file; echo mine >/seed/file");
  spec.mounts = {{.type = model::MountType::Volume, .source = "vol", .target = "/seed"}};
  wait_for(f, f.run(spec));
  CHECK(f.log_of("one") == "seeded\n");
  CHECK(f.engine().volumes().remove("vol").error().error_class == base::ErrorClass::Conflict);
  REQUIRE(f.engine().containers().remove("one", {}));
  spec.name = "two";
  wait_for(f, f.run(spec));
  CHECK(f.log_of("two") == "mine\n");
  REQUIRE(f.engine().containers().remove("two", {}));
  REQUIRE(f.engine().volumes().remove("vol"));
  CHECK(f.engine().volumes().list({})->empty());
}

TEST_CASE("what cannot be created says why and leaves nothing") {
  EngineFixture f;
  auto spec = f.make_spec("x1", "true");
  spec.image = "missing";
  CHECK(f.engine().containers().create(spec, {}).error().error_class == base::ErrorClass::NotFound);
  spec = f.make_spec("x1", "true", "no-such-network");
  CHECK(f.engine().containers().create(spec, {}).error().error_class == base::ErrorClass::NotFound);
  spec = f.make_spec("x1", "true");
  spec.mounts = {{.type = model::MountType::Bind,
                  .source = f.roots().data + "/none",
                  .target = "/m",
                  .create_host_path = false}};
  CHECK(f.engine().containers().create(spec, {}).error().message ==
        "bind source path does not exist: " + f.roots().data + "/none");
  CHECK(f.engine().containers().list({})->empty());
  f.run(f.make_spec("x1", "sleep 60"));
  CHECK(f.engine().containers().create(f.make_spec("x1", "true"), {}).error().error_class ==
        base::ErrorClass::Conflict);
  CHECK(f.engine().containers().list({})->size() == 1);
  CHECK(f.engine().containers().remove("x1", {}).error().error_class == base::ErrorClass::Conflict);
}

TEST_CASE("a program that cannot be run is the error of start") {
  EngineFixture f;
  auto spec = f.make_spec("x1", "");
  spec.command = std::vector<std::string>{"/bin/no-such-program"};
  const auto id = f.engine().containers().create(spec, {});
  REQUIRE(id);
  const auto started = f.engine().containers().start(*id);
  REQUIRE_FALSE(started);
  CHECK(started.error().exit_code == 127);
  CHECK(started.error().message.find("/bin/no-such-program") != std::string::npos);
}

TEST_CASE("a killed monitor takes its container with it, and recovery says so once") {
  EngineFixture f;
  const std::string id = f.run(f.make_spec("lost", "sleep 1000"));
  const auto status = runtime::container::read_status(f.roots().run, id);
  REQUIRE((status && *status));
  REQUIRE(::kill(static_cast<pid_t>((*status)->monitor_pid), SIGKILL) == 0);
  while (runtime::container::monitor_alive(**status)) ::usleep(1000);
  const auto recovery = f.engine().system().recover({});
  REQUIRE(recovery);
  REQUIRE(recovery->notes.size() == 1);
  CHECK(recovery->notes.front().starts_with("container lost: "));
  CHECK(f.engine().system().recover({})->notes.empty());
  CHECK(f.engine().containers().inspect(id)->status == model::ContainerStatus::Exited);
  REQUIRE(f.engine().containers().start(id));
  CHECK(f.exec("lost", "echo back") == "back\nexit 0");
}
