// SPDX-License-Identifier: Apache-2.0
// Root file systems and requests made to reach the host. Each case is a class of escapes that happened to
// somebody; the canary is a folder of the host that must stay as it was.
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <set>

#include "support/container_fixture.h"

using test::BusyboxRoot;
using test::Outcome;
using test::TestContainer;

namespace {

/// A folder of the host with one file, and a check that nobody touched it.
class Canary {
 public:
  Canary() { REQUIRE(sys::write_file(folder_.path + "/file", "untouched")); }
  ~Canary() {
    CHECK(sys::list_directory(folder_.path).value() == std::vector<std::string>{"file"});
    CHECK(sys::read_file(folder_.path + "/file").value() == "untouched");
  }
  const std::string& path() const { return folder_.path; }

 private:
  test::TemporaryFolder folder_;
};

/// Another process that exchanges two names as fast as it can, as a neighbour sharing a volume would.
class Swapper {
 public:
  Swapper(const std::string& one, const std::string& other) : pid_(::fork()) {
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    while (true) ::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
  }
  ~Swapper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Swapper(const Swapper&) = delete;
  Swapper& operator=(const Swapper&) = delete;

 private:
  pid_t pid_;
};

void link(const BusyboxRoot& root, const std::string& target, const std::string& path) {
  REQUIRE(::symlink(target.c_str(), root.lower(path).c_str()) == 0);
}

}  // namespace

TEST_CASE("an image whose /dev is a link to the host gets its devices inside itself") {
  BusyboxRoot root;
  const Canary canary;
  link(root, canary.path(), "/dev");
  TestContainer container(root);
  // Resolved inside the root, the path leads to nothing.
  container.request.command = {"true"};
  CHECK(container.fail_to_start().errno_value == EEXIST);

  BusyboxRoot other;
  link(other, "../../../../../../tmp", "/dev");
  TestContainer inside(other);
  CHECK(inside.run("[ -c /dev/null ] && ls -d /tmp/null").out == "/tmp/null\n");
}

TEST_CASE("an image whose /proc or /sys is a link is refused") {
  for (const std::string path : {"/proc", "/sys"}) {
    BusyboxRoot root;
    const Canary canary;
    link(root, "/tmp", path);
    TestContainer container(root);
    container.request.command = {"true"};
    const base::Error error = container.fail_to_start();
    CHECK(base::to_text(error) == "error: openat2(container's \"" + path +
                                      "\"): Too many levels of symbolic links (ELOOP)\n  while mounting on " +
                                      path +
                                      "\n  hint: symbolic links are not followed here (or too many were)\n");
  }
}

TEST_CASE("links under /dev, and an /etc that leads out, reach nothing of the host") {
  BusyboxRoot root;
  const Canary canary;
  REQUIRE(sys::remove_tree(root.lower("/etc")));
  link(root, canary.path(), "/etc");
  REQUIRE(sys::make_directories(root.lower("/dev")));
  for (const char* name : {"/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/console", "/dev/null"}) {
    link(root, canary.path() + "/file", name);
  }
  TestContainer container(root);
  CHECK(container.run("id -u; ls /dev/pts; [ -c /dev/null ] && echo null").out == "0\nptmx\nnull\n");
}

TEST_CASE("a mount's target follows links only inside the root") {
  BusyboxRoot root;
  const Canary canary;
  REQUIRE(sys::make_directories(root.lower("/real")));
  link(root, "/real", "/absolute");
  link(root, "../../../../real", "/relative");
  const test::TemporaryFolder data;
  REQUIRE(sys::write_file(data.path + "/seen", "1"));
  for (const std::string target : {"/absolute", "/relative", "/tmp/../real", "/../../real"}) {
    TestContainer container(root);
    container.request.mounts.push_back(
        {.type = model::MountType::Bind, .source = data.path, .target = target});
    CHECK(container.run("ls /real").out == "seen\n");
  }
  link(root, canary.path(), "/out");
  TestContainer container(root);
  container.request.command = {"true"};
  container.request.mounts.push_back({.type = model::MountType::Bind, .source = data.path, .target = "/out"});
  CHECK(container.fail_to_start().errno_value == EEXIST);
}

TEST_CASE("a subpath cannot leave its volume") {
  BusyboxRoot root;
  const test::TemporaryFolder volume;
  REQUIRE(sys::make_directories(volume.path + "/sub"));
  REQUIRE(sys::write_file(volume.path + "/sub/seen", "1"));
  REQUIRE(::symlink("/etc", (volume.path + "/out").c_str()) == 0);
  REQUIRE(::symlink("..", (volume.path + "/up").c_str()) == 0);
  const auto mount = [&](const std::string& subpath) {
    return model::MountSpec{
        .type = model::MountType::Volume, .source = volume.path, .target = "/data", .subpath = subpath};
  };
  TestContainer good(root);
  good.request.mounts = {mount("sub")};
  CHECK(good.run("ls /data").out == "seen\n");
  for (const std::string subpath : {"out", "up", "../x", "/etc"}) {
    TestContainer container(root);
    container.request.command = {"true"};
    container.request.mounts = {mount(subpath)};
    CHECK(container.fail_to_start().errno_value == EXDEV);
  }
}

TEST_CASE("nothing may be mounted into /proc but files that programs show limits in") {
  BusyboxRoot root;
  const test::TemporaryFolder data;
  REQUIRE(sys::write_file(data.path + "/file", "limits"));
  TestContainer allowed(root);
  allowed.request.mounts = {
      {.type = model::MountType::Bind, .source = data.path + "/file", .target = "/proc/meminfo"}};
  CHECK(allowed.run("cat /proc/meminfo").out == "limits");
  for (const std::string target : {"/proc/self/attr/exec", "/proc/sys/kernel/hostname", "/proc/1/environ"}) {
    TestContainer container(root);
    container.request.command = {"true"};
    container.request.mounts = {
        {.type = model::MountType::Bind, .source = data.path + "/file", .target = target}};
    CHECK(container.fail_to_start().message.find("cannot be mounted on") != std::string::npos);
  }
}

TEST_CASE("a working folder over somebody's descriptor is refused") {
  BusyboxRoot root;
  link(root, "/proc/self/fd", "/fds");
  for (int fd = 3; fd < 20; ++fd) {
    for (const char* folder : {"/proc/self/fd/", "/fds/", "/proc/1/fd/", "/proc/thread-self/fd/"}) {
      TestContainer container(root);
      container.request.command = {"true"};
      container.request.working_dir = folder + std::to_string(fd);
      const base::Error error = container.fail_to_start();
      CHECK((error.errno_value == ELOOP || error.errno_value == ENOENT));
    }
  }
  TestContainer container(root);
  container.request.command = {"true"};
  container.request.working_dir = "/proc/self/cwd";
  CHECK(container.fail_to_start().errno_value == ELOOP);
}

TEST_CASE("a FIFO, a device or a link out of the root as /etc/passwd does not hang or mislead") {
  const auto start = [](const auto& make, const std::string& user) {
    BusyboxRoot root;
    REQUIRE(sys::remove_tree(root.lower("/etc/passwd")));
    make(root);
    TestContainer container(root);
    container.request.user = user;
    container.request.command = {"true"};
    return container.fail_to_start().message;
  };
  const std::string refused = "the container's /etc/passwd is not a regular file";
  CHECK(start([](BusyboxRoot& root) { REQUIRE(::mkfifo(root.lower("/etc/passwd").c_str(), 0644) == 0); },
              "web") == refused);
  CHECK(start([](BusyboxRoot& root) { link(root, "/dev/zero", "/etc/passwd"); }, "web") == refused);
  CHECK(start([](BusyboxRoot& root) { REQUIRE(sys::make_directories(root.lower("/etc/passwd"))); }, "web") ==
        refused);
  const test::TemporaryFolder host;
  REQUIRE(sys::write_file(host.path + "/passwd", "web:x:0:0::/:/bin/sh\n"));
  CHECK(start([&host](BusyboxRoot& root) { link(root, host.path + "/passwd", "/etc/passwd"); }, "web") ==
        "user \"web\" is not in the container's /etc/passwd");
}

TEST_CASE("the host's tree is gone, mounts and all") {
  BusyboxRoot root;
  const Canary canary;
  TestContainer container(root);
  const Outcome outcome =
      container.run("ls / | grep -v -E '^(bin|dev|etc|proc|sys|tmp)$'; ls " + canary.path() +
                    "; grep -c ext4 /proc/self/mountinfo; ls /proc/1/root/..");
  CHECK(outcome.out == "0\nbin\ndev\netc\nproc\nsys\ntmp\n");
}

TEST_CASE("no mount of a container shows on the host, and no descriptor stays open") {
  const auto open_fds = [] { return sys::list_directory("/proc/self/fd").value(); };
  BusyboxRoot root;
  const std::string before = sys::read_file("/proc/self/mountinfo").value();
  const auto fds = open_fds();
  {
    TestContainer container(root);
    CHECK(container.run("true").code == 0);
    container.request.command = {"nosuch"};
    static_cast<void>(container.fail_to_start());
  }
  CHECK(sys::read_file("/proc/self/mountinfo").value() == before);
  CHECK(open_fds() == fds);
}

TEST_CASE("a folder exchanged for a link during the start leads nowhere") {
  BusyboxRoot root;
  const Canary canary;
  const test::TemporaryFolder volume;
  REQUIRE(sys::make_directories(volume.path + "/real"));
  REQUIRE(::symlink(canary.path().c_str(), (volume.path + "/link").c_str()) == 0);
  const Swapper swapper(volume.path + "/real", volume.path + "/link");
  int started_count = 0;
  for (int i = 0; i < 150; ++i) {
    TestContainer container(root);
    container.request.command = {"true"};
    container.request.working_dir = "/v/real/cwd";
    container.request.mounts = {
        {.type = model::MountType::Volume, .source = volume.path, .target = "/v"},
        {.type = model::MountType::Tmpfs, .target = "/v/real/made/here"},
        {.type = model::MountType::Volume, .source = volume.path, .target = "/w", .subpath = "real"}};
    auto started = container.start();
    if (!started) continue;  // It met the link: refused, or the place vanished between two looks.
    ++started_count;
    CHECK(sys::wait_pidfd(started->pidfd.value()).value().code == 0);
  }
  CHECK(started_count > 0);
}

TEST_CASE("processes of a container never see the program that starts another one there") {
  BusyboxRoot root;
  TestContainer container(root);
  test::Pipe out;
  container.request.command = {
      "sh", "-c",
      "echo /bin/busybox; while :; do for p in /proc/[0-9]*; do "
      "for f in $p/exe $p/cwd $p/fd/*; do readlink $f; done; done; done 2>/dev/null"};
  auto started = container.start({-1, out.write.value(), -1});
  if (!started) FAIL(base::to_text(started.error()));
  const auto plan = make_exec_plan(container.plan(), {.arguments = {"true"}});
  std::string seen;
  char buffer[65536];
  for (int i = 0; i < 60; ++i) {
    auto process = runtime::container::exec_process(plan, started->pidfd.value(), {});
    REQUIRE(process);
    REQUIRE(sys::wait_pidfd(process->pidfd.value()));
    const ssize_t count = ::read(out.read.value(), buffer, sizeof buffer);
    REQUIRE(count > 0);
    seen.append(buffer, static_cast<std::size_t>(count));
  }
  REQUIRE(sys::signal_pidfd(started->pidfd.value(), SIGKILL));
  REQUIRE(sys::wait_pidfd(started->pidfd.value()));
  seen.resize(seen.rfind('\n'));
  std::set<std::string> lines;
  for (std::string_view rest = seen; !rest.empty();) {
    const auto end = rest.find('\n');
    lines.emplace(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  for (const std::string& line : lines) {
    INFO(line);
    // A socket, or a file of the host, would be the starting process's.
    CHECK((line == "/bin/busybox" || line == "/" || line == "/dev/null" || line.starts_with("pipe:") ||
           line.starts_with("/proc")));
  }
}
