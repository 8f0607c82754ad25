/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/grid.h"

static int width_of(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80; /* a character's first byte */
    return width;
}

/* Owned; control characters as escapes. */
static char *shown(leat_bytes text)
{
    leat_buf out = {0};
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '\n' || c == '\t')
            leat_buf_add_text(&out, c == '\n' ? "\\n" : "\\t");
        else if (c < ' ' || c == 0x7f)
            leat_buf_print(&out, "\\x%02x", c);
        else
            leat_buf_add_char(&out, (char)c);
    }
    leat_buf_add_char(&out, '\0');
    char *copy = leat_alloc(out.size);
    memcpy(copy, out.data, out.size);
    leat_buf_fini(&out);
    return copy;
}

void leat_grid_fini(leat_grid *grid)
{
    for (size_t i = 0; i < grid->columns.count; i++)
        leat_free(grid->columns.items[i].name);
    for (size_t i = 0; i < grid->cells.count; i++)
        leat_free(grid->cells.items[i]);
    leat_vec_fini(&grid->columns);
    leat_vec_fini(&grid->cells);
}

void leat_grid_add_column(leat_grid *grid, leat_bytes name, bool is_right)
{
    char *text = shown(name);
    leat_vec_push(&grid->columns, (leat_grid_column){text, is_right, width_of(text)});
}

void leat_grid_add_cell(leat_grid *grid, leat_bytes text)
{
    leat_vec_push(&grid->cells, shown(text));
}

static void
print_cell(const leat_grid_column *column, const char *text, bool is_last, leat_buf *out)
{
    int room = column->width - width_of(text);
    leat_buf_print(out, " %*s%s", column->is_right ? room : 0, "", text);
    if (!is_last)
        leat_buf_print(out, "%*s |", column->is_right ? 0 : room, "");
}

static void print_head(const leat_grid *grid, leat_buf *out)
{
    size_t count = grid->columns.count;
    for (size_t c = 0; c < count; c++) {
        leat_grid_column column = grid->columns.items[c];
        column.is_right = false;
        print_cell(&column, column.name, c + 1 == count, out);
    }
    leat_buf_add_char(out, '\n');
    for (size_t c = 0; c < count; c++) {
        for (int i = 0; i < grid->columns.items[c].width + 2; i++)
            leat_buf_add_char(out, '-');
        leat_buf_add_text(out, c + 1 == count ? "\n" : "+");
    }
}

void leat_grid_print(leat_grid *grid, leat_buf *out)
{
    size_t count = grid->columns.count;
    for (size_t i = 0; i < grid->cells.count; i++) {
        leat_grid_column *column = &grid->columns.items[i % count];
        column->width = LEAT_MAX(column->width, width_of(grid->cells.items[i]));
    }
    if (!grid->has_head)
        print_head(grid, out);
    grid->has_head = true;
    for (size_t i = 0; i < grid->cells.count; i++) {
        bool is_last = i % count + 1 == count;
        print_cell(&grid->columns.items[i % count], grid->cells.items[i], is_last, out);
        leat_buf_add_text(out, is_last ? "\n" : "");
        grid->row_count += is_last;
        leat_free(grid->cells.items[i]);
    }
    grid->cells.count = 0;
}

void leat_grid_end(leat_grid *grid, leat_buf *out)
{
    leat_buf_print(out, "(%llu row%s)\n", (unsigned long long)grid->row_count,
                   grid->row_count == 1 ? "" : "s");
    grid->has_head = false;
    grid->row_count = 0;
}
