# SPDX-License-Identifier: Apache-2.0
"""Windows of processing time on a real clock: counts add up to the input.  processing_time_test.py LEAT NAME"""
import collections
import json
import os
import subprocess
import sys
import tempfile

LEAT = sys.argv[1]
ROWS = 12000
KEYS = 7

TOPOLOGY = """version: 1
topology: counts
epoch_interval: 100ms
sources:
  bids: {connector: file, path: bids.jsonl, rate: 8000, schema: {bidder: bigint}}
processors:
  per_window:
    input: bids
    group_by: bidder
    window: {tumble: 100ms, time: processing}
    aggregate: {n: "count(*)"}
sinks:
  out: {input: per_window, connector: file, path: out}
"""


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def prepare(folder):
    with open(os.path.join(folder, "bids.jsonl"), "w", encoding="utf-8") as file:
        for i in range(ROWS):
            file.write(json.dumps({"bidder": i % KEYS}) + "\n")
    topology = os.path.join(folder, "job.yaml")
    with open(topology, "w", encoding="utf-8") as file:
        file.write(TOPOLOGY)
    return [LEAT, "run", topology, "--data", os.path.join(folder, "data"), "--parallelism", "3"]


def check(folder):
    """Per bidder the sum of all windows is its rows, and no window of a bidder came twice."""
    sums = collections.Counter()
    windows = set()
    for base, _, names in os.walk(os.path.join(folder, "out")):
        for name in names:
            with open(os.path.join(base, name), encoding="utf-8") as file:
                for line in file:
                    row = json.loads(line)
                    sums[row["bidder"]] += row["n"]
                    window = (row["bidder"], row["window_start"], row["window_end"])
                    expect(window not in windows, f"{window} came twice")
                    windows.add(window)
    wanted = collections.Counter(i % KEYS for i in range(ROWS))
    expect(sums == wanted, f"{sums} instead of {wanted}")
    expect(len(windows) > KEYS, "everything fell into one window: the clock did not move")


def counts_add_up(folder):
    done = subprocess.run(prepare(folder), capture_output=True, text=True, timeout=60, check=False)
    expect(done.returncode == 0, done.stderr)
    check(folder)


def counts_add_up_after_kills(folder):
    command = prepare(folder)
    kills = 0
    for pause_s in (0.5, 0.7, 0.6):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(pause_s)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
    expect(kills >= 2, "it was over before it could be killed twice")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    expect(done.returncode == 0, done.stderr)
    check(folder)


def main():
    names = sys.argv[2:] or ["counts_add_up", "counts_add_up_after_kills"]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            globals()[name](folder)
        print("pass", name)


main()
