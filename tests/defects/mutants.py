#!/usr/bin/env python3
"""Mutates the engine: for each small change of its sources, does a test fail?

  mutants.py --sample N [--seed S]   plants all, builds once, and tries N of them
  mutants.py --file F... --sample N  of these files alone
  mutants.py --only KEY...           tries these, whatever is known of them
  mutants.py --survivors             tries again those that survived, after a test was added
  mutants.py --list-survivors        what survived so far
  mutants.py --report                the figures, by file

What is known of a mutant is kept in build/mutants/results.jsonl, by its key, and not found out
again; the key is made of what stands there, not of its line. --fresh forgets all.
"""
import argparse
import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import sys
import tempfile
import threading
import time

import mutation_plant
import mutation_run
import mutation_sites
import planted_copy
from planted_copy import ROOT

STATE = os.path.join(ROOT, "build", "mutants")
COPY = os.path.join(STATE, "source")
RESULTS = os.path.join(STATE, "results.jsonl")

# The rooms, and the programs whose tests are tried on their mutants.
CORE = ["core_values_test", "core_capture_test", "core_contract_test", "core_storage_test",
        "core_recovery_test", "core_log_import_test", "core_power_cut_test", "snapshots_test",
        "snapshots_backup_test", "tools_test"]
PROGRAMS = {"core": CORE, "snapshots": CORE, "projections": CORE + ["projections_test"]}


def sources(room, suffix):
    paths = glob.glob(os.path.join(ROOT, room, "src", "**", "*" + suffix), recursive=True)
    return sorted(os.path.relpath(path, ROOT) for path in paths)


def find_all(rooms):
    """The sites of all sources of the rooms, by file; those of an unchanged source are kept."""
    whole = hashlib.sha256()
    for path in [mutation_sites.__file__, *sorted(
            glob.glob(os.path.join(ROOT, "*", "src", "*.h")) +
            glob.glob(os.path.join(ROOT, "*", "include", "daybook", "*", "*.h")))]:
        with open(path, "rb") as file:
            whole.update(file.read())
    cache = os.path.join(STATE, "sites")
    os.makedirs(cache, exist_ok=True)
    found, jobs = {}, []
    for room in rooms:
        headers = {os.path.join(ROOT, name): name for name in sources(room, ".h")}
        flags = mutation_plant.flags(COPY, room)
        for name in sources(room, ".cc"):
            key = hashlib.sha256(whole.digest() + mutation_plant.read(name)).hexdigest()[:16]
            path = os.path.join(cache, f"{os.path.basename(name)}.{key}.json")
            jobs.append((name, path, flags, headers))
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for sites in pool.map(find_one, jobs):
            seen = set(found)
            for site in sites:
                if site.file not in seen:  # A header that another source includes too.
                    found.setdefault(site.file, []).append(site)
    return found


def find_one(job):
    name, path, flags, headers = job
    if not os.path.exists(path):
        sites = mutation_sites.find(name, os.path.join(ROOT, name), flags, headers)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump([site.__dict__ for site in sites], file)
        os.replace(path + ".new", path)
    with open(path, encoding="utf-8") as file:
        return [mutation_sites.Site(**fields) for fields in json.load(file)]


def prepare(rooms):
    """The copy with all mutants, built; the mutants that compile, by key."""
    if not planted_copy.configure(COPY, mutation_plant.FLAGS) or \
            not planted_copy.build(COPY, ["daybook_proto", "daybook_messages"]):
        sys.exit("the copy does not build")
    by_file = mutation_plant.mutants_of(find_all(rooms))
    path = os.path.join(STATE, "compiled.json")
    refused, passed = set(), set()
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
            refused, passed = set(kept["refused"]), set(kept["passed"])
    texts = mutation_plant.refuse_what_does_not_compile(COPY, by_file, refused, passed,
                                                        os.cpu_count())
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"refused": sorted(refused), "passed": sorted(passed)}, file)
    planted_copy.copy_sources(COPY, texts, mutation_plant.HEADER_NAME, mutation_plant.HEADER)
    programs = sorted({program for room in rooms for program in PROGRAMS[room]})
    if not planted_copy.build(COPY, programs):
        sys.exit("the copy does not build")
    mutants = {mutant.key: mutant for its in by_file.values() for mutant in its}
    compiled = {key: mutant for key, mutant in mutants.items()
                if mutation_plant.site_key(mutant) not in refused}
    print(f"{len(mutants)} mutants of {len(by_file)} files, {len(compiled)} compile", flush=True)
    with open(os.path.join(STATE, "mutants.json"), "w", encoding="utf-8") as file:
        json.dump({"mutants": len(mutants), "compiled": {
            key: describe(mutant) for key, mutant in compiled.items()}}, file)
    return compiled, programs


def describe(mutant):
    site = mutant.site
    return {"file": site.file, "line": mutant.line, "function": site.function,
            "source": mutant.source, "becomes": mutant.becomes}


def known():
    """What the results say of each mutant, the newest last."""
    results = {}
    if os.path.exists(RESULTS):
        with open(RESULTS, encoding="utf-8") as file:
            for line in file:
                result = json.loads(line)
                results[result["key"]] = result
    return results


def rank(seed):
    """The order of a seed: of the mutants' keys alone, so that others do not change it."""
    return lambda key: hashlib.sha256(f"{seed} {key}".encode()).digest()


def choose(arguments, compiled):
    if arguments.only:
        for key in arguments.only:
            if key not in compiled:
                sys.exit(f"there is no mutant {key} that compiles")
        return arguments.only
    results = known()
    keys = [key for key, mutant in compiled.items()
            if not arguments.file or mutant.site.file in arguments.file]
    if arguments.survivors:
        return [key for key in keys if results.get(key, {}).get("outcome") == "survived"]
    keys = sorted(keys, key=rank(arguments.seed))[:arguments.sample]
    return [key for key in keys if key not in results]


def try_all(keys, compiled, programs, most):
    lock, tally = threading.Lock(), collections.Counter()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="daybook-mutants-",
                                     dir=planted_copy.temp_parent()) as parent, \
            open(RESULTS, "a", encoding="utf-8") as file, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        by_number, seconds = mutation_run.meetings(COPY, programs, STATE, parent, os.cpu_count())

        def one(key):
            mutant = compiled[key]
            tests = by_number.get(mutant.number, [])
            outcome = mutation_run.judge(COPY, mutant.number, tests, seconds, most, parent)
            with lock:
                tally[outcome.outcome] += 1
                file.write(json.dumps({"key": key, **describe(mutant), **outcome._asdict()}) + "\n")
                file.flush()
                print(f"{sum(tally.values())}/{len(keys)} {key} {mutant.site.file}:{mutant.line} "
                      f"{mutant.source[:60]} [{mutant.becomes}]: {outcome.outcome} "
                      f"{outcome.how} {outcome.by} {outcome.seconds:.1f} s", flush=True)

        list(pool.map(one, keys))
    print(f"{tally['killed']} of {sum(tally.values())} killed in {time.monotonic() - start:.0f} s")


def report(mutants, results):
    """The figures, by file, of those mutants that are still there."""
    rows = collections.defaultdict(collections.Counter)
    for key, mutant in mutants["compiled"].items():
        row = rows[mutant["file"]]
        row["compiled"] += 1
        if key in results:
            row["tried"] += 1
            row[results[key]["outcome"]] += 1
    total = sum(rows.values(), collections.Counter())
    yield "| file | mutants | tried | killed | survived |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, row in [*sorted(rows.items()), ("all", total)]:
        yield (f"| {name} | {row['compiled']} | {row['tried']} | {row['killed']} | "
               f"{row['survived']} |")
    if total["tried"]:
        yield ""
        yield (f"{total['killed']} of {total['tried']} killed: "
               f"{100 * total['killed'] / total['tried']:.1f} %")


def survivors(mutants, results):
    for key, result in sorted(results.items(), key=lambda pair: (pair[1]["file"],
                                                                 pair[1]["line"])):
        if result["outcome"] == "survived" and key in mutants["compiled"]:
            yield (f"{key} {result['file']}:{mutants['compiled'][key]['line']} "
                   f"{result['function']}: {result['source'][:110]} [{result['becomes']}] "
                   f"({result['how']}, {result['tests']} tests)")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rooms", nargs="+", default=["core"], choices=sorted(PROGRAMS))
    parser.add_argument("--seconds", type=float, default=float("inf"), metavar="N",
                        help="of a mutant's tests, the quick ones that take N seconds in all")
    parser.add_argument("--file", nargs="+")
    parser.add_argument("--only", nargs="+", metavar="KEY")
    for option in ("--survivors", "--list-survivors", "--report", "--fresh"):
        parser.add_argument(option, action="store_true")
    arguments = parser.parse_args()
    os.makedirs(STATE, exist_ok=True)
    if arguments.fresh and os.path.exists(RESULTS):
        os.remove(RESULTS)
    if not (arguments.report or arguments.list_survivors):
        compiled, programs = prepare(arguments.rooms)
        keys = choose(arguments, compiled)
        print(f"seed {arguments.seed}: {len(keys)} mutants to try", flush=True)
        try_all(keys, compiled, programs, arguments.seconds)
    with open(os.path.join(STATE, "mutants.json"), encoding="utf-8") as file:
        mutants = json.load(file)
    lines = survivors if arguments.list_survivors else report
    print("\n".join(lines(mutants, known())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
