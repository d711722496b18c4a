# SPDX-License-Identifier: Apache-2.0
"""Logging in, pushing, pulling and running against a real registry; pull policies; what pull and push take."""

import json
import os
import pty
import re
import stat
import subprocess
import time
import unittest
import urllib.request

import isolation
import registry
from installation import PROGRAM, Installation, wait_until

USER, PASSWORD = "alice", "open sesame"


class WithRegistry(unittest.TestCase):
    """An installation with a busybox and a registry beside it."""

    tls, user, password = False, "", ""

    def setUp(self):
        if not registry.available():
            self.skipTest("docker-registry and openssl are needed")
        self.here = Installation()
        self.addCleanup(self.here.close)
        self.docker_config = f"{self.here.folder}/docker"
        self.here.environment["DOCKER_CONFIG"] = self.docker_config
        self.registry = registry.Registry(f"{self.here.folder}/registry", self.tls, self.user, self.password)
        self.addCleanup(self.registry.close)
        if self.tls:
            certificates = f"{self.here.folder}/certs.d"
            self.registry.trust(certificates)
            self.write("registries.json", json.dumps({"certificates": [certificates]}))
            self.here.environment["COMPOSE_REGISTRIES"] = f"{self.here.folder}/registries.json"
        self.here.import_busybox()
        self.image = f"{self.registry.host}/team/tool:1.0"

    def write(self, name, text):
        path = os.path.join(self.here.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def push_tool(self, source="busybox:test"):
        self.here.check("image", "tag", source, self.image)
        self.here.check("image", "push", self.image)
        self.here.check("image", "rm", self.image)

    def login(self, password, *arguments):
        """With the password on the standard input."""
        done = subprocess.run([PROGRAM, "login", "-u", self.user, "--password-stdin", self.registry.host, *arguments],
                              input=password + "\n", capture_output=True, text=True, check=False,
                              cwd=self.here.folder, env=self.here.environment, timeout=60)
        return done

    def ids(self):
        return self.here.check("image", "ls", "-q", "--no-trunc").stdout.split()

    def id_of(self, reference):
        return self.here.check("image", "inspect", "-f", "{{.Id}}", reference).stdout.strip()


class PrivateRegistry(WithRegistry):
    tls, user, password = True, USER, PASSWORD

    def config(self):
        with open(f"{self.docker_config}/config.json", encoding="utf-8") as file:
            return json.load(file)

    def test_login_push_pull_run_logout(self):
        refused = self.here.run("image", "pull", self.image)
        self.assertEqual(1, refused.code, str(refused))
        self.assertIn(f"compose login {self.registry.host}", refused.stderr)

        wrong = self.login("wrong")
        self.assertEqual(1, wrong.returncode)
        self.assertIn("password is wrong", wrong.stderr)
        self.assertFalse(os.path.exists(f"{self.docker_config}/config.json"))

        right = self.login(PASSWORD)
        self.assertEqual((0, "Login Succeeded\n"), (right.returncode, right.stdout), right.stderr)
        self.assertEqual([self.registry.host], list(self.config()["auths"]))
        mode = stat.S_IMODE(os.stat(f"{self.docker_config}/config.json").st_mode)
        self.assertEqual(0o600, mode)

        self.push_tool()
        self.here.check("image", "rm", "busybox:test")
        self.assertEqual([], self.ids())
        folder = self.here.project("private", {"compose.yaml": f"""
services:
  tool: {{image: "{self.image}", command: "echo it runs"}}
"""})
        self.assertEqual("it runs\n", self.here.check("run", "--rm", "tool", cwd=folder).stdout)

        self.assertIn("Removing login credentials", self.here.check("logout", self.registry.host).stdout)
        self.assertEqual({}, self.config()["auths"])
        self.assertIn("Not logged in", self.here.check("logout", self.registry.host).stdout)
        self.here.check("down", "--rmi", "all", cwd=folder)
        self.assertEqual(1, self.here.run("image", "pull", self.image).code)

    def test_what_login_leaves_of_the_file(self):
        self.write("docker/config.json", json.dumps({"psFormat": "table", "auths": {"other.example": {"auth": "eDp5"}}}))
        self.assertEqual(0, self.login(PASSWORD).returncode)
        config = self.config()
        self.assertEqual("table", config["psFormat"])
        self.assertEqual({"auth": "eDp5"}, config["auths"]["other.example"])
        again = self.here.check("login", self.registry.host)
        self.assertIn("existing credentials", again.stderr)

    def test_a_credential_helper_keeps_the_password(self):
        self.write("bin/docker-credential-notes", f"""#!/bin/sh
case $1 in
  store) cat > {self.here.folder}/kept ;;
  get) [ -f {self.here.folder}/kept ] && exec cat {self.here.folder}/kept; echo credentials not found; exit 1 ;;
  erase) rm -f {self.here.folder}/kept ;;
esac
""")
        os.chmod(f"{self.here.folder}/bin/docker-credential-notes", 0o755)
        self.here.environment["PATH"] = f"{self.here.folder}/bin:" + self.here.environment["PATH"]
        self.write("docker/config.json", json.dumps({"credsStore": "notes"}))
        done = self.login(PASSWORD)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual({"credsStore": "notes"}, self.config())
        with open(f"{self.here.folder}/kept", encoding="utf-8") as file:
            self.assertEqual({"ServerURL": self.registry.host, "Username": USER, "Secret": PASSWORD}, json.load(file))
        self.push_tool()
        self.here.check("logout", self.registry.host)
        self.assertFalse(os.path.exists(f"{self.here.folder}/kept"))

    def test_the_password_is_asked_for_without_showing_it(self):
        master, slave = pty.openpty()
        process = subprocess.Popen([PROGRAM, "login", "-u", USER, self.registry.host], stdin=slave, stderr=slave,
                                   stdout=subprocess.PIPE, env=self.here.environment, cwd=self.here.folder)
        os.close(slave)
        shown = b""
        while b"Password: " not in shown:
            shown += os.read(master, 1000)
        wait_until(lambda: self.echo_is_off(process.pid), "the terminal shows nothing")
        os.write(master, PASSWORD.encode() + b"\n")
        stdout, _ = process.communicate(timeout=60)
        while True:
            try:
                more = os.read(master, 1000)
            except OSError:  # The other side is closed.
                break
            if not more:
                break
            shown += more
        os.close(master)
        self.assertEqual((0, b"Login Succeeded\n"), (process.returncode, stdout), shown)
        self.assertNotIn(PASSWORD.encode(), shown)

    @staticmethod
    def echo_is_off(pid):
        settings = subprocess.run(["stty", "-F", f"/proc/{pid}/fd/0", "-a"], capture_output=True, text=True, check=False)
        return "-echo " in settings.stdout

    def test_login_needs_a_password_from_somewhere(self):
        none = self.here.run("login", "-u", USER, self.registry.host)
        self.assertEqual(1, none.code)
        self.assertIn("--password-stdin", none.stderr)


class Policies(WithRegistry):
    def two_versions(self):
        """The registry has the newer image under the name, the store the older; their IDs."""
        for text in ("old", "new"):
            folder = self.here.project(f"made-{text}", {"Dockerfile": f"FROM busybox:test\nRUN echo {text} > /made\n"})
            self.here.check("image", "build", "-q", "-t", f"made:{text}", folder)
        self.push_tool("made:new")
        self.here.check("image", "tag", "made:old", self.image)
        return self.id_of("made:old")

    def project(self, name, service):
        return self.here.project(name, {"compose.yaml": f"""
services:
  tool:
    image: {self.image}
    command: cat /made
    {service}
"""})

    def made(self, folder, *arguments):
        return self.here.check("run", "--rm", "-q", *arguments, "tool", cwd=folder).stdout.strip()

    def test_policies_of_services(self):
        self.two_versions()
        for policy in ("never", "missing", "if_not_present", "build"):
            with self.subTest(policy):
                self.assertEqual("old", self.made(self.project(f"p-{policy}", f"pull_policy: {policy}")))
        for policy in ("daily", "weekly", "every_1h"):
            with self.subTest(policy):
                self.assertEqual("old", self.made(self.project(f"p-{policy}", f"pull_policy: {policy}")))
        time.sleep(1.1)
        self.assertEqual("new", self.made(self.project("p-every", "pull_policy: every_1s")))
        self.here.check("image", "tag", "made:old", self.image)
        self.assertEqual("new", self.made(self.project("p-always", "pull_policy: always")))

    def test_policy_of_the_command_line(self):
        self.two_versions()
        folder = self.project("flags", "")
        self.assertEqual("old", self.made(folder, "--pull", "missing"))
        self.assertEqual("new", self.made(folder, "--pull", "always"))
        for command in (["up", "-d"], ["create"]):
            self.here.check("down", cwd=folder)
            self.here.check("image", "tag", "made:old", self.image)
            told = self.here.check(*command, "--pull", "always", "--quiet-pull", cwd=folder)
            self.assertNotIn("Downloading", told.stderr)
            self.assertNotEqual(self.id_of("made:old"), self.id_of(self.image), command)

    def test_never_refuses_what_is_not_there(self):
        self.push_tool()
        refused = self.here.run("up", "-d", cwd=self.project("never", "pull_policy: never"))
        self.assertEqual(1, refused.code, str(refused))
        self.assertIn(self.image, refused.stderr)
        self.here.check("up", "-d", cwd=self.project("missing", "pull_policy: missing"))

    def test_pull_and_push_of_services(self):
        self.push_tool()
        gone = f"{self.registry.host}/team/gone:1"
        built = f"{self.registry.host}/team/built:1"
        folder = self.here.project("several", {"Dockerfile": "FROM busybox:test\nRUN touch /built\n", "compose.yaml": f"""
services:
  tool: {{image: "{self.image}", depends_on: [built]}}
  built: {{image: "{built}", build: .}}
  gone: {{image: "{gone}"}}
"""})
        failed = self.here.run("pull", cwd=folder)
        self.assertEqual(1, failed.code, str(failed))
        self.assertIn(gone, failed.stderr)
        self.here.check("image", "inspect", self.image)  # The others are there all the same.
        self.here.check("pull", "--ignore-pull-failures", cwd=folder)
        self.here.check("pull", "--ignore-buildable", "tool", cwd=folder)
        self.assertEqual("", self.here.check("pull", "-q", "tool", cwd=folder).stderr)

        not_built = self.here.run("push", "built", cwd=folder)
        self.assertEqual(1, not_built.code, str(not_built))
        self.here.check("push", "--ignore-push-failures", "built", cwd=folder)
        self.here.check("build", cwd=folder)
        self.here.check("push", "--include-deps", "tool", cwd=folder)
        self.here.check("image", "rm", built)
        self.here.check("pull", "--include-deps", "--policy", "missing", "tool", cwd=folder)
        self.here.check("image", "inspect", built)
        self.assertEqual("", self.here.check("push", "-q", "built", cwd=folder).stderr)


class Transfers(WithRegistry):
    """What pulls, pushes and builds of single images say, and all tags at once."""

    def states(self, *arguments):
        """[(layer, what became of it)] as told, in order, and the other lines."""
        lines = self.here.check(*arguments).stderr.splitlines()
        of_layer = re.compile(r" ([0-9a-f]{12}) (.+)")
        layers = [match.groups() for match in map(of_layer.fullmatch, lines) if match]
        return layers, [line for line in lines if not of_layer.fullmatch(line)]

    def test_the_words_of_transfers(self):
        self.here.check("image", "tag", "busybox:test", self.image)
        layers, lines = self.states("image", "push", self.image)
        layer = layers[0][0]
        self.assertEqual([(layer, "Pushing"), (layer, "Pushed")], layers)
        self.assertEqual([f" Image {self.image}  Pushing", f" Image {self.image}  Pushed"], lines)
        self.assertEqual([(layer, "Layer already exists")], self.states("image", "push", self.image)[0])
        other = f"{self.registry.host}/other/tool:1"
        self.here.check("image", "tag", "busybox:test", other)
        self.assertEqual([(layer, "Mounted from team/tool")], self.states("image", "push", other)[0])
        self.here.check("image", "rm", self.image, other, "busybox:test")
        layers, lines = self.states("image", "pull", self.image)
        self.assertEqual([(layer, "Downloading"), (layer, "Pull complete")], layers)
        self.assertEqual([f" Image {self.image}  Pulling", f" Image {self.image}  Pulled"], lines)
        self.assertEqual([(layer, "Already exists")], self.states("image", "pull", other)[0])
        events = [json.loads(line) for line in self.here.check("--progress", "json", "image", "pull", self.image).stderr.splitlines()]
        self.assertEqual(("Image " + self.image, "Done", "Pulled"), tuple(events[-1][key] for key in ("id", "status", "text")))
        quiet = self.here.check("image", "pull", "-q", self.image)
        self.assertEqual(("", self.image + "\n"), (quiet.stderr, quiet.stdout))

    def test_all_tags(self):
        names = [f"{self.registry.host}/team/tool:{tag}" for tag in ("1", "2", "latest")]
        for name in names:
            self.here.check("image", "tag", "busybox:test", name)
        self.here.check("image", "push", "-a", f"{self.registry.host}/team/tool")
        self.here.check("image", "rm", *names)
        pulled = self.here.check("image", "pull", "-a", f"{self.registry.host}/team/tool").stdout
        self.assertEqual(names, pulled.split())
        refused = self.here.run("image", "pull", "-a", names[0])
        self.assertIn("--all-tags takes a name without a tag", refused.stderr)
        self.assertIn("name unknown", self.here.run("image", "pull", "-a", f"{self.registry.host}/none").stderr)

    def test_build_and_push(self):
        folder = self.here.project("made", {"Dockerfile": "FROM busybox:test\nRUN touch /made\n"})
        metadata = f"{self.here.folder}/metadata.json"
        self.here.check("image", "build", "--push", "-t", self.image, "--annotation", "org.example.key=value",
                        "--metadata-file", metadata, folder)
        with urllib.request.urlopen(urllib.request.Request(
                f"http://{self.registry.host}/v2/team/tool/manifests/1.0",
                headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})) as answer:
            digest = answer.headers["Docker-Content-Digest"]
            self.assertEqual({"org.example.key": "value"}, json.load(answer)["annotations"])
        with open(metadata, encoding="utf-8") as file:
            self.assertEqual({"containerimage.config.digest": self.id_of(self.image), "containerimage.digest": digest,
                              "image.name": self.image}, json.load(file))
        wrong = self.here.run("image", "push", "--platform", "linux/s390x", self.image)
        self.assertIn(f"image {self.image} is for linux/", wrong.stderr)

    def test_a_host_that_does_not_exist_fails_at_once(self):
        begun = time.monotonic()
        failed = self.here.run("image", "pull", "registry.invalid/tool:1")
        self.assertLess(time.monotonic() - begun, 4)  # Patience would take more.
        self.assertIn("Could not resolve host: registry.invalid", failed.stderr)


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
