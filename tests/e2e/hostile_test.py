# SPDX-License-Identifier: Apache-2.0
"""Strangers at every port while a job runs: no process dies, and the output is exact.  hostile_test.py LEAT [NAME]

Whatever can be sent without lying about being a worker: noise, cut greetings, endless frames,
damaged and outdated ones, generations long gone, and HTTP of every bad kind.
"""
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import job as jobs
import wire

LEAT = sys.argv[1]
HELLO, DURABLE = 17, 19


class Scene:
    """A cluster of two workers with a job under way, and the addresses of its ports."""

    def __init__(self, folder):
        files = os.path.join(folder, "files")
        self.job = jobs.synthetic(files, rate=5000)
        self.cluster = jobs.Cluster(LEAT, folder, files=files)
        self.dice = wire.fresh_dice()

    def __enter__(self):
        self.cluster.start(2)
        self.cluster.command("submit", self.job.topology)
        self.cluster.wait_until(lambda: (self.cluster.job(self.job.name) or {}).get("epoch", 0) >= 2, 20, "epoch 2")
        self.control = f"127.0.0.1:{self.cluster.control}"
        self.data = [worker["endpoint"] for worker in self.cluster.get("/workers")["workers"]]
        return self

    def __exit__(self, *_):
        self.cluster.__exit__()

    def ports(self):
        return [self.control, *self.data]

    def finish(self):
        """Everybody lives, the job comes to its end and nothing was lost."""
        def is_over():
            for process in [self.cluster.coordinator, *self.cluster.workers.values()]:
                if not process.is_alive():
                    raise AssertionError(f"{process.name} died with {process.popen.returncode}")
            return (self.cluster.job(self.job.name) or {}).get("state") == "FINISHED"
        self.cluster.wait_until(is_over, 40, "the job is FINISHED")
        self.job.expect_exact()

    def expect_undisturbed(self):
        self.finish()
        restarts = self.cluster.job(self.job.name)["restarts"]
        if restarts != 0:
            raise AssertionError(f"the job had to start again {restarts} times")


def greet(address):
    return wire.Zmtp(address)


def takes_no_harm_from_noise_and_cut_greetings(scene):
    for address in scene.ports():
        for size in (1, 10, 63, 64, 65, 500, 5000):
            with wire.Zmtp(address, greeting=wire.noise(scene.dice, size), ready=False):
                pass
        for size in (1, 9, 11, 12, 32, 63, 64):
            with wire.Zmtp(address, greeting=wire.GREETING[:size], ready=False):
                pass
        with wire.Zmtp(address, ready=False) as link:  # a READY that ends too soon, and other commands
            link.command(b"\x05READY\x0bSocket-Type" + struct.pack(">I", 600) + b"DEALER")
        with wire.Zmtp(address, ready=False) as link:
            link.command(b"\x05ERROR\x04oops")
        with wire.Zmtp(address) as link:
            link.send_raw(wire.noise(scene.dice, 3000))
    waiting = [wire.Zmtp(address, greeting=b"\xff", ready=False) for address in scene.ports() for _ in range(40)]
    scene.expect_undisturbed()
    for link in waiting:
        link.socket.close()


def refuses_frames_that_are_too_long_or_too_many(scene):
    for address in scene.ports():
        for size in (1 << 24, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):
            with greet(address) as link:  # announced, never sent
                link.send_raw(b"\x02" + struct.pack(">Q", size) + b"x" * 1000)
        with greet(address) as link:  # 8 MiB, sent
            link.frames(wire.header(b"x" * (8 << 20), crc=0), b"x" * (8 << 20))
        with greet(address) as link:
            link.frames(*[b"part"] * 5000)
        with greet(address) as link:
            for _ in range(5000):
                link.frames(b"")
    scene.expect_undisturbed()


def refuses_damaged_and_foreign_headers(scene):
    good = wire.control(DURABLE, job=1, generation=1)
    for address in scene.ports():
        with greet(address) as link:
            link.message(good, magic=0x12345678)
            link.message(good, version=0)
            link.message(good, version=99)
            link.message(good, crc=1)
            link.message(good, length=1 << 60)
            link.frames(wire.noise(scene.dice, 40), good)
            link.frames(wire.header(good))
            link.frames(wire.header(good), good, good)
            for kind in (0, 2, 15, 21, 1000, 0xFFFFFFFF):
                link.message(good, kind=kind)
    scene.expect_undisturbed()


def takes_no_control_message_from_a_stranger(scene):
    for address in scene.ports():
        with greet(address) as link:
            for kind in list(range(0, 45)) + [200]:
                link.message(wire.control(kind, session=1, seq=1, job=1, generation=1 << 40, f7=1 << 40, f8=1 << 41))
                link.message(wire.control(kind, job=1, slot=1 << 20, f10=7, f16=b"x" * 5000, f17=b"\xff" * 100))
            link.message(wire.noise(scene.dice, 200))
            link.message(b"")
    scene.finish()


def refuses_data_of_other_generations_jobs_and_slots(scene):
    generation = scene.cluster.job(scene.job.name)["generation"]
    for address in scene.data:
        with greet(address) as link:
            for kind in range(wire.DATA_FIRST, wire.DATA_FIRST + 5):
                for fields in ({"generation": 0}, {"generation": generation - 1}, {"generation": 1 << 62},
                               {"job": 0, "generation": generation}, {"job": 77, "generation": generation},
                               {"job": 1, "generation": generation, "edge": 9999},
                               {"job": 1, "generation": generation, "target": 0xFFFFFFFF},
                               {"job": 1, "generation": generation, "source": 0xFFFFFFFF},
                               {"job": 1, "generation": generation, "flags": 0xFFFFFFFF}):
                    link.message(wire.noise(scene.dice, 50), **{"job": 1, "kind": kind, **fields})
    scene.finish()


def survives_batches_that_do_not_decode(scene):
    """A channel's own numbers with a payload of noise: at worst the job starts again."""
    generation = scene.cluster.job(scene.job.name)["generation"]
    for address in scene.data:
        with greet(address) as link:
            for sequence in range(20):
                for payload in (b"", wire.noise(scene.dice, 100), bytes(64), b"\x01\x01" + b"\xff" * 60):
                    link.message(payload, kind=wire.DATA_FIRST, job=1, generation=generation, sequence=sequence,
                                 source=sequence % 2, target=1 - sequence % 2)
    scene.finish()


def hello(name, executors, session):
    body = (wire.fixed64(1, 5) + wire.fixed64(2, 6) + wire.field(3, 1) + wire.fixed64(4, 7) + wire.field(5, executors)
            + wire.field(6, name) + wire.field(7, b"tcp://127.0.0.1:1"))
    return wire.control(HELLO, session=session, f20=body)


def is_not_taken_over_by_a_stranger_that_registers(scene):
    """Without keys anybody may register; a worker that does nothing is lost, and the job goes on."""
    def known():
        return len(scene.cluster.get("/workers")["workers"])
    with greet(scene.control) as link:
        link.message(hello(b"worker-1", 0xFFFFFFFF, 1))
        link.message(hello(b"n" * 4000, 1, 1))
        time.sleep(0.3)
        if known() != 2:
            raise AssertionError("a worker that cannot be was let in")
        link.message(hello(b"worker-1", 256, 2))
        link.message(hello(b"worker-1", 256, 1 << 63))
        scene.cluster.wait_until(lambda: known() == 3, 5, "the stranger was let in (or what this test sends is wrong)")
        time.sleep(0.5)
    scene.finish()


def http(scene, data, wait=True):
    """Raw bytes to the HTTP port; the status line, or '' when the connection was closed."""
    with socket.create_connection(("127.0.0.1", scene.cluster.http), timeout=10) as link:
        try:
            link.sendall(data)
            return link.recv(200).decode(errors="replace").split("\r\n")[0] if wait else ""
        except OSError:
            return ""


def answers_bad_http_with_a_status(scene):
    host = b" HTTP/1.1\r\nHost: x\r\n"
    expectations = [
        (b"GET /nowhere" + host + b"\r\n", "404"), (b"DELETE /jobs" + host + b"\r\n", "40"),
        (b"GET /jobs/%ff%2e%2e" + host + b"\r\n", "404"), (b"GET /jobs/../../etc/passwd" + host + b"\r\n", "404"),
        (b"GET /" + b"a/" * 400 + host + b"\r\n", "4"), (b"PATCH /jobs/edits?mode=dance" + host + b"\r\n", "4"),
        (b"POST /jobs" + host + b"Content-Length: 5\r\n\r\nhello", "4"),
        (b"POST /jobs" + host + b"Content-Length: 2097152\r\n\r\n" + b"x" * 2097152, "413"),
        (b"GET /" + b"x" * 100000 + host + b"\r\n", "4"),
    ]
    for data, expected in expectations:
        status = http(scene, data)
        if expected not in status.partition(" ")[2][:3]:
            raise AssertionError(f"{data[:60]!r}: {status!r} instead of {expected}")
    for body in (b"[" * 60000, b'{"topology":' + b"9" * 5000 + b"}", b'{"topology":"\\u0000"}', b"{" * 10,
                 b'{"topology":"a: [' + b"[" * 3000 + b'"}', b'{"topology":"%x: \xeb\xeb\\n"}',
                 b'{"topology":"a: &x [*x]"}', wire.noise(scene.dice, 5000)):
        request = urllib.request.Request(scene.cluster.url + "/jobs", data=body, method="POST")
        try:
            urllib.request.urlopen(request, timeout=10)
            raise AssertionError(f"{body[:60]!r} was accepted")
        except urllib.error.HTTPError as error:
            if error.code // 100 != 4:
                raise AssertionError(f"{body[:60]!r}: {error.code}") from error
    for size in (1, 10, 100, 1000, 70000):
        http(scene, wire.noise(scene.dice, size), wait=False)
    slow = [socket.create_connection(("127.0.0.1", scene.cluster.http)) for _ in range(30)]
    for link in slow:
        link.sendall(b"GET / HT")
    scene.expect_undisturbed()
    for link in slow:
        link.close()


TESTS = [takes_no_harm_from_noise_and_cut_greetings, refuses_frames_that_are_too_long_or_too_many,
         refuses_damaged_and_foreign_headers, takes_no_control_message_from_a_stranger,
         refuses_data_of_other_generations_jobs_and_slots, survives_batches_that_do_not_decode,
         is_not_taken_over_by_a_stranger_that_registers, answers_bad_http_with_a_status]


def main():
    failed = 0
    for test in TESTS:
        if len(sys.argv) > 2 and sys.argv[2] not in test.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="leat-hostile-") as folder:
            started = time.monotonic()
            try:
                with Scene(folder) as scene:
                    test(scene)
                print(f"ok   {test.__name__} {time.monotonic() - started:.1f} s", flush=True)
            except (AssertionError, TimeoutError, RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}", flush=True)
                for name in os.listdir(os.path.join(folder, "log")):
                    with open(os.path.join(folder, "log", name), encoding="utf-8", errors="replace") as log:
                        lines = [line for line in log.read().splitlines() if " 0x0" not in line]
                        print(f"--- {name}", *lines[:25], sep="\n    ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
