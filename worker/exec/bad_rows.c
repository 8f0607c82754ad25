/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/bad_rows.h"

void leat_bad_rows_init(leat_bad_rows *bad, const leat_schema *schema)
{
    bad->builder = leat_builder_new(schema, LEAT_BAD_ROWS_MAX);
    bad->raw = leat_schema_find(schema, LEAT_BYTES("raw"));
    bad->file = leat_schema_find(schema, LEAT_BYTES("file"));
    bad->position = leat_schema_find(schema, LEAT_BYTES("position"));
    bad->reason = leat_schema_find(schema, LEAT_BYTES("reason"));
}

void leat_bad_rows_fini(leat_bad_rows *bad)
{
    leat_builder_free(&bad->builder);
}

static void set_text(leat_bad_rows *bad, int32_t column, leat_bytes text)
{
    if (column >= 0)
        leat_builder_set_text(bad->builder, (uint32_t)column, text);
}

void leat_bad_rows_add(leat_bad_rows *bad, const leat_bad_record *record)
{
    set_text(bad, bad->raw, record->raw);
    set_text(bad, bad->file, record->resource);
    if (bad->position >= 0)
        leat_builder_set_integer(bad->builder, (uint32_t)bad->position,
                                 (leat_i128)record->position);
    set_text(bad, bad->reason, leat_bytes_text(record->reason));
    leat_builder_commit(bad->builder, 1);
}
