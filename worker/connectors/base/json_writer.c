/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "common/base/assert.h"
#include "common/columns/nested_json.h"
#include "common/text/json.h"
#include "worker/connectors/base/format_json.h"
#include "worker/connectors/base/json_scan.h"

static void quoted_value(const leat_value *value, leat_buf *out)
{
    leat_buf_add_char(out, '"');
    leat_value_print(value, out);
    leat_buf_add_char(out, '"');
}

/* Bytes print as \x..., which JSON wants escaped. */
static void bytes_write(const leat_value *value, leat_buf *out)
{
    leat_buf_add_text(out, "\"\\");
    leat_value_print(value, out);
    leat_buf_add_char(out, '"');
}

static void text_write(leat_bytes text, leat_buf *out)
{
    if (!leat_json_is_plain(text)) {
        leat_json_quote(out, text);
        return;
    }
    char *to = leat_buf_reserve(out, text.size + 2);
    to[0] = '"';
    if (text.size > 0)
        memcpy(to + 1, text.data, text.size);
    to[text.size + 1] = '"';
    out->size += text.size + 2;
}

static void cell_write(const leat_column *column, uint32_t at, leat_buf *out)
{
    leat_value value = leat_column_value(column, at);
    if (value.is_null) {
        leat_buf_add(out, "null", 4);
        return;
    }
    switch ((leat_type_id)value.type.id) {
    case LEAT_TYPE_BOOLEAN:
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
        leat_value_print(&value, out);
        return;
    case LEAT_TYPE_DOUBLE:
        if (isfinite(value.real))
            leat_value_print(&value, out);
        else
            quoted_value(&value, out);
        return;
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_INTERVAL:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        quoted_value(&value, out);
        return;
    case LEAT_TYPE_STRING:
        text_write(value.text, out);
        return;
    case LEAT_TYPE_BYTES:
        bytes_write(&value, out);
        return;
    case LEAT_TYPE_JSON:
        leat_buf_add(out, value.text.data, value.text.size);
        return;
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        leat_json_add_value(&value, out);
        return;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_json_lines_write(const leat_rows *rows, leat_buf *out)
{
    /* `{"a":` `,"b":` ... once per batch; ends[c] is where the c-th ends. */
    leat_buf names = {0};
    uint32_t ends[LEAT_SCHEMA_FIELDS_MAX];
    uint32_t field_count = rows->schema->field_count;
    for (uint32_t c = 0; c < field_count; c++) {
        leat_buf_add_char(&names, c == 0 ? '{' : ',');
        leat_json_quote(&names, rows->schema->fields[c].name);
        leat_buf_add_char(&names, ':');
        ends[c] = (uint32_t)names.size;
    }
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        if (field_count == 0)
            leat_buf_add_char(out, '{');
        for (uint32_t c = 0; c < field_count; c++) {
            uint32_t start = c == 0 ? 0 : ends[c - 1];
            leat_buf_add(out, names.data + start, ends[c] - start);
            cell_write(&rows->columns[c], at, out);
        }
        leat_buf_add(out, "}\n", 2);
    }
    leat_buf_fini(&names);
}
