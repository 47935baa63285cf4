"""Runs tests on the build with all mutants: which of them meet a mutant, and which one kills it."""
import collections
import concurrent.futures
import hashlib
import json
import mmap
import os
import re
import shutil
import subprocess
import tempfile

import planted_copy

# As kNumbers of mutation_plant.HEADER says.
NUMBERS = 1 << 20
# Of memory and of a file: a mutant may ask for any size.
MEMORY, FILE = 8 << 30, 1 << 30
# A run is killed after so many times its tests' usual time, and some seconds for a busy machine.
TIMES, SECONDS = 6, 10
# Tests are tried in waves that end after so many seconds, so that a quick one kills first.
WAVES = (1, 4, 12, 24, 48, float("inf"))

Test = collections.namedtuple("Test", "program name")
Outcome = collections.namedtuple("Outcome", "outcome by how seconds tests")


def limited(command):
    return ["prlimit", "--core=0", f"--as={MEMORY}", f"--fsize={FILE}", *command]


def tests_of(copy, program):
    """The names of all its tests that are not disabled."""
    output = subprocess.run([planted_copy.program(copy, program), "--gtest_list_tests"],
                            check=True, stdout=subprocess.PIPE, text=True).stdout
    suite = ""
    for line in output.splitlines():
        name = line.split("#")[0].strip()
        if not line.startswith(" "):
            suite = name
        elif "DISABLED_" not in suite + name:
            yield Test(program, suite + name)


def digest(copy, programs):
    whole = hashlib.sha256()
    for program in programs:
        with open(planted_copy.program(copy, program), "rb") as file:
            whole.update(file.read())
    return whole.hexdigest()


def run(copy, program, names, environment, parent, seconds):
    temp = tempfile.mkdtemp(prefix="run-", dir=parent)
    try:
        command = limited([planted_copy.program(copy, program), "--gtest_fail_fast",
                           "--gtest_filter=" + ":".join(names)])
        return planted_copy.run(command, environment, temp, seconds)
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def meet(copy, test, parent):
    """The numbers that a test comes by, and its seconds; it must pass without a mutant."""
    with tempfile.NamedTemporaryFile(dir=parent) as file:
        file.truncate(NUMBERS)
        result = run(copy, test.program, [test.name], {"DAYBOOK_MUTANTS_MET": file.name},
                     parent, 600)
        if result.ended != 0 or "Running 1 test from" not in result.output:
            raise SystemExit(f"{test.program} {test.name} does not pass without a mutant:\n"
                             f"{result.output[-3000:]}")
        with mmap.mmap(file.fileno(), NUMBERS, prot=mmap.PROT_READ) as met:
            numbers = [match.start() for match in re.finditer(rb"[^\0]", met)]
    return numbers, result.seconds


def meetings(copy, programs, state, parent, workers):
    """For each number, the tests that come by it; for each test, its seconds. Kept in `state`."""
    path = os.path.join(state, "meetings.json")
    kept = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
    seconds, by_number, fresh = {}, collections.defaultdict(list), {}
    for program in programs:
        build = digest(copy, [program])
        if kept.get(program, {}).get("build") != build:
            tests = list(tests_of(copy, program))
            with concurrent.futures.ThreadPoolExecutor(workers) as pool:
                found = list(pool.map(lambda test: meet(copy, test, parent), tests))
            kept[program] = {"build": build, "tests": {
                test.name: pair for test, pair in zip(tests, found)}}
            print(f"{program}: {len(tests)} tests pass without a mutant, "
                  f"{sum(pair[1] for pair in found):.0f} s", flush=True)
        fresh[program] = kept[program]
        for name, (numbers, its_seconds) in kept[program]["tests"].items():
            test = Test(program, name)
            seconds[test] = its_seconds
            for number in numbers:
                by_number[number].append(test)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({**kept, **fresh}, file)
        os.replace(path + ".new", path)
    return by_number, seconds


def waves(tests, seconds):
    """The tests, the quick ones first, cut into runs of one program each."""
    tests = sorted(tests, key=lambda test: (seconds[test], test))
    at, spent, groups = 0, 0.0, collections.defaultdict(list)
    for test in tests:
        while spent + seconds[test] > WAVES[at]:
            yield from sorted(groups.items(), key=lambda pair: sum(map(seconds.get, pair[1])))
            at, spent, groups = at + 1, 0.0, collections.defaultdict(list)
        groups[test.program].append(test)
        spent += seconds[test]
    yield from sorted(groups.items(), key=lambda pair: sum(map(seconds.get, pair[1])))


def judge(copy, number, tests, seconds, most, parent):
    """Whether one of the tests that come by the mutant kills it, in runs of `most` seconds."""
    if not tests:
        return Outcome("survived", "", "not met", 0.0, 0)
    spent, tried, usual_all = 0.0, 0, 0.0
    for program, group in waves(tests, seconds):
        usual = sum(seconds[test] for test in group)
        usual_all += usual
        if usual_all > most:
            return Outcome("survived", "", "met by more", round(spent, 2), tried)
        result = run(copy, program, [test.name for test in group],
                     {"DAYBOOK_MUTANT": str(number)}, parent, TIMES * usual + SECONDS)
        spent += result.seconds
        if result.ended is None:  # Or the machine was too busy.
            result = run(copy, program, [test.name for test in group],
                         {"DAYBOOK_MUTANT": str(number)}, parent, 2 * (TIMES * usual + SECONDS))
            spent += result.seconds
        tried += len(group)
        if result.ended != 0:
            how = "hung" if result.ended is None else \
                "failed" if "[  FAILED  ]" in result.output else "died"
            by = f"{program} {planted_copy.test_that_failed(result.output)}"
            return Outcome("killed", by, how, round(spent, 2), tried)
    return Outcome("survived", "", "met", round(spent, 2), tried)
