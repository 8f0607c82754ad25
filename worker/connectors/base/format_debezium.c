/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/format_debezium.h"

#include <stdio.h>

#include "common/base/alloc.h"
#include "worker/connectors/base/format_json.h"
#include "worker/connectors/base/json_scan.h"

enum { REASON_MAX = 240, ROWS = 2 };

struct leat_debezium {
    leat_json_lines *json;
    leat_builder *rows; /* of one record: they come together or not at all */
    char reason[REASON_MAX];
};

/* The members that matter, as they stand in the record; no data: absent. */
typedef struct envelope {
    leat_bytes before;
    leat_bytes after;
    leat_bytes op; /* with its quotes */
    leat_bytes payload;
} envelope;

leat_debezium *leat_debezium_new(const leat_connector_config *config)
{
    leat_debezium *debezium = LEAT_NEW(leat_debezium);
    debezium->json = leat_json_lines_new(config->schema, config->wanted);
    debezium->rows = leat_builder_new(config->schema, ROWS);
    leat_source_omit_unwanted(config, debezium->rows);
    return debezium;
}

void leat_debezium_free(leat_debezium **debezium_at)
{
    leat_debezium *debezium = LEAT_TAKE(*debezium_at);
    if (debezium == NULL)
        return;
    leat_json_lines_free(&debezium->json);
    leat_builder_free(&debezium->rows);
    leat_free(debezium);
}

static leat_code wrong(leat_debezium *debezium, const char *what)
{
    snprintf(debezium->reason, REASON_MAX, "no change in Debezium's JSON: %s", what);
    return LEAT_RECORD;
}

static leat_bytes *member_of(envelope *out, leat_bytes name)
{
    return leat_bytes_equal(name, LEAT_BYTES("before"))    ? &out->before
           : leat_bytes_equal(name, LEAT_BYTES("after"))   ? &out->after
           : leat_bytes_equal(name, LEAT_BYTES("op"))      ? &out->op
           : leat_bytes_equal(name, LEAT_BYTES("payload")) ? &out->payload
                                                           : NULL;
}

/* Behind one `"name": value`, or NULL. */
static const char *member_scan(const char *at, const char *end, envelope *out)
{
    bool is_escaped;
    if (at == end || *at != '"')
        return NULL;
    const char *quote = leat_json_scan_string(at + 1, end, &is_escaped);
    if (quote == NULL)
        return NULL;
    leat_bytes *member = member_of(out, leat_bytes_of(at + 1, (size_t)(quote - at - 1)));
    at = leat_json_scan_spaces(quote + 1, end);
    if (at == end || *at != ':')
        return NULL;
    at = leat_json_scan_spaces(at + 1, end);
    const char *next = at == end ? NULL : leat_json_scan_value(at, end);
    if (next != NULL && member != NULL)
        *member = leat_bytes_of(at, (size_t)(next - at));
    return next;
}

static bool envelope_scan(leat_bytes record, envelope *out)
{
    const char *end = record.data + record.size;
    const char *at = leat_json_scan_spaces(record.data, end);
    *out = (envelope){0};
    if (at == end || *at != '{')
        return false;
    at = leat_json_scan_spaces(at + 1, end);
    if (at < end && *at == '}')
        return leat_json_scan_spaces(at + 1, end) == end;
    for (;;) {
        at = member_scan(at, end, out);
        if (at == NULL)
            return false;
        at = leat_json_scan_spaces(at, end);
        if (at < end && *at == '}')
            return leat_json_scan_spaces(at + 1, end) == end;
        if (at == end || *at != ',')
            return false;
        at = leat_json_scan_spaces(at + 1, end);
    }
}

static bool is_row(leat_bytes member)
{
    return member.size > 0 && member.data[0] == '{';
}

static leat_code
row_read(leat_debezium *debezium, leat_bytes row, leat_change change, const char *what)
{
    const char *reason;
    if (!is_row(row))
        return wrong(debezium, what);
    leat_builder_set_change(debezium->rows, change);
    if (leat_json_lines_read(debezium->json, row, debezium->rows, &reason) == LEAT_OK)
        return LEAT_OK;
    snprintf(debezium->reason, REASON_MAX, "%.200s", reason);
    return LEAT_RECORD;
}

static leat_code envelope_read(leat_debezium *debezium, const envelope *change)
{
    char op = change->op.size == 3 ? change->op.data[1] : '\0';
    if (op == 'c' || op == 'r')
        return row_read(debezium, change->after, LEAT_CHANGE_INSERT, "`c` and `r` need an `after`");
    if (op == 'd')
        return row_read(debezium, change->before, LEAT_CHANGE_DELETE,
                        "`d` needs a `before`: the table must log whole rows");
    if (op != 'u')
        return wrong(debezium, "its `op` must be c, r, u or d");
    LEAT_TRY(row_read(debezium, change->before, LEAT_CHANGE_UPDATE_BEFORE,
                      "`u` needs a `before`: the table must log whole rows"));
    return row_read(debezium, change->after, LEAT_CHANGE_UPDATE_AFTER, "`u` needs an `after`");
}

leat_code leat_debezium_read(leat_debezium *debezium,
                             leat_bytes record,
                             leat_builder *builder,
                             const char **out_reason)
{
    static const uint32_t positions[ROWS] = {0, 1};
    *out_reason = debezium->reason;
    envelope change;
    if (!envelope_scan(record, &change))
        return wrong(debezium, "it is no JSON object");
    if (is_row(change.payload) && change.op.size == 0) {
        leat_bytes payload = change.payload;
        if (!envelope_scan(payload, &change))
            return wrong(debezium, "its `payload` is no JSON object");
    }
    leat_builder_clear(debezium->rows);
    LEAT_TRY(envelope_read(debezium, &change));
    leat_rows rows = leat_builder_rows(debezium->rows);
    leat_builder_gather(builder, &rows, positions, rows.row_count);
    return LEAT_OK;
}

/* ------------------------------------------------------------------ out */

static void row_write(const leat_rows *rows, uint32_t at, leat_buf *out)
{
    leat_rows one = *rows;
    one.selected = &at;
    one.selected_count = 1;
    leat_json_lines_write(&one, out);
    out->size--; /* its newline */
}

void leat_debezium_write(const leat_rows *rows, leat_buf *out)
{
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        leat_change change =
            rows->changes == NULL ? LEAT_CHANGE_INSERT : (leat_change)rows->changes[at];
        bool is_pair = change == LEAT_CHANGE_UPDATE_BEFORE && i + 1 < rows->selected_count &&
                       rows->changes[leat_rows_at(rows, i + 1)] == LEAT_CHANGE_UPDATE_AFTER;
        bool is_gone = change == LEAT_CHANGE_UPDATE_BEFORE || change == LEAT_CHANGE_DELETE;
        leat_buf_add_text(out, "{\"before\":");
        if (is_gone)
            row_write(rows, at, out);
        else
            leat_buf_add_text(out, "null");
        leat_buf_add_text(out, ",\"after\":");
        if (is_pair)
            row_write(rows, leat_rows_at(rows, ++i), out);
        else if (!is_gone)
            row_write(rows, at, out);
        else
            leat_buf_add_text(out, "null");
        leat_buf_print(out, ",\"op\":\"%s\"}\n", is_pair ? "u" : is_gone ? "d" : "c");
    }
}
