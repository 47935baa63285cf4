#!/usr/bin/env python3
"""Checks that what the documentation shows is real. Prints file:line: what is wrong.

    scripts/check_docs.py [ROOT]

Code. A block of cpp, proto or cmake stands under a comment that names the file it is from, a file
that the build compiles or runs; the block is that file, some whole lines of it, or its lines
between two `//! [name]` marks:

    <!-- from examples/quickstart/quickstart.cc -->
    <!-- from tests/docs/reading.cc [pages] -->

Commands. In a block of sh, a `make` target, a preset, a script and a program of build/*/bin exist.
Links. A relative link leads to a file.
"""
import os
import re
import sys

COMPILED = {"cpp": (".cc", ".h"), "proto": (".proto",), "cmake": (".txt", ".cmake")}
OTHER = {"sh", "text", "json", "abnf", "csv"}


def dedent(lines):
    lines = [line.rstrip() for line in lines]
    while lines and not lines[0]:
        lines = lines[1:]
    while lines and not lines[-1]:
        lines = lines[:-1]
    indent = min((len(l) - len(l.lstrip()) for l in lines if l), default=0)
    return [line[indent:] for line in lines]


def contains(lines, excerpt):
    """Whether `excerpt` is a run of whole lines of `lines`, indented as one or not at all."""
    size = len(excerpt)
    return any(dedent(lines[i:i + size]) == excerpt for i in range(len(lines) - size + 1))


def region(lines, name):
    marks = [i for i, line in enumerate(lines)
             if re.fullmatch(rf"\s*(//|#)! \[{re.escape(name)}\]", line.rstrip())]
    return lines[marks[0] + 1:marks[1]] if len(marks) == 2 else None


class Docs:
    def __init__(self, root):
        self.root = root
        self.makefile = self.read("Makefile") or ""
        self.presets = self.read("CMakePresets.json") or ""
        self.lists = "\n".join(self.read(path) for path in self.files("CMakeLists.txt"))

    def read(self, path):
        path = os.path.join(self.root, path)
        if not os.path.isfile(path):
            return None
        with open(path, encoding="utf-8") as file:
            return file.read()

    def files(self, end):
        for directory, names, filenames in os.walk(self.root):
            names[:] = sorted(n for n in names if n != "build" and not n.startswith("."))
            for name in sorted(filenames):
                if name.endswith(end):
                    yield os.path.relpath(os.path.join(directory, name), self.root)

    def compiled(self, path):
        """Whether some CMakeLists.txt names the file, or it is one."""
        name = os.path.basename(path)
        return name.endswith((".txt", ".cmake")) or \
            re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.lists) is not None

    def block(self, language, source, code):
        if language in OTHER:
            yield from self.commands(code) if language == "sh" else ()
            return
        if language not in COMPILED:
            yield f"a block of '{language}': say cpp, proto, cmake, {', '.join(sorted(OTHER))}"
            return
        if not source:
            yield f"a block of {language} that names no file: <!-- from path [region] -->"
            return
        path, name = source
        text = self.read(path)
        if text is None or not path.endswith(COMPILED[language]):
            yield f"{path} is no {language} file of this project"
            return
        if not self.compiled(path):
            yield f"no CMakeLists.txt names {path}"
        lines = text.split("\n")
        if name:
            lines = region(lines, name)
            if lines is None:
                yield f"{path} has no region [{name}]"
            elif dedent(lines) != dedent(code):
                yield f"differs from [{name}] of {path}"
        elif not dedent(code) or not contains(lines, dedent(code)):
            yield f"these lines do not stand together in {path}"

    def commands(self, code):
        for line in code:
            words = line.split("#")[0].split()
            for program in re.findall(r"\bbuild/\w[\w-]*/bin/([\w-]+)", line):
                if not re.search(rf"\b{program}\b", self.lists):
                    yield f"no target makes the program {program}"
            for script in (w for w in words if w.startswith(("scripts/", ".ci/", "bench/"))):
                if not os.path.exists(os.path.join(self.root, script)):
                    yield f"there is no {script}"
            for preset in re.findall(r"--preset[ =]([\w-]+)", line):
                if f'"name": "{preset}"' not in self.presets:
                    yield f"there is no preset {preset}"
            if words[:1] == ["make"]:
                for target in (w for w in words[1:] if re.fullmatch(r"[a-z-]+", w)):
                    if not re.search(rf"(?m)^{target}:", self.makefile):
                        yield f"the Makefile has no target {target}"

    def links(self, path, line):
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", re.sub(r"`[^`]*`", "", line)):
            target = os.path.join(self.root, os.path.dirname(path), link)
            if not re.match(r"[a-z]+:", link) and not os.path.exists(target):
                yield f"a link to {link}, which is not there"

    def page(self, path):
        lines = self.read(path).split("\n")
        if not lines[0].startswith("# "):
            yield 1, "a page begins with its title: # ..."
        source, start = None, None
        for number, line in enumerate(lines, 1):
            fence = re.match(r"\s*```(.*)$", line)
            if fence and start is None:
                start, language = number, fence.group(1).strip()
            elif fence:
                for message in self.block(language, source, lines[start:number - 1]):
                    yield start, message
                source, start = None, None
            elif start is None:
                comment = re.fullmatch(r"\s*<!-- from (\S+)(?: \[([^\]]+)\])? -->", line)
                if comment:
                    source = comment.groups()
                elif line.strip():
                    source = None
                for message in self.links(path, line):
                    yield number, message
        if start:
            yield start, "a block that does not end"

    def check(self):
        for path in self.files(".md"):
            for number, message in self.page(path):
                yield path, number, message


def main(arguments):
    own_root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = list(Docs(arguments[0] if arguments else own_root).check())
    for path, number, message in found:
        print(f"{path}:{number}: {message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
