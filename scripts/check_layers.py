#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who includes whom against the layer table of docs/architecture.md.

  check_layers.py [ROOT]

Fails on an include between folders that the table does not allow, on a cycle between files or
between folders, on an include that names no file, and on a foreign header outside its place.
"""

import os
import re
import sys

import source_text

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)

# Foreign headers that may be used in some places only: first part of the header's path, places as
# patterns on the file's path below src/, and what to use instead.
FOREIGN = [
    (r"yaml-cpp/", r"compose/load/yaml_reader\.cpp", "compose/load/tree.h"),
    (r"nlohmann/", r"docker_api/.*|.*_json\.cpp", "a file named *_json.cpp"),
    (r"CLI/", r"cli/.*", "nothing: only cli reads the command line"),
    (r"spdlog/", r"cli/.*|base/log\.cpp", "an error or a warning that is returned"),
    (r"sqlite3\.h", r"sys/database\.cpp", "sys/database.h"),
    (r"catch2?/", r"(?!)", "tests/"),
    (r"valijson/", r"compose/load/.*", "compose/load"),
    (r"seccomp\.h", r"sys/.*", "sys/"),
    (r"boost/", r"http/.*", "http/"),
    (r"curl/", r"runtime/registry/.*|sys/.*", "runtime/registry"),
    (r"openssl/", r"base/sha256.cpp|sys/.*|http/.*", "base/sha256.h"),
]


class Layers:
    """The table: which folder may include which."""

    def __init__(self, document):
        self.allowed = {}
        rows = re.findall(r"^\|([^|]+)\|([^|]+)\|\s*$", document, re.MULTILINE)
        start = next((i for i, row in enumerate(rows) if row[0].strip() == "folder"), None)
        if start is None:
            raise ValueError("no layer table (a row '| folder | may include |')")
        for folders, targets in rows[start + 2:]:
            if not re.fullmatch(r"[\w/*, -]+", folders.strip()):
                break
            for folder in folders.split(","):
                self.allowed[folder.strip()] = [target.strip() for target in targets.split(",")]

    def folder_of(self, path):
        """The table's folder that a path below src/ is in: the longest that fits, or None."""
        fitting = [folder for folder in self.allowed if path.startswith(folder + "/")]
        return max(fitting, key=len, default=None)

    def allows(self, source, target):
        if source == target:
            return True
        for pattern in self.allowed[source]:
            if pattern in ("everything", target) or (
                    pattern.endswith("/*") and target.startswith(pattern[:-1])):
                return True
        return False


def find_cycles(edges):
    """Each cycle of a graph {node: [node]} once, as the list of its nodes."""
    state, stack, cycles = {}, [], []

    def visit(node):
        state[node] = "open"
        stack.append(node)
        for following in sorted(edges.get(node, ())):
            if state.get(following) == "open":
                cycles.append(stack[stack.index(following):] + [following])
            elif following not in state:
                visit(following)
        stack.pop()
        state[node] = "done"

    for node in sorted(edges):
        if node not in state:
            visit(node)
    return cycles


def includes_of(text):
    """(line, quote, header) of each #include that is not in a comment."""
    blanked = source_text.blank(text)
    for match in INCLUDE.finditer(text):
        if blanked[match.start():match.start() + 1 + text[match.start():].index("#")].strip() == "#":
            yield source_text.line_of(text, match.start(1)), match.group(1), match.group(2)


def check(root):
    document = "docs/architecture.md"
    try:
        layers = Layers(source_text.read(root, document))
    except ValueError as error:
        return [(document, 1, str(error))]

    problems, files, folders = [], {}, {}
    sources = source_text.find_sources(root, "src")
    for path in sources:
        own = os.path.relpath(path, "src")
        source = layers.folder_of(own)
        if source is None:
            problems.append((path, 1, f"folder '{os.path.dirname(own)}' is not in the layer table of {document}"))
            continue
        for line, quote, header in includes_of(source_text.read(root, path)):
            for pattern, places, instead in FOREIGN:
                if re.match(pattern, header) and not re.fullmatch(places, own):
                    problems.append((path, line, f"'{header}' has its one place elsewhere; use {instead}"))
            if quote == "<":
                if os.path.exists(os.path.join(root, "src", header)) and header.count("/") and (
                        not header.startswith("sys/")):
                    problems.append((path, line, f'<{header}> is ours: include it as "{header}"'))
                continue
            if not os.path.exists(os.path.join(root, "src", header)):
                problems.append((path, line, f'"{header}" is no file below src/'))
                continue
            target = layers.folder_of(header)
            if target is None:
                continue  # reported with the file itself
            files.setdefault(path, {})["src/" + header] = line
            if not layers.allows(source, target):
                problems.append((path, line, f"{source} may not include {target} ({header}); see {document}"))
            elif source != target:
                folders.setdefault(source, set()).add(target)

    for cycle in find_cycles(files):
        problems.append((cycle[0], files[cycle[0]][cycle[1]], "files include each other: " + " -> ".join(cycle)))
    for cycle in find_cycles(folders):
        problems.append((document, 1, "folders include each other: " + " -> ".join(cycle)))
    return problems


if __name__ == "__main__":
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.exit(source_text.report(check(sys.argv[1] if len(sys.argv) > 1 else here)))
