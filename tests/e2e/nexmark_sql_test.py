# SPDX-License-Identifier: Apache-2.0
"""The Nexmark queries as Flink writes them run unchanged.  nexmark_sql_test.py LEAT EXAMPLES"""
import glob
import os
import subprocess
import sys


def main():
    leat, examples = os.path.abspath(sys.argv[1]), sys.argv[2]
    failed = 0
    paths = sorted(glob.glob(os.path.join(examples, "nexmark", "flink", "*.sql")))
    if len(paths) < 20:
        print(f"FAIL only {len(paths)} scripts were found")
        return 1
    for path in paths:
        done = subprocess.run([leat, "sql", "-f", path, "--executors", "2"], capture_output=True, text=True,
                              timeout=60, check=False)
        is_fine = done.returncode == 0 and "rows written" in done.stdout
        failed += not is_fine
        print("ok  " if is_fine else "FAIL", os.path.basename(path), done.stdout.strip(), done.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
