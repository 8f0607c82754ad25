/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/builder.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "tests/support/batch_text.h"

#define LONG "a text that is longer than a view holds inline"

Test(builder, unset_columns_are_null)
{
    leat_builder *builder = leat_builder_new(leat_test_schema("k bigint, v string"), 4);

    leat_builder_set_integer(builder, 0, 1);
    leat_builder_commit(builder, 1);
    leat_builder_set_text(builder, 1, LEAT_BYTES("b"));
    leat_builder_commit(builder, 1);
    leat_builder_commit(builder, 1);

    leat_rows rows = leat_builder_rows(builder);
    cr_assert_str_eq(ROWS_TEXT(&rows), "1, null\nnull, b\nnull, null\n");
    cr_assert_eq(leat_builder_room(builder), 1);
    leat_builder_free(&builder);
}

Test(builder, the_last_set_of_a_cell_counts)
{
    leat_builder *builder = leat_builder_new(leat_test_schema("k bigint, v string"), 4);

    leat_builder_set_null(builder, 0);
    leat_builder_set_integer(builder, 0, 7);
    leat_builder_set_text(builder, 1, LEAT_BYTES(LONG));
    leat_builder_set_null(builder, 1);
    leat_builder_commit(builder, 1);

    leat_rows rows = leat_builder_rows(builder);
    cr_assert_str_eq(ROWS_TEXT(&rows), "7, null\n");
    leat_builder_free(&builder);
}

Test(builder, an_abandoned_row_leaves_nothing_behind)
{
    const leat_schema *schema = leat_test_schema("k bigint, v string");
    leat_builder *builder = leat_builder_new(schema, 4);
    leat_batch *other = BATCH("k bigint, v string", "9, z");
    static const uint32_t first = 0;

    leat_builder_set_null(builder, 0);
    leat_builder_set_change(builder, LEAT_CHANGE_DELETE);
    leat_builder_abandon(builder);
    leat_builder_gather(builder, leat_batch_rows(other), &first, 1);
    leat_builder_set_integer(builder, 0, 1);
    leat_builder_abandon(builder);
    leat_builder_set_text(builder, 1, LEAT_BYTES("b"));
    leat_builder_commit(builder, 1);

    leat_rows rows = leat_builder_rows(builder);
    cr_assert_str_eq(ROWS_TEXT(&rows), "+I 9, z\n+I null, b\n");
    leat_batch_unref(&other);
    leat_builder_free(&builder);
}

Test(builder, omitted_columns_are_constant_nulls_in_every_batch)
{
    leat_builder *builder = leat_builder_new(leat_test_schema("k bigint, v string, b boolean"), 2);
    leat_builder_omit(builder, 1);
    leat_builder_omit(builder, 2);

    for (int round = 0; round < 2; round++) {
        leat_builder_set_integer(builder, 0, round);
        leat_builder_commit(builder, 1);
        leat_builder_commit(builder, 1);
        leat_rows rows = leat_builder_rows(builder);
        cr_assert(rows.columns[1].is_constant);
        leat_batch *batch = leat_builder_finish(builder);
        cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(batch)),
                         round == 0 ? "0, null, null\nnull, null, null\n"
                                    : "1, null, null\nnull, null, null\n");
        leat_batch_unref(&batch);
    }
    leat_builder_free(&builder);
}

Test(builder, clear_forgets_nulls_changes_and_wide_decimals)
{
    leat_builder *builder = leat_builder_new(leat_test_schema("d decimal(38,0), v string"), 2);

    leat_builder_set_integer(builder, 0, leat_decimal_power(30));
    leat_builder_set_change(builder, LEAT_CHANGE_DELETE);
    leat_builder_commit(builder, 1);
    cr_assert_eq(leat_builder_rows(builder).columns[0].layout, LEAT_LAYOUT_I128);
    leat_builder_clear(builder);
    leat_builder_set_integer(builder, 0, 5);
    leat_builder_set_text(builder, 1, LEAT_BYTES(LONG));
    leat_builder_commit(builder, 1);

    leat_rows rows = leat_builder_rows(builder);
    cr_assert_str_eq(ROWS_TEXT(&rows), "5, " LONG "\n");
    cr_assert_eq(rows.columns[0].layout, LEAT_LAYOUT_I64);
    cr_assert_null(rows.columns[1].validity);
    cr_assert_null(rows.changes);
    leat_builder_free(&builder);
}

Test(builder, a_decimal_widens_in_the_middle_and_keeps_what_was_there)
{
    leat_builder *builder = leat_builder_new(leat_test_schema("d decimal(38,2)"), 4);

    leat_test_row(builder, leat_test_schema("d decimal(38,2)"), "-1.25");
    leat_test_row(builder, leat_test_schema("d decimal(38,2)"), "1000000000000000000000.00");
    leat_test_row(builder, leat_test_schema("d decimal(38,2)"), "3.50");
    leat_batch *batch = leat_builder_finish(builder);

    cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(batch)), "-1.25\n1000000000000000000000.00\n3.50\n");
    leat_batch_unref(&batch);
    leat_builder_free(&builder);
}

Test(builder, a_batch_outlives_its_builder)
{
    leat_builder *builder = leat_builder_new(leat_test_schema("k bigint, v string"), 2);
    leat_test_row(builder, leat_test_schema("k bigint, v string"), "1, " LONG);
    leat_test_row(builder, leat_test_schema("k bigint, v string"), "+U 2, null");

    leat_batch *first = leat_builder_finish(builder);
    leat_test_row(builder, leat_test_schema("k bigint, v string"), "3, " LONG);
    leat_batch *second = leat_builder_finish(builder);
    leat_builder_free(&builder);

    cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(first)), "+I 1, " LONG "\n+U 2, null\n");
    cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(second)), "3, " LONG "\n");
    leat_batch_unref(&first);
    leat_batch_unref(&second);
}

Test(builder, a_full_batch_moves_and_a_small_one_is_copied_to_its_size)
{
    enum { CAPACITY = 4096 };
    leat_builder *builder = leat_builder_new(leat_test_schema("k bigint, v string"), CAPACITY);

    leat_test_row(builder, leat_test_schema("k bigint, v string"), "1, " LONG);
    leat_batch *small = leat_builder_finish(builder);
    for (int i = 0; i < CAPACITY; i++)
        leat_test_row(builder, leat_test_schema("k bigint, v string"), "1, short");
    leat_batch *full = leat_builder_finish(builder);

    cr_assert_lt(leat_batch_size_bytes(small), 1024);
    cr_assert_gt(leat_batch_size_bytes(full), CAPACITY * 24);
    cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(small)), "1, " LONG "\n");
    leat_batch_unref(&small);
    leat_batch_unref(&full);
    leat_builder_free(&builder);
}

Test(builder, columns_can_be_filled_in_place)
{
    leat_builder *builder = leat_builder_new(leat_test_schema("k bigint, v string, b boolean"), 8);

    for (int round = 0; round < 2; round++) {
        uint32_t base = leat_builder_count(builder);
        int64_t *keys = leat_builder_values(builder, 0);
        leat_view *views = leat_builder_values(builder, 1);
        char *text = leat_builder_heap(builder, sizeof LONG);
        memcpy(text, LONG, sizeof LONG);
        for (uint32_t i = 0; i < 3; i++) {
            keys[base + i] = base + i;
            views[base + i] = leat_view_of(text, i == 1 ? 5 : sizeof LONG - 1);
        }
        leat_builder_commit(builder, 3);
    }
    leat_batch *batch = leat_builder_finish(builder);

    cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(batch)),
                     "0, " LONG ", null\n1, a tex, null\n2, " LONG ", null\n"
                     "3, " LONG ", null\n4, a tex, null\n5, " LONG ", null\n");
    leat_batch_unref(&batch);
    leat_builder_free(&builder);
}

Test(builder, gather_copies_rows_of_every_type_in_any_order)
{
    static const char schema_text[] =
        "b boolean, i int, x double, d decimal(38,2), s string, v interval, t timestamp";
    leat_batch *batch = BATCH(schema_text, "true, 1, 0.5, 1.00, " LONG ", 1 day, 2020-01-01",
                              "-D null, null, null, null, null, null, null",
                              "false, 3, 1.5, 99999999999999999999.99, c, 5s, 2021-01-01");
    leat_builder *builder = leat_builder_new(leat_batch_rows(batch)->schema, 8);
    static const uint32_t positions[] = {2, 0, 1, 0};

    leat_builder_gather(builder, leat_batch_rows(batch), positions + 1, 1);
    cr_assert_eq(leat_builder_rows(builder).columns[3].layout, LEAT_LAYOUT_I64);
    leat_builder_gather(builder, leat_batch_rows(batch), positions, 4);
    leat_batch_unref(&batch);

    leat_rows rows = leat_builder_rows(builder);
    cr_assert_str_eq(ROWS_TEXT(&rows),
                     "+I true, 1, 0.5, 1.00, " LONG ", 1 day, 2020-01-01 00:00:00\n"
                     "+I false, 3, 1.5, 99999999999999999999.99, c, 00:00:05, 2021-01-01 00:00:00\n"
                     "+I true, 1, 0.5, 1.00, " LONG ", 1 day, 2020-01-01 00:00:00\n"
                     "-D null, null, null, null, null, null, null\n"
                     "+I true, 1, 0.5, 1.00, " LONG ", 1 day, 2020-01-01 00:00:00\n");
    leat_builder_free(&builder);
}

Test(builder, text_larger_than_a_block_stands_beside_small_text)
{
    enum { HUGE_BYTES = 300 * 1000 };
    const leat_schema *schema = leat_test_schema("v string");
    leat_builder *builder = leat_builder_new(schema, 4);
    leat_buf huge = {0};
    memset(leat_buf_reserve(&huge, HUGE_BYTES), 'x', HUGE_BYTES);
    huge.size = HUGE_BYTES;

    for (int round = 0; round < 3; round++) {
        leat_builder_clear(builder);
        leat_test_row(builder, schema, LONG);
        leat_builder_set_text(builder, 0, leat_buf_bytes(&huge));
        leat_builder_commit(builder, 1);
        leat_test_row(builder, schema, LONG);
    }

    leat_rows rows = leat_builder_rows(builder);
    const leat_view *views = rows.columns[0].values;
    cr_assert_eq(leat_view_bytes(&views[1]).size, HUGE_BYTES);
    cr_assert(leat_bytes_equal(leat_view_bytes(&views[1]), leat_buf_bytes(&huge)));
    cr_assert(leat_bytes_equal(leat_view_bytes(&views[2]), LEAT_BYTES(LONG)));
    leat_buf_fini(&huge);
    leat_builder_free(&builder);
}

Test(builder, a_row_beyond_the_capacity_is_a_bug, .signal = SIGABRT)
{
    leat_builder *builder = leat_builder_new(leat_test_schema("k bigint"), 1);
    leat_builder_commit(builder, 1);

    leat_builder_set_integer(builder, 0, 1);
}
