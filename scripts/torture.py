#!/usr/bin/env python3
"""Runs the long proofs in rounds, with other seeds each time, until the time is up.

  torture.py --hours H [--seed N] [--json FILE] [TEST...]
  torture.py --write-docs [--json FILE]   the table of docs/promises.md, from such a file

Builds the target torture_tests, then runs every test of the label `torture`, or those that are
named, one after the other. Each prints "COUNT <what> <n>" for what it did; the sums stand in the
table at the end and in FILE, build/torture/counts.json unless told otherwise. The first test that
fails ends it: its output, and the command that runs it again.
"""
import argparse
import collections
import datetime
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUTPUT = os.path.join(ROOT, "build", "torture")
LABEL = "torture"

# How much of each proof a round has: a minute or a few, unless the environment says otherwise. Read
# by the tests, whichever they are.
ROUND = {
    "DAYBOOK_KILL_CYCLES": 1_000,
    "DAYBOOK_FLIPS": 2_000,
    "DAYBOOK_BACKUPS": 40,
    "DAYBOOK_OPERATIONS": 300_000,
    "DAYBOOK_HISTORIES": 500,
    "DAYBOOK_CUTS": 2_000,
    "DAYBOOK_IO_WORKLOADS": 1,
    "DAYBOOK_FULL_DISKS": 100,
}

# What is counted, in the order of the table. A test may count more.
COUNTED = ["kills", "acknowledged-commands", "flips", "cuts", "io-errors",
           "full-disks", "operations", "histories", "backups"]

PAGE = os.path.join(ROOT, "docs", "promises.md")
BEGIN, END = "<!-- the counts of torture.py -->", "<!-- their end -->"

# Rounds are so far apart that no test of one draws a seed of the next.
SEEDS_OF_A_ROUND = 1_000_000
SKIPPED = 77
# A round has several times of what ctest's time-outs are for.
TIMES_THE_TIMEOUT = 4


class Test:
    """A test of ctest: its command, where it runs, and its own environment."""

    def __init__(self, described):
        self.name = described["name"]
        self.command = described["command"]
        properties = {p["name"]: p["value"] for p in described["properties"]}
        self.directory = properties.get("WORKING_DIRECTORY", ROOT)
        self.timeout = TIMES_THE_TIMEOUT * properties.get("TIMEOUT", 600)
        self.environment = dict(pair.split("=", 1) for pair in properties.get("ENVIRONMENT", []))

    def replay(self, settings):
        words = [f"{name}={value}" for name, value in settings.items()]
        command = [os.path.relpath(self.command[0], ROOT)
                   if self.command[0].startswith(ROOT) else self.command[0]] + self.command[1:]
        return " ".join(words + [shlex.quote(word) for word in command])


def build():
    for command in (["cmake", "--preset", "dev"],
                    ["cmake", "--build", "--preset", "dev", "--target", f"{LABEL}_tests"]):
        if subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
            sys.exit(f"torture: failed: {shlex.join(command)}")


def tests(names):
    listed = subprocess.run(
        ["ctest", "--test-dir", os.path.join(ROOT, "build", "dev"), "--label-regex", f"^{LABEL}$",
         "--show-only=json-v1"], capture_output=True, text=True, check=True).stdout
    found = [Test(each) for each in json.loads(listed)["tests"] if "command" in each]
    if names:
        found = [test for test in found if test.name in names]
        unknown = set(names) - {test.name for test in found}
        if unknown:
            sys.exit(f"torture: no test of the label {LABEL}: {', '.join(sorted(unknown))}")
    if not found:
        sys.exit(f"torture: ctest knows no test of the label {LABEL}")
    return found


def place():
    """A directory for stores: in memory where there is room, as in scripts/test.sh."""
    memory = "/dev/shm"
    inherited = os.environ.get("TMPDIR")
    if not inherited and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30:
        inherited = memory
    return tempfile.mkdtemp(prefix="daybook-torture-", dir=inherited)


def run(test, settings, log):
    """The exit code, None where it hung; what it prints goes to `log`."""
    temp = place()
    environment = os.environ | test.environment | {
        name: str(value) for name, value in settings.items()} | {
        "TMPDIR": temp, "TEST_TMPDIR": temp}
    try:
        with open(log, "w", encoding="utf-8") as out:
            return subprocess.run(test.command, cwd=test.directory, env=environment, stdout=out,
                                  stderr=subprocess.STDOUT, check=False,
                                  timeout=test.timeout).returncode
    except subprocess.TimeoutExpired:
        return None
    finally:
        shutil.rmtree(temp, ignore_errors=True)


class Tally:
    """What was done so far."""

    def __init__(self, seed):
        self.counts = collections.Counter({what: 0 for what in COUNTED})
        self.runs = collections.Counter()
        self.seconds = collections.Counter()
        self.skipped = set()
        self.start = time.monotonic()
        self.report = {
            "began": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "commit": subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True,
                                     text=True, check=False).stdout.strip(),
            "first_seed": seed,
        }

    def add(self, test, log, seconds):
        self.runs[test.name] += 1
        self.seconds[test.name] += seconds
        with open(log, encoding="utf-8", errors="replace") as file:
            for what, count in re.findall(r"(?m)^COUNT ([a-z-]+) (\d+)$", file.read()):
                self.counts[what] += int(count)

    def write(self, file, failed=None):
        hours = (time.monotonic() - self.start) / 3600
        self.report |= {
            "hours": round(hours, 3),
            "failed": failed,
            "counts": self.counts,
            "runs": self.runs,
            "seconds": {name: round(value) for name, value in self.seconds.items()},
            "skipped": sorted(self.skipped),
        }
        os.makedirs(os.path.dirname(os.path.abspath(file)), exist_ok=True)
        with open(file, "w", encoding="utf-8") as out:
            json.dump(self.report, out, indent=2)
            out.write("\n")
        print(f"\n{'':28}{'in ' + format(hours, '.2f') + ' h':>14}")
        for what, count in self.counts.items():
            print(f"{what:28}{count:>14,}")
        for name in sorted(self.runs):
            print(f"{name:40} {self.runs[name]:>4} runs {self.seconds[name]:>8.0f} s")
        for name in sorted(self.skipped):
            print(f"{name:40} skipped: it cannot run here")
        print(f"written to {os.path.relpath(file)}", flush=True)


def write_docs(file):
    """Puts the counts of a run where the page has its table."""
    with open(file, encoding="utf-8") as source:
        report = json.load(source)
    if report["failed"]:
        sys.exit(f"torture: a run that failed is no table: {report['failed']}")
    table = [f"Began {report['began']}, {report['hours']:.2f} hours, first seed "
             f"{report['first_seed']}, at {report['commit'][:10]}.", "",
             "| what | how many |", "| --- | ---: |"]
    table += [f"| {what} | {count:,} |" for what, count in report["counts"].items()]
    table += [f"| runs of `{name}` | {runs:,} |" for name, runs in sorted(report["runs"].items())]
    with open(PAGE, encoding="utf-8") as source:
        before, rest = source.read().split(BEGIN)
    with open(PAGE, "w", encoding="utf-8") as out:
        out.write(before + "\n".join([BEGIN, *table, END]) + rest.split(END)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--seed", type=int, help="of the first round; otherwise drawn")
    parser.add_argument("--json", default=os.path.join(OUTPUT, "counts.json"))
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    if options.write_docs:
        write_docs(options.json)
        return
    seed = options.seed
    if seed is None:
        seed = int.from_bytes(os.urandom(4), "little")

    # As at the end of the time: the table is of what was done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("torture: ended from outside"))
    build()
    chosen = tests(options.tests)
    os.makedirs(OUTPUT, exist_ok=True)
    tally = Tally(seed)
    deadline = time.monotonic() + options.hours * 3600
    failed = None
    number = 0
    try:
        while failed is None and time.monotonic() < deadline:
            settings = {"DAYBOOK_SEED": seed + number * SEEDS_OF_A_ROUND} | {
                name: int(os.environ.get(name, count)) for name, count in ROUND.items()}
            number += 1
            print(f"round {number}: DAYBOOK_SEED={settings['DAYBOOK_SEED']}", flush=True)
            for test in chosen:
                if time.monotonic() >= deadline:
                    break
                if test.name in tally.skipped:
                    continue
                log = os.path.join(OUTPUT, f"{test.name}.log")
                began = time.monotonic()
                code = run(test, settings, log)
                seconds = time.monotonic() - began
                if code == SKIPPED:
                    tally.skipped.add(test.name)
                    continue
                if code != 0:
                    with open(log, encoding="utf-8", errors="replace") as file:
                        print(file.read()[-20_000:])
                    failed = test.replay(settings)
                    how = "hung" if code is None else f"failed with {code}"
                    print(f"{test.name} {how}. All it printed: "
                          f"{os.path.relpath(log)}. Again:\n  {failed}", flush=True)
                    break
                tally.add(test, log, seconds)
                print(f"  {test.name:40} {seconds:>6.0f} s", flush=True)
    finally:
        tally.write(options.json, failed)
    sys.exit(0 if failed is None else 1)


if __name__ == "__main__":
    main()
