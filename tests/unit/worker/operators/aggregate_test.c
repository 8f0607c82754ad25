/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

static leat_arena arena;

static leat_op_harness *
open_nth(const char *schema, const char *processor, const char *out, uint32_t nth)
{
    return leat_op_harness_open(leat_op_topology(&arena, schema, processor, out),
                                LEAT_PHYSICAL_AGGREGATE, nth, 64);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

static const char count_and_sum[] =
    "  p: {input: in, group_by: [k], aggregate: {n: \"count(*)\", total: \"sum(v)\"}}";

Test(aggregate, says_each_change_once_per_key_and_batch)
{
    leat_op_harness *h = open_nth("k: bigint, v: bigint", count_and_sum, "p", 0);
    OP_ROWS(h, "1, 10", "2, 5", "1, 20");
    cr_assert_str_eq(leat_op_take(h, 0), "1, 2, 30\n2, 1, 5\n");

    OP_ROWS(h, "1, 1", "3, 0");
    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, 2, 30\n+U 1, 3, 31\n+I 3, 1, 0\n");
    close_one(&h);
}

Test(aggregate, null_is_a_key_of_its_own)
{
    leat_op_harness *h = open_nth("k: bigint, v: bigint", count_and_sum, "p", 0);
    OP_ROWS(h, "null, 1", "0, 2");
    OP_ROWS(h, "null, 3");

    cr_assert_str_eq(leat_op_table(h, 0), "0, 1, 2\nnull, 2, 4\n");
    close_one(&h);
}

Test(aggregate, knows_after_a_reload_what_it_said_before)
{
    leat_op_harness *h = open_nth("k: string, v: bigint", count_and_sum, "p", 0);
    OP_ROWS(h, "a, 1", "\"a key of more than twelve bytes\", 2");
    leat_op_take(h, 0);
    leat_op_save_and_load(h);
    OP_ROWS(h, "\"a key of more than twelve bytes\", 3");

    cr_assert_str_eq(leat_op_take(h, 0), "-U a key of more than twelve bytes, 1, 2\n"
                                         "+U a key of more than twelve bytes, 2, 5\n");
    close_one(&h);
}

Test(aggregate, keeps_the_text_of_extremes)
{
    leat_op_harness *h = open_nth(
        "k: bigint, s: string",
        "  p: {input: in, group_by: [k], aggregate: {low: \"min(s)\", high: \"max(s)\"}}", "p", 0);
    OP_ROWS(h, "1, \"middle one that is rather long\"");
    OP_ROWS(h, "1, \"a lower one that is rather long\"");
    leat_op_save_and_load(h);
    OP_ROWS(h, "1, \"z higher one that is rather long\"");

    cr_assert_str_eq(leat_op_table(h, 0),
                     "1, a lower one that is rather long, z higher one that is rather long\n");
    close_one(&h);
}

static const char only_group[] = "  p: {input: in, aggregate: {n: \"count(*)\", most: \"max(v)\"}}";

Test(aggregate, without_keys_there_is_a_result_before_any_row)
{
    leat_op_harness *h = open_nth("k: bigint, v: bigint", only_group, "p", 0);
    leat_op_flush(h);
    cr_assert_str_eq(leat_op_take(h, 0), "0, null\n");

    leat_op_save_and_load(h);
    leat_op_flush(h);
    OP_ROWS(h, "1, 10", "2, 5");
    cr_assert_str_eq(leat_op_take(h, 0), "-U 0, null\n+U 2, 10\n");
    close_one(&h);
}

Test(aggregate, without_keys_the_last_row_may_go)
{
    leat_bound_aggregate calls[] = {leat_op_aggregate("count(*)", "v bigint", &arena),
                                    leat_op_aggregate("min(v)", "v bigint", &arena)};
    leat_logical_node node = {
        .kind = LEAT_LOGICAL_AGGREGATE, .aggregate_count = 2, .aggregates = calls};
    leat_op_harness *h = leat_op_harness_node(&node, "~v bigint", NULL, "n bigint, m bigint", 8);
    OP_ROWS(h, "+I 7", "+I 8");
    OP_ROWS(h, "-D 7", "-D 8");
    cr_assert_str_eq(leat_op_table(h, 0), "0, null\n");

    OP_ROWS(h, "+I 3");
    cr_assert_str_eq(leat_op_table(h, 0), "1, 3\n");
    close_one(&h);
}

Test(aggregate, every_aggregate_may_hold_a_text)
{
    enum { CALLS = 150 };
    leat_bound_aggregate *calls = LEAT_ARENA_ARRAY(&arena, leat_bound_aggregate, CALLS);
    leat_buf out = {0};
    for (int i = 0; i < CALLS; i++) {
        const char *call = leat_arena_print(&arena, "max(s) filter (where v >= %d)", i);
        calls[i] = leat_op_aggregate(call, "s string, v int", &arena);
        leat_buf_print(&out, "%sc%d string", i == 0 ? "" : ", ", i);
    }
    leat_logical_node node = {
        .kind = LEAT_LOGICAL_AGGREGATE, .aggregate_count = CALLS, .aggregates = calls};
    leat_op_harness *h =
        leat_op_harness_node(&node, "s string, v int", NULL, leat_buf_text(&out), 8);
    OP_ROWS(h, "\"a text that does not fit a view\", 149");
    leat_op_save_and_load(h);
    OP_ROWS(h, "\"b text that does not fit either\", 0");

    const char *row = leat_op_table(h, 0);
    cr_assert(strncmp(row, "b text that does not fit either, a text that", 44) == 0, "%s", row);
    cr_assert_str_eq(row + strlen(row) - 32, "a text that does not fit a view\n");
    leat_buf_fini(&out);
    close_one(&h);
}

Test(aggregate, more_keys_than_fit_one_output_batch_go_out_in_several)
{
    leat_op_harness *h =
        leat_op_harness_open(leat_op_topology(&arena, "k: bigint, v: bigint", count_and_sum, "p"),
                             LEAT_PHYSICAL_AGGREGATE, 0, 3);
    OP_ROWS(h, "1, 1", "2, 2", "3, 3");
    OP_ROWS(h, "1, 1", "2, 2", "3, 3");

    cr_assert_str_eq(leat_op_table(h, 0), "1, 2, 2\n2, 2, 4\n3, 2, 6\n");
    close_one(&h);
}

/* Rows of the table move while the batch is being folded; what was noted must move along. */
Test(aggregate, groups_stay_right_when_their_table_grows_within_a_batch)
{
    enum { KEYS = 900, BATCH = 2 * KEYS };
    leat_op_harness *h =
        leat_op_harness_open(leat_op_topology(&arena, "k: bigint, v: bigint", count_and_sum, "p"),
                             LEAT_PHYSICAL_AGGREGATE, 0, BATCH);
    const char *rows[BATCH + 1] = {NULL};
    for (int i = 0; i < BATCH; i++)
        rows[i] = leat_arena_print(&arena, "%d, %d", 1000 + (i * 7) % KEYS, i);

    leat_op_rows(h, rows);

    cr_assert_eq(h->lines[0].count, KEYS);
    for (int i = 0; i < KEYS; i++) {
        const char *expected =
            leat_arena_print(&arena, "%d, 2, %d", 1000 + (i * 7) % KEYS, 2 * i + KEYS);
        cr_assert_str_eq(h->lines[0].items[i], expected);
    }
    close_one(&h);
}

static const char twice[] =
    "  p: {input: in, group_by: [k], aggregate: {n: \"count(*)\"}}\n"
    "  q: {input: p, group_by: [n], aggregate: {keys: \"count(*)\", most: \"sum(k)\"}}";

Test(aggregate, a_group_that_retractions_emptied_is_deleted)
{
    leat_op_harness *h = open_nth("k: bigint, v: bigint", twice, "q", 1);
    OP_ROWS(h, "+I 7, 1", "+I 8, 1");
    OP_ROWS(h, "-U 7, 1", "+U 7, 2", "-U 8, 1", "+U 8, 2");

    cr_assert_str_eq(leat_op_take(h, 0), "1, 2, 15\n-D 1, 2, 15\n+I 2, 2, 15\n");
    OP_ROWS(h, "+I 9, 1");
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1, 9\n");
    close_one(&h);
}

Test(aggregate, a_group_that_comes_and_goes_in_one_batch_is_never_said)
{
    leat_op_harness *h = open_nth("k: bigint, v: bigint", twice, "q", 1);
    OP_ROWS(h, "+I 7, 1", "-D 7, 1");

    cr_assert_str_eq(leat_op_take(h, 0), "");
    close_one(&h);
}

Test(aggregate, a_filtered_aggregate_folds_only_its_rows)
{
    leat_op_harness *h = open_nth("k: bigint, v: bigint",
                                  "  p: {input: in, group_by: [k], aggregate: {n: \"count(*)\", "
                                  "big: \"sum(v) filter (where v "
                                  "> 10)\"}}",
                                  "p", 0);
    OP_ROWS(h, "1, 5", "1, 20", "1, 30", "2, 1");

    cr_assert_str_eq(leat_op_take(h, 0), "1, 3, 50\n2, 1, null\n");
    close_one(&h);
}

/* The slow way: every group found by looking at all of them. */
typedef struct group {
    int64_t a;
    char b[24];
    int64_t count, sum, max;
} group;

typedef struct interpreter {
    group groups[400];
    uint32_t count;
} interpreter;

static void interpret(interpreter *in, int64_t a, const char *b, int64_t v)
{
    group *g = in->groups;
    while (g < in->groups + in->count && (g->a != a || strcmp(g->b, b) != 0))
        g++;
    if (g == in->groups + in->count) {
        *g = (group){.a = a, .max = INT64_MIN};
        snprintf(g->b, sizeof g->b, "%s", b);
        in->count++;
    }
    g->count++;
    g->sum += v;
    g->max = LEAT_MAX(g->max, v);
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *interpreted(const interpreter *in)
{
    char **lines = LEAT_ARENA_ARRAY(&arena, char *, in->count);
    leat_buf text = {0};
    for (uint32_t i = 0; i < in->count; i++) {
        const group *g = &in->groups[i];
        lines[i] = leat_arena_print(&arena, "%" PRId64 ", %s, %" PRId64 ", %" PRId64 ", %" PRId64,
                                    g->a, g->b, g->count, g->sum, g->max);
    }
    qsort(lines, in->count, sizeof *lines, text_order);
    for (uint32_t i = 0; i < in->count; i++)
        leat_buf_print(&text, "%s\n", lines[i]);
    const char *joined = leat_arena_text(&arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return joined;
}

Test(aggregate, random_rows_in_random_cuts_and_reloads_give_what_a_slow_interpreter_gives)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        leat_prng prng = {seed};
        interpreter *slow = LEAT_ARENA_NEW(&arena, interpreter);
        leat_op_harness *h = open_nth(
            "a: bigint, b: string, v: bigint",
            "  p: {input: in, group_by: [a, b], aggregate: {n: \"count(*)\", total: \"sum(v)\", "
            "top: \"max(v)\"}}",
            "p", 0);
        const char *rows[65];
        for (uint32_t left = 600; left > 0;) {
            uint32_t count = 1 + (uint32_t)leat_prng_below(&prng, 64);
            count = LEAT_MIN(left, count);
            for (uint32_t i = 0; i < count; i++) {
                int64_t a = (int64_t)leat_prng_below(&prng, 20) - 10;
                int64_t v = (int64_t)leat_prng_below(&prng, 1000) - 500;
                const char *b = leat_prng_chance(&prng, 0.5) ? "short" : "longer than a view";
                interpret(slow, a, b, v);
                rows[i] = leat_arena_print(&arena, "%" PRId64 ", %s, %" PRId64, a, b, v);
            }
            rows[count] = NULL;
            leat_op_rows(h, rows);
            left -= count;
            if (leat_prng_chance(&prng, 0.2))
                leat_op_save_and_load(h);
        }
        cr_assert_str_eq(leat_op_table(h, 0), interpreted(slow), "seed %" PRIu64, seed);
        leat_op_harness_close(&h);
        leat_arena_reset(&arena);
    }
    leat_arena_fini(&arena);
}

Test(aggregate, puts_changes_off_until_it_is_told_to_say_them)
{
    leat_op_harness *h = open_nth("k: bigint, v: bigint", count_and_sum, "p", 0);
    h->puts_off = true;
    OP_ROWS(h, "1, 10", "2, 5");
    OP_ROWS(h, "1, 20");
    cr_assert_str_eq(leat_op_take(h, 0), "");
    leat_op_flush(h);
    cr_assert_str_eq(leat_op_take(h, 0), "1, 2, 30\n2, 1, 5\n");

    OP_ROWS(h, "1, 1");
    OP_ROWS(h, "1, 1");
    leat_op_watermark(h, 1000);
    cr_assert_str_eq(leat_op_take(h, 0), "", "nobody behind reads time");
    leat_op_flush(h);
    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, 2, 30\n+U 1, 4, 32\n");
    leat_op_flush(h);
    cr_assert_str_eq(leat_op_take(h, 0), "", "once");
    close_one(&h);
}

Test(aggregate, a_group_that_comes_and_goes_before_the_flush_is_never_said)
{
    leat_op_harness *h = open_nth("k: bigint, v: bigint", twice, "q", 1);
    h->puts_off = true;
    OP_ROWS(h, "+I 7, 1");
    OP_ROWS(h, "-U 7, 1", "+U 7, 2");
    leat_op_flush(h);
    cr_assert_str_eq(leat_op_take(h, 0), "2, 1, 7\n");
    close_one(&h);
}

/* Rows of the table move while their changes are put off. */
Test(aggregate, what_is_put_off_survives_growth_of_the_table)
{
    enum { KEYS = 5000, BATCH = 50 };
    leat_op_harness *h =
        leat_op_harness_open(leat_op_topology(&arena, "k: bigint, v: bigint", count_and_sum, "p"),
                             LEAT_PHYSICAL_AGGREGATE, 0, BATCH);
    h->puts_off = true;
    for (int round = 0; round < 2; round++) {
        for (int from = 0; from < KEYS; from += BATCH) {
            const char *rows[BATCH + 1] = {NULL};
            for (int i = 0; i < BATCH; i++)
                rows[i] = leat_arena_print(&arena, "%d, %d", from + i, round);
            leat_op_rows(h, rows);
        }
    }
    leat_op_flush(h);
    cr_assert_eq(h->lines[0].count, KEYS);
    for (int i = 0; i < KEYS; i++)
        cr_assert_str_eq(h->lines[0].items[i], leat_arena_print(&arena, "%d, 2, 1", i));
    close_one(&h);
}

Test(aggregate, says_at_a_limit_without_being_told)
{
    enum { BATCH = 4096, BATCHES = 300 };
    leat_op_harness *h =
        leat_op_harness_open(leat_op_topology(&arena, "k: bigint, v: bigint", count_and_sum, "p"),
                             LEAT_PHYSICAL_AGGREGATE, 0, BATCH);
    h->puts_off = true;
    const char *rows[BATCH + 1] = {NULL};
    for (int i = 0; i < BATCH; i++)
        rows[i] = "1, 1";
    int batches = 0;
    for (; h->lines[0].count == 0 && batches < BATCHES; batches++)
        leat_op_rows(h, rows);
    cr_assert_lt(batches, BATCHES, "a million rows are enough");
    close_one(&h);
}
