/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/result.h"

#include "cli/case/result_order.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/map.h"
#include "common/columns/value.h"
#include "common/text/json.h"
#include "common/text/str.h"

/* ------------------------------------------------------------------ the sink */

static void sink_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    (void)config, (void)diagnostics; /* nobody writes its options */
}

static bool is_bare(const leat_value *value)
{
    return value->type.id == LEAT_TYPE_BOOLEAN || value->type.id == LEAT_TYPE_INT ||
           value->type.id == LEAT_TYPE_BIGINT ||
           (value->type.id == LEAT_TYPE_DOUBLE && isfinite(value->real));
}

static void cell_write(const leat_column *column, uint32_t at, leat_buf *out)
{
    leat_value value = leat_column_value(column, at);
    if (value.is_null) {
        leat_buf_add_text(out, "null");
        return;
    }
    if (is_bare(&value)) {
        leat_value_print(&value, out);
        return;
    }
    leat_buf text = {0};
    leat_value_print(&value, &text);
    leat_json_quote(out, leat_buf_bytes(&text));
    leat_buf_fini(&text);
}

static void sink_encode(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    (void)config;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        leat_change change = rows->changes == NULL ? LEAT_CHANGE_INSERT : rows->changes[at];
        leat_buf_add_text(out, leat_change_text(change));
        leat_buf_add_text(out, " [");
        for (uint32_t c = 0; c < rows->schema->field_count; c++) {
            leat_buf_add_text(out, c == 0 ? "" : ", ");
            cell_write(&rows->columns[c], at, out);
        }
        leat_buf_add_text(out, "]\n");
    }
}

const leat_sink_class leat_case_sink = {
    .name = "case", .kind = LEAT_SINK_FILE, .check = sink_check, .encode = sink_encode};

/* ------------------------------------------------------------------ folding */

static leat_code line_cut(leat_bytes text, leat_case_line *out, leat_error *err)
{
    for (int change = LEAT_CHANGE_INSERT; change <= LEAT_CHANGE_DELETE; change++) {
        leat_bytes prefix = leat_bytes_text(leat_change_text((leat_change)change));
        if (text.size <= prefix.size || !leat_str_begins(text, prefix))
            continue;
        *out = (leat_case_line){
            .change = (leat_change)change,
            .row = leat_bytes_of(text.data + prefix.size + 1, text.size - prefix.size - 1)};
        return LEAT_OK;
    }
    return leat_fail(err, LEAT_CORRUPT, "`%.*s` is no row", LEAT_FMT(text));
}

/* What is there for a row, or for a key of an upserting sink: how often, and since which change. */
typedef struct kept_row {
    int64_t count;
    size_t last; /* index into changes of the last insertion */
    leat_bytes row;
} kept_row;

typedef struct folding {
    leat_case_result *result;
    LEAT_VEC(kept_row) kept;
    leat_text_map at; /* row or key -> index into kept + 1 */
} folding;

static kept_row *kept_find(folding *f, leat_bytes key)
{
    leat_text_map_entry *entry = leat_text_map_add(&f->at, key, NULL);
    if (entry->value == NULL) {
        leat_vec_push(&f->kept, (kept_row){0});
        entry->value = (void *)(uintptr_t)f->kept.count;
    }
    return &f->kept.items[(uintptr_t)entry->value - 1];
}

/* The key of an upsert, with a byte per cell that tells NULL from text. */
static leat_code
key_read(const leat_case_result *result, const leat_case_line *line, leat_buf *out, leat_error *err)
{
    leat_arena arena = {0};
    leat_case_row row;
    leat_code code = leat_case_line_read(line, &arena, &row, err);
    for (uint32_t i = 0; code == LEAT_OK && i < result->key_count; i++) {
        const leat_case_cell *cell = &row.cells[result->keys[i]];
        leat_buf_add_u8(out, cell->is_null);
        leat_buf_add_bytes(out, cell->text);
    }
    leat_arena_fini(&arena);
    return code;
}

static leat_code take_change(folding *f, size_t at, leat_error *err)
{
    const leat_case_line *line = &f->result->changes.items[at];
    bool is_retraction = line->change & 1;
    leat_buf key = {0};
    leat_code code = LEAT_OK;
    if (f->result->is_upsert)
        code = key_read(f->result, line, &key, err);
    kept_row *one = kept_find(f, f->result->is_upsert ? leat_buf_bytes(&key) : line->row);
    leat_buf_fini(&key);
    if (f->result->is_upsert)
        one->count = is_retraction ? 0 : 1;
    else
        one->count += is_retraction ? -1 : 1;
    if (!is_retraction || one->row.data == NULL) {
        one->last = at;
        one->row = line->row;
    }
    return code;
}

static int by_last(const void *a, const void *b)
{
    size_t last_a = ((const kept_row *)a)->last;
    size_t last_b = ((const kept_row *)b)->last;
    return last_a < last_b ? -1 : last_a > last_b;
}

static leat_code fold(leat_case_result *result, leat_error *err)
{
    folding f = {.result = result};
    leat_code code = LEAT_OK;
    for (size_t i = 0; code == LEAT_OK && i < result->changes.count; i++)
        code = take_change(&f, i, err);
    if (f.kept.count > 0)
        qsort(f.kept.items, f.kept.count, sizeof *f.kept.items, by_last);
    LEAT_VEC_EACH (one, &f.kept) {
        if (one->count < 0 && code == LEAT_OK)
            code = leat_fail(err, LEAT_INVALID, "sink %.*s: row %.*s is taken back but not there",
                             LEAT_FMT(result->sink), LEAT_FMT(one->row));
        for (int64_t i = 0; i < one->count; i++)
            leat_vec_push(&result->rows, (leat_case_line){.row = one->row});
    }
    leat_text_map_fini(&f.at);
    leat_vec_fini(&f.kept);
    return code;
}

leat_code leat_case_result_fold(leat_case_result *result, leat_error *err)
{
    leat_bytes rest = leat_buf_bytes(&result->text);
    leat_bytes text;
    while (rest.size > 0 && leat_str_split(&rest, '\n', &text)) {
        leat_case_line line;
        LEAT_TRY(line_cut(text, &line, err));
        leat_vec_push(&result->changes, line);
    }
    LEAT_TRY(fold(result, err));
    return result->order_count == 0 ? LEAT_OK : leat_case_result_sort(result, err);
}

void leat_case_result_fini(leat_case_result *result)
{
    leat_buf_fini(&result->text);
    leat_vec_fini(&result->changes);
    leat_vec_fini(&result->rows);
}

/* ------------------------------------------------------------------ cells */

static leat_bytes number_text(const leat_json *cell, leat_arena *arena)
{
    leat_buf text = {0};
    int64_t integer;
    double real;
    if (leat_json_as_i64(cell, &integer))
        leat_integer_print(integer, &text);
    else if (leat_json_as_double(cell, &real))
        leat_double_print(real, &text);
    leat_bytes kept = leat_arena_bytes(arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return kept;
}

leat_code leat_case_line_read(const leat_case_line *line,
                              leat_arena *arena,
                              leat_case_row *out_row,
                              leat_error *err)
{
    leat_json *json = NULL;
    LEAT_TRY(leat_json_parse(line->row, &json, err));
    leat_case_row row = {.count = (uint32_t)leat_json_count(json)};
    row.cells = LEAT_ARENA_ARRAY(arena, leat_case_cell, row.count);
    for (uint32_t i = 0; i < row.count; i++) {
        const leat_json *cell = leat_json_element(json, i);
        leat_bytes text;
        bool truth;
        row.cells[i].is_null = leat_json_is_null(cell);
        if (leat_json_as_text(cell, &text))
            row.cells[i].text = leat_arena_bytes(arena, text);
        else if (leat_json_as_bool(cell, &truth))
            row.cells[i].text = truth ? LEAT_BYTES("true") : LEAT_BYTES("false");
        else if (!row.cells[i].is_null)
            row.cells[i].text = number_text(cell, arena);
    }
    leat_json_free(&json);
    *out_row = row;
    return LEAT_OK;
}
