/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/gathered_values.h"

#include <criterion/criterion.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

static leat_arena arena;
static uint16_t key;

static const char columns[] = "k bigint, v int, s string, b boolean, m decimal(12,2)";
static const char changing[] = "~k bigint, v int, s string, b boolean, m decimal(12,2)";

static leat_op_harness *
open_one(const char *call, const char *in, leat_window window, const char *result)
{
    leat_bound_aggregate *calls = LEAT_ARENA_NEW(&arena, leat_bound_aggregate);
    *calls = leat_op_aggregate(call, columns, &arena);
    leat_buf out = {0};
    leat_buf_add_text(&out, window.kind == LEAT_WINDOW_NONE
                                ? "k bigint, r "
                                : "window_start timestamp, window_end timestamp, k bigint, r ");
    if (result == NULL)
        leat_type_print(calls->type, &out);
    leat_buf_add_text(&out, result == NULL ? "" : result);
    leat_logical_node node = {.kind = LEAT_LOGICAL_AGGREGATE,
                              .key_count = 1,
                              .keys = &key,
                              .aggregate_count = 1,
                              .aggregates = calls,
                              .window = window};
    leat_logical_node *kept = leat_arena_copy(&arena, &node, sizeof node);
    leat_op_harness *h =
        leat_op_harness_node(kept, in, NULL, leat_arena_text(&arena, leat_buf_bytes(&out)), 16);
    leat_buf_fini(&out);
    return h;
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

static const leat_window no_window;

/* What PostgreSQL gives. */
Test(gathered_values, ordered_aggregates_are_those_of_postgresql)
{
    static const char *const cases[][2] = {
        {"string_agg(s, '-')", "1, pear-apple-apple-a rather long piece of fruit\n"},
        {"string_agg(s, '-' order by v)", "1, a rather long piece of fruit-apple-pear-apple\n"},
        {"string_agg(s, s order by v desc, s)",
         "1, applepearpearappleapplea rather long piece of fruita rather long piece of fruit\n"},
        {"string_agg(distinct s, ',')", "1, a rather long piece of fruit,apple,pear\n"},
        {"string_agg(distinct s, ',' order by s desc)",
         "1, pear,apple,a rather long piece of fruit\n"},
        {"listagg(s) within group (order by s)",
         "1, a rather long piece of fruit,apple,apple,pear\n"},
        {"percentile_cont(0.5) within group (order by v)", "1, 3\n"},
        {"percentile_cont(0.25) within group (order by v)", "1, 1.75\n"},
        {"percentile_cont(0.25) within group (order by v desc)", "1, 5.25\n"},
        {"percentile_cont(1) within group (order by v)", "1, 9\n"},
        {"array_agg(s order by v)",
         "1, {\"a rather long piece of fruit\",apple,pear,apple,NULL}\n"},
        {"array_agg(distinct v order by v desc)", "1, {NULL,9,4,2,1}\n"},
        {"array_agg(v) filter (where v > 100)", "1, null\n"},
        {"jsonb_agg(m order by v)", "1, [7.00, 1.10, 2.50, null, null]\n"},
        {"jsonb_object_agg(s, v order by v)",
         "1, {\"pear\": 4, \"apple\": 9, \"a rather long piece of fruit\": 1}\n"},
        {"percentile_cont(array[0.5, 0, null]) within group (order by v)", "1, {3,1,NULL}\n"},
        {"percentile_disc(array[0.5, 1]) within group (order by s)", "1, {apple,pear}\n"},
        {"percentile_disc(0.5) within group (order by s)", "1, apple\n"},
        {"percentile_disc(0) within group (order by m)", "1, 1.10\n"},
        {"percentile_disc(0.51) within group (order by v)", "1, 4\n"},
        {"percentile_disc(null) within group (order by v)", "1, null\n"},
        {"mode() within group (order by s)", "1, apple\n"},
        {"mode() within group (order by v desc)", "1, 9\n"},
        {"mode() within group (order by b)", "1, true\n"},
        {"first_value(s order by v)", "1, a rather long piece of fruit\n"},
        {"last_value(s order by v nulls first)", "1, apple\n"},
        {"last_value(s order by v)", "1, null\n"},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(cases); i++) {
        leat_op_harness *h = open_one(cases[i][0], columns, no_window, NULL);
        OP_ROWS(h, "1, 4, pear, true, 2.50", "1, 9, apple, true, null", "1, 2, apple, false, 1.10");
        leat_op_save_and_load(h);
        OP_ROWS(h, "1, 1, \"a rather long piece of fruit\", true, 7.00",
                "1, null, null, null, null");
        cr_expect_str_eq(leat_op_table(h, 0), cases[i][1], "%s: got %s", cases[i][0],
                         leat_op_table(h, 0));
        close_one(&h);
    }
}

/* --- What was taken back leaves no trace (where an order says which value comes first). --- */

enum { ROWS_MAX = 120 };

static const char *const calls[] = {
    "count(distinct s)",
    "sum(distinct v) filter (where b)",
    "min(s)",
    "max(m)",
    "bool_and(b)",
    "bit_or(v)",
    "bit_and(v)",
    "stddev(m)",
    "var_pop(v)",
    "first_value(v order by s)",
    "last_value(s order by v desc)",
    "string_agg(s, ',' order by s)",
    "string_agg(s, s order by v) filter (where b)",
    "string_agg(distinct s, ';' order by s desc)",
    "percentile_cont(0.3) within group (order by v)",
    "percentile_disc(0.7) within group (order by m desc)",
    "mode() within group (order by s)",
    "array_agg(v order by s, v)",
    "array_agg(distinct m)",
    "jsonb_object_agg(s, v order by v, s)",
};

static const char *random_row(leat_prng *prng)
{
    static const char *const texts[] = {"a", "b", "null", "\"one that does not fit a view\"", "z"};
    static const char *const booleans[] = {"true", "false", "null"};
    uint64_t v = leat_prng_below(prng, 7), m = leat_prng_below(prng, 400);
    return leat_arena_print(&arena, "%u, %s, %s, %s, %u.%02u", (unsigned)leat_prng_below(prng, 3),
                            v == 0 ? "null" : leat_arena_print(&arena, "%u", (unsigned)v),
                            texts[leat_prng_below(prng, LEAT_COUNT_OF(texts))],
                            booleans[leat_prng_below(prng, LEAT_COUNT_OF(booleans))],
                            (unsigned)m / 100, (unsigned)m % 100);
}

typedef struct live_rows {
    const char *items[ROWS_MAX];
    uint32_t count;
} live_rows;

/* Take back the first of the rows that are as the one at `at`. */
static const char *live_remove(live_rows *live, uint32_t at)
{
    const char *row = live->items[at];
    for (at = 0; strcmp(live->items[at], row) != 0; at++)
        continue;
    live->count--;
    memmove(live->items + at, live->items + at + 1, (live->count - at) * sizeof *live->items);
    return row;
}

static void run_history(leat_op_harness *h, leat_prng *prng, live_rows *live)
{
    for (uint32_t i = 0; i < ROWS_MAX; i++) {
        bool goes = live->count > 0 && leat_prng_below(prng, 100) < 45;
        const char *row = goes ? live_remove(live, (uint32_t)leat_prng_below(prng, live->count))
                               : random_row(prng);
        if (!goes)
            live->items[live->count++] = row;
        OP_ROWS(h, leat_arena_print(&arena, "%s %s", goes ? "-D" : "+I", row));
        if (i == ROWS_MAX / 3 || i == ROWS_MAX / 2)
            leat_op_save_and_load(h);
    }
}

Test(gathered_values, what_was_taken_back_leaves_no_trace)
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        for (size_t i = 0; i < LEAT_COUNT_OF(calls); i++) {
            leat_prng prng = {seed * 100 + i};
            live_rows live = {.count = 0};
            leat_op_harness *h = open_one(calls[i], changing, no_window, NULL);
            run_history(h, &prng, &live);
            leat_op_harness *fresh = open_one(calls[i], changing, no_window, NULL);
            for (uint32_t n = 0; n < live.count; n++)
                OP_ROWS(fresh, live.items[n]);
            cr_expect_str_eq(leat_op_table(h, 0), leat_op_table(fresh, 0), "%s, seed %u:\n%s\n%s",
                             calls[i], (unsigned)seed, leat_op_table(h, 0),
                             leat_op_table(fresh, 0));
            leat_op_harness_close(&fresh);
            close_one(&h);
        }
    }
}

/* A stored value must not outlive its group, nor one group be taken for another. */
Test(gathered_values, groups_that_emptied_keep_nothing)
{
    leat_op_harness *h = open_one("string_agg(s, ',')", changing, no_window, NULL);
    OP_ROWS(h, "+I 1, 1, a, true, 1", "+I 1, 1, b, true, 1", "+I 2, 1, c, true, 1");
    OP_ROWS(h, "-D 1, 1, a, true, 1", "-D 1, 1, b, true, 1", "-D 2, 1, c, true, 1");

    cr_assert_str_eq(leat_op_table(h, 0), "");
    uint32_t state = h->plan->operators[h->operator_index].state + 1u;
    leat_sorted_table *values = leat_state_sorted_table(h->state, state);
    cr_assert_eq(leat_sorted_entry_count(values), 0);
    close_one(&h);
}

Test(gathered_values, what_changed_is_told_from_what_was_said)
{
    leat_op_harness *h = open_one("string_agg(s, ', ' order by v)", columns, no_window, NULL);
    OP_ROWS(h, "1, 5, \"a text of its own length\", true, 1");
    leat_op_take(h, 0);
    leat_op_save_and_load(h);
    OP_ROWS(h, "1, 3, first, true, 1", "1, 4, second, true, 1");

    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, a text of its own length\n"
                                         "+U 1, first, second, a text of its own length\n");
    close_one(&h);
}
