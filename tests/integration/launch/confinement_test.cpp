// SPDX-License-Identifier: Apache-2.0
// What a container may not do, tried from inside with the default settings.
#include "support/container_fixture.h"

using test::BusyboxRoot;
using test::Outcome;
using test::TestContainer;

namespace {

/// The lines of /proc/self/status that start so.
std::string status_lines(TestContainer& container, const std::string& prefix) {
  return container.run("grep ^" + prefix + " /proc/self/status").out;
}

}  // namespace

TEST_CASE("root in a container has exactly the fourteen default capabilities") {
  BusyboxRoot root;
  TestContainer container(root);
  CHECK(status_lines(container, "Cap") ==
        "CapInh:\t0000000000000000\n"
        "CapPrm:\t00000000a80425fb\n"
        "CapEff:\t00000000a80425fb\n"
        "CapBnd:\t00000000a80425fb\n"
        "CapAmb:\t0000000000000000\n");
}

TEST_CASE("another user than root has no capability and keeps the bounding set") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.user = "web";
  CHECK(status_lines(container, "Cap") ==
        "CapInh:\t0000000000000000\n"
        "CapPrm:\t0000000000000000\n"
        "CapEff:\t0000000000000000\n"
        "CapBnd:\t00000000a80425fb\n"
        "CapAmb:\t0000000000000000\n");
}

TEST_CASE("cap_drop ALL leaves nothing, cap_add puts back") {
  BusyboxRoot root;
  TestContainer none(root);
  none.request.cap_drop = {"ALL"};
  CHECK(status_lines(none, "CapEff") == "CapEff:\t0000000000000000\n");
  TestContainer one(root);
  one.request.cap_drop = {"all"};
  one.request.cap_add = {"net_admin"};
  CHECK(status_lines(one, "CapBnd") == "CapBnd:\t0000000000001000\n");
}

TEST_CASE("the filter is on, no_new_privs only when asked for") {
  BusyboxRoot root;
  TestContainer container(root);
  CHECK(status_lines(container, "Seccomp:") == "Seccomp:\t2\n");
  CHECK(status_lines(container, "NoNewPrivs") == "NoNewPrivs:\t0\n");
  TestContainer strict(root);
  strict.request.security_opt = {"no-new-privileges:true"};
  CHECK(status_lines(strict, "NoNewPrivs") == "NoNewPrivs:\t1\n");
  CHECK(status_lines(strict, "Seccomp:") == "Seccomp:\t2\n");
  TestContainer open(root);
  open.request.security_opt = {"seccomp=unconfined"};
  CHECK(status_lines(open, "Seccomp:") == "Seccomp:\t0\n");
}

TEST_CASE("/proc/sys and other switches of the machine cannot be written") {
  BusyboxRoot root;
  TestContainer container(root);
  const Outcome outcome = container.run(
      "for f in /proc/sys/kernel/pid_max /proc/irq/default_smp_affinity "
      "/sys/kernel/mm/transparent_hugepage/enabled /sys/fs/cgroup/cgroup.procs; do echo 1 >$f; done");
  CHECK(outcome.err ==
        "sh: can't create /proc/sys/kernel/pid_max: Read-only file system\n"
        "sh: can't create /proc/irq/default_smp_affinity: Read-only file system\n"
        "sh: can't create /sys/kernel/mm/transparent_hugepage/enabled: Read-only file system\n"
        "sh: can't create /sys/fs/cgroup/cgroup.procs: Read-only file system\n");
}

TEST_CASE("nothing can be mounted, unmounted or made writable again") {
  BusyboxRoot root;
  TestContainer container(root);
  const Outcome outcome = container.run(
      "mount -t tmpfs none /tmp; umount /proc/sys; mount -o remount,rw /sys; mount --bind /bin /tmp");
  CHECK(outcome.code != 0);
  CHECK(outcome.err ==
        "mount: permission denied (are you root?)\n"
        "umount: can't unmount /proc/sys: Operation not permitted\n"
        "mount: permission denied (are you root?)\n"
        "mount: permission denied (are you root?)\n");
}

TEST_CASE("device nodes can be made, but only the harmless ones opened") {
  BusyboxRoot root;
  TestContainer container(root);
  const Outcome outcome = container.run(
      "mknod /tmp/mem c 1 1 && mknod /tmp/kmsg c 1 11 && mknod /tmp/null c 1 3 && mknod /tmp/fuse c 10 229 "
      "&& "
      "mknod /tmp/disk b 254 0; "
      "for f in mem kmsg fuse disk; do head -c 1 /tmp/$f >/dev/null || echo no $f; done; "
      "head -c 1 /tmp/null && echo null; for f in zero full random urandom; do head -c 1 /dev/$f | wc -c; "
      "done");
  CHECK(outcome.out == "no mem\nno kmsg\nno fuse\nno disk\nnull\n1\n1\n1\n1\n");
  CHECK(outcome.err ==
        "head: /tmp/mem: Operation not permitted\n"
        "head: /tmp/kmsg: Operation not permitted\n"
        "head: /tmp/fuse: Operation not permitted\n"
        "head: /tmp/disk: Operation not permitted\n");
}

TEST_CASE("masked files are empty and masked folders have nothing in them") {
  BusyboxRoot root;
  TestContainer container(root);
  const Outcome outcome = container.run(
      "for f in kcore keys interrupts timer_list latency_stats; do [ -e /proc/$f ] && cat /proc/$f; done; "
      "for d in /proc/acpi /proc/scsi /proc/asound /sys/firmware /sys/devices/virtual/powercap; do "
      "[ -d $d ] && ls -A $d; done; [ -d /sys/firmware ] && touch /sys/firmware/x; true");
  CHECK(outcome.out == "");
  CHECK(outcome.err == "touch: /sys/firmware/x: Read-only file system\n");
}

TEST_CASE("a container sees only itself") {
  BusyboxRoot root;
  TestContainer container(root);
  const Outcome outcome = container.run(
      "echo $$; hostname; echo /proc/[0-9]*; grep -c compose-test /proc/self/cgroup; ls /sys/class/net; "
      "readlink /proc/1/exe; ls /proc/self/task | wc -l; hostname other");
  CHECK(outcome.out == "1\nbox\n/proc/1\n0\nlo\n/bin/busybox\n1\n");
  CHECK(outcome.err == "hostname: sethostname: Operation not permitted\n");
}

TEST_CASE("only the standard descriptors are inherited") {
  BusyboxRoot root;
  TestContainer container(root);
  const sys::UniqueFd secret(::open("/etc/shadow", O_RDONLY));  // Without close-on-exec.
  CHECK(container.run("ls /proc/1/fd; true").out == "0\n1\n2\n");
}

TEST_CASE("a read-only root takes nothing, its tmpfs does") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.read_only = true;
  container.request.working_dir = "/made/here";
  container.request.mounts.push_back(
      {.type = model::MountType::Tmpfs, .target = "/scratch", .tmpfs_options = "size=1m,exec"});
  const Outcome outcome =
      container.run("pwd; touch /x /made/here/y; touch /scratch/z /dev/shm/s && ls /scratch");
  CHECK(outcome.out == "/made/here\nz\n");
  CHECK(outcome.err == "touch: /x: Read-only file system\ntouch: /made/here/y: Read-only file system\n");
}

TEST_CASE("privileged lifts what it is meant to") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.privileged = true;
  const Outcome outcome = container.run(
      "mount -t tmpfs none /tmp && echo mounted; grep Seccomp: /proc/self/status; "
      "[ -w /proc/sys/kernel/hostname ] && echo writable; [ -s /proc/1/interrupts ]; "
      "grep -q . /proc/interrupts && echo seen");
  CHECK(outcome.out == "mounted\nSeccomp:\t0\nwritable\nseen\n");
}
