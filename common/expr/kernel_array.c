/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays. Most functions never look into an element: its bytes are canonical and ordered
 * (common/columns/nested.h), so elements are found, compared and moved as bytes. Places count
 * from 1; a place that is not there is NULL.
 */
#include "common/base/vec.h"
#include "common/columns/nested.h"
#include "common/expr/function.h"

#include <stdlib.h>

enum { ARRAY_BYTES_MAX = 1 << 20 };

static const char *const too_long = "an array longer than 1 MiB";

/* --- What kernels are made of. --- */

static leat_value value_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    leat_value value = leat_column_value(&call->arguments[argument], row);
    value.type = call->arguments[argument].type;
    return value;
}

static int64_t int_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return (int64_t)leat_column_integer(&call->arguments[argument], row);
}

static leat_value integer_value(const leat_kernel_call *call, int64_t value)
{
    return (leat_value){.type = call->type, .integer = value};
}

static leat_value boolean_value(const leat_kernel_call *call, bool value)
{
    return (leat_value){.type = call->type, .boolean = value};
}

/* The elements of an array as bytes, marks included. */
typedef struct elements {
    leat_nested_reader reader;
    leat_type type;
    leat_bytes bytes; /* of the last one */
    leat_value value;
} elements;

static elements elements_of(leat_bytes array, leat_type type, leat_arena *arena)
{
    return (elements){.reader = leat_nested_read(array, arena), .type = leat_type_element(type)};
}

static elements elements_at(leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    leat_value array = value_at(call, argument, row);
    leat_bytes bytes = array.is_null ? LEAT_BYTES("") : array.text;
    return elements_of(bytes, call->arguments[argument].type, call->arena);
}

static bool element_next(elements *e)
{
    if (!leat_nested_more(&e->reader))
        return false;
    const uint8_t *start = e->reader.in.at;
    e->value = leat_nested_next(&e->reader, e->type);
    e->bytes = leat_bytes_of(start, (size_t)(e->reader.in.at - start));
    return true;
}

static void piece_add(leat_buf *out, leat_bytes piece)
{
    leat_buf_add(out, piece.data, piece.size);
}

/* An array of the pieces in `out`, which is emptied. */
static leat_value array_made(leat_kernel_call *call, uint32_t row, leat_buf *out)
{
    leat_value made = leat_kernel_null(call);
    leat_nested_end(out);
    if (out->size > ARRAY_BYTES_MAX)
        leat_kernel_fail(call, row, too_long);
    else
        made = leat_kernel_value_of(call, leat_buf_bytes(out));
    leat_buf_fini(out);
    return made;
}

/* The element that an argument would be. */
static leat_bytes encoded(leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    leat_buf bytes = {0};
    leat_value value = value_at(call, argument, row);
    leat_nested_add(&bytes, &value);
    leat_bytes copy = leat_arena_bytes(call->arena, leat_buf_bytes(&bytes));
    leat_buf_fini(&bytes);
    return copy;
}

#define ROW_KERNEL(name, row_value)                                                                \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        leat_kernel_each_value(call, row_value);                                                   \
    }

/* --- Making and taking apart. --- */

static leat_value array_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf bytes = {0};
    for (uint32_t a = 0; a < call->argument_count; a++) {
        leat_value value = value_at(call, a, row);
        leat_nested_add(&bytes, &value);
    }
    return array_made(call, row, &bytes);
}
ROW_KERNEL(array_new, array_row)

static leat_value element_row(leat_kernel_call *call, uint32_t row)
{
    leat_value array = value_at(call, 0, row);
    int64_t index = int_at(call, 1, row);
    if (index < 1 || index > UINT32_MAX)
        return leat_kernel_null(call);
    return leat_nested_at(array.type, array.text, (uint32_t)index - 1, call->arena);
}
ROW_KERNEL(array_element, element_row)

static leat_value slice_row(leat_kernel_call *call, uint32_t row)
{
    elements e = elements_at(call, 0, row);
    int64_t from = int_at(call, 1, row), to = int_at(call, 2, row);
    leat_buf bytes = {0};
    for (int64_t place = 1; element_next(&e); place++)
        if (place >= from && place <= to)
            piece_add(&bytes, e.bytes);
    return array_made(call, row, &bytes);
}
ROW_KERNEL(array_slice, slice_row)

static leat_value trim_row(leat_kernel_call *call, uint32_t row)
{
    leat_value array = value_at(call, 0, row);
    int64_t count = leat_nested_count(array.type, array.text), cut = int_at(call, 1, row);
    elements e = elements_at(call, 0, row);
    leat_buf bytes = {0};
    if (cut < 0 || cut > count) {
        leat_kernel_fail(call, row,
                         "the number of elements to cut must be between 0 and their count");
        return leat_kernel_null(call);
    }
    for (int64_t place = 0; place < count - cut && element_next(&e); place++)
        piece_add(&bytes, e.bytes);
    return array_made(call, row, &bytes);
}
ROW_KERNEL(array_trim, trim_row)

static leat_value cardinality_row(leat_kernel_call *call, uint32_t row)
{
    leat_value array = value_at(call, 0, row);
    return integer_value(call, leat_nested_count(array.type, array.text));
}
ROW_KERNEL(cardinality, cardinality_row)

/* Of dimension n; NULL when there is none, or when it is empty. */
static leat_value length_row(leat_kernel_call *call, uint32_t row)
{
    leat_value array = value_at(call, 0, row);
    int64_t dimension = call->argument_count == 2 ? int_at(call, 1, row) : 1;
    for (; dimension > 1 && array.type.id == LEAT_TYPE_ARRAY && !array.is_null; dimension--)
        array = leat_nested_at(array.type, array.text, 0, call->arena);
    if (dimension != 1 || array.is_null || array.type.id != LEAT_TYPE_ARRAY)
        return leat_kernel_null(call);
    uint32_t count = leat_nested_count(array.type, array.text);
    return count == 0 ? leat_kernel_null(call) : integer_value(call, count);
}
ROW_KERNEL(array_length, length_row)

static leat_value lower_row(leat_kernel_call *call, uint32_t row)
{
    leat_value length = length_row(call, row);
    length.integer = 1;
    return length;
}
ROW_KERNEL(array_lower, lower_row)

static leat_value dimensions_row(leat_kernel_call *call, uint32_t row)
{
    leat_value array = value_at(call, 0, row);
    int64_t count = 0;
    while (array.type.id == LEAT_TYPE_ARRAY && !array.is_null &&
           leat_nested_count(array.type, array.text) > 0) {
        array = leat_nested_at(array.type, array.text, 0, call->arena);
        count++;
    }
    return count == 0 ? leat_kernel_null(call) : integer_value(call, count);
}
ROW_KERNEL(array_dimensions, dimensions_row)

/* --- Joining. --- */

static void elements_add(elements e, leat_buf *out)
{
    while (element_next(&e))
        piece_add(out, e.bytes);
}

static leat_value append_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf bytes = {0};
    elements_add(elements_at(call, 0, row), &bytes);
    piece_add(&bytes, encoded(call, 1, row));
    return array_made(call, row, &bytes);
}
ROW_KERNEL(array_append, append_row)

static leat_value prepend_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf bytes = {0};
    piece_add(&bytes, encoded(call, 0, row));
    elements_add(elements_at(call, 1, row), &bytes);
    return array_made(call, row, &bytes);
}
ROW_KERNEL(array_prepend, prepend_row)

static leat_value join_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf bytes = {0};
    bool is_null = true;
    for (uint32_t a = 0; a < call->argument_count; a++) {
        is_null &= leat_column_is_null(&call->arguments[a], row);
        elements_add(elements_at(call, a, row), &bytes);
    }
    if (!is_null)
        return array_made(call, row, &bytes);
    leat_buf_fini(&bytes);
    return leat_kernel_null(call);
}
ROW_KERNEL(array_join, join_row)

/* --- Finding. --- */

static int64_t place_of(elements e, leat_bytes wanted, int64_t from)
{
    for (int64_t place = 1; element_next(&e); place++)
        if (place >= from && leat_bytes_equal(e.bytes, wanted))
            return place;
    return 0;
}

static leat_value position_row(leat_kernel_call *call, uint32_t row)
{
    int64_t from = call->argument_count == 3 ? int_at(call, 2, row) : 1;
    if (leat_column_is_null(&call->arguments[0], row))
        return leat_kernel_null(call);
    int64_t place = place_of(elements_at(call, 0, row), encoded(call, 1, row), from);
    return place == 0 ? leat_kernel_null(call) : integer_value(call, place);
}
ROW_KERNEL(array_position, position_row)

static leat_value positions_row(leat_kernel_call *call, uint32_t row)
{
    elements e = elements_at(call, 0, row);
    leat_bytes wanted = encoded(call, 1, row);
    leat_buf bytes = {0};
    if (leat_column_is_null(&call->arguments[0], row))
        return leat_kernel_null(call);
    for (int64_t place = 1; element_next(&e); place++) {
        leat_value value = {.type = LEAT_TYPE(INT), .integer = place};
        if (leat_bytes_equal(e.bytes, wanted))
            leat_nested_add(&bytes, &value);
    }
    return array_made(call, row, &bytes);
}
ROW_KERNEL(array_positions, positions_row)

static leat_value contains_row(leat_kernel_call *call, uint32_t row)
{
    return boolean_value(call, place_of(elements_at(call, 0, row), encoded(call, 1, row), 1) > 0);
}
ROW_KERNEL(array_contains, contains_row)

static bool has_all(elements of, leat_kernel_call *call, uint32_t in, uint32_t row)
{
    while (element_next(&of))
        if (of.value.is_null || place_of(elements_at(call, in, row), of.bytes, 1) == 0)
            return false;
    return true;
}

static leat_value covers_row(leat_kernel_call *call, uint32_t row)
{
    return boolean_value(call, has_all(elements_at(call, 1, row), call, 0, row));
}
ROW_KERNEL(array_covers, covers_row)

static leat_value covered_row(leat_kernel_call *call, uint32_t row)
{
    return boolean_value(call, has_all(elements_at(call, 0, row), call, 1, row));
}
ROW_KERNEL(array_covered, covered_row)

static leat_value overlaps_row(leat_kernel_call *call, uint32_t row)
{
    elements e = elements_at(call, 0, row);
    bool is_found = false;
    while (!is_found && element_next(&e))
        is_found = !e.value.is_null && place_of(elements_at(call, 1, row), e.bytes, 1) > 0;
    return boolean_value(call, is_found);
}
ROW_KERNEL(array_overlaps, overlaps_row)

/* x op ANY (array), x op ALL (array): NULL where a NULL among the elements leaves it open. */
static leat_value quantified(leat_kernel_call *call, uint32_t row, bool is_any, unsigned orders)
{
    elements e = elements_at(call, 1, row);
    leat_bytes wanted = encoded(call, 0, row);
    bool is_open = false;
    while (element_next(&e)) {
        if (e.value.is_null) {
            is_open = true;
            continue;
        }
        int order = leat_bytes_compare(wanted, e.bytes);
        bool holds = orders & (order < 0 ? 1U : order == 0 ? 2U : 4U);
        if (holds == is_any)
            return boolean_value(call, is_any);
    }
    return is_open ? leat_kernel_null(call) : boolean_value(call, !is_any);
}

#define QUANTIFIED(name, is_any, orders)                                                           \
    static leat_value name##_row(leat_kernel_call *call, uint32_t row)                             \
    {                                                                                              \
        return quantified(call, row, is_any, orders);                                              \
    }                                                                                              \
    ROW_KERNEL(name, name##_row)

QUANTIFIED(any_lt, true, 1U)
QUANTIFIED(any_eq, true, 2U)
QUANTIFIED(any_le, true, 3U)
QUANTIFIED(any_gt, true, 4U)
QUANTIFIED(any_ne, true, 5U)
QUANTIFIED(any_ge, true, 6U)
QUANTIFIED(all_lt, false, 1U)
QUANTIFIED(all_eq, false, 2U)
QUANTIFIED(all_le, false, 3U)
QUANTIFIED(all_gt, false, 4U)
QUANTIFIED(all_ne, false, 5U)
QUANTIFIED(all_ge, false, 6U)

/* --- Changing. --- */

static leat_value remove_row(leat_kernel_call *call, uint32_t row)
{
    elements e = elements_at(call, 0, row);
    leat_bytes wanted = encoded(call, 1, row);
    leat_buf bytes = {0};
    if (leat_column_is_null(&call->arguments[0], row))
        return leat_kernel_null(call);
    while (element_next(&e))
        if (!leat_bytes_equal(e.bytes, wanted))
            piece_add(&bytes, e.bytes);
    return array_made(call, row, &bytes);
}
ROW_KERNEL(array_remove, remove_row)

static leat_value replace_row(leat_kernel_call *call, uint32_t row)
{
    elements e = elements_at(call, 0, row);
    leat_bytes from = encoded(call, 1, row), to = encoded(call, 2, row);
    leat_buf bytes = {0};
    if (leat_column_is_null(&call->arguments[0], row))
        return leat_kernel_null(call);
    while (element_next(&e))
        piece_add(&bytes, leat_bytes_equal(e.bytes, from) ? to : e.bytes);
    return array_made(call, row, &bytes);
}
ROW_KERNEL(array_replace, replace_row)

typedef LEAT_VEC(leat_bytes) piece_list;

static piece_list pieces_of(elements e)
{
    piece_list pieces = {0};
    while (element_next(&e))
        leat_vec_push(&pieces, e.bytes);
    return pieces;
}

static int piece_order(const void *a, const void *b)
{
    const leat_bytes *x = a, *y = b;
    return leat_bytes_compare(*x, *y);
}

static leat_value
pieces_made(leat_kernel_call *call, uint32_t row, piece_list *pieces, bool is_reversed)
{
    leat_buf bytes = {0};
    for (size_t i = 0; i < pieces->count; i++)
        piece_add(&bytes, pieces->items[is_reversed ? pieces->count - 1 - i : i]);
    leat_vec_fini(pieces);
    return array_made(call, row, &bytes);
}

static leat_value sort_row(leat_kernel_call *call, uint32_t row)
{
    piece_list pieces = pieces_of(elements_at(call, 0, row));
    if (pieces.count > 0)
        qsort(pieces.items, pieces.count, sizeof *pieces.items, piece_order);
    return pieces_made(call, row, &pieces, false);
}
ROW_KERNEL(array_sort, sort_row)

static leat_value reverse_row(leat_kernel_call *call, uint32_t row)
{
    piece_list pieces = pieces_of(elements_at(call, 0, row));
    return pieces_made(call, row, &pieces, true);
}
ROW_KERNEL(array_reverse, reverse_row)

/* The first of each of the first array, those of the second counted or not. */
static leat_value
set_row(leat_kernel_call *call, uint32_t row, bool takes_second, bool wants_second)
{
    elements e = elements_at(call, 0, row);
    piece_list pieces = {0};
    bool is_second = false;
    for (;;) {
        if (!element_next(&e)) {
            if (is_second || !takes_second)
                break;
            is_second = true;
            e = elements_at(call, 1, row);
            continue;
        }
        bool is_known = false;
        for (size_t i = 0; i < pieces.count && !is_known; i++)
            is_known = leat_bytes_equal(pieces.items[i], e.bytes);
        bool is_wanted = takes_second || call->argument_count == 1 ||
                         (place_of(elements_at(call, 1, row), e.bytes, 1) > 0) == wants_second;
        if (!is_known && is_wanted)
            leat_vec_push(&pieces, e.bytes);
    }
    return pieces_made(call, row, &pieces, false);
}

static leat_value distinct_row(leat_kernel_call *call, uint32_t row)
{
    return set_row(call, row, false, false);
}
ROW_KERNEL(array_distinct, distinct_row)

static leat_value union_row(leat_kernel_call *call, uint32_t row)
{
    return set_row(call, row, true, false);
}
ROW_KERNEL(array_union, union_row)

static leat_value except_row(leat_kernel_call *call, uint32_t row)
{
    return set_row(call, row, false, false);
}
ROW_KERNEL(array_except, except_row)

static leat_value intersect_row(leat_kernel_call *call, uint32_t row)
{
    return set_row(call, row, false, true);
}
ROW_KERNEL(array_intersect, intersect_row)

static leat_value extreme(leat_kernel_call *call, uint32_t row, int sign)
{
    elements e = elements_at(call, 0, row);
    leat_value best = leat_kernel_null(call);
    leat_bytes best_bytes = LEAT_BYTES("");
    while (element_next(&e)) {
        if (e.value.is_null ||
            (!best.is_null && leat_bytes_compare(e.bytes, best_bytes) * sign <= 0))
            continue;
        best = e.value;
        best_bytes = e.bytes;
    }
    return best;
}

static leat_value max_row(leat_kernel_call *call, uint32_t row)
{
    return extreme(call, row, 1);
}
ROW_KERNEL(array_max, max_row)

static leat_value min_row(leat_kernel_call *call, uint32_t row)
{
    return extreme(call, row, -1);
}
ROW_KERNEL(array_min, min_row)

/* --- Rows. --- */

#define TWO(a, b)      LEAT_ARGUMENTS_2(a, b)
#define THREE(a, b, c) LEAT_ARGUMENTS_3(a, b, c)
#define OPEN           .may_be_null = true
#define SAME           .has_equal_types = true
#define FITS(mask)     .element_arguments = (mask)
#define FOR_NULLS      .nulls = LEAT_NULLS_KLEENE
#define GIVES(id)      LEAT_RESULT(id)
#define LIKE_FIRST     .rule = LEAT_RESULT_FIRST
#define AN_ELEMENT     .rule = LEAT_RESULT_ELEMENT
#define ARRAY_ROW(symbol, text, kernel_name, ...)                                                  \
    {                                                                                              \
        .name = (symbol), .summary = (text), .can_fail = true, .kernel = kernel_name, __VA_ARGS__  \
    }
#define QUANTIFIED_ROWS(symbol, op)                                                                \
    ARRAY_ROW("any" symbol, "x " symbol " ANY (array)", any_##op, TWO(ANY, ARRAY), FITS(1),        \
              GIVES(BOOLEAN), OPEN),                                                               \
        ARRAY_ROW("all" symbol, "x " symbol " ALL (array)", all_##op, TWO(ANY, ARRAY), FITS(1),    \
                  GIVES(BOOLEAN), OPEN)

static const leat_function rows[] = {
    ARRAY_ROW("array",
              "ARRAY[a, b]: of one type",
              array_new,
              LEAT_ARGUMENTS_1(ANY),
              .is_variadic = true,
              SAME,
              .rule = LEAT_RESULT_ARRAY,
              .nulls = LEAT_NULLS_NEVER),
    ARRAY_ROW("array",
              "ARRAY[]: nothing yet",
              array_new,
              LEAT_ARGUMENTS_0(),
              .rule = LEAT_RESULT_ARRAY,
              .nulls = LEAT_NULLS_NEVER),
    ARRAY_ROW("element",
              "a[n]: element n, from 1; NULL when there is none",
              array_element,
              TWO(ARRAY, INT),
              AN_ELEMENT,
              OPEN),
    ARRAY_ROW(
        "slice", "a[m:n]: those from m to n", array_slice, THREE(ARRAY, INT, INT), LIKE_FIRST),
    ARRAY_ROW("array_slice", "those from m to n", array_slice, THREE(ARRAY, INT, INT), LIKE_FIRST),
    ARRAY_ROW("trim_array", "without the last so many", array_trim, TWO(ARRAY, INT), LIKE_FIRST),
    ARRAY_ROW("cardinality", "elements", cardinality, LEAT_ARGUMENTS_1(ARRAY), GIVES(INT)),
    ARRAY_ROW("array_length",
              "elements; NULL when it is empty",
              array_length,
              LEAT_ARGUMENTS_1(ARRAY),
              GIVES(INT),
              OPEN),
    ARRAY_ROW("array_length",
              "elements of dimension n; NULL without any",
              array_length,
              TWO(ARRAY, INT),
              GIVES(INT),
              OPEN),
    ARRAY_ROW("array_upper",
              "the last place of dimension n",
              array_length,
              TWO(ARRAY, INT),
              GIVES(INT),
              OPEN),
    ARRAY_ROW("array_lower",
              "the first place of dimension n: 1",
              array_lower,
              TWO(ARRAY, INT),
              GIVES(INT),
              OPEN),
    ARRAY_ROW("array_ndims",
              "how deep arrays nest",
              array_dimensions,
              LEAT_ARGUMENTS_1(ARRAY),
              GIVES(INT),
              OPEN),
    ARRAY_ROW(
        "||", "one after the other", array_join, TWO(ARRAY, ARRAY), SAME, LIKE_FIRST, FOR_NULLS),
    ARRAY_ROW("||",
              "with one more element",
              array_append,
              TWO(ARRAY, ANY),
              FITS(2),
              LIKE_FIRST,
              .nulls = LEAT_NULLS_NEVER),
    ARRAY_ROW("||",
              "with an element before",
              array_prepend,
              TWO(ANY, ARRAY),
              FITS(1),
              .rule = LEAT_RESULT_SECOND,
              .nulls = LEAT_NULLS_NEVER),
    ARRAY_ROW("array_append",
              "with one more element",
              array_append,
              TWO(ARRAY, ANY),
              FITS(2),
              LIKE_FIRST,
              .nulls = LEAT_NULLS_NEVER),
    ARRAY_ROW("array_prepend",
              "array_prepend(element, array)",
              array_prepend,
              TWO(ANY, ARRAY),
              FITS(1),
              .rule = LEAT_RESULT_SECOND,
              .nulls = LEAT_NULLS_NEVER),
    ARRAY_ROW("array_cat",
              "one after the other",
              array_join,
              TWO(ARRAY, ARRAY),
              SAME,
              LIKE_FIRST,
              FOR_NULLS),
    ARRAY_ROW("array_concat",
              "one after the other",
              array_join,
              LEAT_ARGUMENTS_1(ARRAY),
              .is_variadic = true,
              SAME,
              LIKE_FIRST,
              FOR_NULLS),
    ARRAY_ROW("array_position",
              "the first place of an element; NULL without",
              array_position,
              TWO(ARRAY, ANY),
              FITS(2),
              GIVES(INT),
              FOR_NULLS,
              OPEN),
    ARRAY_ROW("array_position",
              "the first place from the third on",
              array_position,
              THREE(ARRAY, ANY, INT),
              FITS(2),
              GIVES(INT),
              FOR_NULLS,
              OPEN),
    ARRAY_ROW("array_positions",
              "all places of an element",
              array_positions,
              TWO(ARRAY, ANY),
              FITS(2),
              .rule = LEAT_RESULT_PLACES,
              FOR_NULLS),
    ARRAY_ROW("array_contains",
              "the element is there",
              array_contains,
              TWO(ARRAY, ANY),
              FITS(2),
              GIVES(BOOLEAN)),
    ARRAY_ROW("@>", "has all elements of", array_covers, TWO(ARRAY, ARRAY), SAME, GIVES(BOOLEAN)),
    ARRAY_ROW(
        "<@", "all its elements are in", array_covered, TWO(ARRAY, ARRAY), SAME, GIVES(BOOLEAN)),
    ARRAY_ROW(
        "&&", "has an element in common", array_overlaps, TWO(ARRAY, ARRAY), SAME, GIVES(BOOLEAN)),
    QUANTIFIED_ROWS("=", eq),
    QUANTIFIED_ROWS("<>", ne),
    QUANTIFIED_ROWS("<", lt),
    QUANTIFIED_ROWS("<=", le),
    QUANTIFIED_ROWS(">", gt),
    QUANTIFIED_ROWS(">=", ge),
    ARRAY_ROW("array_remove",
              "without elements like that",
              array_remove,
              TWO(ARRAY, ANY),
              FITS(2),
              LIKE_FIRST,
              FOR_NULLS),
    ARRAY_ROW("array_replace",
              "every second by the third",
              array_replace,
              THREE(ARRAY, ANY, ANY),
              FITS(6),
              LIKE_FIRST,
              FOR_NULLS),
    ARRAY_ROW(
        "array_sort", "ascending, NULL last", array_sort, LEAT_ARGUMENTS_1(ARRAY), LIKE_FIRST),
    ARRAY_ROW(
        "array_reverse", "the last first", array_reverse, LEAT_ARGUMENTS_1(ARRAY), LIKE_FIRST),
    ARRAY_ROW("array_distinct", "each once", array_distinct, LEAT_ARGUMENTS_1(ARRAY), LIKE_FIRST),
    ARRAY_ROW(
        "array_union", "of both, each once", array_union, TWO(ARRAY, ARRAY), SAME, LIKE_FIRST),
    ARRAY_ROW("array_except",
              "of the first and not the second, each once",
              array_except,
              TWO(ARRAY, ARRAY),
              SAME,
              LIKE_FIRST),
    ARRAY_ROW("array_intersect",
              "in both, each once",
              array_intersect,
              TWO(ARRAY, ARRAY),
              SAME,
              LIKE_FIRST),
    ARRAY_ROW("array_max", "the largest", array_max, LEAT_ARGUMENTS_1(ARRAY), AN_ELEMENT, OPEN),
    ARRAY_ROW("array_min", "the smallest", array_min, LEAT_ARGUMENTS_1(ARRAY), AN_ELEMENT, OPEN),
};

const leat_function_family leat_functions_array = {"Arrays", rows, LEAT_COUNT_OF(rows)};
