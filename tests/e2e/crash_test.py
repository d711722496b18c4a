# SPDX-License-Identifier: Apache-2.0
"""What a kill -9 leaves, and that the next command puts it right."""

import os
import signal
import subprocess
import time
import unittest

import host_state
import isolation
from installation import Installation, wait_until

POINTS = 10
PROJECT = """
services:
  first:
    image: busybox:test
    command: sleep 3600
    stop_grace_period: 0s
    volumes: ["kept:/kept"]
    networks: [inner]
    healthcheck:
      test: ["CMD", "true"]
      interval: 100ms
  second:
    build: .
    command: sleep 3600
    stop_grace_period: 0s
    networks: [inner, default]
    depends_on:
      first: {condition: service_healthy}
  third:
    image: busybox:test
    command: sleep 3600
    stop_grace_period: 0s
    scale: 3
volumes:
  kept:
networks:
  inner:
"""
DOCKERFILE = """FROM busybox:test
RUN head -c 2000000 /dev/urandom > /noise
COPY compose.yaml /
"""
# Without their numbers: a new replica gets the highest number so far and one more, as in docker compose, so an
# `up` killed between two replicas may leave a gap that the next one does not fill.
REPLICAS = ["crash-first", "crash-second", "crash-third", "crash-third", "crash-third"]


class Crash(unittest.TestCase):
    def setUp(self):
        self.here = Installation()
        self.addCleanup(self.here.close)
        self.here.import_busybox()
        self.folder = self.here.project("crash", {"compose.yaml": PROJECT, "Dockerfile": DOCKERFILE})

    def all_run(self):
        return {record["State"] for record in self.here.containers(self.folder).values()} == {"running"}

    def assert_all_run(self):
        containers = self.here.containers(self.folder)
        self.assertEqual(REPLICAS, sorted(name.rpartition("-")[0] for name in containers))
        self.assertEqual({"running"}, {record["State"] for record in containers.values()})
        self.assertEqual(len(REPLICAS), len(self.here.monitors()))
        for name in ("first", "second", "third"):
            self.assertEqual("well\n", self.here.check("exec", "-T", name, "echo", "well", cwd=self.folder).stdout)

    def kill_up_after(self, seconds, *arguments):
        process = self.here.start("up", "-d", *arguments, cwd=self.folder)
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def test_up_killed_at_ten_points(self):
        before = host_state.snapshot(self.here)
        started = time.monotonic()
        self.here.check("up", "-d", "--build", cwd=self.folder)
        whole = time.monotonic() - started
        self.here.check("down", "-v", "--rmi", "local", cwd=self.folder)
        for point in range(POINTS):
            with self.subTest(point=point):
                self.kill_up_after(whole * (point + 0.5) / POINTS, "--build")
                self.here.check("up", "-d", cwd=self.folder)
                self.assert_all_run()
                self.here.check("down", "-v", "--rmi", "local", cwd=self.folder)
                self.assertEqual([], host_state.left_over(before, host_state.snapshot(self.here)))

    def test_recreation_killed_at_ten_points(self):
        self.here.check("up", "-d", cwd=self.folder)
        started = time.monotonic()
        self.here.check("up", "-d", "--force-recreate", cwd=self.folder)
        whole = time.monotonic() - started
        for point in range(POINTS):
            with self.subTest(point=point):
                self.kill_up_after(whole * (point + 0.5) / POINTS, "--force-recreate")
                # A container that was told to stop may still be stopping, and look as if it ran.
                wait_until(lambda: self.here.check("up", "-d", cwd=self.folder, timeout=60) and self.all_run(), "all run", 20)
                self.assert_all_run()

    def test_down_killed_at_points(self):
        before = host_state.snapshot(self.here)
        for point in range(4):
            with self.subTest(point=point):
                self.here.check("up", "-d", cwd=self.folder)
                process = self.here.start("down", "-v", cwd=self.folder)
                try:
                    process.communicate(timeout=0.01 + 0.03 * point)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                self.here.check("down", "-v", cwd=self.folder)
                self.assertEqual({}, self.here.containers(self.folder))
                self.assertEqual([], host_state.left_over(before, host_state.snapshot(self.here)))

    def test_killed_monitor(self):
        before = host_state.snapshot(self.here)
        self.here.check("up", "-d", cwd=self.folder)
        container = next(record for record in self.here.containers(self.folder).values()
                         if record["Name"] == "crash-third-2")
        monitors = self.here.monitors()
        monitor = next(pid for name, pid in monitors.items() if name.startswith(container["ID"][:12]))
        os.kill(monitor, signal.SIGKILL)
        wait_until(lambda: not os.path.exists(f"/proc/{monitor}"), "the monitor is gone")

        listed = self.here.check("ps", "-a", cwd=self.folder)
        self.assertRegex(listed.stdout + listed.stderr, "crash-third-2.*(monitor|[Dd]ead)")
        self.here.check("up", "-d", cwd=self.folder)
        self.assert_all_run()
        self.here.check("down", "-v", cwd=self.folder)
        self.assertEqual([], host_state.left_over(before, host_state.snapshot(self.here)))

    def test_all_monitors_killed_as_by_a_reboot(self):
        self.here.check("up", "-d", cwd=self.folder)
        monitors = self.here.monitors().values()
        for pid in monitors:
            os.kill(pid, signal.SIGKILL)
        for pid in monitors:
            wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the monitor is gone")
        self.here.check("up", "-d", cwd=self.folder)
        self.assert_all_run()


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
