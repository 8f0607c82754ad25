/* SPDX-License-Identifier: Apache-2.0
 *
 * The connectors of the slot world. Options: `salt`, `rows`, `keys`, `splits`, all numbers.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/prng.h"
#include "tests/support/slot_world.h"

struct leat_source_reader {
    uint32_t split;
    uint32_t row;
    slot_world_args args;
    leat_prng cuts;
};

static uint64_t option(const leat_connector_config *config, const char *name)
{
    for (uint32_t i = 0; i < config->option_count; i++) {
        if (leat_bytes_equal(config->options[i].name, leat_bytes_text(name)))
            return strtoull(config->options[i].value.data, NULL, 10);
    }
    return 0;
}

slot_world_row slot_world_row_of(const slot_world_args *args, uint32_t split, uint32_t row)
{
    leat_prng prng = {args->seed * 31 + split * UINT64_C(1000003) + row};
    slot_world_row one = {.k = (int64_t)leat_prng_below(&prng, args->key_count),
                          .v = (int64_t)split * 1000000 + row,
                          .ts =
                              (leat_time)row * 1000000 + (leat_time)leat_prng_below(&prng, 900000)};
    return one;
}

static leat_code rows_splits(const leat_connector_config *config, leat_buf *out, leat_error *err)
{
    (void)err;
    for (uint64_t i = 0; i < option(config, "splits"); i++) {
        leat_buf_print(out, "split-%u", (unsigned)i);
        leat_buf_add_char(out, '\0');
    }
    return LEAT_OK;
}

static leat_code rows_open(const leat_connector_config *config,
                           leat_bytes split,
                           leat_bytes position,
                           leat_source_reader **out_reader,
                           leat_error *err)
{
    (void)err;
    char text[32] = {0};
    leat_source_reader *reader = LEAT_NEW(leat_source_reader);
    cr_assert_lt(split.size, sizeof text);
    memcpy(text, split.data, split.size);
    reader->split = (uint32_t)strtoul(text + strlen("split-"), NULL, 10);
    memset(text, 0, sizeof text);
    cr_assert_lt(position.size, sizeof text);
    memcpy(text, position.data != NULL ? position.data : "", position.size);
    reader->row = (uint32_t)strtoul(text, NULL, 10);
    reader->args = (slot_world_args){.seed = option(config, "salt"),
                                     .row_count = (uint32_t)option(config, "rows"),
                                     .key_count = (uint32_t)option(config, "keys")};
    reader->cuts.state = reader->args.seed + reader->split + reader->row * UINT64_C(77);
    *out_reader = reader;
    return LEAT_OK;
}

static leat_code
rows_poll(leat_source_reader *reader, const leat_poll *poll, leat_builder *builder, leat_error *err)
{
    (void)err;
    if (leat_prng_chance(&reader->cuts, 0.2))
        return LEAT_AGAIN;
    uint32_t count = 1 + (uint32_t)leat_prng_below(&reader->cuts, 20);
    count = LEAT_MIN(count, poll->max_rows);
    count = LEAT_MIN(count, reader->args.row_count - reader->row);
    for (uint32_t i = 0; i < count; i++) {
        slot_world_row row = slot_world_row_of(&reader->args, reader->split, reader->row++);
        leat_builder_set_integer(builder, 0, row.k);
        leat_builder_set_integer(builder, 1, row.v);
        leat_builder_set_integer(builder, 2, row.ts);
        leat_builder_commit(builder, 1);
    }
    return reader->row == reader->args.row_count ? LEAT_END : LEAT_OK;
}

static void rows_position(const leat_source_reader *reader, leat_buf *out)
{
    leat_buf_print(out, "%u", reader->row);
}

static void rows_close(leat_source_reader **reader)
{
    leat_free(LEAT_TAKE(*reader));
}

static void check_nothing(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    (void)config, (void)diagnostics;
}

static void encode_lines(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    (void)config;
    leat_rows_print(rows, out);
}

const leat_connectors *slot_world_connectors(void)
{
    static const leat_source_class rows = {.name = "rows",
                                           .check = check_nothing,
                                           .splits = rows_splits,
                                           .open_split = rows_open,
                                           .poll = rows_poll,
                                           .position = rows_position,
                                           .close = rows_close};
    static const leat_sink_class lines = {"lines", LEAT_SINK_FILE, check_nothing, encode_lines};
    static const leat_sink_class shown = {"shown", LEAT_SINK_PRINT, check_nothing, encode_lines};
    static leat_connectors connectors;
    connectors.sources[0] = &rows;
    connectors.source_count = 1;
    connectors.sinks[0] = &lines;
    connectors.sinks[1] = &shown;
    connectors.sink_count = 2;
    return &connectors;
}
