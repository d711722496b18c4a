# SPDX-License-Identifier: Apache-2.0
"""Loads the archives of other engines in tests/golden/archives and compares what is there then, and what is saved
again, with what the archives hold."""

import json
import os
import sys
import unittest

import installation
from installation import Installation

GOLDEN = os.path.join(installation.SOURCE, "tests", "golden", "archives")
sys.path.insert(0, GOLDEN)
import archive_text as golden  # noqa: E402


def read_expected(archive):
    with open(archive.removesuffix(".tar.gz") + ".expected", encoding="utf-8") as file:
        return file.read()


class Archives(unittest.TestCase):
    maxDiff = None

    def check_inspect(self, here, expected):
        """Compares what `image inspect` shows with the image that `expected` describes."""
        lines = expected.splitlines()
        image = json.loads(here.check("image", "inspect", lines[0].split()[1]).stdout)[0]
        shown = [" ".join(["image", image["Id"], *image["RepoTags"]])]
        shown += ["layer " + layer for layer in image["RootFS"]["Layers"]]
        self.assertEqual([line for line in lines if not line.startswith("/")],
                         shown + golden.golden.config_text(image["Config"]).splitlines())

    def check_archive(self, archive):
        expected = read_expected(archive)
        with Installation() as here, Installation() as other:
            images = [text.splitlines()[0].split()[1:] for text in expected.split("\n\n")]
            loaded = here.check("image", "load", "-i", archive).stdout.splitlines()
            names = [name for image in images for name in image[1:] or image]
            told = [f"Loaded image{' ID' if name.startswith('sha256:') else ''}: {name}" for name in names]
            self.assertEqual(sorted(told), sorted(loaded))
            for text in expected.split("\n\n"):
                self.check_inspect(here, text)

            saved = os.path.join(here.folder, "saved.tar")
            here.check("image", "save", "-o", saved, *names)
            self.assertEqual(expected, golden.archive_text(saved))
            again = other.check("image", "load", "-i", saved).stdout.splitlines()
            self.assertEqual(sorted(loaded), sorted(again))
            self.assertEqual(sorted({image[0] for image in images}),
                             sorted(set(other.check("image", "ls", "-q", "--no-trunc").stdout.split())))

    def test_archives(self):
        archives = sorted(name for name in os.listdir(GOLDEN) if name.endswith(".tar.gz"))
        self.assertEqual(6, len(archives))
        for name in archives:
            with self.subTest(name):
                self.check_archive(os.path.join(GOLDEN, name))


if __name__ == "__main__":
    unittest.main(verbosity=2)
