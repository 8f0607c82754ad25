/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/print_parts.h"

static void print_quoted(leat_bytes text, leat_buf *out)
{
    leat_expr literal = {.kind = LEAT_EXPR_LITERAL,
                         .value = {.type = LEAT_TYPE(STRING), .text = text}};
    leat_expr_print(&literal, out);
}

static void print_word(const char *word, leat_bytes name, leat_buf *out)
{
    leat_buf_add_text(out, word);
    leat_sql_print_name(name, out);
}

/* --- Tables. --- */

static void print_options(const leat_sql_options *options, leat_buf *out)
{
    for (uint32_t i = 0; i < options->count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "(");
        print_quoted(options->items[i].name.text, out);
        leat_buf_add_text(out, " = ");
        print_quoted(options->items[i].value, out);
    }
    leat_buf_add_text(out, options->count > 0 ? ")" : "");
}

static void print_watermark(const leat_sql_watermark *watermark, leat_buf *out)
{
    print_word("WATERMARK FOR ", watermark->column.text, out);
    leat_buf_add_text(out, " AS ");
    leat_sql_print_expr(watermark->bound, out);
    if (watermark->idle_after != NULL) {
        leat_buf_add_text(out, " IDLE AFTER ");
        leat_sql_print_expr(watermark->idle_after, out);
    }
    if (watermark->max_future != NULL) {
        leat_buf_add_text(out, " MAX FUTURE ");
        leat_sql_print_expr(watermark->max_future, out);
    }
    if (watermark->late_to.text.size > 0)
        print_word(" LATE TO ", watermark->late_to.text, out);
}

static void print_field(const leat_sql_column *column, leat_buf *out)
{
    leat_sql_print_name(column->name.text, out);
    if (column->computed != NULL) {
        leat_buf_add_text(out, " AS ");
        leat_sql_print_expr(column->computed, out);
    } else {
        leat_buf_add_char(out, ' ');
        leat_sql_print_type(column->type, out);
    }
    leat_buf_add_text(out, column->is_not_null ? " NOT NULL" : "");
    leat_buf_add_text(out, column->is_primary_key ? " PRIMARY KEY NOT ENFORCED" : "");
    leat_buf_add_text(out, column->is_metadata ? " METADATA" : "");
    if (column->metadata.size > 0) {
        leat_buf_add_text(out, " FROM ");
        print_quoted(column->metadata, out);
    }
    leat_buf_add_text(out, column->is_virtual ? " VIRTUAL" : "");
}

static void print_column(const leat_sql_column *column, leat_buf *out)
{
    switch (column->kind) {
    case LEAT_SQL_COLUMN_FIELD:
        print_field(column, out);
        break;
    case LEAT_SQL_COLUMN_KEY:
        leat_buf_add_text(out, "PRIMARY KEY ");
        leat_sql_print_names(&column->key, out);
        leat_buf_add_text(out, " NOT ENFORCED");
        break;
    case LEAT_SQL_COLUMN_WATERMARK:
        print_watermark(column->watermark, out);
        break;
    }
}

static void print_columns(const leat_sql_table *table, leat_buf *out)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "(");
        print_column(&table->columns[i], out);
    }
    leat_buf_add_text(out, table->column_count > 0 ? ")" : "");
}

static void print_like(const leat_sql_table *table, leat_buf *out)
{
    print_word(" LIKE ", table->like.text, out);
    for (uint32_t i = 0; i < table->feature_count; i++)
        leat_buf_print(out, "%s%.*s %.*s", i > 0 ? " " : " (",
                       LEAT_FMT(table->features[i].action.text),
                       LEAT_FMT(table->features[i].what.text));
    leat_buf_add_text(out, table->feature_count > 0 ? ")" : "");
}

static void print_create(const leat_sql_statement *create, const char *what, leat_buf *out)
{
    leat_buf_print(out, "CREATE %s%s%s%s", create->is_replacing ? "OR REPLACE " : "",
                   create->is_temporary ? "TEMPORARY " : "", what,
                   create->if_exists ? "IF NOT EXISTS " : "");
    leat_sql_print_name(create->name.text, out);
}

static void print_create_table(const leat_sql_statement *create, leat_buf *out)
{
    const leat_sql_table *table = create->table;
    print_create(create, "TABLE ", out);
    leat_buf_add_text(out, table->column_count > 0 ? " " : "");
    print_columns(table, out);
    leat_buf_add_text(out, table->options.count > 0 ? " WITH " : "");
    print_options(&table->options, out);
    if (table->like.text.size > 0)
        print_like(table, out);
    if (table->as != NULL) {
        leat_buf_add_text(out, " AS ");
        leat_sql_print_query(table->as, out);
    }
}

/* --- ALTER. --- */

static void print_option_names(const leat_sql_names *names, leat_buf *out)
{
    for (uint32_t i = 0; i < names->count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : " RESET (");
        print_quoted(names->items[i].text, out);
    }
    leat_buf_add_char(out, ')');
}

static void print_alteration(const leat_sql_statement *alter, leat_buf *out)
{
    switch (alter->alter) {
    case LEAT_SQL_ALTER_RENAME:
        print_word(" RENAME TO ", alter->to.text, out);
        break;
    case LEAT_SQL_ALTER_RENAME_COLUMN:
        print_word(" RENAME COLUMN ", alter->columns.items[0].text, out);
        print_word(" TO ", alter->to.text, out);
        break;
    case LEAT_SQL_ALTER_SET:
        leat_buf_add_text(out, " SET ");
        print_options(&alter->options, out);
        break;
    case LEAT_SQL_ALTER_RESET:
        print_option_names(&alter->columns, out);
        break;
    case LEAT_SQL_ALTER_ADD:
        leat_buf_add_text(out, " ADD ");
        print_columns(alter->table, out);
        break;
    case LEAT_SQL_ALTER_DROP_COLUMNS:
        leat_buf_add_text(out, " DROP ");
        leat_sql_print_names(&alter->columns, out);
        break;
    case LEAT_SQL_ALTER_QUERY:
        leat_buf_add_text(out, " AS ");
        leat_sql_print_query(alter->query, out);
        break;
    }
}

/* --- The others. --- */

static void print_object(const char *verb, const leat_sql_statement *statement, leat_buf *out)
{
    leat_buf_print(out, "%s %.*s %s", verb, LEAT_FMT(statement->object),
                   statement->if_exists ? "IF EXISTS " : "");
    leat_sql_print_name(statement->name.text, out);
}

static void print_show(const leat_sql_statement *show, leat_buf *out)
{
    if (leat_bytes_equal(show->object, LEAT_BYTES("create"))) {
        print_word("SHOW CREATE TABLE ", show->name.text, out);
        return;
    }
    leat_buf_print(out, "SHOW %.*s", LEAT_FMT(show->object));
    if (show->name.text.size > 0)
        print_word(" FROM ", show->name.text, out);
    if (show->pattern.size > 0) {
        leat_buf_add_text(out, show->is_negated ? " NOT LIKE " : " LIKE ");
        print_quoted(show->pattern, out);
    }
}

static void print_explain(const leat_sql_statement *explain, leat_buf *out)
{
    leat_buf_add_text(out, "EXPLAIN ");
    for (uint32_t i = 0; i < explain->columns.count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "");
        leat_sql_print_name(explain->columns.items[i].text, out);
    }
    leat_buf_add_text(out, explain->columns.count > 0 ? " " : "");
    leat_sql_print_statement(&explain->inners[0], out);
}

static void print_statement_set(const leat_sql_statement *set, leat_buf *out)
{
    leat_buf_add_text(out, "EXECUTE STATEMENT SET BEGIN ");
    for (uint32_t i = 0; i < set->inner_count; i++) {
        leat_sql_print_statement(&set->inners[i], out);
        leat_buf_add_text(out, "; ");
    }
    leat_buf_add_text(out, "END");
}

static void print_setting(const leat_sql_statement *statement, leat_buf *out)
{
    bool sets = statement->kind == LEAT_SQL_SET;
    leat_buf_add_text(out, sets ? "SET" : "RESET");
    if (sets && statement->options.count > 0) {
        leat_buf_add_char(out, ' ');
        print_quoted(statement->options.items[0].name.text, out);
        leat_buf_add_text(out, " = ");
        print_quoted(statement->options.items[0].value, out);
    } else if (!sets && statement->name.text.size > 0) {
        leat_buf_add_char(out, ' ');
        print_quoted(statement->name.text, out);
    }
}

/* A query that stood in parentheses keeps them: an ORDER BY behind would not be its own. */
static void print_rows(const leat_sql_query *query, leat_buf *out)
{
    leat_buf_add_text(out, query->is_enclosed ? "(" : "");
    leat_sql_print_query(query, out);
    leat_buf_add_text(out, query->is_enclosed ? ")" : "");
}

void leat_sql_print_statement(const leat_sql_statement *statement, leat_buf *out)
{
    switch (statement->kind) {
    case LEAT_SQL_CREATE_TABLE:
        print_create_table(statement, out);
        break;
    case LEAT_SQL_CREATE_VIEW:
        print_create(statement, statement->is_materialized ? "MATERIALIZED VIEW " : "VIEW ", out);
        leat_sql_print_names(&statement->columns, out);
        leat_buf_add_text(out, " AS ");
        print_rows(statement->query, out);
        break;
    case LEAT_SQL_INSERT:
        print_word("INSERT INTO ", statement->name.text, out);
        leat_sql_print_names(&statement->columns, out);
        leat_buf_add_char(out, ' ');
        print_rows(statement->query, out);
        break;
    case LEAT_SQL_QUERY:
        print_rows(statement->query, out);
        break;
    case LEAT_SQL_SET:
    case LEAT_SQL_RESET:
        print_setting(statement, out);
        break;
    case LEAT_SQL_EXPLAIN:
        print_explain(statement, out);
        break;
    case LEAT_SQL_STATEMENT_SET:
        print_statement_set(statement, out);
        break;
    case LEAT_SQL_DROP:
        print_object("DROP", statement, out);
        break;
    case LEAT_SQL_SHOW:
        print_show(statement, out);
        break;
    case LEAT_SQL_DESCRIBE:
        leat_buf_print(out, "DESCRIBE %.*s%s", LEAT_FMT(statement->object),
                       statement->object.size > 0 ? " " : "");
        leat_sql_print_name(statement->name.text, out);
        break;
    case LEAT_SQL_ALTER:
        print_object("ALTER", statement, out);
        print_alteration(statement, out);
        break;
    case LEAT_SQL_USE:
        leat_buf_print(out, "USE %.*s%s", LEAT_FMT(statement->object),
                       statement->object.size > 0 ? " " : "");
        leat_sql_print_name(statement->name.text, out);
        break;
    case LEAT_SQL_BEGIN:
        leat_buf_add_text(out, "BEGIN STATEMENT SET");
        break;
    case LEAT_SQL_END:
        leat_buf_add_text(out, "END");
        break;
    }
}

void leat_sql_print_script(const leat_sql_script *script, leat_buf *out)
{
    for (uint32_t i = 0; i < script->count; i++) {
        leat_sql_print_statement(&script->statements[i], out);
        leat_buf_add_text(out, ";\n");
    }
}
