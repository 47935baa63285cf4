#!/usr/bin/env python3
"""Fails on what is never a matter of taste. Prints file:line: what, and what to do instead.

    scripts/tidy.py [ROOT]

A rule is a function from a File to (line number, message) pairs; the table at the end names all.
"""
import os
import re
import sys

LIBRARIES = ("core/", "proto/", "snapshots/", "projections/", "aggregates/", "testkit/",
             "include/")
TEXT = (".h", ".cc", ".proto", ".cmake", ".py", ".sh", ".txt", ".md", ".yml", ".json", ".in")
CODE = (".h", ".cc")

# The function-like macros of the project. A new one needs a better reason than brevity.
MACROS = {
    "DAYBOOK_RETURN_IF_ERROR",
    "DAYBOOK_RETURN_IF_ERROR_IMPL",
    "DAYBOOK_ASSIGN_OR_RETURN",
    "DAYBOOK_ASSIGN_OR_RETURN_IMPL",
    "DAYBOOK_STATUS_CONCAT",
    "DAYBOOK_STATUS_CONCAT_INNER",
}

# (pattern, what to use instead, where it is banned, files that may)
BANNED = [
    (r"\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::condition_variable",
     "daybook::Mutex and CondVar (core/mutex.h), which the compiler checks", "",
     ("core/include/daybook/core/mutex.h",)),
    (r"\babsl::(Mutex|MutexLock|CondVar)\b", "daybook::Mutex (core/mutex.h)", "", ()),
    (r"\bthrow\b", "absl::Status", "", ()),
    (r"\bstd::regex\b", "plain matching: std::regex recurses and throws", "", ()),
    (r"\b(std::)?(rand|srand)\s*\(", "a seeded generator of <random>", "", ()),
    (r"(?<!\w)(std::)?(printf|puts|putchar)\s*\(|\bstd::(cout|cerr|clog)\b",
     "a Status: a library does not print", LIBRARIES, ("proto/plugin/",)),
    (r"\bsystem_clock\b", "the Clock seam (core/clock.h)",
     ("core/", "snapshots/", "projections/", "aggregates/"),
     ("core/src/clock.cc", "core/include/daybook/core/mutex.h")),
    (r"\bcatch\s*\(", "absl::Status: nothing of ours throws", LIBRARIES, ()),
]


class File:
    """A text file: its path below the root, its lines, and its code without comments, strings."""

    def __init__(self, root, path):
        self.path = path
        self.mode = os.stat(os.path.join(root, path)).st_mode
        with open(os.path.join(root, path), encoding="utf-8", newline="") as file:
            self.text = file.read()
        self.lines = self.text.split("\n")
        self.suffix = os.path.splitext(path)[1]
        self.code = bare(self.text).split("\n") if self.suffix in CODE else []


def bare(text):
    """The C++ `text` with comments and the insides of literals blanked, line by line as before."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
        re.DOTALL)

    def blank(match):
        return '""' + "\n" * match.group().count("\n") if match.group()[0] in "\"R'" \
            else "\n" * match.group().count("\n")

    # An #include keeps its path, which the rules look at.
    kept = re.sub(r'(?m)^(\s*#\s*include\s+)"([^"\n]*)"', r"\1<\2>", text)
    return pattern.sub(blank, kept)


def whitespace(file):
    for number, line in enumerate(file.lines, 1):
        if "\r" in line:
            yield number, "a carriage return: end lines with a newline alone"
        elif line != line.rstrip():
            yield number, "trailing blanks"
        elif "\t" in line and file.suffix:
            yield number, "a tab: indent with blanks"
    if file.text and not file.text.endswith("\n"):
        yield len(file.lines), "no newline at the end of the file"


def line_length(file):
    if file.suffix in (".md", ".json", ".in"):
        return
    for number, line in enumerate(file.lines, 1):
        if len(line) > 100 and "http" not in line:
            yield number, f"{len(line)} columns: at most 100"


def unfinished(file):
    for number, line in enumerate(file.lines, 1):
        if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", line):
            yield number, "unfinished work: finish it, or write an issue"


def machine_paths(file):
    for number, line in enumerate(file.lines, 1):
        if re.search(r"(?<![\w.$}>/-])/(work|home|root|Users)/", line):
            yield number, "the path of one machine"


def include_guard(file):
    # The template becomes somebody else's project.
    if file.suffix != ".h" or file.path.startswith("tools/template/"):
        return
    guard = re.search(r"(?m)^#ifndef (\w+)\n#define (\w+)\n", file.text)
    name = re.sub(r"\W", "_", os.path.basename(file.path)).upper() + "_"
    if not guard or guard.group(1) != guard.group(2):
        yield 1, "no include guard"
    elif not guard.group(1).startswith("DAYBOOK_") or not guard.group(1).endswith("_" + name):
        yield 1, f"include guard {guard.group(1)}: DAYBOOK_<room>_{name}"
    elif not file.text.endswith(f"#endif  // {guard.group(1)}\n"):
        yield len(file.lines), f"must end with #endif  // {guard.group(1)}"


def macros(file):
    for number, line in enumerate(file.code, 1):
        match = re.match(r"\s*#\s*define\s+(\w+)\(", line)
        if match and match.group(1) not in MACROS:
            yield number, f"function-like macro {match.group(1)}: a function or template"


def banned(file):
    for number, line in enumerate(file.code, 1):
        for pattern, instead, where, except_for in BANNED:
            if file.path.startswith(where) and not file.path.startswith(except_for or ("\0",)) \
                    and re.search(pattern, line):
                yield number, f"banned: {line.strip()[:60]}: use {instead}"


def includes(file):
    private = "/src/" in file.path or file.path.startswith(("tests/", "bench/"))
    for number, line in enumerate(file.code, 1):
        if re.match(r"\s*#\s*include\s*<rocksdb/", line) and not private:
            yield number, "RocksDB's headers stay under src/, behind the key-value seam"
        if re.match(r"\s*#\s*include\s*<[^>]*\.\./", line):
            yield number, "an include that climbs: name it from its room's include directory"
        if file.suffix == ".h" and re.match(r"\s*using\s+namespace\b", line):
            yield number, "using namespace in a header"


def executable(file):
    if file.text.startswith("#!") != bool(file.mode & 0o111):
        yield 1, "a script has both a #! line and the executable bit, other files neither"


RULES = (whitespace, line_length, unfinished, machine_paths, include_guard, macros, banned,
         includes, executable)


def unbuilt(files):
    """Sources that no CMakeLists.txt beside or above them names: they only look present."""
    lists = {os.path.dirname(f.path): re.sub(r"#.*", "", f.text)
             for f in files if os.path.basename(f.path) == "CMakeLists.txt"}
    for file in files:
        if file.suffix != ".cc":
            continue
        directory = os.path.dirname(file.path)
        while True:
            relative = os.path.relpath(file.path, directory or ".")
            stem = relative[:-len(".cc")]
            name = rf"(?<![\w/]){re.escape(stem)}(\.cc)?(?![\w/.])"
            if re.search(name, lists.get(directory, "")):
                break
            if not directory:
                yield file.path, 1, "in no CMake target"
                break
            directory = os.path.dirname(directory)


def umbrella(files):
    """Every public header of the embedded framework is re-exported by the umbrella, once."""
    path = "include/daybook/daybook.h"
    public = {re.sub(r".*/include/", "", f.path) for f in files
              if re.match(r"(core|snapshots|projections|aggregates)/include/.*\.h$", f.path)}
    for file in files:
        if file.path == path:
            exported = re.findall(r'(?m)^#include "([^"]+)"', file.text)
            for header in sorted(public.symmetric_difference(exported)):
                yield path, 1, f"the umbrella and the rooms differ about {header}"


def references(files):
    """A page that a comment sends the reader to is there."""
    pages = {f.path for f in files if f.suffix == ".md"}
    for file in files:
        if file.suffix not in (".md", ".py"):
            for number, line in enumerate(file.lines, 1):
                for page in re.findall(r"\bdocs/[\w/-]+\.md\b", line):
                    if page not in pages:
                        yield file.path, number, f"there is no {page}"


def duplicate_guards(files):
    seen = {}
    for file in files:
        guard = re.search(r"(?m)^#ifndef (DAYBOOK_\w+_H_)$", file.text)
        if guard and file.suffix == ".h":
            first = seen.setdefault(guard.group(1), file.path)
            if first != file.path:
                yield file.path, 1, f"include guard {guard.group(1)} is that of {first} too"


def read(root):
    for directory, names, filenames in os.walk(root):
        skipped = {".git", ".cache", "__pycache__", "build" if directory == root else ""}
        names[:] = sorted(set(names) - skipped)
        for name in sorted(filenames):
            path = os.path.relpath(os.path.join(directory, name), root)
            if os.path.splitext(name)[1] in TEXT or os.path.basename(name) in ("Makefile", "run"):
                yield File(root, path)


def check(root):
    files = list(read(root))
    for file in files:
        for rule in RULES:
            for number, message in rule(file):
                yield file.path, number, message
    yield from unbuilt(files)
    yield from duplicate_guards(files)
    yield from umbrella(files)
    yield from references(files)


def main(arguments):
    own_root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = list(check(arguments[0] if arguments else own_root))
    for path, number, message in found:
        print(f"{path}:{number}: {message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
