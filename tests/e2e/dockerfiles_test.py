# SPDX-License-Identifier: Apache-2.0
"""Builds each case of tests/golden/build/cases with the program itself, whose own launcher runs the steps, and
compares files and configuration with what the case expects. With COMPOSE_UPDATE_GOLDEN=1 the texts of the
cases that are built here only (engine_*, remote_*) are written anew; COMPOSE_GOLDEN_CASE=NAME builds that one."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import installation
from installation import Installation

GOLDEN = os.path.join(installation.SOURCE, "tests", "golden", "build")
sys.path.insert(0, GOLDEN)
import record_with_docker as golden  # noqa: E402


def build_of(options, context):
    """compose-spec: services.*.build, and the secrets it names, of a case's options."""
    build, secrets = {"context": context, "dockerfile": "../Dockerfile", "no_cache": True}, {}
    for key, value in options:
        kind, _, name = key.partition(".")
        if kind == "target":
            build["target"] = value
        elif kind == "arg":
            build.setdefault("args", {})[name] = value
        elif kind == "label":
            build.setdefault("labels", {})[name] = value
        elif kind == "context":
            place = value if "://" in value else os.path.normpath(os.path.join(context, value))
            build.setdefault("additional_contexts", {})[name] = place
        elif kind == "secret":
            build.setdefault("secrets", []).append(name)
            secrets[name] = {"file": f"./{name}.secret"}
            with open(os.path.join(context, "..", name + ".secret"), "w", encoding="utf-8") as file:
                file.write(value)
    return {"services": {"case": {"image": "case:1", "build": build}}, **({"secrets": secrets} if secrets else {})}


class Dockerfiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.here = Installation()
        cls.addClassCleanup(cls.here.close)
        cls.folder = tempfile.mkdtemp(dir=cls.here.folder)
        cls.here.check("image", "import", *golden.base_arguments(cls.folder))
        cls.base, cls.base_config = cls.read("base:1")

    @classmethod
    def read(cls, name):
        archive = os.path.join(cls.folder, "image.tar")
        cls.here.check("image", "save", "-o", archive, name)
        return golden.read_archive(archive)

    def build(self, name):
        """The text of what the case gives; None when it does not build."""
        setup, options, dockerfile = golden.read_case(os.path.join(golden.CASES, name + ".case"))
        folder = os.path.join(self.folder, "project")
        shutil.rmtree(folder, ignore_errors=True)
        context = os.path.join(folder, "context")
        for path in (context, os.path.join(folder, "other")):
            os.makedirs(path)
        subprocess.run(["sh", "-e", "-c", "umask 022\n" + setup], cwd=context, check=True)
        served = golden.serve(options, context)
        with open(os.path.join(folder, "Dockerfile"), "w", encoding="utf-8") as file:
            file.write(dockerfile)
        with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
            # A dollar would be the project file's own.
            file.write(json.dumps(build_of(options, context), indent=1).replace("$", "$$"))
        with served:
            done = self.here.run("build", cwd=folder)
        if done.code != 0:
            return f"error\n{done}"
        lines, config = self.read("case:1")
        labels = config["config"].get("Labels") or {}
        config["config"]["Labels"] = {key: labels[key] for key in labels if not key.startswith("com.docker.compose.")}
        return golden.image_text(lines, config, self.base, self.base_config) + golden.steps_text(name, config)

    def random_number(self, folder, text, arguments):
        """The digest of /x in the image that the Dockerfile `text` gives."""
        with open(os.path.join(folder, "Dockerfile"), "w", encoding="utf-8") as file:
            file.write(text)
        given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
        self.here.check("image", "build", "-q", "-t", "case:1", "-f", "Dockerfile", *given, "context", cwd=folder)
        return self.read("case:1")[0]["/x"]

    def test_reuse(self):
        if os.environ.get("COMPOSE_GOLDEN_CASE"):
            self.skipTest("one case is asked for")
        with open(os.path.join(GOLDEN, "reuse.json"), encoding="utf-8") as file:
            pairs = json.load(file)
        for pair in pairs:
            with self.subTest(pair["name"]):
                folder = tempfile.mkdtemp(dir=self.folder)
                context = os.path.join(folder, "context")
                os.mkdir(context)
                text, arguments = f"# {pair['name']}\n{pair['Dockerfile']}", pair.get("arguments", {})
                subprocess.run(["sh", "-ec", "umask 022\n" + pair.get("setup", "")], cwd=context, check=True)
                first = self.random_number(folder, text, arguments)
                subprocess.run(["sh", "-ec", "umask 022\n" + pair.get("change", "")], cwd=context, check=True)
                second = self.random_number(folder, pair.get("changed Dockerfile", text),
                                            pair.get("changed arguments", arguments))
                self.assertEqual(pair["expected"], "reused" if first == second else "made anew")

    def test_all_cases(self):
        only = os.environ.get("COMPOSE_GOLDEN_CASE")
        for name in sorted(name[:-5] for name in os.listdir(golden.CASES) if name.endswith(".case")):
            if name.startswith("error_") or only not in (None, name):
                continue
            with self.subTest(name):
                text, place = self.build(name), os.path.join(golden.CASES, name + ".expected")
                if os.environ.get("COMPOSE_UPDATE_GOLDEN") and name.startswith(("engine_", "remote_")):
                    with open(place, "w", encoding="utf-8", errors="surrogateescape") as file:
                        file.write(text)
                with open(place, encoding="utf-8", errors="surrogateescape") as file:
                    self.assertEqual(file.read(), text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
