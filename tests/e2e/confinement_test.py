# SPDX-License-Identifier: Apache-2.0
"""What a container with the default settings cannot do."""

import os
import re
import unittest

import isolation
from installation import Installation

PROJECT = """
services:
  guest:
    image: busybox:test
    command: sleep 3600
    stop_grace_period: 0s
  tight:
    image: busybox:test
    command: sleep 3600
    stop_grace_period: 0s
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    read_only: true
    user: "1000:1000"
    mem_limit: 64m
    pids_limit: 32
  wide:
    image: busybox:test
    command: sleep 3600
    stop_grace_period: 0s
    privileged: true
"""


class Confinement(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.here = Installation()
        cls.addClassCleanup(cls.here.close)
        cls.here.import_busybox()
        cls.folder = cls.here.project("confined", {"compose.yaml": PROJECT})
        cls.here.check("up", "-d", cwd=cls.folder)

    def shell(self, script, service="guest"):
        return self.here.run("exec", "-T", service, "sh", "-c", script, cwd=self.folder)

    def assert_refused(self, script, reason):
        """The script fails, and its last word is the kernel's reason."""
        finished = self.shell(script)
        self.assertNotEqual(0, finished.code, str(finished))
        self.assertRegex(finished.stderr + finished.stdout, reason, str(finished))

    def process_status(self, field, service="guest", pid="self"):
        return re.search(rf"^{field}:\s*(.*)$", self.shell(f"cat /proc/{pid}/status", service).stdout, re.MULTILINE)[1]

    def test_capabilities_are_dockers_fourteen(self):
        for pid in ("1", "self"):
            with self.subTest(pid=pid):
                self.assertEqual("00000000a80425fb", self.process_status("CapEff", pid=pid))
                self.assertEqual("00000000a80425fb", self.process_status("CapBnd", pid=pid))
                self.assertEqual("0000000000000000", self.process_status("CapInh", pid=pid))
                self.assertEqual("0000000000000000", self.process_status("CapAmb", pid=pid))

    def test_a_filter_of_system_calls_is_in_force(self):
        self.assertEqual("2", self.process_status("Seccomp", pid="1"))
        self.assertEqual("2", self.process_status("Seccomp"))
        self.assert_refused("unshare -U true", "Operation not permitted")

    def test_cannot_write_kernel_settings(self):
        self.assert_refused("echo 1 > /proc/sys/net/ipv4/ip_forward", "Read-only file system")
        self.assert_refused("echo x > /proc/sys/kernel/core_pattern", "Read-only file system")
        if os.path.exists("/proc/sysrq-trigger"):
            self.assert_refused("echo h > /proc/sysrq-trigger", "Read-only file system")
        self.assert_refused("echo 1 > /sys/kernel/mm/ksm/run || mkdir /sys/fs/cgroup/x",
                            "Read-only file system|Permission denied")

    def test_sees_its_own_processes_only(self):
        seen = self.shell("for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done").stdout
        self.assertEqual("sleep 3600 ", seen.splitlines()[0])
        self.assertLessEqual(len([line for line in seen.splitlines() if line.strip()]), 4, seen)
        self.assertNotIn("python", seen)
        self.assert_refused(f"kill -0 {os.getpid()}", "No such process")

    def test_cannot_mount(self):
        self.assert_refused("mount -t tmpfs none /mnt", "[Pp]ermission denied|Operation not permitted")
        self.assert_refused("mount -o remount,rw /proc/sys", "[Pp]ermission denied|Operation not permitted")
        self.assert_refused("umount /proc/sys", "Operation not permitted|Invalid argument")

    def test_cannot_load_modules(self):
        self.assert_refused("echo module > /tmp/m.ko; insmod /tmp/m.ko", "Operation not permitted")

    def test_cannot_open_devices_it_makes(self):
        self.assert_refused("mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk", "Operation not permitted")
        self.assert_refused("mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem", "Operation not permitted")
        self.assertEqual(0, self.shell("mknod /tmp/zero c 1 5 && head -c 1 /tmp/zero > /dev/null").code)

    def test_sees_nothing_behind_masked_paths(self):
        for path in ("/proc/kcore", "/proc/keys", "/proc/timer_list"):
            if os.path.exists(path):
                with self.subTest(path=path):
                    self.assertEqual("0\n", self.shell(f"head -c 8 {path} | wc -c").stdout)
        for path in ("/proc/acpi", "/sys/firmware", "/proc/scsi"):
            if os.path.exists(path):
                with self.subTest(path=path):
                    self.assertEqual("", self.shell(f"ls -A {path}").stdout)

    def test_holds_no_descriptor_of_the_host(self):
        self.assertEqual(["0", "1", "2"], self.shell("ls /proc/1/fd").stdout.split())

    def test_cannot_reach_the_program_that_started_it(self):
        self.assert_refused("cat /proc/1/root/proc/self/exe > /dev/null && echo x > /proc/1/exe",
                            "Text file busy|Permission denied|Read-only")

    def test_root_of_the_container_is_not_the_hosts(self):
        self.assertEqual("", self.shell(f"ls -d {self.here.folder} 2>/dev/null").stdout)
        self.assertEqual("bin\ndev\netc\nmnt\nproc\nroot\nsys\ntmp\nusr\nvar\n",
                         self.shell("ls /").stdout)

    def test_tightened_service(self):
        self.assertEqual("0000000000000000", self.process_status("CapEff", "tight"))
        self.assertEqual("0000000000000000", self.process_status("CapBnd", "tight"))
        self.assertEqual("1", self.process_status("NoNewPrivs", "tight"))
        self.assertEqual("1000\t1000\t1000\t1000", self.process_status("Uid", "tight"))
        self.assertIn("Read-only file system", self.shell("touch /tmp/x", "tight").stderr)
        forks = self.shell("i=0; while [ $i -lt 64 ]; do sleep 5 & i=$((i+1)); done; wait", "tight")
        self.assertIn("can't fork", forks.stderr)

    def test_privileged_service_is_what_it_says(self):
        self.assertEqual("0", self.process_status("Seccomp", "wide"))
        self.assertEqual(0, self.shell("mount -t tmpfs none /mnt", "wide").code)


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
