/* SPDX-License-Identifier: Apache-2.0
 *
 * Boolean logic, 64 rows at a time. AND and OR are Kleene's: NULL means "could be either".
 */
#include "common/expr/function.h"

/* Word w of a boolean column and of its validity; constants stand for all rows. */
typedef struct boolean_word {
    uint64_t value;
    uint64_t valid;
} boolean_word;

static inline boolean_word word_of(const leat_column *column, size_t w)
{
    const uint64_t *values = column->values;
    boolean_word word = {0, ~UINT64_C(0)};
    if (column->is_constant) {
        word.value = UINT64_C(0) - (values[0] & 1);
        if (column->validity != NULL)
            word.valid = UINT64_C(0) - (column->validity[0] & 1);
        return word;
    }
    word.value = values[w];
    if (column->validity != NULL)
        word.valid = column->validity[w];
    return word;
}

static bool has_nulls(const leat_kernel_call *call)
{
    for (uint32_t a = 0; a < call->argument_count; a++)
        if (call->arguments[a].validity != NULL)
            return true;
    return false;
}

/* OR is AND of the negations, negated: one loop, with a mask to flip by. */
static void junction(leat_kernel_call *call, uint64_t flip)
{
    uint64_t *restrict out = call->values;
    uint64_t *validity = has_nulls(call) ? leat_kernel_validity(call) : NULL;
    for (size_t w = 0; w < leat_bit_words(call->row_count); w++) {
        uint64_t all_hold = ~UINT64_C(0), some_fails = 0;
        for (uint32_t a = 0; a < call->argument_count; a++) {
            boolean_word word = word_of(&call->arguments[a], w);
            word.value ^= flip;
            all_hold &= word.value & word.valid;
            some_fails |= ~word.value & word.valid;
        }
        out[w] = all_hold ^ flip;
        if (validity != NULL)
            validity[w] = all_hold | some_fails;
    }
}

static void and_boolean(leat_kernel_call *call)
{
    junction(call, 0);
}

static void or_boolean(leat_kernel_call *call)
{
    junction(call, ~UINT64_C(0));
}

#define EACH_WORD(name, expression)                                                                \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        uint64_t *restrict out = call->values;                                                     \
        for (size_t w = 0; w < leat_bit_words(call->row_count); w++) {                             \
            const boolean_word x = word_of(&call->arguments[0], w);                                \
            out[w] = (expression);                                                                 \
        }                                                                                          \
    }

EACH_WORD(not_boolean, ~x.value)
EACH_WORD(is_true, x.value &x.valid)
EACH_WORD(is_not_true, ~(x.value &x.valid))
EACH_WORD(is_false, ~x.value &x.valid)
EACH_WORD(is_not_false, x.value | ~x.valid)

/* Of any type: only the validity is looked at. */
static void is_null_by(leat_kernel_call *call, uint64_t flip)
{
    const leat_column *column = &call->arguments[0];
    uint64_t *restrict out = call->values;
    for (size_t w = 0; w < leat_bit_words(call->row_count); w++) {
        uint64_t valid = ~UINT64_C(0);
        if (column->validity != NULL)
            valid =
                column->is_constant ? UINT64_C(0) - (column->validity[0] & 1) : column->validity[w];
        out[w] = valid ^ flip;
    }
}

static void is_null(leat_kernel_call *call)
{
    is_null_by(call, ~UINT64_C(0));
}

static void is_not_null(leat_kernel_call *call)
{
    is_null_by(call, 0);
}

#define TEST_ROW(symbol, text, id, kernel_name)                                                    \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_1(id), LEAT_RESULT(BOOLEAN),           \
        .nulls = LEAT_NULLS_NEVER, .kernel = kernel_name                                           \
    }

static const leat_function rows[] = {
    {.name = "and",
     .summary = "false if one is false, else NULL if one is NULL, else true",
     LEAT_ARGUMENTS_2(BOOLEAN, BOOLEAN),
     LEAT_RESULT(BOOLEAN),
     .is_variadic = true,
     .nulls = LEAT_NULLS_KLEENE,
     .form = LEAT_FORM_AND,
     .kernel = and_boolean},
    {.name = "or",
     .summary = "true if one is true, else NULL if one is NULL, else false",
     LEAT_ARGUMENTS_2(BOOLEAN, BOOLEAN),
     LEAT_RESULT(BOOLEAN),
     .is_variadic = true,
     .nulls = LEAT_NULLS_KLEENE,
     .form = LEAT_FORM_OR,
     .kernel = or_boolean},
    {.name = "not",
     .summary = "negation",
     LEAT_ARGUMENTS_1(BOOLEAN),
     LEAT_RESULT(BOOLEAN),
     .kernel = not_boolean},
    TEST_ROW("is_null", "IS NULL", ANY, is_null),
    TEST_ROW("is_not_null", "IS NOT NULL", ANY, is_not_null),
    TEST_ROW("is_true", "IS TRUE; false for NULL", BOOLEAN, is_true),
    TEST_ROW("is_not_true", "IS NOT TRUE; true for NULL", BOOLEAN, is_not_true),
    TEST_ROW("is_false", "IS FALSE; false for NULL", BOOLEAN, is_false),
    TEST_ROW("is_not_false", "IS NOT FALSE; true for NULL", BOOLEAN, is_not_false),
};

const leat_function_family leat_functions_boolean = {"Logic", rows, LEAT_COUNT_OF(rows)};
