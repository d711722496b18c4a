// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/build/ssh_agent.h"
#include "runtime/build/ssh_proxy.h"
#include "support/build_fixture.h"
#include "support/child_process.h"
#include "support/variable.h"
#include "sys/stream_io.h"

namespace {

using runtime::build::SshAgent;
using runtime::build::SshAgents;
using runtime::build::SshProxy;

/// A folder with the keys "plain", "locked" and "open" (which everybody may read).
struct Keys : test::TemporaryFolder {
  Keys() {
    test::run_shell(
        "cd " + path +
        " && ssh-keygen -q -t ed25519 -N '' -C plain -f plain && ssh-keygen -q -t ed25519 -N secret -f "
        "locked && cp plain open && chmod 644 open");
  }
  std::string listed(const std::string& socket) const {
    test::run_shell("SSH_AUTH_SOCK=" + socket + " ssh-add -l > " + path + "/listed 2>&1 || true");
    return sys::read_file(path + "/listed").value();
  }
};

}  // namespace

TEST_CASE("key files are served by an agent") {
  const Keys keys;
  const std::string socket = keys.path + "/socket";
  const SshAgent agent = SshAgent::start({keys.path + "/plain"}, socket, {}).value();
  CHECK(agent.socket() == socket);
  CHECK(keys.listed(socket).ends_with(" plain (ED25519)\n"));
}

TEST_CASE("keys that cannot be used are told with what ssh-add says") {
  const Keys keys;
  const auto locked = SshAgent::start({keys.path + "/locked"}, keys.path + "/socket", {});
  REQUIRE_FALSE(locked);
  CHECK(locked.error().message ==
        "the SSH keys cannot be used: Enter passphrase for " + keys.path + "/locked:");
  const auto open = SshAgent::start({keys.path + "/open"}, keys.path + "/another", {});
  REQUIRE_FALSE(open);
  CHECK(open.error().message.find("too open") != std::string::npos);
}

TEST_CASE("an entry is a socket, key files, or the user's own agent") {
  const Keys keys;
  const SshAgent agent = SshAgent::start({keys.path + "/plain"}, keys.path + "/given", {}).value();
  const std::vector<std::string> entries = {"socket=" + agent.socket(), "key=" + keys.path + "/plain",
                                            "gone=" + keys.path + "/gone"};
  SshAgents agents(entries);
  CHECK(agents.find("socket", keys.path, {}).value() == agent.socket());
  const auto own = agents.find("key", keys.path, {}).value();
  CHECK(own == keys.path + "/agent.0");
  CHECK(agents.find("key", keys.path, {}).value() == own);
  CHECK(keys.listed(*own).ends_with(" plain (ED25519)\n"));
  CHECK(agents.find("default", keys.path, {}).value() == std::nullopt);
  CHECK_FALSE(agents.find("gone", keys.path, {}));
}

TEST_CASE("a wait for an agent ends with the cancellation") {
  const Keys keys;
  test::run_shell("mkfifo -m 600 " + keys.path + "/silent");
  const base::Cancellation cancellation;
  cancellation.request();
  const auto agent = SshAgent::start({keys.path + "/silent"}, keys.path + "/socket", cancellation);
  REQUIRE_FALSE(agent);
  CHECK(agent.error().error_class == base::ErrorClass::Cancelled);
}

TEST_CASE("a step's socket leads to the agent for those whom owner and mode let in") {
  sys::ignore_broken_pipes();
  const Keys keys;
  const SshAgent agent = SshAgent::start({keys.path + "/plain"}, keys.path + "/given", {}).value();
  const std::string socket = keys.path + "/step";
  const auto listed_by = [&](const std::string& user) {
    test::run_shell("SSH_AUTH_SOCK=" + socket + " setpriv --reuid " + user + " --regid " + user +
                    " --clear-groups ssh-add -l > " + keys.path + "/listed 2>&1 || true");
    return sys::read_file(keys.path + "/listed").value();
  };
  {
    const auto proxy =
        SshProxy::start(agent.socket(), socket, {.uid = 1000, .gid = 1001, .mode = 0660}).value();
    for (int i = 0; i < 10; ++i) CHECK(listed_by("1000").ends_with(" plain (ED25519)\n"));
    CHECK(listed_by("1001").ends_with(" plain (ED25519)\n"));
    CHECK(listed_by("1002") == "Error connecting to agent: Permission denied\n");
  }
  CHECK(listed_by("1000") == "Error connecting to agent: Connection refused\n");
  CHECK_FALSE(SshProxy::start(keys.path + "/nobody", socket, {}));
}

TEST_CASE("an SSH mount has its owner and mode") {
  sys::ignore_broken_pipes();
  const Keys keys;
  const SshAgent agent = SshAgent::start({keys.path + "/plain"}, keys.path + "/given", {}).value();
  test::BuildFixture fixture;
  fixture.import_base();
  fixture.spec.ssh = {"default=" + agent.socket()};
  fixture.must_build(
      "FROM base:1\nRUN --mount=type=ssh,uid=1000,gid=7,mode=0640,target=/s busybox stat -c '%u %g %a %F' "
      "/s\n");
  CHECK(fixture.output() == "1000 7 640 socket\n");
}

TEST_CASE("the default agent has to be there where the build asks for it") {
  const test::Variable agent{"SSH_AUTH_SOCK", ""};
  test::BuildFixture fixture;
  fixture.import_base();
  const std::string dockerfile = "FROM base:1\nRUN --mount=type=ssh true\n";
  fixture.must_build(dockerfile);
  fixture.spec.ssh = {"default"};
  fixture.spec.no_cache = true;
  const auto refused = fixture.build(dockerfile);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "ssh 'default' is the agent that SSH_AUTH_SOCK names, which is not set");
}
