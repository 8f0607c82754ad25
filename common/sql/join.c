/* SPDX-License-Identifier: Apache-2.0
 *
 * One join of two relations under a list of conditions over left columns, then right columns:
 * which of them are keys, which bound the times of the sides (an interval join), which say that
 * both rows are of one window, which is the comparison of an ASOF join; the rest is the residual.
 */
#include "common/sql/join.h"
#include "common/expr/function.h"

typedef struct joiner {
    leat_sql_planner *p;
    leat_sql_join_args *args;
    uint32_t left_count; /* columns as conditions number them */
    uint32_t right_count;
    leat_join join;
    leat_expr *left_keys[LEAT_SQL_CONJUNCTS_MAX];
    leat_expr *right_keys[LEAT_SQL_CONJUNCTS_MAX];
    leat_expr *residual[LEAT_SQL_CONJUNCTS_MAX];
    uint32_t residual_count;
} joiner;

typedef enum side { SIDE_NONE, SIDE_LEFT, SIDE_RIGHT, SIDE_BOTH } side;

static side side_of(const joiner *j, const leat_expr *expr)
{
    uint32_t low, high;
    if (!leat_sql_inputs(expr, &low, &high))
        return SIDE_NONE;
    if (high < j->left_count)
        return SIDE_LEFT;
    return low >= j->left_count ? SIDE_RIGHT : SIDE_BOTH;
}

static leat_expr *cast_of(leat_sql_planner *p, leat_expr *expr, leat_type type)
{
    leat_expr *cast = LEAT_ARENA_NEW(p->arena, leat_expr);
    cast->kind = LEAT_EXPR_CAST;
    cast->offset = expr->offset;
    cast->length = expr->length;
    cast->type = type;
    cast->argument_count = 1;
    cast->arguments = leat_arena_copy(p->arena, &expr, sizeof expr);
    return cast;
}

/* Both sides of an equality in one type; false: not as keys. */
static bool unify(joiner *j, leat_expr **left, leat_expr **right)
{
    const leat_schema *l = leat_sql_schema(j->p, &j->args->left);
    const leat_schema *r = leat_sql_schema(j->p, &j->args->right);
    leat_bound *a = leat_sql_bind(j->p, l, *left);
    leat_bound *b = leat_sql_bind(j->p, r, *right);
    leat_type type;
    if (a == NULL || b == NULL || !leat_type_common(a->type, b->type, &type))
        return false;
    if (!leat_type_equal(a->type, type))
        *left = cast_of(j->p, *left, type);
    if (!leat_type_equal(b->type, type))
        *right = cast_of(j->p, *right, type);
    return true;
}

static bool take_key(joiner *j, leat_expr *condition)
{
    bool is_equal = leat_sql_is_call(condition, "=");
    if (!is_equal && !leat_sql_is_call(condition, "is_not_distinct"))
        return false;
    leat_expr *a = condition->arguments[0], *b = condition->arguments[1];
    side of_a = side_of(j, a), of_b = side_of(j, b);
    if (of_a == SIDE_RIGHT && of_b == SIDE_LEFT) {
        leat_expr *swapped = a;
        a = b;
        b = swapped;
    } else if (of_a != SIDE_LEFT || of_b != SIDE_RIGHT) {
        return false;
    }
    b = leat_sql_deep_copy(j->p, b);
    leat_sql_shift(b, j->left_count);
    if (!unify(j, &a, &b))
        return false;
    uint32_t at = j->join.key_count++;
    j->left_keys[at] = a;
    j->right_keys[at] = b;
    j->join.null_matches[at] = !is_equal;
    return true;
}

/* column + offset, as one side of a comparison of times. */
static bool is_time(joiner *j, const leat_expr *expr, uint32_t *out_column, int64_t *out_us)
{
    *out_us = 0;
    bool is_sum = leat_sql_is_call(expr, "+"), is_difference = leat_sql_is_call(expr, "-");
    if ((is_sum || is_difference) && expr->argument_count == 2) {
        const leat_expr *by = expr->arguments[1];
        bool is_interval = by->kind == LEAT_EXPR_LITERAL &&
                           by->value.type.id == LEAT_TYPE_INTERVAL && !by->value.is_null &&
                           by->value.interval.months == 0;
        if (!is_interval)
            return false;
        int64_t us = by->value.interval.micros + by->value.interval.days * INT64_C(86400000000);
        *out_us = is_sum ? us : -us;
        expr = expr->arguments[0];
    }
    if (expr->kind != LEAT_EXPR_INPUT)
        return false;
    *out_column = expr->column;
    const leat_schema *l = leat_sql_schema(j->p, &j->args->left);
    const leat_schema *r = leat_sql_schema(j->p, &j->args->right);
    return l->event_time >= 0 && r->event_time >= 0 &&
           (expr->column == (uint32_t)l->event_time ||
            expr->column == j->left_count + (uint32_t)r->event_time);
}

/* a OP b narrows lower <= right time - left time <= upper. */
static bool narrow(joiner *j, const char *op, const leat_expr *a, const leat_expr *b)
{
    uint32_t left, right;
    int64_t left_us, right_us;
    if (!is_time(j, a, &left, &left_us) || !is_time(j, b, &right, &right_us))
        return false;
    bool is_swapped = left >= j->left_count;
    if (is_swapped == (right >= j->left_count))
        return false;
    int64_t distance = left_us - right_us; /* a + la OP b + lb: b - a against la - lb */
    bool is_less = op[0] == '<', is_strict = op[1] == '\0';
    if (is_swapped) {
        distance = -distance;
        is_less = !is_less;
    }
    if (is_less)
        j->join.lower_us = LEAT_MAX(j->join.lower_us, distance + is_strict);
    else
        j->join.upper_us = LEAT_MIN(j->join.upper_us, distance - is_strict);
    return true;
}

static bool take_bound(joiner *j, const leat_expr *condition)
{
    static const char *const ops[] = {"<", "<=", ">", ">="};
    for (size_t i = 0; i < LEAT_COUNT_OF(ops); i++)
        if (leat_sql_is_call(condition, ops[i]))
            return narrow(j, ops[i], condition->arguments[0], condition->arguments[1]);
    if (!leat_sql_is_call(condition, "between"))
        return false;
    int64_t lower = j->join.lower_us;
    if (!narrow(j, ">=", condition->arguments[0], condition->arguments[1]))
        return false;
    if (narrow(j, "<=", condition->arguments[0], condition->arguments[2]))
        return true;
    j->join.lower_us = lower;
    return false;
}

/* Time bounds count only when there is one on either side: else the conditions stay. */
static void take_bounds(joiner *j)
{
    bool *is_bound = LEAT_ARENA_ARRAY(j->p->arena, bool, j->residual_count);
    j->join.lower_us = INT64_MIN;
    j->join.upper_us = INT64_MAX;
    for (uint32_t i = 0; i < j->residual_count; i++)
        is_bound[i] = take_bound(j, j->residual[i]);
    if (j->join.lower_us == INT64_MIN || j->join.upper_us == INT64_MAX ||
        j->join.lower_us > j->join.upper_us) {
        j->join.lower_us = j->join.upper_us = 0;
        return;
    }
    j->join.timing = LEAT_JOIN_INTERVAL;
    j->join.left_time = (uint16_t)leat_sql_schema(j->p, &j->args->left)->event_time;
    j->join.right_time = (uint16_t)leat_sql_schema(j->p, &j->args->right)->event_time;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < j->residual_count; i++)
        if (!is_bound[i])
            j->residual[kept++] = j->residual[i];
    j->residual_count = kept;
}

static bool has_key(const joiner *j, int32_t left, int32_t right)
{
    for (uint32_t i = 0; i < j->join.key_count && left >= 0 && right >= 0; i++)
        if (j->left_keys[i]->kind == LEAT_EXPR_INPUT && j->left_keys[i]->column == (uint32_t)left &&
            j->right_keys[i]->kind == LEAT_EXPR_INPUT &&
            j->right_keys[i]->column == (uint32_t)right)
            return true;
    return false;
}

static bool take_asof(joiner *j)
{
    static const char *const ops[] = {"<", "<=", ">", ">="};
    for (uint32_t i = 0; i < j->residual_count; i++) {
        leat_expr *one = j->residual[i];
        for (uint32_t op = 0; op < 4; op++) {
            if (!leat_sql_is_call(one, ops[op]) || one->arguments[0]->kind != LEAT_EXPR_INPUT ||
                one->arguments[1]->kind != LEAT_EXPR_INPUT)
                continue;
            uint32_t a = one->arguments[0]->column, b = one->arguments[1]->column;
            if ((a < j->left_count) == (b < j->left_count))
                continue;
            bool is_swapped = a >= j->left_count;
            j->join.left_time = (uint16_t)(is_swapped ? b : a);
            j->join.right_time = (uint16_t)((is_swapped ? a : b) - j->left_count);
            j->join.asof = (leat_asof)(is_swapped ? op ^ 2U : op);
            j->join.timing = LEAT_JOIN_ASOF;
            j->residual[i] = j->residual[--j->residual_count];
            return true;
        }
    }
    LEAT_SQL_REPORT(
        j->p, j->args->span,
        "an ASOF join needs one comparison (<, <=, > or >=) of a left and a right column");
    return false;
}

static bool take_timing(joiner *j)
{
    leat_sql_join_args *args = j->args;
    j->join.timing = args->timing;
    if (args->timing == LEAT_JOIN_ASOF)
        return take_asof(j);
    if (args->timing == LEAT_JOIN_TEMPORAL) {
        const leat_schema *l = leat_sql_schema(j->p, &args->left);
        const leat_schema *r = leat_sql_schema(j->p, &args->right);
        if (l->event_time < 0 || r->event_time < 0) {
            LEAT_SQL_REPORT(j->p, args->span,
                            "FOR SYSTEM_TIME AS OF needs an event time (WATERMARK FOR ...) on both "
                            "sides");
            return false;
        }
        j->join.left_time = (uint16_t)l->event_time;
        j->join.right_time = (uint16_t)r->event_time;
        return true;
    }
    if (args->timing != LEAT_JOIN_REGULAR)
        return true;
    if (has_key(j, args->left.window_start, args->right.window_start) &&
        has_key(j, args->left.window_end, args->right.window_end)) {
        j->join.timing = LEAT_JOIN_WINDOW;
        j->join.left_time = (uint16_t)args->left.window_end;
        j->join.right_time = (uint16_t)args->right.window_end;
        return true;
    }
    take_bounds(j);
    return true;
}

/* Keys as columns of the side, which may get wider for them. */
static bool place_keys(joiner *j, leat_sql_relation *rows, leat_expr **keys, uint16_t **out_columns)
{
    const leat_schema *schema = leat_sql_schema(j->p, rows);
    leat_bound **bound = LEAT_ARENA_ARRAY(j->p->arena, leat_bound *, j->join.key_count);
    for (uint32_t i = 0; i < j->join.key_count; i++)
        if ((bound[i] = leat_sql_bind(j->p, schema, keys[i])) == NULL)
            return false;
    *out_columns = LEAT_ARENA_ARRAY(j->p->arena, uint16_t, j->join.key_count);
    rows->out = leat_sql_with_columns(j->p, rows->out, bound, j->join.key_count, *out_columns,
                                      j->args->span);
    return true;
}

static void widen_inputs(leat_expr *expr, uint32_t from, uint32_t by)
{
    if (expr->kind == LEAT_EXPR_INPUT && expr->column >= from)
        expr->column += by;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        widen_inputs(expr->arguments[i], from, by);
}

static bool bind_residual(joiner *j, const leat_schema *paired, uint32_t widened)
{
    if (j->residual_count == 0)
        return true;
    leat_expr *all = j->residual[0];
    if (j->residual_count > 1) {
        all = LEAT_ARENA_NEW(j->p->arena, leat_expr);
        *all = *j->residual[0];
        all->kind = LEAT_EXPR_CALL;
        all->name = LEAT_BYTES("and");
        all->argument_count = j->residual_count;
        all->arguments =
            leat_arena_copy(j->p->arena, j->residual, j->residual_count * sizeof(leat_expr *));
        all->filter = NULL;
    }
    all = leat_sql_deep_copy(j->p, all);
    widen_inputs(all, j->left_count, widened);
    j->join.residual = leat_sql_bind_condition(j->p, paired, all);
    return j->join.residual != NULL;
}

/* Columns of the sides beside one another; outer sides may be NULL. */
static const leat_schema *paired_schema(joiner *j, bool is_output)
{
    const leat_schema *l = leat_sql_schema(j->p, &j->args->left);
    const leat_schema *r = leat_sql_schema(j->p, &j->args->right);
    leat_join_kind kind = j->join.kind;
    bool only_left = is_output && (kind == LEAT_JOIN_SEMI || kind == LEAT_JOIN_ANTI);
    uint32_t count = l->field_count + (only_left ? 0 : r->field_count);
    leat_field *fields = LEAT_ARENA_ARRAY(j->p->arena, leat_field, count);
    for (uint32_t i = 0; i < count; i++) {
        bool is_left = i < l->field_count;
        fields[i] = is_left ? l->fields[i] : r->fields[i - l->field_count];
        bool misses =
            kind == LEAT_JOIN_FULL || kind == (is_left ? LEAT_JOIN_RIGHT : LEAT_JOIN_LEFT);
        fields[i].is_nullable |= is_output && misses;
    }
    bool has_time = j->join.timing != LEAT_JOIN_REGULAR && j->join.timing != LEAT_JOIN_ASOF &&
                    kind != LEAT_JOIN_RIGHT && kind != LEAT_JOIN_FULL;
    return leat_schema_new(j->p->arena, fields, count, has_time ? l->event_time : -1);
}

/* The columns that the conditions knew, without those that keys were computed into. */
static leat_logical_input cut_columns(joiner *j, leat_logical_input out, uint32_t widened)
{
    const leat_schema *schema = leat_sql_output(j->p, out)->schema;
    bool has_right = j->join.kind != LEAT_JOIN_SEMI && j->join.kind != LEAT_JOIN_ANTI;
    uint32_t count = j->left_count + (has_right ? j->right_count : 0);
    if (count == schema->field_count)
        return out;
    leat_field *fields = LEAT_ARENA_ARRAY(j->p->arena, leat_field, count);
    leat_bound **columns = LEAT_ARENA_ARRAY(j->p->arena, leat_bound *, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = i < j->left_count ? i : i + widened;
        fields[i] = schema->fields[from];
        leat_expr input = {.kind = LEAT_EXPR_INPUT, .column = from};
        columns[i] = leat_sql_bind(j->p, schema, &input);
    }
    return leat_sql_project(j->p, out, fields, columns, count, j->args->span);
}

static void name_output(joiner *j, leat_sql_relation *out)
{
    const leat_sql_relation *l = &j->args->left, *r = &j->args->right;
    bool has_right = j->join.kind != LEAT_JOIN_SEMI && j->join.kind != LEAT_JOIN_ANTI;
    out->field_count = l->field_count + (has_right ? r->field_count : 0);
    out->fields = LEAT_ARENA_ARRAY(j->p->arena, leat_sql_field, out->field_count);
    for (uint32_t i = 0; i < out->field_count; i++)
        out->fields[i] = i < l->field_count ? l->fields[i] : r->fields[i - l->field_count];
    out->window_start = l->window_start;
    out->window_end = l->window_end;
}

static bool make(joiner *j, leat_sql_relation *out)
{
    leat_sql_join_args *args = j->args;
    for (uint32_t i = 0; i < args->condition_count; i++)
        if (!take_key(j, args->conditions[i]))
            j->residual[j->residual_count++] = args->conditions[i];
    if (!take_timing(j) || !place_keys(j, &args->left, j->left_keys, &j->join.left_keys) ||
        !place_keys(j, &args->right, j->right_keys, &j->join.right_keys))
        return false;
    uint32_t widened = leat_sql_schema(j->p, &args->left)->field_count - j->left_count;
    if (!bind_residual(j, paired_schema(j, false), widened))
        return false;
    leat_logical_node node = leat_sql_node(j->p, LEAT_LOGICAL_JOIN, "join", args->span);
    leat_logical_input inputs[2] = {args->left.out, args->right.out};
    leat_sql_set_inputs(j->p, &node, inputs, 2);
    node.join = leat_arena_copy(j->p->arena, &j->join, sizeof j->join);
    out->out = cut_columns(j, leat_sql_add(j->p, &node, paired_schema(j, true)), widened);
    name_output(j, out);
    return true;
}

bool leat_sql_make_join(leat_sql_planner *p, leat_sql_join_args *args, leat_sql_relation *out)
{
    joiner *j = LEAT_ARENA_NEW(p->arena, joiner);
    j->p = p;
    j->args = args;
    j->left_count = args->left.field_count;
    j->right_count = args->right.field_count;
    j->join.kind = args->kind;
    j->join.null_matches = LEAT_ARENA_ARRAY(p->arena, bool, args->condition_count);
    if (args->condition_count > LEAT_SQL_CONJUNCTS_MAX) {
        LEAT_SQL_REPORT(p, args->span, "more than %d conditions", LEAT_SQL_CONJUNCTS_MAX);
        return false;
    }
    return make(j, out);
}
