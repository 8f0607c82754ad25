/* SPDX-License-Identifier: Apache-2.0
 *
 * bound - an expression after binding: columns are indices, functions are chosen overloads, every
 * node has a type, implicit casts are explicit, constants are folded.
 *
 * Immutable; lives in the plan arena; printable; travels in the plan's wire form (encode/decode).
 */
#ifndef LEAT_COMMON_EXPR_BOUND_H
#define LEAT_COMMON_EXPR_BOUND_H

#include "common/expr/expr.h"

/* Rewriting (IN over expressions, BETWEEN, nullif) makes a bound tree deeper than its source. */
enum {
    LEAT_BOUND_DEPTH_MAX = 3 * LEAT_EXPR_DEPTH_MAX,
    LEAT_BOUND_NODES_MAX = 4 * LEAT_EXPR_NODES_MAX
};

typedef enum leat_bound_kind {
    LEAT_BOUND_CONSTANT,
    LEAT_BOUND_COLUMN, /* column index of the input schema */
    LEAT_BOUND_CALL,   /* scalar function */
    LEAT_BOUND_CASE,   /* when, then, ..., else (always present, NULL constant if not given) */
} leat_bound_kind;

typedef struct leat_bound {
    leat_bound_kind kind;
    leat_type type;
    bool is_nullable;
    uint32_t column;
    leat_value value;
    uint16_t function; /* leat_function_id of function.h; on the wire it is the name */
    uint32_t argument_count;
    struct leat_bound **arguments;
} leat_bound;

/* An aggregate call bound: which aggregate, over what. */
typedef enum leat_aggregate_kind {
    LEAT_AGGREGATE_COUNT_STAR,
    LEAT_AGGREGATE_COUNT,
    LEAT_AGGREGATE_SUM,
    LEAT_AGGREGATE_AVG,
    LEAT_AGGREGATE_MIN,
    LEAT_AGGREGATE_MAX,
    LEAT_AGGREGATE_BOOL_AND,
    LEAT_AGGREGATE_BOOL_OR,
    LEAT_AGGREGATE_BIT_AND,
    LEAT_AGGREGATE_BIT_OR,
    LEAT_AGGREGATE_BIT_XOR,
    LEAT_AGGREGATE_VAR_POP, /* these four: double, or decimal of exact input */
    LEAT_AGGREGATE_VAR_SAMP,
    LEAT_AGGREGATE_STDDEV_POP,
    LEAT_AGGREGATE_STDDEV_SAMP,
    LEAT_AGGREGATE_COVAR_POP, /* from here to REGR_R2: of y (argument) over x (option), doubles */
    LEAT_AGGREGATE_COVAR_SAMP,
    LEAT_AGGREGATE_CORR,
    LEAT_AGGREGATE_REGR_COUNT,
    LEAT_AGGREGATE_REGR_AVGX,
    LEAT_AGGREGATE_REGR_AVGY,
    LEAT_AGGREGATE_REGR_SXX,
    LEAT_AGGREGATE_REGR_SYY,
    LEAT_AGGREGATE_REGR_SXY,
    LEAT_AGGREGATE_REGR_SLOPE,
    LEAT_AGGREGATE_REGR_INTERCEPT,
    LEAT_AGGREGATE_REGR_R2,
    LEAT_AGGREGATE_FIRST_VALUE, /* in order, else by arrival; NULLs count */
    LEAT_AGGREGATE_LAST_VALUE,
    LEAT_AGGREGATE_ANY_VALUE,  /* the first that is not NULL */
    LEAT_AGGREGATE_STRING_AGG, /* option: what stands before each value but the first */
    LEAT_AGGREGATE_ARRAY_AGG,  /* NULLs count, as in the next two */
    LEAT_AGGREGATE_JSONB_AGG,
    LEAT_AGGREGATE_JSONB_OBJECT_AGG, /* of names (argument) and values (option) */
    LEAT_AGGREGATE_PERCENTILE_CONT,  /* option: constant fraction(s); order: the argument */
    LEAT_AGGREGATE_PERCENTILE_DISC,
    LEAT_AGGREGATE_MODE, /* order: the argument */
    LEAT_AGGREGATE_KIND_COUNT
} leat_aggregate_kind;

/* ORDER BY inside a call: array_agg(x ORDER BY y DESC), WITHIN GROUP (ORDER BY y). */
typedef struct leat_bound_order {
    leat_bound *by;
    bool is_descending;
    bool nulls_first;
} leat_bound_order;

enum { LEAT_AGGREGATE_ORDERS_MAX = 16 };

typedef struct leat_bound_aggregate {
    leat_aggregate_kind kind;
    leat_type type;       /* of the result: decisions 16 and 39 (postgres dialect) */
    leat_bound *argument; /* NULL for COUNT_STAR; of WITHIN GROUP what it orders by */
    leat_bound *filter;   /* boolean, or NULL */
    leat_bound *option;   /* second argument, or NULL: what the kind says */
    bool is_distinct;     /* each value once; unset where that changes nothing */
    uint32_t order_count;
    leat_bound_order *orders;
} leat_bound_aggregate;

/* The type of a call, by its kind, argument and option; false when there is none. Plans from the
 * wire are checked by it: accumulators are laid out by these types. */
bool leat_aggregate_result(const leat_bound_aggregate *call, leat_type *out_type);

/* Whether a call's second argument and orders are as its kind needs them (the wire again). */
bool leat_aggregate_is_sound(const leat_bound_aggregate *call);

/* Whether the result is made from all values in order (aggregate.h); `retracts`: rows of the input
 * may be taken back. */
bool leat_aggregate_is_gathered(const leat_bound_aggregate *call, bool retracts);
/* Whether values are kept beside the accumulator: gathered ones, those of DISTINCT, and those of
 * min and max over rows that may be taken back. */
bool leat_aggregate_keeps_values(const leat_bound_aggregate *call, bool retracts);

/* Whether a NULL argument is a value like others; else its row is passed over. */
bool leat_aggregate_takes_nulls(leat_aggregate_kind kind);

/* Whether there is an aggregate of that name (lower case). */
bool leat_aggregate_is_named(leat_bytes name);
const char *leat_aggregate_name(leat_aggregate_kind kind);

typedef struct leat_binder {
    leat_arena *arena; /* of the plan: bound nodes go here */
    const leat_schema *schema;
    leat_bytes relation; /* accepted as qualifier, may be empty */
    leat_source_text source;
    leat_diagnostics *diagnostics;
} leat_binder;

/* NULL after an error was reported (unknown column with a suggestion, no such function, wrong
 * argument types naming the candidates, aggregate where none may stand, ...). */
leat_bound *leat_bind(leat_binder *binder, const leat_expr *expr);
/* Bind and require BOOLEAN. */
leat_bound *leat_bind_condition(leat_binder *binder, const leat_expr *expr);

/* Bind a select item of a grouped processor: aggregates inside `expr` are collected (equal ones
 * once) into the list and replaced by columns numbered from `first_column` + their list index;
 * other columns must be group keys. Used for `aggregate:` items and `having:`. */
typedef struct leat_bound_aggregates {
    leat_bound_aggregate *items; /* arena, capacity LEAT_AGGREGATES_MAX */
    uint32_t count;
} leat_bound_aggregates;
enum { LEAT_AGGREGATES_MAX = 256 };
leat_bound *leat_bind_grouped(leat_binder *binder,
                              const leat_expr *expr,
                              const leat_schema *grouped,
                              uint32_t first_column,
                              leat_bound_aggregates *aggregates);

/* Every column read exists in `schema` with the type the expression takes it for. */
bool leat_bound_fits(const leat_bound *bound, const leat_schema *schema);
bool leat_bound_equal(const leat_bound *a, const leat_bound *b);
/* Set uses[i] for every input column read. */
void leat_bound_uses(const leat_bound *bound, bool *uses);
/* A copy with every column c replaced by map[c] (projection push-down, pruning). */
leat_bound *leat_bound_remap(const leat_bound *bound, const uint32_t *map, leat_arena *arena);
void leat_bound_print(const leat_bound *bound, const leat_schema *schema, leat_buf *out);
void leat_bound_encode(const leat_bound *bound, leat_buf *out);
/* Depth and node count limited; functions and types checked: LEAT_CORRUPT, never a crash. Whether
 * its columns exist is for the caller to ask: leat_bound_fits. */
LEAT_MUST_USE leat_code leat_bound_decode(leat_cursor *in,
                                          leat_arena *arena,
                                          leat_bound **out_bound,
                                          leat_error *err);

#endif
