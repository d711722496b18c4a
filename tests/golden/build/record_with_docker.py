#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says what a Docker builder makes of each case: writes cases/NAME.docker beside cases/NAME.expected.

record_with_docker.py DOCKER... [-- NAME...]

DOCKER is the command that reaches a Docker client with buildx, for example: docker. Files and configuration are
written in the form the golden test uses; where the two differ, tests/golden/build/README.md says why.
"""
import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

from served_files import ServedFiles

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
BASE_SCRIPT = os.path.join(HERE, "..", "..", "support", "base_root.sh")


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def list_text(items):
    return "[" + ", ".join(quoted(item) for item in items) + "]"


def read_case(path):
    sections, name = {"setup": "", "options": "", "Dockerfile": ""}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("### "):
                name = line[4:].strip()
            elif name:
                sections[name] += line
    options = [line.split("=", 1) for line in sections["options"].splitlines() if line]
    return sections["setup"], options, sections["Dockerfile"]


def apply_layer(root, layer):
    for member in layer:
        path = os.path.normpath("/" + member.name)
        if path == "/":
            continue
        folder, name = os.path.split(path)
        if name == ".wh..wh..opq":
            for old in [p for p in root if p.startswith(folder.rstrip("/") + "/")]:
                del root[old]
        elif name.startswith(".wh."):
            gone = os.path.join(folder, name[4:])
            for old in [p for p in root if p == gone or p.startswith(gone + "/")]:
                del root[old]
        else:
            if not member.isdir():
                for old in [p for p in root if p.startswith(path + "/")]:
                    del root[old]
            content = layer.extractfile(member).read() if member.isreg() else b""
            link = os.path.normpath("/" + member.linkname) if member.islnk() else None
            root[path] = root[link] if link in root else (member, content)


def attributes(member):
    """The extended attributes of a file or folder, values in hexadecimal."""
    prefix = "SCHILY.xattr."
    found = {name[len(prefix):]: value for name, value in member.pax_headers.items() if name.startswith(prefix)}
    values = "".join(f" {name}={found[name].encode('utf-8', 'surrogateescape').hex()}" for name in sorted(found))
    return old_time(member) + values


def old_time(member):
    """A time that a case sets is before 2017; others are when the files were made."""
    return f" @{int(member.mtime)}" if member.mtime < 1_500_000_000 else ""


def list_root(root):
    lines, names = {}, {}
    for path in sorted(root):
        if path in ("/dev", "/proc", "/sys"):  # mount points of RUN, which stay there and not here
            continue
        member, content = root[path]
        meta = f"{member.mode & 0o7777:04o} {member.uid}:{member.gid}"
        key = id(member)
        if member.isdir():
            lines[path] = "d " + meta + attributes(member)
        elif member.issym():
            lines[path] = f"l {member.uid}:{member.gid} -> {member.linkname}{old_time(member)}"
        elif member.isfifo():
            lines[path] = f"n {stat.S_IFIFO | member.mode & 0o7777:o} 0{old_time(member)}"
        elif member.isdev():
            kind = stat.S_IFCHR if member.ischr() else stat.S_IFBLK
            lines[path] = f"n {kind | member.mode & 0o7777:o} {os.makedev(member.devmajor, member.devminor)}{old_time(member)}"
        elif key in names:
            lines[path] = "h " + names[key]
        else:
            names[key] = path
            lines[path] = f"f {meta} {len(content)} {hashlib.sha256(content).hexdigest()[:8]}{attributes(member)}"
    return lines


def go_duration(nanoseconds):
    out, seconds = "", nanoseconds / 1e9
    if 0 < seconds < 1:
        return f"{nanoseconds / 1e6:g}ms"
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size or out:
            out += f"{int(seconds // size)}{unit}"
            seconds %= size
    return out + f"{seconds:g}s"


def config_text(config):
    out = []
    for key, name in (("User", "user"), ("WorkingDir", "working_dir")):
        if config.get(key):
            out.append(f"{name}: {config[key]}")
    out += ["env: " + entry for entry in config.get("Env") or []]
    if config.get("Entrypoint") is not None:
        out.append("entrypoint: " + list_text(config["Entrypoint"]))
    if config.get("Cmd") is not None:
        out.append("cmd: " + list_text(config["Cmd"]))
    for key, name in (("ExposedPorts", "ports"), ("Volumes", "volumes")):
        if config.get(key):
            out.append(f"{name}: " + list_text(sorted(config[key])))
    if config.get("Shell"):
        out.append("shell: " + list_text(config["Shell"]))
    if config.get("StopSignal"):
        out.append("stop_signal: " + config["StopSignal"])
    if config.get("OnBuild"):
        out.append("on_build: " + list_text(config["OnBuild"]))
    out += [f"label: {name}={value}" for name, value in sorted((config.get("Labels") or {}).items())]
    if config.get("Healthcheck"):
        check = config["Healthcheck"]
        times = " ".join(f"{name}={go_duration(check.get(key, 0))}" for key, name in (
            ("Interval", "interval"), ("Timeout", "timeout"), ("StartPeriod", "start_period"),
            ("StartInterval", "start_interval")))
        out.append(f"health: {list_text(check['Test'])} {times} retries={check.get('Retries', 0)}")
    return "".join(line + "\n" for line in out)


def read_image(docker, name, folder):
    archive = os.path.join(folder, "image.tar")
    if subprocess.run(docker + ["save", "-o", archive, name], check=False).returncode != 0:
        config = json.loads(subprocess.run(docker + ["image", "inspect", name], check=True, capture_output=True).stdout)[0]
        steps = subprocess.run(docker + ["history", "-q", name], check=True, capture_output=True, text=True).stdout
        return {}, {"config": config["Config"], "rootfs": {}, "history": steps.splitlines()}
    return read_archive(archive)


def read_saved(tar, manifest):
    """Files by path and the bytes of the configuration of an image that the archive's manifest.json describes."""
    root = {}
    for layer in manifest["Layers"]:
        with tarfile.open(fileobj=tar.extractfile(layer)) as inner:
            apply_layer(root, inner)
    return list_root(root), tar.extractfile(manifest["Config"]).read()


def read_archive(archive):
    """Files by path and the configuration of a saved image; the archive is removed."""
    with tarfile.open(archive) as tar:
        lines, config = read_saved(tar, json.load(tar.extractfile("manifest.json"))[0])
    os.unlink(archive)
    return lines, json.loads(config)


def base_arguments(folder):
    """The root of base:1 as a file in `folder`, and what `import` is given to make that image of it."""
    root, archive = os.path.join(folder, "base"), os.path.join(folder, "base.tar")
    subprocess.run(["sh", BASE_SCRIPT, root], check=True)
    subprocess.run(["tar", "--numeric-owner", "-C", root, "-cf", archive, "."], check=True)
    return ["--change", "ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin", "--change", 'CMD ["sh"]', archive, "base:1"]


def import_base(docker, folder):
    subprocess.run(docker + ["import"] + base_arguments(folder), check=True, stdout=subprocess.DEVNULL)


def serve(options, context):
    """A case's folder on a web server, with its address as one more argument; nothing to do without."""
    folder = dict((key, value) for key, value in options).get("serve")
    if not folder:
        return contextlib.nullcontext()
    served = ServedFiles(os.path.normpath(os.path.join(context, folder)))
    options.append(["arg.SERVER", served.address])
    return served


def record(docker, name, folder, base, base_config):
    setup, options, dockerfile = read_case(os.path.join(CASES, name + ".case"))
    context = os.path.join(folder, "context")
    for path in (context, os.path.join(folder, "other")):
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
    shutil.rmtree(os.path.join(folder, "served"), ignore_errors=True)
    subprocess.run(["sh", "-e", "-c", "umask 022\n" + setup], cwd=context, check=True)
    served = serve(options, context)
    arguments = []
    for key, value in options:
        kind, _, rest = key.partition(".")
        if kind == "target":
            arguments += ["--target", value]
        elif kind == "arg":
            arguments += ["--build-arg", f"{rest}={value}"]
        elif kind == "label":
            arguments += ["--label", f"{rest}={value}"]
        elif kind == "context":
            place = value if "://" in value else os.path.normpath(os.path.join(context, value))
            arguments += ["--build-context", f"{rest}={place}"]
        elif kind == "secret":
            secret = os.path.join(folder, rest + ".secret")
            with open(secret, "w", encoding="utf-8") as file:
                file.write(value)
            arguments += ["--secret", f"id={rest},src={secret}"]
    path = os.path.join(folder, "Dockerfile")
    with open(path, "w", encoding="utf-8") as file:
        file.write(dockerfile)
    with served:
        done = subprocess.run(docker + ["buildx", "build", "--load", "--provenance=false", "--no-cache", "-q", "-t", "case:1",
                                        "-f", path] + arguments + [context], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return "error\n" + done.stderr
    lines, config = read_image(docker, "case:1", folder)
    return image_text(lines, config, base, base_config) + steps_text(name, config)


def steps_text(name, config):
    """For the case that is about the history: its entries, in brackets those without a layer."""
    if name != "engine_history":
        return ""
    steps = [(step.get("created_by", "").removesuffix(" # buildkit"), step.get("empty_layer")) for step in config["history"]]
    return "".join(f"step: [{text}]\n" if empty else f"step: {text}\n" for text, empty in steps[1:])


def without_folder_time(line):
    """Whoever makes something in a folder may change its time."""
    return re.sub(r" @\d+", "", line) if line.startswith("d ") else line


def image_text(lines, config, base, base_config):
    """What an image adds to the base image, in the form of cases/NAME.expected."""
    on_base = config["rootfs"].get("diff_ids", [None])[:1] == base_config["rootfs"]["diff_ids"][:1]
    old = base if on_base else {}
    out = "".join(f"{path} {line}\n" for path, line in lines.items()
                  if without_folder_time(old.get(path, "")) != without_folder_time(line))
    out += "".join(f"- {path}\n" for path in sorted(old) if path not in lines)
    layers = len(config["rootfs"].get("diff_ids") or [])
    steps = len(config.get("history") or [])
    return f"layers: {layers}, history: {steps}\n{out}{config_text(config['config'])}"


def main():
    arguments = sys.argv[1:]
    names = []
    if "--" in arguments:
        names = arguments[arguments.index("--") + 1:]
        arguments = arguments[:arguments.index("--")]
    names = names or sorted(name[:-5] for name in os.listdir(CASES) if name.endswith(".case"))
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chdir(folder)
        import_base(arguments, folder)
        base, base_config = read_image(arguments, "base:1", folder)
        for name in names:
            with open(os.path.join(CASES, name + ".docker"), "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(record(arguments, name, folder, base, base_config))
            print(name, flush=True)


if __name__ == "__main__":
    main()
