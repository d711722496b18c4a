#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Projects whose services are built: reads projects/NAME.case, and says what a `build` of one made.

build_projects.py DOCKER... [-- NAME...] writes what a Docker client with compose and buildx makes of them as
projects/NAME.docker, to be compared with projects/NAME.expected by hand.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import record_with_docker as golden

PROJECTS = os.path.join(golden.HERE, "projects")


class Project:
    """A case: files by path, and the options `env.NAME=`, `flag=`, `images=` (that must be there), `absent=`."""

    def __init__(self, name):
        self.files, self.environment, self.flags, self.images, self.absent = {}, {}, [], [], []
        place = None
        with open(os.path.join(PROJECTS, name + ".case"), encoding="utf-8") as file:
            for line in file:
                if line.startswith("### "):
                    place = line[4:].strip()
                elif place == "options":
                    self.add_option(*line.rstrip("\n").split("=", 1))
                elif place:
                    self.files[place] = self.files.get(place, "") + line

    def add_option(self, key, value):
        if key.startswith("env."):
            self.environment[key[4:]] = value
        elif key == "flag":
            self.flags.append(value)
        elif key == "images":
            self.images += value.split()
        elif key == "absent":
            self.absent += value.split()

    def write(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in self.files.items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8") as file:
                file.write(text)

    def text(self, built, read, base):
        """What came of it. `read` gives an image's files and configuration, or None where there is none."""
        if not built:
            return "fails\n"
        out = "builds\n"
        for name in self.images + self.absent:
            image = read(name)
            out += f"--- {name}\n" + (image_text(*image, *base) if image else "none\n")
        return out


def image_text(lines, config, base, base_config):
    labels = config["config"].get("Labels") or {}
    if "com.docker.compose.version" in labels:
        labels["com.docker.compose.version"] = "..."
    return golden.image_text(lines, config, base, base_config)


def names():
    return sorted(name[:-5] for name in os.listdir(PROJECTS) if name.endswith(".case"))


def record(docker, name, folder, base):
    project = Project(name)
    for image in project.images + project.absent:
        subprocess.run(docker + ["image", "rm", "-f", image], check=False, capture_output=True)
    project.write(os.path.join(folder, "project"))
    done = subprocess.run(docker + ["compose", "build"] + project.flags, cwd=os.path.join(folder, "project"), check=False,
                          env={**os.environ, **project.environment}, capture_output=True, text=True)

    def read(image):
        found = subprocess.run(docker + ["image", "inspect", image], check=False, capture_output=True)
        return golden.read_image(docker, image, folder) if found.returncode == 0 else None
    return project.text(done.returncode == 0, read, base) + (done.stderr if done.returncode != 0 else "")


def main():
    arguments, wanted = sys.argv[1:], []
    if "--" in arguments:
        wanted = arguments[arguments.index("--") + 1:]
        arguments = arguments[:arguments.index("--")]
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        golden.import_base(arguments, folder)
        base = golden.read_image(arguments, "base:1", folder)
        for name in wanted or names():
            with open(os.path.join(PROJECTS, name + ".docker"), "w", encoding="utf-8") as file:
                file.write(record(arguments, name, folder, base))
            print(name, flush=True)


if __name__ == "__main__":
    main()
