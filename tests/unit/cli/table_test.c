/* SPDX-License-Identifier: Apache-2.0
 */
#include "cli/table.h"

#include <criterion/criterion.h>

static void expect_printed(leat_table *table, const char *expected)
{
    leat_buf out = {0};
    leat_table_print(table, &out);
    cr_assert_str_eq(leat_buf_text(&out), expected);
    leat_buf_fini(&out);
}

Test(table, lines_columns_up_with_the_longest_cell)
{
    leat_table table = {0};
    leat_table_head(&table, ">ID NAME >ROWS_IN STATE");
    leat_table_add(&table, "%d", 7);
    leat_table_add(&table, "%s", "a-name-longer-than-its-heading");
    leat_table_add(&table, "%d", 123456789);
    leat_table_add(&table, "%s", "RUNNING");
    leat_table_end_row(&table);
    leat_table_add(&table, "%d", 12);
    leat_table_add(&table, "%s", "b");
    leat_table_add(&table, "%d", 1);
    leat_table_add(&table, "%s", "");
    leat_table_end_row(&table);

    expect_printed(&table, "ID  NAME                              ROWS IN  STATE\n"
                           " 7  a-name-longer-than-its-heading  123456789  RUNNING\n"
                           "12  b                                       1  -\n");
}

Test(table, counts_characters_and_not_bytes)
{
    leat_table table = {0};
    leat_table_head(&table, "NAME X");
    leat_table_add(&table, "%s", "wörter");
    leat_table_add(&table, "%s", "x");
    leat_table_end_row(&table);

    expect_printed(&table, "NAME    X\nwörter  x\n");
}

Test(table, of_nothing_but_a_heading_is_a_heading)
{
    leat_table table = {0};
    leat_table_head(&table, "NAME");

    expect_printed(&table, "NAME\n");
}
