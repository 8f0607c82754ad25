/* SPDX-License-Identifier: Apache-2.0
 *
 * A case with SQL as one script.
 */
#include "cli/case/case.h"
#include "common/text/str.h"

enum { SCALE_MAX = 18 };

/* ------------------------------------------------------------------ does a table change? */

static const leat_case_cell *
cell_of(const leat_case_table *table, const leat_case_row *row, leat_bytes column)
{
    for (uint32_t i = 0; i < row->count; i++) {
        leat_bytes name = {NULL, 0};
        if (row->names != NULL)
            name = row->names[i];
        else if (i < table->column_count)
            name = table->columns[i].name;
        if (leat_str_equal_nocase(name, column))
            return &row->cells[i];
    }
    return NULL;
}

/* It does when a row is ever taken back or replaced: then the feed gives a changelog. Rows that are
 * only added are a stream of rows, whatever its primary key says. */
static bool changes(const leat_case *one, uint32_t at)
{
    bool has_key = one->tables[at].key_count > 0;
    for (uint32_t i = 0; i < one->op_count; i++) {
        const leat_case_op *op = &one->ops[i];
        if (op->table == at && op->kind != LEAT_CASE_INSERT &&
            (has_key || op->kind == LEAT_CASE_DELETE || op->kind == LEAT_CASE_BEFORE))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ the scale of numbers */

static uint32_t fraction_digits(const leat_case_cell *cell)
{
    if (cell == NULL || cell->is_null || cell->text.size == 0)
        return 0;
    const char *point = memchr(cell->text.data, '.', cell->text.size);
    return point == NULL ? 0 : (uint32_t)(cell->text.data + cell->text.size - point - 1);
}

/* Most digits behind the point that a column's values have, like PostgreSQL's numeric, which has
 * no scale of its own. */
static uint32_t column_scale(const leat_case *one, uint32_t at, leat_bytes column)
{
    const leat_case_table *table = &one->tables[at];
    uint32_t scale = 0;
    for (uint32_t i = 0; i < table->rows.count; i++)
        scale = LEAT_MAX(scale, fraction_digits(cell_of(table, &table->rows.items[i], column)));
    for (uint32_t i = 0; i < one->op_count; i++)
        if (one->ops[i].table == at)
            scale = LEAT_MAX(scale, fraction_digits(cell_of(table, &one->ops[i].row, column)));
    return LEAT_MIN(scale, (uint32_t)SCALE_MAX);
}

static void script_type(const leat_case *one, uint32_t at, uint32_t column, leat_buf *out)
{
    const leat_case_column *field = &one->tables[at].columns[column];
    leat_buf_print(out, " %.*s", LEAT_FMT(field->type));
    if (leat_str_equal_nocase(field->type, LEAT_BYTES("numeric")) ||
        leat_str_equal_nocase(field->type, LEAT_BYTES("decimal")))
        leat_buf_print(out, "(38,%u)", column_scale(one, at, field->name));
}

/* ------------------------------------------------------------------ script */

static void add_quoted(leat_buf *out, char quote, leat_bytes text)
{
    leat_buf_add_char(out, quote);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == quote)
            leat_buf_add_char(out, quote);
        leat_buf_add_char(out, text.data[i]);
    }
    leat_buf_add_char(out, quote);
}

/* '0 seconds (test assigner)': what stands in brackets is a remark. */
static leat_bytes delay_of(const leat_case_table *table)
{
    leat_bytes delay = table->watermark_delay;
    const char *bracket = delay.size == 0 ? NULL : memchr(delay.data, '(', delay.size);
    if (bracket != NULL)
        delay.size = (size_t)(bracket - delay.data);
    delay = leat_str_trim(delay);
    return delay.size == 0 ? LEAT_BYTES("0 seconds") : delay;
}

/* An order by a number is none that time could pass in: such a table has no event time here. */
static bool has_time(const leat_case_table *table)
{
    for (uint32_t i = 0; i < table->column_count; i++)
        if (leat_bytes_equal(table->columns[i].name, table->event_time))
            return leat_str_begins(table->columns[i].type, LEAT_BYTES("timestamp"));
    return table->event_time.size > 0;
}

static void script_table(const leat_case *one, uint32_t at, leat_buf *out)
{
    const leat_case_table *table = &one->tables[at];
    leat_buf_add_text(out, "CREATE TABLE ");
    add_quoted(out, '"', table->name);
    for (uint32_t i = 0; i < table->column_count; i++) {
        leat_buf_add_text(out, i == 0 ? " (\n  " : ",\n  ");
        add_quoted(out, '"', table->columns[i].name);
        script_type(one, at, i, out);
    }
    if (has_time(table)) {
        leat_buf_add_text(out, ",\n  WATERMARK FOR ");
        add_quoted(out, '"', table->event_time);
        leat_buf_add_text(out, " AS ");
        add_quoted(out, '"', table->event_time);
        leat_buf_add_text(out, " - INTERVAL ");
        add_quoted(out, '\'', delay_of(table));
    }
    for (uint32_t i = 0; i < table->key_count; i++) {
        leat_buf_add_text(out, i == 0 ? ",\n  PRIMARY KEY (" : ", ");
        add_quoted(out, '"', table->keys[i]);
    }
    leat_buf_add_text(out, table->key_count > 0 ? ") NOT ENFORCED\n" : "\n");
    leat_buf_add_text(out, ") WITH ('connector' = 'case'");
    leat_buf_add_text(out, changes(one, at) ? ", 'changes' = 'retract');\n" : ");\n");
}

void leat_case_script(const leat_case *one, leat_buf *out)
{
    if (one->truncates_averages)
        leat_buf_add_text(out, "SET 'sql.dialect' = 'flink';\n");
    for (uint32_t i = 0; i < one->table_count; i++)
        if (one->tables[i].column_count > 0)
            script_table(one, i, out);
    for (uint32_t i = 0; i < one->view_count; i++) {
        leat_buf_add_text(out, "CREATE VIEW ");
        add_quoted(out, '"', one->views[i].name);
        leat_buf_print(out, " AS %.*s;\n", LEAT_FMT(one->views[i].sql));
    }
    leat_bytes sql = leat_str_trim(one->sql);
    while (sql.size > 0 && sql.data[sql.size - 1] == ';')
        sql = leat_str_trim(leat_bytes_of(sql.data, sql.size - 1));
    leat_buf_print(out, "%.*s;\n", LEAT_FMT(sql));
}
