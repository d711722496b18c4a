# SPDX-License-Identifier: Apache-2.0
"""Builds each project of tests/golden/build/projects, and compares the images with what the case expects.
COMPOSE_UPDATE_GOLDEN=1 writes the expected texts anew; COMPOSE_GOLDEN_CASE=NAME builds that one."""

import os
import sys
import tempfile
import unittest

import installation
from installation import Installation

sys.path.insert(0, os.path.join(installation.SOURCE, "tests", "golden", "build"))
import build_projects as projects  # noqa: E402
import record_with_docker as golden  # noqa: E402


class BuildProjects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.here = Installation()
        cls.addClassCleanup(cls.here.close)
        cls.folder = tempfile.mkdtemp(dir=cls.here.folder)
        cls.here.check("image", "import", *golden.base_arguments(cls.folder))
        cls.base = cls.read("base:1")

    @classmethod
    def read(cls, name):
        """Files and configuration of an image, None where it is not in the store."""
        if cls.here.run("image", "inspect", name).code != 0:
            return None
        archive = os.path.join(cls.folder, "image.tar")
        cls.here.check("image", "save", "-o", archive, name)
        return golden.read_archive(archive)

    def build(self, name):
        project, folder = projects.Project(name), os.path.join(self.folder, "project")
        for image in project.images + project.absent:
            self.here.run("image", "rm", "-f", image)
        project.write(folder)
        done = self.here.run("build", *project.flags, cwd=folder, env=project.environment)
        return project.text(done.code == 0, self.read, self.base), done

    def test_all_projects(self):
        only = os.environ.get("COMPOSE_GOLDEN_CASE")
        for name in projects.names():
            if only not in (None, name):
                continue
            with self.subTest(name):
                (text, done), place = self.build(name), os.path.join(projects.PROJECTS, name + ".expected")
                if os.environ.get("COMPOSE_UPDATE_GOLDEN"):
                    with open(place, "w", encoding="utf-8") as file:
                        file.write(text)
                with open(place, encoding="utf-8") as file:
                    self.assertEqual(file.read(), text, done)


if __name__ == "__main__":
    unittest.main(verbosity=2)
