#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run every test that CTest knows in a build tree and count what passed.

A Criterion program counts each of its tests, read from its closing line; its exit code alone
is not trusted: it is 0 when no test ran and when the leak checker complained. Any other test
counts as one. A sanitizer report (they go to files) is a failure whatever the program says.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

CLOSING = re.compile(r"\[====\] Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) "
                     r"\| Crashing: (\d+)")
DEFAULT_TIMEOUT_S = 600
SHOWN_LINES = 60


def tests_of(tree):
    """[(name, command, properties)] of the tree, as CTest would run them."""
    text = subprocess.run(["ctest", "--show-only=json-v1"], cwd=tree, check=True,
                          capture_output=True, text=True).stdout
    found = []
    for test in json.loads(text)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        found.append((test["name"], test.get("command", []), properties))
    return found


def environment_of(properties, scratch, reports):
    env = dict(os.environ, TMPDIR=scratch)
    for setting in properties.get("ENVIRONMENT", []):
        key, _, value = setting.partition("=")
        env[key] = value
    log = "log_path=" + os.path.join(reports, "report")
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
        env[name] = ":".join(filter(None, [env.get(name), log]))
    env["UBSAN_OPTIONS"] += ":print_stacktrace=1"
    return env


def run(command, cwd, env, timeout_s):
    """(exit code or None after a timeout, output)"""
    try:
        done = subprocess.run(command, cwd=cwd, env=env, timeout=timeout_s, text=True,
                              errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or ""
        return None, output if isinstance(output, str) else output.decode(errors="replace")
    except OSError as error:
        return 127, str(error)


def judge(name, code, output, expected=()):
    """(passed, failed, why it failed or None); a test with expected texts is judged by them alone, as CTest does"""
    closing = CLOSING.findall(output)
    if code is None:
        return 0, 1, "timed out"
    if expected:
        is_there = any(re.search(text, output, re.DOTALL) for text in expected)
        return (1, 0, None) if is_there else (0, 1, "it does not say what was expected")
    if closing:
        tested, passing = int(closing[-1][0]), int(closing[-1][1])
        failed = tested - passing
        if tested == 0:
            return 0, 1, "no test ran"
        if failed > 0:
            return passing, failed, "%d of %d tests failed" % (failed, tested)
        if code != 0:
            return passing, 1, "exit code %d" % code
        return passing, 0, None
    if name.startswith("unit_"):
        return 0, 1, "no closing line, exit code %d" % code
    return (1, 0, None) if code == 0 else (0, 1, "exit code %d" % code)


def reports_in(folder):
    texts = []
    for entry in sorted(os.listdir(folder)):
        with open(os.path.join(folder, entry), errors="replace") as file:
            texts.append(file.read())
    return texts


def run_one(test):
    name, command, properties = test
    if not command:
        return 0, 1, "not built", ""
    scratch, reports = tempfile.mkdtemp(prefix="leat-"), tempfile.mkdtemp(prefix="leat-reports-")
    try:
        if name.startswith("unit_"):
            command = command + ["-j%d" % (os.cpu_count() or 1)]
        timeout_s = float(properties.get("TIMEOUT", DEFAULT_TIMEOUT_S))
        cwd = properties.get("WORKING_DIRECTORY")
        env = environment_of(properties, scratch, reports)
        code, output = run(command, cwd, env, timeout_s)
        passed, failed, why = judge(name, code, output, properties.get("PASS_REGULAR_EXPRESSION", ()))
        texts = reports_in(reports)
        if texts and failed == 0:
            failed, why = 1, "the sanitizer has something to say"
        return passed, failed, why, output + "".join(texts)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(reports, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree")
    parser.add_argument("--results", help="append `PASSED FAILED` to this file")
    parser.add_argument("--filter", default="", help="only tests whose name matches")
    options = parser.parse_args()

    passed = failed = 0
    for test in tests_of(options.tree):
        if not re.search(options.filter, test[0]):
            continue
        start = time.monotonic()
        good, bad, why, output = run_one(test)
        passed, failed = passed + good, failed + bad
        seconds = time.monotonic() - start
        print("%-32s %4d passed %4d failed  %5.1f s%s" %
              (test[0], good, bad, seconds, "" if why is None else "  " + why), flush=True)
        if why is not None:
            print("\n".join("    " + line for line in output.splitlines()[-SHOWN_LINES:]))
    if passed + failed == 0:
        print("no test ran")
        failed = 1
    if options.results:
        with open(options.results, "a") as file:
            file.write("%d %d\n" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
