#!/usr/bin/env python3
"""Runs the program `loans` as a user does, against an independent count of the same log.

  loans_program_test.py BIN CASE [LOG]

BIN holds `loans`. CASE is generated, given, killed or refused; `given` needs a LOG.
"""
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def loans(bin_dir, *arguments, expect=0):
    done = subprocess.run([os.path.join(bin_dir, "loans"), *arguments], capture_output=True,
                          text=True, check=False, timeout=200)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stderr if expect else done.stdout


def recount(log, *options):
    return subprocess.run([sys.executable, os.path.join(HERE, "loans_recount.py"), log, *options],
                          capture_output=True, text=True, check=True).stdout


def figures(report):
    report = dict(report)
    assert report.pop("events_per_second") >= 0
    return report


def same_as_recount(bin_dir, temp, log):
    store, report = os.path.join(temp, "store"), os.path.join(temp, "report.json")
    loans(bin_dir, "run", "--store", store, "--input", log, "--report", report)
    with open(report, encoding="utf-8") as file:
        counted = figures(json.load(file))
    assert counted == json.loads(recount(log)), (counted, recount(log))
    views, expected = loans(bin_dir, "tables", "--store", store, "--tsv"), recount(log, "--views")
    assert views == expected, first_difference(views, expected)
    replay = ["replay", "DailyIntake", "--workers", "2", "--compare"]
    replayed = loans(bin_dir, *replay, "--store", store)
    assert ", 0 different\n" in replayed and "answers" in replayed, replayed
    assert loans(bin_dir, "tables", "--store", store, "--tsv") == expected
    loans(bin_dir, "replay", "Nothing", "--store", store, expect=2)
    shutil.rmtree(store)
    return counted


def first_difference(one, other):
    for a, b in zip(one.splitlines() + [""], other.splitlines() + [""]):
        if a != b:
            return f"{a!r} instead of {b!r}"
    return "one is longer"


def generated(bin_dir, temp, _):
    """Logs of many seeds: the report and every row of the views are what the recount says."""
    rows = int(os.environ.get("ROWS", "3000"))
    for seed in range(1, 6):
        log = os.path.join(temp, "log.csv.gz" if seed % 2 else "log.csv")
        loans(bin_dir, "generate", "--rows", str(rows * seed), "--seed", str(seed), "--output", log)
        counted = same_as_recount(bin_dir, temp, log)
        assert counted["rows"] == rows * seed
        assert min(counted["rejections"].values()) > 0, counted


def given(bin_dir, temp, path):
    """A given log likewise."""
    same_as_recount(bin_dir, temp, path)


def killed(bin_dir, temp, _):
    """Killed at any moments, a run that is started again ends as one that was left alone."""
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    log_path = os.path.join(temp, "log.csv")
    loans(bin_dir, "generate", "--rows", "20000", "--seed", str(seed), "--output", log_path)
    whole, store = os.path.join(temp, "whole"), os.path.join(temp, "killed")
    begin = time.monotonic()
    expected = figures(json.loads(loans(bin_dir, "run", "--store", whole, "--input", log_path)))
    elapsed = time.monotonic() - begin
    kills, tries = 0, 0
    while kills < 6 and tries < 60:
        tries += 1
        command = [os.path.join(bin_dir, "loans"), "run", "--store", store, "--input", log_path]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as child:
            time.sleep(rng.random() * elapsed / 4)
            child.send_signal(signal.SIGKILL)
            error = child.stderr.read()
        assert child.returncode in (0, -signal.SIGKILL), (child.returncode, error)
        if child.returncode == 0:  # Quicker than the whole run was: begin anew, with less time.
            shutil.rmtree(store)
            kills, elapsed = 0, elapsed * 0.7
        else:
            kills += 1
    print("killed", kills, "times one after the other, in", tries, "tries")
    assert kills == 6
    counted = figures(json.loads(loans(bin_dir, "run", "--store", store, "--input", log_path)))
    assert counted == expected, (counted, expected)
    one, other = (loans(bin_dir, "tables", "--store", s, "--tsv") for s in (store, whole))
    assert one == other, first_difference(one, other)


def refused(bin_dir, temp, _):
    """What is wrong is said, with status 1 or 2, and nothing is left behind."""
    good = os.path.join(temp, "good.csv")
    loans(bin_dir, "generate", "--rows", "2000", "--seed", "9", "--output", good)
    with open(good, "rb") as file:
        data = file.read()
    lines = data.split(b"\n")
    lines[1500] = lines[1500].replace(b"T0", b" 0").replace(b"T1", b" 1").replace(b"T2", b" 2")
    bad = {
        "cut.csv.gz": (gzip.compress(data)[:-1000], "the gzip data ends early (DATA_LOSS)"),
        "time.csv": (b"\n".join(lines), "row 1500, column time:timestamp: must be a time"),
        "column.csv": (data.replace(b"AMOUNT_REQ", b"AMOUNT", 1), "column AMOUNT_REQ: must be"),
        "empty.csv": (b"", "the file is empty"),
        "bytes.csv": (b"\n".join(lines[:1499]) + b"\n7,1,,O_\xff,COMPLETE,,2011-10-01T00:00:00Z\n",
                      "row 1499, ChangeOffer.activity: must be"),
        "nul.csv": (data[:-5] + b"\0" + data[-5:], "must hold no NUL"),
    }
    store = os.path.join(temp, "store")
    for name, (content, words) in bad.items():
        path = os.path.join(temp, name)
        with open(path, "wb") as file:
            file.write(content)
        error = loans(bin_dir, "run", "--store", store, "--input", path, expect=1)
        assert path in error and words in error, error
        assert not os.path.exists(store), name
    loans(bin_dir, "run", "--store", store, "--input", os.path.join(temp, "none"), expect=1)
    loans(bin_dir, "tables", "--store", store, expect=1)
    assert not os.path.exists(store)
    loans(bin_dir, "run", "--store", store, expect=2)
    for number in ("-1", "", "1e3", "99999999999999999999"):
        loans(bin_dir, "generate", "--rows", number, "--output", store, expect=2)
    loans(bin_dir, expect=2)


def main():
    bin_dir, case, *rest = sys.argv[1:]
    cases = {"generated": generated, "given": given, "killed": killed, "refused": refused}
    with tempfile.TemporaryDirectory() as temp:
        cases[case](bin_dir, temp, rest[0] if rest else "")


if __name__ == "__main__":
    main()
