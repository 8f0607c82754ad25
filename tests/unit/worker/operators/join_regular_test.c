/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <inttypes.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

static leat_arena arena;

static const char *const kind_names[] = {"inner", "left", "right", "full", "semi", "anti"};
static const char left_schema[] = "~k bigint, a bigint";
static const char right_schema[] = "~k bigint, b string";
static const char both_schema[] = "~k bigint, a bigint, k2 bigint, b string";

static leat_op_harness *join_open(leat_join_kind kind, const char *residual, uint32_t capacity)
{
    static uint16_t key = 0;
    bool is_filter = kind == LEAT_JOIN_SEMI || kind == LEAT_JOIN_ANTI;
    leat_join *join = LEAT_ARENA_NEW(&arena, leat_join);
    *join = (leat_join){.kind = kind, .key_count = 1, .left_keys = &key, .right_keys = &key};
    if (residual != NULL)
        join->residual = leat_op_bound(residual, both_schema, &arena);
    leat_logical_node node = {.kind = LEAT_LOGICAL_JOIN, .join = join};
    return leat_op_harness_node(&node, left_schema, right_schema,
                                is_filter ? left_schema : both_schema, capacity);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

Test(join_regular, inner_pairs_every_row_with_every_equal_key)
{
    leat_op_harness *h = join_open(LEAT_JOIN_INNER, NULL, 16);
    OP_ROWS(h, "1, 10", "1, 10", "2, 20");
    OP_ROWS_RIGHT(h, "1, x", "3, z", "1, \"a text longer than a view\"");

    cr_assert_str_eq(leat_op_table(h, 0), "1, 10, 1, a text longer than a view\n"
                                          "1, 10, 1, a text longer than a view\n"
                                          "1, 10, 1, x\n1, 10, 1, x\n");
    close_one(&h);
}

Test(join_regular, a_null_key_joins_nothing_not_even_null)
{
    leat_op_harness *h = join_open(LEAT_JOIN_FULL, NULL, 16);
    OP_ROWS(h, "null, 1");
    OP_ROWS_RIGHT(h, "null, x");

    cr_assert_str_eq(leat_op_take(h, 0), "null, 1, null, null\nnull, null, null, x\n");
    OP_ROWS(h, "-D null, 1");
    cr_assert_str_eq(leat_op_take(h, 0), "-D null, 1, null, null\n");
    close_one(&h);
}

Test(join_regular, the_row_of_nulls_goes_when_a_partner_comes_and_comes_back_with_the_last_gone)
{
    leat_op_harness *h = join_open(LEAT_JOIN_LEFT, NULL, 16);
    OP_ROWS(h, "1, 10");
    cr_assert_str_eq(leat_op_take(h, 0), "1, 10, null, null\n");
    OP_ROWS_RIGHT(h, "1, x", "1, y");
    cr_assert_str_eq(leat_op_take(h, 0), "-D 1, 10, null, null\n+I 1, 10, 1, x\n+I 1, 10, 1, y\n");
    leat_op_save_and_load(h);
    OP_ROWS_RIGHT(h, "-D 1, x");
    cr_assert_str_eq(leat_op_take(h, 0), "-D 1, 10, 1, x\n");
    OP_ROWS_RIGHT(h, "-D 1, y");
    cr_assert_str_eq(leat_op_take(h, 0), "-D 1, 10, 1, y\n+I 1, 10, null, null\n");
    close_one(&h);
}

Test(join_regular, semi_says_a_row_once_and_takes_it_back_with_its_last_partner)
{
    leat_op_harness *h = join_open(LEAT_JOIN_SEMI, NULL, 16);
    OP_ROWS(h, "1, 10");
    OP_ROWS_RIGHT(h, "1, x", "1, y", "-D 1, x");
    cr_assert_str_eq(leat_op_take(h, 0), "1, 10\n");
    OP_ROWS_RIGHT(h, "-D 1, y");
    cr_assert_str_eq(leat_op_take(h, 0), "-D 1, 10\n");
    close_one(&h);
}

Test(join_regular, a_residual_decides_whether_an_outer_row_is_matched)
{
    leat_op_harness *h = join_open(LEAT_JOIN_LEFT, "b = 'x' or a > 15", 16);
    OP_ROWS(h, "1, 10", "1, 20");
    OP_ROWS_RIGHT(h, "1, y");
    cr_assert_str_eq(leat_op_table(h, 0), "1, 10, null, null\n1, 20, 1, y\n");
    OP_ROWS_RIGHT(h, "1, x", "-D 1, y");
    cr_assert_str_eq(leat_op_table(h, 0), "1, 10, 1, x\n1, 20, 1, x\n");
    close_one(&h);
}

/* --- The slow way: both tables as lists, the whole join anew. --- */

enum { ROWS_MAX = 200 };

typedef struct slow_row {
    int64_t key; /* -1: NULL */
    int64_t value;
} slow_row;

typedef struct slow_table {
    slow_row rows[ROWS_MAX];
    uint32_t count;
} slow_table;

static bool slow_matches(const slow_row *left, const slow_row *right, bool has_residual)
{
    return left->key >= 0 && left->key == right->key &&
           (!has_residual || left->value >= right->value);
}

static const char *slow_cell(int64_t value)
{
    return value < 0 ? "null" : leat_arena_print(&arena, "%" PRId64, value);
}

static void slow_print(leat_lines *lines, const slow_row *left, const slow_row *right, bool is_both)
{
    static const slow_row nothing = {-1, -1};
    left = left == NULL ? &nothing : left;
    right = right == NULL ? &nothing : right;
    const char *text =
        leat_arena_print(&arena, "%s, %s", slow_cell(left->key), slow_cell(left->value));
    if (is_both)
        text = leat_arena_print(&arena, "%s, %s, %s", text, slow_cell(right->key),
                                slow_cell(right->value));
    leat_vec_push(lines, (char *)(uintptr_t)text);
}

static int line_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void slow_side(leat_lines *lines,
                      const slow_table *tables,
                      uint32_t side,
                      leat_join_kind kind,
                      bool has_residual)
{
    bool is_pairing = side == 0 && kind != LEAT_JOIN_SEMI && kind != LEAT_JOIN_ANTI;
    bool is_outer =
        kind == LEAT_JOIN_FULL || kind == (side == 0 ? LEAT_JOIN_LEFT : LEAT_JOIN_RIGHT);
    for (uint32_t i = 0; i < tables[side].count; i++) {
        const slow_row *own = &tables[side].rows[i];
        uint32_t found = 0;
        for (uint32_t o = 0; o < tables[!side].count; o++) {
            const slow_row *other = &tables[!side].rows[o];
            if (!slow_matches(side == 0 ? own : other, side == 0 ? other : own, has_residual))
                continue;
            found++;
            if (is_pairing)
                slow_print(lines, own, other, true);
        }
        if (is_outer && found == 0)
            slow_print(lines, side == 0 ? own : NULL, side == 0 ? NULL : own, true);
        if (side == 0 &&
            ((kind == LEAT_JOIN_SEMI && found > 0) || (kind == LEAT_JOIN_ANTI && found == 0)))
            slow_print(lines, own, NULL, false);
    }
}

static const char *slow_join(const slow_table *tables, leat_join_kind kind, bool has_residual)
{
    leat_lines lines = {0};
    slow_side(&lines, tables, 0, kind, has_residual);
    if (kind != LEAT_JOIN_SEMI && kind != LEAT_JOIN_ANTI)
        slow_side(&lines, tables, 1, kind, has_residual);
    if (lines.count > 0)
        qsort(lines.items, lines.count, sizeof *lines.items, line_order);
    leat_buf text = {0};
    LEAT_VEC_EACH (line, &lines)
        leat_buf_print(&text, "%s\n", *line);
    const char *joined = leat_arena_text(&arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    leat_vec_fini(&lines);
    return joined;
}

/* One change of the table, as text. */
static const char *slow_change(slow_table *table, leat_prng *prng, bool is_right)
{
    bool is_retract = table->count > 20 && leat_prng_chance(prng, 0.55);
    slow_row row = {(int64_t)leat_prng_below(prng, 6) - 1, (int64_t)leat_prng_below(prng, 3)};
    if (is_retract) {
        uint32_t at = (uint32_t)leat_prng_below(prng, table->count);
        row = table->rows[at];
        table->rows[at] = table->rows[--table->count];
    } else {
        table->rows[table->count++] = row;
    }
    (void)is_right;
    return leat_arena_print(&arena, "%s %s, %s", is_retract ? "-D" : "+I", slow_cell(row.key),
                            slow_cell(row.value));
}

static void compare(leat_join_kind kind, bool has_residual, uint64_t seed)
{
    static slow_table tables[2];
    memset(tables, 0, sizeof tables);
    leat_prng prng = {seed};
    leat_op_harness *h = join_open(kind, has_residual ? "cast(a as string) >= b" : NULL, 7);
    for (uint32_t step = 0; step < 60; step++) {
        uint32_t side = (uint32_t)leat_prng_below(&prng, 2);
        const char *rows[9] = {0};
        uint32_t count = 1 + (uint32_t)leat_prng_below(&prng, 7);
        for (uint32_t i = 0; i < count && tables[side].count < ROWS_MAX; i++)
            rows[i] = slow_change(&tables[side], &prng, side == 1);
        if (side == 0)
            leat_op_rows(h, rows);
        else
            leat_op_rows_right(h, rows);
        if (leat_prng_chance(&prng, 0.1))
            leat_op_save_and_load(h);
    }
    cr_assert_str_eq(leat_op_table(h, 0), slow_join(tables, kind, has_residual), "%s seed %" PRIu64,
                     kind_names[kind], seed);
    leat_op_harness_close(&h);
    leat_arena_reset(&arena);
}

Test(join_regular, random_changes_in_random_cuts_and_reloads_give_what_a_slow_interpreter_gives)
{
    for (leat_join_kind kind = LEAT_JOIN_INNER; kind < LEAT_JOIN_KIND_COUNT; kind++)
        for (uint64_t seed = 1; seed <= 8; seed++)
            compare(kind, seed % 2 == 0, seed);
    leat_arena_fini(&arena);
}
