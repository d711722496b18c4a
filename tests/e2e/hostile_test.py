# SPDX-License-Identifier: Apache-2.0
"""Images and Dockerfiles that try to reach the host, another project or another build, through the whole program."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import tarfile
import unittest

import installation
import isolation
from installation import Installation, busybox_image

SPY = b"#!/bin/sh\ntouch /spied\nexec cat\n"  # In place of programs that a careless engine takes from the image.


def add(tar, name, data=b"", mode=0o644, **fields):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    for field, value in fields.items():
        setattr(entry, field, value)
    tar.addfile(entry, io.BytesIO(data))


def link(tar, name, target):
    add(tar, name, type=tarfile.SYMTYPE, linkname=target)


class Hostile(unittest.TestCase):
    def setUp(self):
        self.here = Installation()
        self.addCleanup(self.here.close)
        self.here.import_busybox()
        self.outside = os.path.join(self.here.folder, "outside")
        os.makedirs(f"{self.outside}/b/c", 0o700)
        with open(f"{self.outside}/canary", "w", encoding="utf-8") as file:
            file.write("alive")
        self.before = self.state_outside()
        self.addCleanup(lambda: self.assertEqual(self.before, self.state_outside()))

    def state_outside(self):
        """What of the folder an intruder could have changed."""
        found = []
        for folder, folders, files in os.walk(self.outside):
            for name in [".", *folders, *files]:
                status = os.lstat(os.path.join(folder, name))
                found.append((folder, name, status.st_mode, status.st_uid, status.st_nlink, status.st_size))
        with open(f"{self.outside}/canary", encoding="utf-8") as file:
            return sorted(found) + [file.read()]

    def import_image(self, name, fill=lambda tar: None, *changes):
        """busybox with what `fill` adds to it."""
        path = os.path.join(self.here.folder, name.replace(":", "_") + ".tar")
        busybox_image.write_tar(path)
        with tarfile.open(path, "a") as tar:
            fill(tar)
        flags = [word for change in changes for word in ("--change", change)]
        return self.here.run("image", "import", *flags, path, name)

    def run_in(self, image, *command, **service):
        lines = "".join(f"\n    {key}: {value}" for key, value in service.items())
        folder = self.here.project("mine", {"compose.yaml": f"services:\n  one:\n    image: {image}{lines}\n"})
        return self.here.run("run", "--rm", "-T", "one", *command, cwd=folder)

    def build(self, dockerfile, **files):
        folder = self.here.project("built", {"Dockerfile": dockerfile, **files})
        return self.here.run("--progress", "plain", "image", "build", "-t", "built:1", ".", cwd=folder)

    def test_labels_of_an_image_command_nothing(self):
        spoofed = self.import_image("spoofed:1", lambda tar: None, "LABEL " + " ".join(
            f"com.docker.compose.{key}={value}" for key, value in
            {"project": "victim", "service": "one", "container-number": "1", "oneoff": "False",
             "config-hash": "0"}.items()), "VOLUME /data", 'CMD ["sleep","3600"]')
        self.assertEqual(0, spoofed.code, str(spoofed))
        yaml = "services:\n  one: {image: \"spoofed:1\", stop_signal: SIGKILL}\n"
        mine = self.here.project("mine", {"compose.yaml": yaml})
        victim = self.here.project("victim", {"compose.yaml": yaml.replace("spoofed", "busybox").replace(":1", ":test")
                                              .replace("stop_signal", 'command: "sleep 3600", stop_signal')})
        self.here.check("up", "-d", cwd=mine)
        self.here.check("up", "-d", cwd=victim)
        self.assertEqual(["victim-one-1"], list(self.here.containers(victim)))
        self.here.check("down", "-v", "--remove-orphans", "--rmi", "local", cwd=victim)
        self.here.check("-p", "victim", "down", "-v", "--remove-orphans")
        self.assertEqual("running", self.here.containers(mine)["mine-one-1"]["State"])
        self.assertEqual(0, self.here.run("exec", "-T", "one", "test", "-d", "/data", cwd=mine).code)

    def test_users_that_are_none(self):
        for user, fine in (("4294967296", False), ("4294967295", False), ("-1", False), ("0x0", False),
                           ("nobody:-1", False), ("18446744073709551616", False), ("root:", True), ("0", True)):
            self.assertEqual(0, self.import_image("user:1", lambda tar: None, f"USER {user}").code)
            finished = self.run_in("user:1", "id", "-u")
            with self.subTest(user):
                self.assertEqual((fine, "0\n" if fine else ""), (finished.code == 0, finished.stdout), str(finished))

    def test_user_databases_that_are_no_files(self):
        def fifo(tar):
            add(tar, "etc/passwd", type=tarfile.FIFOTYPE)

        def endless(tar):
            link(tar, "etc/passwd", "/dev/zero")

        def device(tar):
            add(tar, "etc/passwd", type=tarfile.CHRTYPE, devmajor=1, devminor=5)

        def huge(tar):
            add(tar, "etc/passwd", b"x:x:1:1:::\n" * 6_000_000)

        def out(tar):
            link(tar, "etc/passwd", "../../../../../../../.." + self.outside + "/canary")

        for number, fill in enumerate((fifo, endless, device, huge, out)):
            self.assertEqual(0, self.import_image(f"passwd:{number}", fill, "USER web").code)
            with self.subTest(fill.__name__):
                self.assertNotEqual(0, self.run_in(f"passwd:{number}", "true").code)
                finished = self.run_in(f"passwd:{number}", "true", user="'0:0'")
                self.assertEqual(0, finished.code, str(finished))

    def test_volumes_and_folders_that_lead_out(self):
        up = "../../../../../../../.."
        for name, volume in (("up", f"/..{up}{self.outside}"), ("etc", "/../../etc"), ("link", "/l"),
                             ("relative", "/r/b")):
            def fill(tar):
                link(tar, "l", self.outside)
                link(tar, "r", up + self.outside)
            imported = self.import_image(f"{name}:1", fill, f"VOLUME {volume}", f"WORKDIR {volume}")
            if imported.code != 0:
                continue  # Refused already.
            finished = self.run_in(f"{name}:1", "sh", "-c", f"cat {self.outside}/canary canary; touch made; pwd")
            with self.subTest(volume):
                self.assertNotIn("alive", finished.stdout)

    def test_programs_and_libraries_of_the_image_are_not_run(self):
        def fill(tar):
            for name in ("unpigz", "pigz", "igzip", "gzip", "xz", "zstd", "bzip2", "tar", "git", "ssh-agent"):
                add(tar, f"usr/bin/{name}", SPY, 0o755)
            for name in ("lib/libnss_files.so.2", "lib/libnss_compat.so.2", "etc/ld.so.preload"):
                add(tar, name, b"not a library")

        self.assertEqual(0, self.import_image("spy:1", fill).code)
        inner = io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w") as tar:
            add(tar, "unpacked", b"fine")
        folder = self.here.project("built", {"Dockerfile": "FROM spy:1\nADD a.gz /gz/\nADD a.xz /xz/\nADD a.bz2 /bz2/\n"
                                             "USER nobody:nogroup\nCOPY --chown=root:root Dockerfile /\n"})
        for name, compress in (("gz", gzip.compress), ("xz", lzma.compress), ("bz2", bz2.compress)):
            with open(f"{folder}/a.{name}", "wb") as file:
                file.write(compress(inner.getvalue()))
        built = self.here.run("image", "build", "-t", "spied:1", ".", cwd=folder)
        self.assertEqual(0, built.code, str(built))
        self.here.check("image", "save", "-o", f"{folder}/out.tar", "spied:1")
        finished = self.run_in("spied:1", "sh", "-c", "cat /gz/unpacked /xz/unpacked /bz2/unpacked; ls -d /spied",
                               user="'0:0'")
        self.assertEqual("finefinefine", finished.stdout, str(finished))
        self.assertFalse(os.path.exists("/spied"))

    def test_a_build_step_has_no_capability_to_pass_on(self):
        built = self.build("FROM busybox:test\nRUN grep -E 'Cap(Inh|Amb)' /proc/self/status > /caps; "
                           "ls /proc/self/fd > /fds\nUSER 1234\nRUN grep -E 'Cap(Inh|Amb|Eff)' /proc/self/status "
                           ">> /tmp/caps || true; cat /tmp/caps\n")
        self.assertEqual(0, built.code, str(built))
        self.assertEqual("CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n0\n1\n2\n3\n",
                         self.run_in("built:1", "cat", "/caps", "/fds").stdout)
        self.assertIn("CapEff:\t0000000000000000", built.stdout + built.stderr)

    def test_mount_points_that_a_step_moves_away(self):
        built = self.build("FROM busybox:test\nRUN --mount=type=cache,target=/a/b/c --mount=type=tmpfs,target=/t/b/c "
                           f"mv /a /x; ln -s {self.outside} /a; mv /t /y; "
                           f"ln -s ../../../../../../../..{self.outside} /t; true\n")
        self.assertEqual(0, built.code, str(built))
        self.assertEqual(self.before, self.state_outside())

    def test_stages_that_swap_a_cache_under_each_other(self):
        swap = (f"for i in $(seq 300); do rm -rf /c/sub; ln -s {self.outside} /c/sub; rm -f /c/sub; "
                "mkdir -p /c/sub; done")
        use = "for i in $(seq 300); do echo evil > /c/sub/canary; mkdir -p /c/sub/b; chmod 777 /c/sub/.; done"
        built = self.build(f"FROM busybox:test AS one\nRUN --mount=type=cache,id=../../x,target=/c {swap} 2>&-; true\n"
                           f"FROM busybox:test AS two\nRUN --mount=type=cache,id=../../x,target=/c {use} 2>&-; true\n"
                           "FROM busybox:test\nRUN --mount=type=bind,from=one,source=/,target=/m true\n"
                           "COPY --from=one /bin/busybox /1\nCOPY --from=two /bin/busybox /2\n")
        self.assertEqual(0, built.code, str(built))
        names = os.listdir(os.path.join(self.here.data_root, "build", "mounts"))
        self.assertTrue(all(len(name.partition(".")[0]) == 64 for name in names), names)

    def test_an_interrupt_ends_what_nobody_listens_for(self):
        waiting = subprocess.Popen([installation.PROGRAM, "image", "load", "-q"], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=self.here.environment)
        try:
            waiting.stdin.write(b"\0" * 512)  # It has begun to read, or will.
            waiting.stdin.flush()
            waiting.terminate()
            self.assertNotEqual(0, waiting.wait(timeout=30))
        finally:
            waiting.stdin.close()
            waiting.kill()
            waiting.wait()
        self.here.check("system", "check", "--content")


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
