#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says what a Docker builder makes of the examples: writes NAME.expected. Steps use this machine's network.

record_examples.py BASE_TAR DOCKER...

BASE_TAR is what scripts/base-images --tar makes, DOCKER the command that reaches a Docker client with buildx.
"""
import os
import subprocess
import sys
import tempfile

import example_text

EXAMPLES = os.path.join(example_text.HERE, "..", "..", "..", "examples")


def main():
    base, docker = sys.argv[1], sys.argv[2:]
    subprocess.run([*docker, "import", "-c", 'CMD ["bash"]', base, "debian:bookworm-slim"], check=True)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        archive = os.path.join(folder, "image.tar")
        for name, place in example_text.IMAGES.items():
            context = os.path.join(folder, name)
            subprocess.run(["cp", "-r", os.path.join(EXAMPLES, place), context], check=True)
            subprocess.run([*docker, "buildx", "build", "-q", "--load", "--provenance=false", "--network=host",
                            "-t", "example:" + name, context], check=True)
            subprocess.run([*docker, "save", "-o", archive, "example:" + name], check=True)
            with open(os.path.join(example_text.HERE, name + ".expected"), "w", encoding="utf-8") as file:
                file.write(example_text.example_text(archive))


if __name__ == "__main__":
    main()
