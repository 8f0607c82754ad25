/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <inttypes.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

enum { SECOND = 1000000 };

static leat_arena arena;
static uint16_t key = 0;
static const char input[] = "k bigint, ts timestamp, v bigint";
static const char updating[] = "~k bigint, ts timestamp, v bigint";

static leat_frame frame_rows(leat_frame_end start, int64_t back, leat_frame_end end, int64_t ahead)
{
    leat_value from = {.type = LEAT_TYPE(BIGINT), .integer = back};
    leat_value to = {.type = LEAT_TYPE(BIGINT), .integer = ahead};
    return (leat_frame){LEAT_FRAME_ROWS, start, end, from, to, LEAT_EXCLUDE_NOTHING};
}

static leat_over_call aggregate_call(leat_aggregate_kind kind, leat_frame frame)
{
    return (leat_over_call){.function = LEAT_OVER_AGGREGATE,
                            .type = LEAT_TYPE(BIGINT),
                            .aggregate = {.kind = kind,
                                          .type = LEAT_TYPE(BIGINT),
                                          .argument = leat_op_bound("v", input, &arena)},
                            .frame = frame};
}

static leat_over_call plain_call(leat_over_function function, int64_t distance)
{
    return (leat_over_call){
        .function = function,
        .type = LEAT_TYPE(BIGINT),
        .argument = leat_op_bound("v", input, &arena),
        .distance = distance,
        .frame = frame_rows(LEAT_FRAME_UNBOUNDED_PRECEDING, 0, LEAT_FRAME_CURRENT_ROW, 0)};
}

static leat_op_harness *
over_open(const leat_over_call *calls, uint32_t count, uint16_t by, const char *in)
{
    leat_over over = {count, leat_arena_copy(&arena, calls, count * sizeof *calls), in[0] != '~'};
    leat_order order = {.column = by};
    leat_logical_node node = {.kind = LEAT_LOGICAL_OVER,
                              .key_count = 1,
                              .keys = &key,
                              .order_count = 1,
                              .orders = leat_arena_copy(&arena, &order, sizeof order),
                              .over = leat_arena_copy(&arena, &over, sizeof over)};
    char *out = leat_arena_print(&arena, "%s", in);
    for (uint32_t i = 0; i < count; i++)
        out = leat_arena_print(&arena, "%s, r%u bigint", out, i);
    return leat_op_harness_node(&node, in, NULL, out, 16);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

static const char *row(int64_t k, int64_t second, int64_t v)
{
    return leat_arena_print(&arena, "%" PRId64 ", 1970-01-01 00:%02d:%02d, %" PRId64, k,
                            (int)(second / 60), (int)(second % 60), v);
}

Test(over, rows_wait_for_the_watermark_and_look_back)
{
    leat_over_call calls[] = {
        aggregate_call(LEAT_AGGREGATE_COUNT,
                       frame_rows(LEAT_FRAME_PRECEDING, 1, LEAT_FRAME_CURRENT_ROW, 0)),
        aggregate_call(LEAT_AGGREGATE_MAX,
                       frame_rows(LEAT_FRAME_PRECEDING, 1, LEAT_FRAME_CURRENT_ROW, 0)),
        plain_call(LEAT_OVER_LAG, 1),
    };
    leat_op_harness *h = over_open(calls, 3, 1, input);
    OP_ROWS(h, row(1, 3, 5), row(1, 1, 9), row(1, 2, 7));
    leat_op_watermark(h, 2 * SECOND);
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:01, 9, 1, 9, null\n"
                                         "1, 1970-01-01 00:00:02, 7, 2, 9, 9\n");
    leat_op_save_and_load(h);
    OP_ROWS(h, row(1, 2, 1));
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:03, 5, 2, 7, 7\n");
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}

Test(over, a_range_holds_peers_and_what_is_near_in_time)
{
    leat_value back = {.type = LEAT_TYPE(INTERVAL), .interval = {.micros = 2 * SECOND}};
    leat_over_call call =
        aggregate_call(LEAT_AGGREGATE_COUNT, (leat_frame){.unit = LEAT_FRAME_RANGE,
                                                          .start = LEAT_FRAME_PRECEDING,
                                                          .end = LEAT_FRAME_CURRENT_ROW,
                                                          .start_distance = back});
    leat_op_harness *h = over_open(&call, 1, 1, input);
    OP_ROWS(h, row(1, 1, 1), row(1, 3, 2), row(1, 3, 3), row(1, 4, 4));
    leat_op_watermark(h, 3 * SECOND);
    leat_op_save_and_load(h);
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:01, 1, 1\n"
                                         "1, 1970-01-01 00:00:03, 2, 3\n"
                                         "1, 1970-01-01 00:00:03, 3, 3\n"
                                         "1, 1970-01-01 00:00:04, 4, 3\n");
    close_one(&h);
}

Test(over, a_change_says_anew_every_row_whose_result_differs)
{
    leat_over_call calls[] = {plain_call(LEAT_OVER_ROW_NUMBER, 0), plain_call(LEAT_OVER_RANK, 0),
                              plain_call(LEAT_OVER_LEAD, 1)};
    leat_op_harness *h = over_open(calls, 3, 2, updating);
    OP_ROWS(h, row(1, 1, 10), row(1, 1, 30));
    cr_assert_str_eq(leat_op_take(h, 0), "1, 1970-01-01 00:00:01, 10, 1, 1, 30\n"
                                         "1, 1970-01-01 00:00:01, 30, 2, 2, null\n");
    leat_op_save_and_load(h);
    OP_ROWS(h, row(1, 2, 10));
    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, 1970-01-01 00:00:01, 10, 1, 1, 30\n"
                                         "+U 1, 1970-01-01 00:00:01, 10, 1, 1, 10\n"
                                         "+I 1, 1970-01-01 00:00:02, 10, 2, 1, 30\n"
                                         "-U 1, 1970-01-01 00:00:01, 30, 2, 2, null\n"
                                         "+U 1, 1970-01-01 00:00:01, 30, 3, 3, null\n");
    close_one(&h);
}

/* --- Sums over random ROWS frames, added up by hand. --- */

static void compare(int64_t back, int64_t ahead, uint64_t seed)
{
    enum { COUNT = 60 };
    leat_over_call call = aggregate_call(
        LEAT_AGGREGATE_MIN, frame_rows(LEAT_FRAME_PRECEDING, back, LEAT_FRAME_FOLLOWING, ahead));
    leat_over_call number = aggregate_call(
        LEAT_AGGREGATE_COUNT, frame_rows(LEAT_FRAME_PRECEDING, back, LEAT_FRAME_FOLLOWING, ahead));
    leat_over_call calls[] = {call, number};
    leat_op_harness *h = over_open(calls, 2, 1, updating);
    leat_prng prng = {seed};
    int64_t values[COUNT];
    bool is_there[COUNT] = {false};
    for (uint32_t step = 0; step < 150; step++) {
        uint32_t at = (uint32_t)leat_prng_below(&prng, COUNT);
        if (!is_there[at])
            values[at] = (int64_t)leat_prng_below(&prng, 100);
        const char *change =
            leat_arena_print(&arena, "%s %s", is_there[at] ? "-D" : "+I", row(1, at, values[at]));
        is_there[at] = !is_there[at];
        OP_ROWS(h, change);
        if (leat_prng_chance(&prng, 0.05))
            leat_op_save_and_load(h);
    }
    leat_buf text = {0};
    int64_t kept[COUNT], times[COUNT], count = 0;
    for (uint32_t at = 0; at < COUNT; at++)
        if (is_there[at]) {
            times[count] = at;
            kept[count++] = values[at];
        }
    for (int64_t i = 0; i < count; i++) {
        int64_t least = INT64_MAX, n = 0;
        for (int64_t o = LEAT_MAX(i - back, 0); o <= LEAT_MIN(i + ahead, count - 1); o++, n++)
            least = LEAT_MIN(least, kept[o]);
        leat_buf_print(&text, "%s, %" PRId64 ", %" PRId64 "\n", row(1, times[i], kept[i]), least,
                       n);
    }
    cr_assert_str_eq(leat_op_table(h, 0), leat_buf_text(&text), "seed %" PRIu64, seed);
    leat_buf_fini(&text);
    leat_op_harness_close(&h);
    leat_arena_reset(&arena);
}

Test(over, random_changes_and_frames_give_what_a_slow_interpreter_gives)
{
    for (uint64_t seed = 1; seed <= 8; seed++)
        compare((int64_t)(seed % 4), (int64_t)(seed % 3), seed);
    leat_arena_fini(&arena);
}
