#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rates and ratios of one run: every bench, each several times, as a table or as JSON.

    run.py BUILD [NAME...] [--runs N] [--output json]

A figure is the median of its runs, with the least and the greatest beside it. Ratios compare
figures of this run only: machines and their load differ too much for anything else.
"""
import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import cluster  # noqa: E402

REFERENCE = os.path.join(ROOT, "..", "shared", "limits", "hashagg_prefetch_limits.c")
REFERENCE = os.environ.get("LEAT_BENCH_REFERENCE", REFERENCE)
EVENTS = 20_000_000
BIDS_OF_EVENTS = 46 / 50
KEYS = 100_000


class Bench:
    """The programs of a build tree, and what they measured."""

    def __init__(self, build, runs, scratch, queries=()):
        self.build = os.path.abspath(build)
        self.runs = runs
        self.scratch = scratch
        self.leat = os.path.join(self.build, "bin", "leat")
        self.queries = queries
        self.figures = {}  # name -> {unit, median, min, max, bar}

    def add(self, name, unit, values, bar=None):
        self.figures[name] = {"unit": unit, "median": statistics.median(values), "min": min(values),
                              "max": max(values), "runs": len(values), "bar": bar}

    def folder(self):
        return tempfile.mkdtemp(dir=self.scratch)


def output_of(command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


# -- benches ------------------------------------------------------------------------------------

def auctions(bench):
    """Nexmark bids with all their fields through filter, windowed aggregate and two sinks."""
    program = os.path.join(bench.build, "bench", "bench_auctions")
    example = os.path.join(ROOT, "examples", "auctions.yaml")
    engine, run, run_cpu = [], [], []
    for _ in range(bench.runs):
        done = json.loads(output_of([program, example, str(EVENTS), "--all-fields"]).stdout)
        engine.append(done["rows_per_s"] / BIDS_OF_EVENTS / 1e6)
        wall_s, cpu_s = auctions_run(bench)
        run.append(EVENTS / wall_s / 1e6)
        run_cpu.append(EVENTS / cpu_s / 1e6)
    bench.add("auctions_engine", "M events/s", engine, ">= 5")
    bench.add("auctions_leat_run", "M events/s", run, ">= 5")
    bench.add("auctions_leat_run_cpu", "M events/s", run_cpu)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def auctions_run(bench):
    """(seconds, seconds of all its threads on a CPU): they differ by what others had of the machine."""
    folder = bench.folder()
    topology = os.path.join(HERE, "auctions_all_fields.yaml")
    began, cpu_began = time.monotonic(), cpu_seconds()
    output_of([bench.leat, "run", topology, "--executors", "1", "--parallelism", "1", "-D", f"EVENTS={EVENTS}",
               "-D", f"OUT={folder}/out", "--data", f"{folder}/data"])
    took = time.monotonic() - began, cpu_seconds() - cpu_began
    shutil.rmtree(folder)
    return took


def keyed_aggregate(bench):
    """count(*) and sum(v) by key: the operators, beside the bare loop when its source is there."""
    program = os.path.join(bench.build, "bench", "bench_keyed_aggregate")
    rates, loop = {}, []
    reference = reference_build(bench)
    for _ in range(bench.runs):
        for name, rate in re.findall(r"^(\w+): median ([\d.]+)", output_of([program, str(KEYS)]).stdout, re.M):
            rates.setdefault(name, []).append(float(rate))
        if reference:
            loop.append(reference_run(reference))
    for name, values in rates.items():
        bench.add(f"keyed_aggregate_{name}", "M rows/s", values)
    if loop:
        bench.add("keyed_aggregate_bare_loop", "M rows/s", loop)


def reference_build(bench):
    if not os.path.exists(REFERENCE):
        return None
    program = os.path.join(bench.scratch, "reference")
    output_of(["cc", "-O3", "-march=native", "-std=gnu17", "-w", REFERENCE, "-o", program, "-lm", "-lpthread"])
    return program


def reference_run(program):
    """The best one-thread rate for KEYS keys; it goes on to larger tables, which nobody asked for."""
    best = 0.0
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if "2 threads" in line:
                break
            best = max(best, float(line.rsplit("=", 1)[1]) if f"keys={KEYS} " in line else 0.0)
        process.kill()
    return best


# M events/s with generator and epochs, share of the bare loop from memory; None: no bar
NEXMARK_BARS = {
    "q0": (10, 0.4), "q1": (10, 0.4), "q2": (10, 0.4), "q3": (10, 0.4), "q4": (5, 0.25), "q5": (10, 0.25),
    "q7": (10, 0.4), "q8": (10, 0.4), "q9": (5, 0.25), "q11": (5, 0.25), "q12": (10, 0.25), "q15": (5, 0.25),
    "q16": (2.5, 0.4), "q17": (5, 0.25), "q18": (2.5, 0.4), "q19": (2.5, 0.4), "q20": (5, 0.25), "q21": (5, None),
    "q22": (10, None)}
NEXMARK_EVENTS = {"memory": 4_000_000, "generator": 4_000_000}


def nexmark_queries(only):
    names = sorted(os.listdir(os.path.join(ROOT, "examples", "nexmark")))
    found = sorted((int(name[1:-4]), name[:-4]) for name in names if re.fullmatch(r"q\d+\.sql", name))
    return [name for _, name in found if not only or name in only]


def nexmark_script(bench, query, events):
    """The example with all fields, a sink that drops its rows, and events that come at a million a second."""
    with open(os.path.join(ROOT, "examples", "nexmark", query + ".sql"), encoding="utf-8") as file:
        text = file.read()
    text = text.replace("'events' = '100000'",
                        f"'events' = '{events}', 'event_rate' = '1000000', 'all_fields' = 'true'")
    last = text.rstrip().rstrip(";").rindex(";") + 1
    path = os.path.join(bench.folder(), query + ".sql")
    result = "CREATE TABLE result WITH ('connector' = 'blackhole', 'changes' = 'log') AS"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{text[:last]}\n{result}{text[last:]}")
    return path


def nexmark(bench):
    """Every query of examples/nexmark: from columns in memory beside its bare loop, and by `leat run`."""
    program = os.path.join(bench.build, "bench", "bench_nexmark")
    for query in nexmark_queries(bench.queries):
        rate_bar, share_bar = NEXMARK_BARS.get(query, (None, None))
        print(f"   {query}", file=sys.stderr, flush=True)
        try:
            if os.path.exists(program):
                nexmark_memory(bench, program, query, share_bar)
            nexmark_generator(bench, query, rate_bar)
        except subprocess.CalledProcessError as error:
            print(f"   {query} does not run: {(error.stderr or '').strip().splitlines()[:1]}", file=sys.stderr)


def nexmark_memory(bench, program, query, bar):
    script = nexmark_script(bench, query, 1)
    done = json.loads(output_of([program, str(NEXMARK_EVENTS["memory"]), str(bench.runs), f"{query}={script}"]).stdout)
    bench.add(f"nexmark_{query}_memory", "M events/s", [done["events_per_s"] / 1e6])
    bench.add(f"nexmark_{query}_state", "B/event", [done["state_bytes"] / NEXMARK_EVENTS["memory"]])
    bench.add(f"nexmark_{query}_delta", "B/event", [done["delta_bytes_per_event"]])
    if "loop_per_s" in done:
        if done["is_equal"] is False:
            raise RuntimeError(f"{query}: the loop's result is another")
        bench.add(f"nexmark_{query}_loop", "M events/s", [done["loop_per_s"] / 1e6])
        RATIOS[f"nexmark_{query}_of_loop"] = (f"nexmark_{query}_memory", f"nexmark_{query}_loop",
                                              f">= {bar}" if bar else None)


def nexmark_generator(bench, query, bar):
    """By processor time: others may have the machine meanwhile."""
    events = NEXMARK_EVENTS["generator"]
    script, rates = nexmark_script(bench, query, events), []
    for _ in range(bench.runs):
        data, began = os.path.join(bench.folder(), "data"), cpu_seconds()
        output_of([bench.leat, "run", script, "--executors", "1", "--parallelism", "1", "--data", data])
        rates.append(events / (cpu_seconds() - began) / 1e6)
        shutil.rmtree(data)
    bench.add(f"nexmark_{query}_run_cpu", "M events/s", rates, f">= {bar}" if bar else None)


def idle_worker(bench):
    """Resident memory of a worker that has registered and has no job."""
    megabytes = []
    for _ in range(bench.runs):
        with cluster.Cluster(bench.leat, bench.folder()) as one:
            one.start(1)
            time.sleep(0.5)
            with open(f"/proc/{one.workers[1].popen.pid}/status", encoding="ascii") as status:
                megabytes.append(int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) / 1024)
    bench.add("idle_worker_memory", "MiB", megabytes, "<= 20")


def first_row(bench):
    """From the start of `leat run` to the first row of a print sink, in a new data folder."""
    took_ms = []
    for _ in range(bench.runs):
        data = os.path.join(bench.folder(), "data")
        began = time.monotonic()
        with subprocess.Popen([bench.leat, "run", os.path.join(HERE, "first_row.yaml"), "--data", data],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            line = process.stdout.readline()
            took_ms.append((time.monotonic() - began) * 1000)
            process.kill()
        if not line:
            raise RuntimeError("leat run printed nothing")
    bench.add("first_row", "ms", took_ms, "<= 100")


BENCHES = {"auctions": auctions, "keyed_aggregate": keyed_aggregate, "idle_worker": idle_worker, "first_row": first_row,
           "nexmark": nexmark}

RATIOS = {  # name -> (figure, divided by, bar)
    "leat_run_of_engine": ("auctions_leat_run", "auctions_engine", None),
    "keyed_windowed_of_bare_loop": ("keyed_aggregate_windowed", "keyed_aggregate_bare_loop", ">= 0.25"),
    "keyed_running_of_bare_loop": ("keyed_aggregate_running", "keyed_aggregate_bare_loop", ">= 0.25"),
}


def ratios_of(figures):
    found = {}
    for name, (over, under, bar) in RATIOS.items():
        if over in figures and under in figures and figures[under]["median"] > 0:
            found[name] = {"value": figures[over]["median"] / figures[under]["median"], "bar": bar}
    return found


def print_table(figures, ratios):
    print(f"{'figure':<30} {'median':>9} {'least':>9} {'greatest':>9}  {'unit':<11} asked")
    for name, f in figures.items():
        print(f"{name:<30} {f['median']:>9.2f} {f['min']:>9.2f} {f['max']:>9.2f}  {f['unit']:<11} {f['bar'] or ''}")
    for name, ratio in ratios.items():
        print(f"{name:<30} {ratio['value']:>9.2f} {'':>9} {'':>9}  {'ratio':<11} {ratio['bar'] or ''}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", choices=["text", "json"], default="text")
    options = parser.parse_args()
    queries = [name for name in options.names if re.fullmatch(r"q\d+", name)]
    options.names = [name for name in options.names if name not in queries] or (["nexmark"] if queries else [])
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no bench `{unknown[0]}`; there are: {', '.join(BENCHES)}")
    with tempfile.TemporaryDirectory(prefix="leat-bench-") as scratch:
        bench = Bench(options.build, options.runs, scratch, queries)
        for name in options.names or BENCHES:
            print(f"== {name}", file=sys.stderr, flush=True)
            BENCHES[name](bench)
    ratios = ratios_of(bench.figures)
    if options.output == "json":
        print(json.dumps({"figures": bench.figures, "ratios": ratios}, indent=1))
    else:
        print_table(bench.figures, ratios)
    return 0


if __name__ == "__main__":
    sys.exit(main())
