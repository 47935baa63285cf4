"""Plants mutants in sources, each with a number by which it is switched on at run time."""
import collections
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess

import planted_copy
from planted_copy import ROOT

# A file has this many numbers, of the kNumbers that there are.
BLOCK = 4096
HEADER_NAME = "mutants.h"
# What the planted expressions do is warned about; a mutated number no longer fits for certain.
FLAGS = planted_copy.FLAGS + " -w -Wno-c++11-narrowing"

HEADER = """\
// Which mutant is on, if any, and which were come by: tests/defects/mutants.py.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

namespace daybook::mutation {

inline constexpr int kNumbers = 1 << 20;

struct Choice {
  int on;
  unsigned char* met;  // A byte for each number.
};

inline Choice Choose() {
  static unsigned char nowhere[kNumbers];
  Choice choice{-1, nowhere};
  if (const char* on = std::getenv("DAYBOOK_MUTANT")) choice.on = std::atoi(on);
  if (const char* path = std::getenv("DAYBOOK_MUTANTS_MET")) {
    const int file = open(path, O_RDWR);
    void* const map = mmap(nullptr, kNumbers, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || map == MAP_FAILED) std::abort();
    close(file);
    choice.met = static_cast<unsigned char*>(map);
  }
  return choice;
}

inline bool Is(int number) {
  static const Choice choice = Choose();
  unsigned char* const met = &choice.met[number];
  if (__atomic_load_n(met, __ATOMIC_RELAXED) == 0) __atomic_store_n(met, 1, __ATOMIC_RELAXED);
  return choice.on == number;
}

template <typename A, typename B>
bool Less(int n, A a, B b) {
  return Is(n) ? a <= b : Is(n + 1) ? a >= b : a < b;
}
template <typename A, typename B>
bool Greater(int n, A a, B b) {
  return Is(n) ? a >= b : Is(n + 1) ? a <= b : a > b;
}
template <typename A, typename B>
bool LessOrEqual(int n, A a, B b) {
  return Is(n) ? a < b : Is(n + 1) ? a > b : a <= b;
}
template <typename A, typename B>
bool GreaterOrEqual(int n, A a, B b) {
  return Is(n) ? a > b : Is(n + 1) ? a < b : a >= b;
}
template <typename A, typename B>
auto Plus(int n, A a, B b) {
  return Is(n) ? a - b : a + b;
}
template <typename A, typename B>
auto Minus(int n, A a, B b) {
  return Is(n) ? a + b : a - b;
}
template <typename A, typename B>
A& AddTo(int n, A& a, B b) {
  return Is(n) ? a -= b : a += b;
}
template <typename A, typename B>
A& TakeFrom(int n, A& a, B b) {
  return Is(n) ? a += b : a -= b;
}
template <typename A>
A& FirstUp(int n, A& a) {
  return Is(n) ? --a : ++a;
}
template <typename A>
A& FirstDown(int n, A& a) {
  return Is(n) ? ++a : --a;
}
template <typename A>
A ThenUp(int n, A& a) {
  return Is(n) ? a-- : a++;
}
template <typename A>
A ThenDown(int n, A& a) {
  return Is(n) ? a++ : a--;
}
template <typename A>
A Number(int n, A a) {
  return Is(n) ? static_cast<A>(a + 1) : Is(n + 1) ? static_cast<A>(a - 1) : a;
}

}  // namespace daybook::mutation
"""

IS = "::daybook::mutation::Is"

# One mutant: its site and what it does there, its number in the build, its name for people and
# results, which other lines of the file that come and go do not change.
Mutant = collections.namedtuple("Mutant", "key number site becomes line source")


def pieces(site, number):
    """What stands before the site, in place of its operator, and behind it."""
    on = f"{IS}({number})"
    if site.kind == "statement":
        return f"{{ if (!{on}) ", "", "}"
    if site.kind == "negation":
        return f"({on} != static_cast<bool>(", "", "))"
    if site.kind == "logic":  # not (not A and not B) is (A or B).
        return (f"((({on} != static_cast<bool>(",
                f")) {{operator}} ({on} != static_cast<bool>(", f"))) != {on})")
    two = site.kind not in ("Number",) and not site.kind.startswith(("First", "Then"))
    return f"::daybook::mutation::{site.kind}({number}, ", "," if two else "", ")"


def planted(text, numbered):
    """The `text` with the sites of `numbered` (site, number), and where each stands then."""
    numbered = sorted(numbered, key=lambda pair: (pair[0].begin, -pair[0].end))
    parts = []  # (offset, behind before in place, order, text, bytes that it replaces)
    for order, (site, number) in enumerate(numbered):
        prefix, middle, suffix = pieces(site, number)
        parts.append((site.begin, 1, order, prefix, 0))
        if site.operator:
            begin, end = site.operator
            middle = middle.replace("{operator}", text[begin:end].decode())
            parts.append((begin, 2, order, middle, end - begin))
        parts.append((site.end, 0, -order, suffix, 0))
    parts.sort(key=lambda part: part[:3])
    result, at = bytearray(), 0
    begins, ends = {}, {}
    for offset, phase, order, inserted, replaced in parts:
        result += text[at:offset]
        at = offset + replaced
        if phase == 1:
            begins[order] = len(result)
        result += inserted.encode()
        if phase == 0:
            ends[-order] = len(result)
    result += text[at:]
    spans = [(begins[order], ends[order], site) for order, (site, _) in enumerate(numbered)]
    return bytes(result), spans


def read(file):
    with open(os.path.join(ROOT, file), "rb") as source:
        return source.read()


def name_sites(file, text, sites):
    """The sites with their keys: of what stands there and around it, not of where that is."""
    seen = collections.Counter()
    for site in sites:
        begin = text.rfind(b"\n", 0, site.begin) + 1
        end = text.find(b"\n", site.end)
        what = b"\0".join([file.encode(), site.function.encode(), site.kind.encode(),
                           text[site.begin:site.end], b" ".join(text[begin:end].split())])
        seen[what] += 1
        yield hashlib.sha256(what + b"\0%d" % seen[what]).hexdigest()[:8], site


def mutants_of(sites_of):
    """All mutants of the sites, by file."""
    result = {}
    for block, file in enumerate(sorted(sites_of)):
        text, number, mutants = read(file), block * BLOCK, []
        for key, site in name_sites(file, text, sites_of[file]):
            line = text.count(b"\n", 0, site.begin) + 1
            source = " ".join(text[site.begin:site.end].decode().split())
            for becomes in site.mutants:
                which = site.mutants.index(becomes)
                mutants.append(Mutant(f"{key}.{which}", number, site, becomes, line, source))
                number += 1
        if number > (block + 1) * BLOCK:
            raise SystemExit(f"{file} has more than {BLOCK} mutants")
        result[file] = mutants
    return result


def site_key(mutant):
    return mutant.key.split(".")[0]


def plant(file, mutants, refused):
    """The file with all of its mutants but the refused sites, and where those stand."""
    first = {}
    for mutant in mutants:
        if site_key(mutant) not in refused:
            first.setdefault(id(mutant.site), (mutant.site, mutant.number))
    include = planted_copy.include_header(HEADER_NAME, os.path.join(ROOT, file)).encode()
    text, spans = planted(read(file), first.values())
    return include + text, [(begin + len(include), end + len(include), site)
                            for begin, end, site in spans]


def flags(copy, room):
    """What the sources of a room are compiled with."""
    with open(os.path.join(copy, "build", "dev", "compile_commands.json"),
              encoding="utf-8") as file:
        commands = json.load(file)
    for command in commands:
        if f"/CMakeFiles/daybook_{room}.dir/" in command["file"]:
            arguments = shlex.split(command["command"])
            return arguments[1:arguments.index("-o")]
    raise SystemExit(f"no source of {room} is compiled")


def errors(path, arguments):
    """Where the compiler finds errors in files of the copy: (path, line, column)."""
    command = ["clang++", *arguments, "-fsyntax-only", "-ferror-limit=0",
               "-fno-caret-diagnostics", path]
    output = subprocess.run(command, stderr=subprocess.PIPE, text=True).stderr
    found, in_header = [], False
    for line in output.splitlines():
        match = re.match(r"(.+?):(\d+):(\d+): (fatal error|error|note): (.*)", line)
        if not match:
            continue
        file, row, column, severity, text = match.groups()
        header = os.path.basename(file) == HEADER_NAME
        if severity != "note":
            in_header = header
            if not header:
                found.append((os.path.realpath(file), int(row), int(column), text))
        elif in_header and "requested here" in text and not header:
            found.append((os.path.realpath(file), int(row), int(column), text))
            in_header = False
    return found


def to_refuse(text, spans, row, column):
    """The sites at fault for an error there: the innermost around it, or all of its line."""
    lines = text.split(b"\n")
    row += 1  # Two lines of ours come first.
    begin = sum(len(line) + 1 for line in lines[:row])
    at, end = begin + column - 1, begin + len(lines[row])
    around = [span for span in spans if span[0] <= at < span[1]]
    if around:
        return [min(around, key=lambda span: span[1] - span[0])[2]]
    return [span[2] for span in spans if span[0] < end and span[1] > begin]


def refuse_what_does_not_compile(copy, mutants, refused, passed, workers):
    """Adds to `refused` the sites that do not compile, until the sources do; the sources by name.

    `passed` has the digests of what compiled before, and gets those of what does now.
    """
    def write(file):
        text, spans = plant(file, mutants[file], refused)
        path = os.path.join(copy, file)
        planted_copy.write_changed(path, text, os.stat(os.path.join(ROOT, file)).st_mode)
        return text, spans

    def digests():
        headers = b"".join(texts[file][0] for file in files if file.endswith(".h"))
        return {file: hashlib.sha256(HEADER.encode() + headers + texts[file][0]).hexdigest()
                for file in files if file.endswith(".cc")}

    planted_copy.write_changed(os.path.join(copy, HEADER_NAME), HEADER.encode(), 0o644)
    files = sorted(mutants)
    room_flags = {room: flags(copy, room) for room in {file.split("/")[0] for file in files}}
    while True:
        texts = {file: write(file) for file in files}
        check = [file for file, digest in digests().items() if digest not in passed]
        if not check:
            return {file: text for file, (text, _) in texts.items()}
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(lambda file: errors(os.path.join(copy, file),
                                                      room_flags[file.split("/")[0]]), check))
        passed.update(digests()[unit] for unit, its in zip(check, found) if not its)
        before = len(refused)
        for path, row, column, _ in sum(found, []):
            file = os.path.relpath(path, os.path.realpath(copy))
            at_fault = {id(site) for site in to_refuse(*texts[file], row, column)} \
                if file in texts else set()
            refused.update(site_key(mutant) for mutant in mutants.get(file, ())
                           if id(mutant.site) in at_fault)
        if any(found) and len(refused) == before:
            raise SystemExit(f"the planted sources do not compile: {sum(found, [])[0]}")
