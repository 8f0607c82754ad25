# SPDX-License-Identifier: Apache-2.0
"""cluster - leat processes on loopback, each with a folder of its own: start, kill, pause, ask.

Used by the demo and by the end-to-end tests. Standard library only. Nothing here knows what a
topology computes. All processes die with the object (`with Cluster(...) as cluster`).
"""
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """One leat process; its output goes to `log`."""

    def __init__(self, name, command, log, env=None):
        self.name = name
        self.command = command
        self.log = log
        self.env = env
        self.popen = None

    def start(self, extra_env=None):
        env = dict(os.environ, **(self.env or {}), **(extra_env or {}))
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=out, env=env, start_new_session=True)
        return self

    def is_alive(self):
        return self.popen is not None and self.popen.poll() is None

    def send(self, number):
        if self.is_alive():
            self.popen.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        if self.popen is not None:
            self.popen.wait()

    def stop(self, timeout_s=20):
        """SIGTERM and wait; returns the exit code, or None after killing it at the timeout."""
        self.send(signal.SIGTERM)
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return None


class Cluster:
    """A coordinator and numbered workers below one folder."""

    def __init__(self, leat, folder, files=None, executors=1, env=None):
        self.leat = os.path.abspath(leat)
        self.folder = os.path.abspath(folder)
        self.files = os.path.abspath(files) if files else os.path.join(self.folder, "files")
        self.executors = executors
        self.env = env
        self.http = free_port()
        self.control = free_port()
        self.url = f"http://127.0.0.1:{self.http}"
        self.workers = {}
        os.makedirs(self.files, exist_ok=True)
        os.makedirs(os.path.join(self.folder, "log"), exist_ok=True)
        self.coordinator = Process("coordinator", [
            self.leat, "coordinator", "--insecure", "--data", self.path("coordinator"),
            "--listen", f"127.0.0.1:{self.http}", "--listen-control", f"127.0.0.1:{self.control}",
        ], self.path("log/coordinator.log"), env)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.workers.values(), self.coordinator]:
            process.send(signal.SIGCONT)
            process.kill()

    def start(self, worker_count, extra_env=None):
        self.coordinator.start(extra_env)
        self.wait_until(self.is_up, 15, "the coordinator answers")
        for number in range(1, worker_count + 1):
            self.start_worker(number)
        self.wait_until(lambda: len(self.alive_workers()) >= worker_count, 15,
                        f"{worker_count} workers are registered")
        return self

    def start_worker(self, number, extra_env=None):
        if number not in self.workers:
            self.workers[number] = Process(f"worker-{number}", [
                self.leat, "worker", "--insecure", "--name", f"worker-{number}",
                "--coordinator", f"127.0.0.1:{self.control}", "--data", self.path(f"worker-{number}"),
                "--files", self.files, "--executors", str(self.executors),
            ], self.path(f"log/worker-{number}.log"), self.env)
        return self.workers[number].start(extra_env)

    # -- asking

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)

    def is_up(self):
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def alive_workers(self):
        try:
            return [w for w in self.get("/workers")["workers"] if w["state"] == "alive"]
        except (urllib.error.URLError, OSError):
            return []

    def job(self, name):
        """The job as GET /jobs/:id tells it, or None while the coordinator does not answer."""
        try:
            return self.get(f"/jobs/{name}")
        except (urllib.error.URLError, OSError):
            return None

    def command(self, *arguments, check=True):
        """Run a client verb against this cluster; returns its standard output."""
        done = subprocess.run([self.leat, *arguments], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, LEAT_COORDINATOR=self.url))
        if check and done.returncode != 0:
            raise RuntimeError(f"leat {' '.join(arguments)}: exit {done.returncode}\n"
                               f"{done.stdout}{done.stderr}")
        return done.stdout if check else done

    def wait_until(self, condition, timeout_s, what):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.02)
        raise TimeoutError(f"after {timeout_s} s it is still not so that {what}; logs: {self.path('log')}")

    def wait_state(self, name, states, timeout_s):
        def reached():
            job = self.job(name)
            if job and job["state"] in ("FAILED", "HALTED") and job["state"] not in states:
                raise RuntimeError(f"job {name} is {job['state']}: {job.get('reason', '')}")
            return job is not None and job["state"] in states
        self.wait_until(reached, timeout_s, f"job {name} is {' or '.join(states)}")


def read_parts(folder):
    """All rows of all published parts (names without a leading dot) below a sink's folder."""
    rows = []
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if not name.startswith("."):
                with open(os.path.join(base, name), encoding="utf-8") as part:
                    rows += [json.loads(line) for line in part]
    return rows
