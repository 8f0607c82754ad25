/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes stand in a table that only grows, chained by hash. A reader that has a type got it after
 * its shape was stored, so it needs no lock.
 */
#include "common/columns/type.h"

#include <stdatomic.h>
#include <strings.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/hash.h"

leat_layout leat_type_layout(leat_type type)
{
    switch ((leat_type_id)type.id) {
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_BOOLEAN:
        return LEAT_LAYOUT_BIT;
    case LEAT_TYPE_INT:
    case LEAT_TYPE_DATE:
        return LEAT_LAYOUT_I32;
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIME:
        return LEAT_LAYOUT_I64;
    case LEAT_TYPE_DOUBLE:
        return LEAT_LAYOUT_F64;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        return LEAT_LAYOUT_VIEW;
    case LEAT_TYPE_INTERVAL:
        return LEAT_LAYOUT_INTERVAL;
    case LEAT_TYPE_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

size_t leat_layout_size(leat_layout layout)
{
    switch (layout) {
    case LEAT_LAYOUT_BIT:
        return 0;
    case LEAT_LAYOUT_I32:
        return sizeof(int32_t);
    case LEAT_LAYOUT_I64:
    case LEAT_LAYOUT_F64:
        return sizeof(int64_t);
    case LEAT_LAYOUT_I128:
        return sizeof(leat_i128);
    case LEAT_LAYOUT_INTERVAL:
        return sizeof(leat_interval);
    case LEAT_LAYOUT_VIEW:
        return sizeof(leat_view);
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

/* --- Shapes. --- */

enum { BUCKETS = 1024 };

typedef struct shape_entry {
    leat_type_shape shape;
    uint64_t hash;
    uint32_t next; /* number of the next of the bucket, + 1 */
} shape_entry;

static _Atomic(shape_entry *) entries[LEAT_TYPE_SHAPES_MAX];
static uint32_t entry_count;
static uint32_t buckets[BUCKETS]; /* number + 1 */
static atomic_flag entries_busy = ATOMIC_FLAG_INIT;

static uint32_t shape_number(leat_type type)
{
    return (uint32_t)type.precision << 8 | type.scale;
}

bool leat_type_has_shape(leat_type type)
{
    return leat_type_is_nested(type) &&
           atomic_load_explicit(&entries[shape_number(type)], memory_order_acquire) != NULL;
}

const leat_type_shape *leat_type_shape_of(leat_type type)
{
    LEAT_ASSERT(leat_type_is_nested(type));
    shape_entry *entry = atomic_load_explicit(&entries[shape_number(type)], memory_order_acquire);
    LEAT_ASSERT(entry != NULL);
    return &entry->shape;
}

static uint64_t shape_hash(leat_type_id id, const leat_type_field *fields, uint32_t field_count)
{
    uint64_t hash = (uint64_t)id << 32 | field_count;
    for (uint32_t i = 0; i < field_count; i++) {
        uint64_t parts[3] = {hash, leat_hash_bytes(fields[i].name),
                             (uint64_t)fields[i].type.id << 16 |
                                 (uint64_t)fields[i].type.precision << 8 | fields[i].type.scale};
        hash = leat_hash(parts, sizeof parts);
    }
    return hash;
}

static bool shape_equal(const leat_type_shape *shape,
                        leat_type_id id,
                        const leat_type_field *fields,
                        uint32_t field_count)
{
    if (shape->type.id != id || shape->field_count != field_count)
        return false;
    for (uint32_t i = 0; i < field_count; i++)
        if (!leat_type_equal(shape->fields[i].type, fields[i].type) ||
            !leat_bytes_equal(shape->fields[i].name, fields[i].name))
            return false;
    return true;
}

/* One block: the entry, its fields, their names. */
static shape_entry *
entry_new(leat_type type, const leat_type_field *fields, uint32_t field_count, uint64_t hash)
{
    size_t name_bytes = 0;
    for (uint32_t i = 0; i < field_count; i++)
        name_bytes += fields[i].name.size;
    size_t fields_bytes = field_count * sizeof *fields;
    shape_entry *entry = leat_alloc(sizeof *entry + fields_bytes + name_bytes);
    leat_type_field *copies = (leat_type_field *)(entry + 1);
    char *names = (char *)copies + fields_bytes;
    for (uint32_t i = 0; i < field_count; i++) {
        leat_bytes name = fields[i].name;
        if (name.size > 0)
            memcpy(names, name.data, name.size);
        copies[i] = (leat_type_field){leat_bytes_of(names, name.size), fields[i].type};
        names += name.size;
    }
    *entry = (shape_entry){.shape = {type, field_count, copies}, .hash = hash};
    return entry;
}

static leat_type
shape_add(leat_type_id id, const leat_type_field *fields, uint32_t field_count, uint64_t hash)
{
    uint32_t *bucket = &buckets[hash % BUCKETS];
    for (uint32_t at = *bucket; at != 0;) {
        shape_entry *entry = atomic_load_explicit(&entries[at - 1], memory_order_relaxed);
        if (entry->hash == hash && shape_equal(&entry->shape, id, fields, field_count))
            return entry->shape.type;
        at = entry->next;
    }
    if (entry_count == LEAT_TYPE_SHAPES_MAX)
        return LEAT_TYPE(UNKNOWN);
    leat_type type = {(uint8_t)id, (uint8_t)(entry_count >> 8), (uint8_t)entry_count};
    shape_entry *entry = entry_new(type, fields, field_count, hash);
    entry->next = *bucket;
    atomic_store_explicit(&entries[entry_count], entry, memory_order_release);
    *bucket = ++entry_count;
    return type;
}

static unsigned type_depth(leat_type type)
{
    unsigned depth = 0;
    if (!leat_type_is_nested(type))
        return 0;
    const leat_type_shape *shape = leat_type_shape_of(type);
    for (uint32_t i = 0; i < shape->field_count; i++)
        depth = LEAT_MAX(depth, type_depth(shape->fields[i].type));
    return depth + 1;
}

static leat_type nested_type(leat_type_id id, const leat_type_field *fields, uint32_t field_count)
{
    if (field_count > LEAT_TYPE_FIELDS_MAX)
        return LEAT_TYPE(UNKNOWN);
    for (uint32_t i = 0; i < field_count; i++)
        if (type_depth(fields[i].type) >= LEAT_TYPE_DEPTH_MAX)
            return LEAT_TYPE(UNKNOWN);
    uint64_t hash = shape_hash(id, fields, field_count);
    while (atomic_flag_test_and_set_explicit(&entries_busy, memory_order_acquire)) {
    }
    leat_type type = shape_add(id, fields, field_count, hash);
    atomic_flag_clear_explicit(&entries_busy, memory_order_release);
    return type;
}

leat_type leat_type_array(leat_type element)
{
    return nested_type(LEAT_TYPE_ARRAY, &(leat_type_field){.type = element}, 1);
}

leat_type leat_type_map(leat_type key, leat_type value)
{
    return nested_type(LEAT_TYPE_MAP, (leat_type_field[]){{.type = key}, {.type = value}}, 2);
}

leat_type leat_type_row(const leat_type_field *fields, uint32_t field_count)
{
    return nested_type(LEAT_TYPE_ROW, fields, field_count);
}

leat_type leat_type_element(leat_type type)
{
    LEAT_ASSERT(type.id == LEAT_TYPE_ARRAY);
    return leat_type_shape_of(type)->fields[0].type;
}

int32_t leat_type_field_find(leat_type type, leat_bytes name)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    int32_t found = -1;
    for (uint32_t i = shape->field_count; i-- > 0;) {
        leat_bytes other = shape->fields[i].name;
        if (leat_bytes_equal(other, name))
            return (int32_t)i;
        if (other.size == name.size && strncasecmp(other.data, name.data, name.size) == 0)
            found = (int32_t)i;
    }
    return found;
}

/* --- Bytes. --- */

void leat_type_encode(leat_type type, leat_buf *out)
{
    bool is_nested = leat_type_is_nested(type);
    leat_buf_add_u8(out, type.id);
    leat_buf_add_u8(out, is_nested ? 0 : type.precision);
    leat_buf_add_u8(out, is_nested ? 0 : type.scale);
    if (!is_nested)
        return;
    const leat_type_shape *shape = leat_type_shape_of(type);
    leat_buf_add_u16(out, (uint16_t)shape->field_count);
    for (uint32_t i = 0; i < shape->field_count; i++) {
        leat_buf_add_bytes(out, shape->fields[i].name);
        leat_type_encode(shape->fields[i].type, out);
    }
}

static bool type_decode(leat_cursor *in, unsigned depth, leat_type *out_type);

static bool nested_decode(leat_cursor *in, leat_type_id id, unsigned depth, leat_type *out_type)
{
    uint32_t count = leat_cursor_u16(in);
    bool is_count = id == LEAT_TYPE_ROW || count == (id == LEAT_TYPE_ARRAY ? 1U : 2U);
    if (in->is_short || depth >= LEAT_TYPE_DEPTH_MAX || !is_count || count > LEAT_TYPE_FIELDS_MAX)
        return false;
    leat_type_field *fields = leat_alloc_zero(LEAT_MAX(count, 1U), sizeof *fields);
    bool is_read = true;
    for (uint32_t i = 0; i < count && is_read; i++) {
        fields[i].name = leat_cursor_bytes(in);
        is_read = !in->is_short && type_decode(in, depth + 1, &fields[i].type);
    }
    if (is_read)
        *out_type = nested_type(id, fields, count);
    leat_free(fields);
    return is_read && out_type->id != LEAT_TYPE_UNKNOWN;
}

static bool type_decode(leat_cursor *in, unsigned depth, leat_type *out_type)
{
    leat_type type = {.id = leat_cursor_u8(in)};
    type.precision = leat_cursor_u8(in);
    type.scale = leat_cursor_u8(in);
    if (in->is_short || type.id >= LEAT_TYPE_COUNT)
        return false;
    *out_type = type;
    if (type.id == LEAT_TYPE_DECIMAL)
        return type.precision >= 1 && type.precision <= LEAT_DECIMAL_PRECISION_MAX &&
               type.scale <= type.precision;
    if (type.precision != 0 || type.scale != 0)
        return false;
    return !leat_type_is_nested(type) || nested_decode(in, (leat_type_id)type.id, depth, out_type);
}

bool leat_type_decode(leat_cursor *in, bool takes_unknown, leat_type *out_type)
{
    leat_type type;
    if (!type_decode(in, 0, &type) || (type.id == LEAT_TYPE_UNKNOWN && !takes_unknown))
        return false;
    *out_type = type;
    return true;
}
