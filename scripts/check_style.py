#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the rules of CONTRIBUTING.md that a machine can: sizes, names, words, calls, documentation.

  check_style.py [ROOT]
"""

import os
import re
import sys

import function_scan
import source_text

MAX_LINES = {"source": 500, "header": 250, "test": 800}
MAX_FUNCTION_LINES = 70
LICENSE = "SPDX-License-Identifier: Apache-2.0"
BAD_NAME_WORDS = {"util", "utils", "common", "helper", "helpers", "misc", "manager"}

# Where an exception may be thrown or caught: at the edges of libraries that throw. Everything else
# returns base::Result.
EXCEPTIONS_AT = re.compile(r"src/(compose/load/yaml_reader\.cpp|docker_api/.*|cli/.*|http/.*|.*_json\.cpp)")

# Who may print: the command line, the monitor's own process, and the log sink.
PRINTING_AT = re.compile(r"src/(cli/.*|monitor/.*|base/(log|fmt)\.cpp|runtime/container/(launch_\w+|process)\.cpp)")
PRINTING = re.compile(r"\bstd::(cout|cerr|clog)\b|(?<![\w.>])(?:std::)?(?:v?f?printf|f?puts|perror)\s*\("
                      r"|\bfmt::print\s*\(|\bspdlog::|(?<![\w.>])(?:std::)?(?:_?exit|quick_exit)\s*\(")

# Who may call the system: src/sys, and the code that runs between clone and exec, which is nothing but
# a list of system calls and has nobody to return to.
SYSTEM_CALLS_AT = re.compile(r"src/sys/.*|src/runtime/container/(launch_\w+|process)\.cpp")
# Called with "::" in front these are the system's; the second list is unmistakable without it.
_QUALIFIED = ("open openat openat2 close read write pread pwrite readv writev lseek dup dup2 dup3 pipe pipe2 fork "
              "execve execvp execv kill mount link symlink unlink unlinkat rename renameat mkdir mkdirat mknod "
              "rmdir chmod chown chdir chroot stat lstat fstat statfs socket bind listen accept accept4 connect send "
              "recv sendto poll select ftruncate fsync flock mmap munmap readlink getdents ioctl fcntl prctl truncate")
_PLAIN = ("syscall setns unshare umount umount2 pivot_root vfork clone3 waitpid waitid wait4 epoll_wait epoll_ctl "
          "epoll_create1 eventfd signalfd timerfd_create timerfd_settime inotify_init1 inotify_add_watch memfd_create "
          "socketpair setsockopt getsockopt sendmsg recvmsg recvfrom fsopen fsconfig fsmount move_mount open_tree "
          "mount_setattr pidfd_open pidfd_send_signal pidfd_getfd fexecve execveat setresuid setresgid setgroups "
          "setrlimit prlimit sethostname renameat2 mknodat fchownat fchmodat utimensat setxattr getxattr sigprocmask "
          "sigaction ppoll openpty posix_openpt close_range capset copy_file_range sendfile splice")
SYSTEM_CALL = re.compile(r"(?<![\w>.:])::(?:%s)\s*\(|(?<![\w>.:\"])(?:::)?(?:%s)\s*\(" %
                         (_QUALIFIED.replace(" ", "|"), _PLAIN.replace(" ", "|")))

BANNED = [
    (re.compile(r"\busing\s+namespace\s+std\s*;"), "'using namespace std' hides where names come from"),
    (re.compile(r"\bstd::sto(?:i|l|ll|ul|ull|d|f)\b"), "std::sto* throws: use std::from_chars"),
    (re.compile(r"(?<![\w.>])(?:strcpy|strcat|sprintf|gets|tmpnam|system|popen)\s*\(\s*[^\s)]"), "banned call"),
]
TASK_WORD = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
_NEEDS_NO_WORDS = re.compile(
    r"^(?:friend|using|static_assert|typedef|extern template|template\s*<>|namespace|enum|struct|union)\b"
    r"|\boperator\b|=\s*(?:default|delete)$")


def check_names(path):
    words = re.split(r"[_.]", os.path.basename(path).lower())
    for word in sorted(BAD_NAME_WORDS.intersection(words)):
        yield 1, f"a file named '{word}' has no one concept: name it for what it holds"
    if not re.fullmatch(r"[a-z0-9_]+\.(h|cpp|c)", os.path.basename(path)):
        yield 1, "file names are snake_case"


def check_size(path, text, functions):
    kind = "test" if path.startswith("tests/") else "header" if path.endswith(".h") else "source"
    lines = text.count("\n")
    if lines > MAX_LINES[kind]:
        yield MAX_LINES[kind] + 1, f"{lines} lines; the limit for a {kind} is {MAX_LINES[kind]}: split it by concept"
    if kind == "test":
        return
    for function in functions:
        length = function.last - function.first + 1
        if length > MAX_FUNCTION_LINES:
            yield function.first, f"a function of {length} lines; the limit is {MAX_FUNCTION_LINES}: {function.head[:60]}"


def check_calls(path, blanked):
    rules = []
    if path.startswith("src/"):
        rules += BANNED
        if not EXCEPTIONS_AT.fullmatch(path):
            rules.append((re.compile(r"\bthrow\b|\bcatch\s*\("), "exceptions stay at library edges: return base::Result"))
        if not PRINTING_AT.fullmatch(path):
            rules.append((PRINTING, "only the command line prints or exits: return an error or a warning"))
        if not SYSTEM_CALLS_AT.fullmatch(path):
            rules.append((SYSTEM_CALL, "system calls live in src/sys/"))
    for pattern, message in rules:
        for match in pattern.finditer(blanked):
            yield source_text.line_of(blanked, match.start()), f"{message} ({match.group(0).strip()})"


def check_words(path, text):
    if LICENSE not in text.split("\n", 1)[0]:
        yield 1, f"the first line must be: // {LICENSE}"
    if path.endswith(".h") and "#pragma once" not in text:
        yield 1, "a header needs #pragma once"
    for match in TASK_WORD.finditer(text):
        yield source_text.line_of(text, match.start()), f"'{match.group(0)}': do it, or say what is so and why"


def check_documentation(path, text, declarations):
    """Every class and every free function of a header has a `///` in its block of lines.

    A block ends at an empty line, so functions that belong together may share one comment; one before
    the namespace speaks for the whole header; a class's own comment may cover its plain accessors."""
    if not (path.startswith("src/") and path.endswith(".h")) or re.search(r"^///.*\nnamespace ", text, re.MULTILINE):
        return
    lines = text.split("\n")
    for declaration in declarations:
        words = re.sub(r"^(?:\[\[\w+\]\]\s*)+", "", declaration.text)
        before_arguments = words.split("(", 1)[0]
        is_function = "(" in words and "=" not in before_arguments and "::" not in before_arguments.split()[-1]
        is_class = declaration.has_body and re.match(r"(?:template\s*<[^{]*>\s*)?class\s", words)
        if declaration.in_class or _NEEDS_NO_WORDS.search(words) or not (is_function or is_class):
            continue
        first = source_text.line_of(text, declaration.offset) - 1
        block = first
        while block > 0 and lines[block - 1].strip():
            block -= 1
        if not any("///" in line for line in lines[block:first + 1]):
            yield first + 1, f"needs a '///' that says what, units, errors, source: {words[:60]}"


def check(root):
    problems = []
    for path in source_text.find_sources(root, "src", "tests"):
        text = source_text.read(root, path)
        blanked = source_text.blank(text)
        functions, declarations = function_scan.scan(blanked)
        for found in (check_names(path), check_size(path, text, functions), check_calls(path, blanked),
                      check_words(path, text), check_documentation(path, text, declarations)):
            problems += [(path, line, message) for line, message in found]
    return problems


if __name__ == "__main__":
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.exit(source_text.report(check(sys.argv[1] if len(sys.argv) > 1 else here)))
