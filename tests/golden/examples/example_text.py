# SPDX-License-Identifier: Apache-2.0
"""Says what the Dockerfiles of examples/ give, apart from what packages install."""
import hashlib
import json
import os
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "build"))
import record_with_docker as golden  # noqa: E402

# Name of the expected text: folder of the Dockerfile, below examples/.
IMAGES = {"hello_hello": "hello", "guestbook_web": "guestbook/web", "guestbook_db": "guestbook/db",
          "guestbook_cache": "guestbook/cache", "mariadb-flask_db": "mariadb-flask/db",
          "mariadb-flask_web": "mariadb-flask/web", "web-postgres-redis_web": "web-postgres-redis"}


def describe(path, member, content):
    owner = f"{member.mode & 0o7777:04o} {member.uid}:{member.gid}"
    if member.isdir():
        return f"{path} d {owner}\n"
    if b"\0" in content:  # A program out of a package, another one after each update of it.
        return f"{path} f {owner} program\n"
    return f"{path} f {owner} {len(content)} {hashlib.sha256(content).hexdigest()[:8]}\n"


def example_text(archive):
    """What the layers of COPY, ADD and WORKDIR of a saved image hold, and its configuration."""
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))[0]
        config = json.load(tar.extractfile(manifest["Config"]))
        steps = [step.get("created_by", "") for step in config["history"] if not step.get("empty_layer")]
        root = {}
        for layer, step in zip(manifest["Layers"], steps, strict=True):
            if step.startswith(("COPY", "ADD", "WORKDIR")):
                with tarfile.open(fileobj=tar.extractfile(layer)) as inner:
                    golden.apply_layer(root, inner)
    # What the program makes of a Compose project has labels that say so.
    labels = config["config"].get("Labels") or {}
    config["config"]["Labels"] = {key: labels[key] for key in labels if not key.startswith("com.docker.compose.")}
    return (f"layers: {len(steps)}, history: {len(config['history'])}\n" +
            "".join(describe(path, *root[path]) for path in sorted(root)) + golden.config_text(config["config"]))


def read_expected(name):
    with open(os.path.join(HERE, name + ".expected"), encoding="utf-8") as file:
        return file.read()
