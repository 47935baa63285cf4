#!/usr/bin/env python3
"""Tests the tests: each defect of defects.toml is planted in the engine, and a test must fail.

  defects.py                 plants all in one copy of the sources, builds it, and tries each
  defects.py --only NAME...  tries these alone
  defects.py --room ROOM     tries those alone that a test of this room sees
  defects.py --list          the table of docs/testing_the_tests.md
  defects.py --check-docs    fails where that page holds another table, or where the sources have no
                             place for a defect any more; needs no build
  defects.py --write-docs    writes the table there

The copy is build/defects/source. In it each planted place asks for the name of its defect: it does
what it should, or what is wrong when DAYBOOK_DEFECT has that name. The sources stay as they are.
"""
import argparse
import collections
import concurrent.futures
import os
import re
import shlex
import sys
import tempfile
import time
import tomllib

import planted_copy
from planted_copy import HERE, ROOT

COPY = os.path.join(ROOT, "build", "defects", "source")
PAGE = os.path.join(ROOT, "docs", "testing_the_tests.md")
BEGIN, END = "<!-- the table of defects.py -->", "<!-- its end -->"
# A defect may have its test wait for what never comes.
SECONDS = 30

HEADER = """\
// Which defect is on, if any: tests/defects/defects.py.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace daybook::internal {

// The first time that it is, says so: a test that fails before has not noticed the defect.
inline bool DefectIsOn(const char* name) {
  static const char* const on = std::getenv("DAYBOOK_DEFECT");
  if (on == nullptr || std::strcmp(on, name) != 0) return false;
  static const int told = std::fprintf(stderr, "met the defect %s\\n", name);
  return told > 0;
}

}  // namespace daybook::internal
"""

# Where it is on; that the place was run with it; the outcome as it is printed.
Result = collections.namedtuple("Result", "failed met said seconds")


class Defect:
    """One mistake: what is `right` in `file`, what is `wrong` instead, and the test to see it."""

    def __init__(self, name, mistake, file, right, wrong, test, filter):
        self.name, self.mistake, self.file = name, mistake, file
        self.right, self.wrong = right.strip(), wrong.strip()
        self.test, self.filter = test, filter
        if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
            sys.exit(f"{name}: the name of a defect is words joined by dashes")

    def planted(self):
        """Both, and the choice between them: of statements when they are, of expressions."""
        on = f'daybook::internal::DefectIsOn("{self.name}")'
        if self.right.endswith((";", "}")):
            return f"if ({on}) {{ {self.wrong} }} else {{ {self.right} }}"
        return f"({on} ? ({self.wrong}) : ({self.right}))"

    def command(self):
        program = os.path.relpath(planted_copy.program(COPY, self.test), ROOT)
        return f"DAYBOOK_DEFECT={self.name} {program} --gtest_filter={shlex.quote(self.filter)}"


def load():
    with open(os.path.join(HERE, "defects.toml"), "rb") as file:
        defects = [Defect(**fields) for fields in tomllib.load(file)["defect"]]
    names = [defect.name for defect in defects]
    for name in names:
        if names.count(name) > 1:
            sys.exit(f"{name}: two defects of one name")
    return defects


def plant(path, text, defects):
    """The `text` of a file with its `defects` in their places, each found exactly once."""
    places = []
    for defect in defects:
        if text.count(defect.right) != 1:
            sys.exit(f"{defect.name}: {path} holds {text.count(defect.right)} times, not once:\n"
                     f"{defect.right}")
        begin = text.index(defect.right)
        places.append((begin, begin + len(defect.right), defect))
    places.sort(key=lambda place: place[0])
    for (_, end, one), (begin, _, other) in zip(places, places[1:]):
        if begin < end:
            sys.exit(f"{one.name} and {other.name} are in one place of {path}")
    for begin, end, defect in reversed(places):
        text = text[:begin] + defect.planted() + text[end:]
    return planted_copy.include_header("defects.h", path) + text


def plant_all(defects):
    """The files that have defects, as they are with them, by name."""
    by_file = collections.defaultdict(list)
    for defect in defects:
        by_file[defect.file].append(defect)
    planted = {}
    for file, its_defects in by_file.items():
        path = os.path.join(ROOT, file)
        if not os.path.isfile(path):
            sys.exit(f"{its_defects[0].name}: there is no {file}")
        with open(path, encoding="utf-8") as source:
            planted[file] = plant(path, source.read(), its_defects).encode()
    return planted


def build(defects):
    targets = sorted({defect.test for defect in defects})
    if not planted_copy.configure(COPY) or not planted_copy.build(COPY, targets):
        sys.exit("the copy does not build")


def run(test, filter, name, temp):
    """Runs some tests with the defect `name`, or none."""
    command = [planted_copy.program(COPY, test), f"--gtest_filter={filter}", "--gtest_fail_fast"]
    ended, output, seconds = planted_copy.run(command, {"DAYBOOK_DEFECT": name}, temp, SECONDS)
    return Result(ended != 0, f"met the defect {name}" in output, say(ended, output), seconds)


def say(ended, output):
    """How a run of a program of GoogleTest ended, and in which test."""
    if ended == 0:
        count = re.search(r"Running (\d+) tests?", output)
        return f"{count.group(1) if count else 0} passed"
    test = planted_copy.test_that_failed(output)
    if ended is None:
        return f"{test}, which hung and was killed after {SECONDS} s,"
    if "[  FAILED  ]" in output:
        return test
    return f"{test}, ended by {'signal' if ended < 0 else 'exit code'} {abs(ended)},"


def check_without(defects, pool, temp):
    """Every named test passes where nothing is wrong: otherwise a failure would mean nothing."""
    runs = sorted({(defect.test, defect.filter) for defect in defects})
    results = pool.map(lambda run_of: run(*run_of, "", temp), runs)
    bad = 0
    for (test, filter), result in zip(runs, results):
        if result.failed or result.said.startswith("0 "):
            print(f"without a defect: {test} {filter}: {result.said}")
            bad += 1
    print(f"without a defect: {len(runs) - bad} of {len(runs)} runs pass", flush=True)
    return bad == 0


def try_each(defects, pool, temp):
    results = pool.map(lambda defect: run(defect.test, defect.filter, defect.name, temp), defects)
    caught = 0
    for defect, result in zip(defects, results):
        if result.failed and result.met:
            caught += 1
            print(f"{defect.name}: caught by {result.said} of {defect.test}, "
                  f"{result.seconds:.1f} s", flush=True)
        else:
            where = "though it was met" if result.met else "and its place was never run"
            print(f"{defect.name}: NOT CAUGHT, {where} ({result.said})\n  {defect.command()}",
                  flush=True)
    print(f"{caught} of {len(defects)} caught")
    return caught == len(defects)


def table(defects):
    yield "| defect | what somebody did wrong | where | seen by |"
    yield "| --- | --- | --- | --- |"
    for defect in defects:
        filter = defect.filter.replace("|", "\\|")
        yield (f"| `{defect.name}` | {defect.mistake} | `{defect.file}` | "
               f"`{defect.test}`: `{filter}` |")


def page_with(defects):
    """The page as it is, and as it should be."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    before, rest = text.split(BEGIN + "\n")
    _, after = rest.split(END + "\n")
    return text, f"{before}{BEGIN}\n" + "\n".join(table(defects)) + f"\n{END}\n{after}"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--room", metavar="ROOM")
    for option in ("--list", "--check-docs", "--write-docs"):
        parser.add_argument(option, action="store_true")
    arguments = parser.parse_args()
    all_defects = load()
    if arguments.list:
        print("\n".join(table(all_defects)))
        return 0
    if arguments.check_docs or arguments.write_docs:
        plant_all(all_defects)
        text, expected = page_with(all_defects)
        if arguments.write_docs:
            planted_copy.write_changed(PAGE, expected.encode(), 0o644)
        elif text != expected:
            print(f"{os.path.relpath(PAGE, ROOT)}: another table: defects.py --write-docs")
            return 1
        return 0

    defects = [d for d in all_defects if arguments.only is None or d.name in arguments.only]
    for name in arguments.only or ():
        if name not in [defect.name for defect in defects]:
            sys.exit(f"there is no defect {name}")
    if arguments.room is not None:
        defects = [d for d in defects if d.test.startswith(f"{arguments.room}_")]
        if not defects:
            sys.exit(f"no test of the room {arguments.room} is to see a defect")
    start = time.monotonic()
    planted_copy.copy_sources(COPY, plant_all(all_defects), "defects.h", HEADER)
    build(defects)
    built = time.monotonic()
    print(f"built in {built - start:.0f} s", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool, \
            tempfile.TemporaryDirectory(prefix="daybook-defects-",
                                        dir=planted_copy.temp_parent()) as temp:
        passed = check_without(defects, pool, temp) and try_each(defects, pool, temp)
    print(f"tried in {time.monotonic() - built:.0f} s; one by hand: {defects[0].command()}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
