# SPDX-License-Identifier: Apache-2.0
"""The commands on what the engine keeps: images, the build cache, disk use, checks, and prunes."""

import functools
import http.server
import json
import os
import re
import shutil
import threading
import unittest

import isolation
from installation import Installation

DOCKERFILE = """FROM busybox:test
LABEL made=here
RUN echo first > /first
RUN dd if=/dev/zero of=/large bs=1M count=2 2>/dev/null
CMD ["cat", "/first"]
"""


class SilentHandler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing of it."""

    def log_message(self, *_):
        pass


def sorted_tree(text):
    """First words of the lines of `image ls --tree`, image by image in the order of their names."""
    images = []
    for line in text.splitlines()[1:]:
        name = re.split(r"   +", line)[0]
        if not images or images[-1][-1].startswith("└"):
            images.append([])
        images[-1].append(name)
    return sum(sorted(images), [])


class Store(unittest.TestCase):
    def setUp(self):
        self.here = Installation()
        self.addCleanup(self.here.close)
        self.here.import_busybox()
        self.folder = self.here.project("made", {"Dockerfile": DOCKERFILE, "compose.yaml": """
services:
  one: {image: "made:1", command: "sleep 3600", stop_signal: SIGKILL}
"""})

    def check(self, *arguments):
        return self.here.check(*arguments, cwd=self.folder)

    def build(self, tag="made:1"):
        return self.check("image", "build", "-q", "-t", tag, ".").stdout.strip()

    def platform(self):
        return self.check("image", "inspect", "-f", "{{.Os}}/{{.Architecture}}", "busybox:test").stdout.strip()

    def names(self, *arguments):
        return sorted(self.check("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", *arguments).stdout.split())

    def test_lists_of_images(self):
        identity = self.build()
        self.check("image", "tag", "made:1", "made:2")
        self.assertEqual(["busybox:test", "made:1", "made:2"], self.names())
        self.assertEqual(["made:1", "made:2"], self.names("--filter", "label=made=here"))
        self.assertEqual(["made:2"], self.names("--filter", "reference=made:2"))
        self.assertEqual(["busybox:test"], self.names("busybox"))
        self.assertEqual(["busybox:test"], self.names("--filter", "before=made:1"))
        self.assertEqual([], self.names("--filter", "dangling=true"))
        header = self.check("image", "ls").stdout.splitlines()[0]
        self.assertEqual("REPOSITORY TAG IMAGE ID CREATED SIZE", " ".join(header.split()))
        rows = [json.loads(line) for line in self.check("image", "ls", "--format", "json", "--no-trunc").stdout.splitlines()]
        self.assertEqual({identity}, {row["ID"] for row in rows if row["Repository"] == "made"})
        self.assertEqual(["busybox:test", f"└─ {self.platform()}", "made:1", "made:2", f"└─ {self.platform()}"],
                         sorted_tree(self.check("image", "ls", "--tree").stdout))
        clash = self.here.run("image", "ls", "--tree", "-q")
        self.assertEqual((1, "error: --tree goes without --quiet, --no-trunc, --digests and --format\n"), (clash.code, clash.stderr))
        refused = self.here.run("image", "ls", "--filter", "colour=red")
        self.assertEqual(1, refused.code)
        self.assertIn('unknown filter "colour=red"', refused.stderr)

    def test_inspect_and_history(self):
        self.build()
        inspected = json.loads(self.check("image", "inspect", "made:1").stdout)[0]
        self.assertEqual(["cat", "/first"], inspected["Config"]["Cmd"])
        self.assertEqual("here\n", self.check("image", "inspect", "-f", "{{.Config.Labels.made}}", "made:1").stdout)
        steps = self.check("image", "history", "--no-trunc", "--format", "{{.CreatedBy}}", "made:1").stdout.splitlines()
        self.assertIn("CMD", steps[0])
        self.assertIn("/large", steps[1])
        sizes = self.check("image", "history", "--human=false", "--format", "{{.Size}}", "made:1").stdout.split()
        self.assertEqual("0", sizes[0])
        self.assertGreaterEqual(int(sizes[1]), 2 << 20)

    def test_images_that_containers_use_stay(self):
        self.build()
        self.check("up", "-d")
        refused = self.here.run("image", "rm", "made:1")
        self.assertEqual(1, refused.code, str(refused))
        self.assertIn("made-one-1", refused.stderr)
        self.check("image", "prune", "-a", "-f")
        self.assertEqual(["made:1"], self.names())
        self.check("image", "rm", "-f", "made:1")  # Takes the name alone.
        self.assertEqual(["<none>:<none>"], self.names())
        self.check("image", "prune", "-f")
        self.assertEqual(["<none>:<none>"], self.names())
        self.check("down")
        told = self.check("image", "prune", "-f").stdout
        self.assertRegex(told, r"Deleted: sha256:[0-9a-f]{64}\n")
        self.assertRegex(told, r"Total reclaimed space: \S+B\n$")
        self.assertEqual([], self.names())

    def test_images_that_containers_mount_stay(self):
        self.build("files:1")
        folder = self.here.project("mounts", {"compose.yaml": """
services:
  one:
    image: busybox:test
    command: sleep 3600
    stop_signal: SIGKILL
    volumes: [{type: image, source: "files:1", target: /files}]
"""})
        self.here.check("up", "-d", cwd=folder)
        read = lambda: self.here.check("exec", "-T", "one", "cat", "/files/first", cwd=folder).stdout
        self.assertEqual("first\n", read())
        refused = self.here.run("image", "rm", "files:1")
        self.assertEqual((1, ""), (refused.code, refused.stdout))
        self.assertEqual("error: image files:1 is used by a container: mounts-one-1\n"
                         "  hint: remove the container first, or use --force to take the name away only\n", refused.stderr)
        self.check("image", "prune", "-a", "-f")
        self.check("system", "prune", "-a", "-f")
        self.assertEqual(["busybox:test", "files:1"], self.names())
        used = [line.split()[-1] for line in self.check("system", "df", "-v").stdout.splitlines()[2:5]]
        self.assertEqual(["CONTAINERS", "1", "1"], used)
        # Another image of that name, or none, changes nothing for this container.
        self.check("image", "rm", "-f", "files:1")
        self.check("image", "tag", "busybox:test", "files:1")
        self.here.check("restart", cwd=folder)
        self.assertEqual("first\n", read())
        self.check("image", "prune", "-f")
        self.assertEqual(["<none>:<none>", "busybox:test", "files:1"], self.names())
        self.here.check("down", cwd=folder)
        self.assertIn("Deleted: sha256:", self.check("image", "prune", "-f").stdout)
        self.assertEqual(["busybox:test", "files:1"], self.names())

    def test_prune_of_images_by_filter(self):
        self.build()
        asked = self.here.run("image", "prune", "-a")
        self.assertEqual(1, asked.code)
        self.assertIn("--force", asked.stderr)
        self.check("image", "prune", "-a", "-f", "--filter", "label=made=elsewhere", "--filter", "label!=made")
        self.assertEqual(["busybox:test", "made:1"], self.names())
        self.check("image", "prune", "-a", "-f", "--filter", "label!=made")
        self.assertEqual(["made:1"], self.names())
        self.check("image", "prune", "-a", "-f", "--filter", "until=1h")
        self.assertEqual(["made:1"], self.names())

    def test_archives(self):
        identity = self.build()
        self.check("image", "save", "-o", "two.tar", "made:1", "busybox:test")
        self.check("image", "rm", "made:1", "busybox:test")
        told = self.check("image", "load", "-q", "-i", "two.tar").stdout
        self.assertEqual({"Loaded image: busybox:test", "Loaded image: made:1"}, set(told.splitlines()))
        self.assertNotEqual("", identity)
        self.check("image", "save", "-o", "unnamed.tar", self.check("image", "ls", "-q", "--no-trunc", "made").stdout.strip())
        self.assertRegex(self.check("image", "load", "-q", "-i", "unnamed.tar").stdout, r"^Loaded image ID: sha256:[0-9a-f]{64}\n$")
        missing = self.here.run("image", "save", "-o", "none.tar", "nothing:1", cwd=self.folder)
        self.assertEqual(1, missing.code)
        self.assertFalse(os.path.exists(f"{self.folder}/none.tar"))

    def test_import_from_an_address(self):
        handler = functools.partial(SilentHandler, directory=self.here.folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}"
            self.check("image", "import", f"{address}/busybox.tar", "fetched:1")
            missing = self.here.run("image", "import", f"{address}/none.tar", "none:1")
            server.shutdown()
        self.assertEqual(["busybox:test", "fetched:1"], self.names())
        self.assertIn(f"{address}/none.tar: the server answers with status 404", missing.stderr)

    def test_the_platform_that_images_must_have(self):
        own = self.platform()
        for command in (["inspect"], ["history"], ["save", "-o", "saved.tar"]):
            self.check("image", *command, "--platform", own, "busybox:test")
            refused = self.here.run("image", *command, "--platform", "linux/s390x", "busybox:test")
            self.assertEqual(1, refused.code, command)
            self.assertIn(f"image busybox:test is for {own}, not for linux/s390x", refused.stderr)
        self.check("image", "save", "-o", "own.tar", "busybox:test")
        refused = self.here.run("image", "load", "-i", f"{self.folder}/own.tar", "--platform", "linux/s390x")
        self.assertEqual((1, "error: the archive holds no image for linux/s390x\n"), (refused.code, refused.stderr))
        refused = self.here.run("image", "rm", "--platform", "linux/s390x", "busybox:test")
        self.assertEqual((1, f"error: image busybox:test is for {own}, not for linux/s390x\n"), (refused.code, refused.stderr))
        self.check("image", "rm", "--platform", "linux/s390x", "--platform", own, "busybox:test")
        self.assertEqual([], self.names())
        self.check("image", "load", "-q", "-i", "own.tar", "--platform", own)
        self.assertEqual(["busybox:test"], self.names())

    def test_build_cache(self):
        self.build()
        rows = [json.loads(line) for line in self.check("builder", "du", "--verbose", "--format", "json").stdout.splitlines()]
        self.assertTrue(any("/large" in row["Description"] for row in rows), rows)
        self.assertEqual({"false"}, {row["Reclaimable"] for row in rows})
        self.assertEqual("Total reclaimed space: 0B\n", self.check("builder", "prune", "-f").stdout)
        self.check("image", "rm", "made:1")
        large = self.check("builder", "du", "--filter", "description=/large", "--format", "{{.ID}}").stdout.strip()
        self.assertRegex(large, "^[0-9a-f]{64}$")
        self.assertEqual(large, self.check("builder", "du", "--filter", f"id={large}", "--format", "{{.ID}}").stdout.strip())
        for entry in ("type=exec.cachemount", "shared=true", "until=1h"):
            self.assertEqual("", self.check("builder", "du", "--filter", entry, "--format", "{{.ID}}").stdout, entry)
        refused = self.here.run("builder", "prune", "-f", "--filter", "type=frontend")
        self.assertEqual((1, 'error: unknown filter "type=frontend"\n  hint: there are until=DURATION, id=ID, '
                             "type=regular|exec.cachemount, shared=BOOL, description=TEXT\n"), (refused.code, refused.stderr))
        for sizes in (["--max-used-space", "1g"], ["--min-free-space", "1"], ["--reserved-space", "1g", "--max-used-space", "1"]):
            self.assertEqual("Total reclaimed space: 0B\n", self.check("builder", "prune", "-f", *sizes).stdout)
        self.check("builder", "prune", "-f", "--filter", "until=1h")
        self.assertNotEqual("", self.check("builder", "du", "--format", "{{.ID}}").stdout)
        freed = self.check("builder", "prune", "-f").stdout
        self.assertRegex(freed, r"^Total reclaimed space: 2\.\d+MB\n$")
        self.assertEqual("", self.check("builder", "du", "--format", "{{.ID}}").stdout)

    def test_disk_use(self):
        self.build()
        self.check("up", "-d")
        rows = {row["Type"]: row for row in map(json.loads, self.check("system", "df", "--format", "json").stdout.splitlines())}
        self.assertEqual(["Images", "Containers", "Local Volumes", "Build Cache"], list(rows))
        self.assertEqual(("2", "1"), (rows["Images"]["TotalCount"], rows["Images"]["Active"]))
        self.assertEqual("0B (0%)", rows["Images"]["Reclaimable"])  # Both are needed: one stands on the other.
        self.assertEqual(("1", "1"), (rows["Containers"]["TotalCount"], rows["Containers"]["Active"]))
        self.assertIn("made-one-1", self.check("system", "df", "-v").stdout)

    def test_system_prune(self):
        self.build()
        self.check("up", "-d")
        self.check("stop")
        told = self.check("system", "prune", "-a", "-f").stdout
        for title in ("Deleted Containers:", "Deleted Networks:\nmade_default", "Deleted Images:", "Total reclaimed space:"):
            self.assertIn(title, told)
        self.assertEqual([], self.names())
        self.assertEqual({}, self.here.containers(self.folder))
        self.assertEqual("", self.check("builder", "du", "--format", "{{.ID}}").stdout)

    def test_check_and_repair(self):
        self.build()
        self.assertEqual("The store is sound.\n", self.check("system", "check", "--content").stdout)
        snapshots = os.path.join(self.here.data_root, "snapshots")
        for name in os.listdir(snapshots):
            if os.path.exists(f"{snapshots}/{name}/fs/first"):
                shutil.rmtree(f"{snapshots}/{name}")
        found = self.here.run("system", "check")
        self.assertEqual(1, found.code, str(found))
        self.assertIn("problem: ", found.stdout)
        self.assertIn("--repair", found.stderr)
        self.assertIn("repaired: ", self.check("system", "check", "--repair").stdout)
        self.check("system", "check")
        self.assertEqual(["busybox:test"], self.names())
        self.build()  # What was lost is made again.
        self.check("up", "-d")


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
