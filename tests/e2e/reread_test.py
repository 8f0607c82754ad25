# SPDX-License-Identifier: Apache-2.0
"""Standbys really serve: after a kill at most two epochs of source rows are read again.  reread_test.py LEAT [NAME]

The counters say it: rows read before the kill, less those that the last generation did not need to read.
"""
import sys
import tempfile
import time

import job as jobs

LEAT = sys.argv[1]
RATE, EPOCH_S, ROWS = 5000, 0.5, 20000
LATE_S = 0.35  # the kill falls late in an epoch


def fresh_view(cluster, name):
    """The job right after its counters moved (workers tell them now and then, often with an epoch)."""
    first = cluster.job(name)
    cluster.wait_until(lambda: cluster.job(name)["rows_in"] != first["rows_in"], 5, "the counters move")
    return cluster.job(name)


def rows_read_again(folder, blow):
    files = folder + "/files"
    job = jobs.synthetic(files, row_count=ROWS, rate=RATE, epoch=f"{int(EPOCH_S * 1000)}ms")
    with jobs.Cluster(LEAT, folder, files=files) as cluster:
        cluster.start(3)
        cluster.command("submit", job.topology)
        cluster.wait_until(lambda: cluster.job(job.name)["epoch"] >= 4, 20, "epoch 4")
        before = fresh_view(cluster, job.name)
        time.sleep(LATE_S)
        blow(cluster)
        cluster.wait_state(job.name, ["FINISHED"], 40)
        after = cluster.job(job.name)
    job.expect_exact()
    if after["generation"] == before["generation"]:
        raise AssertionError("nothing had to start again: it was over before the kill")
    restored = ROWS - after["rows_in"]  # rows whose effect was kept
    read = before["rows_in"] + int(LATE_S * RATE)
    print(f"  about {read} rows read when it was killed, {restored} of them kept")
    return read - restored


def bound():
    return 2 * EPOCH_S * RATE


def a_killed_worker_costs_two_epochs_at_most(folder):
    again = rows_read_again(folder, lambda cluster: cluster.workers[2].kill())
    if not 0 <= again <= bound():
        raise AssertionError(f"{again} rows were read again, more than {bound()}")


def a_killed_coordinator_costs_two_epochs_and_its_absence(folder):
    def blow(cluster):
        cluster.coordinator.kill()
        cluster.coordinator.start()
    again = rows_read_again(folder, blow)  # what was read while it was away is not in `before`
    if not again <= bound():
        raise AssertionError(f"{again} rows were read again, more than {bound()}")


TESTS = [a_killed_worker_costs_two_epochs_at_most, a_killed_coordinator_costs_two_epochs_and_its_absence]


def main():
    failed = 0
    for test in TESTS:
        if len(sys.argv) > 2 and sys.argv[2] not in test.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="leat-reread-") as folder:
            started = time.monotonic()
            try:
                test(folder)
                print(f"ok   {test.__name__} {time.monotonic() - started:.1f} s", flush=True)
            except (AssertionError, TimeoutError, RuntimeError) as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
