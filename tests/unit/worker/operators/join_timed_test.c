/* SPDX-License-Identifier: Apache-2.0
 *
 * Interval, window, temporal and lookup joins.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

static leat_arena arena;
static uint16_t key = 0;

static const char left_schema[] = "k bigint, ts timestamp";
static const char right_schema[] = "k bigint, ts timestamp, b string";
static const char both_schema[] = "k bigint, ts timestamp, k2 bigint, ts2 timestamp, b string";

static leat_op_harness *join_open(leat_join join, const char *left, const char *right)
{
    bool is_filter = join.kind == LEAT_JOIN_SEMI || join.kind == LEAT_JOIN_ANTI;
    join.key_count = 1;
    join.left_keys = join.right_keys = &key;
    join.left_time = join.right_time = 1;
    leat_logical_node node = {.kind = LEAT_LOGICAL_JOIN,
                              .join = leat_arena_copy(&arena, &join, sizeof join)};
    return leat_op_harness_node(&node, left, right, is_filter ? left_schema : both_schema, 16);
}

static leat_op_harness *interval_open(leat_join_kind kind, int64_t lower, int64_t upper)
{
    leat_join join = {.kind = kind,
                      .timing = LEAT_JOIN_INTERVAL,
                      .lower_us = lower * 1000000,
                      .upper_us = upper * 1000000};
    return join_open(join, left_schema, right_schema);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

/* "k, 1970-01-01 00:00:SS", "k, ..., b" */
static const char *at(int64_t k, int64_t second, const char *more)
{
    return leat_arena_print(&arena, "%" PRId64 ", 1970-01-01 00:%02d:%02d%s", k, (int)(second / 60),
                            (int)(second % 60), more);
}

static leat_time seconds(int64_t count)
{
    return count * 1000000;
}

Test(join_interval, rows_meet_within_the_bounds_both_included)
{
    leat_op_harness *h = interval_open(LEAT_JOIN_INNER, -2, 3);
    OP_ROWS(h, at(1, 10, ""));
    leat_op_save_and_load(h);
    OP_ROWS_RIGHT(h, at(1, 7, ", x"), at(1, 8, ", a"), at(1, 13, ", b"), at(1, 14, ", x"),
                  at(2, 10, ", x"));
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:10, 1, 1970-01-01 00:00:08, a\n"
                                         "1, 1970-01-01 00:00:10, 1, 1970-01-01 00:00:13, b\n");
    close_one(&h);
}

Test(join_interval, an_unmatched_outer_row_waits_until_no_partner_can_come)
{
    leat_op_harness *h = interval_open(LEAT_JOIN_LEFT, 0, 5);
    OP_ROWS(h, at(1, 10, ""), at(1, 11, ""), "null, 1970-01-01 00:00:10");
    cr_assert_str_eq(leat_op_take(h, 0), "null, 1970-01-01 00:00:10, null, null, null\n");
    OP_ROWS_RIGHT(h, at(1, 16, ", b"));
    leat_op_take(h, 0);
    leat_op_watermark(h, seconds(14));
    cr_assert_str_eq(leat_op_take(h, 0), "");
    leat_op_save_and_load(h);
    leat_op_watermark(h, seconds(15));
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:10, null, null, null\n");
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "");
    close_one(&h);
}

Test(join_interval, state_is_gone_behind_the_watermark)
{
    leat_op_harness *h = interval_open(LEAT_JOIN_FULL, -1, 1);
    for (int64_t second = 0; second < 50; second++) {
        OP_ROWS(h, at(second % 3, second, ""), at(second % 7, second, ""));
        OP_ROWS_RIGHT(h, at(second % 5, second, ", b"));
    }
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_eq(leat_sorted_entry_count(leat_state_sorted_table(
                     h->state, h->plan->operators[h->operator_index].state)),
                 0);
    close_one(&h);
}

Test(join_interval, semi_says_a_row_with_its_first_partner_and_anti_when_it_expires)
{
    leat_op_harness *h = interval_open(LEAT_JOIN_SEMI, 0, 5);
    OP_ROWS(h, at(1, 10, ""), at(2, 10, ""));
    OP_ROWS_RIGHT(h, at(1, 12, ", a"), at(1, 13, ", b"));
    leat_op_watermark(h, seconds(60));
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:10\n");
    leat_op_harness_close(&h);

    h = interval_open(LEAT_JOIN_ANTI, 0, 5);
    OP_ROWS(h, at(1, 10, ""), at(2, 10, ""));
    OP_ROWS_RIGHT(h, at(1, 12, ", a"));
    leat_op_watermark(h, seconds(60));
    cr_assert_str_eq(leat_op_take(h, 0), "2, 1970-01-01 00:00:10\n");
    close_one(&h);
}

/* Everything against everything, no row late. */
static void compare(leat_join_kind kind, uint64_t seed)
{
    enum { COUNT = 120 };
    struct {
        int64_t k, t;
        uint32_t side;
        bool is_matched;
    } rows[COUNT];
    leat_prng prng = {seed};
    leat_op_harness *h = interval_open(kind, -3, 2);
    for (uint32_t i = 0; i < COUNT; i++) {
        rows[i].k = (int64_t)leat_prng_below(&prng, 4);
        rows[i].t = 5 + i / 4 + (int64_t)leat_prng_below(&prng, 4);
        rows[i].side = (uint32_t)leat_prng_below(&prng, 2);
        rows[i].is_matched = false;
        if (rows[i].side == 0)
            OP_ROWS(h, at(rows[i].k, rows[i].t, ""));
        else
            OP_ROWS_RIGHT(h, at(rows[i].k, rows[i].t, ", b"));
        if (leat_prng_chance(&prng, 0.1))
            leat_op_save_and_load(h);
        leat_op_watermark(h, seconds(4 + i / 4));
    }
    leat_op_watermark(h, LEAT_TIME_MAX);
    const char *table = leat_op_table(h, 0);
    uint32_t pairs = 0, alone = 0;
    for (uint32_t i = 0; i < COUNT; i++)
        for (uint32_t o = 0; o < COUNT; o++) {
            bool is_pair = rows[i].side == 0 && rows[o].side == 1 && rows[i].k == rows[o].k &&
                           rows[o].t >= rows[i].t - 3 && rows[o].t <= rows[i].t + 2;
            pairs += is_pair;
            rows[i].is_matched |= is_pair;
            rows[o].is_matched |= is_pair;
        }
    for (uint32_t i = 0; i < COUNT; i++)
        alone += !rows[i].is_matched &&
                 (kind == LEAT_JOIN_FULL || (rows[i].side == 0 && kind == LEAT_JOIN_LEFT));
    uint32_t lines = 0, nulls = 0;
    for (const char *line = table; *line != 0; line = strchr(line, '\n') + 1) {
        lines++;
        nulls += memmem(line, (size_t)(strchr(line, '\n') - line), "null", 4) != NULL;
    }
    cr_assert_eq(lines - nulls, pairs, "seed %" PRIu64 ": %u pairs, not %u", seed, lines - nulls,
                 pairs);
    cr_assert_eq(nulls, alone, "seed %" PRIu64 ": %u alone, not %u", seed, nulls, alone);
    leat_op_harness_close(&h);
    leat_arena_reset(&arena);
}

Test(join_interval, random_rows_give_the_pairs_and_the_lonely_rows_that_counting_gives)
{
    for (uint64_t seed = 1; seed <= 9; seed++)
        compare((leat_join_kind)(LEAT_JOIN_INNER + (seed % 3 == 2 ? LEAT_JOIN_FULL : seed % 3)),
                seed);
    leat_arena_fini(&arena);
}

Test(join_window, pairs_come_at_once_lonely_rows_with_the_end_of_the_window_late_ones_never)
{
    leat_join join = {.kind = LEAT_JOIN_LEFT, .timing = LEAT_JOIN_WINDOW};
    leat_op_harness *h = join_open(join, left_schema, right_schema);
    OP_ROWS(h, at(1, 10, ""), at(2, 10, ""));
    OP_ROWS_RIGHT(h, at(1, 10, ", b"));
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:10, 1, 1970-01-01 00:00:10, b\n");
    leat_op_watermark(h, seconds(10) - 1001);
    cr_assert_str_eq(leat_op_take(h, 0), "");
    leat_op_watermark(h, seconds(10) - 1000);
    cr_assert_str_eq(leat_op_take(h, 0), "2, 1970-01-01 00:00:10, null, null, null\n");
    OP_ROWS_RIGHT(h, at(2, 10, ", late"));
    cr_assert_str_eq(leat_op_take(h, 0), "");
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}

Test(join_temporal, a_row_meets_the_version_of_its_time_once_the_watermark_passed)
{
    leat_join join = {.kind = LEAT_JOIN_LEFT, .timing = LEAT_JOIN_TEMPORAL};
    leat_op_harness *h = join_open(join, left_schema, "~k bigint, ts timestamp, b string");
    OP_ROWS_RIGHT(h, at(1, 10, ", v10"), at(1, 20, ", v20"));
    OP_ROWS(h, at(1, 25, ""), at(1, 15, ""), at(1, 9, ""), at(1, 20, ""));
    cr_assert_str_eq(leat_op_take(h, 0), "");
    leat_op_save_and_load(h);
    leat_op_watermark(h, seconds(21));
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:09, null, null, null\n"
                                         "1, 1970-01-01 00:00:15, 1, 1970-01-01 00:00:10, v10\n"
                                         "1, 1970-01-01 00:00:20, 1, 1970-01-01 00:00:20, v20\n");
    const char *deleted = leat_arena_print(&arena, "-D %s", at(1, 24, ", v20"));
    OP_ROWS_RIGHT(h, deleted);
    leat_op_watermark(h, seconds(30));
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:25, null, null, null\n");
    close_one(&h);
}

Test(join_lookup, a_row_meets_the_right_rows_as_they_are_now)
{
    leat_join join = {.kind = LEAT_JOIN_LEFT, .timing = LEAT_JOIN_LOOKUP};
    leat_op_harness *h = join_open(join, left_schema, "~k bigint, ts timestamp, b string");
    OP_ROWS(h, at(1, 1, ""));
    OP_ROWS_RIGHT(h, at(1, 1, ", a"));
    OP_ROWS(h, at(1, 2, ""));
    const char *before = leat_arena_print(&arena, "-U %s", at(1, 1, ", a"));
    const char *after = leat_arena_print(&arena, "+U %s", at(1, 1, ", b"));
    OP_ROWS_RIGHT(h, before, after);
    leat_op_save_and_load(h);
    OP_ROWS(h, at(1, 3, ""));
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:01, null, null, null\n"
                                         "1, 1970-01-01 00:00:02, 1, 1970-01-01 00:00:01, a\n"
                                         "1, 1970-01-01 00:00:03, 1, 1970-01-01 00:00:01, b\n");
    close_one(&h);
}

/* --- ASOF, against looking at every right row. --- */

typedef struct asof_row {
    int64_t k, t;
    uint32_t number;
} asof_row;

static bool asof_holds(leat_asof asof, int64_t left, int64_t right)
{
    return asof == LEAT_ASOF_LESS         ? left < right
           : asof == LEAT_ASOF_LESS_EQUAL ? left <= right
           : asof == LEAT_ASOF_GREATER    ? left > right
                                          : left >= right;
}

/* The time of the nearest one, -1 when there is none. */
static int64_t
asof_nearest(leat_asof asof, const asof_row *left, const asof_row *rights, uint32_t n)
{
    int64_t best = -1;
    for (uint32_t i = 0; i < n; i++) {
        if (rights[i].k != left->k || !asof_holds(asof, left->t, rights[i].t))
            continue;
        bool is_nearer = best < 0 || llabs(rights[i].t - left->t) < llabs(best - left->t);
        best = is_nearer ? rights[i].t : best;
    }
    return best;
}

static int line_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void compare_asof(leat_asof asof, uint64_t seed)
{
    leat_join join = {.kind = LEAT_JOIN_LEFT, .timing = LEAT_JOIN_ASOF, .asof = asof};
    leat_op_harness *h =
        join_open(join, "~k bigint, ts timestamp", "~k bigint, ts timestamp, b string");
    asof_row rows[2][200];
    uint32_t counts[2] = {0};
    leat_prng prng = {seed};
    for (uint32_t step = 0; step < 200; step++) {
        uint32_t side = (uint32_t)leat_prng_below(&prng, 2), n = counts[side];
        bool is_retract = n > 10 && leat_prng_chance(&prng, 0.45);
        asof_row row = {(int64_t)leat_prng_below(&prng, 2), (int64_t)leat_prng_below(&prng, 40), 0};
        if (is_retract) {
            uint32_t which = (uint32_t)leat_prng_below(&prng, n);
            row = rows[side][which];
            rows[side][which] = rows[side][--counts[side]];
        } else {
            rows[side][counts[side]++] = row;
        }
        const char *change = leat_arena_print(&arena, "%s %s", is_retract ? "-D" : "+I",
                                              at(row.k, row.t, side == 1 ? ", b" : ""));
        if (side == 0)
            OP_ROWS(h, change);
        else
            OP_ROWS_RIGHT(h, change);
        if (leat_prng_chance(&prng, 0.05))
            leat_op_save_and_load(h);
    }
    leat_lines lines = {0};
    for (uint32_t i = 0; i < counts[0]; i++) {
        const asof_row *left = &rows[0][i];
        int64_t best = asof_nearest(asof, left, rows[1], counts[1]);
        const char *right = best < 0 ? "null, null, null" : at(left->k, best, ", b");
        leat_vec_push(&lines,
                      leat_arena_print(&arena, "%s, %s\n", at(left->k, left->t, ""), right));
    }
    qsort(lines.items, lines.count, sizeof *lines.items, line_order);
    leat_buf text = {0};
    LEAT_VEC_EACH (line, &lines)
        leat_buf_add_text(&text, *line);
    cr_assert_str_eq(leat_op_table(h, 0), leat_buf_text(&text), "asof %d seed %" PRIu64, (int)asof,
                     seed);
    leat_buf_fini(&text);
    leat_vec_fini(&lines);
    leat_op_harness_close(&h);
    leat_arena_reset(&arena);
}

Test(join_asof, random_changes_on_both_sides_keep_every_row_with_its_nearest)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        compare_asof((leat_asof)(seed % LEAT_ASOF_COUNT), seed);
    leat_arena_fini(&arena);
}
