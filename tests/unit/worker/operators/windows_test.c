/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows of several slices, sessions, windows that rows carry, and windows as columns.
 */
#include <criterion/criterion.h>

#include <inttypes.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

enum { SECOND = 1000000 };

static leat_arena arena;
static uint16_t key = 0;
static const char input[] = "k bigint, ts timestamp, v bigint";
static const char result[] =
    "window_start timestamp, window_end timestamp, k bigint, n bigint, most bigint";

static leat_op_harness *aggregate_open(leat_window window, const char *in, const char *out)
{
    static leat_bound_aggregate calls[2];
    calls[0] = (leat_bound_aggregate){.kind = LEAT_AGGREGATE_COUNT_STAR, .type = LEAT_TYPE(BIGINT)};
    calls[1] = (leat_bound_aggregate){.kind = LEAT_AGGREGATE_MAX,
                                      .type = LEAT_TYPE(BIGINT),
                                      .argument = leat_op_bound("v", in, &arena)};
    leat_logical_node node = {.kind = LEAT_LOGICAL_AGGREGATE,
                              .key_count = 1,
                              .keys = &key,
                              .aggregate_count = 2,
                              .aggregates = calls,
                              .window = window};
    return leat_op_harness_node(&node, in, NULL, out, 16);
}

static leat_op_harness *assign_open(leat_window window, const char *in)
{
    leat_logical_node node = {
        .kind = LEAT_LOGICAL_WINDOW, .key_count = 1, .keys = &key, .window = window};
    return leat_op_harness_node(&node, in, NULL,
                                "k bigint, ts timestamp, v bigint, window_start timestamp, "
                                "window_end timestamp, window_time timestamp",
                                16);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

static const char *clock_text(int64_t second)
{
    return leat_arena_print(&arena, "1970-01-01 %02d:%02d:%02d", (int)(second / 3600),
                            (int)(second / 60 % 60), (int)(second % 60));
}

static const char *row(int64_t k, int64_t second, int64_t v)
{
    return leat_arena_print(&arena, "%" PRId64 ", %s, %" PRId64, k, clock_text(second), v);
}

Test(hop, a_row_counts_in_every_window_that_holds_it)
{
    leat_op_harness *h = aggregate_open(
        (leat_window){.kind = LEAT_WINDOW_HOP, .size_us = 10 * SECOND, .slide_us = 5 * SECOND},
        input, result);
    OP_ROWS(h, row(1, 12, 7), row(1, 16, 9), row(2, 12, 1));
    leat_op_watermark(h, 15 * SECOND - 1000);
    cr_assert_str_eq(leat_op_table(h, 0), "1970-01-01 00:00:05, 1970-01-01 00:00:15, 1, 1, 7\n"
                                          "1970-01-01 00:00:05, 1970-01-01 00:00:15, 2, 1, 1\n");
    leat_op_take(h, 0);
    leat_op_save_and_load(h);
    leat_op_watermark(h, 20 * SECOND);
    cr_assert_str_eq(leat_op_table(h, 0), "1970-01-01 00:00:10, 1970-01-01 00:00:20, 1, 2, 9\n"
                                          "1970-01-01 00:00:10, 1970-01-01 00:00:20, 2, 1, 1\n");
    leat_op_take(h, 0);
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:15, 1970-01-01 00:00:25, 1, 1, 9\n");
    close_one(&h);
}

Test(hop, a_row_is_late_only_for_the_windows_that_have_fired)
{
    leat_op_harness *h = aggregate_open(
        (leat_window){.kind = LEAT_WINDOW_HOP, .size_us = 10 * SECOND, .slide_us = 5 * SECOND},
        input, result);
    leat_op_watermark(h, 15 * SECOND);
    OP_ROWS(h, row(1, 12, 7), row(1, 9, 7));
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:10, 1970-01-01 00:00:20, 1, 1, 7\n");
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}

Test(cumulate, windows_grow_by_the_step_from_one_start)
{
    leat_op_harness *h = aggregate_open(
        (leat_window){.kind = LEAT_WINDOW_CUMULATE, .size_us = 15 * SECOND, .slide_us = 5 * SECOND},
        input, result);
    OP_ROWS(h, row(1, 1, 3), row(1, 11, 5), row(1, 15, 1));
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_table(h, 0), "1970-01-01 00:00:00, 1970-01-01 00:00:05, 1, 1, 3\n"
                                          "1970-01-01 00:00:00, 1970-01-01 00:00:10, 1, 1, 3\n"
                                          "1970-01-01 00:00:00, 1970-01-01 00:00:15, 1, 2, 5\n"
                                          "1970-01-01 00:00:15, 1970-01-01 00:00:20, 1, 1, 1\n"
                                          "1970-01-01 00:00:15, 1970-01-01 00:00:25, 1, 1, 1\n"
                                          "1970-01-01 00:00:15, 1970-01-01 00:00:30, 1, 1, 1\n");
    close_one(&h);
}

Test(carried, rows_are_grouped_by_the_window_they_carry)
{
    leat_op_harness *h = aggregate_open(
        (leat_window){.kind = LEAT_WINDOW_CARRIED, .start_column = 1, .end_column = 2},
        "k bigint, s timestamp, e timestamp, v bigint", result);
    OP_ROWS(h, "1, 1970-01-01 00:00:00, 1970-01-01 00:00:10, 4",
            "1, 1970-01-01 00:00:03, 1970-01-01 00:00:10, 5",
            "1, 1970-01-01 00:00:00, 1970-01-01 00:00:10, 6");
    leat_op_save_and_load(h);
    leat_op_watermark(h, 10 * SECOND - 1001);
    cr_assert_str_eq(leat_op_take(h, 0), "");
    leat_op_watermark(h, 10 * SECOND - 1000);
    cr_assert_str_eq(leat_op_table(h, 0), "1970-01-01 00:00:00, 1970-01-01 00:00:10, 1, 2, 6\n"
                                          "1970-01-01 00:00:03, 1970-01-01 00:00:10, 1, 1, 5\n");
    OP_ROWS(h, "1, 1970-01-01 00:00:00, 1970-01-01 00:00:10, 4");
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}

/* --- Against asking every window about every row. --- */

enum { ROWS = 150 };

typedef struct slow_row {
    int64_t k, t, v;
} slow_row;

static void slow_window(const slow_row *rows, int64_t start, int64_t end, leat_lines *lines)
{
    for (int64_t k = 0; k < 3; k++) {
        int64_t n = 0, most = INT64_MIN;
        for (uint32_t i = 0; i < ROWS; i++) {
            bool is_in = rows[i].k == k && rows[i].t >= start && rows[i].t < end;
            n += is_in;
            most = is_in ? LEAT_MAX(most, rows[i].v) : most;
        }
        if (n > 0)
            leat_vec_push(lines, leat_arena_print(&arena,
                                                  "%s, %s, %" PRId64 ", %" PRId64 ", %" PRId64 "\n",
                                                  clock_text(start), clock_text(end), k, n, most));
    }
}

static int line_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *slow_windows(const slow_row *rows, leat_window window)
{
    int64_t size = window.size_us / SECOND, slide = window.slide_us / SECOND;
    int64_t offset = window.offset_us / SECOND;
    leat_lines lines = {0};
    leat_buf text = {0};
    bool is_hop = window.kind == LEAT_WINDOW_HOP;
    int64_t every = is_hop ? slide : size;
    for (int64_t start = offset - 20 * every; start < 4000; start += every)
        for (int64_t end = is_hop ? start + size : start + slide; end <= start + size; end += slide)
            if (start >= 0)
                slow_window(rows, start, end, &lines);
    if (lines.count > 0)
        qsort(lines.items, lines.count, sizeof *lines.items, line_order);
    LEAT_VEC_EACH (line, &lines)
        leat_buf_add_text(&text, *line);
    const char *all = leat_arena_text(&arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    leat_vec_fini(&lines);
    return all;
}

static void compare(leat_window window, uint64_t seed)
{
    slow_row rows[ROWS];
    leat_prng prng = {seed};
    leat_op_harness *h = aggregate_open(window, input, result);
    for (uint32_t i = 0; i < ROWS; i++) {
        rows[i] = (slow_row){(int64_t)leat_prng_below(&prng, 3),
                             1000 + i + (int64_t)leat_prng_below(&prng, 8),
                             (int64_t)leat_prng_below(&prng, 100)};
        OP_ROWS(h, row(rows[i].k, rows[i].t, rows[i].v));
        if (leat_prng_chance(&prng, 0.05))
            leat_op_save_and_load(h);
        if (leat_prng_chance(&prng, 0.3))
            leat_op_watermark(h, (999 + (int64_t)i) * SECOND);
    }
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_table(h, 0), slow_windows(rows, window), "seed %" PRIu64, seed);
    cr_assert_eq(leat_op_counts(h).rows_late, 0);
    leat_op_harness_close(&h);
    leat_arena_reset(&arena);
}

Test(windows, random_rows_and_reloads_give_what_a_slow_interpreter_gives)
{
    static const struct {
        leat_window_kind kind;
        int64_t size, slide, offset;
    } shapes[] = {
        {LEAT_WINDOW_HOP, 10, 5, 0}, {LEAT_WINDOW_HOP, 7, 3, 1},
        {LEAT_WINDOW_HOP, 3, 5, 0},  {LEAT_WINDOW_CUMULATE, 12, 4, 0},
        {LEAT_WINDOW_HOP, 6, 6, 2},  {LEAT_WINDOW_CUMULATE, 10, 2, 3},
    };
    for (uint64_t seed = 1; seed <= 12; seed++) {
        uint32_t s = (uint32_t)(seed % LEAT_COUNT_OF(shapes));
        compare((leat_window){.kind = shapes[s].kind,
                              .size_us = shapes[s].size * SECOND,
                              .slide_us = shapes[s].slide * SECOND,
                              .offset_us = shapes[s].offset * SECOND},
                seed);
    }
    leat_arena_fini(&arena);
}

/* --- Sessions and DISTINCT. --- */

Test(session, an_aggregate_folds_the_rows_of_each_session)
{
    leat_op_harness *h = aggregate_open(
        (leat_window){.kind = LEAT_WINDOW_SESSION, .size_us = 5 * SECOND}, input, result);
    OP_ROWS(h, row(1, 20, 3), row(1, 10, 8), row(1, 15, 2), row(1, 26, 4), row(2, 12, 9));
    leat_op_save_and_load(h);
    leat_op_watermark(h, 25 * SECOND - 1000);
    cr_assert_str_eq(leat_op_table(h, 0), "1970-01-01 00:00:10, 1970-01-01 00:00:25, 1, 3, 8\n"
                                          "1970-01-01 00:00:12, 1970-01-01 00:00:17, 2, 1, 9\n");
    OP_ROWS(h, row(1, 12, 3));
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}

static leat_op_harness *distinct_open(leat_window window, const char *in, const char *out)
{
    static leat_bound_aggregate calls[2];
    calls[0] = (leat_bound_aggregate){.kind = LEAT_AGGREGATE_COUNT,
                                      .type = LEAT_TYPE(BIGINT),
                                      .argument = leat_op_bound("v", in, &arena),
                                      .is_distinct = true};
    calls[1] = calls[0];
    calls[1].filter = leat_op_bound("v > 5", in, &arena);
    leat_logical_node node = {.kind = LEAT_LOGICAL_AGGREGATE,
                              .key_count = 1,
                              .keys = &key,
                              .aggregate_count = 2,
                              .aggregates = calls,
                              .window = window};
    return leat_op_harness_node(&node, in, NULL, out, 16);
}

Test(distinct_values, a_value_counts_once_per_group_and_window)
{
    leat_op_harness *h = distinct_open(
        (leat_window){.kind = LEAT_WINDOW_TUMBLE, .size_us = 10 * SECOND}, input, result);
    OP_ROWS(h, row(1, 1, 7), row(1, 2, 7), row(1, 3, 4), row(2, 3, 7), row(1, 11, 7));
    leat_op_save_and_load(h);
    OP_ROWS(h, row(1, 4, 7), row(1, 5, 8), "1, 1970-01-01 00:00:05, null");
    leat_op_watermark(h, 10 * SECOND);
    cr_assert_str_eq(leat_op_table(h, 0), "1970-01-01 00:00:00, 1970-01-01 00:00:10, 1, 3, 2\n"
                                          "1970-01-01 00:00:00, 1970-01-01 00:00:10, 2, 1, 1\n");
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_eq(leat_sorted_entry_count(leat_state_sorted_table(
                     h->state, h->plan->operators[h->operator_index].state + 1u)),
                 0);
    close_one(&h);
}

Test(distinct_values, hopping_windows_count_a_value_once_each)
{
    leat_op_harness *h = distinct_open(
        (leat_window){.kind = LEAT_WINDOW_HOP, .size_us = 10 * SECOND, .slide_us = 5 * SECOND},
        input, result);
    OP_ROWS(h, row(1, 6, 7), row(1, 12, 7));
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_table(h, 0), "1970-01-01 00:00:00, 1970-01-01 00:00:10, 1, 1, 1\n"
                                          "1970-01-01 00:00:05, 1970-01-01 00:00:15, 1, 1, 1\n"
                                          "1970-01-01 00:00:10, 1970-01-01 00:00:20, 1, 1, 1\n");
    close_one(&h);
}

Test(distinct_values, the_last_copy_takes_its_value_along)
{
    leat_op_harness *h =
        distinct_open((leat_window){0}, "~k bigint, v bigint", "~k bigint, n bigint, m bigint");
    OP_ROWS(h, "1, 7", "1, 7", "1, 9");
    leat_op_save_and_load(h);
    OP_ROWS(h, "-D 1, 7");
    cr_assert_str_eq(leat_op_table(h, 0), "1, 2, 2\n");
    OP_ROWS(h, "-D 1, 7");
    cr_assert_str_eq(leat_op_table(h, 0), "1, 1, 1\n");
    close_one(&h);
}

Test(extreme_values, a_retracted_extreme_gives_way_to_the_next)
{
    static leat_bound_aggregate calls[2];
    static const char texts[] = "~k bigint, s string";
    calls[0] = (leat_bound_aggregate){.kind = LEAT_AGGREGATE_MIN,
                                      .type = LEAT_TYPE(STRING),
                                      .argument = leat_op_bound("s", texts, &arena)};
    calls[1] = calls[0];
    calls[1].kind = LEAT_AGGREGATE_MAX;
    leat_logical_node node = {.kind = LEAT_LOGICAL_AGGREGATE,
                              .key_count = 1,
                              .keys = &key,
                              .aggregate_count = 2,
                              .aggregates = calls};
    leat_op_harness *h =
        leat_op_harness_node(&node, texts, NULL, "~k bigint, low string, high string", 16);
    OP_ROWS(h, "1, b", "1, \"a text longer than a view\"", "1, c", "1, c", "2, z", "1, null");
    leat_op_save_and_load(h);
    OP_ROWS(h, "-D 1, c", "-D 1, \"a text longer than a view\"");
    cr_assert_str_eq(leat_op_table(h, 0), "1, b, c\n2, z, z\n");
    OP_ROWS(h, "-D 1, c", "+I 1, \"another text that is long\"");
    leat_op_save_and_load(h);
    OP_ROWS(h, "-D 2, z", "+I 1, \"zz, the longest of all texts\"");
    cr_assert_str_eq(leat_op_table(h, 0),
                     "1, another text that is long, zz, the longest of all texts\n");
    close_one(&h);
}

Test(sort, rows_go_out_in_order_behind_the_watermark)
{
    leat_order orders[] = {{.column = 1}, {.column = 2, .is_descending = true}};
    leat_logical_node node = {.kind = LEAT_LOGICAL_SORT, .order_count = 2, .orders = orders};
    leat_op_harness *h = leat_op_harness_node(&node, input, NULL, input, 16);
    OP_ROWS(h, row(1, 3, 1), row(2, 2, 5), row(3, 2, 9), row(4, 2, 5));
    leat_op_watermark(h, 2 * SECOND);
    cr_assert_str_eq(leat_op_take(h, 0), leat_arena_print(&arena, "%s\n%s\n%s\n", row(3, 2, 9),
                                                          row(2, 2, 5), row(4, 2, 5)));
    leat_op_save_and_load(h);
    OP_ROWS(h, row(5, 2, 1));
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), leat_arena_print(&arena, "%s\n", row(1, 3, 1)));
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}

/* --- Windows as columns. --- */

Test(window, a_copy_of_the_row_goes_out_per_window)
{
    leat_op_harness *h = assign_open(
        (leat_window){.kind = LEAT_WINDOW_HOP, .size_us = 10 * SECOND, .slide_us = 5 * SECOND},
        input);
    OP_ROWS(h, row(1, 12, 7), "1, null, 7");
    cr_assert_str_eq(leat_op_table(h, 0),
                     "1, 1970-01-01 00:00:12, 7, 1970-01-01 00:00:05, 1970-01-01 00:00:15, "
                     "1970-01-01 00:00:14.999\n"
                     "1, 1970-01-01 00:00:12, 7, 1970-01-01 00:00:10, 1970-01-01 00:00:20, "
                     "1970-01-01 00:00:19.999\n");
    cr_assert_eq(leat_op_counts(h).rows_failed, 1);
    close_one(&h);
}

Test(session, rows_at_exactly_the_gap_are_one_session)
{
    leat_op_harness *h =
        assign_open((leat_window){.kind = LEAT_WINDOW_SESSION, .size_us = 5 * SECOND}, input);
    OP_ROWS(h, row(1, 20, 3), row(1, 10, 1), row(1, 15, 2), row(1, 26, 4), row(2, 12, 9));
    leat_op_save_and_load(h);
    leat_op_watermark(h, 25 * SECOND - 1001);
    cr_assert_str_eq(leat_op_take(h, 0), "2, 1970-01-01 00:00:12, 9, 1970-01-01 00:00:12, "
                                         "1970-01-01 00:00:17, 1970-01-01 00:00:16.999\n");
    leat_op_watermark(h, 25 * SECOND - 1000);
    const char *end = "1970-01-01 00:00:10, 1970-01-01 00:00:25, 1970-01-01 00:00:24.999";
    cr_assert_str_eq(leat_op_take(h, 0),
                     leat_arena_print(&arena, "%s, %s\n%s, %s\n%s, %s\n", row(1, 10, 1), end,
                                      row(1, 15, 2), end, row(1, 20, 3), end));
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:26, 4, 1970-01-01 00:00:26, "
                                         "1970-01-01 00:00:31, 1970-01-01 00:00:30.999\n");
    close_one(&h);
}

Test(session, a_row_behind_the_watermark_may_still_join_an_open_session)
{
    leat_op_harness *h =
        assign_open((leat_window){.kind = LEAT_WINDOW_SESSION, .size_us = 5 * SECOND}, input);
    OP_ROWS(h, row(1, 20, 1));
    leat_op_watermark(h, 22 * SECOND);
    OP_ROWS(h, row(1, 16, 2), row(1, 10, 3));
    leat_op_watermark(h, LEAT_TIME_MAX);
    const char *end = "1970-01-01 00:00:16, 1970-01-01 00:00:25, 1970-01-01 00:00:24.999";
    cr_assert_str_eq(leat_op_take(h, 0), leat_arena_print(&arena, "%s, %s\n%s, %s\n", row(1, 16, 2),
                                                          end, row(1, 20, 1), end));
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}
