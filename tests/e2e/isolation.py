# SPDX-License-Identifier: Apache-2.0
"""Runs a test program in namespaces of its own, so that what it finds there is its own doing.

Nothing that the machine does meanwhile (another test, a cron job) shows up in a comparison of before
and after, and when the program ends, however it ends, the kernel ends all that it started."""

import os
import shutil
import subprocess
import sys
import tempfile

import installation

_INSIDE = "COMPOSE_E2E_INSIDE"
_SKIPPED = 77  # tests/e2e/CMakeLists.txt tells ctest


def enter(network="own"):
    """Returns inside; the process outside waits, cleans up and exits with the same status.

    network: "own" has a loopback interface and nothing else; "machine" is the machine's."""
    if os.environ.get(_INSIDE):
        return
    if os.geteuid() != 0:
        print("skipped: containers need root")
        sys.exit(_SKIPPED)
    private = tempfile.mkdtemp(prefix="compose-e2e-", dir="/var/tmp")
    try:
        sys.exit(subprocess.run(_command(private, network), env={**os.environ, _INSIDE: "1"}, check=False).returncode)
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _command(private, network):
    namespaces = ["--mount", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc"]
    setup = ["mount -t tmpfs -o mode=1777 shm /dev/shm"]
    if network == "own":
        namespaces.append("--net")
        setup.append("ip link set lo up")
    for folder in ("/tmp", "/var/tmp"):
        if not any(os.path.realpath(path).startswith(folder + "/") for path in (installation.SOURCE, installation.PROGRAM)):
            setup.append(f"mount --bind {private} {folder}")
            break  # The other stays as it is; the program's own files all go to the first.
    # The shell stays, as process 1: it takes in the orphans that die.
    script = " && ".join(setup) + ' && "$@"; exit $?'
    return ["unshare", *namespaces, "sh", "-c", script, "sh", sys.executable, *sys.argv]
