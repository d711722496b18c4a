# SPDX-License-Identifier: Apache-2.0
"""Bad input, each a folder of errors/: the whole message and the exit status of one command.

`command` holds the arguments, `expected` what must come. With UPDATE=1 in the environment the
expectations are written anew: read the difference before you keep it."""

import os
import re
import shlex
import socket
import unittest

import isolation
from installation import Installation

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "errors")


class Errors(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.here = Installation()
        cls.addClassCleanup(cls.here.close)
        cls.here.import_busybox()

    def run_case(self, name):
        with open(os.path.join(CASES, name, "command"), encoding="utf-8") as file:
            arguments = shlex.split(file.read())
        folder = self.here.copy_project(os.path.join(CASES, name))
        self.addCleanup(self.here.run, "down", "-v", "-t", "0", cwd=folder)
        for file in ("command", "expected"):
            if os.path.exists(os.path.join(folder, file)):
                os.remove(os.path.join(folder, file))
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = str(listener.getsockname()[1])
            finished = self.here.run(*arguments, cwd=folder, env={"PORT": port}, timeout=60)
        text = finished.stderr.replace(os.path.realpath(folder), "$FOLDER").replace(port, "$PORT")
        # What goes well meanwhile comes in no fixed order.
        text = re.sub(r"^ (Container|Image|Network|Volume) \S+  (?!Error).*\n", "", text, flags=re.MULTILINE)
        text = text.replace(self.here.folder, "$INSTALLATION")
        text = re.sub(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b", "$ID", text)
        text = re.sub(r"\b\d+(\.\d+)? ?m?s\b", "$TIME", text)
        return f"compose {shlex.join(arguments)}: exit {finished.code}\n{text}"


def _test_of(name):
    def test(self):
        told = self.run_case(name)
        place = os.path.join(CASES, name, "expected")
        if os.environ.get("UPDATE"):
            with open(place, "w", encoding="utf-8") as file:
                file.write(told)
        with open(place, encoding="utf-8") as file:
            self.assertMultiLineEqual(file.read(), told)
    return test


for _name in sorted(os.listdir(CASES)):
    setattr(Errors, "test_" + _name.replace("-", "_"), _test_of(_name))

if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
