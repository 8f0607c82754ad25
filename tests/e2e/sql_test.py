# SPDX-License-Identifier: Apache-2.0
"""`leat sql`: from files, from the command line, typed, and against a cluster.  sql_test.py LEAT"""
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cluster as clusters  # noqa: E402
import terminal  # noqa: E402

LEAT = os.path.abspath(sys.argv[1])
ORDERS = """CREATE TABLE orders (id BIGINT NOT NULL, country STRING, amount DECIMAL(10,2), at TIMESTAMP(3),
  WATERMARK FOR at AS at - INTERVAL '5' SECOND)
WITH ('connector' = 'file', 'path' = 'orders.jsonl', 'format' = 'json');
"""
ENDLESS = ("CREATE TABLE bid (auction BIGINT, price BIGINT, dateTime TIMESTAMP(3), WATERMARK FOR dateTime AS dateTime) "
           "WITH ('connector'='nexmark', 'table'='bid', 'events'='1000000000', 'rate'='2000');")


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def write_orders(folder):
    rows = [(1, "DE", "10.50"), (2, "FR", "7.25"), (3, "DE", "1.00"), (4, "IT", "99.99"), (5, "FR", "0.75")]
    with open(os.path.join(folder, "orders.jsonl"), "w", encoding="utf-8") as out:
        for number, country, amount in rows:
            at = f"2024-05-01 10:00:{number:02}"
            out.write(json.dumps({"id": number, "country": country, "amount": amount, "at": at}) + "\n")


def leat(folder, *arguments, text=None):
    return subprocess.run([LEAT, "sql", *arguments], cwd=folder, capture_output=True, text=True, timeout=60,
                          check=False, input=text)


def run_script(folder, script, *arguments):
    """What a file with the orders table and this script shows."""
    write_orders(folder)
    path = os.path.join(folder, "script.sql")
    with open(path, "w", encoding="utf-8") as out:
        out.write(ORDERS + script)
    return leat(folder, "-f", path, *arguments)


def expect_shown(done, *texts):
    expect(done.returncode == 0, f"exit {done.returncode}: {done.stdout}{done.stderr}")
    for text in texts:
        expect(text in done.stdout, f"{text!r} is not in {done.stdout!r}")


def answers_what_is_asked(folder):
    done = run_script(folder, "SHOW TABLES; DESCRIBE orders; EXPLAIN SELECT country FROM orders; "
                              "SHOW CREATE TABLE orders;")
    expect_shown(done, " orders | table", " amount  | decimal(10,2) |", "as it runs", "at least once",
                 "CREATE TABLE orders")


def shows_the_rows_of_a_result(folder):
    done = leat(folder, "-e", "SELECT upper('a') AS u, 1 + 1 AS two")
    expect_shown(done, " u | two\n---+-----\n A |   2\n(1 row)\n")
    done = leat(folder, text="SELECT 1 AS one;\nSELECT 2 AS two;\n")
    expect_shown(done, " one\n-----\n   1\n(1 row)\n two\n-----\n   2\n(1 row)\n")


def shows_a_result_that_changes_as_it_stands_or_change_by_change(folder):
    query = "SET 'state.unbounded' = 'allow'; SELECT country, sum(amount) AS s FROM orders GROUP BY country"
    done = run_script(folder, query)
    expect_shown(done, " DE      | 11.50\n FR      |  8.00\n IT      | 99.99\n(3 rows)\n")
    done = run_script(folder, query, "--output", "changelog", "--executors", "1")
    expect_shown(done, " op | country | s", " +I | IT      | 99.99")
    done = run_script(folder, query, "--output", "json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    expect({"op": "+I", "country": "IT", "s": "99.99"} in rows, done.stdout)


def shows_rows_in_the_order_that_is_asked_for(folder):
    done = run_script(folder, "SELECT id, amount FROM orders ORDER BY amount DESC LIMIT 2")
    expect_shown(done, " id | amount\n----+--------\n  4 |  99.99\n  1 |  10.50\n(2 rows)\n")


def stops_at_the_first_mistake_with_its_place(folder):
    done = run_script(folder, "SHOW TABLES;\nSELECT amont FROM orders;\nSHOW VIEWS;\n")
    expect(done.returncode == 1, done.stdout)
    expect("script.sql:5:8: error: there is no column 'amont', did you mean 'amount'?" in done.stderr, done.stderr)
    expect("orders | table" in done.stdout and done.stdout.count("row") == 1, done.stdout)
    done = run_script(folder, "SHOW TABLES;\nSELEC 1;\n")
    expect(done.returncode == 1 and "script.sql:5:1: error: unexpected 'SELEC'" in done.stderr and done.stdout == "",
           done.stdout + done.stderr)


def refuses_state_that_grows_and_says_the_ways_out(folder):
    done = run_script(folder, "SELECT country, count(*) FROM orders GROUP BY country")
    expect(done.returncode == 1 and "state.ttl" in done.stderr and "state.unbounded" in done.stderr, done.stderr)


def writes_a_table_and_reads_it_back(folder):
    done = run_script(folder, """
CREATE TABLE large (id BIGINT, cents BIGINT) WITH ('connector' = 'file', 'path' = 'large', 'format' = 'json');
INSERT INTO large SELECT id, CAST(amount * 100 AS BIGINT) FROM orders WHERE amount > 5;
CREATE TABLE again WITH ('path' = 'large/*') LIKE large;
SELECT * FROM again ORDER BY id;
""")
    expect_shown(done, "3 rows written", "  1 |  1050\n  2 |   725\n  4 |  9999\n(3 rows)")


def answers_from_a_materialized_view(folder):
    done = run_script(folder, """
SET 'state.unbounded' = 'allow';
CREATE MATERIALIZED VIEW per_country AS SELECT country, count(*) AS n, sum(amount) AS s FROM orders GROUP BY country;
CREATE VIEW often AS SELECT * FROM per_country WHERE n > 1;
RESET;
SELECT country, n FROM per_country ORDER BY country;
SELECT sum(s) AS total, count(*) AS countries FROM often;
DROP MATERIALIZED VIEW per_country;
SHOW MATERIALIZED VIEWS;
SHOW JOBS;
""")
    expect_shown(done, " DE      | 2\n FR      | 2\n IT      | 1\n(3 rows)", " 19.50 |         2\n(1 row)", "(0 rows)",
                 "per_country-")


def answers_from_a_view_that_goes_on(folder):
    view = ENDLESS + "CREATE MATERIALIZED VIEW seen AS SELECT count(*) AS n FROM bid;"
    done = leat(folder, "-e", view + "SELECT n FROM seen; SELECT n FROM seen;", "--output", "json")
    expect(done.returncode == 0, done.stderr)
    counts = [json.loads(line)["n"] for line in done.stdout.splitlines() if line.startswith("{")]
    expect(len(counts) == 2 and 0 < counts[0] < counts[1], done.stdout)


def completes_words_and_ends_a_query_at_ctrl_c(folder):
    # libedit keeps the names of functions that were added to it.
    env = {"LEAT_HISTORY": os.path.join(folder, "history"), "ASAN_OPTIONS": "detect_leaks=0"}
    with terminal.Terminal([LEAT, "sql"], env) as shell:
        shell.wait_for("leat> ")
        shell.type(ENDLESS + "\n")
        shell.wait_for("leat> ")
        shell.type("sele\tauct\tFROM bid;\n")
        shell.wait_for("auction\r\n---")
        shell.wait_for("\\d+\r\n")
        shell.type("\x03")
        shell.wait_for("\\(\\d+ rows?\\)\r\nleat> ")
        shell.type("SET 'state.unbounded' = 'allow';\n")
        shell.wait_for("leat> ")
        shell.type("SELECT price % 2 AS k, count(*) AS n\nFROM bid GROUP BY price % 2;\n")
        shell.wait_for("   -> ")
        shell.wait_for("\x1b\\[\\d+A\x1b\\[J k \\| +n")  # drawn over
        shell.type("\x03")
        shell.wait_for("leat> ")
        shell.type("SELECT half a statement\x03")
        shell.wait_for("leat> ")
        shell.type("\\d\n")
        shell.wait_for(" bid  \\| table")
        shell.type("SELECT nothing FROM bid;\n")
        shell.wait_for("sql:1:8: error: there is no column 'nothing'")
        shell.type("\\q\n")
        expect(shell.exit_code() == 0, shell.shown)
    with open(env["LEAT_HISTORY"], encoding="utf-8") as history:
        expect("SELECT" in history.read(), "nothing was remembered")


def runs_jobs_in_the_background_at_the_prompt(folder):
    env = {"LEAT_HISTORY": "", "ASAN_OPTIONS": "detect_leaks=0"}
    with terminal.Terminal([LEAT, "sql"], env) as shell:
        shell.type(ENDLESS + "CREATE TABLE gone (a BIGINT) WITH ('connector' = 'blackhole');\n")
        shell.type("INSERT INTO gone SELECT auction FROM bid;\n")
        shell.wait_for("job gone-\\d+ runs")
        shell.type("SHOW JOBS;\n")
        shell.wait_for(" gone-3 +\\| (CREATED|DEPLOYING|RUNNING)")
        shell.type("\\cancel gone-3\n")
        seen = ""
        end = time.monotonic() + 20
        while "CANCELED" not in seen and time.monotonic() < end:
            shell.type("SHOW JOBS;\n")
            seen = shell.wait_for("rows?\\)\r\nleat> ")
        expect("CANCELED" in seen, seen)
        shell.type("\\q\n") # not Ctrl-D: the terminal may be between two modes, and would swallow it
        expect(shell.exit_code() == 0, shell.shown)


def submits_jobs_to_a_cluster(folder):
    write_orders(folder)
    with clusters.Cluster(LEAT, os.path.join(folder, "cluster"), files=folder) as cluster:
        cluster.start(1)
        script = ORDERS + """
CREATE TABLE out (id BIGINT, amount DECIMAL(10,2)) WITH ('connector' = 'file', 'path' = 'out', 'format' = 'json');
INSERT INTO out SELECT id, amount FROM orders WHERE amount > 5;
"""
        done = leat(folder, "-e", script, "--coordinator", cluster.url, "--files", folder)
        expect_shown(done, "submitted job")
        cluster.wait_state("out", ["FINISHED"], 30)
        done = leat(folder, "-e", "SHOW JOBS", "--coordinator", cluster.url)
        expect_shown(done, " out", "FINISHED")
        rows = clusters.read_parts(os.path.join(folder, "out"))
        expect(len(rows) == 3, f"{rows}")
        view = "CREATE MATERIALIZED VIEW large AS SELECT id FROM orders WHERE amount > 15;"
        expect_shown(leat(folder, "-e", ORDERS + view, "--coordinator", cluster.url), "submitted job")
        cluster.wait_state("large", ["FINISHED"], 30)
        rows = clusters.read_parts(os.path.join(folder, "views", "large"))
        expect(rows == [{"op": "+I", "id": 4}], f"{rows}")


TESTS = [
    answers_what_is_asked,
    shows_the_rows_of_a_result,
    shows_a_result_that_changes_as_it_stands_or_change_by_change,
    shows_rows_in_the_order_that_is_asked_for,
    stops_at_the_first_mistake_with_its_place,
    refuses_state_that_grows_and_says_the_ways_out,
    writes_a_table_and_reads_it_back,
    answers_from_a_materialized_view,
    answers_from_a_view_that_goes_on,
    completes_words_and_ends_a_query_at_ctrl_c,
    runs_jobs_in_the_background_at_the_prompt,
    submits_jobs_to_a_cluster,
]


def main():
    failed = 0
    for test in TESTS:
        if len(sys.argv) > 2 and sys.argv[2] not in test.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="leat-sql-") as folder:
            started = time.monotonic()
            try:
                test(folder)
                print(f"ok   {test.__name__} {time.monotonic() - started:.1f} s", flush=True)
            except (AssertionError, subprocess.TimeoutExpired, OSError) as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
