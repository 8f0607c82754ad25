# SPDX-License-Identifier: Apache-2.0
"""What `leat validate` says of every file in tests/golden/mistakes is what stands beside it.

  mistakes_test.py LEAT           compare
  mistakes_test.py LEAT --write   write what it says now; read the difference before you commit it

A file NAME.yaml or NAME.sql begins with a comment: the mistake in a sentence. NAME.txt has the exit
code and both outputs.
"""
import difflib
import os
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mistakes")


def said(leat, name):
    env = {key: value for key, value in os.environ.items() if key.startswith(("ASAN", "UBSAN", "LSAN", "PATH"))}
    done = subprocess.run([leat, "validate", name], cwd=FOLDER, env=env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    return f"exit {done.returncode}\n{done.stdout}"


def main():
    leat = os.path.abspath(sys.argv[1])
    writes = "--write" in sys.argv[2:]
    names = sorted(name for name in os.listdir(FOLDER) if name.endswith((".yaml", ".sql")))
    failed = 0
    for name in names:
        path = os.path.join(FOLDER, os.path.splitext(name)[0] + ".txt")
        now = said(leat, name)
        if writes:
            with open(path, "w", encoding="utf-8") as file:
                file.write(now)
            continue
        with open(path, encoding="utf-8") as file:
            expected = file.read()
        if now != expected:
            failed += 1
            print(f"FAILED {name}")
            sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), now.splitlines(True), "expected",
                                                       "said"))
    print(f"{len(names) - failed} passed, {failed} failed")
    return failed > 0 or len(names) < 40


sys.exit(main())
