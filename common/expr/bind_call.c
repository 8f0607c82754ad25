/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing an overload: every candidate that takes the arguments after implicit conversions has a
 * cost, the sum over its arguments; the cheapest wins, the first of equals. Conversions go from
 * int over bigint and decimal to double, never back; a string literal stands for any type that
 * its text can be read as, at the highest cost; NULL stands for any type at none.
 */
#include "common/base/vec.h"
#include "common/expr/bind.h"

enum { COST_IMPOSSIBLE = 1 << 20, COST_LITERAL = 20, COST_AS_TEXT = 40, COST_NESTED_LITERAL = 60 };

leat_place leat_bind_place(const leat_binder *binder, const leat_expr *expr)
{
    return leat_expr_place(binder->source, expr);
}

leat_bound *leat_bind_constant(leat_arena *arena, leat_value value)
{
    leat_bound *bound = LEAT_ARENA_NEW(arena, leat_bound);
    bound->kind = LEAT_BOUND_CONSTANT;
    bound->type = value.type;
    bound->value = value;
    bound->is_nullable = value.is_null;
    return bound;
}

/* --- Costs. --- */

static bool is_null_constant(const leat_bound *bound)
{
    return bound->kind == LEAT_BOUND_CONSTANT && bound->value.is_null;
}

static bool is_text_literal(const leat_bound *bound)
{
    return bound->kind == LEAT_BOUND_CONSTANT && bound->type.id == LEAT_TYPE_STRING &&
           !bound->value.is_null;
}

static int widening_cost(leat_type_id from, leat_type_id to)
{
    static const int costs[LEAT_TYPE_COUNT][LEAT_TYPE_COUNT] = {
        [LEAT_TYPE_INT] = {[LEAT_TYPE_BIGINT] = 1, [LEAT_TYPE_DECIMAL] = 2, [LEAT_TYPE_DOUBLE] = 4},
        [LEAT_TYPE_BIGINT] = {[LEAT_TYPE_DECIMAL] = 1, [LEAT_TYPE_DOUBLE] = 3},
        [LEAT_TYPE_DECIMAL] = {[LEAT_TYPE_DOUBLE] = 2},
        [LEAT_TYPE_DATE] = {[LEAT_TYPE_TIMESTAMP] = 2},
    };
    int cost = costs[from][to];
    return cost == 0 ? COST_IMPOSSIBLE : cost;
}

static int argument_cost(const leat_function *function, uint32_t i, const leat_bound *argument)
{
    leat_type_id wanted = leat_function_argument(function, i);
    if (wanted == LEAT_TYPE_ANY || wanted == argument->type.id)
        return 0;
    if (argument->type.id == LEAT_TYPE_UNKNOWN)
        return 0;
    if (function->takes_as_text && wanted == LEAT_TYPE_STRING)
        return COST_AS_TEXT;
    if (is_text_literal(argument)) /* 'a' || 1 is no array */
        return wanted == LEAT_TYPE_ARRAY ? COST_NESTED_LITERAL : COST_LITERAL;
    return widening_cost((leat_type_id)argument->type.id, wanted);
}

static int call_cost(const leat_function *function, leat_bound *const *arguments, uint32_t count)
{
    if (!leat_function_takes_count(function, count))
        return COST_IMPOSSIBLE;
    int cost = 0;
    for (uint32_t i = 0; i < count && cost < COST_IMPOSSIBLE; i++)
        cost += argument_cost(function, i, arguments[i]);
    return LEAT_MIN(cost, (int)COST_IMPOSSIBLE);
}

static leat_function_id cheapest(leat_bytes name, leat_bound *const *arguments, uint32_t count)
{
    leat_function_id best = LEAT_FUNCTION_NONE;
    int best_cost = COST_IMPOSSIBLE;
    leat_function_id id = leat_function_next(name, 0);
    for (; id != LEAT_FUNCTION_NONE; id = leat_function_next(name, id + 1U)) {
        int cost = call_cost(leat_function_at(id), arguments, count);
        if (cost < best_cost) {
            best_cost = cost;
            best = id;
        }
    }
    return best;
}

/* --- Casts. --- */

/* A whole constant needs no more digits than it has: amount * 100 stays small. */
static leat_type type_in_decimal(const leat_bound *bound)
{
    if (bound->kind != LEAT_BOUND_CONSTANT || bound->value.is_null ||
        (bound->type.id != LEAT_TYPE_INT && bound->type.id != LEAT_TYPE_BIGINT)) {
        leat_type type = bound->type;
        if (type.id == LEAT_TYPE_INT)
            type = leat_type_decimal(10, 0);
        else if (type.id == LEAT_TYPE_BIGINT)
            type = leat_type_decimal(19, 0);
        return type;
    }
    leat_i128 value = bound->value.integer < 0 ? -bound->value.integer : bound->value.integer;
    unsigned digits = 1;
    for (; value >= 10; value /= 10)
        digits++;
    return leat_type_decimal(digits, 0);
}

static leat_bound *call_new(leat_arena *arena,
                            leat_function_id id,
                            leat_type type,
                            leat_bound *const *arguments,
                            uint32_t count)
{
    leat_bound *bound = LEAT_ARENA_NEW(arena, leat_bound);
    bound->kind = LEAT_BOUND_CALL;
    bound->type = type;
    bound->function = id;
    bound->argument_count = count;
    bound->arguments = leat_arena_copy(arena, arguments, count * sizeof(leat_bound *));
    uint32_t nullable = 0;
    for (uint32_t i = 0; i < count; i++)
        nullable += arguments[i]->is_nullable;
    leat_null_rule rule = leat_function_at(id)->nulls;
    bound->is_nullable =
        leat_function_at(id)->may_be_null ||
        (rule != LEAT_NULLS_NEVER && nullable > 0 && (rule != LEAT_NULLS_ALL || nullable == count));
    return bound;
}

static void no_cast_report(leat_binder *binder, const leat_expr *expr, leat_type from, leat_type to)
{
    leat_buf names = {0};
    leat_type_print(from, &names);
    leat_buf_add_text(&names, " to ");
    leat_type_print(to, &names);
    leat_diagnostic_error(binder->diagnostics, leat_bind_place(binder, expr),
                          "there is no cast from %s", leat_buf_text(&names));
    leat_buf_fini(&names);
}

leat_bound *leat_bind_cast(
    leat_binder *binder, const leat_expr *expr, leat_bound *bound, leat_type type, bool is_explicit)
{
    leat_type from = bound->type;
    if (leat_type_equal(from, type) || (!is_explicit && leat_type_fits(from, type)))
        return bound;
    if (is_null_constant(bound))
        return leat_bind_constant(binder->arena, (leat_value){.type = type, .is_null = true});
    leat_function_id id = leat_function_cast((leat_type_id)from.id, (leat_type_id)type.id);
    if (id == LEAT_FUNCTION_NONE) {
        no_cast_report(binder, expr, from, type);
        return NULL;
    }
    return leat_bind_folded(binder, expr, call_new(binder->arena, id, type, &bound, 1));
}

leat_bound *
leat_bind_try_cast(leat_binder *binder, const leat_expr *expr, leat_bound *bound, leat_type type)
{
    leat_type from = bound->type;
    if (leat_type_equal(from, type) || is_null_constant(bound))
        return leat_bind_cast(binder, expr, bound, type, true);
    if (leat_function_cast((leat_type_id)from.id, (leat_type_id)type.id) == LEAT_FUNCTION_NONE) {
        no_cast_report(binder, expr, from, type);
        return NULL;
    }
    leat_function_id id = leat_function_next(LEAT_BYTES("try_cast"), 0);
    leat_bound *call = call_new(binder->arena, id, type, &bound, 1);
    return leat_bind_folded(binder, expr, call);
}

leat_type leat_bind_cast_type(const leat_bound *bound, leat_type type)
{
    enum { SCALE = 16 }; /* of what comes from doubles and text, whose digits nobody knows */
    if (type.id != LEAT_TYPE_DECIMAL || type.precision != 0)
        return type;
    if (is_text_literal(bound)) {
        const char *point = memchr(bound->value.text.data, '.', bound->value.text.size);
        size_t behind = point == NULL
                            ? 0
                            : bound->value.text.size - (size_t)(point - bound->value.text.data) - 1;
        return leat_type_decimal(LEAT_DECIMAL_PRECISION_MAX,
                                 (unsigned)LEAT_MIN(behind, (size_t)SCALE));
    }
    leat_type exact = type_in_decimal(bound);
    return exact.id == LEAT_TYPE_DECIMAL ? exact
                                         : leat_type_decimal(LEAT_DECIMAL_PRECISION_MAX, SCALE);
}

/* --- One type for all. --- */

static void unlike_report(leat_binder *binder, const leat_expr *expr, leat_type a, leat_type b)
{
    leat_buf names = {0};
    leat_type_print(a, &names);
    leat_buf_add_text(&names, " and ");
    leat_type_print(b, &names);
    leat_diagnostic_error(binder->diagnostics, leat_bind_place(binder, expr),
                          "%s have no type in common", leat_buf_text(&names));
    leat_buf_fini(&names);
}

/* String literals follow the others, if there are any others. */
static bool common_of(leat_bound *const *branches,
                      uint32_t count,
                      uint32_t step,
                      bool with_literals,
                      leat_type *out_type,
                      leat_type *out_unlike)
{
    bool has_decimal = false;
    for (uint32_t i = 0; i < count; i += step)
        has_decimal |= branches[i]->type.id == LEAT_TYPE_DECIMAL;
    leat_type type = LEAT_TYPE(UNKNOWN);
    for (uint32_t i = 0; i < count; i += step) {
        if (is_text_literal(branches[i]) && !with_literals)
            continue;
        leat_type next = has_decimal ? type_in_decimal(branches[i]) : branches[i]->type;
        *out_unlike = next;
        *out_type = type;
        if (!leat_type_common(type, next, &type))
            return false;
    }
    *out_type = type;
    return true;
}

bool leat_bind_unify(leat_binder *binder,
                     const leat_expr *expr,
                     leat_bound **branches,
                     uint32_t count,
                     uint32_t step,
                     leat_type *out_type)
{
    leat_type unlike;
    bool is_one = common_of(branches, count, step, false, out_type, &unlike);
    if (is_one && out_type->id == LEAT_TYPE_UNKNOWN)
        is_one = common_of(branches, count, step, true, out_type, &unlike);
    if (!is_one) {
        unlike_report(binder, expr, *out_type, unlike);
        return false;
    }
    if (out_type->id == LEAT_TYPE_UNKNOWN)
        *out_type = LEAT_TYPE(STRING); /* nothing but NULLs */
    for (uint32_t i = 0; i < count; i += step) {
        branches[i] = leat_bind_cast(binder, expr, branches[i], *out_type, false);
        if (branches[i] == NULL)
            return false;
    }
    return true;
}

/* --- Calls. --- */

/* The type an argument takes for a row that wants `wanted`. */
static leat_type type_wanted(leat_type_id wanted, const leat_bound *argument)
{
    bool is_unknown = argument->type.id == LEAT_TYPE_UNKNOWN;
    if (wanted == LEAT_TYPE_ANY)
        return is_unknown ? LEAT_TYPE(STRING) : argument->type;
    if (wanted == argument->type.id && wanted != LEAT_TYPE_DECIMAL)
        return argument->type;
    if (wanted == LEAT_TYPE_ARRAY)
        return leat_type_array(LEAT_TYPE(STRING));
    if (wanted != LEAT_TYPE_DECIMAL)
        return (leat_type){(uint8_t)wanted, 0, 0};
    if (is_unknown)
        return leat_type_decimal(1, 0);
    if (is_text_literal(argument))
        return leat_type_decimal(LEAT_DECIMAL_PRECISION_MAX, 10);
    return type_in_decimal(argument);
}

/* Some argument has a type of its own; NULLs and string literals go along with it. */
static bool has_own_type(leat_bound *const *arguments, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (arguments[i]->type.id != LEAT_TYPE_UNKNOWN && !is_text_literal(arguments[i]))
            return true;
    return false;
}

/* The array and what goes with its elements, brought to one type of element. */
static bool elements_convert(leat_binder *binder,
                             const leat_expr *expr,
                             const leat_function *function,
                             leat_bound **arguments,
                             uint32_t count)
{
    uint32_t at = 0;
    leat_type element = LEAT_TYPE(UNKNOWN);
    while (leat_function_argument(function, at) != LEAT_TYPE_ARRAY)
        at++;
    if (arguments[at]->type.id == LEAT_TYPE_ARRAY)
        element = leat_type_element(arguments[at]->type);
    for (uint32_t i = 0; i < count; i++) {
        leat_type type = arguments[i]->type;
        if (!(function->element_arguments >> i & 1) ||
            (is_text_literal(arguments[i]) && element.id != LEAT_TYPE_UNKNOWN))
            continue;
        if (!leat_type_common(element, type, &element)) {
            unlike_report(binder, expr, element, type);
            return false;
        }
    }
    if (element.id == LEAT_TYPE_UNKNOWN)
        element = LEAT_TYPE(STRING);
    for (uint32_t i = 0; i < count; i++) {
        bool is_element = function->element_arguments >> i & 1;
        leat_type type = is_element ? element
                         : i == at
                             ? leat_type_array(element)
                             : (leat_type){(uint8_t)leat_function_argument(function, i), 0, 0};
        arguments[i] = leat_bind_cast(binder, expr, arguments[i], type, false);
        if (arguments[i] == NULL)
            return false;
    }
    return true;
}

static bool arguments_convert(leat_binder *binder,
                              const leat_expr *expr,
                              const leat_function *function,
                              leat_bound **arguments,
                              uint32_t count)
{
    leat_type_id first = count == 0 ? LEAT_TYPE_ANY : leat_function_argument(function, 0);
    leat_type type;
    if (function->element_arguments != 0)
        return elements_convert(binder, expr, function, arguments, count);
    if (function->rule == LEAT_RESULT_MAP && count % 2 == 0)
        return leat_bind_unify(binder, expr, arguments, count, 2, &type) &&
               leat_bind_unify(binder, expr, arguments + 1, count - 1, 2, &type);
    if (function->rule == LEAT_RESULT_MAP_VALUE) {
        if (!leat_type_has_shape(arguments[0]->type)) {
            leat_diagnostic_error(binder->diagnostics, leat_bind_place(binder, expr),
                                  "expected an array or a map before its element");
            return false;
        }
        type = leat_type_shape_of(arguments[0]->type)->fields[0].type;
        arguments[1] = leat_bind_cast(binder, expr, arguments[1], type, false);
        return arguments[1] != NULL;
    }
    if (function->has_equal_types && (first == LEAT_TYPE_ANY || has_own_type(arguments, count)))
        return leat_bind_unify(binder, expr, arguments, count, 1, &type);
    for (uint32_t i = 0; i < count; i++) {
        type = type_wanted(leat_function_argument(function, i), arguments[i]);
        arguments[i] = leat_bind_cast(binder, expr, arguments[i], type, false);
        if (arguments[i] == NULL)
            return false;
    }
    return true;
}

static void types_print(leat_bound *const *arguments, uint32_t count, leat_buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "");
        if (arguments[i]->type.id == LEAT_TYPE_UNKNOWN)
            leat_buf_add_text(out, "NULL");
        else
            leat_type_print(arguments[i]->type, out);
    }
}

static void
no_operator_report(leat_binder *binder, leat_place place, leat_bytes name, leat_bound *const *sides)
{
    leat_buf text = {0};
    types_print(sides, 1, &text);
    leat_buf_print(&text, " %.*s ", LEAT_FMT(name));
    types_print(sides + 1, 1, &text);
    leat_diagnostic_error(binder->diagnostics, place, "there is no %s: CAST one side to fit",
                          leat_buf_text(&text));
    leat_buf_fini(&text);
}

/* Says what there is: unknown names get a suggestion, known ones their candidates. */
static void no_call_report(leat_binder *binder,
                           const leat_expr *expr,
                           leat_bytes name,
                           leat_bound *const *arguments,
                           uint32_t count)
{
    leat_place place = leat_bind_place(binder, expr);
    leat_function_id id = leat_function_next(name, 0);
    if (id == LEAT_FUNCTION_NONE) {
        uint32_t name_count = 0;
        const char **names = leat_function_names(binder->arena, &name_count);
        const char *near = leat_suggest(name, names, name_count);
        leat_diagnostic_error(binder->diagnostics, place,
                              near == NULL ? "there is no function '%.*s'"
                                           : "there is no function '%.*s', did you mean '%s'?",
                              LEAT_FMT(name), near);
        return;
    }
    if (count == 2 && memchr("<>=+-*/%|", name.data[0], 9) != NULL) {
        no_operator_report(binder, place, name, arguments);
        return;
    }
    leat_buf text = {0};
    leat_buf_print(&text, "there is no %.*s(", LEAT_FMT(name));
    types_print(arguments, count, &text);
    leat_buf_add_text(&text, "), there is ");
    enum { LISTED_MAX = 6 };
    for (int listed = 0; id != LEAT_FUNCTION_NONE; id = leat_function_next(name, id + 1U)) {
        if (listed++ == LISTED_MAX) {
            leat_buf_add_text(&text, ", ...");
            break;
        }
        leat_buf_add_text(&text, listed > 1 ? ", " : "");
        leat_function_signature_print(leat_function_at(id), &text);
    }
    leat_diagnostic_error(binder->diagnostics, place, "%s", leat_buf_text(&text));
    leat_buf_fini(&text);
}

/* 5 < a is a > 5: constants on the right, where filters look for them. */
static leat_bytes turned(leat_bytes name)
{
    static const char *const pairs[][2] = {{"<", ">"},   {"<=", ">="}, {">", "<"},
                                           {">=", "<="}, {"=", "="},   {"<>", "<>"}};
    for (size_t i = 0; i < LEAT_COUNT_OF(pairs); i++)
        if (leat_bytes_equal(name, leat_bytes_text(pairs[i][0])))
            return leat_bytes_text(pairs[i][1]);
    return (leat_bytes){0};
}

leat_bound *leat_bind_call(leat_binder *binder,
                           const leat_expr *expr,
                           leat_bytes name,
                           leat_bound **arguments,
                           uint32_t argument_count)
{
    bool is_left = argument_count == 2 && arguments[0]->kind == LEAT_BOUND_CONSTANT &&
                   arguments[1]->kind != LEAT_BOUND_CONSTANT;
    leat_bytes other = turned(name);
    if (is_left && other.size > 0) {
        leat_bound *swapped[2] = {arguments[1], arguments[0]};
        return leat_bind_call(binder, expr, other, swapped, 2);
    }
    leat_function_id id = cheapest(name, arguments, argument_count);
    if (id == LEAT_FUNCTION_NONE || leat_bytes_equal(name, LEAT_BYTES("cast"))) {
        no_call_report(binder, expr, name, arguments, argument_count);
        return NULL;
    }
    const leat_function *function = leat_function_at(id);
    if (!arguments_convert(binder, expr, function, arguments, argument_count))
        return NULL;
    leat_type type;
    const char *reason = NULL;
    leat_bound *bound = call_new(binder->arena, id, LEAT_TYPE(UNKNOWN), arguments, argument_count);
    if (function->prepare != NULL)
        (void)function->prepare(bound, binder->arena, &reason);
    if (reason == NULL &&
        !leat_function_result(function, arguments, argument_count, LEAT_TYPE(UNKNOWN), &type))
        reason = "its first argument must be a constant";
    if (reason != NULL) {
        leat_diagnostic_error(binder->diagnostics, leat_bind_place(binder, expr), "%.*s: %s",
                              LEAT_FMT(name), reason);
        return NULL;
    }
    bound->type = type;
    return leat_bind_folded(binder, expr, bound);
}

/* --- Constants. --- */

/* The one row of no columns, through the very kernels that would run. */
static bool
evaluate(leat_binder *binder, leat_bound *bound, leat_value *out, const char **out_reason)
{
    const leat_schema schema = {.event_time = -1};
    const leat_rows rows = {.schema = &schema, .row_count = 1, .selected_count = 1};
    const leat_program *program = leat_program_compile(&bound, 1, &schema, binder->arena);
    leat_eval *eval = leat_eval_new(program, 1);
    leat_column column;
    leat_eval_errors errors;
    leat_eval_run(eval, &rows, &column, &errors);
    *out_reason = errors.first_reason;
    if (errors.count == 0) {
        *out = leat_column_value(&column, 0);
        out->type = bound->type;
        bool is_text = leat_type_layout(bound->type) == LEAT_LAYOUT_VIEW;
        if (is_text && !out->is_null)
            out->text = leat_arena_bytes(binder->arena, out->text);
    }
    leat_eval_free(&eval);
    return errors.count == 0;
}

leat_bound *leat_bind_folded(leat_binder *binder, const leat_expr *expr, leat_bound *bound)
{
    bool is_strict = bound->kind == LEAT_BOUND_CALL &&
                     leat_function_at(bound->function)->nulls == LEAT_NULLS_STRICT;
    bool are_constant = true;
    for (uint32_t i = 0; i < bound->argument_count; i++) {
        are_constant &= bound->arguments[i]->kind == LEAT_BOUND_CONSTANT;
        if (is_strict && is_null_constant(bound->arguments[i]))
            return leat_bind_constant(binder->arena,
                                      (leat_value){.type = bound->type, .is_null = true});
    }
    if (!are_constant || bound->argument_count == 0)
        return bound;
    leat_value value;
    const char *reason = NULL;
    if (evaluate(binder, bound, &value, &reason))
        return leat_bind_constant(binder->arena, value);
    leat_diagnostic_error(binder->diagnostics, leat_bind_place(binder, expr),
                          "this always fails: %s", reason);
    return NULL;
}
