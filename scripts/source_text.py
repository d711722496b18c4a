# SPDX-License-Identifier: Apache-2.0
"""Reads C++ sources for the checks: which files there are, and their text without comments and strings."""

import os
import re
import sys

SOURCE_ENDINGS = (".h", ".cpp", ".c")

_TOKEN = re.compile(
    r'//(?:\\\n|[^\n])*'                                # line comment
    r'|/\*.*?\*/'                                       # block comment
    r'|\bR"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'                             # string
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",            # character, not a digit separator
    re.DOTALL)


def blank(text):
    """`text` with comments, strings and characters replaced by spaces; lines and columns stay.

    The quotes themselves stay, so that `f("a")` still has an argument."""
    def spaces(match):
        token = match.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]
    return _TOKEN.sub(spaces, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def find_sources(root, *folders):
    """Paths relative to `root` of the sources below its `folders`, sorted."""
    found = []
    for folder in folders:
        for place, names, files in os.walk(os.path.join(root, folder)):
            names.sort()
            found += [os.path.relpath(os.path.join(place, name), root) for name in files
                      if name.endswith(SOURCE_ENDINGS)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def report(problems):
    """Prints (path, line, text) problems as a compiler would; the exit status to end with."""
    for path, line, text in sorted(set(problems)):
        print(f"{path}:{line}: error: {text}")
    if problems:
        print(f"{len(set(problems))} problem(s)", file=sys.stderr)
    return 1 if problems else 0
