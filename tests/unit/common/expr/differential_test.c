/* SPDX-License-Identifier: Apache-2.0
 *
 * Random expressions over random rows, vectorised and by a slow interpreter that takes one row at a
 * time: the same values, the same NULLs, the same rows in error. Plans go through their wire form
 * on the way, filters are compared with the selection of what is true.
 */
#include <stdio.h>

#include "common/base/prng.h"
#include "common/expr/function.h"
#include "tests/unit/common/expr/expr_cases.h"

enum { ROWS = 130, ROUNDS = 400, DEPTH = 4 };

/* --- Random text. --- */

typedef enum kind { KIND_INT, KIND_BIGINT, KIND_DECIMAL, KIND_BOOLEAN, KIND_STRING } kind;

static void text_of(leat_prng *prng, kind wanted, int depth, leat_buf *out);

static void leaf_of(leat_prng *prng, kind wanted, leat_buf *out)
{
    static const char *const columns[5][2] = {
        {"i", "j"}, {"b", "c"}, {"m", "n"}, {"f", "g"}, {"s", "t"}};
    uint64_t pick = leat_prng_below(prng, 5);
    if (pick < 3) {
        leat_buf_add_text(out, columns[wanted][pick % 2]);
        return;
    }
    switch (wanted) {
    case KIND_INT:
        leat_buf_print(out, "%d", (int)leat_prng_below(prng, 7) - 3);
        return;
    case KIND_BIGINT:
        leat_buf_print(out, "%d::bigint", (int)leat_prng_below(prng, 9) - 4);
        return;
    case KIND_DECIMAL:
        leat_buf_print(out, "%d.%d", (int)leat_prng_below(prng, 9) - 4,
                       (int)leat_prng_below(prng, 100));
        return;
    case KIND_BOOLEAN:
        leat_buf_add_text(out, pick == 3 ? "true" : "null::boolean");
        return;
    case KIND_STRING:
        leat_buf_add_text(out, pick == 3 ? "'be'" : "'a text that is not inline'");
        return;
    }
}

/* "(" a " op " b ")" */
static void pair_of(leat_prng *prng, kind operand, const char *op, int depth, leat_buf *out)
{
    leat_buf_add_char(out, '(');
    text_of(prng, operand, depth - 1, out);
    leat_buf_add_text(out, op);
    text_of(prng, operand, depth - 1, out);
    leat_buf_add_char(out, ')');
}

static void boolean_of(leat_prng *prng, int depth, leat_buf *out)
{
    static const char *const comparisons[] = {" = ",
                                              " <> ",
                                              " < ",
                                              " <= ",
                                              " > ",
                                              " >= ",
                                              " is distinct from ",
                                              " is not distinct from "};
    static const char *const tests[] = {" is null)",     " is not null)", " is true)",
                                        " is not true)", " is false)",    " is not false)"};
    switch (leat_prng_below(prng, 6)) {
    case 0:
        pair_of(prng, KIND_BOOLEAN, " and ", depth, out);
        return;
    case 1:
        pair_of(prng, KIND_BOOLEAN, " or ", depth, out);
        return;
    case 2:
        leat_buf_add_text(out, "(not ");
        text_of(prng, KIND_BOOLEAN, depth - 1, out);
        leat_buf_add_char(out, ')');
        return;
    case 3:
        leat_buf_add_char(out, '(');
        text_of(prng, KIND_BOOLEAN, depth - 1, out);
        leat_buf_add_text(out, tests[leat_prng_below(prng, LEAT_COUNT_OF(tests))]);
        return;
    default:
        pair_of(prng, (kind)leat_prng_below(prng, 5),
                comparisons[leat_prng_below(prng, LEAT_COUNT_OF(comparisons))], depth, out);
        return;
    }
}

static void choice_of(leat_prng *prng, kind wanted, int depth, leat_buf *out)
{
    if (leat_prng_below(prng, 2) == 0) {
        leat_buf_add_text(out, "coalesce(");
        text_of(prng, wanted, depth - 1, out);
        leat_buf_add_text(out, ", ");
        text_of(prng, wanted, depth - 1, out);
        leat_buf_add_char(out, ')');
        return;
    }
    leat_buf_add_text(out, "case when ");
    text_of(prng, KIND_BOOLEAN, depth - 1, out);
    leat_buf_add_text(out, " then ");
    text_of(prng, wanted, depth - 1, out);
    if (leat_prng_below(prng, 2) == 0) {
        leat_buf_add_text(out, " else ");
        text_of(prng, wanted, depth - 1, out);
    }
    leat_buf_add_text(out, " end");
}

static void text_of(leat_prng *prng, kind wanted, int depth, leat_buf *out)
{
    /* Products and quotients of decimals stand below sums, where the interpreter's 128 bits do. */
    static const char *const operators[] = {" + ", " - ", " % ", " * ", " / "};
    uint32_t operator_count = wanted == KIND_DECIMAL && depth > 1 ? 3 : 5;
    uint64_t pick = leat_prng_below(prng, 8);
    if (depth == 0 || pick == 0)
        leaf_of(prng, wanted, out);
    else if (pick <= 2)
        choice_of(prng, wanted, depth, out);
    else if (wanted == KIND_BOOLEAN)
        boolean_of(prng, depth, out);
    else if (wanted == KIND_STRING)
        pair_of(prng, KIND_STRING, " || ", depth, out);
    else
        pair_of(prng, wanted, operators[leat_prng_below(prng, operator_count)], depth, out);
}

/* --- Random rows. --- */

static void cell_set(leat_prng *prng, leat_builder *builder, uint32_t column)
{
    static const int64_t extremes[] = {INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    static const char *const texts[] = {"",
                                        "be",
                                        "Alpha",
                                        "twelve bytes",
                                        "a text that is not inline",
                                        "a text that is not outline"};
    if (leat_prng_chance(prng, 0.2)) {
        leat_builder_set_null(builder, column);
        return;
    }
    int64_t number = (int64_t)leat_prng_below(prng, 11) - 5;
    bool is_extreme = leat_prng_chance(prng, 0.1);
    if (column < 2)
        leat_builder_set_integer(builder, column, is_extreme ? extremes[number & 1] : number);
    else if (column < 4)
        leat_builder_set_integer(builder, column, is_extreme ? extremes[number & 3] : number);
    else if (column < 6)
        leat_builder_set_integer(builder, column, is_extreme ? 999999999999 : number * 50);
    else if (column < 8)
        leat_builder_set_bool(builder, column, number > 0);
    else
        leat_builder_set_text(builder, column,
                              leat_bytes_text(texts[leat_prng_below(prng, LEAT_COUNT_OF(texts))]));
}

static leat_batch *rows_of(leat_prng *prng, const leat_schema *schema)
{
    leat_builder *builder = leat_builder_new(schema, ROWS);
    for (uint32_t row = 0; row < ROWS; row++) {
        for (uint32_t column = 0; column < schema->field_count; column++)
            cell_set(prng, builder, column);
        leat_builder_commit(builder, 1);
    }
    leat_batch *batch = leat_builder_finish(builder);
    leat_builder_free(&builder);
    return batch;
}

/* --- The slow interpreter. --- */

typedef struct interpreter {
    const leat_rows *rows;
    uint32_t row;
    bool has_failed;
    leat_arena *arena;
} interpreter;

static leat_value value_at(interpreter *p, const leat_bound *bound);

static leat_value null_of(leat_type type)
{
    return (leat_value){.type = type, .is_null = true};
}

static leat_value failed(interpreter *p, leat_type type)
{
    p->has_failed = true;
    return null_of(type);
}

static leat_value boolean_value(bool value)
{
    return (leat_value){.type = LEAT_TYPE(BOOLEAN), .boolean = value};
}

static leat_i128 ten_to(unsigned n)
{
    leat_i128 power = 1;
    while (n-- > 0)
        power *= 10;
    return power;
}

static bool number_fits(leat_i128 value, leat_type type)
{
    if (type.id == LEAT_TYPE_INT)
        return value >= INT32_MIN && value <= INT32_MAX;
    if (type.id == LEAT_TYPE_BIGINT)
        return value >= INT64_MIN && value <= INT64_MAX;
    leat_i128 limit = ten_to(type.precision);
    return value > -limit && value < limit;
}

static leat_i128 halves_away(leat_i128 n, leat_i128 d)
{
    leat_i128 rest = n % d, quotient = n / d;
    leat_i128 twice = (rest < 0 ? -rest : rest) * 2;
    return twice >= (d < 0 ? -d : d) ? quotient + ((n < 0) == (d < 0) ? 1 : -1) : quotient;
}

/* Depth is small enough that 128 bits hold every intermediate, or the type cut says so. */
static bool arithmetic(char op, leat_value a, leat_value b, leat_type type, leat_i128 *z)
{
    bool is_decimal = type.id == LEAT_TYPE_DECIMAL;
    int drop = (int)a.type.scale + b.type.scale - type.scale;
    int shift = (int)type.scale + b.type.scale - a.type.scale;
    switch (op) {
    case '+':
        return !__builtin_add_overflow(a.integer, b.integer, z);
    case '-':
        return !__builtin_sub_overflow(a.integer, b.integer, z);
    case '*':
        if (__builtin_mul_overflow(a.integer, b.integer, z))
            return false;
        *z = is_decimal && drop > 0 ? halves_away(*z, ten_to((unsigned)drop)) : *z;
        return true;
    case '%':
        *z = b.integer == 0 ? 0 : a.integer % b.integer;
        return b.integer != 0;
    default:
        if (b.integer == 0)
            return false;
        if (!is_decimal)
            *z = a.integer / b.integer;
        else if (__builtin_mul_overflow(a.integer, ten_to((unsigned)shift), z))
            return false;
        else
            *z = halves_away(*z, b.integer);
        return true;
    }
}

static int value_order(const leat_value *a, const leat_value *b)
{
    if (a->type.id == LEAT_TYPE_STRING)
        return leat_bytes_compare(a->text, b->text);
    if (a->type.id == LEAT_TYPE_BOOLEAN)
        return a->boolean - b->boolean;
    return a->integer < b->integer ? -1 : a->integer > b->integer;
}

static bool holds(const char *op, int order)
{
    if (strcmp(op, "=") == 0)
        return order == 0;
    if (strcmp(op, "<>") == 0)
        return order != 0;
    if (strcmp(op, "<") == 0)
        return order < 0;
    if (strcmp(op, "<=") == 0)
        return order <= 0;
    return strcmp(op, ">") == 0 ? order > 0 : order >= 0;
}

static leat_value junction(interpreter *p, const leat_bound *bound, bool decides)
{
    leat_value result = boolean_value(!decides);
    for (uint32_t i = 0; i < bound->argument_count; i++) {
        leat_value value = value_at(p, bound->arguments[i]);
        if (!value.is_null && value.boolean == decides)
            return value;
        if (value.is_null)
            result = null_of(bound->type);
    }
    return result;
}

static leat_value cast_value(interpreter *p, leat_value a, leat_type type)
{
    if (a.is_null)
        return null_of(type);
    if (type.scale < a.type.scale)
        a.integer = halves_away(a.integer, ten_to(a.type.scale - type.scale));
    else if (__builtin_mul_overflow(a.integer, ten_to(type.scale - a.type.scale), &a.integer))
        return failed(p, type);
    a.type = type;
    return number_fits(a.integer, type) ? a : failed(p, type);
}

static leat_value joined(interpreter *p, leat_value a, leat_value b)
{
    leat_buf out = {0};
    leat_buf_add(&out, a.text.data, a.text.size);
    leat_buf_add(&out, b.text.data, b.text.size);
    a.text = leat_arena_bytes(p->arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return a;
}

static leat_value strict_call(interpreter *p, const leat_bound *bound, const char *name)
{
    leat_value a = value_at(p, bound->arguments[0]);
    leat_value b = bound->argument_count > 1 ? value_at(p, bound->arguments[1]) : a;
    if (strcmp(name, "is_distinct") == 0 || strcmp(name, "is_not_distinct") == 0) {
        bool is_same = a.is_null || b.is_null ? a.is_null == b.is_null : value_order(&a, &b) == 0;
        return boolean_value(is_same == (strcmp(name, "is_not_distinct") == 0));
    }
    if (a.is_null || b.is_null)
        return null_of(bound->type);
    if (strcmp(name, "not") == 0)
        return boolean_value(!a.boolean);
    if (strcmp(name, "||") == 0)
        return joined(p, a, b);
    if (strchr("=<>", name[0]) != NULL)
        return boolean_value(holds(name, value_order(&a, &b)));
    leat_value z = {.type = bound->type};
    if (!arithmetic(name[0], a, b, bound->type, &z.integer) || !number_fits(z.integer, z.type))
        return failed(p, bound->type);
    return z;
}

static bool test_value(const char *name, leat_value value)
{
    bool is_true = !value.is_null && value.boolean, is_false = !value.is_null && !value.boolean;
    if (strcmp(name, "is_true") == 0)
        return is_true;
    if (strcmp(name, "is_not_true") == 0)
        return !is_true;
    return strcmp(name, "is_false") == 0 ? is_false : !is_false;
}

static leat_value call_value(interpreter *p, const leat_bound *bound)
{
    const char *name = leat_function_at(bound->function)->name;
    if (strcmp(name, "and") == 0)
        return junction(p, bound, false);
    if (strcmp(name, "or") == 0)
        return junction(p, bound, true);
    if (strcmp(name, "coalesce") == 0) {
        leat_value value = null_of(bound->type);
        for (uint32_t i = 0; i < bound->argument_count && value.is_null; i++)
            value = value_at(p, bound->arguments[i]);
        return value;
    }
    if (strcmp(name, "is_null") == 0)
        return boolean_value(value_at(p, bound->arguments[0]).is_null);
    if (strcmp(name, "is_not_null") == 0)
        return boolean_value(!value_at(p, bound->arguments[0]).is_null);
    if (strncmp(name, "is_", 3) == 0 && strstr(name, "distinct") == NULL)
        return boolean_value(test_value(name, value_at(p, bound->arguments[0])));
    if (strcmp(name, "cast") == 0)
        return cast_value(p, value_at(p, bound->arguments[0]), bound->type);
    return strict_call(p, bound, name);
}

static leat_value value_at(interpreter *p, const leat_bound *bound)
{
    uint32_t last = bound->argument_count - 1;
    switch (bound->kind) {
    case LEAT_BOUND_CONSTANT:
        return bound->value;
    case LEAT_BOUND_COLUMN:
        return leat_column_value(&p->rows->columns[bound->column], p->row);
    case LEAT_BOUND_CALL:
        return call_value(p, bound);
    case LEAT_BOUND_CASE:
        for (uint32_t i = 0; i + 1 < bound->argument_count; i += 2) {
            leat_value condition = value_at(p, bound->arguments[i]);
            if (!condition.is_null && condition.boolean)
                return value_at(p, bound->arguments[i + 1]);
        }
        return value_at(p, bound->arguments[last]);
    }
    return null_of(bound->type);
}

/* --- The comparison. --- */

static const char *value_text(leat_value value, leat_type type, leat_arena *arena)
{
    value.type = type;
    leat_buf out = {0};
    leat_value_print(&value, &out);
    const char *text = leat_arena_text(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return text;
}

static leat_bound *through_the_wire(leat_bound *bound, leat_arena *arena)
{
    leat_buf bytes = {0};
    leat_bound_encode(bound, &bytes);
    leat_cursor cursor = leat_cursor_over(leat_buf_bytes(&bytes));
    leat_bound *decoded = NULL;
    leat_error err = {0};
    leat_code code = leat_bound_decode(&cursor, arena, &decoded, &err);
    cr_assert(code == LEAT_OK && leat_bound_equal(bound, decoded), "%s", err.text);
    leat_buf_fini(&bytes);
    return decoded;
}

static void compare(const char *text, leat_bound *bound, const leat_rows *rows, leat_arena *arena)
{
    const leat_program *program = leat_program_compile(&bound, 1, rows->schema, arena);
    leat_eval *eval = leat_eval_new(program, ROWS);
    leat_column column;
    leat_eval_errors errors;
    leat_eval_run(eval, rows, &column, &errors);
    uint32_t failed_count = 0, true_count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        interpreter p = {.rows = rows, .row = leat_rows_at(rows, i), .arena = arena};
        leat_value expected = value_at(&p, bound);
        bool has_failed = errors.count > 0 && leat_bit_get(errors.rows, p.row);
        cr_assert_eq(has_failed, p.has_failed, "%s, row %u", text, p.row);
        failed_count += has_failed;
        bool is_boolean = bound->type.id == LEAT_TYPE_BOOLEAN;
        true_count += is_boolean && !has_failed && !expected.is_null && expected.boolean;
        if (has_failed)
            continue;
        const char *want = value_text(expected, bound->type, arena);
        const char *got = value_text(leat_column_value(&column, p.row), bound->type, arena);
        cr_assert_str_eq(got, want, "%s, row %u: %s, expected %s", text, p.row, got, want);
    }
    cr_assert_eq(errors.count, failed_count, "%s", text);
    if (bound->type.id == LEAT_TYPE_BOOLEAN && failed_count == 0) {
        uint32_t kept[ROWS];
        uint32_t count = leat_eval_filter(eval, rows, kept, &errors);
        cr_assert_eq(count, true_count, "%s as a filter", text);
        for (uint32_t i = 0; i < count; i++) {
            interpreter p = {.rows = rows, .row = kept[i], .arena = arena};
            leat_value value = value_at(&p, bound);
            cr_assert(!value.is_null && value.boolean, "%s as a filter, row %u", text, kept[i]);
        }
    }
    leat_eval_free(&eval);
}

static leat_bound *bound_if_sound(const char *text, const leat_schema *schema, leat_arena *arena)
{
    const char *error = NULL;
    return expr_bound(text, schema, arena, &error);
}

Test(differential, vectors_and_single_rows_agree)
{
    leat_prng prng = {2024};
    leat_arena arena = {0};
    const leat_schema *schema =
        leat_test_schema("i int, j int, b bigint, c bigint, m decimal(12,2), n decimal(12,2), f "
                         "boolean, g boolean, s string, t string");
    uint32_t compared = 0;
    for (int round = 0; round < ROUNDS; round++) {
        leat_batch *batch = rows_of(&prng, schema);
        leat_rows rows = *leat_batch_rows(batch);
        uint32_t selected[ROWS], count = 0;
        double share = leat_prng_unit(&prng);
        for (uint32_t row = 0; row < ROWS; row++)
            if (leat_prng_chance(&prng, share))
                selected[count++] = row;
        leat_buf text = {0};
        text_of(&prng, (kind)leat_prng_below(&prng, 5), DEPTH, &text);
        leat_bound *bound = bound_if_sound(leat_buf_text(&text), schema, &arena);
        for (int with_selection = 0; bound != NULL && with_selection < 2; with_selection++) {
            rows.selected = with_selection ? selected : NULL;
            rows.selected_count = with_selection ? count : ROWS;
            compare(leat_buf_text(&text), through_the_wire(bound, &arena), &rows, &arena);
            compared++;
        }
        leat_buf_fini(&text);
        leat_batch_unref(&batch);
        leat_arena_reset(&arena);
    }
    cr_expect(compared > ROUNDS, "only %u compared", compared);
    leat_arena_fini(&arena);
}
