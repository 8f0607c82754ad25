# SPDX-License-Identifier: Apache-2.0
"""terminal - a process on a pseudo terminal: type, and wait for what it shows."""
import os
import pty
import re
import select
import signal
import time


class Terminal:
    """`with Terminal([...]) as t: t.type("x\\n"); t.wait_for("y")`; the process dies with it."""

    def __init__(self, command, env=None):
        self.shown = ""  # not yet waited for
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, dict(os.environ, TERM="xterm", **(env or {})))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, pattern, timeout_s=30):
        """What was shown up to the end of the pattern."""
        end = time.monotonic() + timeout_s
        while True:
            found = re.search(pattern, self.shown)
            if found:
                text, self.shown = self.shown[:found.end()], self.shown[found.end():]
                return text
            if time.monotonic() > end or not self.read():
                raise AssertionError(f"{pattern!r} was not shown: {self.shown!r}")

    def read(self):
        """False at the end."""
        if not select.select([self.fd], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode("utf-8", "replace")
        return len(data) > 0

    def exit_code(self, timeout_s=30):
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
        raise AssertionError("it does not end")
