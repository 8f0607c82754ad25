# SPDX-License-Identifier: Apache-2.0
"""Records that cannot be read: fail with the place, skip and count, or set aside.  bad_record_test.py LEAT [NAME]"""
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time

import job as jobs

LEAT = sys.argv[1]

TOPOLOGY = """version: 1
topology: records
sources:
  rows:
    connector: file
    path: in-*.jsonl{suffix}
    format: json
    on_bad_record: {policy}
    schema: {{k: bigint not null, v: "decimal(8,2)", s: string, t: timestamp}}
processors:
  half: {{input: rows, select: "k, 100 / (k % 1000) AS share, v, s, t"}}
sinks:
  out: {{input: half, connector: file, path: out, format: json}}
{more}
"""
SET_ASIDE = "  bad_out: {input: rows.bad, connector: file, path: bad, format: json}"

BAD = ['{"k":', "", "[]", '{"k":"seven"}', '{"k":1.5}', '{"v":"1.00"}', '{"k":1,"v":"1e99"}', '{"k":1,"t":"yesterday"}',
       '{"k":99999999999999999999}', "{" * 200, '{"k":1}}', "\x00\x01\x02", '{"k":1,"s":"\\u12"}', "x" * 70000]


def write_input(folder, suffix):
    """Good rows 1..n with a bad record after every third; returns (good keys, bad count)."""
    good, at = [], 0
    for part in range(3):
        lines = []
        for i in range(40):
            key = part * 100 + i + 1
            lines.append(json.dumps({"k": key, "v": f"{key}.25", "s": "ü" * (i % 20), "t": "2024-02-29 12:00:00"}))
            good.append(key)
            if i % 3 == 2:
                lines.append(BAD[at % len(BAD)])
                at += 1
        data = ("\n".join(lines) + "\n").encode()
        with open(os.path.join(folder, f"in-{part}.jsonl{suffix}"), "wb") as file:
            file.write(gzip.compress(data) if suffix else data)
    return sorted(good), at


def run(folder, policy, more="", suffix=""):
    path = os.path.join(folder, "job.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(TOPOLOGY.format(policy=policy, more=more, suffix=suffix))
    return subprocess.run([LEAT, "run", path, "--data", os.path.join(folder, "data"), "--parallelism", "2"],
                          capture_output=True, text=True, timeout=60, check=False)


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def keys(folder):
    return sorted(row["k"] for row in jobs.parts_in_order(os.path.join(folder, "out")))


def fail_names_the_file_the_place_and_the_reason(folder):
    write_input(folder, "")
    done = run(folder, "fail")
    expect(done.returncode == 1 and "FAILED" in done.stderr, f"exit {done.returncode}: {done.stderr}")
    expect("in-" in done.stderr and ".jsonl" in done.stderr, f"which file? {done.stderr}")
    expect(any(c.isdigit() for c in done.stderr.split(".jsonl", 1)[1]), f"which place? {done.stderr}")


def skip_drops_and_counts(folder):
    for suffix in ("", ".gz"):
        below = os.path.join(folder, "plain" + suffix)
        os.makedirs(below)
        good, bad = write_input(below, suffix)
        done = run(below, "skip", suffix=suffix)
        expect(done.returncode == 0, f"exit {done.returncode}: {done.stderr}")
        expect(keys(below) == good, f"{len(keys(below))} rows instead of {len(good)}")
        counted = int(done.stderr.split(" bad")[0].rsplit(" ", 1)[1])
        expect(bad - 3 <= counted <= bad, f"{counted} bad rows counted of {bad}: {done.stderr}")
        told = [line for line in done.stderr.splitlines() if "rows_skipped job=1 slot=0 operator=rows" in line]
        expect(told and ".jsonl" in told[0] and len(told) < 20, f"a few are in the log: {done.stderr}")


def set_aside_keeps_raw_file_place_and_reason(folder):
    good, bad = write_input(folder, "")
    done = run(folder, "{to: rows.bad}", SET_ASIDE)
    expect(done.returncode == 0, f"exit {done.returncode}: {done.stderr}")
    expect(keys(folder) == good, f"{len(keys(folder))} rows instead of {len(good)}")
    aside = jobs.parts_in_order(os.path.join(folder, "bad"))
    expect(bad - 3 <= len(aside) <= bad, f"{len(aside)} rows set aside of {bad}")
    for row in aside:
        expect(set(row) == {"raw", "file", "position", "reason"} and row["reason"], f"{row}")
        with open(os.path.join(folder, os.path.basename(row["file"])), "rb") as file:
            file.seek(row["position"])
            raw = file.read(10)
        start = row["raw"].encode()[:10] if isinstance(row["raw"], str) else b""
        expect(raw.startswith(start[:1]), f"at {row['position']} stands {raw!r}, not {start!r}")


def a_truncated_gzip_file_says_so(folder):
    write_input(folder, ".gz")
    path = os.path.join(folder, "in-1.jsonl.gz")
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 20)
    done = run(folder, "skip", suffix=".gz")
    expect(done.returncode == 1 and "in-1.jsonl.gz" in done.stderr, f"exit {done.returncode}: {done.stderr}")


TESTS = [fail_names_the_file_the_place_and_the_reason, skip_drops_and_counts,
         set_aside_keeps_raw_file_place_and_reason, a_truncated_gzip_file_says_so]


def main():
    failed = 0
    for test in TESTS:
        if len(sys.argv) > 2 and sys.argv[2] not in test.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="leat-bad-") as folder:
            started = time.monotonic()
            try:
                test(folder)
                print(f"ok   {test.__name__} {time.monotonic() - started:.1f} s", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
