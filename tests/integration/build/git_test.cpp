// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include <catch2/catch.hpp>

#include "base/address.h"
#include "runtime/build/git_source.h"
#include "support/build_fixture.h"
#include "support/git_daemon.h"
#include "support/variable.h"
#include "sys/pidfd.h"

namespace {

constexpr const char* kCommit =
    "commit() { git add .; git -c user.name=t -c user.email=t@t commit -qm m; }\n"
    "add_module() { git -c protocol.file.allow=always submodule --quiet add \"$1\" \"$2\"; git config -f "
    ".gitmodules submodule.$2.url \"$3\"; }\n"
    "publish() { mkdir -p ${1%/*}; git clone -q --bare . $1; }\n";

struct GitFixture : test::BuildFixture {
  const std::string served = folder.path + "/git", target = folder.path + "/r",
                    memory = folder.path + "/memory";

  void script(const std::string& text) const { shell(kCommit + ("cd " + folder.path + "\n" + text)); }
  /// A repository `git/<name>` with a file "f", and submodules: paths, URLs and what has their commits.
  struct Module {
    std::string path, url, origin = "any.git";
  };
  void make_repository(const std::string& name, const std::vector<Module>& modules = {}) const {
    std::string text =
        "rm -rf tree; mkdir tree; cd tree; git init -q -b master .; echo " + name + " > f\ncommit\n";
    for (const Module& module : modules)
      text += "add_module " + served + "/" + module.origin + " " + module.path + " '" + module.url + "'\n";
    script(text + (modules.empty() ? "" : "commit\n") + "publish ../git/" + name);
  }
  base::Result<runtime::build::GitCheckout> fetch(const std::string& address, bool has_ssh = false) const {
    REQUIRE(sys::remove_tree(target));
    const auto parsed = runtime::build::parse_git_address(address).value();
    return runtime::build::fetch_git(parsed, {.target = target, .memory = memory, .has_ssh = has_ssh}, {});
  }
  void must_fetch(const std::string& address, bool has_ssh = false) const {
    if (const auto done = fetch(address, has_ssh); !done) FAIL(base::to_text(done.error()));
  }
};

/// Repositories over HTTP, all but those in git/open with bob's password.
class GitHttpServer {
 public:
  explicit GitHttpServer(const GitFixture& fixture)
      : port_(test::free_port()),
        log_(fixture.folder.path + "/requests"),
        child_({"python3", std::string(TEST_DATA_DIR) + "/support/git_http_server.py", fixture.served,
                std::to_string(port_), log_},
               fixture.folder.path + "/server.log") {
    test::wait_for_port(port_);
  }
  std::string address(const std::string& path, const std::string& user = "") const {
    return "http://" + user + "127.0.0.1:" + std::to_string(port_) + path;
  }
  std::string requests() const { return sys::read_file(log_).value(); }

 private:
  const int port_;
  const std::string log_;
  test::ChildProcess child_;
};

/// An ssh that runs the command here, and notes what it was given.
struct FakeSsh {
  explicit FakeSsh(const std::string& folder) : notes(folder + "/ssh-notes") {
    REQUIRE(sys::make_directories(folder + "/bin"));
    REQUIRE(sys::write_file(folder + "/bin/ssh",
                            "#!/bin/sh\necho \"agent $SSH_AUTH_SOCK, home $(ls -A $HOME), $*\" >> " + notes +
                                "\nfor last; do :; done\nexec sh -c \"$last\"\n",
                            0755));
    path.emplace("PATH", folder + "/bin:" + std::getenv("PATH"));
  }
  std::string said() const { return sys::path_exists(notes) ? sys::read_file(notes).value() : ""; }
  const std::string notes;
  std::optional<test::Variable> path;
  const test::Variable agent{"SSH_AUTH_SOCK", "/agent"};
};

/// Processes with `word` in their environment.
std::vector<sys::UniqueFd> processes_with(const std::string& word) {
  std::vector<sys::UniqueFd> out;
  const std::vector<std::string> names = sys::list_directory("/proc").value();
  for (const std::string& name : names) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto environment = sys::read_file("/proc/" + name + "/environ");
    if (!environment || environment->find(word) == std::string::npos) continue;
    if (auto pidfd = sys::open_pidfd(std::stoi(name))) out.push_back(std::move(*pidfd));
  }
  return out;
}

}  // namespace

TEST_CASE("a password is for its repository alone, and in no process's arguments") {
  GitFixture fixture;
  fixture.make_repository("any.git");
  fixture.make_repository("private/other.git");
  fixture.make_repository("private/top.git");
  fixture.make_repository("private/greedy.git", {{"sub", "../other.git"}});
  const GitHttpServer server(fixture);
  fixture.must_fetch(server.address("/private/top.git", "bob:s3cr3t@"));
  CHECK(server.requests() ==
        "127.0.0.1 /private/top.git/info/refs nothing\n"
        "127.0.0.1 /private/top.git/info/refs password\n"
        "127.0.0.1 /private/top.git/git-upload-pack password\n"
        "127.0.0.1 /private/top.git/git-upload-pack password\n");
  const auto greedy = fixture.fetch(server.address("/private/greedy.git", "bob:s3cr3t@"));
  REQUIRE_FALSE(greedy);
  CHECK(greedy.error().message.find("could not read Username") != std::string::npos);
  CHECK(server.requests().find("other.git/info/refs nothing\n") != std::string::npos);
  CHECK(server.requests().find("other.git/info/refs password") == std::string::npos);
  CHECK(server.requests().find("seen") == std::string::npos);
  CHECK_FALSE(fixture.fetch(server.address("/private/top.git", "bob:wrong@")));
  CHECK(std::filesystem::is_empty(fixture.memory));
}

TEST_CASE("a host that a repository is redirected to gets no password") {
  GitFixture fixture;
  fixture.make_repository("moved/top.git");
  fixture.make_repository("moved-later/top.git");
  const GitHttpServer server(fixture);
  CHECK_FALSE(fixture.fetch(server.address("/moved/top.git", "bob:s3cr3t@")));
  CHECK(server.requests() ==
        "127.0.0.1 /moved/top.git/info/refs nothing\n"
        "localhost /moved/top.git/info/refs nothing\n");
  CHECK_FALSE(fixture.fetch(server.address("/moved-later/top.git", "bob:s3cr3t@")));
  CHECK(server.requests().find("127.0.0.1 /moved-later/top.git/info/refs password\n") != std::string::npos);
  CHECK(server.requests().find("localhost /moved-later/top.git/info/refs nothing\n") != std::string::npos);
}

TEST_CASE("a header of the build's secrets stays with the host it is for") {
  GitFixture fixture;
  fixture.make_repository("any.git");
  fixture.script("mkdir git/private; cp -r git/any.git git/private/any.git");
  fixture.make_repository("private/top.git", {{"sub", "../any.git"}});
  fixture.make_repository("moved-later/top.git");
  const GitHttpServer server(fixture);
  const auto fetch = [&](const std::string& path) {
    REQUIRE(sys::remove_tree(fixture.target));
    return runtime::build::fetch_git(
        {.repository = server.address(path), .authorization = "Basic Ym9iOnMzY3IzdA=="},
        {.target = fixture.target, .memory = fixture.memory}, {});
  };
  if (const auto fetched = fetch("/private/top.git"); !fetched) FAIL(base::to_text(fetched.error()));
  CHECK(server.requests().find("127.0.0.1 /private/any.git/info/refs password\n") != std::string::npos);
  CHECK_FALSE(fetch("/moved-later/top.git"));
  CHECK(server.requests().find("127.0.0.1 /moved-later/top.git/info/refs password\n") != std::string::npos);
  CHECK(server.requests().find("localhost") == std::string::npos);
  CHECK(server.requests().find("seen") == std::string::npos);
}

TEST_CASE("a secret without a host is for the context's server, not for what a Dockerfile names") {
  GitFixture fixture;
  fixture.make_repository("any.git");
  fixture.script("mkdir git/private; cp -r git/any.git git/private/any.git");
  const GitHttpServer server(fixture);
  const std::string address = server.address("/private/any.git");
  const std::string add = "FROM scratch\nADD " + address + " /r\n";
  const model::BuildSecret secret{.id = "GIT_AUTH_HEADER", .file = {}, .content = "Basic Ym9iOnMzY3IzdA=="};
  fixture.spec.secrets = {secret};
  const std::string own = secret.id + "." + base::parse_address(address).value().server();
  CHECK(fixture.must_fail(add).find(
            "hint: the secret GIT_AUTH_HEADER is for the context's host alone: call it " + own +
            " for this one\n") != std::string::npos);
  CHECK(server.requests() == "127.0.0.1 /private/any.git/info/refs nothing\n");
  fixture.spec.secrets.front().id = own;
  fixture.must_build(add);

  fixture.spec.secrets = {secret};
  fixture.spec.context = address;
  fixture.must_build("FROM scratch\nCOPY f /\nADD " + address + " /r\n");
}

TEST_CASE("a repository's submodules reach no keys and no passwords of the user") {
  GitFixture fixture;
  fixture.make_repository("any.git");
  fixture.make_repository("open/top.git", {{"sub", "git@127.0.0.1:" + fixture.served + "/any.git"}});
  fixture.script("echo machine 127.0.0.1 login bob password s3cr3t > .netrc");
  const test::Variable home("HOME", fixture.folder.path);
  const FakeSsh ssh(fixture.folder.path);
  const GitHttpServer server(fixture);
  const auto stolen = fixture.fetch(server.address("/open/top.git"));
  REQUIRE_FALSE(stolen);
  CHECK(stolen.error().message.find("transport 'ssh' not allowed") != std::string::npos);
  CHECK(ssh.said().empty());
  CHECK_FALSE(fixture.fetch(server.address("/private/none.git")));
  CHECK(server.requests().find("password") == std::string::npos);

  // With keys for the build, or when the address itself takes them, the user has agreed.
  fixture.must_fetch(server.address("/open/top.git"), true);
  CHECK(sys::read_file(fixture.target + "/sub/f").value() == "any.git\n");
  CHECK(ssh.said().starts_with("agent /agent, home , "));
  fixture.must_fetch("git@127.0.0.1:" + fixture.served + "/open/top.git");
  CHECK(sys::read_file(fixture.target + "/sub/f").value() == "any.git\n");
}

TEST_CASE("git contacts the host that an address has, or nobody") {
  GitFixture fixture;
  fixture.make_repository("any.git");
  const FakeSsh ssh(fixture.folder.path);
  // Git undoes percent escapes before it looks for the host.
  const auto fetched =
      fixture.fetch("ssh://x%40evil.example%2f@127.0.0.1" + fixture.served + "/any.git", true);
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().message == "the address 'ssh://***@127.0.0.1" + fixture.served +
                                       "/any.git' cannot be used: it has a \"%\" before its host");
  CHECK_FALSE(fixture.fetch("ssh://-oProxyCommand=x@127.0.0.1" + fixture.served + "/any.git", true));
  CHECK(ssh.said().empty());
  fixture.must_fetch("SSH://Bob@127.0.0.1:022" + fixture.served + "/any.git");
  CHECK(ssh.said().find(" -p 22 Bob@127.0.0.1 git-upload-pack ") != std::string::npos);

  const GitHttpServer server(fixture);
  const std::string rest = server.address("/any.git").substr(std::string("http://").size());
  CHECK_FALSE(fixture.fetch("http://localhost\\@" + rest));
  CHECK_FALSE(fixture.fetch("http://bob:s3cr3t@localhost\\@" + rest));
  // A password that is written without escapes.
  fixture.script("mkdir -p git/private; cp -r git/any.git git/private/any.git");
  CHECK_FALSE(fixture.fetch(server.address("/private/any.git", "bob:p@ss@")));
  CHECK(server.requests() ==
        "127.0.0.1 /private/any.git/info/refs nothing\n"
        "127.0.0.1 /private/any.git/info/refs password\n");
}

TEST_CASE("ADD of a repository over ssh takes a build with keys") {
  GitFixture fixture;
  fixture.make_repository("any.git");
  const FakeSsh ssh(fixture.folder.path);
  const std::string address = "bob@127.0.0.1:" + fixture.served + "/any.git";
  const std::string add = "FROM scratch\nADD " + address + " /r\n";
  const std::string refused = fixture.must_fail(add);
  CHECK(refused.find(address + " takes ssh keys, and this build has none\n") != std::string::npos);
  CHECK(refused.find("hint: give it keys: --ssh default, or 'ssh: [default]' in 'build'\n") !=
        std::string::npos);
  CHECK(ssh.said().empty());
  fixture.spec.ssh = {"default"};
  fixture.must_build(add);
  fixture.spec.ssh.clear();
  fixture.spec.context = address;
  fixture.must_build(add);
}

TEST_CASE("a kept .git is the same in every fetch, and a repository still") {
  GitFixture fixture;
  fixture.make_repository("any.git");
  fixture.make_repository("outer.git", {{"deep", "../any.git"}});
  fixture.make_repository("top.git", {{"a/sub", "../outer.git", "outer.git"}});
  const test::GitDaemon daemon(fixture.served);
  const auto fetched = runtime::build::fetch_git(
      {.repository = daemon.address("top.git")},
      {.target = fixture.target, .memory = fixture.memory, .keep_git_folder = true}, {});
  REQUIRE(fetched);
  const std::string again = fixture.folder.path + "/again";
  REQUIRE(runtime::build::fetch_git({.repository = daemon.address("top.git")},
                                    {.target = again, .memory = fixture.memory, .keep_git_folder = true},
                                    {}));
  fixture.script(
      "diff -r r again >&2\n"
      "test -z \"$(find r -name logs -o -name FETCH_HEAD -o -name ORIG_HEAD -o -name hooks)\"\n"
      "git -C r fsck --no-progress 2>&1; test -z \"$(git -C r status --porcelain)\"\n"
      "test -f r/a/sub/deep/f; test -f r/.git/modules/a/sub/modules/deep/index\n"
      "test -f r/a/sub/.git; test -z \"$(git -C r/a/sub status --porcelain)\"\n"
      "test \"$(git -C r log --format=%s)\" = m");

  const std::string add = "FROM scratch\nADD --keep-git-dir=true " + daemon.address("top.git") + " /r\n";
  fixture.must_build(add);
  fixture.must_build(add);
  CHECK(fixture.steps().back().starts_with("CACHED "));
}

TEST_CASE("a build that is killed while submodules are fetched leaves no git behind") {
  GitFixture fixture;
  int port = 0;
  const sys::UniqueFd silent = test::listen_on_loopback(0, port);
  fixture.make_repository("any.git");
  fixture.make_repository("top.git", {{"sub", "http://127.0.0.1:" + std::to_string(port) + "/r.git"}});
  const test::GitDaemon daemon(fixture.served);
  const pid_t build = test::in_child([&] { return fixture.fetch(daemon.address("top.git")).has_value(); });
  const sys::UniqueFd helper(::accept4(silent.value(), nullptr, nullptr, SOCK_CLOEXEC));
  // git, git submodule and its helpers, git clone, git remote-http.
  const std::vector<sys::UniqueFd> running = processes_with(fixture.memory + "/git.");
  CHECK(running.size() >= 4);
  REQUIRE(::kill(build, SIGKILL) == 0);
  REQUIRE(::waitpid(build, nullptr, 0) == build);
  for (const sys::UniqueFd& process : running) {
    pollfd wait{.fd = process.value(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&wait, 1, 10'000) == 1);
  }
  CHECK(processes_with(fixture.memory + "/git.").empty());
}

TEST_CASE("a password never lies on disk, whenever a build is killed") {
  GitFixture fixture;
  int port = 0;
  const sys::UniqueFd silent = test::listen_on_loopback(0, port);
  fixture.spec.context = "http://bob:s3cr3t@127.0.0.1:" + std::to_string(port) + "/r.git";
  const pid_t build = test::in_child([&] { return fixture.build("FROM scratch\n").has_value(); });
  const sys::UniqueFd helper(::accept4(silent.value(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(::kill(build, SIGKILL) == 0);
  REQUIRE(::waitpid(build, nullptr, 0) == build);
  fixture.spec.context = fixture.folder.path + "/context";
  fixture.script(
      "grep -rla 's3cr3[t]' . > found || true\n"
      "test -s found; ! grep -v '^./run/build/' found");
  fixture.must_build("FROM scratch\n");
  fixture.script("! grep -rqa 's3cr3[t]' run build");
}

TEST_CASE("a build goes on when files of a killed one cannot be removed") {
  GitFixture fixture;
  // Of a process that has ended; what is mounted stays.
  const std::string left = fixture.folder.path + "/build/scratch/1.1.0/busy";
  fixture.script("mkdir -p " + left + "; mount -t tmpfs none " + left);
  fixture.must_build("FROM scratch\nCOPY . /\n");
  CHECK(fixture.warnings().find("warning: files of a build that was killed stay: ") == 0);
  fixture.script("umount " + left);
  fixture.must_build("FROM scratch\nCOPY . /\n");
  CHECK(fixture.warnings().empty());
  CHECK_FALSE(sys::path_exists(left));
}
