#!/usr/bin/env python3
"""Opens stores that the first slice of Daybook wrote, as today's build has to.

  loans_golden_test.py BIN

BIN holds `loans` and `daybook`. golden_store/README.md says what is in the archive. Until 2036: the
replies in it are kept for ten years, and `run` asks for them.
"""
import json
import os
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def run(bin_dir, program, *arguments):
    done = subprocess.run([os.path.join(bin_dir, program), *arguments], capture_output=True,
                          text=True, check=False, timeout=200)
    assert done.returncode == 0, (program, arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def events_are(read, wrote):
    """Each member that was printed then is printed now, and of the same value."""
    assert len(read) == len(wrote), (len(read), len(wrote))
    for now, then in zip(read, wrote):
        assert {name: now.get(name) for name in then} == then, (now, then)


def figures(path):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    del report["events_per_second"]
    return report


def opens(bin_dir, golden, store, whole):
    """`whole`: every row of the log was executed before the store was left."""
    with open(os.path.join(golden, "events.jsonl"), encoding="utf-8") as file:
        wrote = lines(file.read())
    stats = lines(run(bin_dir, "daybook", "stats", store, "--json"))[0]
    # What was acknowledged is there, before anything is written.
    read = lines(run(bin_dir, "daybook", "read", store, "--json"))
    if whole:
        events_are(read, wrote)
    else:
        assert 0 < len(read) < len(wrote), len(read)
        for now, then in zip(read, wrote):
            for name in ("position", "stream", "version", "type", "payload"):
                assert now[name] == then[name], (now, then)
    assert stats["events"] == len(read)
    run(bin_dir, "daybook", "verify", store)
    # The log is run again: what was decided is answered from the stored replies.
    report = os.path.join(golden, "report.now.json")
    run(bin_dir, "loans", "run", "--store", store, "--input",
        os.path.join(golden, "log.csv.gz"), "--report", report)
    assert figures(report) == figures(os.path.join(golden, "report.json"))
    after = lines(run(bin_dir, "daybook", "stats", store, "--json"))[0]
    assert after["events"] == len(wrote)
    if whole:
        assert after["chain"] == stats["chain"]
    with open(os.path.join(golden, "views.tsv"), encoding="utf-8") as file:
        assert run(bin_dir, "loans", "tables", "--store", store, "--tsv") == file.read()
    run(bin_dir, "loans", "doctor", "--store", store, "--min-free", "0")
    run(bin_dir, "daybook", "verify", store)


def main():
    with tempfile.TemporaryDirectory() as temp:
        with tarfile.open(os.path.join(HERE, "golden_store", "first_slice.tar.xz")) as archive:
            archive.extractall(temp)
        opens(sys.argv[1], temp, os.path.join(temp, "closed"), whole=True)
        opens(sys.argv[1], temp, os.path.join(temp, "killed"), whole=False)


main()
