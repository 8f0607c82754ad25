# SPDX-License-Identifier: Apache-2.0
"""Three workers and a coordinator as processes: exact whatever dies.  cluster_test.py LEAT [NAME]"""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import job as jobs

LEAT = sys.argv[1]


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


class Scene:
    """A cluster, a job submitted to it, and its files."""

    def __init__(self, folder, workers=3, rate=8000, make=jobs.synthetic, **options):
        files = os.path.join(folder, "files")
        self.job = make(files, rate=rate, **options)
        self.cluster = jobs.Cluster(LEAT, folder, files=files)
        self.cluster.start(workers)
        self.cluster.command("submit", self.job.topology)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cluster.__exit__()

    def view(self):
        return self.cluster.job(self.job.name) or {}

    def wait_epoch(self, epoch):
        self.cluster.wait_until(lambda: self.view().get("epoch", 0) >= epoch, 20, f"epoch {epoch} is complete")

    def finish(self, timeout_s=40):
        self.cluster.wait_state(self.job.name, ["FINISHED"], timeout_s)
        self.job.expect_exact()


def is_exact_undisturbed(folder):
    with Scene(folder, rate=10**9) as scene:
        scene.finish()
    if jobs.has_wiki():
        with Scene(os.path.join(folder, "wiki"), rate=10**9, make=jobs.wiki) as scene:
            scene.finish()


def survives_a_killed_worker(folder):
    with Scene(folder) as scene:
        scene.wait_epoch(5)
        scene.cluster.workers[2].kill()
        before = scene.view()["rows_in"]
        scene.finish()
        expect(scene.view()["restarts"] >= 1, "nothing was restarted")
        expect(before < 20000, "it was over before the kill")


def survives_a_killed_coordinator(folder):
    with Scene(folder) as scene:
        scene.wait_epoch(5)
        scene.cluster.coordinator.kill()
        time.sleep(0.3)
        scene.cluster.coordinator.start()
        scene.finish()


def survives_both_killed_and_the_worker_coming_back(folder):
    with Scene(folder) as scene:
        scene.wait_epoch(4)
        scene.cluster.coordinator.kill()
        scene.cluster.workers[1].kill()
        scene.cluster.coordinator.start()
        scene.cluster.start_worker(1)
        scene.finish()


def survives_a_wiped_disk(folder):
    with Scene(folder, rate=6000) as scene:
        scene.wait_epoch(5)
        scene.cluster.workers[3].kill()
        shutil.rmtree(scene.cluster.path("worker-3"))
        scene.cluster.start_worker(3)
        scene.finish()


def survives_a_worker_that_slept_too_long(folder):
    with Scene(folder, rate=5000) as scene:
        scene.wait_epoch(4)
        scene.cluster.workers[2].send(signal.SIGSTOP)
        time.sleep(2.5)
        scene.cluster.workers[2].send(signal.SIGCONT)
        scene.finish()


def moves_onto_a_worker_that_joins_and_off_one_that_leaves(folder):
    with Scene(folder, workers=2, rate=3000) as scene:
        scene.wait_epoch(3)
        scene.cluster.start_worker(3)
        scene.cluster.wait_until(lambda: len(scene.view().get("workers", [])) == 3, 15, "three workers own slots")
        code = scene.cluster.workers[1].stop(15)
        expect(code == 0, f"the worker that left gave exit code {code}")
        scene.finish()


def resumes_after_everything_was_killed(folder):
    with Scene(folder) as scene:
        scene.wait_epoch(4)
        for process in [scene.cluster.coordinator, *scene.cluster.workers.values()]:
            process.kill()
        scene.cluster.coordinator.start()
        for number in (1, 2, 3):
            scene.cluster.start_worker(number)
        scene.finish()


def stops_and_goes_on(folder):
    with Scene(folder) as scene:
        scene.wait_epoch(4)
        scene.cluster.command("stop", scene.job.name)
        scene.cluster.wait_state(scene.job.name, ["STOPPED"], 15)
        expect(scene.job.verdict()[0] > 0, "nothing was left to do")
        scene.cluster.command("submit", scene.job.topology)
        scene.finish()


def shout(port, text):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as s:
            s.sendall(text)
            s.settimeout(0.1)
            s.recv(4096)
    except OSError:
        pass  # being hung up on is the point


# A ZMTP 3.0 greeting (NULL mechanism) and a READY command: what a ZeroMQ DEALER would say.
GREETING = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL" + bytes(16) + b"\0" + bytes(31)
READY = b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x06DEALER"


def lets_strangers_shout_at_its_ports(folder):
    with Scene(folder, rate=6000) as scene:
        scene.wait_epoch(2)
        ports = [scene.cluster.control]
        ports += [int(w["endpoint"].rsplit(":", 1)[1]) for w in scene.cluster.get("/workers")["workers"]]
        rng = random.Random(7)
        for port in ports:
            shout(port, b"GET / HTTP/1.1\r\n\r\n")
            shout(port, GREETING + READY + b"\x01\x00\x00\x03abc")                       # not our frames
            shout(port, GREETING + READY + b"\x02" + (1 << 40).to_bytes(8, "big") + b"x")  # a terabyte
            for _ in range(20):
                noise = rng.randbytes(rng.randrange(1, 300))
                shout(port, noise)
                shout(port, GREETING + READY + b"\x01" + bytes([len(noise) % 200]) + noise)
        shout(scene.cluster.http, rng.randbytes(5000))
        scene.finish()
        expect(scene.view()["restarts"] == 0, "strangers could restart the job")
        for process in [scene.cluster.coordinator, *scene.cluster.workers.values()]:
            expect(process.is_alive(), f"{process.name} died")


def answers_wrong_wishes_with_words(folder):
    with Scene(folder, rate=500) as scene:
        ask = scene.cluster.command
        second = ask("submit", scene.job.topology, check=False)
        expect(second.returncode == 1 and "is running" in second.stderr, f"second submit: {second.stderr}")
        unknown = ask("describe", "nobody", check=False)
        expect(unknown.returncode == 1 and "there is no job 'nobody'" in unknown.stderr, unknown.stderr)
        unknown = ask("stop", "nobody", check=False)
        expect(unknown.returncode == 1 and "nobody" in unknown.stderr, unknown.stderr)
        bad = os.path.join(folder, "bad.yaml")
        with open(bad, "w", encoding="utf-8") as file:
            file.write("version: 1\ntopology: x\nsources:\n  a: {conector: file}\nsinks: {}\n")
        refused = ask("submit", bad, check=False)
        expect(refused.returncode == 1 and "bad.yaml:4:" in refused.stderr, refused.stderr)
        ask("cancel", scene.job.name)
        scene.cluster.wait_state(scene.job.name, ["CANCELED"], 15)
        nobody = subprocess.run([LEAT, "jobs", "--coordinator", "http://127.0.0.1:1"], capture_output=True, text=True,
                                check=False)
        expect(nobody.returncode == 1 and "no answer" in nobody.stderr, nobody.stderr)


PRINTING = """version: 1
topology: printing
parallelism: 1
epoch_interval: 200ms
sources:
  rows:
    connector: sequence
    rate: 100000
    schema: {seq: bigint not null, key: bigint not null, value: bigint not null, ts: timestamp not null}
sinks:
  out: {input: rows, connector: print}
"""


def goes_on_when_nobody_reads_what_a_worker_prints(folder):
    topology = os.path.join(folder, "printing.yaml")
    with open(topology, "w", encoding="utf-8") as file:
        file.write(PRINTING)
    with jobs.Cluster(LEAT, folder) as cluster:
        cluster.start(0)
        worker = subprocess.Popen([LEAT, "worker", "--insecure", "--coordinator", f"127.0.0.1:{cluster.control}",
                                   "--data", cluster.path("worker"), "--files", cluster.files, "--executors", "1"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with worker:
            cluster.command("submit", topology)
            cluster.wait_until(lambda: "print_stalled" in cluster.command("logs", "printing"), 30, "the queue is full")
            epoch = cluster.job("printing")["epoch"]
            cluster.wait_until(lambda: cluster.job("printing")["epoch"] >= epoch + 5, 20, "epochs go on")
            while len(worker.stdout.read1(1 << 20)) > 0:
                if "print_lines_dropped" in cluster.command("logs", "printing"):
                    break
            worker.kill()


def drains_a_worker_and_scales_while_it_runs(folder):
    with Scene(folder, workers=3, rate=3000) as scene:
        ask = scene.cluster.command
        scene.wait_epoch(3)
        expect("in 5 slots" in ask("scale", scene.job.name, "5"), "not scaled up")
        expect("left" in ask("drain", "worker-2"), "not drained")
        scene.cluster.wait_until(lambda: not scene.cluster.workers[2].is_alive(), 5, "the drained worker ends")
        expect(scene.cluster.workers[2].popen.returncode == 0, "a drained worker ends well")
        scene.cluster.coordinator.kill()  # what was asked for is not forgotten
        scene.cluster.coordinator.start()
        scene.cluster.wait_until(lambda: scene.view().get("parallelism_asked") == 5, 15, "it remembers")
        scene.cluster.wait_state(scene.job.name, ["RUNNING"], 15)
        expect("in 1 slot" in ask("scale", scene.job.name, "1"), "not scaled down")
        expect("left" in ask("drain", "worker-1"), "not drained")
        last = ask("drain", "worker-3", check=False)
        expect(last.returncode == 1 and "is the last one" in last.stderr, last.stderr)
        many = ask("scale", scene.job.name, "100000", check=False)
        expect(many.returncode == 1 and "one per key group" in many.stderr, many.stderr)
        scene.finish()


def shows_the_logs_of_everybody_also_of_the_dead(folder):
    with Scene(folder, rate=2000) as scene:
        ask = scene.cluster.command
        scene.wait_epoch(2)
        dead = next(w["id"] for w in scene.cluster.get("/workers")["workers"] if w["name"] == "worker-2")
        scene.cluster.workers[2].kill()
        scene.cluster.wait_until(lambda: "generation_lost" in ask("logs", scene.job.name, "--level", "warn"), 20,
                                 "the loss is in the log")
        lines = ask("logs").splitlines()
        expect(lines == sorted(lines, key=lambda line: line.split()[0]), "not by time: " + "\n".join(lines))
        of_dead = ask("logs", "--worker", str(dead))
        expect("worker_started" in of_dead and "slot_ready job=1" in of_dead, f"of the dead worker: {of_dead!r}")
        scene.cluster.coordinator.kill()
        scene.cluster.coordinator.start()
        scene.cluster.wait_until(lambda: "worker_started" in ask("logs", check=False).stdout, 20,
                                 "workers send their lines again")
        unknown = ask("logs", "nobody", check=False)
        expect(unknown.returncode == 1 and "there is no job 'nobody'" in unknown.stderr, unknown.stderr)
        wrong = ask("logs", "--level", "loud", check=False)
        expect(wrong.returncode == 1 and "info" in wrong.stderr, wrong.stderr)


def refuses_to_start_without_a_word_about_security(_folder):
    for role in ("coordinator", "worker"):
        done = subprocess.run([LEAT, role], capture_output=True, text=True, timeout=20, check=False)
        expect(done.returncode == 2 and "--insecure" in done.stderr, f"{role}: {done.returncode} {done.stderr}")


TESTS = [is_exact_undisturbed, survives_a_killed_worker, survives_a_killed_coordinator,
         survives_both_killed_and_the_worker_coming_back, survives_a_wiped_disk,
         survives_a_worker_that_slept_too_long, moves_onto_a_worker_that_joins_and_off_one_that_leaves,
         drains_a_worker_and_scales_while_it_runs, goes_on_when_nobody_reads_what_a_worker_prints,
         resumes_after_everything_was_killed, stops_and_goes_on,
         lets_strangers_shout_at_its_ports, answers_wrong_wishes_with_words,
         shows_the_logs_of_everybody_also_of_the_dead, refuses_to_start_without_a_word_about_security]


def main():
    failed = 0
    for test in TESTS:
        if len(sys.argv) > 2 and sys.argv[2] not in test.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="leat-cluster-") as folder:
            started = time.monotonic()
            try:
                test(folder)
                print(f"ok   {test.__name__} {time.monotonic() - started:.1f} s", flush=True)
            except (AssertionError, TimeoutError, RuntimeError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}", flush=True)
                if os.environ.get("LEAT_KEEP"):
                    shutil.copytree(folder, os.path.join(os.environ["LEAT_KEEP"], test.__name__), symlinks=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
