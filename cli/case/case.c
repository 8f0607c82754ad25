/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/case.h"

#include "common/text/str.h"

int64_t leat_case_table_find(const leat_case *one, leat_bytes name)
{
    for (uint32_t i = 0; i < one->table_count; i++)
        if (leat_bytes_equal(one->tables[i].name, name))
            return i;
    for (uint32_t i = 0; i < one->table_count; i++)
        if (leat_str_equal_nocase(one->tables[i].name, name))
            return i;
    return -1;
}

bool leat_case_op_parse(leat_bytes text, leat_case_op_kind *out_kind)
{
    static const struct {
        const char *text;
        leat_case_op_kind kind;
    } known[] = {
        {"+I", LEAT_CASE_INSERT}, {"-D", LEAT_CASE_DELETE},     {"-U", LEAT_CASE_BEFORE},
        {"+U", LEAT_CASE_UPSERT}, {"upsert", LEAT_CASE_UPSERT}, {"null-value", LEAT_CASE_TOMBSTONE},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(known); i++) {
        if (!leat_bytes_equal(text, leat_bytes_text(known[i].text)))
            continue;
        *out_kind = known[i].kind;
        return true;
    }
    return false;
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

static void script_table(const leat_case_table *table, leat_buf *out)
{
    leat_buf_add_text(out, "CREATE TABLE ");
    add_quoted(out, '"', table->name);
    for (uint32_t i = 0; i < table->column_count; i++) {
        leat_buf_add_text(out, i == 0 ? " (\n  " : ",\n  ");
        add_quoted(out, '"', table->columns[i].name);
        leat_buf_print(out, " %.*s", LEAT_FMT(table->columns[i].type));
    }
    if (table->event_time.size > 0) {
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
    leat_buf_add_text(out, ") WITH ('connector' = 'case');\n");
}

void leat_case_script(const leat_case *one, leat_buf *out)
{
    for (uint32_t i = 0; i < one->table_count; i++)
        if (one->tables[i].column_count > 0)
            script_table(&one->tables[i], out);
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
