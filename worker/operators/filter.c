/* SPDX-License-Identifier: Apache-2.0
 *
 * filter - passes the rows for which the condition is true, as a selection.
 */
#include "common/base/alloc.h"
#include "worker/operators/operators.h"
#include "worker/operators/selection.h"

typedef struct filter {
    leat_operator base;
    leat_arena arena;
    leat_eval *eval;
    uint32_t *selected;
    uint8_t *changes;
} filter;

static void filter_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    filter *f = (filter *)self;
    f->base.counts.rows_in += rows->selected_count;
    leat_eval_errors errors;
    leat_rows passed = *rows;
    passed.selected_count = leat_eval_filter(f->eval, rows, f->selected, &errors);
    passed.selected = f->selected;
    leat_operator_fail_rows(self, out, rows, &errors);
    leat_selection_repair_changes(&passed, f->changes);
    leat_operator_emit(self, out, 0, &passed);
}

static void filter_close(leat_operator *self)
{
    filter *f = (filter *)self;
    leat_eval_free(&f->eval);
    leat_arena_fini(&f->arena);
    leat_free(f);
}

static const leat_operator_class filter_class = {
    .name = "filter",
    .process = filter_process,
    .close = filter_close,
};

leat_operator *leat_filter_open(const leat_operator_args *args)
{
    const leat_logical_node *node = leat_args_node(args);
    filter *f = LEAT_NEW(filter);
    f->base.class = &filter_class;
    const leat_program *program =
        leat_program_compile(node->expressions, 1, leat_args_operator(args)->input, &f->arena);
    f->eval = leat_args_eval(args, program);
    f->selected = LEAT_ARENA_ARRAY(&f->arena, uint32_t, args->row_capacity);
    f->changes = LEAT_ARENA_ARRAY(&f->arena, uint8_t, args->row_capacity);
    return &f->base;
}
