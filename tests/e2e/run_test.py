# SPDX-License-Identifier: Apache-2.0
"""`leat run`: exact, resumable after kill -9, and clear about everything else.  run_test.py LEAT"""
import gzip
import os
import signal
import subprocess
import sys
import tempfile
import time

import job as jobs

LEAT = sys.argv[1]


def leat(*arguments, env=None, cwd=None, timeout=60):
    return subprocess.run([LEAT, *arguments], capture_output=True, text=True, timeout=timeout, check=False,
                          cwd=cwd, env=dict(os.environ, **(env or {})))


def run_job(job, *arguments, **options):
    return leat("run", job.topology, "--data", os.path.join(job.folder, "data"), *arguments, **options)


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def expect_fine(done):
    expect(done.returncode == 0, f"exit {done.returncode}: {done.stdout}{done.stderr}")


def is_exact_at_parallelism_1_and_4(folder):
    inputs = [lambda f: jobs.synthetic(f, rate=10**9)] + ([lambda f: jobs.wiki(f, 10**9)] if jobs.has_wiki() else [])
    for i, make in enumerate(inputs):
        for slots, threads in ((1, 1), (4, 2)):
            job = make(os.path.join(folder, f"{i}-{slots}"))
            expect_fine(run_job(job, "--parallelism", str(slots), "--executors", str(threads)))
            job.expect_exact()


def goes_on_where_it_was_killed(folder):
    job = jobs.synthetic(folder, rate=10000)
    command = [LEAT, "run", job.topology, "--data", os.path.join(folder, "data"), "--parallelism", "3"]
    kills = 0
    for pause_s in (0.35, 0.6, 0.8):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(pause_s)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
    expect(kills >= 2, "it was over before it could be killed twice")
    expect_fine(run_job(job))
    job.expect_exact()


def stops_at_ctrl_c_and_resumes(folder):
    job = jobs.synthetic(folder, rate=10000)
    command = [LEAT, "run", job.topology, "--data", os.path.join(folder, "data")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    expect(process.returncode == 0 and "stopped after epoch" in said, f"exit {process.returncode}: {said}")
    lost, wrong, _ = job.verdict()
    expect(wrong == 0 and lost > 0, f"after the stop: lost={lost} wrong={wrong}")
    expect_fine(run_job(job))
    job.expect_exact()


def says_that_it_has_finished_and_starts_over_when_asked(folder):
    job = jobs.synthetic(folder, row_count=6000, rate=12000)
    expect_fine(run_job(job))
    again = run_job(job)
    expect(again.returncode == 0 and "has finished" in again.stderr, again.stderr)
    job.expect_exact()
    for base, _, names in os.walk(os.path.join(folder, "out")):
        for name in names:
            os.unlink(os.path.join(base, name))
    expect_fine(run_job(job, "--fresh"))
    job.expect_exact()


def refuses_a_folder_in_use(folder):
    job = jobs.synthetic(folder, rate=1000)
    command = [LEAT, "run", job.topology, "--data", os.path.join(folder, "data")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        time.sleep(0.5)
        second = run_job(job)
        process.kill()
    expect(second.returncode == 1 and "in use" in second.stderr, f"exit {second.returncode}: {second.stderr}")


def fresh_never_deletes_what_is_not_its_own(folder):
    job = jobs.synthetic(folder, row_count=100, rate=10**9)
    os.makedirs(os.path.join(folder, "data"))
    with open(os.path.join(folder, "data", "precious"), "w", encoding="utf-8") as file:
        file.write("x")
    done = run_job(job, "--fresh")
    expect(done.returncode == 1 and "not deleted" in done.stderr, done.stderr)
    expect(os.path.exists(os.path.join(folder, "data", "precious")), "it was deleted")


def goes_on_when_the_journal_had_no_room_for_a_moment(folder):
    job = jobs.synthetic(folder, row_count=8000, rate=10000)
    env = {"LEAT_FAILPOINT": "journal_before_commit@3=error,journal_before_commit@8=error"}
    expect_fine(run_job(job, env=env))
    job.expect_exact()


def goes_on_by_itself_when_a_sink_had_no_room_for_a_moment(folder):
    job = jobs.synthetic(folder, row_count=8000, rate=10000)
    done = run_job(job, env={"LEAT_FAILPOINT": "sink_write@3=error"})
    expect_fine(done)
    expect("disk_full" in done.stderr, done.stderr)
    job.expect_exact()


def halts_when_a_sealed_part_is_gone_or_not_what_was_written(folder):
    for spoil in (os.unlink, overwrite_first_byte):
        job = jobs.synthetic(os.path.join(folder, spoil.__name__), row_count=5000, rate=12000)
        killed = run_job(job, env={"LEAT_FAILPOINT": "sink_publish_before@2=kill"})
        expect(killed.returncode == -signal.SIGKILL, f"exit {killed.returncode}: {killed.stderr}")
        out = os.path.join(job.folder, "out")
        for name in os.listdir(out):
            if name.startswith(".tmp-"):
                spoil(os.path.join(out, name))
        done = run_job(job)
        expect(done.returncode == 1 and "HALTED" in done.stderr and "sink_lost: out/part-" in done.stderr,
               f"exit {done.returncode}: {done.stderr}")


def overwrite_first_byte(path):
    if os.path.getsize(path) > 0:
        with open(path, "r+b") as file:
            file.write(b"X")


def prints_rows_soon(folder):
    job = jobs.synthetic(folder, row_count=2000, rate=200)
    with open(job.topology, encoding="utf-8") as file:
        text = file.read()
    with open(job.topology, "w", encoding="utf-8") as file:
        file.write(text.replace("input: rows, connector: file, path: out, format: json",
                                "input: edits, connector: print"))
    started = time.monotonic()
    with subprocess.Popen([LEAT, "run", job.topology, "--data", os.path.join(folder, "data")],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        line = process.stdout.readline()
        took_ms = (time.monotonic() - started) * 1000
        process.kill()
    expect(b"channel-0" in line, f"the first line was {line!r}")
    print(f"  first row after {took_ms:.0f} ms")
    expect(took_ms < 1500, f"the first row took {took_ms:.0f} ms")  # sanitizers and a busy machine; 100 in release


def says_what_is_wrong_with_a_file(folder):
    path = os.path.join(folder, "bad.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("version: 1\ntopology: x\nsources:\n  a: {conector: file}\nsinks: {}\n")
    done = leat("run", path, "--data", os.path.join(folder, "data"))
    expect(done.returncode == 1, f"exit {done.returncode}")
    expect("bad.yaml:4:" in done.stderr and "conector" in done.stderr, done.stderr)
    expect(not os.path.exists(os.path.join(folder, "data")), "it made a data folder for nothing")


def fails_on_a_bad_record_with_its_place(folder):
    job = jobs.synthetic(folder, row_count=100, rate=10**9)
    with open(os.path.join(folder, "in.jsonl.gz"), "wb") as file:
        file.write(gzip.compress(b'{"time":"2024-01-01 00:00:00","channel":"a","added":1,"deleted":2}\n{"added":\n'))
    done = run_job(job)
    expect(done.returncode == 1 and "FAILED" in done.stderr, f"exit {done.returncode}: {done.stderr}")


TESTS = [is_exact_at_parallelism_1_and_4, goes_on_where_it_was_killed, stops_at_ctrl_c_and_resumes,
         says_that_it_has_finished_and_starts_over_when_asked, refuses_a_folder_in_use,
         fresh_never_deletes_what_is_not_its_own,
         goes_on_when_the_journal_had_no_room_for_a_moment,
         goes_on_by_itself_when_a_sink_had_no_room_for_a_moment,
         halts_when_a_sealed_part_is_gone_or_not_what_was_written, prints_rows_soon, says_what_is_wrong_with_a_file,
         fails_on_a_bad_record_with_its_place]


def main():
    failed = 0
    for test in TESTS:
        if len(sys.argv) > 2 and sys.argv[2] not in test.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="leat-run-") as folder:
            started = time.monotonic()
            try:
                test(folder)
                print(f"ok   {test.__name__} {time.monotonic() - started:.1f} s", flush=True)
            except (AssertionError, subprocess.TimeoutExpired, OSError) as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
