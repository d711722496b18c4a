# SPDX-License-Identifier: Apache-2.0
"""What each command does, seen from outside: its output, its exit status, and the state it leaves."""

import json
import os
import re
import signal
import subprocess
import unittest

import isolation
from installation import PROGRAM, Installation, wait_until

PROJECT = """
services:
  talker:
    image: busybox:test
    command: sh -c 'trap "echo bye; exit 0" TERM; echo hello; echo trouble >&2; while true; do sleep 0.05; done'
    stop_grace_period: 5s
  sleeper:
    image: busybox:test
    command: sleep 3600
    stop_signal: SIGKILL
    environment:
      WHO: ${WHO:-nobody}
  extra:
    image: busybox:test
    command: sleep 3600
    stop_signal: SIGKILL
    profiles: [more]
"""


class Commands(unittest.TestCase):
    def setUp(self):
        self.here = Installation()
        self.addCleanup(self.here.close)
        self.here.import_busybox()
        self.folder = self.here.project("talk", {"compose.yaml": PROJECT})

    def compose(self, *arguments, **options):
        return self.here.check(*arguments, cwd=self.folder, **options)

    def states(self):
        return {name: record["State"] for name, record in self.here.containers(self.folder).items()}

    def ids(self):
        return {name: record["ID"] for name, record in self.here.containers(self.folder).items()}

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "image", "ls"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  env=self.here.environment, check=False)
        self.assertEqual((1, "error: writing the output: No space left on device (ENOSPC)\n"),
                         (done.returncode, done.stderr))
        for command in (["image", "ls"], ["config", "--no-interpolate"], ["help"]):
            reading, writing = os.pipe()
            os.close(reading)
            done = subprocess.run([PROGRAM, *command], stdout=writing, stderr=subprocess.PIPE, text=True,
                                  cwd=self.folder, env=self.here.environment, check=False)
            os.close(writing)
            self.assertEqual((141, ""), (done.returncode, done.stderr), command)

    def test_up_and_down(self):
        self.compose("up", "-d")
        self.assertEqual({"talk-talker-1": "running", "talk-sleeper-1": "running"}, self.states())
        self.compose("down")
        self.assertEqual({}, self.states())
        self.compose("down")

    def test_up_changes_only_what_differs(self):
        self.compose("up", "-d")
        before = self.ids()
        self.compose("up", "-d")
        self.assertEqual(before, self.ids())
        self.compose("up", "-d", env={"WHO": "somebody"})
        after = self.ids()
        self.assertEqual(before["talk-talker-1"], after["talk-talker-1"])
        self.assertNotEqual(before["talk-sleeper-1"], after["talk-sleeper-1"])
        self.compose("up", "-d", "--force-recreate", env={"WHO": "somebody"})
        self.assertNotEqual(after["talk-talker-1"], self.ids()["talk-talker-1"])

    def test_dry_run_does_nothing(self):
        told = self.compose("--dry-run", "up", "-d")
        self.assertIn("talk-sleeper-1", told.stdout + told.stderr)
        self.assertEqual({}, self.states())

    def test_scale(self):
        self.compose("up", "-d", "--scale", "sleeper=3")
        self.assertEqual(["talk-sleeper-1", "talk-sleeper-2", "talk-sleeper-3", "talk-talker-1"], sorted(self.states()))
        self.compose("up", "-d", "--scale", "sleeper=1")
        self.assertEqual(["talk-sleeper-1", "talk-talker-1"], sorted(self.states()))

    def test_profiles_and_orphans(self):
        self.compose("--profile", "more", "up", "-d")
        self.assertIn("talk-extra-1", self.states())
        self.compose("--profile", "more", "down")
        self.compose("up", "-d")
        smaller = PROJECT.split("  sleeper:")[0]
        with open(f"{self.folder}/compose.yaml", "w", encoding="utf-8") as file:
            file.write(smaller)
        warned = self.compose("up", "-d")
        self.assertRegex(warned.stderr, "(?i)orphan.*talk-sleeper-1")
        self.compose("up", "-d", "--remove-orphans")
        self.assertEqual(["talk-talker-1"], sorted(self.states()))

    def test_stop_start_restart(self):
        self.compose("up", "-d")
        wait_until(lambda: "hello" in self.compose("logs", "talker").stdout, "the first word")
        self.compose("stop")
        self.assertEqual({"exited"}, set(self.states().values()))
        self.assertIn("bye", self.compose("logs", "talker").stdout)
        self.compose("start")
        self.assertEqual({"running"}, set(self.states().values()))
        wait_until(lambda: self.compose("logs", "--no-log-prefix", "talker").stdout.count("hello") == 2, "two starts")
        self.compose("restart", "talker")
        wait_until(lambda: self.compose("logs", "--no-log-prefix", "talker").stdout.count("hello") == 3, "three starts")

    def test_logs(self):
        self.compose("up", "-d")
        wait_until(lambda: "trouble" in self.compose("logs").stdout, "both lines")
        lines = self.compose("logs", "talker").stdout.splitlines()
        self.assertEqual({"talker-1  | hello", "talker-1  | trouble"}, set(lines))
        self.assertEqual(1, len(self.compose("logs", "--tail", "1", "talker").stdout.splitlines()))
        stamped = self.compose("logs", "-t", "--no-log-prefix", "talker").stdout.splitlines()[0]
        self.assertRegex(stamped, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (hello|trouble)$")

    def test_follow_ends_with_the_container(self):
        self.compose("up", "-d")
        following = self.here.start("logs", "-f", "--no-log-prefix", "talker", cwd=self.folder)
        self.assertIn(following.stdout.readline(), ("hello\n", "trouble\n"))
        self.compose("stop", "talker")
        rest, _ = following.communicate(timeout=20)
        self.assertIn("bye\n", rest)
        self.assertEqual(0, following.returncode)

    def test_exec(self):
        self.compose("up", "-d")
        self.assertEqual("here\n", self.compose("exec", "-T", "sleeper", "echo", "here").stdout)
        self.assertEqual(5, self.here.run("exec", "-T", "sleeper", "sh", "-c", "exit 5", cwd=self.folder).code)
        self.assertEqual("yes /tmp 65534\n", self.compose(
            "exec", "-T", "-e", "SET=yes", "-w", "/tmp", "-u", "nobody", "sleeper", "sh", "-c",
            'echo "$SET $(pwd) $(id -u)"').stdout)
        missing = self.here.run("exec", "-T", "sleeper", "/no/such", cwd=self.folder)
        self.assertEqual(127, missing.code, str(missing))
        self.compose("stop", "sleeper")
        self.assertNotEqual(0, self.here.run("exec", "-T", "sleeper", "true", cwd=self.folder).code)

    def test_run(self):
        self.assertEqual("alone\n", self.compose("run", "--rm", "-T", "sleeper", "echo", "alone").stdout)
        self.assertEqual(6, self.here.run("run", "--rm", "-T", "sleeper", "sh", "-c", "exit 6", cwd=self.folder).code)
        self.assertEqual({}, self.states())

    def test_attached_up_stops_on_interrupt(self):
        process = self.here.start("up", cwd=self.folder)
        first = wait_until(lambda: re.search("talker-1 .*hello", process.stdout.readline()), "the talker's word", 30)
        self.assertTrue(first)
        wait_until(lambda: list(self.states().values()) == ["running"] * 2, "both run")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
        self.assertIn("bye", stdout)
        self.assertEqual({"exited"}, set(self.states().values()), stderr)
        self.assertIn(process.returncode, (0, 130))

    def test_up_abort_on_container_exit(self):
        folder = self.here.project("ends", {"compose.yaml": """
services:
  job: {image: "busybox:test", command: "sh -c 'echo done; exit 9'"}
  other: {image: "busybox:test", command: "sleep 3600", stop_signal: SIGKILL}
"""})
        ended = self.here.run("up", "--abort-on-container-exit", "--exit-code-from", "job", cwd=folder, timeout=60)
        self.assertEqual(9, ended.code, str(ended))
        self.assertIn("done", ended.stdout)

    def test_ps_and_images(self):
        self.compose("up", "-d")
        table = self.compose("ps").stdout.splitlines()
        self.assertEqual(["NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"], table[0].split())
        self.assertEqual(3, len(table))
        self.assertEqual(2, len(self.compose("ps", "-q").stdout.split()))
        self.assertEqual("sleeper\ntalker\n", self.compose("ps", "--services").stdout)
        self.assertIn("busybox", self.compose("images").stdout)

    def test_config(self):
        text = self.compose("config").stdout
        self.assertIn("name: talk\n", text)
        self.assertIn("WHO: nobody", text)
        self.assertNotIn("extra:", text)
        self.assertEqual("sleeper\ntalker\n", "".join(sorted(self.compose("config", "--services").stdout.splitlines(True))))
        model = json.loads(self.compose("config", "--format", "json").stdout)
        self.assertEqual(["sleeper", "talker"], sorted(model["services"]))
        self.assertEqual(["sleeper", "talker"], sorted(json.loads(self.compose("config", "--services", "--format", "json").stdout)))
        refused = self.here.run("config", "--images", "--hash", "*", cwd=self.folder)
        self.assertIn("--images and --hash do not go together", refused.stderr)
        self.assertEqual("", self.here.run("config", "--lint", "-o", "found", cwd=self.folder).stdout)
        self.assertTrue(os.path.exists(f"{self.folder}/found"))
        again = self.here.project("again", {"compose.yaml": text})
        self.assertEqual(text, self.here.check("config", cwd=again).stdout)

    def test_several_files(self):
        with open(f"{self.folder}/compose.override.yaml", "w", encoding="utf-8") as file:
            file.write("services:\n  sleeper:\n    environment: {ADDED: 'yes'}\n")
        self.assertIn("ADDED", self.compose("config").stdout)
        self.assertNotIn("ADDED", self.compose("-f", "compose.yaml", "config").stdout)
        self.assertIn("name: other\n", self.compose("-p", "other", "config").stdout)

    def test_image_commands(self):
        self.compose("image", "tag", "busybox:test", "team/tool:1.2")
        listed = self.compose("image", "ls").stdout
        self.assertRegex(listed, r"team/tool +1\.2 ")
        self.compose("image", "rm", "team/tool:1.2")
        self.assertNotIn("team/tool", self.compose("image", "ls").stdout)
        self.assertNotEqual(0, self.here.run("image", "rm", "team/tool:1.2").code)

    def test_version_and_help(self):
        self.assertRegex(self.compose("version").stdout, r"(?i)^(docker )?compose version v?\d+\.\d+\.\d+")
        self.assertIn("up", self.compose("--help").stdout)


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
