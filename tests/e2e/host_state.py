# SPDX-License-Identifier: Apache-2.0
"""What the kernel and the folders for temporary things hold, to compare before and after."""

import os
import re
import subprocess


def _lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def _processes():
    """Processes but this one and its parents, as "name (command line)"; kernel threads do not count."""
    own, pid = set(), os.getpid()
    while pid > 0:
        own.add(pid)
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            pid = int(file.read().rsplit(")", 1)[1].split()[1])
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline", encoding="utf-8", errors="replace") as file:
                words = file.read().replace("\0", " ").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(entry) not in own and words:
            yield f"{entry} {words}"


def _cgroups():
    for place, folders, _ in os.walk("/sys/fs/cgroup"):
        for name in folders:
            yield os.path.join(place, name)


def snapshot(own):
    """{kind of thing: set of its things}; of control groups those of the installation `own` alone, as no
    namespace hides the others."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = {line.split(" ", 5)[4] for line in file}
    rules = [re.sub(r"counter packets \d+ bytes \d+", "counter", line) for line in _lines("nft", "list", "ruleset")]
    return {
        "processes": set(_processes()),
        "mounts": mounts,
        "links": {line.split(":")[1].strip() for line in _lines("ip", "-o", "link")},
        "addresses": {line.split(maxsplit=1)[1] for line in _lines("ip", "-o", "addr")},
        "routes": set(_lines("ip", "route", "show", "table", "all")),
        "network namespaces": {line.split()[0] for line in _lines("lsns", "-n", "-t", "net", "-o", "NS")},
        "nftables": {f"{number} {line}" for number, line in enumerate(rules)},
        "cgroups": {path for path in _cgroups() if own.name in path},
        "temporary files": {os.path.join(place, name) for place in ("/tmp", "/dev/shm") for name in os.listdir(place)} |
                           {os.path.join("/run", name) for name in os.listdir("/run") if "compose" in name},
        "listening sockets": {" ".join(line.split()[:5]) for line in _lines("ss", "-Hlntux")},
    }


def left_over(before, after, during=None):
    """Lines "kind: thing" of what is there after and was not before, or the other way round.

    With `during`, only what was there then: where the machine's other things come and go, too."""
    return [f"{kind}: {sign} {thing}" for kind in before
            for sign, things in (("new", after[kind] - before[kind]), ("gone", before[kind] - after[kind]))
            for thing in sorted(things) if during is None or (sign == "new" and thing in during[kind])]
