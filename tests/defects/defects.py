#!/usr/bin/env python3
"""Tests the tests: each defect of defects.toml is planted in the engine, and a test must fail.

  defects.py                 plants all in one copy of the sources, builds it, and tries each
  defects.py --only NAME...  tries these alone
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
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
COPY = os.path.join(ROOT, "build", "defects", "source")
PROGRAMS = os.path.join(COPY, "build", "dev", "bin")
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
        program = os.path.relpath(os.path.join(PROGRAMS, self.test), ROOT)
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
    header = os.path.relpath(os.path.join(ROOT, "defects.h"), os.path.dirname(path))
    return f'#include "{header}"\n#line 1\n{text}'


def write_changed(path, content, mode):
    """Leaves a file alone that is what it should be, so that it is not built again."""
    if os.path.exists(path):
        with open(path, "rb") as file:
            if file.read() == content:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)


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


def copy_sources(defects):
    """Makes the copy, with every defect planted; what is no file any more goes from it too."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    files = {file for file in listed.split("\0") if os.path.isfile(os.path.join(ROOT, file))}
    planted = plant_all(defects)
    for file in sorted(files):
        path = os.path.join(ROOT, file)
        content = planted.get(file)
        if content is None:
            with open(path, "rb") as source:
                content = source.read()
        write_changed(os.path.join(COPY, file), content, os.stat(path).st_mode)
    write_changed(os.path.join(COPY, "defects.h"), HEADER.encode(), 0o644)
    for directory, names, filenames in os.walk(COPY):
        names[:] = [name for name in names if os.path.join(directory, name) !=
                    os.path.join(COPY, "build")]
        for name in filenames:
            path = os.path.join(directory, name)
            if os.path.relpath(path, COPY) not in files | {"defects.h"}:
                os.remove(path)


def build(defects):
    targets = sorted({defect.test for defect in defects})
    # Without times in them, precompiled headers and what uses them are found by ccache again.
    configure = ["cmake", "--preset", "dev", "-DCMAKE_CXX_FLAGS_DEBUG=-Xclang -fno-pch-timestamp"]
    compile_all = ["cmake", "--build", "--preset", "dev", "--target", *targets]
    if subprocess.run(configure, cwd=COPY, stdout=subprocess.DEVNULL).returncode != 0 or \
            subprocess.run(compile_all, cwd=COPY).returncode != 0:
        sys.exit("the copy does not build")


def run(test, filter, name, temp):
    """Runs some tests with the defect `name`, or none."""
    environment = {**os.environ, "TMPDIR": temp, "TEST_TMPDIR": temp, "DAYBOOK_DEFECT": name}
    command = [os.path.join(PROGRAMS, test), f"--gtest_filter={filter}", "--gtest_fail_fast"]
    start = time.monotonic()
    # In its own session, so that its children end with it.
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=temp,
                          stderr=subprocess.STDOUT, start_new_session=True) as child:
        try:
            output, _ = child.communicate(timeout=SECONDS)
            ended = child.returncode
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            output, _ = child.communicate()
            ended = None
    output = output.decode(errors="replace")
    return Result(ended != 0, f"met the defect {name}" in output, say(ended, output),
                  time.monotonic() - start)


def say(ended, output):
    """How a run of a program of GoogleTest ended, and in which test."""
    if ended == 0:
        count = re.search(r"Running (\d+) tests?", output)
        return f"{count.group(1) if count else 0} passed"
    begun = re.findall(r"(?m)^\[ RUN      \] (\S+)", output)
    last = begun[-1] if begun else "no test"
    if ended is None:
        return f"{last}, which hung and was killed after {SECONDS} s,"
    failed = re.findall(r"(?m)^\[  FAILED  \] ([^\s,]+)", output)
    if failed:
        return failed[0]
    return f"{last}, ended by {'signal' if ended < 0 else 'exit code'} {abs(ended)},"


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


def temp_parent():
    """In memory where there is room, as in scripts/test.sh."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize >= 4 << 30:
            return memory
    return None


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
            write_changed(PAGE, expected.encode(), 0o644)
        elif text != expected:
            print(f"{os.path.relpath(PAGE, ROOT)}: another table: defects.py --write-docs")
            return 1
        return 0

    defects = [d for d in all_defects if arguments.only is None or d.name in arguments.only]
    for name in arguments.only or ():
        if name not in [defect.name for defect in defects]:
            sys.exit(f"there is no defect {name}")
    start = time.monotonic()
    copy_sources(all_defects)
    build(defects)
    built = time.monotonic()
    print(f"built in {built - start:.0f} s", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool, \
            tempfile.TemporaryDirectory(prefix="daybook-defects-", dir=temp_parent()) as temp:
        passed = check_without(defects, pool, temp) and try_each(defects, pool, temp)
    print(f"tried in {time.monotonic() - built:.0f} s; one by hand: {defects[0].command()}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
