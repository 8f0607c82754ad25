/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows are made column by column in chunks whose event numbers and texts stay in the first cache.
 * The table `all` runs the same kernels over the events of each kind and spreads the results.
 */
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/limits.h"
#include "common/columns/time_text.h"
#include "worker/connectors/base/option.h"
#include "worker/connectors/base/stride.h"
#include "worker/connectors/nexmark/model.h"
#include "worker/connectors/nexmark/nexmark.h"

enum {
    CHUNK_ROWS = 128, /* the longest texts of a chunk fit one block of the heap */
    EVENTS_MAX_EXPONENT = 40,
    SPLITS_MAX = 1024,
    RATIO_MAX = 1000,
    NAME_MAX = 32,
};

typedef enum nexmark_kind { PERSON, AUCTION, BID, KINDS, ANY = KINDS } nexmark_kind;

/* Tables in the order of the option's choices; `bid` first, the default. */
static const char *const table_names[] = {"bid", "auction", "person", "all"};
static const nexmark_kind table_kinds[] = {BID, AUCTION, PERSON, ANY};

/* One field of a table, as the columns see it. */
typedef struct table_field {
    char name[NAME_MAX];
    const nexmark_field *field;
    nexmark_kind kind; /* of the events that have it */
} table_field;

typedef struct nexmark_table {
    uint32_t count;
    table_field fields[LEAT_FIELDS_MAX];
} nexmark_table;

struct leat_source_reader {
    const leat_connector_config *config;
    nexmark_kind kind; /* ANY: the table `all` */
    bool makes_all;    /* columns that nobody reads, too */
    leat_stride stride;
    table_field *columns; /* per column of the schema */
    nexmark_model model;
};

static nexmark_kind kind_of(uint64_t event)
{
    uint64_t offset = event % NEXMARK_PERIOD;
    return offset < NEXMARK_PERSONS                      ? PERSON
           : offset < NEXMARK_PERSONS + NEXMARK_AUCTIONS ? AUCTION
                                                         : BID;
}

static void
event_types(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    (void)model;
    for (uint32_t i = 0; i < count; i++)
        out[i] = kind_of(events[i]);
}

static const nexmark_field shared_fields[] = {
    {{"event_type", LEAT_TYPE_BIGINT}, event_types, NULL, false},
    {{"dateTime", LEAT_TYPE_TIMESTAMP}, leat_nexmark_times, NULL, false},
};

static void
table_add(nexmark_table *table, nexmark_kind kind, const char *prefix, nexmark_fields fields)
{
    for (uint32_t i = 0; i < fields.count; i++) {
        LEAT_ASSERT(table->count < LEAT_FIELDS_MAX);
        table_field *to = &table->fields[table->count++];
        *to = (table_field){.field = &fields.fields[i], .kind = kind};
        snprintf(to->name, sizeof to->name, "%s%s", prefix, fields.fields[i].field.name);
    }
}

static void table_init(nexmark_table *table, nexmark_kind kind)
{
    *table = (nexmark_table){0};
    bool is_all = kind == ANY;
    if (is_all)
        table_add(table, ANY, "", (nexmark_fields){shared_fields, LEAT_COUNT_OF(shared_fields)});
    if (is_all || kind == PERSON)
        table_add(table, PERSON, is_all ? "person_" : "", leat_nexmark_person_fields());
    if (is_all || kind == AUCTION)
        table_add(table, AUCTION, is_all ? "auction_" : "", leat_nexmark_auction_fields());
    if (is_all || kind == BID)
        table_add(table, BID, is_all ? "bid_" : "", leat_nexmark_bid_fields());
}

/* The table's fields as leat_fields_check wants them; names point into the table. */
static void table_source_fields(const nexmark_table *table, leat_source_field *out_fields)
{
    for (uint32_t i = 0; i < table->count; i++)
        out_fields[i] =
            (leat_source_field){table->fields[i].name, table->fields[i].field->field.type};
}

/* Rows of a kind among the first `events` events. */
static uint64_t rows_of(nexmark_kind kind, uint64_t events)
{
    static const uint64_t firsts[KINDS] = {0, NEXMARK_PERSONS, NEXMARK_PERSONS + NEXMARK_AUCTIONS};
    static const uint64_t sizes[KINDS] = {NEXMARK_PERSONS, NEXMARK_AUCTIONS, NEXMARK_BIDS};
    if (kind == ANY || events == UINT64_MAX)
        return events;
    uint64_t rest = events % NEXMARK_PERIOD;
    uint64_t of_rest = rest > firsts[kind] ? LEAT_MIN(rest - firsts[kind], sizes[kind]) : 0;
    return events / NEXMARK_PERIOD * sizes[kind] + of_rest;
}

/* Row numbers of the table become event numbers, in place. */
static void rows_to_events(nexmark_kind kind, uint64_t *numbers, uint32_t count)
{
    switch (kind) {
    case PERSON:
        for (uint32_t i = 0; i < count; i++)
            numbers[i] *= NEXMARK_PERIOD;
        return;
    case AUCTION:
        for (uint32_t i = 0; i < count; i++)
            numbers[i] = numbers[i] / NEXMARK_AUCTIONS * NEXMARK_PERIOD + NEXMARK_PERSONS +
                         numbers[i] % NEXMARK_AUCTIONS;
        return;
    case BID:
        for (uint32_t i = 0; i < count; i++)
            numbers[i] = numbers[i] / NEXMARK_BIDS * NEXMARK_PERIOD + NEXMARK_PERSONS +
                         NEXMARK_AUCTIONS + numbers[i] % NEXMARK_BIDS;
        return;
    case ANY:
        return;
    }
    LEAT_UNREACHABLE();
}

static uint32_t ratio_read(const leat_connector_config *config,
                           const char *name,
                           int64_t fallback,
                           leat_diagnostics *diagnostics)
{
    return (uint32_t)leat_option_integer(config, name, (leat_option_range){fallback, 1, RATIO_MAX},
                                         diagnostics);
}

/* Everything but the tables that follow from the seed. */
static void options_read(const leat_connector_config *config,
                         nexmark_model *model,
                         uint64_t *out_events,
                         leat_diagnostics *diagnostics)
{
    const int64_t events_max = INT64_C(1) << EVENTS_MAX_EXPONENT;
    const leat_time start = leat_date_days((leat_date){2015, 7, 15}) * LEAT_DAY_US;
    model->seed = (uint64_t)leat_option_integer(config, "seed",
                                                (leat_option_range){1, 0, INT64_MAX}, diagnostics);
    model->event_rate = (uint64_t)leat_option_integer(
        config, "event_rate", (leat_option_range){10000, 1, LEAT_SECOND_US * 1000}, diagnostics);
    model->start = leat_option_timestamp(config, "start", start, diagnostics);
    model->hot_auction_ratio = ratio_read(config, "hot_auction_ratio", 2, diagnostics);
    model->hot_seller_ratio = ratio_read(config, "hot_seller_ratio", 4, diagnostics);
    model->hot_bidder_ratio = ratio_read(config, "hot_bidder_ratio", 4, diagnostics);
    *out_events = (uint64_t)leat_option_integer(
        config, "events", (leat_option_range){-1, 0, events_max}, diagnostics);
}

static nexmark_kind table_read(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    return table_kinds[leat_option_choice(config, "table", table_names, LEAT_COUNT_OF(table_names),
                                          diagnostics)];
}

static uint32_t splits_read(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    int64_t fallback = LEAT_MAX(config->parallelism, 1U);
    return (uint32_t)leat_option_integer(config, "splits",
                                         (leat_option_range){fallback, 1, SPLITS_MAX}, diagnostics);
}

/* For measuring: what a stream costs that carries every field whether it is read or not. */
static bool makes_all_read(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    return leat_option_bool(config, "all_fields", false, diagnostics);
}

static void source_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    static const char *const names[] = {"table",
                                        "events",
                                        "event_rate",
                                        "start",
                                        "seed",
                                        "splits",
                                        "hot_auction_ratio",
                                        "hot_seller_ratio",
                                        "hot_bidder_ratio",
                                        "all_fields"};
    leat_options_check(config, names, LEAT_COUNT_OF(names), diagnostics);
    nexmark_model *model = LEAT_NEW(nexmark_model);
    uint64_t events;
    options_read(config, model, &events, diagnostics);
    leat_free(model);
    splits_read(config, diagnostics);
    makes_all_read(config, diagnostics);

    nexmark_table table;
    leat_source_field fields[LEAT_FIELDS_MAX];
    table_init(&table, table_read(config, diagnostics));
    table_source_fields(&table, fields);
    leat_fields_check(config, fields, table.count, diagnostics);
}

static leat_code source_splits(const leat_connector_config *config, leat_buf *out, leat_error *err)
{
    (void)err;
    leat_stride_splits(splits_read(config, NULL), out);
    return LEAT_OK;
}

static void source_close(leat_source_reader **reader_slot)
{
    leat_source_reader *reader = LEAT_TAKE(*reader_slot);
    if (reader == NULL)
        return;
    leat_nexmark_model_fini(&reader->model);
    leat_free(reader->columns);
    leat_free(reader);
}

static void columns_init(leat_source_reader *reader)
{
    const leat_schema *schema = reader->config->schema;
    nexmark_table table;
    leat_source_field fields[LEAT_FIELDS_MAX];
    table_init(&table, reader->kind);
    table_source_fields(&table, fields);
    reader->columns = leat_alloc_zero(schema->field_count, sizeof *reader->columns);
    for (uint32_t c = 0; c < schema->field_count; c++) {
        int32_t found = leat_fields_find(fields, table.count, schema->fields[c].name);
        LEAT_ASSERT(found >= 0); /* checked */
        reader->columns[c] = table.fields[found];
    }
}

static bool is_made(const leat_source_reader *reader, uint32_t column)
{
    const bool *wanted = reader->config->wanted;
    return reader->makes_all || wanted == NULL || wanted[column];
}

static bool reads_channels(const leat_source_reader *reader)
{
    for (uint32_t c = 0; c < reader->config->schema->field_count; c++) {
        if (is_made(reader, c) && reader->columns[c].field->reads_channels)
            return true;
    }
    return false;
}

static leat_code source_open_split(const leat_connector_config *config,
                                   leat_bytes split,
                                   leat_bytes position,
                                   leat_source_reader **out_reader,
                                   leat_error *err)
{
    leat_source_reader *reader = LEAT_NEW(leat_source_reader);
    uint64_t events = 0;
    reader->config = config;
    reader->kind = table_read(config, NULL);
    reader->makes_all = makes_all_read(config, NULL);
    options_read(config, &reader->model, &events, NULL);
    leat_code code =
        leat_stride_open(split, position, rows_of(reader->kind, events), &reader->stride, err);
    if (code != LEAT_OK) {
        source_close(&reader);
        return code;
    }
    columns_init(reader);
    leat_nexmark_model_init(&reader->model, reads_channels(reader));
    *out_reader = reader;
    return LEAT_OK;
}

/* A column that only events of one kind have: made for these, NULL for the others. */
static void column_spread(leat_source_reader *reader,
                          uint32_t column,
                          const uint64_t *events,
                          uint32_t count,
                          leat_builder *builder)
{
    const table_field *source = &reader->columns[column];
    uint32_t base = leat_builder_count(builder);
    void *values = leat_builder_values(builder, column);
    uint64_t *validity = leat_builder_validity(builder, column);
    uint64_t chosen[CHUNK_ROWS];
    uint32_t rows[CHUNK_ROWS];
    uint32_t chosen_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_chosen = kind_of(events[i]) == source->kind;
        leat_bit_set(validity, base + i, is_chosen);
        chosen[chosen_count] = events[i];
        rows[chosen_count] = base + i;
        chosen_count += is_chosen;
    }
    if (source->field->integers != NULL) {
        int64_t made[CHUNK_ROWS];
        int64_t *out = values;
        memset(out + base, 0, count * sizeof *out);
        source->field->integers(&reader->model, chosen, chosen_count, made);
        for (uint32_t i = 0; i < chosen_count; i++)
            out[rows[i]] = made[i];
    } else {
        leat_view made[CHUNK_ROWS];
        leat_view *out = values;
        memset(out + base, 0, count * sizeof *out);
        source->field->texts(&reader->model, chosen, chosen_count, builder, made);
        for (uint32_t i = 0; i < chosen_count; i++)
            out[rows[i]] = made[i];
    }
}

static void column_fill(leat_source_reader *reader,
                        uint32_t column,
                        const uint64_t *events,
                        uint32_t count,
                        leat_builder *builder)
{
    const table_field *source = &reader->columns[column];
    if (source->kind != reader->kind) {
        column_spread(reader, column, events, count, builder);
        return;
    }
    uint32_t base = leat_builder_count(builder);
    void *values = leat_builder_values(builder, column);
    if (source->field->integers != NULL)
        source->field->integers(&reader->model, events, count, (int64_t *)values + base);
    else
        source->field->texts(&reader->model, events, count, builder, (leat_view *)values + base);
}

static void chunk_fill(void *self, uint64_t *events, uint32_t count, leat_builder *builder)
{
    leat_source_reader *reader = self;
    rows_to_events(reader->kind, events, count);
    for (uint32_t c = 0; c < reader->config->schema->field_count; c++) {
        if (is_made(reader, c))
            column_fill(reader, c, events, count, builder);
    }
}

static leat_code source_poll(leat_source_reader *reader,
                             const leat_poll *poll,
                             leat_builder *builder,
                             leat_error *err)
{
    (void)err;
    if (!reader->makes_all)
        leat_source_omit_unwanted(reader->config, builder);
    return leat_stride_poll(&reader->stride, CHUNK_ROWS, poll, builder, chunk_fill, reader);
}

static void source_position(const leat_source_reader *reader, leat_buf *out)
{
    leat_stride_position(&reader->stride, out);
}

const leat_source_class leat_nexmark_source = {.name = "nexmark",
                                               .check = source_check,
                                               .splits = source_splits,
                                               .open_split = source_open_split,
                                               .poll = source_poll,
                                               .position = source_position,
                                               .close = source_close};
