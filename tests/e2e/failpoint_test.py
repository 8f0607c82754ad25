# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every durable step, then go on: nothing lost, nothing twice.  failpoint_test.py LEAT [run|cluster|NAME]

The steps are the LEAT_FAILPOINTs of the tree. `leat run` is killed at the first and a later
hit of each; what only a cluster does is killed on a worker or the coordinator of one. A failpoint
that no run ever hit fails the test: then it proves nothing.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

import job as jobs

LEAT = sys.argv[1]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HITS = (1, 4)
KILLED = -9

# Not steps of a run that a kill can fall on.
ELSEWHERE = {
    "test_durable_step": "a unit test's own",
    "sink_write": "fails the write instead: run_test.py",
}
CLUSTER_ONLY = {"seed_piece_read", "seed_piece_durable"}
RARE = {"merge_before_commit", "forget_durable"}  # need megabytes of state, or a job that is forgotten


def failpoints():
    found = set()
    for folder in ("worker", "coordinator", "common"):
        for base, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith(".c"):
                    with open(os.path.join(base, name), encoding="utf-8") as file:
                        found |= set(re.findall(r"LEAT_FAILPOINT\((\w+)\)", file.read()))
    return sorted(found - set(ELSEWHERE) - RARE)


def run_once(job, failpoint=None):
    env = dict(os.environ)
    if failpoint:
        env["LEAT_FAILPOINT"] = failpoint
    done = subprocess.run([LEAT, "run", job.topology, "--data", os.path.join(job.folder, "data"),
                           "--parallelism", "2", "--executors", "2"],
                          env=env, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode not in (0, KILLED):
        raise AssertionError(f"{failpoint}: exit {done.returncode}: {done.stderr}")
    return done.returncode


def embedded(name):
    """How many of the kills were hit."""
    hits = 0
    for hit in HITS:
        with tempfile.TemporaryDirectory(prefix="leat-failpoint-") as folder:
            job = jobs.synthetic(folder, row_count=5000, rate=12000)
            was_hit = run_once(job, f"{name}@{hit}=kill") == KILLED
            hits += was_hit
            if was_hit and run_once(job) != 0:
                raise AssertionError(f"{name}@{hit}: it did not come to its end")
            try:
                job.expect_exact()
            except AssertionError as error:
                raise AssertionError(f"{name}@{hit}: {error}") from error
    return hits


def on_cluster(name):
    """A worker joins; while it is seeded, it or an owner dies at the step and comes back."""
    with tempfile.TemporaryDirectory(prefix="leat-failpoint-") as folder:
        files = os.path.join(folder, "files")
        job = jobs.synthetic(files, row_count=60000, rate=12000)
        with jobs.Cluster(LEAT, folder, files=files) as cluster:
            victims = (1, 2) if name == "seed_piece_read" else (3,)
            cluster.coordinator.start()
            cluster.wait_until(cluster.is_up, 15, "the coordinator answers")
            for number in (1, 2):
                armed = {"LEAT_FAILPOINT": f"{name}@1=kill"} if number in victims else None
                cluster.start_worker(number, armed)
            cluster.wait_until(lambda: len(cluster.alive_workers()) == 2, 15, "two workers are there")
            cluster.command("submit", job.topology)
            cluster.wait_until(lambda: (cluster.job(job.name) or {}).get("epoch", 0) >= 3, 20, "epoch 3")
            cluster.start_worker(3, {"LEAT_FAILPOINT": f"{name}@1=kill"} if 3 in victims else None)
            cluster.wait_until(lambda: any(not cluster.workers[v].is_alive() for v in victims), 15,
                               f"{name} is hit")
            for victim in victims:
                if not cluster.workers[victim].is_alive():
                    cluster.start_worker(victim)
            cluster.wait_state(job.name, ["FINISHED"], 40)
        job.expect_exact()
    return 1


def main():
    failed = 0
    which = sys.argv[2] if len(sys.argv) > 2 else ""
    names = [name for name in failpoints()
             if which in ("", name) or which == ("cluster" if name in CLUSTER_ONLY else "run")]
    if not names:
        print(f"FAIL no failpoint is called {which}")
        return 1
    for name in names:
        started = time.monotonic()
        try:
            hits = on_cluster(name) if name in CLUSTER_ONLY else embedded(name)
            if hits == 0:
                raise AssertionError(f"{name} was never hit")
            print(f"ok   {name} killed {hits} times, {time.monotonic() - started:.1f} s", flush=True)
        except (AssertionError, TimeoutError, RuntimeError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAIL {name}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
