#!/usr/bin/env python3
"""Writes the manual page of a program of the tools, from what its --help says.

    scripts/man_page.py PROGRAM OUTPUT
"""
import os
import re
import subprocess
import sys

ENTRY = re.compile(r"^  (\S.*?)(?:\s{2,}(.*))?$")


def parse(program, *command):
    """The description, and for each section of the help its (term, text) pairs."""
    text = subprocess.run([program, *command, "--help"], capture_output=True, text=True,
                          check=True).stdout
    description, *blocks = re.split(r"^(Usage|Positionals|Options|Subcommands|Exit codes):", text,
                                    flags=re.MULTILINE)
    sections = {}
    for name, block in zip(blocks[::2], blocks[1::2]):
        if name == "Usage":
            sections[name] = " ".join(block.split())
            continue
        sections[name] = entries = []
        for line in block.splitlines():
            entry = ENTRY.match(line)
            if entry and not line.startswith("   "):
                entries.append([entry[1], entry[2] or ""])
            elif line.strip():
                entries[-1][1] += " " + line.strip()
    return " ".join(description.split()), sections


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=['.])", r"\\&", text)


def term(name):
    """CLI11's "-n,--count UINT=10" in the manual's way."""
    name = name.replace(" REQUIRED", "").replace(",", ", ")
    name = name.replace(" TEXT", " VALUE" if name.startswith("-") else "")
    return roff(re.sub(r" (UINT|FLOAT)(?==|$)", " N", name))


def entries(pairs):
    for name, text in pairs:
        if name.startswith("-h,"):
            continue
        yield f".TP\n.B {term(name)}\n{roff(text)}"


def page(program):
    name = os.path.basename(program)
    version = subprocess.run([program, "--version"], capture_output=True, text=True,
                             check=True).stdout.strip()
    description, sections = parse(program)
    first, _, rest = description.partition(". ")
    yield f'.TH {name.upper()} 1 "" "{version}"'
    yield f".SH NAME\n{name} \\- {roff(first[0].lower() + first[1:])}"
    yield f".SH SYNOPSIS\n.B {name}\n.I COMMAND\n[\\fIARGUMENT\\fR...]"
    yield f".SH DESCRIPTION\n{roff(rest)}"
    yield ".SH COMMANDS"
    for command, _ in sections["Subcommands"]:
        about, parts = parse(program, command)
        yield f'.SS "{roff(parts["Usage"])}"'
        yield roff(about) + ("" if about.endswith(".") else ".")
        yield from entries(parts.get("Positionals", []) + parts.get("Options", []))
    yield ".SH EXIT STATUS"
    yield from entries(sections["Exit codes"])


def main():
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("\n".join(page(sys.argv[1])) + "\n")


main()
