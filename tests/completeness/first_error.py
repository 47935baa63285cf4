#!/usr/bin/env python3
"""Compiles a source, and expects its first error to be the one that the source names.

    first_error.py SOURCE COMPILER ARGUMENT...

The source's line `// error: TEXT` says what the first line with an error contains; a source without
such a line compiles.
"""
import re
import subprocess
import sys


def main(arguments):
    source, command = arguments[0], arguments[1:]
    with open(source, encoding="utf-8") as file:
        expected = re.search(r"(?m)^// error: (.*)$", file.read())
    run = subprocess.run(command + [source], capture_output=True, text=True)
    errors = [line for line in run.stderr.splitlines() if "error:" in line]
    if expected is None:
        print(run.stderr)
        return run.returncode
    if run.returncode == 0:
        print(f"{source} compiles, where this error was expected: {expected.group(1)}")
        return 1
    if not errors or expected.group(1) not in errors[0]:
        print(f"expected the first error to say: {expected.group(1)}\nwhere it is:\n{run.stderr}")
        return 1
    print(errors[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
