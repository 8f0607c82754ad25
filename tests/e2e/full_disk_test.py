# SPDX-License-Identifier: Apache-2.0
"""Full disks: the job waits, says why, loses nothing, and goes on by itself when there is room.

    full_disk_test.py LEAT [NAME]

Needs to mount small file systems: skipped with a word where that is not allowed.
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

import job as jobs

LEAT = sys.argv[1]
RESERVE_MB = 64  # what leat keeps free for decisions (common/base/limits.h)


class SmallDisk:
    """A tmpfs at `path` of so many megabytes, and a file that fills it up."""

    def __init__(self, path, megabytes):
        self.path = path
        self.filler = os.path.join(path, ".filler")
        os.makedirs(path, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path], check=True,
                       capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=False, capture_output=True)

    def fill(self, but_bytes=0):
        with open(self.filler, "ab", buffering=0) as file:
            room = os.statvfs(self.path)
            left = room.f_bavail * room.f_frsize - but_bytes
            try:
                while left > 0:
                    left -= file.write(b"\0" * min(left, 1 << 20))
            except OSError:
                pass

    def empty(self):
        os.unlink(self.filler)


def can_mount():
    with tempfile.TemporaryDirectory() as folder:
        try:
            with SmallDisk(folder, 1):
                return True
        except (subprocess.CalledProcessError, OSError):
            return False


def row_count(job):
    return len(jobs.parts_in_order(os.path.join(job.folder, "out")))


def wait_until(condition, timeout_s, what):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout_s} s it is still not so that {what}")
        time.sleep(0.02)


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


class Run:
    """`leat run` in the background."""

    def __init__(self, job, data):
        self.log = os.path.join(job.folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([LEAT, "run", job.topology, "--data", data, "--parallelism", "2"],
                                            stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def expect_waiting(self, job):
        """It lives, and nothing new becomes visible."""
        time.sleep(0.4)  # what was decided before may still appear
        before = row_count(job)
        time.sleep(1.2)
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}: {self.said()}")
        if row_count(job) != before:
            raise AssertionError("rows became visible although the disk was full")
        if "space" not in self.said() and "is full" not in self.said():
            raise AssertionError(f"it did not say why it waits: {self.said()!r}")

    def expect_finished(self, job):
        if self.process.wait(60) != 0:
            raise AssertionError(f"exit {self.process.returncode}: {self.said()}")
        job.expect_exact()


def the_data_folder_fills_up_and_is_freed(folder):
    job = jobs.synthetic(folder, rate=5000)
    with SmallDisk(os.path.join(folder, "data"), RESERVE_MB + 32) as disk:
        with Run(job, os.path.join(disk.path, "state")) as run:
            wait_until(lambda: row_count(job) > 0, 20, "first rows are visible")
            disk.fill(but_bytes=(RESERVE_MB - 8) << 20)
            run.expect_waiting(job)
            disk.empty()
            run.expect_finished(job)


def the_output_folder_fills_up_and_is_freed(folder):
    job = jobs.synthetic(folder, rate=5000)
    with SmallDisk(os.path.join(folder, "out"), 8) as disk:
        with Run(job, os.path.join(folder, "data")) as run:
            wait_until(lambda: row_count(job) > 0, 20, "first rows are visible")
            disk.fill()
            run.expect_waiting(job)
            disk.empty()
            run.expect_finished(job)


def a_killed_run_on_a_full_disk_goes_on_when_there_is_room(folder):
    job = jobs.synthetic(folder, rate=5000)
    with SmallDisk(os.path.join(folder, "data"), RESERVE_MB + 32) as disk:
        state = os.path.join(disk.path, "state")
        with Run(job, state) as run:
            wait_until(lambda: row_count(job) > 0, 20, "first rows are visible")
            disk.fill()
            time.sleep(0.5)
            run.process.kill()
        disk.empty()
        with Run(job, state) as run:
            run.expect_finished(job)


def one_workers_disk_fills_up(folder):
    """Two workers, two copies: the copy on the full disk must not be believed, nor stop the job for ever."""
    files = os.path.join(folder, "files")
    job = jobs.synthetic(files, rate=5000)
    with SmallDisk(os.path.join(folder, "worker-2"), RESERVE_MB + 32) as disk:
        with jobs.Cluster(LEAT, folder, files=files) as cluster:
            cluster.start(2)
            cluster.command("submit", job.topology)
            cluster.wait_until(lambda: (cluster.job(job.name) or {}).get("epoch", 0) >= 3, 20, "epoch 3")
            disk.fill(but_bytes=(RESERVE_MB - 8) << 20)
            time.sleep(2)
            for process in [cluster.coordinator, *cluster.workers.values()]:
                if not process.is_alive():
                    raise AssertionError(f"{process.name} died with {process.popen.returncode}")
            disk.empty()
            cluster.wait_state(job.name, ["FINISHED"], 60)
        job.expect_exact()


def a_stop_ends_a_run_that_waits(folder):
    job = jobs.synthetic(folder, rate=20000)
    command = [LEAT, "run", job.topology, "--data", os.path.join(folder, "data")]
    with SmallDisk(os.path.join(folder, "out"), 8) as disk:
        disk.fill()
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=30)[1]
        expect(process.returncode == 1 and "disk_full" in said and "run again" in said,
               f"exit {process.returncode}: {said}")
        disk.empty()
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        expect(done.returncode == 0, done.stderr)
        job.expect_exact()


def a_cluster_waits_and_says_for_which_folder(folder):
    files = os.path.join(folder, "files")
    job = jobs.synthetic(files, rate=20000)
    with SmallDisk(os.path.join(files, "out"), 8) as disk:
        disk.fill()
        with jobs.Cluster(LEAT, folder, files=files) as cluster:
            cluster.start(2)
            cluster.command("submit", job.topology)
            cluster.wait_until(lambda: (cluster.job(job.name) or {}).get("waiting"), 20, "the job says why it waits")
            waiting = cluster.job(job.name)["waiting"]
            expect(os.path.join(files, "out") in waiting and "sink out" in waiting, waiting)
            expect(waiting in cluster.command("describe", job.name), "describe does not show it")
            expect(not jobs.parts_in_order(os.path.join(files, "out")), "rows became visible")
            disk.empty()
            cluster.wait_state(job.name, ["FINISHED"], 60)
            expect(cluster.job(job.name)["restarts"] == 0, "it started again instead of waiting")
            expect(not cluster.job(job.name)["waiting"], "it still says that it waits")
        job.expect_exact()


TESTS = [a_stop_ends_a_run_that_waits, a_cluster_waits_and_says_for_which_folder,
         the_data_folder_fills_up_and_is_freed, the_output_folder_fills_up_and_is_freed,
         a_killed_run_on_a_full_disk_goes_on_when_there_is_room, one_workers_disk_fills_up]


def main():
    if not can_mount():
        print("SKIP full disks: mounting a tmpfs is not allowed here")
        return 0
    failed = 0
    for test in TESTS:
        if len(sys.argv) > 2 and sys.argv[2] not in test.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="leat-full-") as folder:
            started = time.monotonic()
            try:
                test(folder)
                print(f"ok   {test.__name__} {time.monotonic() - started:.1f} s", flush=True)
            except (AssertionError, TimeoutError, RuntimeError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
