/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

/* Characters of UTF-8: every byte but those that continue one. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void add(leat_table *table, const char *text)
{
    LEAT_ASSERT(table->column < LEAT_TABLE_COLUMNS_MAX);
    leat_table_cell cell = {.text = leat_strdup(text[0] == '\0' ? "-" : text)};
    cell.width = width_of(cell.text);
    table->widths[table->column] = LEAT_MAX(table->widths[table->column], cell.width);
    table->column++;
    leat_vec_push(&table->cells, cell);
}

void leat_table_head(leat_table *table, const char *names)
{
    leat_buf name = {0};
    for (const char *at = names; *at != '\0';) {
        size_t size = strcspn(at, " ");
        bool is_right = at[0] == '>';
        leat_buf_clear(&name);
        for (size_t i = is_right; i < size; i++)
            leat_buf_add_char(&name, at[i] == '_' ? ' ' : at[i]);
        table->is_right[table->column] = is_right;
        add(table, leat_buf_text(&name));
        at += size + (at[size] == ' ');
    }
    leat_buf_fini(&name);
    leat_table_end_row(table);
}

void leat_table_add(leat_table *table, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(table, text);
}

void leat_table_end_row(leat_table *table)
{
    if (table->column > 0)
        table->cells.items[table->cells.count - 1].is_last = true;
    table->column = 0;
}

static void pad(leat_buf *out, int width)
{
    for (int i = 0; i < width; i++)
        leat_buf_add_char(out, ' ');
}

void leat_table_print(leat_table *table, leat_buf *out)
{
    int column = 0;
    LEAT_VEC_EACH (cell, &table->cells) {
        int room = table->widths[column] - cell->width;
        if (table->is_right[column])
            pad(out, room);
        leat_buf_add_text(out, cell->text);
        if (cell->is_last) {
            leat_buf_add_char(out, '\n');
            column = 0;
        } else {
            pad(out, (table->is_right[column] ? 0 : room) + 2);
            column++;
        }
        leat_free(cell->text);
    }
    leat_vec_fini(&table->cells);
    *table = (leat_table){0};
}
