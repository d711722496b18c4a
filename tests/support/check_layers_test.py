# SPDX-License-Identifier: Apache-2.0
"""Tests scripts/check_layers.py on small trees, each with one fault."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
import check_layers  # noqa: E402

TABLE = """# Architecture

| place | what |
|---|---|
| x | y |

| folder | may include |
|---|---|
| base | - |
| sys, model | base |
| compose/plan, compose/load | base, model |
| compose | base, compose/* |
| cli | everything |

| other | table |
|---|---|
"""


class CheckLayers(unittest.TestCase):
    def check(self, **files):
        """Problems of a tree of {path with "/" written as "__" and "." as "_dot_": text}."""
        with tempfile.TemporaryDirectory() as root:
            tree = {"docs/architecture.md": TABLE}
            tree.update({f"src/{path.replace('__', '/').replace('_dot_', '.')}": text for path, text in files.items()})
            for path, text in tree.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return sorted(check_layers.check(root))

    def test_allowed_edges_pass(self):
        self.assertEqual([], self.check(
            base__a_dot_h="", model__b_dot_h='#include "base/a.h"\n#include <string>\n',
            compose__plan__c_dot_h='#include "model/b.h"\n', compose__d_dot_cpp='#include "compose/plan/c.h"\n',
            cli__e_dot_cpp='#include "compose/plan/c.h"\n#include "base/a.h"\n#include <CLI/CLI.hpp>\n'))

    def test_forbidden_edge(self):
        self.assertEqual(
            [("src/base/a.h", 2, "base may not include model (model/b.h); see docs/architecture.md")],
            self.check(base__a_dot_h='\n#include "model/b.h"\n', model__b_dot_h=""))

    def test_sibling_is_not_allowed_by_its_parent(self):
        self.assertEqual(
            [("src/compose/plan/p.h", 1, "compose/plan may not include compose/load (compose/load/l.h); see docs/architecture.md")],
            self.check(compose__plan__p_dot_h='#include "compose/load/l.h"\n', compose__load__l_dot_h=""))

    def test_include_in_a_comment_does_not_count(self):
        self.assertEqual([], self.check(base__a_dot_h='/*\n#include "model/b.h"\n*/\n// #include "model/b.h"\n',
                                        model__b_dot_h=""))

    def test_missing_file(self):
        self.assertEqual([("src/base/a.h", 1, '"base/gone.h" is no file below src/')],
                         self.check(base__a_dot_h='#include "base/gone.h"\n'))

    def test_folder_that_the_table_does_not_know(self):
        self.assertEqual([("src/extra/a.h", 1, "folder 'extra' is not in the layer table of docs/architecture.md")],
                         self.check(extra__a_dot_h=""))

    def test_file_cycle(self):
        self.assertEqual(
            [("src/base/a.h", 1, "files include each other: src/base/a.h -> src/base/b.h -> src/base/a.h")],
            self.check(base__a_dot_h='#include "base/b.h"\n', base__b_dot_h='#include "base/a.h"\n'))

    def test_foreign_header_outside_its_place(self):
        self.assertEqual(
            [("src/model/a.h", 1, "'yaml-cpp/yaml.h' has its one place elsewhere; use compose/load/tree.h"),
             ("src/model/b.cpp", 1, "'nlohmann/json.hpp' has its one place elsewhere; use a file named *_json.cpp")],
            self.check(model__a_dot_h="#include <yaml-cpp/yaml.h>\n", model__b_dot_cpp="#include <nlohmann/json.hpp>\n",
                       model__b_json_dot_cpp="#include <nlohmann/json.hpp>\n",
                       compose__load__yaml_reader_dot_cpp="#include <yaml-cpp/eventhandler.h>\n"))

    def test_folder_cycle_in_the_table_itself(self):
        self.assertEqual([["a", "b", "a"]], check_layers.find_cycles({"a": ["b"], "b": ["a", "c"]}))


if __name__ == "__main__":
    unittest.main()
