# SPDX-License-Identifier: Apache-2.0
"""One installation of the program in a folder of its own, for tests that run it as a user would."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("COMPOSE", os.path.join(SOURCE, "build", "release", "compose"))
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import busybox_image  # noqa: E402


def wait_until(holds, what, seconds=60):
    """Waits for a state: asks `holds` again and again, and returns its first true answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not so: {what}")
        time.sleep(0.02)


class Finished:
    """How a command ended."""

    def __init__(self, arguments, code, stdout, stderr):
        self.arguments, self.code, self.stdout, self.stderr = arguments, code, stdout, stderr

    def __str__(self):
        return (f"compose {' '.join(self.arguments)}: exit {self.code}\n--- stdout\n{self.stdout}"
                f"--- stderr\n{self.stderr}---")


class Installation:
    """Data root, run root and project folders below one new folder; close() takes all of it away."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="compose-e2e-")
        self.data_root = os.path.join(self.folder, "data")
        self.run_root = os.path.join(self.folder, "run")
        self.name = "compose-" + hashlib.sha256(self.run_root.encode()).hexdigest()[:8]  # Of its kernel objects.
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8",
            "COMPOSE_DATA_ROOT": self.data_root, "COMPOSE_RUN_ROOT": self.run_root,
        }
        self._projects = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def project(self, name, files):
        """A folder of that name with `files` {path: text} in it."""
        folder = os.path.join(self.folder, "projects", name)
        for path, text in files.items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8") as file:
                file.write(text)
        self._projects.append(folder)
        return folder

    def copy_project(self, source, name=None):
        """A copy of a folder, as a project."""
        folder = os.path.join(self.folder, "projects", name or os.path.basename(source))
        shutil.copytree(source, folder)
        self._projects.append(folder)
        return folder

    def start(self, *arguments, cwd=None, env=None, **options):
        """The command as a running process, its output in pipes."""
        return subprocess.Popen([PROGRAM, *arguments], cwd=cwd or self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                                env={**self.environment, **(env or {})}, **options)

    def run(self, *arguments, cwd=None, env=None, timeout=300):
        """The command to its end, however it ends."""
        process = self.start(*arguments, cwd=cwd, env=env)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(f"still running after {timeout} s: "
                                 f"{Finished(arguments, 'none', stdout, stderr)}") from None
        return Finished(arguments, process.returncode, stdout, stderr)

    def check(self, *arguments, **options):
        """run() of a command that must succeed."""
        finished = self.run(*arguments, **options)
        if finished.code != 0:
            raise AssertionError(str(finished))
        return finished

    def import_busybox(self, reference="busybox:test"):
        tar = os.path.join(self.folder, "busybox.tar")
        busybox_image.write_tar(tar)
        self.check("image", "import", "--change", 'CMD ["sh"]', tar, reference)

    def containers(self, cwd):
        """What `ps -a --format json` says, by container name."""
        lines = self.check("ps", "-a", "--format", "json", cwd=cwd).stdout.splitlines()
        return {record["Name"]: record for record in map(json.loads, lines)}

    def monitors(self):
        """{container id: pid of its monitor}, of those that the status files name and that live."""
        found = {}
        status = os.path.join(self.run_root, "status")
        for name in os.listdir(status) if os.path.isdir(status) else []:
            with open(os.path.join(status, name), encoding="utf-8", errors="replace") as file:
                fields = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
            pid = int(fields.get("monitor_pid", "0"))
            if pid > 0 and os.path.exists(f"/proc/{pid}"):
                found[name] = pid
        return found

    def close(self):
        """Takes the projects down, and whatever a failed test has left."""
        for folder in self._projects:
            if os.path.exists(PROGRAM):
                self.run("down", "-v", "-t", "0", "--remove-orphans", cwd=folder)
        for pid in self.monitors().values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for _ in range(50):  # killed processes may hold files for a moment more
            shutil.rmtree(self.folder, ignore_errors=True)
            if not os.path.exists(self.folder):
                return
            time.sleep(0.02)
        shutil.rmtree(self.folder)
