# SPDX-License-Identifier: Apache-2.0
"""The commands that look into containers: attach, top, export, commit."""

import json
import os
import pty
import signal
import subprocess
import tarfile
import unittest

import isolation
from installation import PROGRAM, Installation, wait_until

PROJECT = """
services:
  echoer:
    image: busybox:test
    command: sh -c 'trap "exit 7" INT; echo changed > /etc/made; rm /etc/group; while read line; do [ $$line = quit ] && exit 3; echo "heard $$line"; done'
    stdin_open: true
    environment: {WHO: somebody}
    labels: {kind: chatty}
  screen:
    image: busybox:test
    command: cat
    tty: true
    stdin_open: true
    stop_signal: SIGKILL
  ended:
    image: busybox:test
    command: sh -c 'echo left > /left'
"""


class Inside(unittest.TestCase):
    def setUp(self):
        self.here = Installation()
        self.addCleanup(self.here.close)
        self.here.import_busybox()
        self.folder = self.here.project("inner", {"compose.yaml": PROJECT})
        self.here.check("up", "-d", cwd=self.folder)
        wait_until(lambda: self.here.run("exec", "-T", "echoer", "test", "!", "-e", "/etc/group", cwd=self.folder).code == 0,
                   "the container has changed its files")

    def compose(self, *arguments):
        return self.here.check(*arguments, cwd=self.folder)

    def attach(self, *arguments, **options):
        return subprocess.Popen([PROGRAM, "attach", *arguments], cwd=self.folder, env=self.here.environment,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def test_top(self):
        lines = self.compose("top", "echoer").stdout.splitlines()
        self.assertEqual("SERVICE # UID PID PPID C STIME TTY TIME CMD".split(), lines[0].split())
        words = lines[1].split(maxsplit=9)
        self.assertEqual(["echoer", "1", "root"], words[:3])
        self.assertTrue(words[9].startswith("sh -c trap"), words)
        self.assertTrue(os.path.exists(f"/proc/{words[3]}"))
        self.assertEqual(1, len(self.compose("top", "ended").stdout.splitlines()))

    def test_export(self):
        self.compose("export", "-o", "echoer.tar", "echoer")
        with tarfile.open(f"{self.folder}/echoer.tar") as archive:
            names = [name.lstrip("./") for name in archive.getnames()]
            made = archive.extractfile(next(m for m in archive if m.name.endswith("etc/made"))).read()
        self.assertEqual(b"changed\n", made)
        self.assertIn("bin/busybox", names)
        self.assertNotIn("etc/group", names)
        self.assertFalse([name for name in names if ".wh." in name])
        self.compose("export", "-o", "ended.tar", "ended")
        with tarfile.open(f"{self.folder}/ended.tar") as archive:
            self.assertIn("left", [name.lstrip("./") for name in archive.getnames()])
        missing = self.here.run("export", "-o", "x.tar", "nobody", cwd=self.folder)
        self.assertEqual(1, missing.code)
        self.assertFalse(os.path.exists(f"{self.folder}/x.tar"))

    def test_commit(self):
        identity = self.compose("commit", "-m", "as tried", "-a", "me", "-c", 'CMD ["cat", "/etc/made"]', "echoer", "kept:1").stdout.strip()
        image = json.loads(self.compose("image", "inspect", "kept:1").stdout)[0]
        self.assertEqual(identity, image["Id"])
        self.assertIn("WHO=somebody", image["Config"]["Env"])
        self.assertEqual({"kind": "chatty"}, image["Config"]["Labels"])
        self.assertIn("as tried", self.compose("image", "history", "kept:1").stdout)
        folder = self.here.project("kept", {"compose.yaml": "services: {one: {image: 'kept:1'}}"})
        self.assertEqual("changed\n", self.here.check("run", "--rm", "one", cwd=folder).stdout)
        gone = self.here.run("run", "--rm", "one", "test", "-e", "/etc/group", cwd=folder)
        self.assertEqual(1, gone.code)
        self.assertEqual("running", self.here.containers(self.folder)["inner-echoer-1"]["State"])

    def test_attach_passes_input_and_the_exit_code(self):
        process = self.attach("echoer")
        stdout, stderr = process.communicate("one\ntwo\nquit\n", timeout=60)
        self.assertEqual((3, "heard one\nheard two\n"), (process.returncode, stdout), stderr)

    def test_attach_without_input_leaves_it_running(self):
        process = self.attach("--no-stdin", "--sig-proxy=false", "echoer")
        wait_until(lambda: self.is_waiting(process.pid), "it is attached")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(130, process.returncode)
        self.assertEqual("running", self.here.containers(self.folder)["inner-echoer-1"]["State"])

    @staticmethod
    def is_waiting(pid):
        """It sleeps in a poll, with a socket open."""
        try:
            links = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
        except FileNotFoundError:
            return False
        return any(link.startswith("socket:") for link in links)

    def test_detach_keys(self):
        master, slave = pty.openpty()
        process = subprocess.Popen([PROGRAM, "attach", "--detach-keys", "ctrl-x,q", "screen"], cwd=self.folder,
                                   env=self.here.environment, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        shown = b""
        os.write(master, b"hello\n")
        while b"hello" not in shown:
            shown += os.read(master, 1000)
        os.write(master, b"\x18q")
        self.assertEqual(0, process.wait(timeout=60))
        os.close(master)
        self.assertEqual("running", self.here.containers(self.folder)["inner-screen-1"]["State"])
        refused = self.here.run("attach", "--detach-keys", "ctrl-", "screen", cwd=self.folder)
        self.assertIn("--detach-keys", refused.stderr)


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
