/* SPDX-License-Identifier: Apache-2.0
 *
 * steps - what a compiled program consists of: registers, selections and the steps over them.
 *
 * Private to program.c, which makes it, and eval.c, which runs it. A register holds a column. A
 * selection is a set of row positions; selection 0 is the input's, every other one narrows its
 * parent. A step computes its register for the rows of its selection.
 *
 * Invariants
 *   P1  a step reads registers and selections that earlier steps made, and no others.
 *   P2  a register is read under its own selection or a narrower one.
 *   P3  two registers share a buffer only if the first is never read after the second is begun.
 */
#ifndef LEAT_COMMON_EXPR_STEPS_H
#define LEAT_COMMON_EXPR_STEPS_H

#include "common/expr/function.h"

typedef enum leat_register_kind {
    LEAT_REGISTER_COLUMN,   /* of the input rows */
    LEAT_REGISTER_CONSTANT, /* same for all runs */
    LEAT_REGISTER_COMPUTED, /* in a buffer */
} leat_register_kind;

typedef struct leat_register {
    leat_register_kind kind;
    leat_type type;
    uint32_t index;       /* COLUMN: of the input; COMPUTED: buffer */
    leat_column constant; /* CONSTANT */
} leat_register;

typedef enum leat_step_kind {
    LEAT_STEP_CALL,   /* out = function(arguments) */
    LEAT_STEP_BLEND,  /* rows of the selection: out = arguments[0]; other rows stay */
    LEAT_STEP_KEEP,   /* selection `out` = rows where arguments[0] is as `keep` says */
    LEAT_STEP_SELECT, /* selection `out` = rows where arguments[0] compares with arguments[1] */
} leat_step_kind;

typedef enum leat_keep {
    LEAT_KEEP_TRUE,
    LEAT_KEEP_NOT_TRUE,
    LEAT_KEEP_NOT_FALSE,
    LEAT_KEEP_NULL, /* of any type */
} leat_keep;

typedef struct leat_step {
    leat_step_kind kind;
    leat_keep keep;
    bool is_first; /* BLEND: the register begins here */
    uint32_t selection;
    uint32_t out;
    uint32_t argument_count;
    uint32_t *arguments; /* registers */
    leat_type type;      /* of out */
    const leat_function *function;
    const void *prepared;
} leat_step;

struct leat_program {
    uint32_t register_count;
    leat_register *registers;
    uint32_t buffer_count;
    uint8_t *buffer_bytes; /* per row: 4, 8, 16; 0 = one bit */
    uint32_t selection_count;
    uint32_t step_count;
    leat_step *steps;
    uint32_t argument_count_max; /* of any step */
    uint32_t output_count;
    uint32_t *outputs; /* registers */

    /* For leat_eval_filter, when the program is one condition: a program of its own whose result
     * is a selection. */
    const struct leat_program *filter;
    uint32_t filter_selection;
};

#endif
