# SPDX-License-Identifier: Apache-2.0
"""Tests scripts/check_style.py on small trees, each with one fault."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
import check_style      # noqa: E402
import function_scan    # noqa: E402
import source_text      # noqa: E402

LICENSE = "// SPDX-License-Identifier: Apache-2.0\n"


def scan(text):
    return function_scan.scan(source_text.blank(text))


class CheckStyle(unittest.TestCase):
    def check(self, path, text, license_line=LICENSE):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.dirname(os.path.join(root, path)))
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(license_line + text)
            return [(line, message) for _, line, message in sorted(check_style.check(root))]

    def test_clean_file(self):
        self.assertEqual([], self.check("src/base/clean.h", "#pragma once\n/// Adds one.\nint add_one(int number);\n"))

    def test_license_line(self):
        self.assertEqual([(1, "the first line must be: // SPDX-License-Identifier: Apache-2.0")],
                         self.check("src/base/a.cpp", "\n", license_line="int a;\n"))

    def test_file_names(self):
        self.assertEqual([(1, "a file named 'util' has no one concept: name it for what it holds")],
                         self.check("src/base/string_util.cpp", ""))
        self.assertEqual([(1, "file names are snake_case")], self.check("src/base/Split.cpp", ""))

    def test_file_size_at_the_limit_and_one_past_it(self):
        self.assertEqual([], self.check("src/base/a.cpp", "\n" * 499))
        self.assertEqual([(501, "501 lines; the limit for a source is 500: split it by concept")],
                         self.check("src/base/a.cpp", "\n" * 500))
        self.assertEqual([(251, "251 lines; the limit for a header is 250: split it by concept")],
                         self.check("src/base/a.h", "#pragma once\n" + "\n" * 249))
        self.assertEqual([(801, "801 lines; the limit for a test is 800: split it by concept")],
                         self.check("tests/unit/base/a.cpp", "\n" * 800))

    def test_function_size_at_the_limit_and_one_past_it(self):
        self.assertEqual([], self.check("src/base/a.cpp", "void f() {\n" + "  g();\n" * 68 + "}\n"))
        self.assertEqual([(2, "a function of 71 lines; the limit is 70: void f()")],
                         self.check("src/base/a.cpp", "void f() {\n" + "  g();\n" * 69 + "}\n"))

    def test_exceptions(self):
        message = "exceptions stay at library edges: return base::Result"
        self.assertEqual([(2, f"{message} (throw)"), (3, f"{message} (catch ()")],
                         self.check("src/model/a.cpp", "void f() { throw 1; }\nvoid g() { try { } catch (...) { } }\n"))
        self.assertEqual([], self.check("src/docker_api/a.cpp", "void f() { throw 1; }\n"))
        self.assertEqual([], self.check("src/model/a.cpp", '// throw\nconst char* a = "throw";\n'))

    def test_printing(self):
        message = "only the command line prints or exits: return an error or a warning"
        self.assertEqual([(2, f"{message} (std::cerr)"), (3, f"{message} (printf()")],
                         self.check("src/model/a.cpp", "auto& a = std::cerr;\nint b = printf(c);\n"))
        self.assertEqual([], self.check("src/cli/a.cpp", "auto& a = std::cerr;\n"))
        self.assertEqual([], self.check("src/model/a.cpp", "int a = stream.printf(b) + snprintf(c, d);\n"))

    def test_system_calls(self):
        message = "system calls live in src/sys/"
        self.assertEqual([(2, f"{message} (::open()"), (3, f"{message} (setns()")],
                         self.check("src/runtime/a.cpp", "int a = ::open(b, c);\nint d = setns(e, 0);\n"))
        self.assertEqual([], self.check("src/sys/a.cpp", "int a = ::open(b, c);\n"))
        self.assertEqual([], self.check("src/runtime/a.cpp",
                                        "auto a = Store::open(b);\nauto c = sys::setns(d);\nauto e = f.kill(g);\n"))

    def test_banned_words_and_calls(self):
        self.assertEqual([(2, "'TODO': do it, or say what is so and why"),
                          (3, "'using namespace std' hides where names come from (using namespace std;)"),
                          (4, "std::sto* throws: use std::from_chars (std::stoi)")],
                         self.check("src/base/a.cpp", "// TODO later\nusing namespace std;\nint a = std::stoi(b);\n"))

    def test_documentation(self):
        header = ("#pragma once\nnamespace a {\nclass Plain {\n public:\n  int size() const;\n};\n\n"
                  "void run(int count);\n\n/// One comment for both.\nvoid start();\nvoid stop();\n\n"
                  "class Later;\nstruct Value {\n  int number = f(1);\n};\n\ninline int twice(int a) { return 2 * a; }\n}\n")
        self.assertEqual([(4, "needs a '///' that says what, units, errors, source: class Plain"),
                          (9, "needs a '///' that says what, units, errors, source: void run(int count)"),
                          (20, "needs a '///' that says what, units, errors, source: inline int twice(int a)")],
                         self.check("src/base/a.h", header))


class FunctionScan(unittest.TestCase):
    def heads(self, text):
        return [(function.head, function.last - function.first + 1) for function in scan(text)[0]]

    def test_shapes_of_functions(self):
        self.assertEqual([("int f(int a) const noexcept", 1)], self.heads("int f(int a) const noexcept { return {a}; }"))
        self.assertEqual([("Box::Box(int a) : size_{a}, name_(a)", 3)],
                         self.heads("Box::Box(int a) : size_{a}, name_(a) {\n  g();\n}\n"))
        self.assertEqual([("auto f() -> std::vector<int>", 3)],
                         self.heads("auto f() -> std::vector<int> {\n  if (a) { b(); }\n}\n"))
        self.assertEqual([("int get()", 1)], self.heads("namespace n {\nclass C final : public B {\n  int get() { return 1; }\n};\n}"))
        self.assertEqual([("TEST_CASE(\" \")", 2)], self.heads('TEST_CASE("{") {\n}'))

    def test_tables_and_initializers_are_no_functions(self):
        self.assertEqual([], self.heads("constexpr Row kRows[] = {\n  {f(1), 2},\n  {3, 4},\n};\n"))
        self.assertEqual([], self.heads("const std::map<int, int> kMap{{1, 2}};\nint a = g({1, 2});\n"))
        self.assertEqual([], self.heads("enum class Kind { A, B };\nvoid f(Options options = {});\n"))

    def test_strings_and_comments_hide_braces(self):
        self.assertEqual([("void f()", 4)],
                         self.heads("void f() {\n  a(\"}\"); // }\n  b('}'); /* } */ c(R\"x(})\" })x\");\n}\n"))
        self.assertEqual([("void f()", 3)], self.heads("void f() {\n  const int a = 1'000'000;\n}\n"))


if __name__ == "__main__":
    unittest.main()
