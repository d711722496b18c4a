// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/build/ssh_agent.h"
#include "support/build_fixture.h"
#include "support/child_process.h"

namespace {

using runtime::build::SshAgent;
using runtime::build::SshAgents;

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
  const SshAgent agent = SshAgent::start({keys.path + "/plain"}, socket).value();
  CHECK(agent.socket() == socket);
  CHECK(keys.listed(socket).ends_with(" plain (ED25519)\n"));
}

TEST_CASE("keys that cannot be used are told with what ssh-add says") {
  const Keys keys;
  const auto locked = SshAgent::start({keys.path + "/locked"}, keys.path + "/socket");
  REQUIRE_FALSE(locked);
  CHECK(locked.error().message ==
        "the SSH keys cannot be used: Enter passphrase for " + keys.path + "/locked:");
  const auto open = SshAgent::start({keys.path + "/open"}, keys.path + "/another");
  REQUIRE_FALSE(open);
  CHECK(open.error().message.find("too open") != std::string::npos);
}

TEST_CASE("an entry is a socket, key files, or the user's own agent") {
  const Keys keys;
  const SshAgent agent = SshAgent::start({keys.path + "/plain"}, keys.path + "/given").value();
  const std::vector<std::string> entries = {"socket=" + agent.socket(), "key=" + keys.path + "/plain",
                                            "gone=" + keys.path + "/gone"};
  SshAgents agents(entries);
  CHECK(agents.find("socket", keys.path).value() == agent.socket());
  const auto own = agents.find("key", keys.path).value();
  CHECK(own == keys.path + "/agent.0");
  CHECK(agents.find("key", keys.path).value() == own);
  CHECK(keys.listed(*own).ends_with(" plain (ED25519)\n"));
  CHECK(agents.find("default", keys.path).value() == std::nullopt);
  CHECK_FALSE(agents.find("gone", keys.path));
}
