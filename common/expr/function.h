/* SPDX-License-Identifier: Apache-2.0
 *
 * function - the registry of scalar functions and operators: what may be called, with what, and
 * what comes out.
 *
 * One row is one overload. Each family file (kernel_*.c) holds its kernels and its rows; function.c
 * strings the families together. A leat_function_id is an index into that list and means
 * something within one build only: on the wire a function is its name, and the overload follows
 * from the types of its arguments.
 */
#ifndef LEAT_COMMON_EXPR_FUNCTION_H
#define LEAT_COMMON_EXPR_FUNCTION_H

#include "common/expr/kernel.h"

typedef uint16_t leat_function_id;

enum {
    LEAT_FUNCTION_ARGUMENTS_MAX = 7, /* named in a row; a variadic row repeats the last one */
    LEAT_FUNCTION_VARIADIC_MAX = 10000,
    LEAT_FUNCTION_NONE = UINT16_MAX
};

/* Any type, in a row's argument list. */
#define LEAT_TYPE_ANY LEAT_TYPE_UNKNOWN

typedef enum leat_result_rule {
    LEAT_RESULT_FIXED, /* the row's type */
    LEAT_RESULT_FIRST, /* type of the first argument */
    LEAT_RESULT_SECOND,
    LEAT_RESULT_ELEMENT,       /* of the first argument, an array */
    LEAT_RESULT_ARRAY,         /* of the first argument's type; of text without one */
    LEAT_RESULT_TEXTS,         /* array<string> */
    LEAT_RESULT_PLACES,        /* array<int> */
    LEAT_RESULT_ROW,           /* of all arguments: f1, f2, ... */
    LEAT_RESULT_FIELD,         /* of the first argument, a row: the one that the second names */
    LEAT_RESULT_MAP,           /* of keys and values in turn */
    LEAT_RESULT_MAP_OF_ARRAYS, /* of two arrays' elements */
    LEAT_RESULT_MAP_VALUE,     /* of the first argument, a map */
    LEAT_RESULT_MAP_KEYS,      /* an array of them */
    LEAT_RESULT_MAP_VALUES,
    LEAT_RESULT_ADD,      /* decimal + decimal: one more digit */
    LEAT_RESULT_MULTIPLY, /* scales add */
    LEAT_RESULT_DIVIDE,   /* at least LEAT_DECIMAL_QUOTIENT_SCALE digits after the point */
    LEAT_RESULT_WHOLE,    /* decimal without its fraction, one more digit for the carry */
    LEAT_RESULT_ROUND,    /* scale = the constant second argument, if it is one */
    LEAT_RESULT_EXTRACT,  /* bigint, or a decimal for seconds and parts of them */
    LEAT_RESULT_CAST,     /* what the call says */
    LEAT_RESULT_TRY_CAST, /* what the call says, of any type that the argument can be cast to */
} leat_result_rule;

typedef enum leat_null_rule {
    LEAT_NULLS_STRICT, /* a NULL argument makes a NULL result, and the kernel need not know */
    LEAT_NULLS_NEVER,  /* the result is never NULL */
    LEAT_NULLS_ALL,    /* NULL when all arguments are */
    LEAT_NULLS_KLEENE, /* NULL when some argument is and no other decides */
} leat_null_rule;

typedef enum leat_function_form {
    LEAT_FORM_CALL,     /* a kernel over its arguments */
    LEAT_FORM_AND,      /* compiled by program.c: later arguments see fewer rows */
    LEAT_FORM_OR,       /* */
    LEAT_FORM_COALESCE, /* */
} leat_function_form;

typedef struct leat_function {
    const char *name; /* lower case; operators by symbol */
    const char *summary;
    uint8_t argument_ids[LEAT_FUNCTION_ARGUMENTS_MAX]; /* leat_type_id */
    uint8_t argument_count;
    bool is_variadic; /* the last argument may come any number of times more */
    uint8_t result_id;
    leat_result_rule rule;
    leat_function_form form;
    bool has_equal_types; /* all arguments are brought to one type (decimals: one scale) */
    uint8_t
        element_arguments; /* bit i: argument i is brought to the type of the array's elements */
    bool may_be_null;      /* also where no argument is */
    bool takes_as_text;    /* any argument is cast to string where a string stands */
    leat_null_rule nulls;
    bool can_fail; /* on some values, or on garbage that is no value */
    leat_kernel *kernel;
    leat_kernel_select *const *select; /* by layout of the first argument, or NULL */
    /* Make something of constant arguments once; NULL and a reason when they will not do. */
    const void *(*prepare)(const leat_bound *call, leat_arena *arena, const char **out_reason);
} leat_function;

/* Rows of a family, for the tables at the end of the kernel_*.c files. */
#define LEAT_ARGUMENTS_0()     .argument_count = 0
#define LEAT_ARGUMENTS_1(a)    .argument_ids = {LEAT_TYPE_##a}, .argument_count = 1
#define LEAT_ARGUMENTS_2(a, b) .argument_ids = {LEAT_TYPE_##a, LEAT_TYPE_##b}, .argument_count = 2
#define LEAT_ARGUMENTS_3(a, b, c)                                                                  \
    .argument_ids = {LEAT_TYPE_##a, LEAT_TYPE_##b, LEAT_TYPE_##c}, .argument_count = 3
#define LEAT_ARGUMENTS_4(a, b, c, d)                                                               \
    .argument_ids = {LEAT_TYPE_##a, LEAT_TYPE_##b, LEAT_TYPE_##c, LEAT_TYPE_##d},                  \
    .argument_count = 4
#define LEAT_ARGUMENTS_6(a, b, c, d, e, f)                                                         \
    .argument_ids = {LEAT_TYPE_##a, LEAT_TYPE_##b, LEAT_TYPE_##c,                                  \
                     LEAT_TYPE_##d, LEAT_TYPE_##e, LEAT_TYPE_##f},                                 \
    .argument_count = 6
#define LEAT_ARGUMENTS_7(a, b, c, d, e, f, g)                                                      \
    .argument_ids = {LEAT_TYPE_##a, LEAT_TYPE_##b, LEAT_TYPE_##c, LEAT_TYPE_##d,                   \
                     LEAT_TYPE_##e, LEAT_TYPE_##f, LEAT_TYPE_##g},                                 \
    .argument_count = 7
#define LEAT_RESULT(id) .result_id = LEAT_TYPE_##id

typedef struct leat_function_family {
    const char *name;
    const leat_function *functions;
    uint32_t count;
} leat_function_family;

extern const leat_function_family leat_functions_arithmetic;
extern const leat_function_family leat_functions_decimal;
extern const leat_function_family leat_functions_math;
extern const leat_function_family leat_functions_compare;
extern const leat_function_family leat_functions_boolean;
extern const leat_function_family leat_functions_choice;
extern const leat_function_family leat_functions_text;
extern const leat_function_family leat_functions_search;
extern const leat_function_family leat_functions_regexp;
extern const leat_function_family leat_functions_time;
extern const leat_function_family leat_functions_date;
extern const leat_function_family leat_functions_pattern;
extern const leat_function_family leat_functions_now;
extern const leat_function_family leat_functions_array;
extern const leat_function_family leat_functions_nested;
extern const leat_function_family leat_functions_json;
extern const leat_function_family leat_functions_digest;
extern const leat_function_family leat_functions_string;
extern const leat_function_family leat_functions_numeric;
extern const leat_function_family leat_functions_span;
extern const leat_function_family leat_functions_null;
extern const leat_function_family leat_functions_cast;

uint32_t leat_function_count(void);
const leat_function *leat_function_at(leat_function_id id); /* id < leat_function_count() */

/* Visit the overloads of a name: the first at or after `from`, or LEAT_FUNCTION_NONE. */
leat_function_id leat_function_next(leat_bytes name, uint32_t from);
/* The cast between two types, or LEAT_FUNCTION_NONE. */
leat_function_id leat_function_cast(leat_type_id from, leat_type_id to);
/* Whether a call may have these arguments as they are: of the row's types, and of one scale where
 * one type was asked for. */
bool leat_function_takes(const leat_function *function,
                         leat_bound *const *arguments,
                         uint32_t argument_count);
bool leat_function_takes_count(const leat_function *function, uint32_t argument_count);
/* leat_type_id of argument i, the variadic tail included. */
leat_type_id leat_function_argument(const leat_function *function, uint32_t i);

/* The type of a call with these arguments. `wanted` is the target of a cast, else ignored.
 * False when there is none (a cast between types that have none is not in the table). */
bool leat_function_result(const leat_function *function,
                          leat_bound *const *arguments,
                          uint32_t argument_count,
                          leat_type wanted,
                          leat_type *out_type);

/* Decimal result types: precision above 38 is cut at the cost of digits after the point, but at
 * least six of those stay (or all, when there were fewer). */
leat_type leat_type_decimal_cut(unsigned precision, unsigned scale);
/* The smallest type that both convert to, as "=" or CASE needs it; false when there is none. */
bool leat_type_common(leat_type a, leat_type b, leat_type *out_type);

/* Every name once, for suggestions. */
const char **leat_function_names(leat_arena *arena, uint32_t *out_count);

/* "upper(string)". */
void leat_function_signature_print(const leat_function *function, leat_buf *out);
/* Call, result type and a sentence per overload, as a Markdown table per family. */
void leat_functions_print(leat_buf *out);

#endif
