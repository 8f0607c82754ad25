# SPDX-License-Identifier: Apache-2.0
"""demo - a cluster that is killed and rescaled while events flow, and a checker that recounts.

    demo.py LEAT CHECKER TOPOLOGY [--keep DIR] [--sabotage drop|dup] [--rate N] [--seconds N]

The last line is `demo: ok lost=0 duplicated=0 events=... recovered_ms=...` or `demo: FAILED ...`.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "support"))
from cluster import Cluster  # noqa: E402

JOB = "auctions"


def arguments():
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("leat")
    parser.add_argument("checker")
    parser.add_argument("topology")
    parser.add_argument("--keep", metavar="DIR", help="leave everything here for anyone to recompute")
    parser.add_argument("--sabotage", choices=["drop", "dup"], help="break one row on purpose")
    parser.add_argument("--rate", type=int, default=100_000, help="rows a second")
    parser.add_argument("--seconds", type=int, default=50, help="how long the input lasts")
    return parser.parse_args()


class Progress:
    """Prints a line a second about the job, and remembers when rows became visible."""

    def __init__(self, cluster, out):
        self.cluster = cluster
        self.out = out
        self.started = time.monotonic()
        self.stopping = threading.Event()
        self.last_rows = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def say(self, text):
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)

    def run(self):
        while not self.stopping.wait(1.0):
            job = self.cluster.job(JOB)
            if job is None:
                continue
            rows = job.get("rows_in", 0)
            rate = 0 if self.last_rows is None else max(0, rows - self.last_rows)
            self.last_rows = rows
            workers = "  ".join(
                f"{w['name']}:{w['slots']} slots {w['state_bytes'] / 1e6:.1f} MB" for w in job.get("workers", []))
            self.say(f"{job['state']:<10} {rate:>8,} events/s  watermark {job.get('watermark') or '-':<23} "
                     f"epoch {job.get('epoch', 0):>4}  {workers}")

    def visible_parts(self):
        return sum(not name.startswith(".") for _, _, names in os.walk(self.out) for name in names)


def wait_running(cluster, slot_workers, timeout_s):
    """The job runs, and exactly this many workers hold slots."""
    def reached():
        job = cluster.job(JOB)
        if job is None or job["state"] == "FINISHED":
            return job is not None
        holders = [w for w in job.get("workers", []) if w["slots"] > 0]
        return job["state"] == "RUNNING" and len(holders) == slot_workers
    cluster.wait_until(reached, timeout_s, f"the job runs on {slot_workers} workers")


def kill_and_measure(cluster, progress, number):
    """kill -9; how long until rows become visible again that were not before."""
    progress.say(f"---- kill -9 worker-{number}")
    cluster.workers[number].kill()
    killed = time.monotonic()
    time.sleep(0.2)  # parts already decided when it died may still appear
    before = progress.visible_parts()
    cluster.wait_until(lambda: progress.visible_parts() > before, 30, "output resumes after the kill")
    recovered_ms = int((time.monotonic() - killed) * 1000)
    progress.say(f"---- output resumed {recovered_ms} ms after the kill")
    return recovered_ms


def sabotage(out, kind):
    """Drop or double one row of one visible part, as a bug in a sink would."""
    parts = sorted(os.path.join(base, name) for base, _, names in os.walk(out)
                   for name in names if not name.startswith("."))
    part = random.Random(1).choice(parts)
    with open(part, encoding="utf-8") as file:
        lines = file.readlines()
    lines = lines[1:] if kind == "drop" else [lines[0], *lines]
    with open(part, "w", encoding="utf-8") as file:
        file.writelines(lines)
    print(f"sabotage: {kind} one row of {os.path.basename(part)}", flush=True)


def run(options, folder):
    events = options.rate * options.seconds * 50 // 46
    defines = {"EVENTS": events, "EVENT_RATE": options.rate, "RATE": options.rate, "OUT": "out"}
    with Cluster(options.leat, folder) as cluster:
        out = os.path.join(cluster.files, "out")
        cluster.start(3)
        cluster.command("submit", options.topology, *[a for k, v in defines.items() for a in ("-D", f"{k}={v}")])
        progress = Progress(cluster, out)
        progress.thread.start()
        progress.say(f"submitted {os.path.basename(options.topology)}: {events:,} events "
                     f"at {options.rate:,} rows a second, one coordinator, three workers")
        wait_running(cluster, 3, 15)
        cluster.wait_until(lambda: progress.visible_parts() > 4, 20, "first rows are visible")
        time.sleep(options.seconds * 0.1)

        recovered_ms = kill_and_measure(cluster, progress, 2)
        progress.say("---- worker-2 comes back, worker-4 joins")
        cluster.start_worker(2)
        cluster.start_worker(4)
        wait_running(cluster, 4, 30)
        time.sleep(options.seconds * 0.1)
        for number in (1, 3):
            progress.say(f"---- SIGTERM to worker-{number}: it hands its share over and leaves")
            code = cluster.workers[number].stop(25)
            progress.say(f"---- worker-{number} left (exit {code})")
        wait_running(cluster, 2, 30)

        cluster.wait_state(JOB, ["FINISHED"], 120)
        progress.stopping.set()
        progress.say("---- the input has ended and every part is visible")
        for process in [*cluster.workers.values(), cluster.coordinator]:
            process.send(signal.SIGTERM)
    if options.sabotage:
        sabotage(out, options.sabotage)
    check = subprocess.run([options.checker, "--events", str(events), "--event-rate", str(options.rate),
                            "--hot", os.path.join(out, "hot"), "--quiet", os.path.join(out, "quiet")],
                           capture_output=True, text=True, check=False)
    sys.stderr.write(check.stderr)
    verdict = check.stdout.strip().splitlines()[-1] if check.stdout.strip() else "the checker said nothing"
    sys.stdout.write("".join(line + "\n" for line in check.stdout.strip().splitlines()[:-1]))
    if check.returncode != 0:
        print(f"demo: FAILED {verdict}")
        return 1
    print(f"demo: ok {verdict} recovered_ms={recovered_ms}")
    return 0


def main():
    options = arguments()
    folder = options.keep or tempfile.mkdtemp(prefix="leat-demo-")
    if options.keep and os.path.isdir(folder) and os.listdir(folder):
        print(f"demo: FAILED {folder} is not empty")
        return 1
    try:
        return run(options, folder)
    except (RuntimeError, TimeoutError) as error:
        print(f"demo: FAILED {error}")
        return 1
    finally:
        if options.keep:
            print(f"kept: {folder} (recount with {options.checker} --help)", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
