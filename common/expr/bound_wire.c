/* SPDX-License-Identifier: Apache-2.0
 *
 * Bound expressions as bytes: a node, then its arguments. A function travels by name: its
 * overload and result type follow from the arguments and are checked against what was sent, so
 * that bytes of another version are understood or refused, never misread.
 */
#include "common/expr/bound.h"

#include "common/expr/function.h"

static void value_encode(const leat_value *value, leat_buf *out)
{
    leat_buf_add_u8(out, value->is_null);
    if (value->is_null)
        return;
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_BOOLEAN:
        leat_buf_add_u8(out, value->boolean);
        return;
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        leat_buf_add(out, &value->integer, sizeof value->integer);
        return;
    case LEAT_TYPE_DOUBLE:
        leat_buf_add(out, &value->real, sizeof value->real);
        return;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        leat_buf_add_bytes(out, value->text);
        return;
    case LEAT_TYPE_INTERVAL:
        leat_buf_add_u32(out, (uint32_t)value->interval.months);
        leat_buf_add_u32(out, (uint32_t)value->interval.days);
        leat_buf_add_u64(out, (uint64_t)value->interval.micros);
        return;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_bound_encode(const leat_bound *bound, leat_buf *out)
{
    leat_buf_add_u8(out, (uint8_t)bound->kind);
    leat_buf_add_u8(out, bound->is_nullable);
    leat_type_encode(bound->type, out);
    switch (bound->kind) {
    case LEAT_BOUND_CONSTANT:
        value_encode(&bound->value, out);
        return;
    case LEAT_BOUND_COLUMN:
        leat_buf_add_u32(out, bound->column);
        return;
    case LEAT_BOUND_CALL:
        leat_buf_add_bytes(out, leat_bytes_text(leat_function_at(bound->function)->name));
        break;
    case LEAT_BOUND_CASE:
        break;
    }
    leat_buf_add_u32(out, bound->argument_count);
    for (uint32_t i = 0; i < bound->argument_count; i++)
        leat_bound_encode(bound->arguments[i], out);
}

/* --- Back. --- */

typedef struct decoder {
    leat_cursor *in;
    leat_arena *arena;
    leat_error *err;
    uint32_t node_count;
} decoder;

static leat_code corrupt(decoder *d, const char *what)
{
    return leat_fail(d->err, LEAT_CORRUPT, "not an expression: %s", what);
}

static bool integer_is_sound(const leat_value *value)
{
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_INT:
    case LEAT_TYPE_DATE:
        return value->integer >= INT32_MIN && value->integer <= INT32_MAX;
    case LEAT_TYPE_DECIMAL: {
        leat_i128 limit = 1;
        for (unsigned i = 0; i < value->type.precision; i++)
            limit *= 10;
        return value->integer < limit && value->integer > -limit;
    }
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIME:
        return value->integer >= INT64_MIN && value->integer <= INT64_MAX;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_BOOLEAN:
    case LEAT_TYPE_DOUBLE:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_INTERVAL:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
    case LEAT_TYPE_COUNT:
        break;
    }
    return false;
}

static void cursor_copy(leat_cursor *in, void *out, size_t size)
{
    const void *from = leat_cursor_take(in, size);
    if (from != NULL)
        memcpy(out, from, size);
}

static leat_code value_decode(decoder *d, leat_value *value)
{
    uint8_t is_null = leat_cursor_u8(d->in);
    if (is_null > 1)
        return corrupt(d, "a flag that is neither 0 nor 1");
    value->is_null = is_null;
    if (value->is_null)
        return LEAT_OK;
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_BOOLEAN:
        value->boolean = leat_cursor_u8(d->in) != 0;
        return LEAT_OK;
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        cursor_copy(d->in, &value->integer, sizeof value->integer);
        return integer_is_sound(value) ? LEAT_OK : corrupt(d, "a constant out of range");
    case LEAT_TYPE_DOUBLE:
        cursor_copy(d->in, &value->real, sizeof value->real);
        return LEAT_OK;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        value->text = leat_arena_bytes(d->arena, leat_cursor_bytes(d->in));
        return LEAT_OK;
    case LEAT_TYPE_INTERVAL:
        value->interval.months = (int32_t)leat_cursor_u32(d->in);
        value->interval.days = (int32_t)leat_cursor_u32(d->in);
        value->interval.micros = leat_cursor_i64(d->in);
        return LEAT_OK;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    return corrupt(d, "a constant of no type");
}

static leat_code bound_decode(decoder *d, uint32_t depth, leat_bound **out_bound);

static leat_code arguments_decode(decoder *d, uint32_t depth, leat_bound *bound)
{
    uint32_t count = leat_cursor_u32(d->in);
    /* No argument is shorter than this, so the array is bounded by the bytes. */
    enum { NODE_BYTES_MIN = 6 };
    if (count > (size_t)(d->in->end - d->in->at) / NODE_BYTES_MIN)
        return corrupt(d, "more arguments than bytes");
    bound->argument_count = count;
    bound->arguments = LEAT_ARENA_ARRAY(d->arena, leat_bound *, count);
    for (uint32_t i = 0; i < count; i++)
        LEAT_TRY(bound_decode(d, depth + 1, &bound->arguments[i]));
    return LEAT_OK;
}

static leat_code call_decode(decoder *d, uint32_t depth, leat_bound *bound)
{
    leat_bytes name = leat_cursor_bytes(d->in);
    LEAT_TRY(arguments_decode(d, depth, bound));
    leat_function_id id = LEAT_FUNCTION_NONE;
    for (uint32_t from = 0;; from = id + 1U) {
        /* Casts have one name and differ in their result. */
        id = leat_function_next(name, from);
        if (id == LEAT_FUNCTION_NONE)
            break;
        leat_type type;
        const leat_function *function = leat_function_at(id);
        if (leat_function_takes(function, bound->arguments, bound->argument_count) &&
            leat_function_result(function, bound->arguments, bound->argument_count, bound->type,
                                 &type) &&
            leat_type_equal(type, bound->type))
            break;
    }
    if (id == LEAT_FUNCTION_NONE)
        return leat_fail(d->err, LEAT_CORRUPT,
                         "not an expression: no function '%.*s' with these types",
                         (int)LEAT_MIN(name.size, (size_t)40), name.data);
    bound->function = id;
    const leat_function *function = leat_function_at(id);
    const char *reason = NULL;
    if (function->prepare != NULL)
        (void)function->prepare(bound, d->arena, &reason);
    return reason == NULL ? LEAT_OK : corrupt(d, reason);
}

static leat_code case_check(decoder *d, const leat_bound *bound)
{
    if (bound->argument_count % 2 == 0)
        return corrupt(d, "CASE without ELSE");
    for (uint32_t i = 0; i < bound->argument_count; i++) {
        bool is_condition = i % 2 == 0 && i + 1 < bound->argument_count;
        leat_type type = bound->arguments[i]->type;
        if (is_condition ? type.id != LEAT_TYPE_BOOLEAN : !leat_type_fits(type, bound->type))
            return corrupt(d, "CASE over different types");
    }
    return LEAT_OK;
}

static leat_code node_decode(decoder *d, uint32_t depth, leat_bound *bound)
{
    switch (bound->kind) {
    case LEAT_BOUND_CONSTANT:
        bound->value.type = bound->type;
        return value_decode(d, &bound->value);
    case LEAT_BOUND_COLUMN:
        bound->column = leat_cursor_u32(d->in);
        return LEAT_OK;
    case LEAT_BOUND_CALL:
        return call_decode(d, depth, bound);
    case LEAT_BOUND_CASE:
        LEAT_TRY(arguments_decode(d, depth, bound));
        return case_check(d, bound);
    }
    return corrupt(d, "an unknown kind of node");
}

static leat_code bound_decode(decoder *d, uint32_t depth, leat_bound **out_bound)
{
    if (depth >= LEAT_BOUND_DEPTH_MAX || ++d->node_count > LEAT_BOUND_NODES_MAX)
        return corrupt(d, "too deep or too long");
    leat_bound *bound = LEAT_ARENA_NEW(d->arena, leat_bound);
    uint8_t kind = leat_cursor_u8(d->in);
    bound->is_nullable = leat_cursor_u8(d->in) != 0;
    if (!leat_type_decode(d->in, false, &bound->type) || kind > LEAT_BOUND_CASE)
        return corrupt(d, "an unknown kind or type");
    bound->kind = (leat_bound_kind)kind;
    LEAT_TRY(node_decode(d, depth, bound));
    if (d->in->is_short)
        return corrupt(d, "cut short");
    *out_bound = bound;
    return LEAT_OK;
}

leat_code
leat_bound_decode(leat_cursor *in, leat_arena *arena, leat_bound **out_bound, leat_error *err)
{
    decoder d = {.in = in, .arena = arena, .err = err};
    return bound_decode(&d, 0, out_bound);
}
