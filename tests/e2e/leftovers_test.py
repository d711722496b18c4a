# SPDX-License-Identifier: Apache-2.0
"""After `down` nothing of ours is left: processes, mounts, links, rules, cgroups, files."""

import os
import unittest

import host_state
import isolation
from installation import Installation

PROJECT = """
services:
  web:
    image: busybox:test
    command: httpd -f -p 80
    ports: ["0:80", "0:53/udp"]
    networks: {front: {aliases: [www]}, back: {}}
    volumes: ["data:/data", "/anonymous", {type: tmpfs, target: /fast}]
    secrets: [word]
    configs: [setting]
    stop_grace_period: 1s
    restart: always
    healthcheck: {test: ["CMD", "true"], interval: 100ms}
  worker:
    image: busybox:test
    command: sleep 3600
    stop_signal: SIGKILL
    networks: [back]
    mem_limit: 32m
    scale: 2
  once:
    image: busybox:test
    command: "false"
  host:
    image: busybox:test
    command: sleep 3600
    stop_signal: SIGKILL
    network_mode: host
networks:
  front:
  back: {internal: true}
volumes:
  data:
secrets:
  word: {environment: WORD}
configs:
  setting: {content: "a: 1\\n"}
"""


class LeftOvers(unittest.TestCase):
    def setUp(self):
        self.here = Installation()
        self.addCleanup(self.here.close)
        self.here.import_busybox()
        self.here.environment["WORD"] = "open sesame"
        self.folder = self.here.project("traces", {"compose.yaml": PROJECT})

    def run_files(self):
        """Files below the run root that speak of one container or network."""
        return [os.path.join(place, name)
                for part in ("status", "containers", "networks")
                for place, folders, files in os.walk(os.path.join(self.here.run_root, part))
                for name in files + folders]

    def test_down_leaves_nothing(self):
        before = host_state.snapshot(self.here)
        self.here.check("up", "-d", cwd=self.folder)
        self.assertNotEqual([], host_state.left_over(before, host_state.snapshot(self.here)))
        self.here.check("down", "-v", cwd=self.folder)
        self.assertEqual([], host_state.left_over(before, host_state.snapshot(self.here)))
        self.assertEqual([], self.run_files())
        self.assertEqual([], os.listdir(os.path.join(self.here.data_root, "containers")))
        self.assertEqual([], os.listdir(os.path.join(self.here.data_root, "volumes")))

    def test_many_rounds_do_not_pile_up(self):
        self.here.check("up", "-d", cwd=self.folder)
        self.here.check("down", "-v", cwd=self.folder)
        entries = self.data_entries()
        for _ in range(5):
            self.here.check("up", "-d", cwd=self.folder)
            self.here.check("down", "-v", cwd=self.folder)
        self.assertEqual(entries, self.data_entries())

    def data_entries(self):
        return sum(len(files) + len(folders) for _, folders, files in os.walk(self.here.data_root))

    def test_one_off_containers(self):
        before = host_state.snapshot(self.here)
        self.assertEqual("once\n", self.here.check("run", "--rm", "-T", "worker", "echo", "once", cwd=self.folder).stdout)
        self.assertEqual(7, self.here.run("run", "--rm", "-T", "worker", "sh", "-c", "exit 7", cwd=self.folder).code)
        self.here.check("down", "-v", cwd=self.folder)
        self.assertEqual([], host_state.left_over(before, host_state.snapshot(self.here)))

    def test_a_failed_up_leaves_nothing_after_down(self):
        folder = self.here.project("failing", {"compose.yaml": PROJECT.replace("sleep 3600", "/no/such/program")})
        before = host_state.snapshot(self.here)
        self.assertNotEqual(0, self.here.run("up", "-d", cwd=folder).code)
        self.here.check("down", "-v", cwd=folder)
        self.assertEqual([], host_state.left_over(before, host_state.snapshot(self.here)))


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
