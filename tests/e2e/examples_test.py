# SPDX-License-Identifier: Apache-2.0
"""Runs every folder of examples/ the way its README says, and compares its images with what Docker's builder made
of the Dockerfiles (tests/golden/examples)."""

import os
import socket
import subprocess
import sys
import unittest
import urllib.error
import urllib.parse
import urllib.request

import host_state
import installation
import isolation
from installation import Installation, wait_until

GOLDEN = os.path.join(installation.SOURCE, "tests", "golden", "examples")
sys.path.insert(0, GOLDEN)
import example_text  # noqa: E402

EXAMPLES = os.path.join(installation.SOURCE, "examples")
BASE_TAR = os.path.join(installation.SOURCE, "build", "base-images", "debian-bookworm-slim.tar")


def free_port():
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        return listener.getsockname()[1]


def get(url, data=None):
    """A page's text; of a form's answer when there is data."""
    encoded = urllib.parse.urlencode(data).encode() if data else None
    with urllib.request.urlopen(url, encoded, timeout=10) as answer:
        return answer.read().decode()


def try_get(url):
    try:
        return get(url)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(BASE_TAR):
            subprocess.run([os.path.join(installation.SOURCE, "scripts", "base-images"), "--tar", BASE_TAR], check=True)
        cls.here = Installation()
        cls.addClassCleanup(cls.here.close)
        cls.here.check("image", "import", "--change", 'CMD ["bash"]', BASE_TAR, "debian:bookworm-slim")

    def bring_up(self, name, port_variable, *arguments):
        """The example's folder and the address of its page, after `up --build -d`."""
        folder = self.here.copy_project(os.path.join(EXAMPLES, name))
        port = free_port()
        self.here.environment[port_variable] = str(port)
        self.addCleanup(self.here.environment.pop, port_variable)
        self.addCleanup(self.here.run, "down", "-v", "-t", "1", cwd=folder)
        self.here.check("up", "--build", "-d", *arguments, cwd=folder, timeout=600)
        self.check_images(name)
        return folder, f"http://127.0.0.1:{port}/"

    def check_images(self, example):
        archive = os.path.join(self.here.folder, "image.tar")
        for name in example_text.IMAGES:
            project, _, service = name.partition("_")
            if project != example:
                continue
            with self.subTest(name):
                self.here.check("image", "save", "-o", archive, f"{project}-{service}")
                self.assertEqual(example_text.read_expected(name), example_text.example_text(archive))

    def test_hello(self):
        folder, url = self.bring_up("hello", "HELLO_PORT")
        page = wait_until(lambda: try_get(url), "the page of hello")
        with open(os.path.join(folder, "index.html"), encoding="utf-8") as file:
            self.assertEqual(file.read(), page)
        wait_until(lambda: "GET /" in self.here.check("logs", "hello", cwd=folder).stdout or
                   "response:200" in self.here.check("logs", "hello", cwd=folder).stdout, "a line in the log")
        self.here.check("down", cwd=folder)
        self.assertIsNone(try_get(url))

    def test_guestbook(self):
        before = host_state.snapshot(self.here)
        folder, url = self.bring_up("guestbook", "GUESTBOOK_PORT", "--wait")

        with self.subTest("all three are healthy"):
            containers = self.here.containers(folder)
            self.assertEqual(["guestbook-cache-1", "guestbook-db-1", "guestbook-web-1"], sorted(containers))
            self.assertEqual([("running", "healthy")] * 3,
                             [(record["State"], record["Health"]) for record in containers.values()])

        with self.subTest("a page that went through all three"):
            self.assertIn("<b>Ada</b>: Hello", get(url, {"name": "Ada", "message": "Hello"}))
            self.assertIn("Visit number 2.", get(url))

        with self.subTest("the password is in a file only"):
            environment = self.here.check("exec", "-T", "web", "env", cwd=folder).stdout
            self.assertNotIn("paper-and-ink", environment)
            self.assertEqual("paper-and-ink\n",
                             self.here.check("exec", "-T", "web", "cat", "/run/secrets/db_password", cwd=folder).stdout)

        with self.subTest("only the front network leads outside"):
            route = "import socket; socket.create_connection(('db', 5432), 5); print('reached')"
            self.assertEqual("reached\n", self.here.check("exec", "-T", "web", "python3", "-c", route, cwd=folder).stdout)
            routes = self.here.check("exec", "-T", "db", "cat", "/proc/net/route", cwd=folder).stdout
            self.assertEqual([], [line for line in routes.splitlines()[1:] if line.split()[1] == "00000000"])

        with self.subTest("an edit shows without a build"):
            template = os.path.join(folder, "web", "templates", "guestbook.html")
            with open(template, encoding="utf-8") as file:
                text = file.read()
            with open(template, "w", encoding="utf-8") as file:
                file.write(text.replace("<h1>Guestbook</h1>", "<h1>Visitors</h1>"))
            wait_until(lambda: "<h1>Visitors</h1>" in (try_get(url) or ""), "the edited heading")

        with self.subTest("nothing to do the second time"):
            ids = {name: record["ID"] for name, record in self.here.containers(folder).items()}
            self.here.check("up", "-d", cwd=folder)
            self.assertEqual(ids, {name: record["ID"] for name, record in self.here.containers(folder).items()})

        with self.subTest("entries survive down and up"):
            self.here.check("down", cwd=folder)
            self.assertEqual({}, self.here.containers(folder))
            self.here.check("up", "-d", "--wait", cwd=folder)
            self.assertIn("<b>Ada</b>: Hello", get(url))

        with self.subTest("down -v removes them"):
            self.here.check("down", "-v", cwd=folder)
            self.here.check("up", "-d", "--wait", cwd=folder)
            self.assertNotIn("Ada", get(url))

        with self.subTest("nothing is left"):
            during = host_state.snapshot(self.here)
            self.here.check("down", "-v", cwd=folder)
            self.assertEqual([], host_state.left_over(before, host_state.snapshot(self.here), during))

    def test_mariadb_flask(self):
        folder, url = self.bring_up("mariadb-flask", "NOTES_PORT")
        self.assertEqual(["notes_db", "notes_web"], sorted(self.here.containers(folder)))
        wait_until(lambda: try_get(url) is not None, "the page of notes", 120)
        self.assertEqual("noted\n", get(url, {"text": "milk"}))
        self.here.check("restart", cwd=folder)
        wait_until(lambda: try_get(url) == "milk\n", "the note after a restart", 120)
        self.here.check("down", cwd=folder)
        self.here.check("up", "-d", cwd=folder)
        wait_until(lambda: try_get(url) == "milk\n", "the note after down and up", 120)

    def test_web_postgres_redis(self):
        folder, url = self.bring_up("web-postgres-redis", "WEB_PORT")
        self.assertEqual("hit 1 since the start, 1 in all\n", wait_until(lambda: try_get(url), "the first hit", 120))
        self.assertEqual("hit 2 since the start, 2 in all\n", get(url))
        program = os.path.join(folder, "app.py")
        with open(program, encoding="utf-8") as file:
            text = file.read()
        with open(program, "w", encoding="utf-8") as file:
            file.write(text.replace("since the start", "today"))
        self.here.check("restart", "-t", "1", "web", cwd=folder)
        self.assertEqual("hit 3 today, 3 in all\n", wait_until(lambda: try_get(url), "the edited program", 60))
        self.here.check("down", cwd=folder)
        self.here.check("up", "-d", cwd=folder)
        self.assertEqual("hit 1 today, 4 in all\n", wait_until(lambda: try_get(url), "the hits after down and up", 120))


if __name__ == "__main__":
    isolation.enter(network="machine")
    unittest.main(verbosity=2)
