/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/schema.h"

#include <strings.h>

#include "common/base/assert.h"

const leat_schema *leat_schema_new(leat_arena *arena,
                                   const leat_field *fields,
                                   uint32_t field_count,
                                   int32_t event_time)
{
    LEAT_ASSERT(field_count <= LEAT_SCHEMA_FIELDS_MAX);
    LEAT_ASSERT(event_time >= -1 && event_time < (int32_t)field_count);
    leat_field *copies = LEAT_ARENA_ARRAY(arena, leat_field, field_count);
    for (uint32_t i = 0; i < field_count; i++) {
        copies[i] = fields[i];
        copies[i].name = leat_arena_bytes(arena, fields[i].name);
    }
    leat_schema *schema = LEAT_ARENA_NEW(arena, leat_schema);
    *schema = (leat_schema){field_count, event_time, copies};
    return schema;
}

int32_t leat_schema_find(const leat_schema *schema, leat_bytes name)
{
    int32_t found = LEAT_SCHEMA_NOT_FOUND;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        leat_bytes field = schema->fields[i].name;
        if (leat_bytes_equal(field, name))
            return (int32_t)i;
        if (field.size == name.size && strncasecmp(field.data, name.data, name.size) == 0)
            found = found == LEAT_SCHEMA_NOT_FOUND ? (int32_t)i : LEAT_SCHEMA_AMBIGUOUS;
    }
    return found;
}

bool leat_schema_equal(const leat_schema *a, const leat_schema *b)
{
    if (a->field_count != b->field_count)
        return false;
    for (uint32_t i = 0; i < a->field_count; i++) {
        const leat_field *x = &a->fields[i];
        const leat_field *y = &b->fields[i];
        if (!leat_bytes_equal(x->name, y->name) || !leat_type_equal(x->type, y->type) ||
            x->is_nullable != y->is_nullable)
            return false;
    }
    return true;
}

void leat_schema_print(const leat_schema *schema, leat_buf *out)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const leat_field *field = &schema->fields[i];
        leat_buf_print(out, "%s%.*s ", i == 0 ? "" : ", ", LEAT_FMT(field->name));
        leat_type_print(field->type, out);
        if (!field->is_nullable)
            leat_buf_add_text(out, " not null");
    }
}

/* u32 fields, u32 event time + 1, then per field: name, type, nullable. */
void leat_schema_encode(const leat_schema *schema, leat_buf *out)
{
    leat_buf_add_u32(out, schema->field_count);
    leat_buf_add_u32(out, (uint32_t)(schema->event_time + 1));
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const leat_field *field = &schema->fields[i];
        leat_buf_add_bytes(out, field->name);
        leat_type_encode(field->type, out);
        leat_buf_add_u8(out, field->is_nullable);
    }
}

leat_code leat_schema_decode(leat_cursor *in,
                             leat_arena *arena,
                             const leat_schema **out_schema,
                             leat_error *err)
{
    uint32_t field_count = leat_cursor_u32(in);
    uint32_t event_time = leat_cursor_u32(in);
    if (in->is_short || field_count > LEAT_SCHEMA_FIELDS_MAX || event_time > field_count)
        return leat_fail(err, LEAT_CORRUPT, "schema: a wrong number of fields");
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, field_count);
    for (uint32_t i = 0; i < field_count; i++) {
        leat_bytes name = leat_cursor_bytes(in);
        leat_type type;
        bool is_type = leat_type_decode(in, true, &type);
        uint8_t is_nullable = leat_cursor_u8(in);
        if (in->is_short || !is_type || is_nullable > 1)
            return leat_fail(err, LEAT_CORRUPT, "schema: field %u cannot be read", i);
        fields[i] = (leat_field){leat_arena_bytes(arena, name), type, is_nullable == 1};
    }
    leat_schema *schema = LEAT_ARENA_NEW(arena, leat_schema);
    *schema = (leat_schema){field_count, (int32_t)event_time - 1, fields};
    *out_schema = schema;
    return LEAT_OK;
}
