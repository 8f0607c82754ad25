/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <inttypes.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

static leat_arena arena;

static leat_op_harness *
top_open(leat_top top, bool is_descending, const char *in, const char *out, uint32_t capacity)
{
    static uint16_t key = 0;
    leat_top *config = leat_arena_copy(&arena, &top, sizeof top);
    leat_order order = {.column = 1, .is_descending = is_descending};
    leat_logical_node node = {
        .kind = LEAT_LOGICAL_TOP_N,
        .key_count = 1,
        .keys = &key,
        .order_count = 1,
        .orders = leat_arena_copy(&arena, &order, sizeof order),
        .top = config,
    };
    return leat_op_harness_node(&node, in, NULL, out, capacity);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

static const char append[] = "k bigint, v bigint, s string";
static const char updating[] = "~k bigint, v bigint, s string";
static const char ranked[] = "~k bigint, v bigint, s string, rank bigint";

Test(top_n, says_only_what_enters_and_what_leaves)
{
    leat_op_harness *h =
        top_open((leat_top){.limit = 2, .window_end = -1}, true, append, updating, 16);
    OP_ROWS(h, "1, 10, a", "1, 30, b");
    cr_assert_str_eq(leat_op_take(h, 0), "1, 30, b\n1, 10, a\n");
    leat_op_save_and_load(h);
    OP_ROWS(h, "1, 20, c", "1, 5, d");
    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, 10, a\n+U 1, 20, c\n");
    OP_ROWS(h, "1, 20, tie comes later");
    cr_assert_str_eq(leat_op_take(h, 0), "");
    close_one(&h);
}

Test(top_n, a_row_behind_comes_back_when_one_before_it_is_retracted)
{
    leat_op_harness *h =
        top_open((leat_top){.limit = 1, .window_end = -1}, true, updating, updating, 16);
    OP_ROWS(h, "1, 10, a", "1, 30, b", "1, 20, c");
    OP_ROWS(h, "-D 1, 30, b");
    cr_assert_str_eq(leat_op_take(h, 0), "1, 30, b\n-U 1, 30, b\n+U 1, 20, c\n");
    OP_ROWS(h, "-D 1, 20, c", "-D 1, 10, a");
    cr_assert_str_eq(leat_op_take(h, 0), "-D 1, 20, c\n");
    close_one(&h);
}

Test(top_n, with_a_rank_column_every_shifted_row_is_said_anew)
{
    leat_op_harness *h = top_open((leat_top){.limit = 3, .has_rank = true, .window_end = -1}, false,
                                  append, ranked, 16);
    OP_ROWS(h, "1, 10, a", "1, 30, c");
    leat_op_take(h, 0);
    OP_ROWS(h, "1, 20, b");
    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, 30, c, 2\n+U 1, 20, b, 2\n+I 1, 30, c, 3\n");
    close_one(&h);
}

Test(top_n, a_window_says_its_rows_when_it_closes_and_counts_late_ones)
{
    leat_logical_node node = {.kind = LEAT_LOGICAL_TOP_N, .key_count = 1, .order_count = 1};
    uint16_t key = 0;
    leat_order order = {.column = 1};
    leat_top top = {.limit = 1, .window_end = 0};
    node.keys = &key;
    node.orders = &order;
    node.top = &top;
    leat_op_harness *h =
        leat_op_harness_node(&node, "ts timestamp, v bigint", NULL, "ts timestamp, v bigint", 16);
    OP_ROWS(h, "1970-01-01 00:00:02, 5", "1970-01-01 00:00:01, 9", "1970-01-01 00:00:02, 3");
    cr_assert_str_eq(leat_op_take(h, 0), "");
    leat_op_save_and_load(h);
    leat_op_watermark(h, 999000);
    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:01, 9\n");
    OP_ROWS(h, "1970-01-01 00:00:01, 1");
    leat_op_watermark(h, LEAT_TIME_MAX);
    cr_assert_str_eq(leat_op_take(h, 0), "1970-01-01 00:00:02, 3\n");
    cr_assert_eq(leat_op_counts(h).rows_late, 1);
    close_one(&h);
}

/* --- The slow way: sort everything. --- */

enum { ROWS_MAX = 300 };

typedef struct slow_row {
    int64_t key, value;
    char name;
    uint32_t arrival;
} slow_row;

static slow_row table[ROWS_MAX];
static uint32_t table_count;

static int slow_order(const void *a, const void *b)
{
    const slow_row *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return x->arrival < y->arrival ? -1 : 1;
}

static int line_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *slow_top(leat_top top)
{
    leat_lines lines = {0};
    leat_buf text = {0};
    qsort(table, table_count, sizeof *table, slow_order);
    uint64_t position = 0, rank = 0, dense = 0;
    for (uint32_t i = 0; i < table_count; i++) {
        bool is_first = i == 0 || table[i].key != table[i - 1].key;
        bool is_tied = !is_first && table[i].value == table[i - 1].value;
        position = is_first ? 1 : position + 1;
        dense = is_first ? 1 : dense + !is_tied;
        rank = is_tied ? rank : position;
        uint64_t is = top.kind == LEAT_RANK_ROW_NUMBER ? position
                      : top.kind == LEAT_RANK_RANK     ? rank
                                                       : dense;
        if (is <= top.offset || is > top.offset + top.limit)
            continue;
        char *line = leat_arena_print(&arena, "%" PRId64 ", %" PRId64 ", %c, %" PRIu64,
                                      table[i].key, table[i].value, table[i].name, is);
        if (!top.has_rank)
            *strrchr(line, ',') = 0;
        leat_vec_push(&lines, line);
    }
    if (lines.count > 0)
        qsort(lines.items, lines.count, sizeof *lines.items, line_order);
    LEAT_VEC_EACH (line, &lines)
        leat_buf_print(&text, "%s\n", *line);
    const char *joined = leat_arena_text(&arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    leat_vec_fini(&lines);
    return joined;
}

static const char *slow_change(leat_prng *prng, bool retracts, uint32_t arrival)
{
    slow_row row = {(int64_t)leat_prng_below(prng, 3), (int64_t)leat_prng_below(prng, 8), 'a',
                    arrival};
    row.name = (char)('a' + leat_prng_below(prng, 20));
    bool is_retract = retracts && table_count > 30 && leat_prng_chance(prng, 0.55);
    if (is_retract) {
        /* Of equal rows the first goes, as the operator does it. */
        qsort(table, table_count, sizeof *table, slow_order);
        uint32_t at = (uint32_t)leat_prng_below(prng, table_count);
        uint32_t first = at;
        while (first > 0 && table[first - 1].key == table[at].key &&
               table[first - 1].value == table[at].value)
            first--;
        while (table[first].name != table[at].name)
            first++;
        row = table[first];
        memmove(table + first, table + first + 1, (table_count - first - 1) * sizeof *table);
        table_count--;
    } else {
        table[table_count++] = row;
    }
    return leat_arena_print(&arena, "%s %" PRId64 ", %" PRId64 ", %c", is_retract ? "-D" : "+I",
                            row.key, row.value, row.name);
}

static void compare(leat_top top, bool retracts, uint64_t seed)
{
    table_count = 0;
    leat_prng prng = {seed};
    leat_op_harness *h =
        top_open(top, true, retracts ? updating : append, top.has_rank ? ranked : updating, 8);
    for (uint32_t arrival = 0; arrival < 280;) {
        const char *rows[9] = {0};
        uint32_t count = 1 + (uint32_t)leat_prng_below(&prng, 8);
        for (uint32_t i = 0; i < count; i++)
            rows[i] = slow_change(&prng, retracts, arrival++);
        leat_op_rows(h, rows);
        if (leat_prng_chance(&prng, 0.1))
            leat_op_save_and_load(h);
        cr_assert_str_eq(leat_op_table(h, 0), slow_top(top),
                         "kind %d offset %" PRIu64 " seed %" PRIu64, (int)top.kind, top.offset,
                         seed);
    }
    leat_op_harness_close(&h);
    leat_arena_reset(&arena);
}

Test(top_n, random_rows_in_random_cuts_and_reloads_give_what_sorting_gives)
{
    for (uint64_t seed = 1; seed <= 24; seed++) {
        leat_top top = {
            .kind = (leat_rank_kind)(seed % 3),
            .offset = seed % 4 == 0 ? 2 : 0,
            .limit = 1 + seed % 5,
            .has_rank = seed % 2 == 0,
            .window_end = -1,
        };
        compare(top, seed > 12, seed);
    }
    leat_arena_fini(&arena);
}

/* --- Deduplicate. --- */

static leat_op_harness *dedup_open(leat_dedup dedup, const char *in)
{
    static uint16_t key = 0;
    leat_order order = {.column = 1};
    leat_logical_node node = {
        .kind = LEAT_LOGICAL_DEDUPLICATE,
        .key_count = 1,
        .keys = &key,
        .order_count = !dedup.is_by_arrival,
        .orders = leat_arena_copy(&arena, &order, sizeof order),
        .dedup = leat_arena_copy(&arena, &dedup, sizeof dedup),
    };
    return leat_op_harness_node(&node, in, NULL, updating, 16);
}

Test(deduplicate, the_first_by_arrival_of_appended_rows_is_appended)
{
    leat_op_harness *h = dedup_open((leat_dedup){.is_by_arrival = true, .window_end = -1}, append);
    OP_ROWS(h, "1, 5, a", "1, 3, b", "2, 1, c");
    leat_op_save_and_load(h);
    OP_ROWS(h, "2, 0, d", "null, 0, e", "null, 0, f");
    cr_assert_str_eq(leat_op_take(h, 0), "1, 5, a\n2, 1, c\nnull, 0, e\n");
    close_one(&h);
}

Test(deduplicate, the_last_by_arrival_takes_back_the_one_before)
{
    leat_op_harness *h = dedup_open(
        (leat_dedup){.is_by_arrival = true, .keeps_last = true, .window_end = -1}, append);
    OP_ROWS(h, "1, 5, a");
    leat_op_save_and_load(h);
    OP_ROWS(h, "1, 3, b");
    OP_ROWS(h, "1, 9, c");
    cr_assert_str_eq(leat_op_take(h, 0),
                     "1, 5, a\n-U 1, 5, a\n+U 1, 3, b\n-U 1, 3, b\n+U 1, 9, c\n");
    close_one(&h);
}

Test(deduplicate, by_order_first_is_the_least_and_last_the_greatest)
{
    leat_op_harness *h = dedup_open((leat_dedup){.window_end = -1}, append);
    OP_ROWS(h, "1, 5, a", "1, 3, b", "1, 3, c", "1, 4, d");
    cr_assert_str_eq(leat_op_table(h, 0), "1, 3, b\n");
    leat_op_harness_close(&h);
    h = dedup_open((leat_dedup){.keeps_last = true, .window_end = -1}, updating);
    OP_ROWS(h, "1, 5, a", "1, 7, b", "1, 3, c");
    OP_ROWS(h, "-D 1, 7, b");
    cr_assert_str_eq(leat_op_table(h, 0), "1, 5, a\n");
    close_one(&h);
}
