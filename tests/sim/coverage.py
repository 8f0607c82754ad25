#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Line coverage of the deterministic folders after a run of an instrumented simulator.

coverage.py BUILD [--least PERCENT] [--missed]

Exit 1 when a folder is covered less than PERCENT. --missed also lists, per file, the
lines that never ran. A line counts once, however many functions were made of it.
"""
import argparse
import collections
import json
import os
import subprocess
import sys

FOLDERS = ["coordinator/core", "worker/core", "worker/exec", "worker/operators"]


def notes_of(build, folder):
    base = os.path.join(build, folder, "CMakeFiles")
    for where, _, names in sorted(os.walk(base)):
        for name in sorted(names):
            if name.endswith(".gcno"):
                yield os.path.join(where, name)


def lines_of(build, root, folder):
    """{file: {line: hits}} of the C files in the folder."""
    hits = collections.defaultdict(collections.Counter)
    for notes in notes_of(build, folder):
        text = subprocess.run(["gcov", "--json-format", "--stdout", notes], capture_output=True, text=True,
                              check=True).stdout
        for unit in text.splitlines():
            for file in json.loads(unit)["files"]:
                path = os.path.relpath(os.path.join(build, file["file"]), root)
                if os.path.dirname(path) == folder and path.endswith(".c"):
                    for line in file["lines"]:
                        hits[path][line["line_number"]] += line["count"]
    return hits


def ranges(numbers):
    """[3, 4, 5, 9] as "3-5 9"."""
    found = []
    for n in sorted(numbers):
        if found and found[-1][1] == n - 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def row(name, covered, count):
    percent = 100.0 * covered / max(count, 1)
    print(f"{name:<20} {covered:>6} of {count:>6} lines  {percent:5.1f} %")
    return percent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--least", type=float, default=80.0)
    parser.add_argument("--missed", action="store_true")
    options = parser.parse_args()
    build, root = os.path.abspath(options.build), os.getcwd()
    all_covered = all_count = 0
    thin = []
    missed = {}
    for folder in FOLDERS:
        hits = lines_of(build, root, folder)
        count = sum(len(lines) for lines in hits.values())
        covered = sum(n > 0 for lines in hits.values() for n in lines.values())
        missed.update({path: [line for line, n in lines.items() if n == 0] for path, lines in hits.items()})
        if row(folder, covered, count) < options.least:
            thin.append(folder)
        all_covered, all_count = all_covered + covered, all_count + count
    row("all", all_covered, all_count)
    if options.missed:
        for path, numbers in sorted(missed.items(), key=lambda item: -len(item[1])):
            if numbers:
                print(f"{path}: {len(numbers)}: {ranges(numbers)}")
    if thin:
        print(f"coverage: under {options.least:.0f} %: {', '.join(thin)}")
    return 1 if thin else 0


if __name__ == "__main__":
    sys.exit(main())
