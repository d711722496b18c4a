# SPDX-License-Identifier: Apache-2.0
"""`image build` with the flags of other builders: where contexts come from, what RUN gets, where results go."""

import io
import json
import os
import select
import signal
import subprocess
import tarfile
import unittest

import isolation
from installation import PROGRAM, Finished, Installation

FILES = {
    "Dockerfile": "FROM busybox:test\nARG GREETING=none\nCOPY words /words\nRUN echo $GREETING > /greeting\n",
    "words": "from the context\n",
}


def tar_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


class ImageBuild(unittest.TestCase):
    def setUp(self):
        self.here = Installation()
        self.addCleanup(self.here.close)
        self.here.import_busybox()
        self.folder = self.here.project("app", FILES)

    def build(self, *arguments, given=b"", code=0, env=None):
        """`image build` with `given` on the standard input; the output as bytes."""
        done = subprocess.run([PROGRAM, "image", "build", *arguments], cwd=self.folder, input=given, capture_output=True,
                              env={**self.here.environment, **(env or {})}, check=False)
        done = Finished(arguments, done.returncode, done.stdout, done.stderr.decode())
        self.assertEqual(code, done.code, str(done))
        return done

    def test_the_users_umask_is_for_the_users_files_alone(self):
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        self.write("Dockerfile", "FROM busybox:test\nUSER 1000\nRUN ls /\n")
        self.build("-t", "made:1", ".")
        self.here.check("image", "save", "-o", self.path("made.tar"), "made:1")
        self.assertEqual(0o600, os.stat(self.path("made.tar")).st_mode & 0o777)
        self.write("compose.yaml", """
services:
  app:
    image: made:1
    command: ["ls", "/", "/data", "/bound"]
    volumes: ["data:/data", "./bound:/bound"]
volumes:
  data:
""")
        done = self.here.check("up", "--exit-code-from", "app", cwd=self.folder)
        self.assertIn("bin", done.stdout)
        self.assertEqual(0o755, os.stat(self.path("bound")).st_mode & 0o777)
        self.here.check("down", "-v", cwd=self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def shown(self, dockerfile, *arguments, **options):
        """What the file /out of the image holds that the Dockerfile makes."""
        self.build("-f", "-", "-o", "type=local,dest=shown", *arguments, ".", given=dockerfile.encode(), **options)
        return self.read("shown/out")

    def images(self):
        return self.here.check("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()

    def test_contexts(self):
        self.build("-t", "tar:1", "-", given=tar_of(FILES))
        self.build("-t", "tar:2", "-f", "other", "-", given=tar_of({"other": "FROM tar:1\nCOPY words /again\n", "words": "x"}))
        self.build("-t", "text:1", "-", given=b"FROM busybox:test\nRUN echo text > /text\n")
        self.build("-t", "inline:1", "-f", "-", ".", given=b"FROM busybox:test\nCOPY words /words\n")
        self.assertEqual(["busybox:test", "inline:1", "tar:1", "tar:2", "text:1"], sorted(self.images()))
        for arguments, message in (
                (("-f", "-", "-"), "the context and the Dockerfile cannot both be the standard input"),
                (("words",), "the build context words is no folder"),
                (("nowhere",), "the build context nowhere does not exist"),
                (("-f", "/bin/busybox", "."), "/bin/busybox is no text: it has a NUL byte"),
                (("-f", "-", "."), "the Dockerfile on the standard input is empty")):
            self.assertIn(message, self.build(*arguments, code=1).stderr)
        missing = self.build("-f", "none", "-", given=tar_of(FILES), code=1)
        self.assertIn("no Dockerfile none in the archive", missing.stderr)

    def test_what_run_gets(self):
        self.write("token", "hidden")
        self.assertEqual("hidden", self.shown(
            "FROM busybox:test\nRUN --mount=type=secret,id=token cat /run/secrets/token > /out\n", "--secret", "id=token"))
        self.assertEqual("of env", self.shown(
            "FROM busybox:test\nRUN --mount=type=secret,id=a cat /run/secrets/a > /out\n", "--secret", "id=a,env=VALUE",
            env={"VALUE": "of env"}))
        self.assertEqual("given\n", self.shown(
            "FROM busybox:test\nARG A\nRUN echo $A > /out\n", "--build-arg", "A", env={"A": "given"}))
        self.assertEqual("10.1.2.3\tname\n", self.shown(
            "FROM busybox:test\nRUN grep name /etc/hosts > /out\n", "--add-host", "name:10.1.2.3"))
        self.assertEqual("77 99\n", self.shown(
            "FROM busybox:test\nRUN echo $(ulimit -Sn) $(ulimit -Hn) > /out\n", "--ulimit", "nofile=77:99"))
        self.assertEqual("8192\n", self.shown(
            "FROM busybox:test\nRUN df -k /dev/shm | awk 'NR == 2 {print $2}' > /out\n", "--shm-size", "8m"))
        os.mkdir(self.path("second"))
        self.write("second/file", "further")
        self.assertEqual("further", self.shown(
            "FROM busybox:test\nCOPY --from=more file /out\n", "--build-context", "more=second"))

    def test_outputs(self):
        self.build("-t", "kept:1", "-t", "kept:2", "--build-arg", "GREETING=hello", "--iidfile", "id",
                   "--metadata-file", "metadata", ".")
        self.assertEqual(["busybox:test", "kept:1", "kept:2"], sorted(self.images()))
        metadata = json.loads(self.read("metadata"))
        self.assertEqual({"containerimage.config.digest": self.read("id"), "image.name": "kept:1,kept:2"}, metadata)
        os.mkdir(self.path("out"))
        os.chown(self.path("out"), 1234, 1234)
        self.write("out/there", "before")
        self.build("-o", "out", "--build-arg", "GREETING=again", ".")
        self.assertEqual(("again\n", "from the context\n", "before"),
                         tuple(self.read(f"out/{name}") for name in ("greeting", "words", "there")))
        self.assertEqual(1234, os.lstat(self.path("out/greeting")).st_uid)
        stream = self.build("-q", "-o", "-", "--build-arg", "GREETING=streamed", ".").stdout
        with tarfile.open(fileobj=io.BytesIO(stream)) as tar:
            self.assertEqual(b"streamed\n", tar.extractfile("greeting").read())
        self.build("-t", "packed:1", "-t", "packed:2", "-o", "type=docker,dest=image.tar", ".")
        self.build("-o", "type=oci,dest=attested.tar", "--attest", "type=provenance,mode=max", ".")
        with open(self.path("attested.tar"), "rb") as file:
            self.assertIn(b"https://slsa.dev/provenance", file.read())
        self.build("-o", "type=cacheonly", "--build-arg", "GREETING=nothing", ".")
        self.assertEqual(["busybox:test", "kept:1", "kept:2"], sorted(self.images()))  # Nothing else was left.
        loaded = self.here.check("image", "load", "-q", "-i", self.path("image.tar")).stdout
        self.assertEqual({"Loaded image: packed:1", "Loaded image: packed:2"}, set(loaded.splitlines()))

    def test_a_folder_keeps_what_is_its_owners_and_gives_an_image_no_rights(self):
        hostile = (b"FROM busybox:test\nRUN mknod -m 666 /disk b 8 0 && mknod /kmem c 1 1 && cp /bin/busybox /su && "
                   b"chmod 6755 /su && ln -s /elsewhere /src\n")
        os.mkdir(self.path("out"))
        os.chown(self.path("out"), 1234, 1234)
        told = self.build("-o", "out", "-", given=hostile).stderr
        self.assertIn("warning: 2 devices of the image are not in out\n  hint: type=tar keeps them", told)
        self.assertFalse(os.path.lexists(self.path("out/disk")) or os.path.lexists(self.path("out/kmem")))
        self.assertEqual((1234, 0o755), (os.lstat(self.path("out/su")).st_uid, os.lstat(self.path("out/su")).st_mode & 0o7777))
        os.makedirs(self.path("mine/src/work"))
        self.write("mine/src/work/file", "precious")
        refused = self.build("-o", "mine", "-", given=hostile, code=1)
        self.assertIn("the folder src is in the way, and not empty", refused.stderr)
        self.assertEqual("precious", self.read("mine/src/work/file"))

    def test_a_place_that_cannot_be_written_is_told_of_before_the_build(self):
        self.write("file", "")
        for arguments, message in (
                (("-o", "type=tar,dest=none/x.tar"), "open(\"none\"): No such file or directory (ENOENT)\n"
                                                     "  while opening none/x.tar for --output"),
                (("-o", "type=oci,dest=file/x.tar"), "open(\"file\"): Not a directory (ENOTDIR)\n"
                                                     "  while opening file/x.tar for --output"),
                (("-o", "type=docker,dest=."), "error: . is a folder\n  while opening . for --output"),
                (("-o", "file/folder"), "/file is no folder\n  while opening file/folder for --output"),
                (("--metadata-file", "."), "error: . is a folder\n  while opening . for --metadata-file"),
                (("--iidfile", "none/id"), "while opening none/id for --iidfile"),
                (("-o", "type=tar,dest=x", "--iidfile", "./x"), "error: --output and --iidfile both write to ./x")):
            told = self.build(*arguments, ".", code=1).stderr
            self.assertIn(message, told)
            self.assertNotIn("Building", told)
        self.assertEqual(["Dockerfile", "file", "words"], sorted(os.listdir(self.folder)))

    def test_what_fails_leaves_the_earlier_archive(self):
        for name in ("x.tar", "meta", "id"):
            self.write(name, "before")
        outputs = ("-o", "type=tar,dest=x.tar", "--metadata-file", "meta", "--iidfile", "id")
        self.build(*outputs, "-", given=b"FROM busybox:test\nRUN false\n", code=1)
        self.assertEqual(("before", "before"), (self.read("x.tar"), self.read("meta")))
        self.assertFalse(os.path.exists(self.path("id")))  # Nobody takes an earlier ID for this build's.
        os.mkdir(self.path("small"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", self.path("small")], check=True)
        self.addCleanup(subprocess.run, ["umount", self.path("small")], check=True)
        self.write("small/x.tar", "before")
        full = self.build("-o", "type=oci,dest=small/x.tar", ".", code=1).stderr
        self.assertIn("ENOSPC", full)
        self.assertIn("while writing small/x.tar for --output", full)
        self.assertEqual(["x.tar"], os.listdir(self.path("small")))
        self.assertEqual("before", self.read("small/x.tar"))
        self.build("-o", "type=tar,dest=x.tar", ".")
        self.assertTrue(tarfile.is_tarfile(self.path("x.tar")))

    def test_saved_archives_are_their_owners_and_keep_a_mode(self):
        def mode(name):
            return os.stat(self.path(name)).st_mode & 0o7777
        self.here.check("image", "save", "-o", self.path("new.tar"), "busybox:test")
        self.assertEqual(0o600, mode("new.tar"))
        os.chmod(self.path("new.tar"), 0o640)
        os.symlink("new.tar", self.path("link"))
        self.here.check("image", "save", "-o", self.path("link"), "busybox:test")
        self.assertEqual((0o640, True), (mode("new.tar"), os.path.islink(self.path("link"))))
        refused = self.here.run("image", "save", "-o", self.path("none/x.tar"), "busybox:test")
        self.assertIn("for --output", refused.stderr)
        self.write("kept.tar", "before")
        self.assertEqual(1, self.here.run("image", "save", "-o", self.path("kept.tar"), "no:such").code)
        self.assertEqual("before", self.read("kept.tar"))

    def test_what_is_interrupted_or_killed_leaves_the_earlier_archive(self):
        os.mkfifo(self.path("pipe"))
        before = sorted([*os.listdir(self.folder), "x.tar"])
        for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
            self.write("x.tar", "before")
            reader = os.open(self.path("pipe"), os.O_RDONLY | os.O_NONBLOCK)
            running = self.here.start("image", "build", "-o", "type=tar,dest=x.tar", "-o", "type=tar,dest=pipe", ".",
                                      cwd=self.folder)
            # The first archive is written when the second begins.
            self.assertTrue(select.select([reader], [], [], 60)[0])
            running.send_signal(number)
            os.set_blocking(reader, True)
            while os.read(reader, 1 << 20):
                pass
            os.close(reader)
            running.communicate(timeout=60)
            self.assertEqual(code, running.returncode)
            self.assertEqual("before", self.read("x.tar"))
            self.assertEqual(before, sorted(os.listdir(self.folder)))

    def test_what_nobody_names_leaves_a_named_image_as_it_is(self):
        def annotations():
            self.here.check("image", "save", "-o", self.path("image.tar"), "noted:1")
            with tarfile.open(self.path("image.tar")) as archive:
                digest = json.load(archive.extractfile("index.json"))["manifests"][0]["digest"]
                return json.load(archive.extractfile("blobs/" + digest.replace(":", "/"))).get("annotations", {})
        self.build("--annotation", "note=kept", "-t", "noted:1", ".")
        self.build("-o", "out", ".")
        self.assertEqual({"note": "kept"}, annotations())
        self.build("-t", "noted:1", ".")
        self.assertEqual({}, annotations())

    def test_what_is_refused_and_what_is_checked(self):
        for arguments, message in (
                (("-o", "type=ftp,dest=x"), "outputs of the type 'ftp' are not known"),
                (("--push",), "an image without a name cannot be pushed"),
                (("-t", "BAD NAME"), "while reading the name 'BAD NAME'"),
                (("--label", ""), "--label '' has no name"),
                (("--build-arg", "=x"), "--build-arg '=x' has no name"),
                (("--secret", "id=a,src=none"), "while reading --secret 'id=a'"),
                (("--sbom", "maybe"), "sbom: 'maybe' means nothing"),
                (("--call", "describe"), "--call describe is not known"),
                (("--sbom", "generator=acme/none"), "while getting the scanner acme/none for build.sbom\n  while reading --sbom"),
                (("--target", "none"), "target 'none' is no stage of the Dockerfile"),
                (("--attest", "type=provenance,mode=all"), "while reading --attest 'type=provenance,mode=all'"),
                (("--ulimit", "nofile"), "a limit is written name=soft[:hard]"),
                (("--secret", "src=x"), "a secret needs an id"),
                (("--platform", "linux/s390x"), "linux/s390x"),
                (("--attest", "type=other"), "attestations of the type 'other' are not known")):
            self.assertIn(message, self.build(*arguments, ".", code=1).stderr)
        hidden = self.build("-o", "out", "-", given=b"FROM busybox:test\nRUN touch /.wh.words\n", code=1)
        self.assertIn("the image has a file .wh.words, which cannot be written to a folder", hidden.stderr)
        self.assertIn("--builder has no effect", self.build("--builder", "x", "-q", ".").stderr)
        self.assertEqual(b"Check complete, no warnings found.\n", self.build("--check", ".").stdout)
        odd = self.build("--call=check", "-", given=b"FROM busybox:test\nNONSENSE\n", code=1)
        self.assertIn("Check complete, 1 found.\n", odd.stdout.decode())

    def test_calls_that_build_nothing(self):
        self.write("Dockerfile", "# builder compiles\nFROM busybox:test AS builder\n# V is the version\nARG V=1\n"
                                 "RUN --mount=type=secret,id=key,required=true true\nFROM Builder\n")
        self.assertEqual(b"TARGET    DESCRIPTION\nbuilder   compiles\n(default) \n", self.build("--call", "targets", ".").stdout)
        self.assertEqual(b"TARGET:      builder\nDESCRIPTION: compiles\n\nBUILD ARG   VALUE   DESCRIPTION\n"
                         b"V           2       is the version\n\nSECRET   REQUIRED\nkey      true\n\n",
                         self.build("--call=outline", "--target=builder", "--build-arg=V=2", ".").stdout)
        outline = json.loads(self.build("--call", "outline,format=json", "-", given=b"FROM busybox:test\nARG A=1\n").stdout)
        self.assertEqual([{"name": "A", "value": "1", "location": {"ranges": [{"start": {"line": 2}, "end": {"line": 2}}]}}],
                         outline["args"])
        odd = self.build("--call", "check,format=json", "-", given=b"FROM busybox:test AS Odd\n", code=1)
        self.assertEqual(["StageNameCasing"], [warning["ruleName"] for warning in json.loads(odd.stdout)["warnings"]])
        self.build("--call", "check,ignorestatus=true", "-", given=b"FROM busybox:test AS Odd\n")
        self.assertEqual(["busybox:test"], self.images())

    def test_sparse_archives_keep_their_holes(self):
        with open(self.path("hole"), "wb") as file:
            for place in (5, 40, 41, 90, 120, 200):
                file.seek(place << 16)
                file.write(b"data at %d" % place)
            file.truncate(300 << 16)
        with open(self.path("hole"), "rb") as file:
            expected = file.read()
        for number, form in enumerate((["gnu"], ["pax", "--sparse-version=0.0"], ["pax", "--sparse-version=0.1"],
                                       ["pax", "--sparse-version=1.0"])):
            subprocess.run(["tar", "--sparse", f"--format={form[0]}", *form[1:], "-cf", "sparse.tar", "hole"],
                           cwd=self.folder, check=True)
            self.assertLess(os.path.getsize(self.path("sparse.tar")), 1 << 20)
            self.build("-t", "sparse:1", "-f", "-", ".", given=b"FROM scratch\nADD sparse.tar /\n")
            self.build("-o", f"out{number}", "-f", "-", ".", given=b"FROM sparse:1\n")
            with open(self.path(f"out{number}/hole"), "rb") as file:
                self.assertEqual(expected, file.read())
            stored = [os.path.join(top, "hole") for top, _, names in os.walk(self.here.data_root) if "hole" in names]
            self.assertTrue(stored)
            self.assertLess(max(os.stat(name).st_blocks * 512 for name in stored), 1 << 20)
            digest = self.here.check("image", "import", self.path("sparse.tar")).stdout
            saved = self.path("saved.tar")
            self.here.check("image", "save", "-o", saved, digest.strip())
            with tarfile.open(saved) as archive, open(self.path("sparse.tar"), "rb") as original:
                layers = [archive.extractfile(member).read() for member in archive if member.size > 5000]
                self.assertIn(original.read(), layers)  # Byte for byte, as its digest is of these bytes.
            self.here.check("image", "rm", digest.strip())

    def test_a_provenance_names_the_commit(self):
        def git(*words):
            return subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@x", *words], cwd=self.folder, check=True,
                                  capture_output=True, text=True).stdout.strip()

        def attested(**variables):
            self.build("-o", "type=oci,dest=x.tar", "--provenance=mode=min", ".", env=variables)
            with tarfile.open(self.path("x.tar")) as archive:
                for member in archive:
                    text = archive.extractfile(member).read()
                    if b'"predicate"' in text:
                        return json.loads(text)["predicate"]["runDetails"]["metadata"]["buildkit_metadata"]
            return None

        self.assertEqual({}, attested())
        git("init", "-q")
        git("add", ".")
        git("commit", "-qm", "first")
        git("remote", "add", "origin", "https://user:password@host.example/app.git")
        commit = git("rev-parse", "HEAD")
        vcs = {"revision": commit, "source": "https://host.example/app.git"}
        self.assertEqual({"vcs": vcs}, attested())
        self.assertEqual({"vcs": {**vcs, "revision": commit + "-dirty"}}, attested(BUILDX_GIT_CHECK_DIRTY="1"))
        self.assertEqual({}, attested(BUILDX_GIT_INFO="false"))

    def test_progress(self):
        plain = self.build("--progress", "plain", "-t", "app:1", ".").stderr
        self.assertIn(" Image app:1  Building\n", plain)
        self.assertIn(" Image app:1  Built\n", plain)
        self.assertEqual("", self.build("-q", "-t", "app:1", ".").stderr)
        events = [json.loads(line) for line in self.build("--progress", "rawjson", "-t", "app:1", ".").stderr.splitlines()]
        self.assertEqual(("Image app:1", "Done", "Built"), tuple(events[-1][key] for key in ("id", "status", "text")))


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
