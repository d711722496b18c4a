# SPDX-License-Identifier: Apache-2.0
"""What --help says and what docs/cli.md says are the same commands with the same flags."""

import os
import re
import subprocess
import unittest

from installation import PROGRAM, SOURCE

GROUPS = ("builder", "image", "system")
MISSING = ("cp", "publish", "stats", "watch", "bridge", "alpha")


def compose(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)


def commands(*group):
    """Names in the list of commands that the help ends with."""
    text = compose(*group, "--help").stdout
    return re.findall(r"^  ([a-z]+)  ", text[text.index("\nCommands:"):], re.M)


def all_commands():
    found = list(commands())
    return found + [f"{group} {name}" for group in GROUPS for name in commands(group)]


def sections():
    """{title: text} of the page."""
    with open(os.path.join(SOURCE, "docs", "cli.md"), encoding="utf-8") as file:
        parts = re.split(r"^### (.+)$", file.read(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


class Help(unittest.TestCase):
    def test_every_command_is_in_the_page(self):
        self.assertEqual(sorted(all_commands()), sorted(sections()))

    def test_every_flag_is_in_its_section(self):
        page = sections()
        for name in all_commands():
            told = compose(*name.split(), "--help")
            self.assertEqual(0, told.returncode, name)
            options = told.stdout.partition("Options:")[2].partition("\n\n")[0]
            # The first words of a line: what follows two blanks is what the flag does.
            flags = {flag for line in options.splitlines() for flag in re.findall(r"--[a-zA-Z-]+", line.strip().split("  ")[0])}
            for flag in flags - {"--help", "--dry-run"}:
                self.assertIn(flag, page[name], f"{name} {flag}")

    def test_known_commands_that_are_missing_say_so(self):
        for name in MISSING:
            told = compose(name)
            self.assertEqual(1, told.returncode, name)
            self.assertIn(f"the command {name} is not supported yet", told.stderr)

    def test_words_of_dockers_command_line_lead_to_the_command(self):
        for word, here in (("rmi", "image rm"), ("history", "image history"), ("buildx", "builder"), ("df", "system df")):
            told = compose(word)
            self.assertEqual((1, f"error: unknown command: {word}\n  hint: it is `compose {here}` here\n"), (told.returncode, told.stderr))

    def test_flags_that_are_refused_are_named(self):
        for arguments in (["up", "--watch"], ["up", "--menu"], ["events", "--since", "1h"], ["image", "ls", "--nonsense"]):
            told = compose(*arguments)
            self.assertEqual(1, told.returncode, arguments)
            self.assertIn(next(word for word in arguments if word.startswith("--")), told.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
