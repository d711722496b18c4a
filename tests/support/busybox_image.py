# SPDX-License-Identifier: Apache-2.0
"""A root file system of one static program, as a tar to import: what tests and benchmarks run.

  busybox_image.py FILE
"""

import io
import shutil
import subprocess
import sys
import tarfile

_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
}
_FOLDERS = {"bin": 0o755, "dev": 0o755, "etc": 0o755, "proc": 0o555, "root": 0o700, "sys": 0o555, "tmp": 0o1777,
            "usr": 0o755, "var": 0o755, "mnt": 0o755}


def write_tar(path):
    """Writes the tar with Debian's busybox-static and a link for each of its commands."""
    program = shutil.which("busybox")
    if not program:
        raise SystemExit("busybox_image: no busybox on PATH; scripts/packages installs busybox-static")
    commands = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split()
    with tarfile.open(path, "w") as archive:
        for name, mode in _FOLDERS.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
        with open(program, "rb") as file:
            _add(archive, "bin/busybox", file.read(), 0o755)
        for name, text in _FILES.items():
            _add(archive, name, text.encode(), 0o644)
        for command in sorted(set(commands) - {"busybox"}):
            entry = tarfile.TarInfo(f"bin/{command}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)


def _add(archive, name, data, mode):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))


if __name__ == "__main__":
    write_tar(sys.argv[1])
