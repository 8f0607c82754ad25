#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare - random SQL beside PostgreSQL: the same tables, the same changes, the same rows?

    compare.py LEAT [--seeds A..B] [--parallelism N] [--keep FILE] [--only TEXT]

Every seed is one case: leat sees the changes one after another and keeps its answer current;
PostgreSQL answers once, at the end. What differs is shown with the seed, which draws it again.
What leat refuses is counted by reason and is no failure: a refusal is not a wrong answer.
The last line is `N passed, N failed`; exit 1 when one failed.
"""
import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile

from postgres import END, Postgres, unescape
from queries import Generator

BATCH = 200
INTEGERS = ("integer", "bigint", "smallint")


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def script_of(case, query):
    """What PostgreSQL is told: the tables, every change, and the question."""
    lines = ["SET client_min_messages = error; DROP SCHEMA IF EXISTS c CASCADE; CREATE SCHEMA c; SET search_path TO c;"]
    for table in case["tables"]:
        columns = ", ".join(f"{name} {kind}" for name, kind in table["columns"])
        lines.append(f"CREATE TABLE {table['name']} ({columns});")
    for operation in case["ops"]:
        if operation["op"] == "-D":
            lines.append(f"DELETE FROM {operation['t']} WHERE id = {operation['row']['id']};")
        else:
            row = operation["row"]
            values = ", ".join(literal(value) for value in row.values())
            lines.append(f"INSERT INTO {operation['t']} ({', '.join(row)}) VALUES ({values});")
    lines += [f"CREATE VIEW answer AS {query};",
              "SELECT format_type(atttypid, NULL) FROM pg_attribute "
              "WHERE attrelid = 'c.answer'::regclass AND attnum > 0 ORDER BY attnum;",
              f"\\echo {END}", "COPY (SELECT * FROM answer) TO STDOUT;", f"\\echo {END}"]
    return "\n".join(lines) + "\n"


def value_of(field, kind):
    if field is None:
        return None
    if kind in INTEGERS:
        return int(field)
    return field == "t" if kind == "boolean" else field


def answers(server, pairs):
    """Per case its expected rows, or PostgreSQL's own complaint."""
    text = server.run("".join(script_of(case, query) for case, query in pairs))
    parts = text.split(END + "\n")
    for (case, _), kinds, rows in zip(pairs, parts[0::2], parts[1::2]):
        wrong = [line for line in (kinds + rows).splitlines() if "ERROR:" in line]
        if wrong:
            yield None, wrong[0]
            continue
        kinds = [line for line in kinds.splitlines() if line and not line.startswith("psql:")]
        fields = [[unescape(field) for field in line.split("\t")] for line in rows.splitlines()]
        yield [[value_of(field, kind) for field, kind in zip(row, kinds)] for row in fields], None


def results_of(leat, cases, parallelism, folder):
    path = os.path.join(folder, "cases.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([leat, "test", path, "--output", "json", "--parallelism", str(parallelism)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    found = {}
    for line in done.stdout.splitlines():
        result = json.loads(line)
        found[result["name"]] = result
    missing = {"status": "fail", "reason": "leat test gave no result: " + done.stderr.strip()[-200:]}
    return [found.get(case["name"], missing) for case in cases]


def refusal_of(reason):
    """The sentence of an error, without its place and names: what refusals are counted by."""
    lines = reason.strip().splitlines()
    found = [line.split("error: ", 1)[1] for line in lines if "error: " in line] or lines
    return re.sub(r"[0-9]+", "N", found[0])[:110]


def show(case, query, result):
    print(f"FAIL {case['name']} ({', '.join(case['features'])})\n  leat:       {case['sql']}")
    if query != case["sql"]:
        print(f"  PostgreSQL: {query}")
    print("  " + result["reason"].rstrip().replace("\n", "\n  "))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("leat")
    parser.add_argument("--seeds", default="1..500", help="A..B")
    parser.add_argument("--parallelism", type=int, default=1)
    parser.add_argument("--keep", help="write every case with its expected rows to this file")
    parser.add_argument("--only", default="", help="only cases with this feature")
    options = parser.parse_args()
    first, last = (int(number) for number in options.seeds.split(".."))
    passed, failed, refused, odd = 0, 0, collections.Counter(), collections.Counter()
    examples = {}
    keep = open(options.keep, "w", encoding="utf-8") if options.keep else None
    with Postgres() as server, tempfile.TemporaryDirectory() as folder:
        for start in range(first, last + 1, BATCH):
            pairs = []
            for seed in range(start, min(start + BATCH, last + 1)):
                pair = Generator(random.Random(seed)).case(f"seed {seed}")
                if any(options.only in feature for feature in pair[0]["features"] or [""]):
                    pairs.append(pair)
            judged = []
            for (case, query), (rows, complaint) in zip(pairs, answers(server, pairs)):
                if complaint:
                    odd[complaint.split("ERROR:")[1].strip()[:80]] += 1
                    continue
                case["expected_rows"] = rows
                judged.append((case, query))
                if keep:
                    keep.write(json.dumps(case) + "\n")
            results = results_of(options.leat, [case for case, _ in judged], options.parallelism, folder)
            for (case, query), result in zip(judged, results):
                if result["status"] == "pass":
                    passed += 1
                elif result["status"] == "error":
                    reason = refusal_of(result["reason"])
                    refused[reason] += 1
                    examples.setdefault(reason, case)
                else:
                    failed += 1
                    show(case, query, result)
            print(f"{passed} passed, {failed} failed, {sum(refused.values())} refused", file=sys.stderr)
    for reason, count in refused.most_common():
        print(f"refused {count:4}  {reason}  ({examples[reason]['name']}: {examples[reason]['sql'][:160]})")
    for complaint, count in odd.most_common():
        print(f"odd     {count:4}  PostgreSQL: {complaint}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
