/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/feed.h"

#include "common/base/map.h"
#include "common/text/str.h"

typedef struct feed_row {
    leat_change change;
    leat_value *values; /* one per column of the source */
} feed_row;

typedef struct feed_table {
    leat_case_feed *feed;
    const leat_case_table *table; /* of the case */
    const leat_schema *schema;    /* of the source; NULL = nothing reads the table */
    bool takes_changes;           /* the source's plan is one of an updating table */
    LEAT_VEC(feed_row) rows;
    leat_text_map by_key; /* rows alive, by primary key: index into rows + 1 */
    uint32_t released;    /* rows below this may be given */
    uint32_t given;       /* by the reader that was opened last */
    bool is_open;         /* since the last suspend */
} feed_table;

typedef struct arrival {
    uint32_t table;
    uint32_t row_end;
    uint32_t op;
    bool is_joined; /* with the next one */
} arrival;

struct leat_case_feed {
    leat_arena arena;
    const leat_case *one;
    uint32_t table_count;
    feed_table *tables; /* one per table of the case */
    LEAT_VEC(arrival) arrivals;
    bool is_ending;
};

/* ------------------------------------------------------------------ rows of the case */

static leat_code cell_value(leat_case_feed *feed,
                            const leat_field *field,
                            const leat_case_cell *cell,
                            leat_value *out,
                            leat_error *err)
{
    *out = (leat_value){.type = field->type, .is_null = true};
    if (cell->is_null)
        return LEAT_OK;
    if (leat_value_parse(field->type, cell->text, &feed->arena, out, err) == LEAT_OK)
        return LEAT_OK;
    return leat_error_add(err, "column %.*s", LEAT_FMT(field->name));
}

/* The column that cell `i` of a row is for. */
static int32_t cell_column(const feed_table *table, const leat_case_row *row, uint32_t i)
{
    if (row->names != NULL)
        return leat_schema_find(table->schema, row->names[i]);
    if (table->table->column_count > 0)
        return i < table->table->column_count
                   ? leat_schema_find(table->schema, table->table->columns[i].name)
                   : LEAT_SCHEMA_NOT_FOUND;
    return i < table->schema->field_count ? (int32_t)i : LEAT_SCHEMA_NOT_FOUND;
}

static leat_code row_values(leat_case_feed *feed,
                            const feed_table *table,
                            const leat_case_row *row,
                            leat_value **out,
                            leat_error *err)
{
    const leat_schema *schema = table->schema;
    leat_value *values = LEAT_ARENA_ARRAY(&feed->arena, leat_value, schema->field_count);
    for (uint32_t c = 0; c < schema->field_count; c++)
        values[c] = (leat_value){.type = schema->fields[c].type, .is_null = true};
    for (uint32_t i = 0; i < row->count; i++) {
        int32_t column = cell_column(table, row, i);
        if (column < 0 && row->names != NULL)
            return leat_fail(err, LEAT_INVALID, "table %.*s has no column `%.*s`",
                             LEAT_FMT(table->table->name), LEAT_FMT(row->names[i]));
        if (column < 0)
            return leat_fail(err, LEAT_INVALID, "table %.*s has fewer columns than the row",
                             LEAT_FMT(table->table->name));
        LEAT_TRY(cell_value(feed, &schema->fields[column], &row->cells[i], &values[column], err));
    }
    *out = values;
    return LEAT_OK;
}

static void add_row(feed_table *table, leat_change change, leat_value *values)
{
    leat_vec_push(&table->rows, (feed_row){change, values});
}

/* ------------------------------------------------------------------ operations as changes */

static void key_of(const feed_table *table, const leat_value *values, leat_buf *out)
{
    for (uint32_t i = 0; i < table->table->key_count; i++) {
        int32_t column = leat_schema_find(table->schema, table->table->keys[i]);
        if (column < 0)
            continue;
        leat_buf text = {0};
        leat_buf_add_u8(out, values[column].is_null);
        leat_value_print(&values[column], &text);
        leat_buf_add_bytes(out, leat_buf_bytes(&text));
        leat_buf_fini(&text);
    }
}

static void replace(feed_table *table, leat_text_map_entry *alive, leat_value *values)
{
    if (alive->value != NULL)
        add_row(table, LEAT_CHANGE_UPDATE_BEFORE, alive->value);
    add_row(table, alive->value != NULL ? LEAT_CHANGE_UPDATE_AFTER : LEAT_CHANGE_INSERT, values);
    alive->value = values;
}

/* A table with a primary key: what the operation changes depends on what is there. */
static void keyed_op(feed_table *table, leat_case_op_kind kind, leat_value *values)
{
    leat_buf key = {0};
    key_of(table, values, &key);
    leat_text_map_entry *alive = leat_text_map_add(&table->by_key, leat_buf_bytes(&key), NULL);
    leat_buf_fini(&key);
    switch (kind) {
    case LEAT_CASE_INSERT:
    case LEAT_CASE_UPSERT:
        replace(table, alive, values);
        return;
    case LEAT_CASE_DELETE:
    case LEAT_CASE_BEFORE:
    case LEAT_CASE_TOMBSTONE:
        if (alive->value != NULL)
            add_row(table, LEAT_CHANGE_DELETE, alive->value);
        alive->value = NULL;
        return;
    }
}

static void stream_op(feed_table *table, leat_case_op_kind kind, leat_value *values)
{
    switch (kind) {
    case LEAT_CASE_INSERT:
    case LEAT_CASE_UPSERT:
        add_row(table, LEAT_CHANGE_INSERT, values);
        return;
    case LEAT_CASE_DELETE:
    case LEAT_CASE_BEFORE:
        add_row(table, LEAT_CHANGE_DELETE, values);
        return;
    case LEAT_CASE_TOMBSTONE:
        return;
    }
}

static leat_code take_op(leat_case_feed *feed,
                         uint32_t at,
                         leat_case_op_kind kind,
                         const leat_case_row *row,
                         leat_error *err)
{
    feed_table *table = &feed->tables[at];
    leat_value *values = NULL;
    LEAT_TRY(row_values(feed, table, row, &values, err));
    size_t first = table->rows.count;
    if (table->table->key_count > 0)
        keyed_op(table, kind, values);
    else
        stream_op(table, kind, values);
    for (size_t i = first; i < table->rows.count; i++)
        if (!table->takes_changes && table->rows.items[i].change != LEAT_CHANGE_INSERT)
            return leat_fail(err, LEAT_INVALID, "source `%.*s` only takes new rows",
                             LEAT_FMT(table->table->name));
    return LEAT_OK;
}

static void add_arrival(leat_case_feed *feed, uint32_t at, uint32_t op, bool is_joined)
{
    uint32_t row_end = (uint32_t)feed->tables[at].rows.count;
    leat_vec_push(&feed->arrivals, (arrival){at, row_end, op, is_joined});
}

/* Every row of a table is an insert and an arrival of its own. */
static leat_code take_rows(leat_case_feed *feed, uint32_t at, leat_error *err)
{
    const leat_case_rows *rows = &feed->tables[at].table->rows;
    for (uint32_t i = 0; i < rows->count; i++) {
        if (take_op(feed, at, LEAT_CASE_INSERT, &rows->items[i], err) != LEAT_OK)
            return leat_error_add(err, "row %u", i + 1);
        add_arrival(feed, at, (uint32_t)feed->arrivals.count + 1, false);
    }
    return LEAT_OK;
}

static leat_code take_ops(leat_case_feed *feed, leat_error *err)
{
    const leat_case *one = feed->one;
    for (uint32_t i = 0; i < one->op_count; i++) {
        const leat_case_op *op = &one->ops[i];
        if (feed->tables[op->table].schema == NULL)
            continue; /* nothing reads that table */
        if (take_op(feed, op->table, op->kind, &op->row, err) != LEAT_OK)
            return leat_error_add(err, "operation %u", i + 1);
        bool is_joined = i + 1 < one->op_count && op->batch != 0 && op[1].batch == op->batch;
        add_arrival(feed, op->table, i + 1, is_joined);
    }
    return LEAT_OK;
}

static bool has_ops(const leat_case *one, uint32_t table)
{
    for (uint32_t i = 0; i < one->op_count; i++)
        if (one->ops[i].table == table)
            return true;
    return false;
}

/* ------------------------------------------------------------------ life */

static leat_code find_sources(leat_case_feed *feed, const leat_logical_plan *plan, leat_error *err)
{
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const leat_logical_node *node = &plan->nodes[i];
        if (node->kind != LEAT_LOGICAL_SOURCE)
            continue;
        int64_t at = leat_case_table_find(feed->one, node->name);
        if (at < 0)
            return leat_fail(err, LEAT_INVALID, "no rows are given for source `%.*s`",
                             LEAT_FMT(node->name));
        feed->tables[at].schema = node->outputs[0].schema;
        feed->tables[at].takes_changes = node->outputs[0].is_updating;
    }
    return LEAT_OK;
}

leat_code leat_case_feed_new(const leat_case *one,
                             const leat_logical_plan *plan,
                             leat_case_feed **out_feed,
                             leat_error *err)
{
    leat_case_feed *feed = LEAT_NEW(leat_case_feed);
    feed->one = one;
    feed->table_count = one->table_count;
    feed->tables = leat_alloc_zero(one->table_count, sizeof *feed->tables);
    for (uint32_t i = 0; i < one->table_count; i++) {
        feed->tables[i].feed = feed;
        feed->tables[i].table = &one->tables[i];
    }
    leat_code code = find_sources(feed, plan, err);
    for (uint32_t i = 0; code == LEAT_OK && i < one->table_count; i++)
        if (!has_ops(one, i) && feed->tables[i].schema != NULL)
            code = take_rows(feed, i, err);
    if (code == LEAT_OK)
        code = take_ops(feed, err);
    if (code != LEAT_OK)
        leat_case_feed_free(&feed);
    else
        *out_feed = feed;
    return code;
}

void leat_case_feed_free(leat_case_feed **feed_at)
{
    leat_case_feed *feed = LEAT_TAKE(*feed_at);
    if (feed == NULL)
        return;
    for (uint32_t i = 0; i < feed->table_count; i++) {
        leat_vec_fini(&feed->tables[i].rows);
        leat_text_map_fini(&feed->tables[i].by_key);
    }
    leat_free(feed->tables);
    leat_vec_fini(&feed->arrivals);
    leat_arena_fini(&feed->arena);
    leat_free(feed);
}

/* ------------------------------------------------------------------ releasing */

uint32_t leat_case_feed_count(const leat_case_feed *feed)
{
    return (uint32_t)feed->arrivals.count;
}

uint32_t leat_case_feed_op(const leat_case_feed *feed, uint32_t at)
{
    return feed->arrivals.items[at].op;
}

bool leat_case_feed_release(leat_case_feed *feed, uint32_t at)
{
    const arrival *one = &feed->arrivals.items[at];
    feed_table *table = &feed->tables[one->table];
    table->released = LEAT_MAX(table->released, one->row_end);
    return one->is_joined;
}

void leat_case_feed_end(leat_case_feed *feed)
{
    feed->is_ending = true;
}

void leat_case_feed_suspend(leat_case_feed *feed)
{
    feed->is_ending = false;
    for (uint32_t i = 0; i < feed->table_count; i++) {
        feed->tables[i].released = 0;
        feed->tables[i].is_open = false;
    }
}

uint32_t leat_case_feed_resume(leat_case_feed *feed)
{
    for (uint32_t i = 0; i < feed->table_count; i++) {
        feed_table *table = &feed->tables[i];
        if (!table->is_open) /* its end was part of the epoch: nobody reads it any more */
            table->given = (uint32_t)table->rows.count;
        table->released = table->given;
    }
    for (uint32_t at = 0; at < feed->arrivals.count; at++) {
        const arrival *one = &feed->arrivals.items[at];
        if (one->row_end > feed->tables[one->table].given)
            return at;
    }
    return (uint32_t)feed->arrivals.count;
}

/* ------------------------------------------------------------------ connector */

struct leat_source_reader {
    feed_table *table;
    const leat_connector_config *config;
    uint32_t row;
};

/* The plan never leaves this process, so an option can hold what it names. */
void leat_case_feed_connect(leat_case_feed *feed, leat_logical_node *source, leat_arena *arena)
{
    int64_t at = leat_case_table_find(feed->one, source->name);
    LEAT_ASSERT(at >= 0);
    source->connector = LEAT_BYTES("case");
    source->option_count = 1;
    source->options = LEAT_ARENA_NEW(arena, leat_option);
    source->options[0].name = LEAT_BYTES("table");
    source->options[0].value = leat_bytes_of(&feed->tables[at], sizeof feed->tables[at]);
}

static void source_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    (void)config, (void)diagnostics; /* nobody writes its options */
}

static leat_code source_splits(const leat_connector_config *config, leat_buf *out, leat_error *err)
{
    (void)config, (void)err;
    leat_buf_add(out, "rows", sizeof "rows");
    return LEAT_OK;
}

static leat_code source_open(const leat_connector_config *config,
                             leat_bytes split,
                             leat_bytes position,
                             leat_source_reader **out_reader,
                             leat_error *err)
{
    (void)split;
    uint64_t row = 0;
    if (position.size > 0 && !leat_str_to_u64(position, &row))
        return leat_fail(err, LEAT_CORRUPT, "`%.*s` is no position", LEAT_FMT(position));
    leat_source_reader *reader = LEAT_NEW(leat_source_reader);
    reader->config = config;
    reader->table = (feed_table *)(uintptr_t)config->options[0].value.data;
    reader->table->given = reader->row = (uint32_t)row;
    reader->table->is_open = true;
    *out_reader = reader;
    return LEAT_OK;
}

static leat_code source_poll(leat_source_reader *reader,
                             const leat_poll *poll,
                             leat_builder *builder,
                             leat_error *err)
{
    (void)err;
    feed_table *table = reader->table;
    leat_source_omit_unwanted(reader->config, builder);
    const bool *wanted = reader->config->wanted;
    uint32_t end = LEAT_MIN(table->released, reader->row + poll->max_rows);
    if (end < table->released && table->rows.items[end - 1].change == LEAT_CHANGE_UPDATE_BEFORE)
        end--; /* A2 */
    for (; reader->row < end; reader->row++) {
        const feed_row *row = &table->rows.items[reader->row];
        for (uint32_t c = 0; c < table->schema->field_count; c++)
            if (wanted == NULL || wanted[c])
                leat_builder_set_value(builder, c, &row->values[c]);
        if (row->change != LEAT_CHANGE_INSERT)
            leat_builder_set_change(builder, row->change);
        leat_builder_commit(builder, 1);
    }
    table->given = reader->row;
    if (table->feed->is_ending && reader->row == table->rows.count)
        return LEAT_END;
    return leat_builder_count(builder) > 0 ? LEAT_OK : LEAT_AGAIN;
}

static void source_position(const leat_source_reader *reader, leat_buf *out)
{
    leat_buf_print(out, "%u", reader->row);
}

static void source_close(leat_source_reader **reader)
{
    leat_free(LEAT_TAKE(*reader));
}

const leat_source_class leat_case_source = {.name = "case",
                                            .check = source_check,
                                            .splits = source_splits,
                                            .open_split = source_open,
                                            .poll = source_poll,
                                            .position = source_position,
                                            .close = source_close};
