/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/runner.h"
#include "common/text/json.h"
#include "common/text/str.h"

const char *leat_case_status_name(leat_case_status status)
{
    static const char *const names[] = {"pass", "fail", "error", "skip", "done"};
    LEAT_STATIC_ASSERT(LEAT_COUNT_OF(names) == LEAT_CASE_STATUS_COUNT, "a name per status");
    return names[status];
}

/* Types as the cases name them: PostgreSQL's. */
static void print_type(leat_type type, leat_buf *out)
{
    switch ((leat_type_id)type.id) {
    case LEAT_TYPE_INT:
        leat_buf_add_text(out, "integer");
        return;
    case LEAT_TYPE_DOUBLE:
        leat_buf_add_text(out, "double precision");
        return;
    case LEAT_TYPE_DECIMAL:
        leat_buf_print(out, "numeric(%u,%u)", type.precision, type.scale);
        return;
    case LEAT_TYPE_STRING:
        leat_buf_add_text(out, "text");
        return;
    case LEAT_TYPE_TIMESTAMP:
        leat_buf_add_text(out, "timestamp without time zone");
        return;
    case LEAT_TYPE_BYTES:
        leat_buf_add_text(out, "bytea");
        return;
    case LEAT_TYPE_TIME:
        leat_buf_add_text(out, "time without time zone");
        return;
    case LEAT_TYPE_JSON:
        leat_buf_add_text(out, "jsonb");
        return;
    case LEAT_TYPE_ARRAY:
        print_type(leat_type_element(type), out);
        leat_buf_add_text(out, "[]");
        return;
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_BOOLEAN:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_INTERVAL:
    case LEAT_TYPE_COUNT:
        leat_type_print(type, out);
        return;
    }
}

static void put_columns(leat_json_writer *w, const leat_schema *schema)
{
    leat_buf type = {0};
    leat_json_begin_array(w, "columns");
    for (uint32_t i = 0; i < schema->field_count; i++) {
        leat_buf_clear(&type);
        print_type(schema->fields[i].type, &type);
        leat_json_begin_array(w, NULL);
        leat_json_put_text(w, NULL, schema->fields[i].name);
        leat_json_put_text(w, NULL, leat_buf_bytes(&type));
        leat_json_end(w);
    }
    leat_json_end(w);
    leat_buf_fini(&type);
}

/* The rows are JSON already. */
static void put_rows(leat_json_writer *w, const leat_case_result *result)
{
    leat_json_begin_array(w, "rows");
    for (size_t i = 0; i < result->rows.count; i++) {
        leat_bytes row = result->rows.items[i].row;
        leat_buf_add_text(w->out, i == 0 ? "" : ",");
        leat_buf_add(w->out, row.data, row.size);
    }
    leat_json_end(w);
}

void leat_case_outcome_print_json(const leat_case *one,
                                  const leat_case_outcome *outcome,
                                  leat_buf *out)
{
    leat_json_writer w = leat_json_write(out);
    leat_json_begin_object(&w, NULL);
    leat_json_put_text(&w, "name", one->name);
    leat_json_put_text(&w, "status", leat_bytes_text(leat_case_status_name(outcome->status)));
    leat_json_put_text(&w, "reason", leat_str_trim(leat_buf_bytes(&outcome->reason)));
    bool has_several = outcome->results.count > 1;
    if (has_several)
        leat_json_begin_array(&w, "sinks");
    LEAT_VEC_EACH (result, &outcome->results) {
        if (result->schema == NULL)
            continue;
        if (has_several) {
            leat_json_begin_object(&w, NULL);
            leat_json_put_text(&w, "sink", result->sink);
        }
        put_columns(&w, result->schema);
        put_rows(&w, result);
        if (has_several)
            leat_json_end(&w);
    }
    if (has_several)
        leat_json_end(&w);
    leat_json_end(&w);
    leat_buf_add_char(out, '\n');
}

static void print_rows(const leat_case_result *result, leat_buf *out)
{
    leat_buf_print(out, "  sink %.*s:\n", LEAT_FMT(result->sink));
    LEAT_VEC_EACH (line, &result->rows)
        leat_buf_print(out, "    %.*s\n", LEAT_FMT(line->row));
}

void leat_case_outcome_print(const leat_case *one, const leat_case_outcome *outcome, leat_buf *out)
{
    leat_buf_print(out, "%-5s %.*s", leat_case_status_name(outcome->status), LEAT_FMT(one->name));
    if (outcome->status != LEAT_CASE_PASS && one->file != NULL)
        leat_buf_print(out, " (%s:%u)", one->file, one->line);
    leat_bytes reason = leat_buf_bytes(&outcome->reason);
    if (outcome->status == LEAT_CASE_ERROR || outcome->status == LEAT_CASE_SKIP)
        leat_buf_add_text(out, ": ");
    else
        leat_buf_add_char(out, '\n');
    leat_buf_add(out, reason.data, reason.size);
    if (outcome->status != LEAT_CASE_DONE)
        return;
    LEAT_VEC_EACH (result, &outcome->results)
        print_rows(result, out);
}
