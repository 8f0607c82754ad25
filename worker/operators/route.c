/* SPDX-License-Identifier: Apache-2.0
 *
 * route - every row goes to the first output whose condition is true.
 *
 * Conditions are evaluated one after the other on the rows that are left, so that a condition may
 * rely on earlier ones not having matched. A row whose condition fails goes nowhere else.
 */
#include "common/base/alloc.h"
#include "worker/operators/operators.h"
#include "worker/operators/selection.h"

typedef struct route {
    leat_operator base;
    leat_arena arena;
    uint32_t output_count;
    leat_eval **evals; /* per output; NULL takes every row */
    uint32_t *matched;
    uint32_t *left;
    uint8_t *changes;
} route;

/* The rows of `left` that neither matched nor failed; in place, both ascending. */
static uint32_t left_after(uint32_t *left,
                           uint32_t left_count,
                           const uint32_t *matched,
                           uint32_t matched_count,
                           const leat_eval_errors *errors)
{
    uint32_t count = 0, m = 0;
    for (uint32_t i = 0; i < left_count; i++) {
        uint32_t at = left[i];
        if (m < matched_count && matched[m] == at)
            m++;
        else if (errors->count == 0 || !leat_bit_get(errors->rows, at))
            left[count++] = at;
    }
    return count;
}

static void route_send(route *r, leat_rows rows, uint32_t output, leat_emitter *out)
{
    leat_selection_repair_changes(&rows, r->changes);
    leat_operator_emit(&r->base, out, output, &rows);
}

static void route_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    route *r = (route *)self;
    r->base.counts.rows_in += rows->selected_count;
    leat_rows rest = *rows;
    for (uint32_t i = 0; i < rows->selected_count; i++)
        r->left[i] = leat_rows_at(rows, i);
    rest.selected = r->left;
    for (uint32_t output = 0; output < r->output_count && rest.selected_count > 0; output++) {
        if (r->evals[output] == NULL) {
            route_send(r, rest, output, out);
            return;
        }
        leat_eval_errors errors;
        leat_rows taken = rest;
        taken.selected_count = leat_eval_filter(r->evals[output], &rest, r->matched, &errors);
        taken.selected = r->matched;
        leat_operator_fail_rows(self, out, &rest, &errors);
        route_send(r, taken, output, out);
        rest.selected_count =
            left_after(r->left, rest.selected_count, r->matched, taken.selected_count, &errors);
    }
    r->base.counts.rows_unmatched += rest.selected_count;
}

static void route_close(leat_operator *self)
{
    route *r = (route *)self;
    for (uint32_t i = 0; i < r->output_count; i++)
        leat_eval_free(&r->evals[i]);
    leat_arena_fini(&r->arena);
    leat_free(r);
}

static const leat_operator_class route_class = {
    .name = "route",
    .process = route_process,
    .close = route_close,
};

leat_operator *leat_route_open(const leat_operator_args *args)
{
    const leat_logical_node *node = leat_args_node(args);
    route *r = LEAT_NEW(route);
    r->base.class = &route_class;
    r->output_count = node->expression_count;
    r->evals = LEAT_ARENA_ARRAY(&r->arena, leat_eval *, node->expression_count);
    for (uint32_t i = 0; i < node->expression_count; i++) {
        if (node->expressions[i] == NULL)
            continue;
        const leat_program *program = leat_program_compile(
            &node->expressions[i], 1, leat_args_operator(args)->input, &r->arena);
        r->evals[i] = leat_args_eval(args, program);
    }
    r->matched = LEAT_ARENA_ARRAY(&r->arena, uint32_t, args->row_capacity);
    r->left = LEAT_ARENA_ARRAY(&r->arena, uint32_t, args->row_capacity);
    r->changes = LEAT_ARENA_ARRAY(&r->arena, uint8_t, args->row_capacity);
    return &r->base;
}
