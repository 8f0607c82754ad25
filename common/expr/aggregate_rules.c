/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/aggregate_rules.h"

#include "common/columns/nested.h"
#include "common/expr/aggregate.h"
#include "common/expr/decimal.h"

/* Of several names of a kind the first is its own. */
static const leat_aggregate_rule RULES[] = {
    {"count", LEAT_AGGREGATE_COUNT, 1, 16, LEAT_TAKES_ANY, LEAT_ORDER_MEANS_NOTHING, false, false,
     "count(*), count(any, ...)", "bigint", "rows, or those of which no argument is NULL"},
    {"sum", LEAT_AGGREGATE_SUM, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, false, false,
     "sum(number or interval)", "bigint of int, decimal of bigint and decimal, else the same",
     "sum"},
    {"avg", LEAT_AGGREGATE_AVG, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, false, false,
     "avg(number or interval)", "decimal, or double of double, interval",
     "mean; exact numbers keep 16 digits after the point"},
    {"min", LEAT_AGGREGATE_MIN, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, true, false,
     "min(any)", "as the argument", "least value"},
    {"max", LEAT_AGGREGATE_MAX, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, true, false,
     "max(any)", "as the argument", "greatest value"},
    {"bool_and", LEAT_AGGREGATE_BOOL_AND, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, true,
     false, "bool_and(boolean)", "boolean", "whether all are true"},
    {"every", LEAT_AGGREGATE_BOOL_AND, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, true,
     false, "every(boolean)", "boolean", "whether all are true"},
    {"bool_or", LEAT_AGGREGATE_BOOL_OR, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, true,
     false, "bool_or(boolean)", "boolean", "whether some is true"},
    {"bit_and", LEAT_AGGREGATE_BIT_AND, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, true,
     false, "bit_and(int or bigint)", "as the argument", "bits that all have"},
    {"bit_or", LEAT_AGGREGATE_BIT_OR, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, true, false,
     "bit_or(int or bigint)", "as the argument", "bits that some have"},
    {"bit_xor", LEAT_AGGREGATE_BIT_XOR, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, false,
     false, "bit_xor(int or bigint)", "as the argument", "bits that an odd number have"},
    {"var_pop", LEAT_AGGREGATE_VAR_POP, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, false,
     false, "var_pop(number)", "decimal, or double of double", "population variance"},
    {"var_samp", LEAT_AGGREGATE_VAR_SAMP, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, false,
     false, "var_samp(number)", "decimal, or double of double", "sample variance"},
    {"variance", LEAT_AGGREGATE_VAR_SAMP, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, false,
     false, "variance(number)", "decimal, or double of double", "sample variance"},
    {"stddev_pop", LEAT_AGGREGATE_STDDEV_POP, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING,
     false, false, "stddev_pop(number)", "decimal, or double of double",
     "population standard deviation"},
    {"stddev_samp", LEAT_AGGREGATE_STDDEV_SAMP, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING,
     false, false, "stddev_samp(number)", "decimal, or double of double",
     "sample standard deviation"},
    {"stddev", LEAT_AGGREGATE_STDDEV_SAMP, 1, 1, LEAT_TAKES_AS_IS, LEAT_ORDER_MEANS_NOTHING, false,
     false, "stddev(number)", "decimal, or double of double", "sample standard deviation"},
    {"covar_pop", LEAT_AGGREGATE_COVAR_POP, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING,
     false, false, "covar_pop(y, x)", "double", "population covariance"},
    {"covar_samp", LEAT_AGGREGATE_COVAR_SAMP, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING,
     false, false, "covar_samp(y, x)", "double", "sample covariance"},
    {"corr", LEAT_AGGREGATE_CORR, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING, false, false,
     "corr(y, x)", "double", "correlation"},
    {"regr_count", LEAT_AGGREGATE_REGR_COUNT, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING,
     false, false, "regr_count(y, x)", "bigint", "pairs of which neither is NULL"},
    {"regr_avgx", LEAT_AGGREGATE_REGR_AVGX, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING,
     false, false, "regr_avgx(y, x)", "double", "mean of x"},
    {"regr_avgy", LEAT_AGGREGATE_REGR_AVGY, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING,
     false, false, "regr_avgy(y, x)", "double", "mean of y"},
    {"regr_sxx", LEAT_AGGREGATE_REGR_SXX, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING, false,
     false, "regr_sxx(y, x)", "double", "sum of squared deviations of x"},
    {"regr_syy", LEAT_AGGREGATE_REGR_SYY, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING, false,
     false, "regr_syy(y, x)", "double", "sum of squared deviations of y"},
    {"regr_sxy", LEAT_AGGREGATE_REGR_SXY, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING, false,
     false, "regr_sxy(y, x)", "double", "sum of products of deviations"},
    {"regr_slope", LEAT_AGGREGATE_REGR_SLOPE, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING,
     false, false, "regr_slope(y, x)", "double", "slope of the fitted line"},
    {"regr_intercept", LEAT_AGGREGATE_REGR_INTERCEPT, 2, 2, LEAT_TAKES_DOUBLE,
     LEAT_ORDER_MEANS_NOTHING, false, false, "regr_intercept(y, x)", "double",
     "where the fitted line meets x = 0"},
    {"regr_r2", LEAT_AGGREGATE_REGR_R2, 2, 2, LEAT_TAKES_DOUBLE, LEAT_ORDER_MEANS_NOTHING, false,
     false, "regr_r2(y, x)", "double", "square of the correlation"},
    {"first_value", LEAT_AGGREGATE_FIRST_VALUE, 1, 1, LEAT_TAKES_ANY, LEAT_ORDER_OF_ROWS, false,
     false, "first_value(any [ORDER BY ...])", "as the argument",
     "value of the first row, NULL included; without an order: by arrival"},
    {"last_value", LEAT_AGGREGATE_LAST_VALUE, 1, 1, LEAT_TAKES_ANY, LEAT_ORDER_OF_ROWS, false,
     false, "last_value(any [ORDER BY ...])", "as the argument",
     "value of the last row, NULL included; without an order: by arrival"},
    {"any_value", LEAT_AGGREGATE_ANY_VALUE, 1, 1, LEAT_TAKES_ANY, LEAT_ORDER_MEANS_NOTHING, true,
     false, "any_value(any)", "as the argument",
     "some value that is not NULL: the first to arrive"},
    {"string_agg", LEAT_AGGREGATE_STRING_AGG, 2, 2, LEAT_TAKES_AS_IS, LEAT_ORDER_OF_ROWS, false,
     false, "string_agg(string, separator [ORDER BY ...])", "string",
     "the texts, each but the first behind its separator"},
    {"listagg", LEAT_AGGREGATE_STRING_AGG, 1, 2, LEAT_TAKES_AS_IS, LEAT_ORDER_OF_ROWS, false, false,
     "listagg(string [, separator]) [WITHIN GROUP (ORDER BY ...)]", "string",
     "string_agg, with `,` as its separator unless another is given"},
    {"array_agg", LEAT_AGGREGATE_ARRAY_AGG, 1, 1, LEAT_TAKES_ANY, LEAT_ORDER_OF_ROWS, false, false,
     "array_agg(any [ORDER BY ...])", "array of the argument", "all values, NULLs included"},
    {"jsonb_agg", LEAT_AGGREGATE_JSONB_AGG, 1, 1, LEAT_TAKES_ANY, LEAT_ORDER_OF_ROWS, false, false,
     "jsonb_agg(any [ORDER BY ...])", "json", "a JSON array of all values, NULLs included"},
    {"json_agg", LEAT_AGGREGATE_JSONB_AGG, 1, 1, LEAT_TAKES_ANY, LEAT_ORDER_OF_ROWS, false, false,
     "json_agg(any [ORDER BY ...])", "json", "jsonb_agg"},
    {"jsonb_object_agg", LEAT_AGGREGATE_JSONB_OBJECT_AGG, 2, 2, LEAT_TAKES_AS_IS,
     LEAT_ORDER_OF_ROWS, false, false, "jsonb_object_agg(name, any)", "json",
     "a JSON object of names and values; of equal names the last stays"},
    {"json_object_agg", LEAT_AGGREGATE_JSONB_OBJECT_AGG, 2, 2, LEAT_TAKES_AS_IS, LEAT_ORDER_OF_ROWS,
     false, false, "json_object_agg(name, any)", "json", "jsonb_object_agg"},
    {"json_objectagg", LEAT_AGGREGATE_JSONB_OBJECT_AGG, 2, 2, LEAT_TAKES_AS_IS, LEAT_ORDER_OF_ROWS,
     false, false, "json_objectagg(name, any)", "json", "jsonb_object_agg"},
    {"json_arrayagg", LEAT_AGGREGATE_JSONB_AGG, 1, 1, LEAT_TAKES_ANY, LEAT_ORDER_OF_ROWS, false,
     false, "json_arrayagg(any [ORDER BY ...])", "json", "jsonb_agg"},
    {"percentile_cont", LEAT_AGGREGATE_PERCENTILE_CONT, 1, 1, LEAT_TAKES_DOUBLE,
     LEAT_ORDER_IS_ARGUMENT, false, false,
     "percentile_cont(fraction or array) WITHIN GROUP (ORDER BY number)", "double",
     "value at that fraction of the order, between two values where it falls there"},
    {"percentile_disc", LEAT_AGGREGATE_PERCENTILE_DISC, 1, 1, LEAT_TAKES_ANY,
     LEAT_ORDER_IS_ARGUMENT, false, false,
     "percentile_disc(fraction or array) WITHIN GROUP (ORDER BY any)", "as the order",
     "first value at or behind that fraction of the order"},
    {"approx_percentile", LEAT_AGGREGATE_PERCENTILE_DISC, 1, 2, LEAT_TAKES_DOUBLE,
     LEAT_ORDER_IS_ARGUMENT, false, false,
     "approx_percentile(fraction [, error]) WITHIN GROUP (ORDER BY number)", "double",
     "percentile_disc: exact, whatever error is allowed"},
    {"mode", LEAT_AGGREGATE_MODE, 0, 0, LEAT_TAKES_ANY, LEAT_ORDER_IS_ARGUMENT, false, false,
     "mode() WITHIN GROUP (ORDER BY any)", "as the order",
     "most frequent value, the first in order among several"},
    {"approx_count_distinct", LEAT_AGGREGATE_COUNT, 1, 1, LEAT_TAKES_ANY, LEAT_ORDER_MEANS_NOTHING,
     false, true, "approx_count_distinct(any)", "bigint",
     "count(DISTINCT any): exact, also when rows are taken back"},
};

const leat_aggregate_rule *leat_aggregate_rule_of(leat_bytes name)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(RULES); i++)
        if (leat_bytes_equal(name, leat_bytes_text(RULES[i].name)))
            return &RULES[i];
    return NULL;
}

bool leat_aggregate_is_named(leat_bytes name)
{
    return leat_aggregate_rule_of(name) != NULL;
}

const char *leat_aggregate_name(leat_aggregate_kind kind)
{
    if (kind == LEAT_AGGREGATE_COUNT_STAR)
        return "count(*)";
    for (size_t i = 0; i < LEAT_COUNT_OF(RULES); i++)
        if (RULES[i].kind == kind)
            return RULES[i].name;
    LEAT_UNREACHABLE();
}

void leat_aggregates_print(leat_buf *out)
{
    leat_buf_add_text(out, "## aggregates\n\n| call | result | what |\n|---|---|---|\n");
    for (size_t i = 0; i < LEAT_COUNT_OF(RULES); i++)
        leat_buf_print(out, "| `%s` | %s | %s |\n", RULES[i].signature, RULES[i].result,
                       RULES[i].summary);
    leat_buf_add_char(out, '\n');
}

/* --- Types. --- */

static bool is_exact(leat_type type)
{
    return type.id == LEAT_TYPE_INT || type.id == LEAT_TYPE_BIGINT || type.id == LEAT_TYPE_DECIMAL;
}

/* Quotients and roots. */
static bool mean_result(leat_type input, leat_type *out)
{
    unsigned scale = LEAT_MAX((unsigned)input.scale, (unsigned)LEAT_DECIMAL_QUOTIENT_SCALE);
    *out = is_exact(input) ? leat_type_decimal(LEAT_DECIMAL_PRECISION_MAX, scale) : input;
    return is_exact(input) || input.id == LEAT_TYPE_DOUBLE;
}

/* Decisions 16, 39. */
static bool sum_result(leat_type input, leat_type *out)
{
    *out = input;
    if (is_exact(input))
        *out = input.id == LEAT_TYPE_INT
                   ? LEAT_TYPE(BIGINT)
                   : leat_type_decimal(LEAT_DECIMAL_PRECISION_MAX, input.scale);
    return is_exact(input) || input.id == LEAT_TYPE_DOUBLE || input.id == LEAT_TYPE_INTERVAL;
}

static bool result_is(leat_type result, bool is_there, leat_type *out)
{
    *out = result;
    return is_there;
}

/* Of one value: what ARRAY_AGG gives an array of. */
static bool value_result(leat_aggregate_kind kind, leat_type input, leat_type *out)
{
    bool is_double = input.id == LEAT_TYPE_DOUBLE;
    switch (kind) {
    case LEAT_AGGREGATE_COUNT_STAR:
    case LEAT_AGGREGATE_COUNT:
        return result_is(LEAT_TYPE(BIGINT), true, out);
    case LEAT_AGGREGATE_SUM:
        return sum_result(input, out);
    case LEAT_AGGREGATE_AVG:
        if (input.id == LEAT_TYPE_INTERVAL)
            return result_is(input, true, out);
        return mean_result(input, out);
    case LEAT_AGGREGATE_VAR_POP:
    case LEAT_AGGREGATE_VAR_SAMP:
    case LEAT_AGGREGATE_STDDEV_POP:
    case LEAT_AGGREGATE_STDDEV_SAMP:
        return mean_result(input, out);
    case LEAT_AGGREGATE_MIN:
    case LEAT_AGGREGATE_MAX:
        return result_is(input, input.id != LEAT_TYPE_BOOLEAN && input.id != LEAT_TYPE_UNKNOWN,
                         out);
    case LEAT_AGGREGATE_BOOL_AND:
    case LEAT_AGGREGATE_BOOL_OR:
        return result_is(input, input.id == LEAT_TYPE_BOOLEAN, out);
    case LEAT_AGGREGATE_BIT_AND:
    case LEAT_AGGREGATE_BIT_OR:
    case LEAT_AGGREGATE_BIT_XOR:
        return result_is(input, input.id == LEAT_TYPE_INT || input.id == LEAT_TYPE_BIGINT, out);
    case LEAT_AGGREGATE_REGR_COUNT:
        return result_is(LEAT_TYPE(BIGINT), is_double, out);
    case LEAT_AGGREGATE_COVAR_POP:
    case LEAT_AGGREGATE_COVAR_SAMP:
    case LEAT_AGGREGATE_CORR:
    case LEAT_AGGREGATE_REGR_AVGX:
    case LEAT_AGGREGATE_REGR_AVGY:
    case LEAT_AGGREGATE_REGR_SXX:
    case LEAT_AGGREGATE_REGR_SYY:
    case LEAT_AGGREGATE_REGR_SXY:
    case LEAT_AGGREGATE_REGR_SLOPE:
    case LEAT_AGGREGATE_REGR_INTERCEPT:
    case LEAT_AGGREGATE_REGR_R2:
    case LEAT_AGGREGATE_PERCENTILE_CONT:
        return result_is(input, is_double, out);
    case LEAT_AGGREGATE_STRING_AGG:
        return result_is(input, input.id == LEAT_TYPE_STRING || input.id == LEAT_TYPE_BYTES, out);
    case LEAT_AGGREGATE_ARRAY_AGG:
        *out = input.id == LEAT_TYPE_UNKNOWN ? input : leat_type_array(input);
        return out->id != LEAT_TYPE_UNKNOWN;
    case LEAT_AGGREGATE_JSONB_AGG:
    case LEAT_AGGREGATE_JSONB_OBJECT_AGG:
        return result_is(LEAT_TYPE(JSON), input.id != LEAT_TYPE_UNKNOWN, out);
    case LEAT_AGGREGATE_FIRST_VALUE:
    case LEAT_AGGREGATE_LAST_VALUE:
    case LEAT_AGGREGATE_ANY_VALUE:
    case LEAT_AGGREGATE_PERCENTILE_DISC:
    case LEAT_AGGREGATE_MODE:
        return result_is(input, input.id != LEAT_TYPE_UNKNOWN, out);
    case LEAT_AGGREGATE_KIND_COUNT:
        break;
    }
    return false;
}

static bool is_percentile(leat_aggregate_kind kind)
{
    return kind == LEAT_AGGREGATE_PERCENTILE_CONT || kind == LEAT_AGGREGATE_PERCENTILE_DISC;
}

bool leat_aggregate_result(const leat_bound_aggregate *call, leat_type *out)
{
    leat_type input = call->argument == NULL ? LEAT_TYPE(UNKNOWN) : call->argument->type;
    if (!value_result(call->kind, input, out))
        return false;
    if (is_percentile(call->kind) && call->option != NULL &&
        call->option->type.id == LEAT_TYPE_ARRAY)
        *out = leat_type_array(*out);
    return out->id != LEAT_TYPE_UNKNOWN;
}

/* --- What a call must have, and keeps. --- */

static bool is_of_pairs(leat_aggregate_kind kind)
{
    return kind >= LEAT_AGGREGATE_COVAR_POP && kind <= LEAT_AGGREGATE_REGR_R2;
}

/* One fraction or an array of them, each NULL or from 0 to 1. */
static bool are_fractions(const leat_bound *option)
{
    if (option == NULL || option->kind != LEAT_BOUND_CONSTANT)
        return false;
    const leat_value *value = &option->value;
    if (option->type.id != LEAT_TYPE_ARRAY)
        return option->type.id == LEAT_TYPE_DOUBLE &&
               (value->is_null || (value->real >= 0 && value->real <= 1));
    if (leat_type_element(option->type).id != LEAT_TYPE_DOUBLE)
        return false;
    leat_nested_reader reader =
        leat_nested_read(value->is_null ? LEAT_BYTES("") : value->text, NULL);
    while (leat_nested_more(&reader)) {
        leat_value one = leat_nested_next(&reader, LEAT_TYPE(DOUBLE));
        if (!one.is_null && !(one.real >= 0 && one.real <= 1))
            return false;
    }
    return true;
}

bool leat_aggregate_is_sound(const leat_bound_aggregate *call)
{
    const leat_bound *option = call->option;
    bool has_argument = call->argument != NULL;
    if (has_argument == (call->kind == LEAT_AGGREGATE_COUNT_STAR) ||
        call->order_count > LEAT_AGGREGATE_ORDERS_MAX || (call->is_distinct && !has_argument))
        return false;
    if (is_percentile(call->kind))
        return call->order_count == 1 && are_fractions(option);
    if (is_of_pairs(call->kind))
        return option != NULL && option->type.id == LEAT_TYPE_DOUBLE && !call->is_distinct;
    if (call->kind == LEAT_AGGREGATE_STRING_AGG)
        return option != NULL && option->type.id == call->argument->type.id;
    if (call->kind == LEAT_AGGREGATE_JSONB_OBJECT_AGG)
        return option != NULL && call->argument->type.id == LEAT_TYPE_STRING;
    return option == NULL && (call->kind != LEAT_AGGREGATE_MODE || call->order_count == 1);
}

bool leat_aggregate_takes_nulls(leat_aggregate_kind kind)
{
    return kind == LEAT_AGGREGATE_FIRST_VALUE || kind == LEAT_AGGREGATE_LAST_VALUE ||
           kind == LEAT_AGGREGATE_ARRAY_AGG || kind == LEAT_AGGREGATE_JSONB_AGG;
}

bool leat_aggregate_is_gathered(const leat_bound_aggregate *call, bool retracts)
{
    bool is_picked = call->kind == LEAT_AGGREGATE_FIRST_VALUE ||
                     call->kind == LEAT_AGGREGATE_LAST_VALUE ||
                     call->kind == LEAT_AGGREGATE_ANY_VALUE;
    return is_percentile(call->kind) || call->kind == LEAT_AGGREGATE_MODE ||
           (call->kind >= LEAT_AGGREGATE_STRING_AGG &&
            call->kind <= LEAT_AGGREGATE_JSONB_OBJECT_AGG) ||
           (is_picked && (retracts || call->order_count > 0));
}

bool leat_aggregate_keeps_values(const leat_bound_aggregate *call, bool retracts)
{
    bool is_extreme = call->kind == LEAT_AGGREGATE_MIN || call->kind == LEAT_AGGREGATE_MAX;
    return call->is_distinct || (retracts && is_extreme) ||
           leat_aggregate_is_gathered(call, retracts);
}
