#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the program and, side by side, another one with the same command line, and Docker's own builder.

Every figure is the median over the runs, in seconds of wall clock unless its name says otherwise.
The images are one static program, made here, and no network outside is used."""

import argparse
import json
import mmap
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import busybox_image  # noqa: E402

IMAGE = "busybox:bench"
LOG_BYTES = 300 * 1000 * 1000
FILES, FILE_BYTES = 5000, 40 * 1000

# What docs/architecture.md promises, by figure.
GOALS = {
    "up -d, 50 services": 0.2, "down, 50 services": 0.15, "up -d, nothing to do, 50 services": 0.008,
    "run --rm true": 0.012, "exec true": 0.004, "config, 1 service": 0.004, "config, 1000 services": 0.15,
    "config, 10000 services": 1.5, "config, 1000 services (MB, peak)": 60.0,
    "image build 5000 files, first": 0.8, "image build 5000 files, again": 0.02,
    "image build 5000 files, one changed": 0.05,
    "build 5000 files, first": 0.8, "build 5000 files, again": 0.02, "build 5000 files, one changed": 0.05,
    "log 300 MB, written": 0.6, "log 300 MB, read": 0.6, "memory per container (MB, PSS)": 1.0,
    "pull 600 MB, one layer: times the floor": 1.3, "pull 600 MB, eight layers: times the floor": 1.3,
}


class Program:
    """A command line to measure, with its own environment."""

    def __init__(self, name, command, environment, import_command):
        self.name, self.command, self.environment, self.import_command = name, command, environment, import_command

    def call(self, *arguments, cwd, stdout=subprocess.DEVNULL):
        """Seconds that one command took; it must succeed."""
        started = time.perf_counter()
        done = subprocess.run([*self.command, *arguments], cwd=cwd, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=stdout, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
        taken = time.perf_counter() - started
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(arguments)}: exit {done.returncode}: {done.stderr[-2000:]}")
        return taken

    def peak_memory(self, *arguments, cwd):
        """Megabytes that one command held at most."""
        child = subprocess.Popen([*self.command, *arguments], cwd=cwd, env=self.environment,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(arguments)}: exit {child.returncode}")
        return usage.ru_maxrss / 1024

    def import_image(self, tar):
        command = [word.format(name=IMAGE, tar=tar) for word in self.import_command]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)


class Figures:
    """Seconds (or megabytes) by the name of what was measured."""

    def __init__(self):
        self.values = {}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self.values[name]) if name in self.values else None


def write_project(folder, services, lines_each=0):
    """A compose.yaml of that many services; `lines_each` makes each of them about so long."""
    os.makedirs(folder, exist_ok=True)
    text = ["services:"]
    for number in range(services):
        text += [f"  s{number}:", f"    image: {IMAGE}", "    command: sleep 86400", "    stop_signal: SIGKILL"]
        if lines_each:
            text += ["    environment:"] + [f"      KEY_{key}: value {key} of {number}" for key in range(lines_each - 15)]
            text += ["    labels:", f"      number: \"{number}\"", "    ports:", f"      - \"{10000 + number}:80\"",
                     "    healthcheck:", "      test: [\"CMD\", \"true\"]", "      interval: 5s",
                     "    volumes:", "      - ./data:/data:ro"]
    with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write("\n".join(text) + "\n")
    return folder


def memory_of(pids):
    """Megabytes that the processes hold together; pages they share count once (PSS)."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total / 1024


def processes_outside_containers():
    """Processes that live in this process's own pid namespace."""
    found = set()
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/status", encoding="utf-8") as file:
                namespaces = next(line.split()[1:] for line in file if line.startswith("NSpid:"))
        except (OSError, StopIteration):
            continue
        if len(namespaces) == 1:
            found.add(entry)
    return found


def measure_services(program, scratch, runs, figures):
    for count in (1, 10, 50):
        folder = write_project(os.path.join(scratch, f"many{count}"), count)
        label = "1 service" if count == 1 else f"{count} services"
        for _ in range(runs):
            before = processes_outside_containers()
            figures.add(f"up -d, {label}", program.call("up", "-d", cwd=folder))
            figures.add(f"up -d, nothing to do, {label}", program.call("up", "-d", cwd=folder))
            if count == 50:
                figures.add("memory per container (MB, PSS)",
                            memory_of(processes_outside_containers() - before) / count)
            figures.add(f"down, {label}", program.call("down", cwd=folder))


def measure_config(program, scratch, runs, figures):
    for count in (1, 1000, 10000):
        folder = write_project(os.path.join(scratch, f"config{count}"), count, lines_each=35)
        label = "config, 1 service" if count == 1 else f"config, {count} services"
        for _ in range(runs):
            figures.add(label, program.call("config", cwd=folder))
        if count > 1:
            figures.add(f"{label} (MB, peak)", program.peak_memory("config", cwd=folder))


def measure_single_processes(program, scratch, runs, figures):
    folder = write_project(os.path.join(scratch, "single"), 1)
    program.call("up", "-d", cwd=folder)
    for _ in range(runs * 2):
        figures.add("exec true", program.call("exec", "-T", "s0", "true", cwd=folder))
        figures.add("run --rm true", program.call("run", "--rm", "-T", "s0", "true", cwd=folder))
    program.call("down", cwd=folder)


def measure_log(program, scratch, runs, figures):
    folder = os.path.join(scratch, "log")
    os.makedirs(os.path.join(folder, "done"))
    # a program that makes the lines itself would be measured with them
    line = b"the quick brown fox jumps over the lazy dog " * 2 + b"\n"
    with open(os.path.join(folder, "done", "lines"), "wb") as file:
        file.write(line * (LOG_BYTES // len(line)))
    with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write(f"services:\n  s0:\n    image: {IMAGE}\n    volumes: [\"./done:/done\"]\n    stop_signal: SIGKILL\n"
                   "    command: [sh, -c, 'cat /done/lines; touch /done/yes; sleep 86400']\n")
    mark = os.path.join(folder, "done", "yes")
    for _ in range(max(1, runs // 2)):
        started = time.perf_counter()
        program.call("up", "-d", cwd=folder)
        while not os.path.exists(mark):
            time.sleep(0.005)
        figures.add("log 300 MB, written", time.perf_counter() - started)
        figures.add("log 300 MB, read", program.call("logs", cwd=folder))
        program.call("down", cwd=folder)
        os.remove(mark)


def write_context(context):
    """5,000 files and a Dockerfile that copies them; another ROUND is another build."""
    for number in range(FILES):
        place = os.path.join(context, f"{number % 50}")
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, f"file{number}"), "wb") as file:
            file.write(os.urandom(FILE_BYTES))
    with open(os.path.join(context, "Dockerfile"), "w", encoding="utf-8") as file:
        file.write(f"FROM {IMAGE}\nARG ROUND\nRUN echo $ROUND > /round\nCOPY . /app\n")


def touch_memory():
    """A virtual machine may have given its free memory back: what a build writes should not wait for that."""
    with mmap.mmap(-1, 3 * FILES * FILE_BYTES) as memory:
        memory.write(b"x" * len(memory))


def change_file(context):
    with open(os.path.join(context, "7", "file7"), "wb") as file:
        file.write(os.urandom(FILE_BYTES))


def measure_build(program, scratch, runs, figures):
    folder = os.path.join(scratch, "build")
    context = os.path.join(folder, "context")
    os.makedirs(folder)
    with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write("services:\n  s0:\n    build:\n      context: ./context\n      args: {ROUND: \"${ROUND}\"}\n")
    for number in range(max(1, runs // 2)):
        # Nothing of an earlier round may be found again: neither steps nor files.
        program.environment["ROUND"] = f"{number} {time.time()}"
        write_context(context)
        touch_memory()
        figures.add("build 5000 files, first", program.call("build", cwd=folder))
        figures.add("build 5000 files, again", program.call("build", cwd=folder))
        change_file(context)
        figures.add("build 5000 files, one changed", program.call("build", cwd=folder))


def compare_builders(builders, runs):
    """Figures of each builder. They build the same files by turns, so that a busy machine is busy for both."""
    figures = [Figures() for _ in builders]
    scratch = tempfile.mkdtemp(prefix="compose-bench-")

    def build_by_turns(name, turn):
        for builder, taken in zip(builders, figures):
            taken.add(f"image build 5000 files, {name}",
                      builder.call("-q", "-t", "bench:builders", "--build-arg", f"ROUND={turn}", ".", cwd=context))

    try:
        tar, context = os.path.join(scratch, "busybox.tar"), os.path.join(scratch, "context")
        busybox_image.write_tar(tar)
        for builder in builders:
            builder.import_image(tar)
        for number in range(runs):
            turn = f"{number} {time.time()}"
            write_context(context)
            touch_memory()
            build_by_turns("first", turn)
            build_by_turns("again", turn)
            change_file(context)
            build_by_turns("one changed", turn)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return figures


def measure_pull(program, scratch, runs, figures):
    """An image of 600 MB from a registry on loopback, beside the floors of the same run: see pull_bench.cpp.
    The floor is the larger of inflating and writing, each on one thread; the lowest figures count, of either."""
    if program.name != "compose":
        return
    subprocess.run([os.path.join(SOURCE, "scripts", "build"), "release", "bench_pull"], check=True,
                   stdout=subprocess.DEVNULL)
    tool = os.path.join(SOURCE, "build", "release", "bench_pull")
    done = subprocess.run([tool, os.path.join(scratch, "pull"), str(max(2, runs // 2))], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"bench_pull: exit {done.returncode}: {done.stderr[-2000:]}")
    taken = {}
    for line in done.stdout.split("lowest:")[0].splitlines():
        seconds, _, name = line.split(maxsplit=2)
        taken.setdefault(name, []).append(float(seconds))
    for name, values in taken.items():
        for seconds in values:
            figures.add(f"pull 600 MB, {name}", seconds)
    for kind in ("one layer", "eight layers"):
        lowest = {part: min(taken[f"{kind}, {part}"])
                  for part in ("inflate on one thread", "write on one thread", "pull")}
        pull = lowest.pop("pull")
        figures.add(f"pull 600 MB, {kind}: times the floor", pull / max(lowest.values()))


MEASURES = {"services": measure_services, "config": measure_config, "single": measure_single_processes,
            "log": measure_log, "build": measure_build, "pull": measure_pull}


def measure(program, parts, runs):
    figures = Figures()
    scratch = tempfile.mkdtemp(prefix="compose-bench-")
    try:
        tar = os.path.join(scratch, "busybox.tar")
        busybox_image.write_tar(tar)
        program.import_image(tar)
        for part in parts:
            print(f"{program.name}: {part}", file=sys.stderr)
            try:
                MEASURES[part](program, scratch, runs, figures)
            except RuntimeError as error:  # One part that fails does not hide the others.
                print(f"bench: {error}", file=sys.stderr)
    finally:
        for folder in sorted(os.listdir(scratch)):
            if os.path.exists(os.path.join(scratch, folder, "compose.yaml")):
                subprocess.run([*program.command, "down", "-v", "-t", "0"], cwd=os.path.join(scratch, folder),
                               env={**program.environment, "ROUND": ""}, capture_output=True, check=False)
        shutil.rmtree(scratch, ignore_errors=True)
    return figures


def answers(*questions):
    """Whether all of these commands succeed."""
    try:
        return all(subprocess.run(question, capture_output=True, timeout=20, check=False).returncode == 0
                   for question in questions)
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_peer(options):
    """The program to compare with: named by --peer, else `docker compose` when its engine answers."""
    environment = dict(os.environ)
    if options.peer:
        if not options.peer_import:
            raise SystemExit("bench: --peer needs --peer-import")
        return Program("peer", shlex.split(options.peer), environment, shlex.split(options.peer_import))
    docker = shlex.split(options.docker)
    if not answers([*docker, "compose", "version"], [*docker, "version", "--format", "{{.Server.Version}}"]):
        return None
    return Program("docker compose", [*docker, "compose"], environment, [*docker, "import", "{tar}", "{name}"])


def find_builder(options):
    """Docker's builder, when its engine answers."""
    docker = shlex.split(options.docker)
    if not answers([*docker, "buildx", "version"], [*docker, "version", "--format", "{{.Server.Version}}"]):
        return None
    return Program("docker buildx", [*docker, "buildx", "build", "--load"], dict(os.environ),
                   [*docker, "import", "{tar}", "{name}"])


def text_of(value):
    return "" if value is None else f"{value:.4f}" if value < 1 else f"{value:.2f}"


def print_table(ours, peer, peer_name):
    columns = "{:<52} {:>9} {:>9} {:>9} {:>9} {:>4} {:>16} {:>7}"
    print(columns.format("work", "compose", "lowest", "highest", "goal", "met", peer_name if peer else "",
                         "ratio" if peer else "").rstrip())
    for name, values in ours.values.items():
        other = peer.median(name) if peer else None
        mine, goal = ours.median(name), GOALS.get(name)
        met = "" if goal is None else "yes" if mine <= goal else "no"
        print(columns.format(name, text_of(mine), text_of(min(values)), text_of(max(values)), text_of(goal), met,
                             text_of(other), f"{other / mine:.1f}" if other and mine else "").rstrip())
    goals = [name for name in ours.values if name in GOALS]
    print(f"{sum(ours.median(name) <= GOALS[name] for name in goals)} of {len(goals)} goals met")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="how often each thing is measured (default 5)")
    parts = [*MEASURES, "builders"]
    parser.add_argument("--only", default=",".join(parts), help="parts, with commas: " + ", ".join(parts))
    parser.add_argument("--docker", default=os.environ.get("DOCKER", "docker"),
                        help="the Docker client whose compose and buildx are compared with (default $DOCKER, or docker)")
    parser.add_argument("--peer", help="the command to compare with, such as 'docker compose'")
    parser.add_argument("--peer-import", help="how it imports a root file system, with {name} and {tar}, "
                                              "such as 'docker import {tar} {name}'")
    parser.add_argument("--no-peer", action="store_true", help="measure this program alone")
    parser.add_argument("--json", metavar="FILE", help="also write every single number there ('-' for standard output)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("bench: containers need root")

    program = os.environ.get("COMPOSE", os.path.join(SOURCE, "build", "release", "compose"))
    parts = [part for part in options.only.split(",") if part != "builders"]
    peer_program = None if options.no_peer else find_peer(options)
    builder = find_builder(options) if "builders" in options.only.split(",") and not options.no_peer else None
    tables = []
    state = tempfile.mkdtemp(prefix="compose-bench-state-")
    environment = dict(os.environ, COMPOSE_DATA_ROOT=os.path.join(state, "data"), COMPOSE_RUN_ROOT=os.path.join(state, "run"))
    import_command = [program, "image", "import", "{tar}", "{name}"]
    try:
        if parts:
            ours = measure(Program("compose", [program], environment, import_command), parts, options.runs)
            peer = measure(peer_program, parts, options.runs) if peer_program else None
            tables.append((ours, peer, peer_program.name if peer_program else ""))
        if builder:
            own = Program("compose", [program, "image", "build"], environment, import_command)
            tables.append((*compare_builders([own, builder], options.runs), builder.name))
    finally:
        shutil.rmtree(state, ignore_errors=True)
    if options.json != "-":
        for table in tables:
            print_table(*table)
    if options.json:
        everything = {}
        for ours, peer, peer_name in tables:
            everything.setdefault("compose", {}).update(ours.values)
            if peer:
                everything[peer_name] = peer.values
        text = json.dumps(everything, indent=1) + "\n"
        if options.json == "-":
            sys.stdout.write(text)
        else:
            with open(options.json, "w", encoding="utf-8") as file:
                file.write(text)


if __name__ == "__main__":
    main()
