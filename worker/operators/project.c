/* SPDX-License-Identifier: Apache-2.0
 *
 * project - computes the output columns; rows, their order and their changes stay.
 */
#include "common/base/alloc.h"
#include "worker/operators/operators.h"
#include "worker/operators/selection.h"

typedef struct project {
    leat_operator base;
    leat_arena arena;
    const leat_schema *schema;
    leat_eval *eval;
    leat_column *columns;
    uint32_t *selected;
    uint8_t *changes;
} project;

static void project_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    project *p = (project *)self;
    p->base.counts.rows_in += rows->selected_count;
    leat_eval_errors errors;
    leat_eval_run(p->eval, rows, p->columns, &errors);
    leat_rows computed = *rows;
    computed.schema = p->schema;
    computed.columns = p->columns;
    if (errors.count > 0) {
        leat_operator_fail_rows(self, out, rows, &errors);
        computed.selected_count = leat_selection_without(rows, &errors, p->selected);
        computed.selected = p->selected;
        leat_selection_repair_changes(&computed, p->changes);
    }
    leat_operator_emit(self, out, 0, &computed);
}

static void project_close(leat_operator *self)
{
    project *p = (project *)self;
    leat_eval_free(&p->eval);
    leat_arena_fini(&p->arena);
    leat_free(p);
}

static const leat_operator_class project_class = {
    .name = "project",
    .process = project_process,
    .close = project_close,
};

leat_operator *leat_project_open(const leat_operator_args *args)
{
    const leat_logical_node *node = leat_args_node(args);
    project *p = LEAT_NEW(project);
    p->base.class = &project_class;
    p->schema = node->outputs[0].schema;
    const leat_program *program = leat_program_compile(node->expressions, node->expression_count,
                                                       leat_args_operator(args)->input, &p->arena);
    p->eval = leat_args_eval(args, program);
    p->columns = LEAT_ARENA_ARRAY(&p->arena, leat_column, node->expression_count);
    p->selected = LEAT_ARENA_ARRAY(&p->arena, uint32_t, args->row_capacity);
    p->changes = LEAT_ARENA_ARRAY(&p->arena, uint8_t, args->row_capacity);
    return &p->base;
}
