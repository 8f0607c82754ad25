/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "cli/case/case.h"
#include "common/columns/number_text.h"
#include "common/text/json.h"
#include "common/text/str.h"

/* One object being read. */
typedef struct reader {
    leat_arena *arena;
    const leat_case_files *files;
    leat_case *one;
    leat_error *err;
} reader;

/* ------------------------------------------------------------------ values and rows */

static leat_bytes text_of(reader *r, const leat_json *json)
{
    leat_bytes text = {NULL, 0};
    if (leat_json_as_text(json, &text))
        return leat_arena_bytes(r->arena, text);
    return (leat_bytes){NULL, 0};
}

static leat_bytes member_text(reader *r, const leat_json *json, const char *key)
{
    return text_of(r, leat_json_member(json, key));
}

static leat_code cell_read(reader *r, const leat_json *json, leat_case_cell *out)
{
    *out = (leat_case_cell){.is_null = leat_json_is_null(json)};
    bool truth;
    int64_t integer;
    double real;
    leat_buf number = {0};
    if (out->is_null)
        return LEAT_OK;
    if (leat_json_as_text(json, &out->text))
        out->text = leat_arena_bytes(r->arena, out->text);
    else if (leat_json_as_bool(json, &truth))
        out->text = truth ? LEAT_BYTES("true") : LEAT_BYTES("false");
    else if (leat_json_as_i64(json, &integer))
        leat_integer_print(integer, &number);
    else if (leat_json_as_double(json, &real))
        leat_double_print(real, &number);
    else
        return leat_fail(r->err, LEAT_INVALID, "a value must be a scalar, nested ones are text");
    if (number.size > 0)
        out->text = leat_arena_bytes(r->arena, leat_buf_bytes(&number));
    leat_buf_fini(&number);
    return LEAT_OK;
}

static leat_code row_read(reader *r, const leat_json *json, leat_case_row *out)
{
    *out = (leat_case_row){.count = (uint32_t)leat_json_count(json)};
    bool is_object = leat_json_is_object(json);
    if (!is_object && !leat_json_is_array(json))
        return leat_fail(r->err, LEAT_INVALID, "a row must be an object or an array");
    out->cells = LEAT_ARENA_ARRAY(r->arena, leat_case_cell, out->count);
    if (is_object)
        out->names = LEAT_ARENA_ARRAY(r->arena, leat_bytes, out->count);
    for (uint32_t i = 0; i < out->count; i++) {
        const leat_json *cell = leat_json_element(json, i);
        if (is_object) {
            const char *key = leat_json_key(json, i);
            cell = leat_json_member(json, key);
            out->names[i] = leat_arena_bytes(r->arena, leat_bytes_text(key));
        }
        LEAT_TRY(cell_read(r, cell, &out->cells[i]));
    }
    return LEAT_OK;
}

static leat_code rows_read(reader *r, const leat_json *json, leat_case_rows *out)
{
    out->count = (uint32_t)leat_json_count(json);
    out->items = LEAT_ARENA_ARRAY(r->arena, leat_case_row, out->count);
    for (uint32_t i = 0; i < out->count; i++)
        LEAT_TRY(row_read(r, leat_json_element(json, i), &out->items[i]));
    return LEAT_OK;
}

static leat_code lines_read(reader *r, leat_bytes text, leat_case_rows *out)
{
    LEAT_VEC(leat_case_row) rows = {0};
    leat_bytes line;
    leat_code code = LEAT_OK;
    while (code == LEAT_OK && leat_str_split(&text, '\n', &line)) {
        leat_json *json = NULL;
        if (leat_str_trim(line).size == 0)
            continue;
        code = leat_json_parse(line, &json, r->err);
        if (code == LEAT_OK)
            code = row_read(r, json, leat_vec_add(&rows));
        leat_json_free(&json);
    }
    out->count = (uint32_t)rows.count;
    if (rows.count > 0)
        out->items = leat_arena_copy(r->arena, rows.items, rows.count * sizeof *rows.items);
    leat_vec_fini(&rows);
    return code;
}

/* `key`, or the file that `key_ref` names. */
static leat_code
rows_or_file_read(reader *r, const leat_json *json, const char *key, leat_case_rows *out)
{
    leat_bytes path;
    char *key_ref = leat_arena_print(r->arena, "%s_ref", key);
    if (!leat_json_as_text(leat_json_member(json, key_ref), &path))
        return rows_read(r, leat_json_member(json, key), out);
    if (r->files == NULL)
        return leat_fail(r->err, LEAT_INVALID, "`%s` names a file", key_ref);
    leat_buf text = {0};
    leat_code code = r->files->read(r->files->self, path, &text, r->err);
    if (code == LEAT_OK)
        code = lines_read(r, leat_buf_bytes(&text), out);
    leat_buf_fini(&text);
    if (code != LEAT_OK)
        leat_error_add(r->err, "%.*s", LEAT_FMT(path));
    return code;
}

/* ------------------------------------------------------------------ tables and operations */

static leat_code
columns_read(reader *r, const leat_json *json, uint32_t *out_count, leat_case_column **out)
{
    *out_count = (uint32_t)leat_json_count(json);
    *out = LEAT_ARENA_ARRAY(r->arena, leat_case_column, *out_count);
    for (uint32_t i = 0; i < *out_count; i++) {
        const leat_json *pair = leat_json_element(json, i);
        (*out)[i] = (leat_case_column){text_of(r, leat_json_element(pair, 0)),
                                       text_of(r, leat_json_element(pair, 1))};
        if ((*out)[i].name.size == 0 || (*out)[i].type.size == 0)
            return leat_fail(r->err, LEAT_INVALID, "a column must be [name, type]");
    }
    return LEAT_OK;
}

static leat_code table_read(reader *r, const leat_json *json, leat_case_table *out)
{
    out->name = member_text(r, json, "name");
    if (out->name.size == 0)
        return leat_fail(r->err, LEAT_INVALID, "a table needs a `name`");
    LEAT_TRY(columns_read(r, leat_json_member(json, "columns"), &out->column_count, &out->columns));
    const leat_json *keys = leat_json_member(json, "primary_key");
    out->key_count = (uint32_t)leat_json_count(keys);
    out->keys = LEAT_ARENA_ARRAY(r->arena, leat_bytes, out->key_count);
    for (uint32_t i = 0; i < out->key_count; i++)
        out->keys[i] = text_of(r, leat_json_element(keys, i));
    out->event_time = member_text(r, json, "event_time");
    out->watermark_delay = member_text(r, json, "watermark_delay");
    return rows_or_file_read(r, json, "rows", &out->rows);
}

static leat_code op_read(reader *r, const leat_json *json, leat_case_op *out)
{
    leat_bytes table = member_text(r, json, "t");
    out->at = member_text(r, json, "at");
    out->table = LEAT_CASE_NO_TABLE;
    if (table.size == 0 && out->at.size > 0)
        return LEAT_OK;
    int64_t at = leat_case_table_find(r->one, table);
    int64_t batch = 0;
    if (at < 0)
        return leat_fail(r->err, LEAT_INVALID, "an operation on `%.*s`: no table is called so",
                         LEAT_FMT(table));
    out->table = (uint32_t)at;
    leat_bytes kind = member_text(r, json, "op");
    if (!leat_case_op_parse(kind, &out->kind))
        return leat_fail(r->err, LEAT_INVALID, "`%.*s` is no operation", LEAT_FMT(kind));
    if (leat_json_as_i64(leat_json_member(json, "batch"), &batch) && batch >= 0)
        out->batch = (uint64_t)batch + 1;
    return row_read(r, leat_json_member(json, "row"), &out->row);
}

static leat_code tables_read(reader *r, const leat_json *json)
{
    const leat_json *tables = leat_json_member(json, "tables");
    r->one->tables = LEAT_ARENA_ARRAY(r->arena, leat_case_table, leat_json_count(tables));
    for (size_t i = 0; i < leat_json_count(tables); i++) {
        leat_case_table *table = &r->one->tables[r->one->table_count++];
        leat_code code = table_read(r, leat_json_element(tables, i), table);
        if (code != LEAT_OK)
            return leat_error_add(r->err, "table %.*s", LEAT_FMT(table->name));
    }
    const leat_json *ops = leat_json_member(json, "ops");
    r->one->op_count = (uint32_t)leat_json_count(ops);
    r->one->ops = LEAT_ARENA_ARRAY(r->arena, leat_case_op, r->one->op_count);
    for (uint32_t i = 0; i < r->one->op_count; i++)
        if (op_read(r, leat_json_element(ops, i), &r->one->ops[i]) != LEAT_OK)
            return leat_error_add(r->err, "operation %u", i + 1);
    return LEAT_OK;
}

/* ------------------------------------------------------------------ the whole */

static leat_code expectation_read(reader *r, const leat_json *json)
{
    leat_case_expectation *out = LEAT_ARENA_NEW(r->arena, leat_case_expectation);
    r->one->expectations = out;
    r->one->expectation_count = 1;
    out->sink = member_text(r, json, "sink");
    out->is_ordered = leat_bytes_equal(member_text(r, json, "order"), LEAT_BYTES("ordered"));
    LEAT_TRY(columns_read(r, leat_json_member(json, "expected_columns"), &out->column_count,
                          &out->columns));
    int64_t count;
    out->sha256 = member_text(r, json, "expected_sha256");
    /* A result that is given as a hash may have some rows to look at, not all of them. */
    bool is_sample = out->sha256.size > 0 && leat_json_member(json, "expected_rows_ref") == NULL;
    if (leat_json_as_i64(leat_json_member(json, "expected_count"), &count) && count >= 0) {
        out->has_count = true;
        out->row_count = (uint64_t)count;
        is_sample &= leat_json_count(leat_json_member(json, "expected_rows")) != (size_t)count;
    }
    out->has_rows = !is_sample && (leat_json_member(json, "expected_rows") != NULL ||
                                   leat_json_member(json, "expected_rows_ref") != NULL);
    if (!out->has_rows)
        return LEAT_OK;
    leat_code code = rows_or_file_read(r, json, "expected_rows", &out->rows);
    return code == LEAT_OK ? LEAT_OK : leat_error_add(r->err, "expected_rows");
}

static void views_read(reader *r, const leat_json *json)
{
    const leat_json *views = leat_json_member(json, "views");
    r->one->view_count = (uint32_t)leat_json_count(views);
    r->one->views = LEAT_ARENA_ARRAY(r->arena, leat_case_view, r->one->view_count);
    for (uint32_t i = 0; i < r->one->view_count; i++) {
        const leat_json *view = leat_json_element(views, i);
        r->one->views[i] =
            (leat_case_view){member_text(r, view, "name"), member_text(r, view, "sql")};
    }
}

static leat_code case_read(reader *r, const leat_json *json)
{
    leat_case *one = r->one;
    if (!leat_json_is_object(json))
        return leat_fail(r->err, LEAT_INVALID, "a case must be an object");
    one->name = member_text(r, json, "name");
    one->sql = member_text(r, json, "sql");
    one->topology = member_text(r, json, "topology");
    one->clock = member_text(r, json, "clock");
    if (one->name.size == 0)
        return leat_fail(r->err, LEAT_INVALID, "a case needs a `name`");
    if ((one->sql.size == 0) == (one->topology.size == 0))
        return leat_fail(r->err, LEAT_INVALID, "a case needs either `sql` or `topology`");
    int64_t restore = 0;
    if (leat_json_as_i64(leat_json_member(json, "restore_after_op"), &restore) && restore > 0)
        one->restore_after_op = (uint64_t)restore;
    bool drops_late = true;
    if (leat_json_as_bool(leat_json_member(json, "late_rows_dropped"), &drops_late))
        one->keeps_late = !drops_late;
    leat_json_as_bool(leat_json_member(json, "integer_avg_truncates"), &one->truncates_averages);
    leat_json_as_double(leat_json_member(json, "numeric_tolerance"), &one->tolerance);
    if (isnan(one->tolerance) || one->tolerance < 0)
        return leat_fail(r->err, LEAT_INVALID, "`numeric_tolerance` must not be negative");
    views_read(r, json);
    LEAT_TRY(tables_read(r, json));
    return expectation_read(r, json);
}

leat_code leat_case_read_json(leat_bytes text,
                              const leat_case_files *files,
                              leat_arena *arena,
                              leat_case *out_case,
                              leat_error *err)
{
    leat_json *json = NULL;
    leat_case one = {0};
    reader r = {.arena = arena, .files = files, .one = &one, .err = err};
    leat_code code = leat_json_parse(text, &json, err);
    if (code == LEAT_OK)
        code = case_read(&r, json);
    leat_json_free(&json);
    /* The name is worth having even of a case that cannot be read. */
    *out_case = one;
    return code;
}
