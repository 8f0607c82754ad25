/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding things: IN over constants, LIKE, position, starts_with.
 *
 * IN sorts its list once and searches it by halves. LIKE looks at its constant pattern once:
 * equality, prefix, suffix and containment need no matcher.
 */
#include <stdlib.h>

#include "common/expr/function.h"
#include "common/expr/order.h"
#include "common/expr/utf8.h"

/* --- IN. --- */

typedef struct in_list {
    uint32_t count;
    leat_i128 *numbers; /* int, bigint, decimal, timestamp; ascending */
    double *reals;      /* ascending, NaN last */
    leat_view *views;   /* ascending */
    leat_interval *spans;
} in_list;

#define ORDER(name, T, LT)                                                                         \
    static int name(const void *a, const void *b)                                                  \
    {                                                                                              \
        const T *x = a, *y = b;                                                                    \
        return LT(*x, *y) ? -1 : LT(*y, *x);                                                       \
    }
ORDER(number_order, leat_i128, LEAT_PLAIN_LT)
ORDER(real_order, double, LEAT_REAL_LT)

static int text_order(const void *a, const void *b)
{
    return leat_view_order(a, b);
}

ORDER(span_order, leat_interval, LEAT_SPAN_LT)

static const void *in_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    in_list *list = LEAT_ARENA_NEW(arena, in_list);
    list->count = call->argument_count - 1;
    list->numbers = LEAT_ARENA_ARRAY(arena, leat_i128, list->count);
    list->reals = LEAT_ARENA_ARRAY(arena, double, list->count);
    list->views = LEAT_ARENA_ARRAY(arena, leat_view, list->count);
    list->spans = LEAT_ARENA_ARRAY(arena, leat_interval, list->count);
    leat_type_id id = (leat_type_id)call->arguments[0]->type.id;
    for (uint32_t i = 0; i < list->count; i++) {
        const leat_bound *item = call->arguments[i + 1];
        if (item->kind != LEAT_BOUND_CONSTANT || item->value.is_null) {
            *out_reason = "its list must be constant";
            return NULL;
        }
        if (id == LEAT_TYPE_DOUBLE) {
            list->reals[i] = item->value.real;
        } else if (leat_type_layout(call->arguments[0]->type) == LEAT_LAYOUT_VIEW) {
            leat_bytes text = leat_arena_bytes(arena, item->value.text);
            list->views[i] = leat_view_of(text.data, text.size);
        } else if (id == LEAT_TYPE_INTERVAL) {
            list->spans[i] = item->value.interval;
        } else {
            list->numbers[i] = item->value.integer;
        }
    }
    qsort(list->numbers, list->count, sizeof *list->numbers, number_order);
    qsort(list->reals, list->count, sizeof *list->reals, real_order);
    qsort(list->views, list->count, sizeof *list->views, text_order);
    qsort(list->spans, list->count, sizeof *list->spans, span_order);
    return list;
}

/* `item` is an expression for the row's value. */
#define IN_KERNEL(name, T, array, order, item)                                                     \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const in_list *list = call->prepared;                                                      \
        const leat_column *column = &call->arguments[0];                                           \
        uint64_t *out = call->values;                                                              \
        memset(out, 0, leat_bit_words(call->row_count) * sizeof *out);                             \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const T x = (item);                                                                    \
            if (bsearch(&x, list->array, list->count, sizeof x, order) != NULL)                    \
                leat_bit_set(out, row, true);                                                      \
        }                                                                                          \
    }

IN_KERNEL(in_numbers, leat_i128, numbers, number_order, leat_column_integer(column, row))
IN_KERNEL(in_reals, double, reals, real_order, LEAT_COLUMN_GET(column, double, row))
IN_KERNEL(in_spans, leat_interval, spans, span_order, LEAT_COLUMN_GET(column, leat_interval, row))

/* A few texts are compared one by one: equality looks at eight bytes, order at more. */
static bool is_in_views(const in_list *list, const leat_view *view)
{
    enum { FEW = 8 };
    if (list->count > FEW)
        return bsearch(view, list->views, list->count, sizeof *view, text_order) != NULL;
    for (uint32_t i = 0; i < list->count; i++)
        if (leat_view_equal(&list->views[i], view))
            return true;
    return false;
}

static void in_texts(leat_kernel_call *call)
{
    const leat_view *xs = call->arguments[0].values;
    uint64_t *out = call->values;
    memset(out, 0, leat_bit_words(call->row_count) * sizeof *out);
    LEAT_KERNEL_EACH_VALID(call, row)
    leat_bit_set(out, row, is_in_views(call->prepared, &xs[row]));
}

/* --- LIKE. --- */

typedef enum like_kind {
    LIKE_EQUAL,
    LIKE_PREFIX,
    LIKE_SUFFIX,
    LIKE_CONTAINS,
    LIKE_PATTERN,
} like_kind;

typedef struct like_plan {
    like_kind kind;
    leat_bytes text; /* the literal part; not for PATTERN */
} like_plan;

enum { NO_ESCAPE = -1 };

/* The escape character of an ESCAPE argument; false when it is longer than one byte. */
static bool escape_of(leat_bytes text, int *out_escape)
{
    *out_escape = text.size == 0 ? NO_ESCAPE : (unsigned char)text.data[0];
    return text.size <= 1;
}

/* Cut off a leading or trailing run of %, then take the rest literally if it is. */
static bool like_literal(leat_bytes pattern, int escape, char *out, size_t *out_size)
{
    size_t size = 0;
    for (size_t i = 0; i < pattern.size; i++) {
        if ((unsigned char)pattern.data[i] == escape)
            i++;
        else if (pattern.data[i] == '%' || pattern.data[i] == '_')
            return false;
        if (i == pattern.size)
            return false;
        out[size++] = pattern.data[i];
    }
    *out_size = size;
    return true;
}

/* A pattern that ends with a lone escape means nothing. */
static bool like_is_sound(leat_bytes pattern, int escape)
{
    for (size_t i = 0; i < pattern.size; i++)
        if ((unsigned char)pattern.data[i] == escape && ++i == pattern.size)
            return false;
    return true;
}

static bool ends_with_any(leat_bytes pattern, int escape)
{
    if (pattern.size == 0 || pattern.data[pattern.size - 1] != '%')
        return false;
    size_t escapes = 0; /* an odd number of them makes it a literal */
    for (size_t i = pattern.size - 1; i > 0 && (unsigned char)pattern.data[i - 1] == escape; i--)
        escapes++;
    return escapes % 2 == 0;
}

static const void *like_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    int escape = '\\';
    if (call->argument_count == 3) {
        const leat_bound *given = call->arguments[2];
        bool is_constant = given->kind == LEAT_BOUND_CONSTANT && !given->value.is_null;
        if (!is_constant || !escape_of(given->value.text, &escape)) {
            *out_reason = "ESCAPE must be a constant of at most one character";
            return NULL;
        }
    }
    const leat_bound *pattern = call->arguments[1];
    if (pattern->kind != LEAT_BOUND_CONSTANT || pattern->value.is_null)
        return NULL;
    leat_bytes text = pattern->value.text;
    if (!like_is_sound(text, escape)) {
        *out_reason = "the pattern must not end with the escape character";
        return NULL;
    }
    like_plan *plan = LEAT_ARENA_NEW(arena, like_plan);
    bool from_start = text.size == 0 || text.data[0] != '%';
    bool to_end = !ends_with_any(text, escape);
    leat_bytes middle = text;
    if (!from_start)
        middle = leat_utf8_part(middle, 1, middle.size);
    if (!to_end && middle.size > 0)
        middle = leat_utf8_part(middle, 0, middle.size - 1);
    char *literal = leat_arena_aligned(arena, 1, text.size + 1);
    size_t size = 0;
    plan->kind = LIKE_PATTERN;
    if (!like_literal(middle, escape, literal, &size))
        return plan;
    plan->text = leat_bytes_of(literal, size);
    if (from_start)
        plan->kind = to_end ? LIKE_EQUAL : LIKE_PREFIX;
    else
        plan->kind = to_end ? LIKE_SUFFIX : LIKE_CONTAINS;
    return plan;
}

/* One % is remembered at a time: when the rest does not match, it takes one character more. */
static bool like_matches(leat_bytes text, leat_bytes pattern, int escape)
{
    size_t t = 0, p = 0, retry_t = 0, retry_p = SIZE_MAX;
    for (;;) {
        if (p < pattern.size && pattern.data[p] == '%' && (unsigned char)'%' != escape) {
            retry_p = ++p;
            retry_t = t;
            continue;
        }
        if (t == text.size && p == pattern.size)
            return true;
        bool is_match = false;
        size_t step = 1;
        if (t < text.size && p < pattern.size) {
            bool is_escaped = (unsigned char)pattern.data[p] == escape;
            size_t at = p + is_escaped;
            bool is_any = !is_escaped && pattern.data[p] == '_';
            step = is_any ? leat_utf8_size(text, t) : 1;
            is_match = is_any || (at < pattern.size && pattern.data[at] == text.data[t]);
            if (is_match)
                p = at + 1;
        }
        if (is_match) {
            t += step;
        } else if (retry_p != SIZE_MAX && retry_t < text.size) {
            retry_t += leat_utf8_size(text, retry_t);
            t = retry_t;
            p = retry_p;
        } else {
            return false;
        }
    }
}

static bool starts_with_bytes(leat_bytes text, leat_bytes start)
{
    return text.size >= start.size &&
           (start.size == 0 || memcmp(text.data, start.data, start.size) == 0);
}

static bool ends_with_bytes(leat_bytes text, leat_bytes end)
{
    return text.size >= end.size &&
           (end.size == 0 || memcmp(text.data + text.size - end.size, end.data, end.size) == 0);
}

static bool contains(leat_bytes text, leat_bytes part)
{
    return part.size == 0 ||
           (text.size > 0 && memmem(text.data, text.size, part.data, part.size) != NULL);
}

static bool like_by_plan(const like_plan *plan, leat_bytes text)
{
    switch (plan->kind) {
    case LIKE_EQUAL:
        return leat_bytes_equal(text, plan->text);
    case LIKE_PREFIX:
        return starts_with_bytes(text, plan->text);
    case LIKE_SUFFIX:
        return ends_with_bytes(text, plan->text);
    case LIKE_CONTAINS:
        return contains(text, plan->text);
    case LIKE_PATTERN:
        break;
    }
    LEAT_UNREACHABLE();
}

static void like_string(leat_kernel_call *call)
{
    const like_plan *plan = call->prepared;
    uint64_t *out = call->values;
    int escape = '\\';
    if (call->argument_count == 3)
        (void)escape_of(leat_kernel_bytes(&call->arguments[2], 0), &escape);
    memset(out, 0, leat_bit_words(call->row_count) * sizeof *out);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_bytes text = leat_kernel_bytes(&call->arguments[0], row);
        if (plan != NULL && plan->kind != LIKE_PATTERN) {
            leat_bit_set(out, row, like_by_plan(plan, text));
            continue;
        }
        leat_bytes pattern = leat_kernel_bytes(&call->arguments[1], row);
        if (like_is_sound(pattern, escape))
            leat_bit_set(out, row, like_matches(text, pattern, escape));
        else
            leat_kernel_fail(call, row, "the pattern must not end with the escape character");
    }
}

/* --- Positions. --- */

static int32_t position_of(leat_bytes part, leat_bytes text)
{
    if (part.size == 0)
        return 1;
    const char *at = text.size == 0 ? NULL : memmem(text.data, text.size, part.data, part.size);
    if (at == NULL)
        return 0;
    return (int32_t)leat_utf8_count(leat_bytes_of(text.data, (size_t)(at - text.data))) + 1;
}

static void position_string(leat_kernel_call *call)
{
    int32_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = position_of(leat_kernel_bytes(&call->arguments[0], row),
                           leat_kernel_bytes(&call->arguments[1], row));
}

static void strpos_string(leat_kernel_call *call)
{
    int32_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = position_of(leat_kernel_bytes(&call->arguments[1], row),
                           leat_kernel_bytes(&call->arguments[0], row));
}

#define TEXT_TEST(name, test)                                                                      \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        uint64_t *out = call->values;                                                              \
        memset(out, 0, leat_bit_words(call->row_count) * sizeof *out);                             \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        leat_bit_set(out, row,                                                                     \
                     test(leat_kernel_bytes(&call->arguments[0], row),                             \
                          leat_kernel_bytes(&call->arguments[1], row)));                           \
    }
TEXT_TEST(starts_with, starts_with_bytes)
TEXT_TEST(ends_with, ends_with_bytes)

/* --- Rows. --- */

#define IN_ROW(id, kernel_name)                                                                    \
    {                                                                                              \
        .name = "in", .summary = "one of the constants", LEAT_ARGUMENTS_2(id, id),                 \
        LEAT_RESULT(BOOLEAN), .is_variadic = true, .has_equal_types = true, .prepare = in_prepare, \
        .kernel = kernel_name                                                                      \
    }

static const leat_function rows[] = {
    IN_ROW(INT, in_numbers),
    IN_ROW(BIGINT, in_numbers),
    IN_ROW(DECIMAL, in_numbers),
    IN_ROW(DOUBLE, in_reals),
    IN_ROW(TIMESTAMP, in_numbers),
    IN_ROW(DATE, in_numbers),
    IN_ROW(TIME, in_numbers),
    IN_ROW(JSON, in_texts),
    IN_ROW(ARRAY, in_texts),
    IN_ROW(ROW, in_texts),
    IN_ROW(STRING, in_texts),
    IN_ROW(BYTES, in_texts),
    IN_ROW(INTERVAL, in_spans),
    {.name = "like",
     .summary = "% stands for any text, _ for one character, \\ makes them plain",
     LEAT_ARGUMENTS_2(STRING, STRING),
     LEAT_RESULT(BOOLEAN),
     .can_fail = true,
     .prepare = like_prepare,
     .kernel = like_string},
    {.name = "like",
     .summary = "with the third as the escape character",
     LEAT_ARGUMENTS_3(STRING, STRING, STRING),
     LEAT_RESULT(BOOLEAN),
     .can_fail = true,
     .prepare = like_prepare,
     .kernel = like_string},
    {.name = "position",
     .summary = "position(part IN text): first place, from 1; 0 if it is not there",
     LEAT_ARGUMENTS_2(STRING, STRING),
     LEAT_RESULT(INT),
     .kernel = position_string},
    {.name = "strpos",
     .summary = "strpos(text, part): first place, from 1; 0 if it is not there",
     LEAT_ARGUMENTS_2(STRING, STRING),
     LEAT_RESULT(INT),
     .kernel = strpos_string},
    {.name = "starts_with",
     .summary = "the first begins with the second",
     LEAT_ARGUMENTS_2(STRING, STRING),
     LEAT_RESULT(BOOLEAN),
     .kernel = starts_with},
    {.name = "ends_with",
     .summary = "the first ends with the second",
     LEAT_ARGUMENTS_2(STRING, STRING),
     LEAT_RESULT(BOOLEAN),
     .kernel = ends_with},
};

const leat_function_family leat_functions_search = {"Search", rows, LEAT_COUNT_OF(rows)};
