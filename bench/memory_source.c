/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/memory_source.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/limits.h"
#include "worker/connectors/base/option.h"

enum { COLUMNS_MAX = 16, CHANNEL_BYTES = 12 };

/* A column as the builder wants it: 8 or 16 bytes a value. */
typedef struct memory_column {
    const char *name;
    size_t size;
    const void *values; /* NULL: this table has no such column */
} memory_column;

typedef struct memory_table {
    const char *name;
    uint64_t row_count;
    uint32_t poll_rows;
    memory_column columns[COLUMNS_MAX];
    uint32_t column_count;
} memory_table;

struct leat_source_reader {
    const leat_connector_config *config;
    const memory_table *table;
    memory_column columns[COLUMNS_MAX]; /* per field of the schema */
    uint64_t next;
};

static memory_table tables[3];
static void *made[2 * COLUMNS_MAX];
static uint32_t made_count;

static void *keep(void *values)
{
    made[made_count++] = values;
    return values;
}

static const void *microseconds(const uint64_t *times, uint64_t count)
{
    int64_t *out = keep(leat_alloc_huge(count * sizeof *out));
    for (uint64_t i = 0; i < count; i++)
        out[i] = (int64_t)times[i] * 1000;
    return out;
}

static const void *widened(const uint8_t *values, uint64_t count)
{
    int64_t *out = keep(leat_alloc_huge(count * sizeof *out));
    for (uint64_t i = 0; i < count; i++)
        out[i] = values[i];
    return out;
}

static const void *states_of(const uint8_t *states, uint64_t count)
{
    static const char *const names[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
    leat_view *out = keep(leat_alloc_huge(count * sizeof *out));
    for (uint64_t i = 0; i < count; i++)
        out[i] = leat_view_of(names[states[i]], 2);
    return out;
}

static const void *channels_of(const uint16_t *channels, uint64_t count)
{
    leat_view *names = leat_alloc_zero(BENCH_CHANNELS, sizeof *names);
    for (uint32_t i = 0; i < BENCH_CHANNELS; i++) {
        char name[CHANNEL_BYTES + 1];
        int size = snprintf(name, sizeof name, "channel%u", i);
        names[i] = leat_view_of(name, (uint32_t)size);
    }
    leat_view *out = keep(leat_alloc_huge(count * sizeof *out));
    for (uint64_t i = 0; i < count; i++)
        out[i] = names[channels[i]];
    leat_free(names);
    return out;
}

void bench_memory_set(const bench_columns *c)
{
    tables[0] = (memory_table){"bid",
                               c->bid_count,
                               LEAT_BATCH_ROWS_MAX,
                               {{"auction", 8, c->bid_auction},
                                {"bidder", 8, c->bid_bidder},
                                {"price", 8, c->bid_price},
                                {"dateTime", 8, microseconds(c->bid_time, c->bid_count)},
                                {"channel", 16, channels_of(c->bid_channel, c->bid_count)}},
                               5};
    tables[1] = (memory_table){"auction",
                               c->auction_count,
                               LEAT_BATCH_ROWS_MAX * 3 / 46,
                               {{"id", 8, c->auction_id},
                                {"seller", 8, c->auction_seller},
                                {"dateTime", 8, microseconds(c->auction_time, c->auction_count)},
                                {"expires", 8, microseconds(c->auction_expires, c->auction_count)},
                                {"category", 8, widened(c->auction_category, c->auction_count)}},
                               5};
    tables[2] = (memory_table){"person",
                               c->person_count,
                               LEAT_BATCH_ROWS_MAX / 46,
                               {{"id", 8, c->person_id},
                                {"dateTime", 8, microseconds(c->person_time, c->person_count)},
                                {"state", 16, states_of(c->person_state, c->person_count)}},
                               3};
}

void bench_memory_fini(void)
{
    while (made_count > 0)
        leat_free(made[--made_count]);
}

static void source_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    (void)config;
    (void)diagnostics;
}

static leat_code source_splits(const leat_connector_config *config, leat_buf *out, leat_error *err)
{
    (void)config;
    (void)err;
    leat_buf_add(out, "all", sizeof "all");
    return LEAT_OK;
}

static bool is_column(const leat_field *field, const memory_column *column)
{
    return leat_bytes_equal(field->name, leat_bytes_text(column->name));
}

static leat_code source_open_split(const leat_connector_config *config,
                                   leat_bytes split,
                                   leat_bytes position,
                                   leat_source_reader **out_reader,
                                   leat_error *err)
{
    static const char *const names[] = {"bid", "auction", "person"};
    (void)split;
    (void)position;
    (void)err;
    leat_source_reader *reader = LEAT_NEW(leat_source_reader);
    LEAT_ASSERT(config->schema->field_count <= COLUMNS_MAX);
    reader->config = config;
    reader->table = &tables[leat_option_choice(config, "table", names, LEAT_COUNT_OF(names), NULL)];
    for (uint32_t c = 0; c < config->schema->field_count; c++)
        for (uint32_t i = 0; i < reader->table->column_count; i++)
            if (is_column(&config->schema->fields[c], &reader->table->columns[i]))
                reader->columns[c] = reader->table->columns[i];
    *out_reader = reader;
    return LEAT_OK;
}

static bool is_made(const leat_source_reader *reader, uint32_t c)
{
    const bool *wanted = reader->config->wanted;
    return reader->columns[c].values != NULL && (wanted == NULL || wanted[c]);
}

static leat_code source_poll(leat_source_reader *reader,
                             const leat_poll *poll,
                             leat_builder *builder,
                             leat_error *err)
{
    (void)err;
    const leat_connector_config *config = reader->config;
    uint64_t left = reader->table->row_count - reader->next;
    if (left == 0)
        return LEAT_END;
    uint64_t room = LEAT_MIN(poll->max_rows, leat_builder_room(builder));
    room = LEAT_MIN(room, (uint64_t)reader->table->poll_rows);
    uint32_t count = (uint32_t)LEAT_MIN(left, room);
    uint32_t base = leat_builder_count(builder);
    uint32_t field_count = config->schema->field_count;
    for (uint32_t c = 0; c < field_count && base == 0; c++)
        if (!is_made(reader, c))
            leat_builder_omit(builder, c);
    for (uint32_t c = 0; c < field_count; c++) {
        const memory_column *column = &reader->columns[c];
        if (is_made(reader, c))
            memcpy((char *)leat_builder_values(builder, c) + base * column->size,
                   (const char *)column->values + reader->next * column->size,
                   count * column->size);
    }
    leat_builder_commit(builder, count);
    reader->next += count;
    return LEAT_OK;
}

static void source_position(const leat_source_reader *reader, leat_buf *out)
{
    leat_buf_print(out, "%llu", (unsigned long long)reader->next);
}

static void source_close(leat_source_reader **reader_at)
{
    leat_free(LEAT_TAKE(*reader_at));
}

const leat_source_class bench_memory_source = {.name = "nexmark",
                                               .check = source_check,
                                               .splits = source_splits,
                                               .open_split = source_open_split,
                                               .poll = source_poll,
                                               .position = source_position,
                                               .close = source_close};
