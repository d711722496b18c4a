# SPDX-License-Identifier: Apache-2.0
"""Finds the functions and the declarations of a C++ source by its braces.

Works on text whose comments and strings are blanked (source_text.blank). It knows no grammar: what a
brace opens is told from the words before it."""

import re
from dataclasses import dataclass

import source_text

_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)
_TYPE = re.compile(r"^(?:template\s*<.*>\s*)?(?:(?:typedef|static|inline|constexpr)\s+)*"
                   r"(?:class|struct|union|enum(?:\s+class)?)\b(?P<rest>[^()=]*)$", re.DOTALL)
_FUNCTION_TAIL = re.compile(
    r"(?:\)|\}|\])\s*(?:const|noexcept|override|final|mutable|volatile|&&?|\s)*"
    r"(?:->\s*[^;]*)?$|\btry$", re.DOTALL)
_IN_INITIALIZERS = re.compile(r"\)\s*(?:noexcept\s*)?:[^:].*\w$", re.DOTALL)


@dataclass
class Function:
    """A function's body: the lines of its two braces and the words before the first."""
    head: str
    first: int
    last: int


@dataclass
class Declaration:
    """A declaration at namespace scope or among the public members of a class."""
    text: str
    offset: int
    in_class: bool
    has_body: bool


def _kind(head, inside):
    if inside in ("function", "block"):
        return "block"
    if inside == "initializer":
        return "initializer"
    if re.search(r"\bnamespace\b[^()]*$", head) or re.search(r'\bextern\s*"\s*"$', head):
        return "namespace"
    match = _TYPE.match(head)
    if match:
        return "enum" if re.match(r".*\benum\b", head, re.DOTALL) else (
            "struct" if re.match(r".*\b(?:struct|union)\b", head, re.DOTALL) else "class")
    if _IN_INITIALIZERS.search(head):
        return "initializer"
    if "(" in head and not re.search(r"=\s*$", head) and _FUNCTION_TAIL.search(head):
        return "function"
    if re.search(r"\]\s*$", head):
        return "function"  # a lambda without parameters at namespace scope
    return "initializer"


def scan(blanked):
    """(functions, public declarations) of a blanked source."""
    text = _DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), blanked)
    functions, declarations = [], []
    stack = []          # (kind, head, start of head, offset of the brace, access before it)
    start = 0           # where the words before the next brace begin
    access = "public"
    round_depth = 0

    def scope():
        return stack[-1][0] if stack else "namespace"

    def declare(end, has_body):
        raw = text[start:end]
        words = " ".join(raw.split())
        if words and scope() in ("namespace", "class", "struct") and access == "public":
            declarations.append(
                Declaration(words, start + len(raw) - len(raw.lstrip()), scope() != "namespace", has_body))

    for offset, char in ((m.start(), m.group(0)) for m in re.finditer(r"[{}();:]", text)):
        if char == "(":
            round_depth += 1
        elif char == ")":
            round_depth = max(0, round_depth - 1)
        elif char == ":" and scope() in ("class", "struct"):
            match = re.fullmatch(r"\s*(public|protected|private)\s*", text[start:offset])
            if match:
                access, start = match.group(1), offset + 1
        elif char == ";" and round_depth == 0 and scope() not in ("initializer", "function", "block"):
            declare(offset, has_body=False)
            start = offset + 1
        elif char == "{":
            head = text[start:offset].strip()
            kind = "initializer" if round_depth and scope() in ("namespace", "class", "struct") else _kind(head, scope())
            if kind in ("function", "class", "struct", "enum"):
                declare(offset, has_body=True)
            stack.append((kind, head, start, offset, access, round_depth))
            round_depth = 0
            if kind in ("class", "struct"):
                access = "private" if kind == "class" else "public"
            if kind != "initializer":
                start = offset + 1
        elif char == "}" and stack:
            kind, head, head_start, opened, access, round_depth = stack.pop()
            if kind == "function":
                functions.append(Function(" ".join(head.split()), source_text.line_of(text, opened),
                                          source_text.line_of(text, offset)))
            start = head_start if kind == "initializer" else offset + 1
    return functions, declarations
