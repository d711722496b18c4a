# SPDX-License-Identifier: Apache-2.0
"""Builds as a user asks for them: siblings in order, caches, contexts, flags."""

import http.server
import json
import tarfile
import threading
import unittest

import isolation
from installation import Installation

SIBLINGS = """
services:
  app:
    build: {context: ., dockerfile_inline: "FROM acme/base:1\\nRUN cat /base"}
    command: cat /base
  base:
    image: acme/base:1
    build: {context: ., dockerfile_inline: "FROM busybox:test\\nRUN echo from base > /base"}
    command: "true"
  tool:
    build:
      context: .
      dockerfile_inline: "FROM start\\nCOPY --from=other /base /copied"
      additional_contexts: {start: "service:base", other: "service:app"}
    command: cat /copied
"""


class WebServer:
    """Serves one folder on a free port of loopback."""

    def __init__(self, folder):
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=folder)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def images_built(finished):
    return [line.split()[1] for line in finished.stderr.splitlines() if line.endswith("  Built")]


class Builds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.installation = Installation()
        cls.addClassCleanup(cls.installation.close)
        cls.installation.import_busybox()

    def compose(self, *arguments, **options):
        return self.installation.check(*arguments, cwd=self.project, **options)

    def test_images_are_built_before_those_that_start_from_them(self):
        self.project = self.installation.project("siblings", {"compose.yaml": SIBLINGS})
        self.assertEqual(images_built(self.compose("build", "app")), ["acme/base:1", "siblings-app"])
        self.assertEqual(images_built(self.compose("build")), ["acme/base:1", "siblings-app", "siblings-tool"])
        self.compose("image", "rm", "-f", "acme/base:1", "siblings-app", "siblings-tool")
        up = self.compose("up", "--build", "tool")
        self.assertEqual(images_built(up), ["acme/base:1", "siblings-app", "siblings-tool"])
        self.assertEqual(up.stdout, "tool-1  | from base\ntool-1 exited with code 0\n")
        self.assertEqual(list(self.installation.containers(self.project)), ["siblings-tool-1"])

    def test_images_that_need_each_other_are_an_error(self):
        self.project = self.installation.project("cycle", {"compose.yaml": """
services:
  a: {build: {context: ., dockerfile_inline: "FROM cycle-b"}}
  b: {build: {context: ., dockerfile_inline: "FROM cycle-a"}}
"""})
        finished = self.installation.run("build", cwd=self.project)
        self.assertEqual((finished.code, finished.stderr),
                         (1, "error: images are built from each other: a -> b -> a\n"))

    def test_contexts_come_from_the_web(self):
        self.project = self.installation.project("web", {
            "page/file": "from the web\n", "page/Dockerfile": "FROM busybox:test\nCOPY file /file\n",
            "page/plain": "FROM busybox:test\nARG URL\nCOPY --from=more file /file\nADD $URL/page/file /added\n",
            "compose.yaml": """
services:
  tar: {build: "${URL}/page.tar.gz", command: cat /file}
  text:
    build: {context: "${URL}/page/plain", args: [URL], additional_contexts: {more: "${URL}/page.tar.gz"}}
    command: cat /file /added
"""})
        with tarfile.open(self.project + "/page.tar.gz", "w:gz") as tar:
            for name in ("file", "Dockerfile"):
                tar.add(f"{self.project}/page/{name}", name)
        server = WebServer(self.project)
        self.addCleanup(server.close)
        address = {"URL": server.url}
        self.assertEqual(self.compose("run", "--rm", "tar", env=address).stdout, "from the web\n")
        self.assertEqual(self.compose("run", "--rm", "text", env=address).stdout, "from the web\n" * 2)

    def test_what_a_request_says_wrongly_is_shown_where_it_is_written(self):
        for line, message in (
                ("sbom: generator=acme/none", "  while getting the scanner acme/none for build.sbom"),
                ("provenance: mode=all", "provenance: mode=all means nothing"),
                ("network: other", "build network 'other': it is default, none or host"),
                ("entitlements: [everything]", "unknown entitlement 'everything'"),
                ("target: none", "target 'none' is no stage of the Dockerfile")):
            self.project = self.installation.project("places", {"compose.yaml": f"""
services:
  app:
    build:
      dockerfile_inline: "FROM busybox:test"
      {line}
"""})
            told = self.installation.run("build", cwd=self.project)
            self.assertEqual(1, told.code, str(told))
            self.assertIn(message, told.stderr)
            key = line.split(": ")[0]
            self.assertIn(f"compose.yaml:6:{len(key) + 9}: error: ", told.stderr)
            self.assertIn(f"\n    6 |       {line}\n", told.stderr)
            self.assertIn("^", told.stderr)

    def test_an_attested_image_is_saved_with_its_statements(self):
        self.project = self.installation.project("attested", {"compose.yaml": """
services:
  scanner:
    image: acme/scanner:1
    build:
      context: .
      dockerfile_inline: |
        FROM busybox:test
        COPY <<"EOF" /scan
        ! touch $$BUILDKIT_SCAN_SOURCE/x 2>/dev/null || exit 1
        printf '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document",' > /tmp/s
        printf '"predicate":{"name":"%s %s"}}' "$$(cat $$BUILDKIT_SCAN_SOURCE/it)" "$$(ls /sys/class/net)" >> /tmp/s
        cp /tmp/s $$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json
        EOF
        ENTRYPOINT ["sh", "/scan"]
  app:
    image: acme/app:1
    build:
      context: .
      sbom: generator=acme/scanner:1
      dockerfile_inline: "FROM busybox:test\\nRUN echo seen > /it"
"""})
        self.compose("build", "scanner")
        self.compose("build", "--provenance", "mode=min", "app")
        self.compose("image", "save", "acme/app:1", "-o", "app.tar")
        with tarfile.open(self.project + "/app.tar") as archive:
            def read(digest):
                return json.load(archive.extractfile("blobs/" + digest.replace(":", "/")))
            index = read(json.load(archive.extractfile("index.json"))["manifests"][0]["digest"])
            image, attested = index["manifests"]
            self.assertEqual(attested["annotations"], {"vnd.docker.reference.type": "attestation-manifest",
                                                       "vnd.docker.reference.digest": image["digest"]})
            statements = [read(layer["digest"]) for layer in read(attested["digest"])["layers"]]
        self.assertEqual([one["predicateType"] for one in statements],
                         ["https://spdx.dev/Document", "https://slsa.dev/provenance/v1"])
        self.assertEqual(statements[0]["predicate"], {"name": "seen lo"})
        subject = {"name": "pkg:docker/acme/app?platform=" + image["platform"]["os"] + "%2F" +
                           image["platform"]["architecture"],
                   "digest": {"sha256": image["digest"].removeprefix("sha256:")}}
        self.assertEqual([one["subject"] for one in statements], [[subject], [subject]])

        def is_attested(*flags):
            self.compose("build", *flags, "app")
            self.compose("image", "save", "acme/app:1", "-o", "again.tar")
            with tarfile.open(self.project + "/again.tar") as archive:
                top = json.load(archive.extractfile("index.json"))["manifests"][0]
                return "manifests" in json.load(archive.extractfile("blobs/" + top["digest"].replace(":", "/")))
        self.assertTrue(is_attested())
        self.assertFalse(is_attested("--sbom", "false"))

    def test_flags_of_build(self):
        self.project = self.installation.project("flags", {"compose.yaml": """
services:
  app:
    depends_on: [dep]
    build: {context: ., dockerfile_inline: "FROM busybox:test\\nARG A\\nRUN echo A=$$A"}
  dep: {build: {context: ., dockerfile_inline: "FROM busybox:test"}, command: "true"}
"""})
        bake = json.loads(self.compose("build", "--print", "--build-arg", "A=5").stdout)
        self.assertEqual(bake["group"], {"default": {"targets": ["dep", "app"]}})
        self.assertEqual(bake["target"]["app"]["args"], {"A": "5"})
        self.assertEqual(bake["target"]["app"]["tags"], ["flags-app"])
        self.assertEqual(self.compose("build", "--check").stdout, "Check complete, no warnings found.\n")
        odd = self.installation.run("build", "--check", "--build-arg", "NO=1", "app", cwd=self.project)
        self.assertEqual((odd.code, odd.stdout),
                         (1, "app: warning: build argument NO is not used\n  hint: declare it: ARG NO\n"
                             "Check complete, 1 found.\n"))
        loud = self.compose("build", "--builder", "x", "-m", "1g", "--progress", "plain", "app")
        self.assertIn("warning: --builder has no effect\nwarning: --memory has no effect\n", loud.stderr)
        self.assertIn("#app.2 A=\n", loud.stderr)
        self.assertEqual(sorted(images_built(self.compose("build", "--with-dependencies", "app"))),
                         ["flags-app", "flags-dep"])
        self.assertEqual(self.compose("build", "-q", "app").stderr, "")
        self.compose("build", "--provenance", "true", "app")
        self.compose("image", "save", "-o", "attested.tar", "flags-app")
        with open(f"{self.project}/attested.tar", "rb") as file:
            self.assertIn(b"attestation-manifest", file.read())
        quiet = self.compose("up", "-d", "--build", "--quiet-build")
        self.assertIn(" Image flags-app  Built\n", quiet.stderr)
        self.assertNotIn("#app.", quiet.stderr)

    def test_a_cache_in_the_project_serves_another_machine(self):
        files = {"app/file": "content\n", "compose.yaml": """
services:
  app:
    build:
      context: app
      dockerfile_inline: "FROM busybox:test\\nCOPY file /\\nRUN cat /file > /ran"
      cache_from: ["type=local,src=cache"]
      cache_to: ["type=local,dest=cache,mode=max"]
    command: cat /ran
"""}
        self.project = self.installation.project("cached", files)
        self.compose("build")
        with Installation() as other:
            image = self.project + "/busybox.tar"
            self.compose("image", "save", "-o", image, "busybox:test")
            other.check("image", "load", "-i", image)
            project = other.copy_project(self.project)
            built = other.check("build", cwd=project)
            self.assertIn("CACHED [2/3] COPY file /\n", built.stderr)
            self.assertIn("CACHED [3/3] RUN cat /file > /ran\n", built.stderr)
            self.assertEqual(other.check("run", "--rm", "app", cwd=project).stdout, "content\n")


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
