# SPDX-License-Identifier: Apache-2.0
"""Says what an image archive holds, read without the program: archive_text.py ARCHIVE > NAME.expected"""
import hashlib
import json
import os
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build"))
import record_with_docker as golden  # noqa: E402


def described_images(tar):
    """Entries in the form of manifest.json; an OCI layout without that file has them in its index."""
    if "manifest.json" in tar.getnames():
        return json.load(tar.extractfile("manifest.json"))

    def member(descriptor):
        return "blobs/" + descriptor["digest"].replace(":", "/")

    out = []
    for entry in json.load(tar.extractfile("index.json"))["manifests"]:
        manifest = json.load(tar.extractfile(member(entry)))
        out.append({"Config": member(manifest["config"]), "Layers": [member(layer) for layer in manifest["layers"]],
                    "RepoTags": [entry["annotations"]["org.opencontainers.image.ref.name"]]})
    return out


def image_text(names, config, lines):
    parsed = json.loads(config)
    head = [f"image sha256:{hashlib.sha256(config).hexdigest()}"] + sorted(names)
    return (" ".join(head) + "\n" + "".join(f"layer {layer}\n" for layer in parsed["rootfs"]["diff_ids"]) +
            "".join(f"{path} {line}\n" for path, line in lines.items()) + golden.config_text(parsed["config"]))


def archive_text(archive):
    """Every image of the archive, in the order of the IDs: ID and names, diff IDs, files, configuration."""
    names, images = {}, {}
    with tarfile.open(archive) as tar:
        for manifest in described_images(tar):
            tags = [tag.removeprefix("docker.io/") for tag in manifest["RepoTags"] or []]
            names.setdefault(manifest["Config"], []).extend(tags)
            images[manifest["Config"]] = golden.read_saved(tar, manifest)
    return "\n".join(sorted(image_text(names[key], config, lines) for key, (lines, config) in images.items()))


if __name__ == "__main__":
    sys.stdout.buffer.write(archive_text(sys.argv[1]).encode("utf-8", "surrogateescape"))
