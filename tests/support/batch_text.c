/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/batch_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/assert.h"
#include "common/columns/value.h"

enum { FIELDS_MAX = 256 };

static leat_arena forever; /* reachable, so no leak to the sanitizer */

static leat_bytes text_trim(leat_bytes text)
{
    while (text.size > 0 && isspace((unsigned char)text.data[0]))
        text = leat_bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && isspace((unsigned char)text.data[text.size - 1]))
        text.size--;
    return text;
}

/* Cut the part before the next comma that stands outside quotes and parentheses. */
static leat_bytes part_take(leat_bytes *rest)
{
    size_t size = 0;
    int depth = 0;
    bool is_quoted = false;
    for (; size < rest->size; size++) {
        char c = rest->data[size];
        is_quoted ^= c == '"';
        depth += !is_quoted && c == '(';
        depth -= !is_quoted && c == ')';
        if (c == ',' && depth == 0 && !is_quoted)
            break;
    }
    leat_bytes part = leat_bytes_of(rest->data, size);
    size_t used = LEAT_MIN(size + 1, rest->size);
    *rest = leat_bytes_of(rest->data + used, rest->size - used);
    return text_trim(part);
}

static void LEAT_NORETURN text_wrong(const char *what, leat_bytes text)
{
    fprintf(stderr, "batch_text: %s: %.*s\n", what, LEAT_FMT(text));
    abort();
}

static bool suffix_cut(leat_bytes *text, leat_bytes suffix)
{
    if (text->size < suffix.size ||
        memcmp(text->data + text->size - suffix.size, suffix.data, suffix.size) != 0)
        return false;
    text->size -= suffix.size;
    return true;
}

const leat_schema *leat_test_schema(const char *text)
{
    leat_field fields[FIELDS_MAX];
    uint32_t count = 0;
    for (leat_bytes rest = leat_bytes_text(text); rest.size > 0;) {
        leat_bytes part = part_take(&rest);
        LEAT_ASSERT(count < FIELDS_MAX);
        leat_field *field = &fields[count++];
        field->is_nullable = !suffix_cut(&part, LEAT_BYTES(" not null"));
        const char *space = memchr(part.data, ' ', part.size);
        if (space == NULL)
            text_wrong("expected `name type`", part);
        size_t name_size = (size_t)(space - part.data);
        field->name = leat_bytes_of(part.data, name_size);
        leat_error err;
        leat_bytes type = leat_bytes_of(space, part.size - name_size);
        if (leat_type_parse(type, &field->type, &err) != LEAT_OK)
            text_wrong(err.text, part);
    }
    return leat_schema_new(&forever, fields, count, -1);
}

static bool change_take(leat_bytes *row, leat_change *out_change)
{
    for (leat_change change = LEAT_CHANGE_INSERT; change <= LEAT_CHANGE_DELETE; change++) {
        if (row->size < 2 || memcmp(row->data, leat_change_text(change), 2) != 0)
            continue;
        *row = text_trim(leat_bytes_of(row->data + 2, row->size - 2));
        *out_change = change;
        return true;
    }
    return false;
}

static void cell_set(leat_builder *builder, uint32_t column, leat_type type, leat_bytes cell)
{
    if (leat_bytes_equal(cell, LEAT_BYTES("null"))) {
        leat_builder_set_null(builder, column);
        return;
    }
    if (cell.size >= 2 && cell.data[0] == '"')
        cell = leat_bytes_of(cell.data + 1, cell.size - 2);
    leat_value value;
    leat_error err;
    if (leat_value_parse(type, cell, &forever, &value, &err) != LEAT_OK)
        text_wrong(err.text, cell);
    leat_builder_set_value(builder, column, &value);
}

void leat_test_row(leat_builder *builder, const leat_schema *schema, const char *row)
{
    leat_bytes rest = text_trim(leat_bytes_text(row));
    leat_change change = LEAT_CHANGE_INSERT;
    if (change_take(&rest, &change))
        leat_builder_set_change(builder, change);
    for (uint32_t c = 0; c < schema->field_count; c++)
        cell_set(builder, c, schema->fields[c].type, part_take(&rest));
    if (rest.size > 0)
        text_wrong("too many cells", leat_bytes_text(row));
    leat_builder_commit(builder, 1);
}

leat_batch *leat_test_batch(const leat_schema *schema, const char *const *rows)
{
    uint32_t count = 0;
    while (rows[count] != NULL)
        count++;
    leat_builder *builder = leat_builder_new(schema, LEAT_MAX(count, 1U));
    for (uint32_t i = 0; i < count; i++)
        leat_test_row(builder, schema, rows[i]);
    leat_batch *batch = leat_builder_finish(builder);
    leat_builder_free(&builder);
    return batch;
}

const char *leat_test_rows_text(const leat_rows *rows)
{
    leat_buf text = {0};
    leat_rows_print(rows, &text);
    const char *copy = leat_arena_text(&forever, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return copy;
}
