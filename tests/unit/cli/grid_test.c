/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/grid.h"

#include <criterion/criterion.h>

static leat_grid two_columns(void)
{
    leat_grid grid = {0};
    leat_grid_add_column(&grid, LEAT_BYTES("country"), false);
    leat_grid_add_column(&grid, LEAT_BYTES("n"), true);
    return grid;
}

static void add(leat_grid *grid, const char *country, const char *n)
{
    leat_grid_add_cell(grid, leat_bytes_text(country));
    leat_grid_add_cell(grid, leat_bytes_text(n));
}

Test(grid, columns_are_as_wide_as_their_widest_cell_in_characters)
{
    leat_grid grid = two_columns();
    leat_buf out = {0};
    add(&grid, "C\xc3\xb4te d'Ivoire", "7");
    add(&grid, "DE", "1200");

    leat_grid_print(&grid, &out);
    leat_grid_end(&grid, &out);

    cr_expect_str_eq(leat_buf_text(&out), " country       | n\n"
                                          "---------------+------\n"
                                          " C\xc3\xb4te d'Ivoire |    7\n"
                                          " DE            | 1200\n"
                                          "(2 rows)\n");
    leat_buf_fini(&out);
    leat_grid_fini(&grid);
}

Test(grid, blocks_share_one_heading)
{
    leat_grid grid = two_columns();
    leat_buf out = {0};
    add(&grid, "DE", "1");
    leat_grid_print(&grid, &out);
    leat_buf_clear(&out);
    add(&grid, "FR", "2");

    leat_grid_print(&grid, &out);

    cr_expect_str_eq(leat_buf_text(&out), " FR      | 2\n");
    leat_buf_fini(&out);
    leat_grid_fini(&grid);
}

Test(grid, control_characters_do_not_reach_the_terminal)
{
    leat_grid grid = two_columns();
    leat_buf out = {0};
    add(&grid, "a\x1b[2Jb\nc", "1");

    leat_grid_print(&grid, &out);

    cr_expect_null(strchr(leat_buf_text(&out), 0x1b));
    cr_expect_not_null(strstr(leat_buf_text(&out), "a\\x1b[2Jb\\nc"));
    leat_buf_fini(&out);
    leat_grid_fini(&grid);
}
