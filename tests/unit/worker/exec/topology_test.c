/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole topologies on slots, against a slow interpreter: the answer must not depend on how rows
 * are cut, how many slots there are, which epochs are given up, or what crashes when.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/prng.h"
#include "common/columns/value.h"
#include "common/plan/rewrite.h"
#include "common/topology/topology.h"
#include "tests/support/slot_world.h"

enum { KEYS = 7, WINDOW_S = 10 };

typedef struct planned {
    leat_arena arena;
    leat_buf text;
    const leat_physical_plan *plan;
} planned;

/* The source `numbers` of the world, then `rest`. */
static planned plan_of(const slot_world_args *args, const char *rest)
{
    planned p = {0};
    leat_buf_print(&p.text,
                   "version: 1\ntopology: test\nkey_groups: %u\nsources:\n"
                   "  numbers:\n    connector: rows\n"
                   "    salt: %llu\n    rows: %u\n    keys: %u\n    splits: %u\n"
                   "    schema: {k: bigint, v: bigint, ts: timestamp}\n"
                   "    event_time: {column: ts, watermark: 1s}\n%s",
                   args->key_group_count, (unsigned long long)args->seed, args->row_count,
                   args->key_count, args->split_count, rest);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, &p.arena, "test.yaml", leat_buf_bytes(&p.text));
    const leat_logical_plan *logical = leat_topology_load(
        leat_buf_bytes(&p.text), &(leat_variables){0}, NULL, &p.arena, &diagnostics);
    leat_buf said = {0};
    leat_diagnostics_print(&diagnostics, &said);
    cr_assert_not_null(logical, "%s", leat_buf_text(&said));
    leat_buf_fini(&said);
    leat_diagnostics_fini(&diagnostics);
    p.plan = leat_physical_of(leat_rewrite(logical, &p.arena), &p.arena);
    return p;
}

static void planned_fini(planned *p)
{
    leat_buf_fini(&p->text);
    leat_arena_fini(&p->arena);
}

static slot_world_args args_of(uint64_t seed)
{
    return (slot_world_args){.slot_count = 1 + (uint32_t)(seed % 3),
                             .key_group_count = 8,
                             .seed = seed,
                             .split_count = 2,
                             .row_count = 150,
                             .key_count = KEYS,
                             .barrier_chance = 0.05,
                             .abort_chance = 0.2,
                             .is_small = seed % 2 == 0};
}

/* Run to the end, crashing `crash_count` times on the way. */
static slot_world *run_world(const slot_world_args *args, int crash_count)
{
    slot_world *world = slot_world_new(args);
    leat_prng prng = {args->seed + 99};
    for (int i = 0; i < crash_count; i++) {
        for (uint64_t steps = leat_prng_below(&prng, 1500); steps > 0; steps--)
            slot_world_step(world);
        slot_world_crash(world, 1 + (uint32_t)leat_prng_below(&prng, 3));
    }
    slot_world_finish(world);
    cr_assert_null(slot_world_failure(world), "seed %llu: %s", (unsigned long long)args->seed,
                   slot_world_failure(world));
    return world;
}

/* ------------------------------------------------------------------ lines */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(slot_world_lines *lines)
{
    if (lines->count > 0)
        qsort(lines->items, lines->count, sizeof *lines->items, by_text);
}

/* The same lines, whatever their order. */
static void
expect_lines(uint64_t seed, const slot_world *world, const char *path, slot_world_lines *expected)
{
    slot_world_lines found = slot_world_read(world, path);
    sort_lines(&found);
    sort_lines(expected);
    for (size_t i = 0; i < LEAT_MIN(found.count, expected->count); i++)
        cr_assert_str_eq(found.items[i], expected->items[i], "seed %llu, %s: `%s`, expected `%s`",
                         (unsigned long long)seed, path, found.items[i], expected->items[i]);
    cr_assert_eq(found.count, expected->count, "seed %llu, %s: %zu lines, expected %zu",
                 (unsigned long long)seed, path, found.count, expected->count);
    slot_world_lines_fini(&found);
    slot_world_lines_fini(expected);
}

static void add_line(slot_world_lines *lines, leat_buf *line)
{
    leat_vec_push(lines, leat_strdup(leat_buf_text(line)));
    leat_buf_fini(line);
}

/* ------------------------------------------------------------------ the slow interpreter */

typedef bool row_test(const slot_world_row *row);
typedef int64_t row_key(const slot_world_row *row);

static int64_t key_k(const slot_world_row *row)
{
    return row->k;
}

static int64_t key_v7(const slot_world_row *row)
{
    return row->v % 7;
}

static bool any_row(const slot_world_row *row)
{
    (void)row;
    return true;
}

static bool not_a_third(const slot_world_row *row)
{
    return row->v % 3 != 0;
}

typedef struct window_sum {
    long long count;
    long long sum;
} window_sum;

static window_sum sum_window(
    const slot_world_args *args, row_test *keeps, row_key *key_of, uint32_t window, int64_t key)
{
    window_sum total = {0};
    for (uint32_t i = 0; i < args->split_count * args->row_count; i++) {
        slot_world_row row = slot_world_row_of(args, i / args->row_count, i % args->row_count);
        if (!keeps(&row) || key_of(&row) != key || row.ts / (WINDOW_S * 1000000LL) != window)
            continue;
        total.count++;
        total.sum += row.v;
    }
    return total;
}

/* count and sum(v) per key and tumbling window, as the sink prints them. */
static void
add_windows(const slot_world_args *args, row_test *keeps, row_key *key_of, slot_world_lines *lines)
{
    uint32_t window_count = args->row_count / WINDOW_S + 2;
    for (uint32_t i = 0; i < window_count * KEYS; i++) {
        uint32_t window = i / KEYS;
        int64_t key = i % KEYS;
        window_sum total = sum_window(args, keeps, key_of, window, key);
        if (total.count == 0)
            continue;
        leat_buf line = {0};
        leat_timestamp_print((leat_time)window * WINDOW_S * 1000000, &line);
        leat_buf_add_text(&line, ", ");
        leat_timestamp_print((leat_time)(window + 1) * WINDOW_S * 1000000, &line);
        leat_buf_print(&line, ", %lld, %lld, %lld", (long long)key, total.count, total.sum);
        add_line(lines, &line);
    }
}

/* ------------------------------------------------------------------ topologies */

static const char windowed[] =
    "processors:\n"
    "  some: {input: numbers, where: \"v % 3 <> 0\", select: \"k, v, ts\"}\n"
    "  per: {input: some, group_by: [k], window: {tumble: 10s},"
    " aggregate: {n: \"count(*)\", total: \"sum(v)\"}}\n"
    "sinks:\n"
    "  kept: {input: per, connector: lines, path: out}\n";

static void check_windowed(uint64_t seed, int crash_count)
{
    slot_world_args args = args_of(seed);
    planned p = plan_of(&args, windowed);
    args.plan = p.plan;
    slot_world *world = run_world(&args, crash_count);
    slot_world_lines expected = {0};
    add_windows(&args, not_a_third, key_k, &expected);
    expect_lines(seed, world, "out/", &expected);
    slot_world_free(&world);
    planned_fini(&p);
}

Test(topology, windows_hold_the_same_rows_for_any_schedule)
{
    for (uint64_t seed = 1; seed <= 15; seed++)
        check_windowed(seed, 0);
}

Test(topology, windows_survive_crashes_and_other_numbers_of_slots)
{
    for (uint64_t seed = 1; seed <= 25; seed++)
        check_windowed(seed, 4);
}

/* Two window aggregates with different keys, brought together: a diamond whose last stage aligns
 * barriers of stages that run at their own pace. */
static const char diamond[] = "processors:\n"
                              "  by_k: {input: numbers, group_by: [k], window: {tumble: 10s},"
                              " aggregate: {n: \"count(*)\", total: \"sum(v)\"}}\n"
                              "  seven: {input: numbers, select: \"v % 7 AS k, v, ts\"}\n"
                              "  by_7: {input: seven, group_by: [k], window: {tumble: 10s},"
                              " aggregate: {n: \"count(*)\", total: \"sum(v)\"}}\n"
                              "  both: {input: [by_k, by_7], where: \"n > 0\"}\n"
                              "sinks:\n"
                              "  kept: {input: both, connector: lines, path: out}\n";

Test(topology, a_diamond_aligns_and_gives_both_sides_whole)
{
    for (uint64_t seed = 1; seed <= 15; seed++) {
        slot_world_args args = args_of(seed);
        planned p = plan_of(&args, diamond);
        args.plan = p.plan;
        slot_world *world = run_world(&args, seed % 2 == 0 ? 0 : 3);
        slot_world_lines expected = {0};
        add_windows(&args, any_row, key_k, &expected);
        add_windows(&args, any_row, key_v7, &expected);
        expect_lines(seed, world, "out/", &expected);
        slot_world_free(&world);
        planned_fini(&p);
    }
}

/* ------------------------------------------------------------------ running aggregates */

static const char running[] =
    "processors:\n"
    "  total: {input: numbers, group_by: [k], aggregate: {n: \"count(*)\", sum: \"sum(v)\"}}\n"
    "sinks:\n"
    "  kept: {input: total, connector: lines, path: out, changes: log}\n";

/* Play the change log: every retraction must name what stood there. */
static void expect_running(const slot_world_args *args, const slot_world *world)
{
    long long count[KEYS] = {0};
    long long sum[KEYS] = {0};
    slot_world_lines lines = slot_world_read(world, "out/");
    LEAT_VEC_EACH (line, &lines) {
        char op[4];
        long long k, n, total;
        cr_assert_eq(sscanf(*line, "%2s, %lld, %lld, %lld", op, &k, &n, &total), 4, "`%s`", *line);
        if (strcmp(op, "-U") == 0 || strcmp(op, "-D") == 0)
            cr_assert(count[k] == n && sum[k] == total, "seed %llu: `%s` but %lld, %lld stood",
                      (unsigned long long)args->seed, *line, count[k], sum[k]);
        if (strcmp(op, "+I") == 0)
            cr_assert_eq(count[k], 0, "`%s`", *line);
        count[k] = n;
        sum[k] = total;
    }
    slot_world_lines_fini(&lines);
    for (uint32_t s = 0; s < args->split_count; s++) {
        for (uint32_t r = 0; r < args->row_count; r++) {
            slot_world_row row = slot_world_row_of(args, s, r);
            count[row.k]--;
            sum[row.k] -= row.v;
        }
    }
    for (int k = 0; k < KEYS; k++)
        cr_assert(count[k] == 0 && sum[k] == 0, "seed %llu: key %d", (unsigned long long)args->seed,
                  k);
}

Test(topology, a_change_log_is_consistent_through_crashes)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        slot_world_args args = args_of(seed);
        planned p = plan_of(&args, running);
        args.plan = p.plan;
        slot_world *world = run_world(&args, (int)(seed % 4));
        expect_running(&args, world);
        slot_world_free(&world);
        planned_fini(&p);
    }
}

/* ------------------------------------------------------------------ stop and drain */

Test(topology, a_drain_fires_what_is_open)
{
    slot_world_args args = args_of(3);
    args.row_count = 100000;
    planned p = plan_of(&args, windowed);
    args.plan = p.plan;
    slot_world *world = slot_world_new(&args);
    for (int i = 0; i < 2000; i++)
        slot_world_step(world);

    slot_world_drain(world);
    slot_world_finish(world);

    cr_assert(slot_world_has_finished(world));
    slot_world_lines lines = slot_world_read(world, "out/");
    cr_assert_gt(lines.count, 0);
    slot_world_lines_fini(&lines);
    slot_world_free(&world);
    planned_fini(&p);
}

/* ------------------------------------------------------------------ record errors */

static const char dividing[] = "processors:\n"
                               "  some: {input: numbers, select: \"k, 10 / (v - 5) AS q\"}\n"
                               "sinks:\n"
                               "  kept: {input: some, connector: lines, path: out}\n";

Test(topology, a_row_that_cannot_be_computed_fails_the_job_with_the_reason)
{
    slot_world_args args = args_of(1);
    planned p = plan_of(&args, dividing);
    args.plan = p.plan;
    slot_world *world = slot_world_new(&args);

    slot_world_finish(world);

    cr_assert_not_null(slot_world_failure(world));
    cr_assert_not_null(strstr(slot_world_failure(world), "division by zero"), "%s",
                       slot_world_failure(world));
    slot_world_free(&world);
    planned_fini(&p);
}
