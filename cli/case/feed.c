/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/feed.h"

#include "common/base/map.h"
#include "common/columns/time_text.h"
#include "common/text/str.h"

typedef struct feed_row {
    leat_change change;
    leat_value *values; /* one per column of the source */
} feed_row;

#define CLOCK_START LEAT_BYTES("2000-01-01 00:00:00")

#define SOURCE_NONE UINT32_MAX

enum { CLOCK_STEP_US = 1000 };

/* A source of the plan; several may read the same table. */
typedef struct feed_source {
    leat_case_feed *feed;
    uint32_t node;  /* of the plan */
    uint32_t table; /* of the case */
    const leat_case_table *of;
    const leat_schema *schema;
    bool takes_changes; /* it is planned as a table that changes */
    LEAT_VEC(feed_row) rows;
    leat_text_map by_key; /* the values of the rows alive, by primary key */
    uint32_t released;    /* rows below this may be given */
    uint32_t given;       /* by the reader that was opened last */
    bool is_open;         /* since the last suspend */
} feed_source;

/* An operation, as seen by one of the sources of its table. */
typedef struct arrival {
    uint32_t source; /* or SOURCE_NONE: only time passes */
    uint32_t row_end;
    uint32_t op;
    bool is_joined; /* with the next one */
    leat_time clock_us;
} arrival;

struct leat_case_feed {
    leat_arena arena;
    const leat_case *one;
    LEAT_VEC(feed_source) sources;
    LEAT_VEC(arrival) arrivals;
    leat_time start_us; /* processing time before the first arrival */
    leat_time clock_us; /* at the last one */
    bool is_ending;
    bool is_stale; /* whoever polls now is given nothing */
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
static int32_t cell_column(const feed_source *source, const leat_case_row *row, uint32_t i)
{
    if (row->names != NULL)
        return leat_schema_find(source->schema, row->names[i]);
    if (source->of->column_count > 0)
        return i < source->of->column_count
                   ? leat_schema_find(source->schema, source->of->columns[i].name)
                   : LEAT_SCHEMA_NOT_FOUND;
    return i < source->schema->field_count ? (int32_t)i : LEAT_SCHEMA_NOT_FOUND;
}

static leat_code row_values(leat_case_feed *feed,
                            const feed_source *source,
                            const leat_case_row *row,
                            leat_value **out,
                            leat_error *err)
{
    const leat_schema *schema = source->schema;
    leat_value *values = LEAT_ARENA_ARRAY(&feed->arena, leat_value, schema->field_count);
    for (uint32_t c = 0; c < schema->field_count; c++)
        values[c] = (leat_value){.type = schema->fields[c].type, .is_null = true};
    for (uint32_t i = 0; i < row->count; i++) {
        int32_t column = cell_column(source, row, i);
        if (column < 0 && row->names != NULL)
            return leat_fail(err, LEAT_INVALID, "table %.*s has no column `%.*s`",
                             LEAT_FMT(source->of->name), LEAT_FMT(row->names[i]));
        if (column < 0)
            return leat_fail(err, LEAT_INVALID, "table %.*s has fewer columns than the row",
                             LEAT_FMT(source->of->name));
        LEAT_TRY(cell_value(feed, &schema->fields[column], &row->cells[i], &values[column], err));
    }
    *out = values;
    return LEAT_OK;
}

static void add_row(feed_source *source, leat_change change, leat_value *values)
{
    leat_vec_push(&source->rows, (feed_row){change, values});
}

/* ------------------------------------------------------------------ operations as changes */

static void key_of(const feed_source *source, const leat_value *values, leat_buf *out)
{
    for (uint32_t i = 0; i < source->of->key_count; i++) {
        int32_t column = leat_schema_find(source->schema, source->of->keys[i]);
        if (column < 0)
            continue;
        leat_buf text = {0};
        leat_buf_add_u8(out, values[column].is_null);
        leat_value_print(&values[column], &text);
        leat_buf_add_bytes(out, leat_buf_bytes(&text));
        leat_buf_fini(&text);
    }
}

static void replace(feed_source *source, leat_text_map_entry *alive, leat_value *values)
{
    if (alive->value != NULL)
        add_row(source, LEAT_CHANGE_UPDATE_BEFORE, alive->value);
    add_row(source, alive->value != NULL ? LEAT_CHANGE_UPDATE_AFTER : LEAT_CHANGE_INSERT, values);
    alive->value = values;
}

/* A table with a primary key: what the operation changes depends on what is there. In one that does
 * not change the key promises nothing (NOT ENFORCED): an insert is one more row. */
static void keyed_op(feed_source *source, leat_case_op_kind kind, leat_value *values)
{
    leat_buf key = {0};
    key_of(source, values, &key);
    leat_text_map_entry *alive = leat_text_map_add(&source->by_key, leat_buf_bytes(&key), NULL);
    leat_buf_fini(&key);
    if (kind == LEAT_CASE_INSERT && !source->takes_changes)
        alive->value = NULL;
    switch (kind) {
    case LEAT_CASE_INSERT:
    case LEAT_CASE_UPSERT:
        replace(source, alive, values);
        return;
    case LEAT_CASE_DELETE:
    case LEAT_CASE_BEFORE:
    case LEAT_CASE_TOMBSTONE:
        if (alive->value != NULL)
            add_row(source, LEAT_CHANGE_DELETE, alive->value);
        alive->value = NULL;
        return;
    }
}

static void stream_op(feed_source *source, leat_case_op_kind kind, leat_value *values)
{
    switch (kind) {
    case LEAT_CASE_INSERT:
    case LEAT_CASE_UPSERT:
        add_row(source, LEAT_CHANGE_INSERT, values);
        return;
    case LEAT_CASE_DELETE:
    case LEAT_CASE_BEFORE:
        add_row(source, LEAT_CHANGE_DELETE, values);
        return;
    case LEAT_CASE_TOMBSTONE:
        return;
    }
}

static leat_code
take_op(feed_source *source, leat_case_op_kind kind, const leat_case_row *row, leat_error *err)
{
    leat_value *values = NULL;
    LEAT_TRY(row_values(source->feed, source, row, &values, err));
    size_t first = source->rows.count;
    if (source->of->key_count > 0)
        keyed_op(source, kind, values);
    else
        stream_op(source, kind, values);
    for (size_t i = first; i < source->rows.count; i++)
        if (!source->takes_changes && source->rows.items[i].change != LEAT_CHANGE_INSERT)
            return leat_fail(err, LEAT_INVALID, "source `%.*s` only takes new rows",
                             LEAT_FMT(source->of->name));
    return LEAT_OK;
}

static leat_code clock_read(leat_bytes text, leat_time *out_us, leat_error *err)
{
    if (leat_timestamp_parse(text, out_us) == LEAT_OK)
        return LEAT_OK;
    return leat_fail(err, LEAT_INVALID, "`%.*s` is no time", LEAT_FMT(text));
}

static void add_arrival(leat_case_feed *feed, uint32_t source, uint32_t op)
{
    uint32_t row_end = source == SOURCE_NONE ? 0 : (uint32_t)feed->sources.items[source].rows.count;
    leat_vec_push(&feed->arrivals, (arrival){source, row_end, op, true, feed->clock_us});
}

/* What arrives at every source of the table; all of them take it together. */
static leat_code take_arrival(
    leat_case_feed *feed, const leat_case_op *op, uint32_t number, bool is_joined, leat_error *err)
{
    size_t first = feed->arrivals.count;
    if (op->at.size > 0)
        LEAT_TRY(clock_read(op->at, &feed->clock_us, err));
    else if (first == 0 || !feed->arrivals.items[first - 1].is_joined)
        feed->clock_us += CLOCK_STEP_US;
    for (uint32_t i = 0; i < feed->sources.count; i++) {
        if (feed->sources.items[i].table != op->table)
            continue;
        LEAT_TRY(take_op(&feed->sources.items[i], op->kind, &op->row, err));
        add_arrival(feed, i, number);
    }
    if (feed->arrivals.count == first)
        add_arrival(feed, SOURCE_NONE, number);
    feed->arrivals.items[feed->arrivals.count - 1].is_joined = is_joined;
    return LEAT_OK;
}

static leat_code take_ops(leat_case_feed *feed, leat_error *err)
{
    const leat_case *one = feed->one;
    for (uint32_t i = 0; i < one->op_count; i++) {
        const leat_case_op *op = &one->ops[i];
        bool is_joined = i + 1 < one->op_count && op->batch != 0 && op[1].batch == op->batch;
        if (take_arrival(feed, op, i + 1, is_joined, err) != LEAT_OK)
            return leat_error_add(err, "operation %u", i + 1);
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

static bool has_event_time(const leat_case_feed *feed)
{
    LEAT_VEC_EACH (source, &feed->sources)
        if (source->schema->event_time >= 0)
            return true;
    return false;
}

/* Every row is an insert and an arrival of its own. The tables take turns, row by row: they are
 * about as far in time as each other, as inputs are that are read at once. Where no row may be
 * late, all arrive together: the watermark stands behind a batch. */
static leat_code take_rows(leat_case_feed *feed, leat_error *err)
{
    const leat_case *one = feed->one;
    uint32_t number = 0;
    bool has_more = true;
    bool is_joined = one->keeps_late && one->restore_after_op == 0 && has_event_time(feed);
    for (uint32_t i = 0; has_more; i++) {
        has_more = false;
        for (uint32_t table = 0; table < one->table_count; table++) {
            const leat_case_rows *rows = &one->tables[table].rows;
            if (i >= rows->count || has_ops(one, table))
                continue;
            has_more = true;
            leat_case_op op = {.table = table, .kind = LEAT_CASE_INSERT, .row = rows->items[i]};
            if (take_arrival(feed, &op, ++number, is_joined, err) != LEAT_OK)
                return leat_error_add(err, "row %u", i + 1);
        }
    }
    if (feed->arrivals.count > 0)
        feed->arrivals.items[feed->arrivals.count - 1].is_joined = false;
    return LEAT_OK;
}

/* ------------------------------------------------------------------ life */

static leat_code find_sources(leat_case_feed *feed, const leat_logical_plan *plan, leat_error *err)
{
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const leat_logical_node *node = &plan->nodes[i];
        if (node->kind != LEAT_LOGICAL_SOURCE)
            continue;
        int64_t at = leat_case_table_find(feed->one, node->name);
        if (at < 0 && leat_bytes_equal(node->connector, LEAT_BYTES("sequence")))
            continue; /* it runs as it is: rows that stand in the SQL are one */
        if (at < 0)
            return leat_fail(err, LEAT_INVALID, "no rows are given for source `%.*s`",
                             LEAT_FMT(node->name));
        feed_source *source = leat_vec_add(&feed->sources);
        source->feed = feed;
        source->node = i;
        source->table = (uint32_t)at;
        source->of = &feed->one->tables[at];
        source->schema = node->outputs[0].schema;
        source->takes_changes = node->outputs[0].is_updating;
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
    leat_code code =
        clock_read(one->clock.size > 0 ? one->clock : CLOCK_START, &feed->start_us, err);
    feed->clock_us = feed->start_us;
    if (code == LEAT_OK)
        code = find_sources(feed, plan, err);
    if (code == LEAT_OK)
        code = take_rows(feed, err);
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
    LEAT_VEC_EACH (source, &feed->sources) {
        leat_vec_fini(&source->rows);
        leat_text_map_fini(&source->by_key);
    }
    leat_vec_fini(&feed->sources);
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

leat_time leat_case_feed_clock_us(const leat_case_feed *feed, uint32_t at)
{
    return at == UINT32_MAX ? feed->start_us : feed->arrivals.items[at].clock_us;
}

bool leat_case_feed_release(leat_case_feed *feed, uint32_t at)
{
    const arrival *one = &feed->arrivals.items[at];
    if (one->source == SOURCE_NONE)
        return one->is_joined;
    feed_source *source = &feed->sources.items[one->source];
    source->released = LEAT_MAX(source->released, one->row_end);
    return one->is_joined;
}

void leat_case_feed_end(leat_case_feed *feed)
{
    feed->is_ending = true;
}

void leat_case_feed_suspend(leat_case_feed *feed)
{
    feed->is_ending = false;
    LEAT_VEC_EACH (source, &feed->sources) {
        source->released = 0;
        source->is_open = false;
    }
}

uint32_t leat_case_feed_resume(leat_case_feed *feed)
{
    LEAT_VEC_EACH (source, &feed->sources) {
        if (!source->is_open) /* its end was part of the epoch: nobody reads it any more */
            source->given = (uint32_t)source->rows.count;
        source->released = source->given;
    }
    for (uint32_t at = 0; at < feed->arrivals.count; at++) {
        const arrival *one = &feed->arrivals.items[at];
        if (one->source != SOURCE_NONE && one->row_end > feed->sources.items[one->source].given)
            return at;
    }
    return (uint32_t)feed->arrivals.count;
}

void leat_case_feed_set_stale(leat_case_feed *feed, bool is_stale)
{
    feed->is_stale = is_stale;
}

bool leat_case_feed_is_given(const leat_case_feed *feed)
{
    LEAT_VEC_EACH (source, &feed->sources)
        if (source->given < source->released)
            return false;
    return true;
}

/* ------------------------------------------------------------------ connector */

struct leat_source_reader {
    feed_source *source;
    const leat_connector_config *config;
    uint32_t row;
};

/* The plan never leaves this process, so an option can hold what it names. */
void leat_case_feed_connect(leat_case_feed *feed,
                            uint32_t node,
                            leat_logical_node *source,
                            leat_arena *arena)
{
    LEAT_VEC_EACH (one, &feed->sources) {
        if (one->node != node)
            continue;
        source->connector = LEAT_BYTES("case");
        source->option_count = 1;
        source->options = LEAT_ARENA_NEW(arena, leat_option);
        source->options[0].name = LEAT_BYTES("feed");
        source->options[0].value = leat_bytes_of(one, sizeof *one);
    }
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
    reader->source = (feed_source *)(uintptr_t)config->options[0].value.data;
    reader->row = (uint32_t)row;
    if (!reader->source->feed->is_stale) {
        reader->source->given = reader->row;
        reader->source->is_open = true;
    }
    *out_reader = reader;
    return LEAT_OK;
}

static leat_code source_poll(leat_source_reader *reader,
                             const leat_poll *poll,
                             leat_builder *builder,
                             leat_error *err)
{
    (void)err;
    feed_source *source = reader->source;
    if (source->feed->is_stale)
        return LEAT_AGAIN;
    leat_source_omit_unwanted(reader->config, builder);
    const bool *wanted = reader->config->wanted;
    uint32_t end = LEAT_MIN(source->released, reader->row + poll->max_rows);
    if (end < source->released && source->rows.items[end - 1].change == LEAT_CHANGE_UPDATE_BEFORE)
        end--; /* A2 */
    for (; reader->row < end; reader->row++) {
        const feed_row *row = &source->rows.items[reader->row];
        for (uint32_t c = 0; c < source->schema->field_count; c++)
            if (wanted == NULL || wanted[c])
                leat_builder_set_value(builder, c, &row->values[c]);
        if (row->change != LEAT_CHANGE_INSERT)
            leat_builder_set_change(builder, row->change);
        leat_builder_commit(builder, 1);
    }
    source->given = reader->row;
    if (source->feed->is_ending && reader->row == source->rows.count)
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
