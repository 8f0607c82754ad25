#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""recovery - how long output stops when a worker with a standby dies, and what an idle worker weighs.

    bench/recovery.py LEAT [--kills N] [--state-mb N] [--rate N] [--output json]

Three workers hold `state-mb` of windowed state with a standby each. One is killed (-9), N times in
turn; the clock stops when rows are visible that were completed after the kill, in a new generation.
The bounds: 3.5 s each time, 20 MB of resident memory. Exit 1 when one is broken.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "support"))
from cluster import Cluster  # noqa: E402

RESUME_MS = 3500
IDLE_MB = 20
WORKERS = 3

TOPOLOGY = """version: 1
topology: recovery
epoch_interval: 500ms
replicas: 2
parallelism: 3
sources:
  rows:
    connector: sequence
    keys: 1000000
    event_rate: 1000
    rate: {rate}
    schema: {{seq: bigint not null, key: bigint not null, value: bigint not null, ts: timestamp not null}}
    event_time: {{column: ts, watermark: 0s}}
processors:
  per_key: {{input: rows, group_by: [key], window: {{tumble: 365d}}, aggregate: {{n: "count(*)", total: "sum(value)"}}}}
  sample:  {{input: rows, where: "seq % 1000 = 0"}}
sinks:
  state: {{input: per_key, connector: blackhole}}
  out:   {{input: sample, connector: file, path: out, format: json}}
"""


def resident_mb(process):
    with open(f"/proc/{process.popen.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def view(cluster):
    return cluster.job("recovery") or {}


def state_mb(cluster):
    return sum(worker["state_bytes"] for worker in view(cluster).get("workers", [])) / 1e6


def is_well(cluster):
    now = view(cluster)
    return now.get("state") == "RUNNING" and now.get("replicas_in_sync", 0) >= 2 and len(now["workers"]) == WORKERS


def kill_once(cluster, number):
    """Milliseconds from the kill until something completed afterwards is visible."""
    generation = view(cluster)["generation"]
    cluster.workers[number].kill()
    killed = time.monotonic()
    cluster.wait_until(lambda: view(cluster).get("generation", 0) > generation, 30, "a new generation starts")
    completed = view(cluster)["epoch"]
    cluster.wait_until(lambda: view(cluster).get("published_epoch", 0) > completed, 30, "output resumes")
    took_ms = (time.monotonic() - killed) * 1000
    cluster.start_worker(number)
    cluster.wait_until(lambda: is_well(cluster), 60, "all workers and copies are there again")
    return took_ms


def main():
    parser = argparse.ArgumentParser(prog="recovery")
    parser.add_argument("leat")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--state-mb", type=int, default=100)
    parser.add_argument("--rate", type=int, default=100000, help="rows a second")
    parser.add_argument("--output", choices=["text", "json"], default="text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leat-recovery-") as folder, Cluster(options.leat, folder) as cluster:
        cluster.start(WORKERS)
        time.sleep(2)
        idle_mb = max(resident_mb(worker) for worker in cluster.workers.values())
        topology = os.path.join(folder, "recovery.yaml")
        with open(topology, "w", encoding="utf-8") as file:
            file.write(TOPOLOGY.format(rate=options.rate))
        cluster.command("submit", topology)
        cluster.wait_until(lambda: state_mb(cluster) >= options.state_mb and is_well(cluster), 300,
                           f"there are {options.state_mb} MB of state")
        times = [kill_once(cluster, 1 + i % WORKERS) for i in range(options.kills)]
        result = {"kills": len(times), "state_mb": round(state_mb(cluster)), "resumed_ms_min": round(min(times)),
                  "resumed_ms_median": round(statistics.median(times)), "resumed_ms_max": round(max(times)),
                  "idle_worker_mb": round(idle_mb, 1)}
    if options.output == "json":
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:<18} {value}" for name, value in result.items()))
    ok = max(times) <= RESUME_MS and idle_mb <= IDLE_MB
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
