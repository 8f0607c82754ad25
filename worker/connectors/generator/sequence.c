/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/generator/sequence.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/limits.h"
#include "common/base/prng.h"
#include "common/columns/time_text.h"
#include "worker/connectors/base/fields.h"
#include "worker/connectors/base/option.h"
#include "worker/connectors/base/stride.h"

enum {
    VALUES = 1000,
    DRAWS_PER_ROW = 4,
    ROWS_MAX_EXPONENT = 40, /* times stay far inside 64 bits */
    SPLITS_MAX = 1024,
};

typedef enum sequence_field { SEQ, KEY, VALUE, TS } sequence_field;
typedef enum sequence_draw { DRAW_KEY, DRAW_VALUE, DRAW_DISORDER } sequence_draw;

static const leat_source_field fields[] = {
    [SEQ] = {"seq", LEAT_TYPE_BIGINT},
    [KEY] = {"key", LEAT_TYPE_BIGINT},
    [VALUE] = {"value", LEAT_TYPE_BIGINT},
    [TS] = {"ts", LEAT_TYPE_TIMESTAMP},
};

struct leat_source_reader {
    const leat_connector_config *config;
    leat_sequence sequence;
    leat_stride stride;
};

/* Draw number DRAWS_PER_ROW * n + draw of the seed's stream. */
static uint64_t
draw_below(const leat_sequence *sequence, uint64_t n, sequence_draw draw, uint64_t bound)
{
    uint64_t number = n * DRAWS_PER_ROW + draw;
    leat_prng prng = {sequence->seed + number * UINT64_C(0x9E3779B97F4A7C15)};
    return leat_prng_below(&prng, bound);
}

int64_t leat_sequence_key(const leat_sequence *sequence, uint64_t n)
{
    return (int64_t)draw_below(sequence, n, DRAW_KEY, sequence->keys);
}

int64_t leat_sequence_value(const leat_sequence *sequence, uint64_t n)
{
    return (int64_t)draw_below(sequence, n, DRAW_VALUE, VALUES);
}

leat_time leat_sequence_ts(const leat_sequence *sequence, uint64_t n)
{
    uint64_t rate = sequence->event_rate;
    uint64_t second = (uint64_t)LEAT_SECOND_US;
    uint64_t passed = n / rate * second + n % rate * second / rate;
    uint64_t back = sequence->disorder_us == 0
                        ? 0
                        : draw_below(sequence, n, DRAW_DISORDER, sequence->disorder_us + 1);
    return sequence->start + (leat_time)(passed - back);
}

static leat_sequence
options_read(const leat_connector_config *config, uint64_t *out_rows, leat_diagnostics *diagnostics)
{
    const int64_t rows_max = INT64_C(1) << ROWS_MAX_EXPONENT;
    const leat_time start = leat_date_days((leat_date){2024, 1, 1}) * LEAT_DAY_US;
    leat_sequence sequence = {
        .keys = (uint64_t)leat_option_integer(config, "keys", (leat_option_range){100, 1, rows_max},
                                              diagnostics),
        .seed = (uint64_t)leat_option_integer(config, "seed", (leat_option_range){1, 0, INT64_MAX},
                                              diagnostics),
        .event_rate = (uint64_t)leat_option_integer(
            config, "event_rate", (leat_option_range){1000, 1, LEAT_SECOND_US * 1000}, diagnostics),
        .start = leat_option_timestamp(config, "start", start, diagnostics),
        .disorder_us = 1000 * (uint64_t)leat_option_integer(
                                  config, "disorder_ms",
                                  (leat_option_range){0, 0, LEAT_DAY_US / 1000}, diagnostics),
    };
    *out_rows = (uint64_t)leat_option_integer(config, "rows", (leat_option_range){-1, 0, rows_max},
                                              diagnostics);
    return sequence;
}

static uint32_t splits_read(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    int64_t fallback = LEAT_MAX(config->parallelism, 1U);
    return (uint32_t)leat_option_integer(config, "splits",
                                         (leat_option_range){fallback, 1, SPLITS_MAX}, diagnostics);
}

static void source_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    static const char *const names[] = {"rows",  "keys",        "seed",  "event_rate",
                                        "start", "disorder_ms", "splits"};
    uint64_t rows;
    leat_options_check(config, names, LEAT_COUNT_OF(names), diagnostics);
    options_read(config, &rows, diagnostics);
    splits_read(config, diagnostics);
    leat_fields_check(config, fields, LEAT_COUNT_OF(fields), diagnostics);
}

static leat_code source_splits(const leat_connector_config *config, leat_buf *out, leat_error *err)
{
    (void)err;
    leat_stride_splits(splits_read(config, NULL), out);
    return LEAT_OK;
}

static leat_code source_open_split(const leat_connector_config *config,
                                   leat_bytes split,
                                   leat_bytes position,
                                   leat_source_reader **out_reader,
                                   leat_error *err)
{
    uint64_t rows = 0;
    leat_source_reader reader = {.config = config, .sequence = options_read(config, &rows, NULL)};
    LEAT_TRY(leat_stride_open(split, position, rows, &reader.stride, err));
    leat_source_reader *copy = LEAT_NEW(leat_source_reader);
    *copy = reader;
    *out_reader = copy;
    return LEAT_OK;
}

static void source_close(leat_source_reader **reader)
{
    leat_free(LEAT_TAKE(*reader));
}

static void column_fill(const leat_sequence *sequence,
                        sequence_field field,
                        const uint64_t *numbers,
                        uint32_t count,
                        int64_t *out)
{
    switch (field) {
    case SEQ:
        for (uint32_t i = 0; i < count; i++)
            out[i] = (int64_t)numbers[i];
        return;
    case KEY:
        for (uint32_t i = 0; i < count; i++)
            out[i] = leat_sequence_key(sequence, numbers[i]);
        return;
    case VALUE:
        for (uint32_t i = 0; i < count; i++)
            out[i] = leat_sequence_value(sequence, numbers[i]);
        return;
    case TS:
        for (uint32_t i = 0; i < count; i++)
            out[i] = leat_sequence_ts(sequence, numbers[i]);
        return;
    }
    LEAT_UNREACHABLE();
}

static void chunk_fill(void *self, uint64_t *numbers, uint32_t count, leat_builder *builder)
{
    leat_source_reader *reader = self;
    const leat_connector_config *config = reader->config;
    for (uint32_t c = 0; c < config->schema->field_count; c++) {
        if (config->wanted != NULL && !config->wanted[c])
            continue;
        int32_t field =
            leat_fields_find(fields, LEAT_COUNT_OF(fields), config->schema->fields[c].name);
        LEAT_ASSERT(field >= 0); /* checked */
        int64_t *out = leat_builder_values(builder, c);
        column_fill(&reader->sequence, (sequence_field)field, numbers, count,
                    out + leat_builder_count(builder));
    }
}

static leat_code source_poll(leat_source_reader *reader,
                             const leat_poll *poll,
                             leat_builder *builder,
                             leat_error *err)
{
    (void)err;
    leat_source_omit_unwanted(reader->config, builder);
    return leat_stride_poll(&reader->stride, LEAT_STRIDE_CHUNK_MAX, poll, builder, chunk_fill,
                            reader);
}

static void source_position(const leat_source_reader *reader, leat_buf *out)
{
    leat_stride_position(&reader->stride, out);
}

const leat_source_class leat_sequence_source = {.name = "sequence",
                                                .check = source_check,
                                                .splits = source_splits,
                                                .open_split = source_open_split,
                                                .poll = source_poll,
                                                .position = source_position,
                                                .close = source_close};
