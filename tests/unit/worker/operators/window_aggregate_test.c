/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <inttypes.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

static leat_arena arena;

enum { SECOND = 1000000 };

static const char windowed[] =
    "  p: {input: in, group_by: [k], window: {tumble: 10s}, aggregate: {n: \"count(*)\", total: "
    "\"sum(v)\"}, late_to: late}";
static const char schema[] = "k: bigint, v: bigint, ts: timestamp";

static leat_op_harness *open_one(const char *processor, uint32_t row_capacity)
{
    return leat_op_harness_open(leat_op_topology(&arena, schema, processor, "[p]"),
                                LEAT_PHYSICAL_WINDOW_AGGREGATE, 0, row_capacity);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

Test(window_aggregate, a_window_fires_when_the_watermark_reaches_its_end_less_a_millisecond)
{
    leat_op_harness *h = open_one(windowed, 16);
    OP_ROWS(h, "1, 5, 1970-01-01 00:00:03", "1, 6, 1970-01-01 00:00:09.999999",
            "1, 7, 1970-01-01 00:00:10");
    leat_op_watermark(h, 9998999);
    cr_assert_str_eq(leat_op_take(h, 0), "");

    leat_op_watermark(h, 9999000);
    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:00, 1970-01-01 00:00:10, 1, 2, 11\n");
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:10, 1970-01-01 00:00:20, 1, 1, 7\n");
    close_one(&h);
}

Test(window_aggregate, times_before_1970_fall_into_the_window_below)
{
    leat_op_harness *h = open_one(windowed, 16);
    OP_ROWS(h, "1, 5, 1969-12-31 23:59:59");
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "1969-12-31 23:59:50, 1970-01-01 00:00:00, 1, 1, 5\n");
    close_one(&h);
}

Test(window_aggregate, a_row_whose_window_has_fired_is_late)
{
    leat_op_harness *h = open_one(windowed, 16);
    OP_ROWS(h, "1, 5, 1970-01-01 00:00:03");
    leat_op_watermark(h, 9999000);
    leat_op_take(h, 0);
    OP_ROWS(h, "1, 6, 1970-01-01 00:00:04", "2, 7, 1970-01-01 00:00:12");
    leat_op_watermark(h, LEAT_TIME_MAX);

    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:10, 1970-01-01 00:00:20, 2, 1, 7\n");
    cr_assert_str_eq(leat_op_take(h, 1), "1, 6, 1970-01-01 00:00:04\n");
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}

Test(window_aggregate, a_row_behind_the_watermark_is_not_late_while_its_window_is_open)
{
    leat_op_harness *h = open_one(windowed, 16);
    leat_op_watermark(h, 9 * SECOND);
    OP_ROWS(h, "1, 6, 1970-01-01 00:00:04");
    leat_op_watermark(h, LEAT_TIME_MAX);

    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:00, 1970-01-01 00:00:10, 1, 1, 6\n");
    close_one(&h);
}

Test(window_aggregate, what_was_late_is_late_after_a_reload)
{
    leat_op_harness *h = open_one(windowed, 16);
    OP_ROWS(h, "1, 5, 1970-01-01 00:00:03");
    leat_op_watermark(h, 9999000);
    leat_op_take(h, 0);
    leat_op_save_and_load(h); /* the task's own watermark starts anew */
    OP_ROWS(h, "1, 6, 1970-01-01 00:00:04");

    cr_assert_str_eq(leat_op_take(h, 1), "1, 6, 1970-01-01 00:00:04\n");
    close_one(&h);
}

Test(window_aggregate, a_row_without_event_time_is_reported)
{
    leat_op_harness *h = open_one(windowed, 16);
    OP_ROWS(h, "1, 5, null", "1, 6, 1970-01-01 00:00:04");
    leat_op_watermark(h, LEAT_TIME_MAX);

    cr_assert_eq(h->failed.count, 1);
    cr_assert_str_eq(h->failed.items[0], "event time is null or out of range: 1, 5, null");
    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:00, 1970-01-01 00:00:10, 1, 1, 6\n");
    close_one(&h);
}

Test(window_aggregate, a_window_larger_than_a_batch_goes_out_in_several)
{
    leat_op_harness *h = open_one(windowed, 2);
    for (int key = 0; key < 7; key++) {
        const char *row = leat_arena_print(&arena, "%d, 1, 1970-01-01 00:00:01", key);
        OP_ROWS(h, row);
    }
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_eq(h->lines[0].count, 7);
    close_one(&h);
}

/* Rows and watermarks in random order, cut and reloaded at random: the emitted lines, in order,
 * must not depend on cuts and reloads, and the sums must be those of a slow loop. */
static const char *run_script(uint64_t script_seed, uint64_t cut_seed, bool may_reload)
{
    leat_prng script = {script_seed}, cut = {cut_seed};
    leat_op_harness *h = open_one(windowed, 64);
    const char *rows[65];
    uint32_t count = 0;
    leat_time now = 0;
    for (uint32_t i = 0; i < 1500; i++) {
        bool is_watermark = leat_prng_chance(&script, 0.02);
        if (is_watermark || count == 64 || leat_prng_chance(&cut, 0.1)) {
            rows[count] = NULL;
            if (count > 0)
                leat_op_rows(h, rows);
            count = 0;
            if (may_reload && leat_prng_chance(&cut, 0.1)) {
                leat_op_save_and_load(h);
                leat_op_watermark(h, now); /* the sources say it again */
            }
        }
        if (is_watermark) {
            now += (leat_time)leat_prng_below(&script, 8) * SECOND;
            leat_op_watermark(h, now);
            continue;
        }
        uint64_t key = leat_prng_below(&script, 30), value = leat_prng_below(&script, 100);
        uint64_t second = (uint64_t)(now / SECOND) + leat_prng_below(&script, 35);
        uint64_t back = leat_prng_below(&script, 12);
        second = second > back ? second - back : 0;
        rows[count++] = leat_arena_print(
            &arena, "%" PRIu64 ", %" PRIu64 ", 1970-01-01 %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
            key, value, second / 3600, second / 60 % 60, second % 60);
    }
    rows[count] = NULL;
    if (count > 0)
        leat_op_rows(h, rows);
    leat_op_watermark(h, LEAT_TIME_MAX);
    const char *fired = leat_op_take(h, 0);
    const char *both = leat_arena_print(&arena, "%slate:\n%s", fired, leat_op_take(h, 1));
    leat_op_harness_close(&h);
    return both;
}

Test(window_aggregate, results_and_late_rows_do_not_depend_on_cuts_and_reloads)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const char *plain = run_script(seed, 1, false);
        cr_assert_str_eq(run_script(seed, 2, false), plain);
        cr_assert_str_eq(run_script(seed, 3, true), plain);
        cr_assert_gt(strlen(strstr(plain, "late:")), 20); /* some were late */
        leat_arena_reset(&arena);
    }
    leat_arena_fini(&arena);
}

Test(window_aggregate, sums_of_windows_are_those_of_a_slow_loop)
{
    enum { KEYS = 9, WINDOWS = 6 };
    int64_t sums[WINDOWS][KEYS] = {0}, counts[WINDOWS][KEYS] = {0};
    leat_prng prng = {77};
    leat_op_harness *h = open_one(windowed, 64);
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t key = (uint32_t)leat_prng_below(&prng, KEYS);
        uint32_t second = (uint32_t)leat_prng_below(&prng, WINDOWS * 10);
        int64_t value = (int64_t)leat_prng_below(&prng, 100) - 50;
        sums[second / 10][key] += value;
        counts[second / 10][key]++;
        const char *row =
            leat_arena_print(&arena, "%u, %" PRId64 ", 1970-01-01 00:00:%02u", key, value, second);
        OP_ROWS(h, row);
    }
    leat_op_watermark(h, LEAT_TIME_MAX);
    uint32_t expected = 0;
    for (uint32_t w = 0; w < WINDOWS; w++) {
        for (uint32_t key = 0; key < KEYS; key++) {
            char *tail = leat_arena_print(&arena, ", %u, %" PRId64 ", %" PRId64, key,
                                          counts[w][key], sums[w][key]);
            char *start =
                leat_arena_print(&arena, "1970-01-01 00:0%u:%02u, ", w * 10 / 60, w * 10 % 60);
            uint32_t found = 0;
            LEAT_VEC_EACH (line, &h->lines[0])
                found += strncmp(*line, start, strlen(start)) == 0 &&
                         strlen(*line) > strlen(tail) &&
                         strcmp(*line + strlen(*line) - strlen(tail), tail) == 0;
            cr_assert_eq(found, counts[w][key] > 0);
            expected += counts[w][key] > 0;
        }
    }
    cr_assert_eq(h->lines[0].count, expected);
    close_one(&h);
}
