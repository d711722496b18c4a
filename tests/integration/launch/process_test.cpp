// SPDX-License-Identifier: Apache-2.0
// What a container's process is: user, environment, terminal, init, exec, and the errors of a bad start.
#include <signal.h>
#include <sys/ioctl.h>

#include "support/container_fixture.h"
#include "sys/cgroup.h"

using runtime::container::exec_process;
using runtime::container::make_exec_plan;
using test::BusyboxRoot;
using test::Outcome;
using test::Pipe;
using test::TestContainer;

namespace {

/// A container that waits until it is killed, for `exec` to join.
class Sleeping {
 public:
  explicit Sleeping(TestContainer& container) : container_(container) {
    container.request.command = {"sleep", "1000"};
    auto started = container.start();
    if (!started) FAIL(base::to_text(started.error()));
    process_ = std::move(*started);
  }
  ~Sleeping() {
    CHECK(sys::kill_cgroup(container_.plan().cgroup));
    CHECK(sys::wait_pidfd(process_.pidfd.value()).value().signal == SIGKILL);
    CHECK(sys::remove_cgroup(container_.plan().cgroup));
  }
  int pidfd() const { return process_.pidfd.value(); }

  Outcome exec(runtime::container::ExecRequestSpec request, const std::string& script) const {
    request.arguments = {"sh", "-c", script};
    Pipe out, err;
    const auto plan = runtime::container::decode_exec_plan(
        runtime::container::encode(make_exec_plan(container_.plan(), request)));
    auto started = exec_process(plan.value(), pidfd(), {-1, out.write.value(), err.write.value()});
    if (!started) FAIL(base::to_text(started.error()));
    out.write.reset();
    err.write.reset();
    Outcome outcome{0, test::read_to_end(out.read.value()), test::read_to_end(err.read.value())};
    outcome.code = sys::wait_pidfd(started->pidfd.value()).value().code;
    return outcome;
  }

 private:
  TestContainer& container_;
  runtime::container::StartedProcess process_;
};

/// What arrives on a terminal until its other side is closed.
std::string read_terminal(int master) { return test::read_to_end(master); }

}  // namespace

TEST_CASE("the exit code and both streams are the process's own") {
  BusyboxRoot root;
  TestContainer container(root);
  const Outcome outcome = container.run("echo out; echo err >&2; read x || echo closed; exit 42");
  CHECK(outcome.code == 42);
  CHECK(outcome.out == "out\nclosed\n");
  CHECK(outcome.err == "err\n");
}

TEST_CASE("the environment is the defaults, the image's, the request's, and HOME") {
  BusyboxRoot root;
  TestContainer container(root);
  container.image.environment = {"PATH=/bin", "A=image", "B=image"};
  container.request.environment = {"B=request", "A", "C="};
  container.request.user = "web";
  container.request.command = {"env"};
  CHECK(container.run_command().out == "PATH=/bin\nHOSTNAME=box\nB=request\nC=\nHOME=/srv\n");
}

TEST_CASE("users and groups are resolved inside the container") {
  BusyboxRoot root;
  const auto id_of = [&root](const std::string& user, std::vector<std::string> groups = {}) {
    TestContainer container(root);
    container.request.user = user;
    container.request.group_add = std::move(groups);
    return container.run("grep -E '^(Uid|Gid|Groups)' /proc/self/status; echo $HOME").out;
  };
  CHECK(id_of("") == "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0 \n/root\n");
  CHECK(id_of("web") == "Uid:\t33\t33\t33\t33\nGid:\t44\t44\t44\t44\nGroups:\t44 50 \n/srv\n");
  CHECK(id_of("web:disk") == "Uid:\t33\t33\t33\t33\nGid:\t6\t6\t6\t6\nGroups:\t6 \n/srv\n");
  CHECK(id_of("1234:99", {"staff", "7"}) ==
        "Uid:\t1234\t1234\t1234\t1234\nGid:\t99\t99\t99\t99\nGroups:\t7 50 99 \n/\n");
}

TEST_CASE("a user that cannot be resolved fails the start") {
  BusyboxRoot root;
  const auto message = [&root](const std::string& user) {
    TestContainer container(root);
    container.request.user = user;
    container.request.command = {"true"};
    return base::to_text(container.fail_to_start());
  };
  CHECK(message("nobody") ==
        "error: user \"nobody\" is not in the container's /etc/passwd\n"
        "  hint: use a number, or create the user in the image\n");
  CHECK(message("4294967296") == "error: user \"4294967296\" is not in the range 0 to 4294967294\n");
  CHECK(message("-1") == "error: user \"-1\" is not in the range 0 to 4294967294\n");
  CHECK(message("0:4294967295") == "error: group \"4294967295\" is not in the range 0 to 4294967294\n");
}

TEST_CASE("what cannot be executed says why, with the code a shell would give") {
  BusyboxRoot root;
  root.file("/bin/script", "#!/no/such/interpreter\n", 0755);
  root.file("/bin/plain", "text", 0644);
  root.file("/bin/garbage", "\x01\x02\x03\x04", 0755);
  const auto failure = [&root](std::vector<std::string> command) {
    TestContainer container(root);
    container.request.command = std::move(command);
    return container.fail_to_start();
  };
  const base::Error missing = failure({"nosuch", "x"});
  CHECK(missing.exit_code == 127);
  CHECK(base::to_text(missing) == "error: exec \"nosuch\": not found in the container's PATH (/bin)\n");
  const base::Error absent = failure({"/usr/bin/nosuch"});
  CHECK(absent.exit_code == 127);
  CHECK(base::to_text(absent) ==
        "error: exec \"/usr/bin/nosuch\": No such file or directory (ENOENT)\n"
        "  hint: no such file in the container\n");
  const base::Error script = failure({"script"});
  CHECK(script.exit_code == 127);
  CHECK(base::to_text(script) ==
        "error: exec \"/bin/script\": No such file or directory (ENOENT)\n"
        "  hint: the file exists, but the interpreter it names (its #! line, or its dynamic loader) does "
        "not\n");
  const base::Error plain = failure({"/bin/plain"});
  CHECK(plain.exit_code == 126);
  CHECK(base::to_text(plain) ==
        "error: exec \"/bin/plain\": Permission denied (EACCES)\n  hint: it is not executable: chmod +x\n");
  const base::Error garbage = failure({"garbage"});
  CHECK(garbage.exit_code == 126);
  CHECK(base::to_text(garbage) ==
        "error: exec \"/bin/garbage\": Exec format error (ENOEXEC)\n"
        "  hint: it has no #! line, or is a program for another kind of processor\n");
}

TEST_CASE("a missing bind source fails the start with the call and the mount") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.command = {"true"};
  container.request.mounts.push_back(
      {.type = model::MountType::Bind, .source = root.folder() + "/absent", .target = "/data"});
  const base::Error error = container.fail_to_start();
  CHECK(error.exit_code == 125);
  CHECK(error.errno_value == ENOENT);
  CHECK(base::to_text(error) ==
        "error: open_tree(\"" + root.folder() +
            "/absent\", clone): No such file or directory (ENOENT)\n  while mounting " + root.folder() +
            "/absent on /data\n");
}

TEST_CASE("a terminal is the container's own, with its size, and is its console") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.tty = true;
  container.request.user = "web";
  container.request.command = {"sh", "-c",
                               "tty; stty size; ls -l /dev/console | wc -l; stat -c '%U %G' /dev/pts/0; "
                               "echo to console >/dev/console; echo $TERM"};
  auto plan = container.make_plan().value();
  plan.process.rows = 24;
  plan.process.columns = 100;
  auto started = runtime::container::start_process(plan, {});
  if (!started) FAIL(base::to_text(started.error()));
  REQUIRE(started->console.valid());
  CHECK(read_terminal(started->console.value()) ==
        "/dev/pts/0\r\n24 100\r\n1\r\nweb UNKNOWN\r\nto console\r\nxterm\r\n");
  CHECK(sys::wait_pidfd(started->pidfd.value()).value().code == 0);
}

TEST_CASE("an interrupt typed at the terminal reaches the foreground process, also under init") {
  for (const bool init : {false, true}) {
    BusyboxRoot root;
    TestContainer container(root);
    container.request.tty = true;
    container.request.init = init;
    container.request.command = {"sh", "-c",
                                 "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done"};
    auto started = container.start();
    if (!started) FAIL(base::to_text(started.error()));
    std::string text;
    char c = 0;
    while (text.find("ready") == std::string::npos && ::read(started->console.value(), &c, 1) == 1) text += c;
    REQUIRE(::write(started->console.value(), "\x03", 1) == 1);
    text += read_terminal(started->console.value());
    CHECK(text.find("caught") != std::string::npos);
    CHECK(sys::wait_pidfd(started->pidfd.value()).value().code == 5);
    CHECK(sys::remove_cgroup(container.plan().cgroup));
  }
}

TEST_CASE("init reaps what others leave behind, passes signals on, and ends as its child does") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.init = true;
  const Outcome outcome = container.run(
      "echo $$; (sleep 0.01 & ) ; (true & ) ; sleep 0.05; grep -l 'State:.Z' /proc/[0-9]*/status; "
      "cat /proc/1/comm; ls /proc/1/fd; grep -E '^(CapEff|Seccomp):' /proc/1/status; exit 9");
  CHECK(outcome.code == 9);
  CHECK(outcome.out == "2\ninit\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n");

  TestContainer signalled(root);
  signalled.request.init = true;
  signalled.request.command = {"sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"};
  Pipe out;
  auto started = signalled.start({-1, out.write.value(), -1});
  if (!started) FAIL(base::to_text(started.error()));
  char text[6];
  REQUIRE(::read(out.read.value(), text, sizeof text) == 6);
  REQUIRE(sys::signal_pidfd(started->pidfd.value(), SIGTERM));
  CHECK(sys::wait_pidfd(started->pidfd.value()).value().code == 7);
}

TEST_CASE("exec is confined as the container is, and sees what it sees") {
  BusyboxRoot root;
  TestContainer container(root);
  const Sleeping sleeping(container);
  const Outcome outcome = sleeping.exec(
      {},
      "hostname; cat /proc/1/comm; grep -E '^(Cap|Seccomp:|NoNew)' /proc/self/status; "
      "cat /proc/self/cgroup | tail -n 1; ls /proc/$$/fd; pwd; echo 1 >/proc/sys/kernel/pid_max");
  CHECK(outcome.code == 1);
  CHECK(outcome.out ==
        "box\nsleep\n"
        "CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n"
        "CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t2\n"
        "0::/\n0\n1\n2\n/\n");
  CHECK(outcome.err == "sh: can't create /proc/sys/kernel/pid_max: Read-only file system\n");
}

TEST_CASE("exec takes its own user, folder and environment") {
  BusyboxRoot root;
  TestContainer container(root);
  const Sleeping sleeping(container);
  const Outcome outcome = sleeping.exec(
      {.environment = {"A=1", "HOSTNAME=other"}, .working_directory = "/tmp", .user = "web"},
      "pwd; echo $A $HOSTNAME $HOME; grep -E '^(Uid|CapEff)' /proc/self/status; echo again >/dev/stdout");
  CHECK(outcome.out == "/tmp\n1 other /srv\nUid:\t33\t33\t33\t33\nCapEff:\t0000000000000000\nagain\n");
}

TEST_CASE("exec with a terminal gets one of the container's") {
  BusyboxRoot root;
  TestContainer container(root);
  const Sleeping sleeping(container);
  auto plan =
      make_exec_plan(container.plan(), {.arguments = {"sh", "-c", "tty; echo $TERM"}, .terminal = true});
  auto started = exec_process(plan, sleeping.pidfd(), {});
  if (!started) FAIL(base::to_text(started.error()));
  CHECK(read_terminal(started->console.value()) == "/dev/pts/0\r\nxterm\r\n");
  CHECK(sys::wait_pidfd(started->pidfd.value()).value().code == 0);
}

TEST_CASE("exec reports a missing program and a container that has ended") {
  BusyboxRoot root;
  TestContainer container(root);
  runtime::container::ExecPlan plan;
  {
    const Sleeping sleeping(container);
    plan = make_exec_plan(container.plan(), {.arguments = {"nosuch"}});
    const auto missing = exec_process(plan, sleeping.pidfd(), {});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().exit_code == 127);
  }
  TestContainer ended(root);
  ended.request.command = {"true"};
  auto started = ended.start();
  REQUIRE(started);
  REQUIRE(sys::wait_pidfd(started->pidfd.value()));
  const auto late =
      exec_process(make_exec_plan(ended.plan(), {.arguments = {"true"}}), started->pidfd.value(), {});
  REQUIRE_FALSE(late);
  CHECK(late.error().error_class == base::ErrorClass::Conflict);
  // The caller's own children are not made elsewhere afterwards.
  CHECK(ended.run("echo $$").out == "1\n");
}

TEST_CASE("the container dies with the process that started it") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.command = {"sleep", "1000"};
  const auto plan = container.make_plan().value();
  Pipe report;
  const pid_t starter = ::fork();
  REQUIRE(starter >= 0);
  if (starter == 0) {
    auto started = runtime::container::start_process(plan, {});
    const pid_t pid = started ? started->pid : -1;
    if (::write(report.write.value(), &pid, sizeof pid) != sizeof pid) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  pid_t pid = -1;
  REQUIRE(::read(report.read.value(), &pid, sizeof pid) == sizeof pid);
  const sys::UniqueFd process = sys::open_pidfd(pid).value();
  REQUIRE(::kill(starter, SIGKILL) == 0);
  const sys::UniqueFd gone = sys::open_pidfd(starter).value();
  REQUIRE(sys::wait_pidfd(gone.value()));
  REQUIRE(sys::remove_cgroup(plan.cgroup));  // Waits for the end of all in it.
}

TEST_CASE("limits are the process's, however small, and not those of what is done for it") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.resources.ulimits = {{"nofile", {4, 5}}};
  container.request.working_dir = "/made/on/the/way";
  const Outcome outcome = container.run("ulimit -Sn; ulimit -Hn; pwd");
  CHECK(outcome.out == "4\n5\n/made/on/the/way\n");
}

TEST_CASE("a text with a NUL byte is not run up to there") {
  BusyboxRoot root;
  using namespace std::string_literals;
  TestContainer container(root);
  container.request.command = {"echo", "a\0b"s};
  CHECK(base::to_text(container.fail_to_start()) == "error: the command has a NUL byte after \"a\"\n");
  TestContainer other(root);
  other.request.command = {"true"};
  other.image.environment = {"A=x\0y"s};
  CHECK(base::to_text(other.fail_to_start()) == "error: the environment has a NUL byte after \"A=x\"\n");
}
