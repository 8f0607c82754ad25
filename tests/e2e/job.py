# SPDX-License-Identifier: Apache-2.0
"""job - a windowed job over files with a known answer: writes topology and input, judges output.

Two inputs: `synthetic` rows made here (always there), and the day of Wikipedia edits when the data
folder has it. Both count and sum per channel and window; every row of the answer must be there once.
"""
import collections
import datetime
import gzip
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cluster  # noqa: E402

Cluster = cluster.Cluster

REAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "data", "real")
REAL = os.environ.get("LEAT_TEST_DATA", REAL)
WIKI = "wikiticker-2015-09-12-sampled.jsonl.gz"

TOPOLOGY = """version: 1
topology: {name}
epoch_interval: {epoch}
key_groups: 64
sources:
  edits:
    connector: file
    path: {path}
    format: json
    rate: {rate}
    schema: {{time: timestamp, channel: string, added: int, deleted: int}}
    event_time: {{column: time, watermark: 0s}}
processors:
  per_window:
    input: edits
    group_by: [channel]
    window: {{tumble: {window}}}
    aggregate: {{edits: "count(*)", added: "sum(added)", deleted: "sum(deleted)"}}
  rows: {{input: per_window, select: "window_start, channel, edits, added, deleted"}}
sinks:
  out: {{input: rows, connector: file, path: out, format: json}}
"""


class Job:
    """A topology file in `folder`, reading `path` and writing below the files folder."""

    def __init__(self, folder, path, expected, rate, window, epoch="100ms", name="edits"):
        self.folder = folder
        self.name = name
        self.expected = collections.Counter(expected)
        self.topology = os.path.join(folder, "job.yaml")
        os.makedirs(folder, exist_ok=True)
        with open(self.topology, "w", encoding="utf-8") as file:
            file.write(TOPOLOGY.format(name=name, epoch=epoch, path=path, rate=rate, window=window))

    def verdict(self, out=None):
        """(lost, duplicated or wrong, keys out of order) of what is visible below `out`."""
        rows = parts_in_order(out or os.path.join(self.folder, "out"))
        seen = collections.Counter(row_key(row) for row in rows)
        last, disorder = {}, 0
        for row in rows:
            disorder += row["window_start"] <= last.get(row["channel"], "")
            last[row["channel"]] = row["window_start"]
        return (sum((self.expected - seen).values()), sum((seen - self.expected).values()), disorder)

    def expect_exact(self, out=None):
        lost, wrong, disorder = self.verdict(out)
        if lost or wrong or disorder:
            raise AssertionError(f"{self.name}: lost={lost} duplicated_or_wrong={wrong} out_of_order={disorder}")


def row_key(row):
    return (row["window_start"][:19], row["channel"], row["edits"], row["added"], row["deleted"])


def parts_in_order(folder):
    """Rows of all visible parts by (epoch, slot): the order in which they became visible."""
    parts = []
    for base, _, names in os.walk(folder):
        for name in names:
            if name.startswith("."):
                continue
            slot, epoch = map(int, re.fullmatch(r"part-(\d+)-(\d+)\.jsonl", name).groups())
            parts.append((epoch, slot, os.path.join(base, name)))
    rows = []
    for _, _, path in sorted(parts):
        with open(path, encoding="utf-8") as part:
            rows += [json.loads(line) for line in part]
    return rows


def synthetic(folder, row_count=20000, rate=15000, epoch="100ms"):
    """Rows in time order over 23 channels, windows of a minute, 250 rows a minute."""
    start = datetime.datetime(2024, 2, 29, 23, 30)
    totals = {}
    os.makedirs(folder, exist_ok=True)
    with gzip.open(os.path.join(folder, "in.jsonl.gz"), "wt", compresslevel=1) as file:
        for i in range(row_count):
            when = start + datetime.timedelta(milliseconds=240 * i)
            channel, added, deleted = f"channel-{(i * i + 7 * i) % 23}", i % 101, (i * 3) % 17
            file.write(json.dumps({"time": when.isoformat(sep=" "), "channel": channel,
                                   "added": added, "deleted": deleted}) + "\n")
            key = (when.replace(second=0, microsecond=0).isoformat(sep=" "), channel)
            n, a, d = totals.get(key, (0, 0, 0))
            totals[key] = (n + 1, a + added, d + deleted)
    expected = [(w, c, n, a, d) for (w, c), (n, a, d) in totals.items()]
    return Job(folder, "in.jsonl.gz", expected, rate, "1m", epoch)


def wide(folder, row_count=20000, rate=15000):
    """Rows of as many long names as rows, in one key group: more than a megabyte changes, so that
    deltas are merged into pages."""
    start = datetime.datetime(2024, 2, 29, 23, 30)
    totals = collections.Counter()
    os.makedirs(folder, exist_ok=True)
    with gzip.open(os.path.join(folder, "in.jsonl.gz"), "wt", compresslevel=1) as file:
        for i in range(row_count):
            when = start + datetime.timedelta(milliseconds=100 * i)
            channel = f"channel-{i % (row_count // 2):0120d}"
            row = {"time": when.isoformat(sep=" "), "channel": channel, "added": 1, "deleted": 2}
            file.write(json.dumps(row) + "\n")
            totals[(when.replace(minute=0, second=0, microsecond=0).isoformat(sep=" "), channel)] += 1
    job = Job(folder, "in.jsonl.gz", [(w, c, n, n, 2 * n) for (w, c), n in totals.items()], rate, "1h")
    with open(job.topology, encoding="utf-8") as file:
        text = file.read()
    with open(job.topology, "w", encoding="utf-8") as file:
        file.write(text.replace("key_groups: 64", "key_groups: 1"))
    return job


def has_wiki():
    return os.path.exists(os.path.join(REAL, WIKI))


def wiki(folder, rate, epoch="100ms"):
    with open(os.path.join(REAL, "jobs.jsonl"), encoding="utf-8") as file:
        case = json.loads(file.readline())
    rows = case.get("expected_rows")
    if rows is None:
        with open(os.path.join(REAL, os.path.basename(case["expected_rows_ref"])), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
    names = [c[0] if isinstance(c, list) else c for c in case["expected_columns"]]
    rows = [row if isinstance(row, dict) else dict(zip(names, row)) for row in rows]
    os.makedirs(folder, exist_ok=True)
    link = os.path.join(folder, WIKI)
    if not os.path.exists(link):
        os.symlink(os.path.abspath(os.path.join(REAL, WIKI)), link)
    return Job(folder, WIKI, [row_key(row) for row in rows], rate, "1h", epoch)
