# SPDX-License-Identifier: Apache-2.0
"""postgres - a PostgreSQL server of our own in a folder that goes away: made, asked, removed."""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile

SERVER_USER = "postgres"  # initdb refuses to run as root
END = "@end"


def programs():
    """The folder with initdb and postgres: Debian keeps a server's programs out of the PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        raise SystemExit("compare: there is no PostgreSQL server here (Debian: postgresql)")
    return os.path.dirname(found[-1])


class Postgres:
    """`with Postgres() as server: server.run(script)`: one database in the C locale, times in UTC."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="leat-compare-")
        self.bin = programs()
        self.as_user = []
        if os.getuid() == 0:
            user = pwd.getpwnam(SERVER_USER)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.as_user = ["runuser", "-u", SERVER_USER, "--"]

    def _do(self, program, *arguments):
        subprocess.run([*self.as_user, os.path.join(self.bin, program), *arguments], check=True,
                       cwd=self.folder, stdout=subprocess.DEVNULL)

    def __enter__(self):
        data = os.path.join(self.folder, "data")
        self._do("initdb", "-D", data, "-U", "leat", "-A", "trust", "--locale=C", "-E", "UTF8", "-N")
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c timezone=UTC"
        self._do("pg_ctl", "-D", data, "-o", options, "-l", os.path.join(self.folder, "log"), "-w", "start")
        return self

    def __exit__(self, *_):
        self._do("pg_ctl", "-D", os.path.join(self.folder, "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def run(self, script):
        """Output and errors of one psql session over the script; an error does not end it."""
        command = [*self.as_user, os.path.join(self.bin, "psql"), "-h", self.folder, "-U", "leat", "-d", "postgres",
                   "-q", "-A", "-t", "-X", "-f", "-"]
        done = subprocess.run(command, input=script, text=True, cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=True)
        return done.stdout


def unescape(field):
    """One field of COPY's text format; None is NULL."""
    if field == "\\N":
        return None
    plain = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}
    out, at = [], 0
    while at < len(field):
        pair = field[at:at + 2]
        out.append(plain.get(pair, field[at]))
        at += 2 if pair in plain else 1
    return "".join(out)
