# SPDX-License-Identifier: Apache-2.0
"""On a cluster: one process dies at a durable step, comes back, and nothing shows.

    failpoint_cluster_test.py LEAT [steady|rare|errors|NAME]

The steps are the LEAT_FAILPOINTs of the tree, every one of them: a step that is not hit fails the
test. `steady` ones come with every epoch or start, `rare` ones need a scene of their own, and
`errors` makes a step fail instead of the process.
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
ELSEWHERE = {"test_durable_step", "sink_write"}  # a unit test's own; only fails: `errors`
SEEDING = {"seed_piece_read", "seed_piece_durable"}  # failpoint_test.py has the scene
RARE = {"merge_before_commit", "forget_durable"}
ONCE = {"generation_durable", "keep_durable"}  # hit when a generation starts, not per epoch
ERRORS = {"sink_write", "journal_before_commit"}


def failpoints():
    found = set()
    for folder in ("worker", "coordinator", "common"):
        for base, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith(".c"):
                    with open(os.path.join(base, name), encoding="utf-8") as file:
                        found |= set(re.findall(r"LEAT_FAILPOINT\((\w+)\)", file.read()))
    return sorted(found - ELSEWHERE - SEEDING)


class Scene:
    """A cluster of which one process is armed, and a job."""

    def __init__(self, folder, armed, name, action="kill", hit=1, make=jobs.synthetic, workers=3, **options):
        files = os.path.join(folder, "files")
        self.job = make(files, **options)
        self.cluster = jobs.Cluster(LEAT, folder, files=files)
        self.name, self.workers = name, workers
        count = 6 if action == "error" else 1  # own deltas and copies of others' both get their share
        env = {"LEAT_FAILPOINT": ",".join(f"{name}@{hit + i}={action}" for i in range(count))}
        self.arm = {armed: env}
        self.victim = armed

    def __enter__(self):
        cluster = self.cluster
        cluster.coordinator.start(self.arm.get(0))
        cluster.wait_until(lambda: cluster.is_up() or self.is_dead(), 15, "the coordinator answers")
        self.revive_coordinator()
        for number in range(1, self.workers + 1):
            cluster.start_worker(number, self.arm.get(number))
        cluster.wait_until(lambda: len(cluster.alive_workers()) == self.workers or self.is_dead(), 15,
                           "all workers are there")
        return self

    def __exit__(self, *_):
        self.cluster.__exit__()

    def process(self):
        return self.cluster.workers[self.victim] if self.victim else self.cluster.coordinator

    def is_dead(self):
        process = self.process() if self.victim == 0 or self.victim in self.cluster.workers else None
        return process is not None and not process.is_alive()

    def revive_coordinator(self):
        if self.victim == 0 and self.is_dead():
            self.expect_killed()
            self.cluster.coordinator.start()
            self.cluster.wait_until(self.cluster.is_up, 15, "the coordinator is back")

    def expect_killed(self):
        code = self.process().popen.returncode
        if code != -9:
            raise AssertionError(f"it ended with {code} instead of being killed at {self.name}")

    def submit(self):
        self.cluster.command("submit", self.job.topology)

    def finish(self):
        self.cluster.wait_state(self.job.name, ["FINISHED"], 60)
        self.job.expect_exact()

    def wait_hit(self):
        self.cluster.wait_until(self.is_dead, 20, f"{self.name} is hit")
        self.expect_killed()

    def revive(self):
        time.sleep(0.1)
        self.process().start()


def steady(name, hits=(1, 5, 12)):
    """Killed at the first, a middle and a later hit."""
    for hit in hits[:1] if name in ONCE else hits:
        with tempfile.TemporaryDirectory(prefix="leat-failpoint-") as folder:
            victim = 0 if name.startswith("clog_") else 1
            # The coordinator's first records are its workers: from the fourth on they are the job's.
            hit += 4 if victim == 0 else 0
            with Scene(folder, victim, name, hit=hit, rate=8000, row_count=16000) as scene:
                scene.submit()
                scene.wait_hit()
                scene.revive()
                scene.finish()


def merge_before_commit(name):
    with tempfile.TemporaryDirectory(prefix="leat-failpoint-") as folder:
        with Scene(folder, 1, name, make=jobs.wide, workers=2) as scene:
            scene.submit()
            scene.cluster.workers[2].send(0)
            scene.wait_hit()
            scene.revive()
            scene.finish()


def forget_durable(name):
    """A job that has finished is forgotten: dying there must not wake it, nor hurt the next one."""
    with tempfile.TemporaryDirectory(prefix="leat-failpoint-") as folder:
        with Scene(folder, 1, name, rate=10**9, row_count=4000) as scene:
            scene.submit()
            scene.wait_hit()
            scene.finish()
            scene.revive()
            scene.cluster.wait_until(lambda: len(scene.cluster.alive_workers()) == 3, 15, "it is back")
            following = jobs.synthetic(os.path.join(scene.cluster.files, "next"), row_count=4000, rate=10**9)
            scene.cluster.command("submit", "--ignore-state", following.topology)
            scene.cluster.wait_until(lambda: scene.cluster.job("edits")["epoch"] > 0, 20, "the next job runs")
            scene.cluster.wait_state("edits", ["FINISHED"], 30)


def error_once(name):
    """The step fails some times, as on a full disk: nobody dies, it is tried again, and the log says so."""
    for hit in (8, 20):
        with tempfile.TemporaryDirectory(prefix="leat-failpoint-") as folder:
            with Scene(folder, 1, name, action="error", hit=hit, rate=8000, row_count=16000) as scene:
                scene.submit()
                scene.finish()
                with open(scene.cluster.path("log", "worker-1.log"), encoding="utf-8") as log:
                    if f"failpoint {name}" not in log.read():
                        raise AssertionError("it was never hit")


def chosen(which):
    every = failpoints()
    runs = [(name, steady) for name in every if name not in RARE]
    rare = [(name, {"merge_before_commit": merge_before_commit, "forget_durable": forget_durable}[name])
            for name in every if name in RARE]
    errors = [(name, error_once) for name in sorted(ERRORS)]
    groups = {"": runs + rare + errors, "steady": runs, "rare": rare, "errors": errors}
    return groups.get(which) or [(name, run) for name, run in runs + rare if name == which]


def main():
    failed = 0
    runs = chosen(sys.argv[2] if len(sys.argv) > 2 else "")
    if not runs:
        print(f"FAIL there is no failpoint {sys.argv[2]}")
        return 1
    for name, run in runs:
        started = time.monotonic()
        try:
            run(name)
            print(f"ok   {run.__name__} {name} {time.monotonic() - started:.1f} s", flush=True)
        except (AssertionError, TimeoutError, RuntimeError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAIL {run.__name__} {name}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
