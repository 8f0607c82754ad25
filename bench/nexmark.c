/* SPDX-License-Identifier: Apache-2.0
 *
 * nexmark - a query from columns in memory, beside the bare loop of the same query.
 *
 *   bench_nexmark EVENTS PAIRS NAME=FILE.sql...
 *
 * NAME is the loop's. The script's sources of `nexmark` read the columns that the loop reads; one
 * executor, one-second epochs, a disk that confirms at once. Both sides run alternately; the times
 * are processor time. One JSON line per query. `result` is worked out of the rows as the loop
 * works out its own, where the two define the same (`is_equal`, else null).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/driver.h"
#include "bench/loops.h"
#include "bench/memory_source.h"
#include "common/plan/rewrite.h"
#include "common/sql/sql.h"
#include "common/sys/file.h"
#include "worker/connectors/blackhole/blackhole.h"

enum { EVENTS_PER_SECOND = 1000000, PAIRS_MAX = 99 };

/* What of a query's result the loop returns. */
typedef struct digest_rule {
    const char *query;
    bool adds_rows;      /* rows that are there at the end */
    const char *sums[5]; /* columns whose values are added up */
} digest_rule;

static const digest_rule digest_rules[] = {
    {"q0", true, {0}},
    {"q1", true, {0}},
    {"q2", true, {0}},
    {"q3", true, {0}},
    {"q4", false, {"avg"}},
    {"q7", true, {"auction"}},
    {"q8", true, {0}},
    {"q11", false, {"bid_count"}},
    {"q12", false, {"bid_count"}},
    {"q15",
     false,
     {"rank1_bids", "total_auctions", "total_bidders", "rank1_auctions", "rank2_bidders"}},
    {"q18", true, {0}},
    {"q20", true, {0}},
};

static const digest_rule *digest_rule_now; /* of the run at hand; NULL: none */
static int64_t digest;

/* The whole part of a number. */
static int64_t whole(const leat_column *column, uint32_t at)
{
    if (leat_column_is_null(column, at))
        return 0;
    leat_i128 value = leat_column_integer(column, at);
    if (column->type.id == LEAT_TYPE_DECIMAL)
        for (uint32_t i = 0; i < column->type.scale; i++)
            value /= 10;
    return (int64_t)value;
}

static int64_t digest_row(const leat_rows *rows, uint32_t at)
{
    int64_t sum = digest_rule_now->adds_rows;
    for (size_t i = 0; i < LEAT_COUNT_OF(digest_rule_now->sums); i++) {
        if (digest_rule_now->sums[i] == NULL)
            break;
        int32_t column = leat_schema_find(rows->schema, leat_bytes_text(digest_rule_now->sums[i]));
        if (column >= 0)
            sum += whole(&rows->columns[column], at);
    }
    return sum;
}

static void sink_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    (void)config;
    (void)diagnostics;
}

/* Called for printed rows: nothing is printed. */
static void sink_digest(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    (void)config;
    (void)out;
    int32_t op = leat_schema_find(rows->schema, LEAT_BYTES("op"));
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        bool is_retract = rows->changes != NULL && (rows->changes[at] & 1);
        if (op >= 0) {
            leat_view change = LEAT_COLUMN_GET(&rows->columns[op], leat_view, at);
            is_retract = leat_view_bytes(&change).data[0] == '-';
        }
        digest += is_retract ? -digest_row(rows, at) : digest_row(rows, at);
    }
}

static const leat_sink_class digest_sink = {
    .name = "blackhole", .kind = LEAT_SINK_PRINT, .check = sink_check, .encode = sink_digest};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const leat_physical_plan *plan_file(const char *path, leat_arena *arena)
{
    leat_buf text = {0};
    leat_error err = {0};
    if (leat_file_read(path, LEAT_MIB, &text, &err) != LEAT_OK) {
        fprintf(stderr, "bench_nexmark: %s\n", err.text);
        return NULL;
    }
    leat_bytes source = leat_arena_bytes(arena, leat_buf_bytes(&text));
    leat_buf_clear(&text);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, path, source);
    leat_sql_config config = {.name = LEAT_BYTES("bench")};
    const leat_logical_plan *plan = leat_sql_load(source, &config, arena, &diagnostics);
    leat_diagnostics_print(&diagnostics, &text);
    fwrite(leat_buf_text(&text), 1, text.size, stderr);
    leat_buf_fini(&text);
    leat_diagnostics_fini(&diagnostics);
    return plan == NULL ? NULL : leat_physical_of(leat_rewrite(plan, arena), arena);
}

typedef struct outcome {
    double seconds;
    uint64_t state_bytes;
    uint64_t delta_bytes;
} outcome;

static outcome run_query(const leat_physical_plan *plan, bool is_digested)
{
    leat_connectors connectors = {0};
    bench_driver driver = {.slot_count = 1};
    leat_error err = {0};
    leat_connectors_add_source(&connectors, &bench_memory_source);
    leat_connectors_add_sink(&connectors, is_digested ? &digest_sink : &leat_blackhole_sink);
    if (bench_driver_open(&driver, plan, &connectors, &err) != LEAT_OK) {
        fprintf(stderr, "bench_nexmark: %s\n", err.text);
        exit(1);
    }
    double began = cpu_s();
    bench_driver_run(&driver);
    outcome result = {cpu_s() - began, bench_driver_stats(&driver).state_bytes, driver.chunk_bytes};
    bench_driver_close(&driver);
    return result;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double median(double *values, uint32_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static const char *equality(const char *name, uint64_t loop_result)
{
    if (digest_rule_now == NULL)
        return "null";
    bool is_equal = digest == (int64_t)loop_result;
    if (!is_equal)
        fprintf(stderr, "bench_nexmark: %s: %lld, the loop says %llu\n", name, (long long)digest,
                (unsigned long long)loop_result);
    return is_equal ? "true" : "false";
}

static void
measure(const char *name, const leat_physical_plan *plan, uint64_t events, uint32_t pairs)
{
    double loop[PAIRS_MAX], ours[PAIRS_MAX], seconds = 0;
    uint64_t loop_result = 0;
    digest_rule_now = NULL;
    digest = 0;
    for (size_t i = 0; i < LEAT_COUNT_OF(digest_rules); i++)
        if (strcmp(digest_rules[i].query, name) == 0)
            digest_rule_now = &digest_rules[i];
    bool has_loop = bench_loop_run(name, &seconds, &loop_result);
    outcome last = run_query(plan, digest_rule_now != NULL);
    for (uint32_t i = 0; i < pairs; i++) {
        if (has_loop)
            bench_loop_run(name, &loop[i], &loop_result);
        last = run_query(plan, false);
        ours[i] = last.seconds;
    }
    double our_s = median(ours, pairs);
    printf("{\"query\": \"%s\", \"events_per_s\": %.0f, ", name, (double)events / our_s);
    if (has_loop)
        printf("\"loop_per_s\": %.0f, \"is_equal\": %s, ", (double)events / median(loop, pairs),
               equality(name, loop_result));
    printf("\"state_bytes\": %llu, \"delta_bytes_per_event\": %.2f}\n",
           (unsigned long long)last.state_bytes, (double)last.delta_bytes / (double)events);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t events = argc > 3 ? strtoull(argv[1], NULL, 10) : 0;
    uint32_t pairs = argc > 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    if (events == 0 || pairs == 0 || pairs > PAIRS_MAX) {
        fprintf(stderr, "usage: bench_nexmark EVENTS PAIRS NAME=FILE.sql...\n");
        return 2;
    }
    bench_columns columns;
    bench_columns_make(events, EVENTS_PER_SECOND, &columns);
    bench_memory_set(&columns);
    int status = 0;
    for (int i = 3; i < argc; i++) {
        leat_arena arena = {0};
        char *path = strchr(argv[i], '=');
        const leat_physical_plan *plan = path == NULL ? NULL : plan_file(path + 1, &arena);
        if (plan != NULL) {
            *path = '\0';
            measure(argv[i], plan, events, pairs);
        }
        status |= plan == NULL;
        leat_arena_fini(&arena);
    }
    bench_memory_fini();
    return status;
}
