/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/compare.h"

#include <math.h>
#include <stdlib.h>

#include "cli/case/sha256.h"
#include "common/base/map.h"
#include "common/columns/value.h"
#include "common/text/json.h"
#include "common/text/str.h"

enum {
    DIFF_LINES_MAX = 20,  /* of each kind */
    NEAR_ROWS_MAX = 4096, /* more rows that differ than this are not matched by tolerance */
};

#define DOUBLE_TOLERANCE 1e-9
#define REAL_TOLERANCE   1e-6

/* A quotient goes on for ever: of two decimals with at least so many digits behind the point, one
 * may have been cut earlier. */
enum { QUOTIENT_DIGITS_MIN = 10 };
#define QUOTIENT_TOLERANCE 1e-14

/* A row with its cells in the order of the columns and in the one spelling of their type. */
typedef struct line {
    leat_case_cell *cells;
    leat_bytes text; /* all of them, for equality */
    uint32_t peers;  /* of a row found: those with the same number may stand in any order */
    bool is_matched;
} line;

typedef LEAT_VEC(line) lines;

typedef struct comparison {
    const leat_case *one;
    const leat_case_expectation *expected;
    const leat_schema *schema;
    uint32_t column_count; /* of the schema, and `op` before it when changes are compared */
    double *tolerances;    /* per column */
    leat_arena arena;
    lines wanted;
    lines found;
    leat_error *err;
} comparison;

/* ------------------------------------------------------------------ one spelling */

static leat_type column_type(const comparison *c, uint32_t column)
{
    uint32_t first = c->expected->is_changes ? 1 : 0;
    return column < first ? LEAT_TYPE(STRING) : c->schema->fields[column - first].type;
}

static bool is_number(leat_type type)
{
    return type.id == LEAT_TYPE_INT || type.id == LEAT_TYPE_BIGINT || type.id == LEAT_TYPE_DOUBLE ||
           type.id == LEAT_TYPE_DECIMAL;
}

/* +007.50 is 7.5, -0.0 is 0; what is no plain number stays as it is. */
static leat_bytes plain_number(leat_bytes text, leat_arena *arena)
{
    leat_bytes digits = text;
    bool is_negative = digits.size > 0 && digits.data[0] == '-';
    if (digits.size > 0 && (digits.data[0] == '-' || digits.data[0] == '+'))
        digits = leat_bytes_of(digits.data + 1, digits.size - 1);
    size_t point = digits.size;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] == '.' && point == digits.size)
            point = i;
        else if (digits.data[i] < '0' || digits.data[i] > '9')
            return text;
    }
    if (point < digits.size) {
        while (digits.data[digits.size - 1] == '0')
            digits.size--;
        digits.size -= digits.data[digits.size - 1] == '.';
    }
    while (digits.size > 1 && digits.data[0] == '0' && digits.data[1] != '.')
        digits = leat_bytes_of(digits.data + 1, digits.size - 1);
    if (digits.size == 0 || leat_bytes_equal(digits, LEAT_BYTES("0")))
        return LEAT_BYTES("0");
    return leat_bytes_text(
        leat_arena_print(arena, "%s%.*s", is_negative ? "-" : "", LEAT_FMT(digits)));
}

/* Through a double, for 1e+20 and Infinity. */
static leat_bytes number(leat_bytes text, leat_arena *arena)
{
    double real;
    leat_bytes plain = plain_number(text, arena);
    if (plain.data != text.data || leat_double_parse(text, &real) != LEAT_OK)
        return plain;
    leat_buf printed = {0};
    leat_double_print(real, &printed);
    leat_bytes kept = leat_arena_bytes(arena, leat_buf_bytes(&printed));
    leat_buf_fini(&printed);
    return plain_number(kept, arena);
}

/* As the column's type prints it; text that is none of the type stays and will differ. */
static leat_bytes typed(leat_type type, leat_bytes text, leat_arena *arena)
{
    leat_value value;
    leat_buf printed = {0};
    if (type.id == LEAT_TYPE_TIMESTAMP && leat_str_ends(text, LEAT_BYTES("+00")))
        text.size -= strlen("+00");
    if (leat_value_parse(type, text, arena, &value, NULL) != LEAT_OK)
        return text;
    leat_value_print(&value, &printed);
    leat_bytes kept = leat_arena_bytes(arena, leat_buf_bytes(&printed));
    leat_buf_fini(&printed);
    return kept;
}

static void cell_normalise(comparison *c, uint32_t column, leat_case_cell *cell)
{
    leat_type type = column_type(c, column);
    if (cell->is_null || type.id == LEAT_TYPE_STRING)
        return;
    cell->text =
        is_number(type) ? number(cell->text, &c->arena) : typed(type, cell->text, &c->arena);
}

static void line_add(comparison *c, lines *to, leat_case_cell *cells)
{
    leat_buf text = {0};
    for (uint32_t i = 0; i < c->column_count; i++) {
        cell_normalise(c, i, &cells[i]);
        leat_buf_add_text(&text, i == 0 ? "[" : ", ");
        if (cells[i].is_null)
            leat_buf_add_text(&text, "null");
        else if (is_number(column_type(c, i)) || column_type(c, i).id == LEAT_TYPE_BOOLEAN)
            leat_buf_add(&text, cells[i].text.data, cells[i].text.size);
        else
            leat_json_quote(&text, cells[i].text);
    }
    leat_buf_add_char(&text, ']');
    leat_vec_push(
        to, (line){.cells = cells, .text = leat_arena_bytes(&c->arena, leat_buf_bytes(&text))});
    leat_buf_fini(&text);
}

/* ------------------------------------------------------------------ both sides */

static int64_t column_find(const comparison *c, leat_bytes name)
{
    uint32_t first = c->expected->is_changes ? 1 : 0;
    if (first == 1 && leat_bytes_equal(name, LEAT_BYTES("op")))
        return 0;
    int32_t at = leat_schema_find(c->schema, name);
    return at < 0 ? -1 : at + (int64_t)first;
}

static leat_code take_wanted(comparison *c, const leat_case_row *row)
{
    leat_case_cell *cells = LEAT_ARENA_ARRAY(&c->arena, leat_case_cell, c->column_count);
    if (row->count != c->column_count && row->names == NULL)
        return leat_fail(c->err, LEAT_INVALID, "an expected row has %u values, the sink %u columns",
                         row->count, c->column_count);
    for (uint32_t i = 0; i < c->column_count; i++)
        cells[i].is_null = true;
    for (uint32_t i = 0; i < row->count; i++) {
        int64_t at = row->names == NULL ? i : column_find(c, row->names[i]);
        if (at < 0)
            return leat_fail(c->err, LEAT_INVALID, "no column `%.*s` comes out",
                             LEAT_FMT(row->names[i]));
        cells[at] = row->cells[i];
    }
    line_add(c, &c->wanted, cells);
    return LEAT_OK;
}

static leat_code take_found(comparison *c, const leat_case_line *from)
{
    leat_case_row row;
    LEAT_TRY(leat_case_line_read(from, &c->arena, &row, c->err));
    leat_case_cell *cells = LEAT_ARENA_ARRAY(&c->arena, leat_case_cell, c->column_count);
    uint32_t first = c->expected->is_changes ? 1 : 0;
    if (row.count + first != c->column_count)
        return leat_fail(c->err, LEAT_CORRUPT, "a row of %u values came out", row.count);
    memcpy(cells + first, row.cells, row.count * sizeof *cells);
    if (first == 1)
        cells[0].text = leat_bytes_text(leat_change_text(from->change));
    line_add(c, &c->found, cells);
    c->found.items[c->found.count - 1].peers = from->peers;
    return LEAT_OK;
}

static leat_code take_both(comparison *c, const leat_case_result *result)
{
    for (uint32_t i = 0; i < c->expected->rows.count; i++)
        if (take_wanted(c, &c->expected->rows.items[i]) != LEAT_OK)
            return leat_error_add(c->err, "expected row %u", i + 1);
    size_t count = c->expected->is_changes ? result->changes.count : result->rows.count;
    const leat_case_line *items =
        c->expected->is_changes ? result->changes.items : result->rows.items;
    for (size_t i = 0; i < count; i++)
        LEAT_TRY(take_found(c, &items[i]));
    return LEAT_OK;
}

/* ------------------------------------------------------------------ matching */

static void open_tolerances(comparison *c)
{
    c->tolerances = LEAT_ARENA_ARRAY(&c->arena, double, c->column_count);
    for (uint32_t i = 0; i < c->column_count; i++) {
        leat_type type = column_type(c, i);
        bool is_real = i < c->expected->column_count &&
                       leat_str_equal_nocase(c->expected->columns[i].type, LEAT_BYTES("real"));
        if (type.id == LEAT_TYPE_DOUBLE)
            c->tolerances[i] = is_real ? REAL_TOLERANCE : DOUBLE_TOLERANCE;
        if (is_number(type))
            c->tolerances[i] = LEAT_MAX(c->tolerances[i], c->one->tolerance);
    }
}

static bool is_quotient(leat_bytes number)
{
    const char *point = number.size == 0 ? NULL : memchr(number.data, '.', number.size);
    return point != NULL && number.data + number.size - point > QUOTIENT_DIGITS_MIN;
}

static bool is_near(const comparison *c, uint32_t column, leat_bytes a, leat_bytes b)
{
    double x;
    double y;
    double tolerance = c->tolerances[column];
    if (column_type(c, column).id == LEAT_TYPE_DECIMAL && is_quotient(a) && is_quotient(b))
        tolerance = fmax(tolerance, QUOTIENT_TOLERANCE);
    if (tolerance <= 0 || leat_double_parse(a, &x) != LEAT_OK ||
        leat_double_parse(b, &y) != LEAT_OK)
        return false;
    return fabs(x - y) <= tolerance * fmax(fabs(x), fabs(y));
}

static bool is_near_line(const comparison *c, const line *a, const line *b)
{
    for (uint32_t i = 0; i < c->column_count; i++) {
        const leat_case_cell *x = &a->cells[i];
        const leat_case_cell *y = &b->cells[i];
        if (x->is_null != y->is_null)
            return false;
        if (!x->is_null && !leat_bytes_equal(x->text, y->text) && !is_near(c, i, x->text, y->text))
            return false;
    }
    return true;
}

/* What is not matched yet, row by row, from `first` up to `end`. */
static void match_near(comparison *c, size_t first, size_t end)
{
    for (size_t w = first; w < LEAT_MIN(end, c->wanted.count); w++) {
        line *wanted = &c->wanted.items[w];
        for (size_t i = first; i < LEAT_MIN(end, c->found.count) && !wanted->is_matched; i++) {
            line *found = &c->found.items[i];
            if (!found->is_matched && is_near_line(c, wanted, found))
                wanted->is_matched = found->is_matched = true;
        }
    }
}

/* Position by position; among peers, whose order nobody asked for, in any order. */
static void match_ordered(comparison *c)
{
    size_t count = LEAT_MIN(c->wanted.count, c->found.count);
    for (size_t first = 0, end; first < count; first = end) {
        uint32_t peers = c->found.items[first].peers;
        for (end = first + 1; peers != 0 && end < count && c->found.items[end].peers == peers;)
            end++;
        match_near(c, first, end);
    }
}

/* Equal rows first, by a count per row; then those that are near. */
static void match_bag(comparison *c)
{
    leat_text_map at = {0}; /* row -> how many are wanted and not found yet */
    LEAT_VEC_EACH (one, &c->found) {
        leat_text_map_entry *entry = leat_text_map_add(&at, one->text, NULL);
        entry->value = (void *)((uintptr_t)entry->value + 1);
    }
    LEAT_VEC_EACH (one, &c->wanted) {
        leat_text_map_entry *entry = leat_text_map_find(&at, one->text);
        one->is_matched = entry != NULL && entry->value != NULL;
        if (one->is_matched)
            entry->value = (void *)((uintptr_t)entry->value - 1);
    }
    /* What is left in the map was not wanted: the last ones of each row. */
    for (size_t i = c->found.count; i-- > 0;) {
        leat_text_map_entry *entry = leat_text_map_find(&at, c->found.items[i].text);
        c->found.items[i].is_matched = entry->value == NULL;
        if (entry->value != NULL)
            entry->value = (void *)((uintptr_t)entry->value - 1);
    }
    leat_text_map_fini(&at);
}

/* ------------------------------------------------------------------ diff */

static size_t unmatched(const lines *list)
{
    size_t count = 0;
    LEAT_VEC_EACH (one, list)
        count += !one->is_matched;
    return count;
}

static void print_lines(const lines *list, char sign, bool has_positions, leat_buf *out)
{
    size_t shown = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].is_matched)
            continue;
        if (shown++ == DIFF_LINES_MAX)
            break;
        if (has_positions)
            leat_buf_print(out, "    %c %zu: %.*s\n", sign, i + 1, LEAT_FMT(list->items[i].text));
        else
            leat_buf_print(out, "    %c %.*s\n", sign, LEAT_FMT(list->items[i].text));
    }
    size_t count = unmatched(list);
    if (count > DIFF_LINES_MAX)
        leat_buf_print(out, "    %c ... and %zu more\n", sign, count - DIFF_LINES_MAX);
}

static void print_diff(const comparison *c, const leat_case_result *result, leat_buf *out)
{
    leat_buf_print(out, "  sink %.*s (", LEAT_FMT(result->sink));
    for (uint32_t i = 0; i < c->schema->field_count; i++)
        leat_buf_print(out, "%s%.*s", i == 0 ? "" : ", ", LEAT_FMT(c->schema->fields[i].name));
    leat_buf_print(out, "): %zu of %zu rows missing, %zu of %zu not expected\n",
                   unmatched(&c->wanted), c->wanted.count, unmatched(&c->found), c->found.count);
    print_lines(&c->wanted, '-', c->expected->is_ordered, out);
    print_lines(&c->found, '+', c->expected->is_ordered, out);
}

leat_code leat_case_compare(const leat_case *one,
                            const leat_case_expectation *expected,
                            const leat_case_result *result,
                            bool *out_is_equal,
                            leat_buf *diff,
                            leat_error *err)
{
    comparison c = {.one = one, .expected = expected, .schema = result->schema, .err = err};
    c.column_count = c.schema->field_count + (expected->is_changes ? 1 : 0);
    open_tolerances(&c);
    leat_code code = take_both(&c, result);
    if (code == LEAT_OK) {
        if (expected->is_ordered) {
            match_ordered(&c);
        } else {
            match_bag(&c);
            if (c.wanted.count <= NEAR_ROWS_MAX)
                match_near(&c, 0, SIZE_MAX);
        }
        *out_is_equal = unmatched(&c.wanted) == 0 && unmatched(&c.found) == 0;
        if (!*out_is_equal)
            print_diff(&c, result, diff);
    }
    leat_vec_fini(&c.wanted);
    leat_vec_fini(&c.found);
    leat_arena_fini(&c.arena);
    return code;
}

/* ------------------------------------------------------------------ sums */

static int by_row(const void *a, const void *b)
{
    return leat_bytes_compare(((const leat_case_line *)a)->row, ((const leat_case_line *)b)->row);
}

static bool is_hash(const leat_case_result *result, leat_bytes hex)
{
    leat_buf text = {0};
    char digest[LEAT_SHA256_HEX + 1];
    size_t count = result->rows.count;
    leat_case_line *rows = leat_alloc(count * sizeof *rows);
    if (count > 0) {
        memcpy(rows, result->rows.items, count * sizeof *rows);
        qsort(rows, count, sizeof *rows, by_row);
    }
    for (size_t i = 0; i < count; i++) {
        leat_buf_add_text(&text, i == 0 ? "" : "\n");
        leat_buf_add(&text, rows[i].row.data, rows[i].row.size);
    }
    leat_sha256_hex(leat_buf_bytes(&text), digest);
    leat_free(rows);
    leat_buf_fini(&text);
    return leat_str_equal_nocase(leat_bytes_text(digest), hex);
}

bool leat_case_compare_sum(const leat_case_expectation *expected,
                           const leat_case_result *result,
                           leat_buf *diff)
{
    if (expected->has_count && expected->row_count != result->rows.count) {
        leat_buf_print(diff, "  sink %.*s: %zu rows, expected %llu\n", LEAT_FMT(result->sink),
                       result->rows.count, (unsigned long long)expected->row_count);
        return false;
    }
    if (expected->sha256.size == 0 || is_hash(result, expected->sha256))
        return true;
    leat_buf_print(diff, "  sink %.*s: the hash of %zu rows is another\n", LEAT_FMT(result->sink),
                   result->rows.count);
    return false;
}
