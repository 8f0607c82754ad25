# SPDX-License-Identifier: Apache-2.0
"""Storms: random kills, pauses, wiped disks, joins and leaves on a cluster under load, then calm.

    storm_test.py LEAT [--seeds A..B] [--keep DIR]

A seed is a list of blows with times, made before the run and printed when it fails. Blows stay
within the promised budget: a disk is wiped only while every slot has two copies in sync. At the
end everybody is there again, the job must finish, and the output must be exact.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import job as jobs

WORKERS = 3
BLOWS = ["kill"] * 4 + ["kill_coordinator"] * 2 + ["kill_both", "kill_all", "pause", "long_pause",
                                                   "pause_coordinator", "wipe", "join", "leave"]


def plan_of(seed):
    """[(pause before in s, blow, worker, how long in s)]"""
    dice = random.Random(seed)
    return [(round(dice.uniform(0.1, 1.0), 2), dice.choice(BLOWS), dice.randint(1, WORKERS),
             round(dice.choice([0, 0.05, 0.3, 1.5]), 2)) for _ in range(dice.randint(2, 6))]


class Storm:
    def __init__(self, leat, folder, seed):
        files = os.path.join(folder, "files")
        self.seed = seed
        make = jobs.wiki if seed % 2 == 0 and jobs.has_wiki() else jobs.synthetic
        self.job = make(files, rate=6000)
        self.cluster = jobs.Cluster(leat, folder, files=files, executors=1 + seed % 2)
        self.next_worker = WORKERS + 1
        self.started = time.monotonic()
        self.story = []

    def say(self, text):
        self.story.append(f"{time.monotonic() - self.started:6.2f} s  {text}")

    def view(self):
        return self.cluster.job(self.job.name) or {}

    def is_over(self):
        return self.view().get("state") in ("FINISHED", "FAILED", "HALTED")

    def is_well(self):
        """Every slot has all its copies: one may be lost for good."""
        view = self.view()
        return (view.get("state") == "RUNNING" and view.get("replicas_in_sync", 0) >= 2
                and all(worker.is_alive() for worker in self.cluster.workers.values()))

    def restart(self, number, after_s):
        self.cluster.workers[number].kill()
        time.sleep(after_s)
        self.cluster.start_worker(number)

    def kill(self, number, after_s):
        self.restart(number, after_s)

    def kill_coordinator(self, _number, after_s):
        self.cluster.coordinator.kill()
        time.sleep(after_s)
        self.cluster.coordinator.start()

    def kill_both(self, number, after_s):
        self.cluster.coordinator.kill()
        self.restart(number, after_s)
        self.cluster.coordinator.start()

    def kill_all(self, _number, after_s):
        for process in [self.cluster.coordinator, *self.cluster.workers.values()]:
            process.kill()
        time.sleep(after_s)
        self.cluster.coordinator.start()
        for number in self.cluster.workers:
            self.cluster.start_worker(number)

    def pause_process(self, process, for_s):
        process.send(signal.SIGSTOP)
        time.sleep(for_s)
        process.send(signal.SIGCONT)

    def pause(self, number, for_s):
        self.pause_process(self.cluster.workers[number], for_s / 2)

    def long_pause(self, number, for_s):
        self.pause_process(self.cluster.workers[number], 1.2 + for_s)

    def pause_coordinator(self, _number, for_s):
        self.pause_process(self.cluster.coordinator, for_s)

    def wipe(self, number, after_s):
        deadline = time.monotonic() + 5
        while not self.is_well():
            if self.is_over() or time.monotonic() > deadline:
                self.say("wipe: not now, a copy is missing")
                return
            time.sleep(0.05)
        self.cluster.workers[number].kill()
        shutil.rmtree(self.cluster.path(f"worker-{number}"))
        time.sleep(after_s)
        self.cluster.start_worker(number)
        deadline = time.monotonic() + 10
        while not self.is_well() and not self.is_over() and time.monotonic() < deadline:
            time.sleep(0.05)  # the next loss for good may come when this one is made up for

    def join(self, _number, _after_s):
        self.cluster.start_worker(self.next_worker)
        self.next_worker += 1

    def leave(self, _number, _after_s):
        """The youngest of those that joined."""
        number = max(self.cluster.workers)
        if number > WORKERS:
            code = self.cluster.workers.pop(number).stop(20)
            self.say(f"worker-{number} left with exit code {code}")
            if code != 0:
                raise AssertionError(f"worker-{number} left with exit code {code}")

    def run(self):
        with self.cluster:
            self.cluster.start(WORKERS)
            self.started = time.monotonic()
            self.cluster.command("submit", self.job.topology)
            for pause_s, blow, number, how_long_s in plan_of(self.seed):
                time.sleep(pause_s)
                if self.is_over():
                    break
                self.say(f"{blow} worker-{number} {how_long_s} s at epoch {self.view().get('epoch')}")
                getattr(self, blow)(number, how_long_s)
            self.say("calm")
            self.cluster.wait_state(self.job.name, ["FINISHED"], 60)
            view = self.view()
            self.say(f"finished at epoch {view['epoch']}, {view['restarts']} restarts")
        self.job.expect_exact()
        self.expect_no_reports()

    def expect_no_reports(self):
        for name in os.listdir(self.cluster.path("log")):
            with open(self.cluster.path("log", name), encoding="utf-8", errors="replace") as log:
                for line in log:
                    if "ERROR: AddressSanitizer" in line or "runtime error" in line or line.startswith("BUG:"):
                        raise AssertionError(f"{name}: {line.strip()}")


def run_seed(leat, seed, keep):
    folder = tempfile.mkdtemp(prefix=f"leat-storm-{seed}-")
    storm = Storm(leat, folder, seed)
    try:
        storm.run()
        print(f"ok   storm {seed}: {storm.story[-1].strip()}", flush=True)
        shutil.rmtree(folder)
        return True
    except (AssertionError, TimeoutError, RuntimeError, subprocess.TimeoutExpired) as error:
        print(f"FAIL storm {seed}: {error}", *storm.story, sep="\n  ", flush=True)
        if keep:
            shutil.copytree(folder, os.path.join(keep, f"storm-{seed}"), symlinks=True)
            print(f"  kept in {keep}/storm-{seed}")
        shutil.rmtree(folder)
        return False


def main():
    parser = argparse.ArgumentParser(prog="storm_test")
    parser.add_argument("leat")
    parser.add_argument("--seeds", default="1..2", metavar="A..B")
    parser.add_argument("--keep", metavar="DIR", help="keep the folders of seeds that fail")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split(".."))
    results = [run_seed(options.leat, seed, options.keep) for seed in range(first, last + 1)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
