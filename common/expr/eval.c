/* SPDX-License-Identifier: Apache-2.0
 *
 * Running a program: one pass over its steps. All memory is taken at the first run and kept;
 * only long text comes from an arena that is emptied at the start of every run.
 */
#include "common/base/alloc.h"
#include "common/expr/steps.h"

/* Row positions; NULL stands for all rows of the input. */
typedef struct selection {
    const uint32_t *rows;
    uint32_t count;
    uint32_t *room;
} selection;

struct leat_eval {
    const leat_program *program;
    uint32_t row_capacity;
    bool is_ready; /* memory is there */
    leat_column *registers;
    uint64_t **validity; /* per register: room for a bitmap */
    void **buffers;
    selection *selections;
    leat_column *arguments; /* of the step that runs */
    uint64_t *bits;         /* of a SELECT without its own loop */
    leat_kernel_errors errors;
    leat_arena arena;
    uint32_t row_count;   /* of the rows of this run */
    const leat_time *now; /* NULL: no clock */
    leat_eval *filter;    /* runs program->filter; made when first asked for */
};

enum { BUFFER_ALIGNMENT = 64 };

/* --- Memory. --- */

leat_eval *leat_eval_new(const leat_program *program, uint32_t row_capacity)
{
    leat_eval *eval = LEAT_NEW(leat_eval);
    eval->program = program;
    eval->row_capacity = row_capacity;
    return eval;
}

void leat_eval_set_clock(leat_eval *eval, const leat_time *now)
{
    eval->now = now;
}

static void *room_new(size_t size)
{
    void *room = leat_alloc_aligned(BUFFER_ALIGNMENT, LEAT_MAX(size, (size_t)BUFFER_ALIGNMENT));
    return memset(room, 0, LEAT_MAX(size, (size_t)BUFFER_ALIGNMENT));
}

static void eval_prepare(leat_eval *eval)
{
    const leat_program *program = eval->program;
    size_t bitmap_bytes = leat_bit_words(eval->row_capacity) * sizeof(uint64_t);
    eval->registers = leat_alloc_zero(program->register_count, sizeof *eval->registers);
    eval->validity = leat_alloc_zero(program->register_count, sizeof *eval->validity);
    eval->buffers = leat_alloc_zero(program->buffer_count, sizeof *eval->buffers);
    eval->selections = leat_alloc_zero(program->selection_count, sizeof *eval->selections);
    eval->arguments = leat_alloc_zero(program->argument_count_max, sizeof *eval->arguments);
    eval->bits = room_new(bitmap_bytes);
    eval->errors.rows = room_new(bitmap_bytes);
    for (uint32_t r = 0; r < program->register_count; r++) {
        if (program->registers[r].kind == LEAT_REGISTER_COMPUTED)
            eval->validity[r] = room_new(bitmap_bytes);
        if (program->registers[r].kind == LEAT_REGISTER_CONSTANT)
            eval->registers[r] = program->registers[r].constant;
    }
    for (uint32_t b = 0; b < program->buffer_count; b++) {
        size_t bytes = program->buffer_bytes[b];
        eval->buffers[b] = room_new(bytes == 0 ? bitmap_bytes : bytes * eval->row_capacity);
    }
    for (uint32_t s = 1; s < program->selection_count; s++)
        eval->selections[s].room = room_new(sizeof(uint32_t) * eval->row_capacity);
    eval->is_ready = true;
}

void leat_eval_free(leat_eval **eval)
{
    leat_eval *e = *eval;
    if (e == NULL)
        return;
    *eval = NULL;
    leat_eval_free(&e->filter);
    if (e->is_ready) {
        for (uint32_t r = 0; r < e->program->register_count; r++)
            leat_free(e->validity[r]);
        for (uint32_t b = 0; b < e->program->buffer_count; b++)
            leat_free(e->buffers[b]);
        for (uint32_t s = 0; s < e->program->selection_count; s++)
            leat_free(e->selections[s].room);
    }
    leat_free(e->registers);
    leat_free(e->validity);
    leat_free(e->buffers);
    leat_free(e->selections);
    leat_free(e->arguments);
    leat_free(e->bits);
    leat_free(e->errors.rows);
    leat_arena_fini(&e->arena);
    leat_free(e);
}

/* --- Calls. --- */

/* K2: the conjunction of the arguments' validity; one bitmap is passed on as it is. */
static const uint64_t *strict_validity(const leat_eval *eval, const leat_step *step)
{
    const uint64_t *only = NULL;
    uint64_t *own = eval->validity[step->out];
    size_t words = leat_bit_words(eval->row_count);
    for (uint32_t a = 0; a < step->argument_count; a++) {
        const leat_column *argument = &eval->arguments[a];
        if (argument->validity == NULL || argument->is_constant)
            continue;
        if (only == NULL) {
            only = argument->validity;
            continue;
        }
        for (size_t w = 0; w < words; w++)
            own[w] = only[w] & argument->validity[w];
        only = own;
    }
    return only;
}

static bool has_null_constant(const leat_eval *eval, const leat_step *step)
{
    for (uint32_t a = 0; a < step->argument_count; a++)
        if (eval->arguments[a].is_constant && leat_column_is_null(&eval->arguments[a], 0))
            return true;
    return false;
}

static bool arguments_take(leat_eval *eval, const leat_step *step)
{
    bool are_constant = true;
    for (uint32_t a = 0; a < step->argument_count; a++) {
        eval->arguments[a] = eval->registers[step->arguments[a]];
        are_constant &= eval->arguments[a].is_constant;
    }
    return are_constant;
}

static leat_kernel_call call_of(leat_eval *eval, const leat_step *step)
{
    const leat_register *reg = &eval->program->registers[step->out];
    return (leat_kernel_call){.arguments = eval->arguments,
                              .argument_count = step->argument_count,
                              .prepared = step->prepared,
                              .now = eval->now == NULL ? 0 : *eval->now,
                              .type = step->type,
                              .layout = leat_type_layout(step->type),
                              .values = eval->buffers[reg->index],
                              .own_validity = eval->validity[step->out],
                              .arena = &eval->arena,
                              .errors = &eval->errors};
}

static void
register_set(leat_eval *eval, const leat_step *step, const leat_kernel_call *call, bool is_constant)
{
    eval->registers[step->out] = (leat_column){.type = step->type,
                                               .layout = (uint8_t)call->layout,
                                               .is_constant = is_constant,
                                               .values = call->values,
                                               .validity = call->validity};
}

/* Nothing that varies: one row stands for all, its error for the error of all. */
static void constant_run(leat_eval *eval, const leat_step *step, leat_kernel_call *call)
{
    uint64_t failed = 0;
    leat_kernel_errors errors = {.rows = &failed};
    call->row_count = 1;
    call->selected = NULL;
    call->selected_count = 1;
    call->errors = &errors;
    step->function->kernel(call);
    register_set(eval, step, call, true);
    if (errors.count == 0)
        return;
    leat_kernel_call all = {
        .row_count = eval->row_count, .own_validity = eval->bits, .errors = &eval->errors};
    const selection *under = &eval->selections[step->selection];
    all.selected = under->rows;
    all.selected_count = under->count;
    LEAT_KERNEL_EACH(&all, row)
    leat_kernel_fail(&all, row, errors.first_reason);
}

/* A strict function of a NULL constant. */
static void null_run(leat_eval *eval, const leat_step *step, leat_kernel_call *call)
{
    eval->validity[step->out][0] = 0;
    call->validity = eval->validity[step->out];
    memset(call->values, 0, LEAT_MAX(leat_layout_size(call->layout), sizeof(uint64_t)));
    register_set(eval, step, call, true);
}

static void call_run(leat_eval *eval, const leat_step *step)
{
    const selection *under = &eval->selections[step->selection];
    bool are_constant = arguments_take(eval, step);
    leat_kernel_call call = call_of(eval, step);
    call.row_count = eval->row_count;
    call.selected = under->rows;
    call.selected_count = under->count;
    bool is_strict = step->function->nulls == LEAT_NULLS_STRICT;
    if (is_strict && has_null_constant(eval, step)) {
        null_run(eval, step, &call);
        return;
    }
    if (under->count == 0) {
        register_set(eval, step, &call, false);
        return;
    }
    if (are_constant) {
        constant_run(eval, step, &call);
        return;
    }
    if (is_strict)
        call.validity = strict_validity(eval, step);
    step->function->kernel(&call);
    register_set(eval, step, &call, false);
}

/* --- Blends. --- */

#define COPY_ROWS(T)                                                                               \
    do {                                                                                           \
        const T *from_ = from->values;                                                             \
        T *into_ = values;                                                                         \
        for (uint32_t k = 0; k < under->count; k++) {                                              \
            const uint32_t row = under->rows == NULL ? k : under->rows[k];                         \
            into_[row] = from_[from->is_constant ? 0 : row];                                       \
        }                                                                                          \
    } while (0)

static void values_blend(void *values, const leat_column *from, const selection *under)
{
    switch ((leat_layout)from->layout) {
    case LEAT_LAYOUT_BIT:
        for (uint32_t k = 0; k < under->count; k++) {
            const uint32_t row = under->rows == NULL ? k : under->rows[k];
            leat_bit_set(values, row, leat_bit_get(from->values, from->is_constant ? 0 : row));
        }
        return;
    case LEAT_LAYOUT_I32:
        COPY_ROWS(int32_t);
        return;
    case LEAT_LAYOUT_I64:
        COPY_ROWS(int64_t);
        return;
    case LEAT_LAYOUT_F64:
        COPY_ROWS(double);
        return;
    case LEAT_LAYOUT_I128:
        COPY_ROWS(leat_i128);
        return;
    case LEAT_LAYOUT_INTERVAL:
        COPY_ROWS(leat_interval);
        return;
    case LEAT_LAYOUT_VIEW:
        COPY_ROWS(leat_view);
        return;
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static void validity_blend(uint64_t *validity, const leat_column *from, const selection *under)
{
    for (uint32_t k = 0; k < under->count; k++) {
        const uint32_t row = under->rows == NULL ? k : under->rows[k];
        leat_bit_set(validity, row, !leat_column_is_null(from, row));
    }
}

/* A narrow decimal register becomes wide, last row first: a value moves to the right only. */
static void register_widen(leat_column *column, void *values, uint32_t row_count)
{
    for (uint32_t i = row_count; i-- > 0;) {
        int64_t narrow;
        memcpy(&narrow, (const char *)values + (size_t)i * sizeof narrow, sizeof narrow);
        leat_i128 wide = narrow;
        memcpy((char *)values + (size_t)i * sizeof wide, &wide, sizeof wide);
    }
    column->layout = LEAT_LAYOUT_I128;
}

static void blend_run(leat_eval *eval, const leat_step *step)
{
    const selection *under = &eval->selections[step->selection];
    leat_column from = eval->registers[step->arguments[0]];
    leat_column *into = &eval->registers[step->out];
    void *values = eval->buffers[eval->program->registers[step->out].index];
    uint64_t *validity = eval->validity[step->out];
    if (step->is_first) {
        *into = (leat_column){.type = step->type,
                              .layout = (uint8_t)leat_type_layout(step->type),
                              .values = values,
                              .validity = validity};
        memset(validity, 0xff, leat_bit_words(eval->row_count) * sizeof *validity);
    }
    if (under->count == 0)
        return;
    if (from.layout != into->layout) {
        leat_kernel_call widening = {.row_count = eval->row_count, .arena = &eval->arena};
        if (into->layout == LEAT_LAYOUT_I64)
            register_widen(into, values, eval->row_count);
        else
            from = leat_kernel_widened(&widening, &from);
    }
    values_blend(values, &from, under);
    if (from.validity != NULL || !step->is_first)
        validity_blend(validity, &from, under);
}

/* --- Selections. --- */

/* Bit i of the word says whether row 64w + i is kept. */
static uint64_t kept_word(const leat_column *condition, leat_keep keep, size_t w)
{
    uint64_t valid = ~UINT64_C(0), value = 0;
    if (condition->validity != NULL)
        valid = condition->is_constant ? UINT64_C(0) - (condition->validity[0] & 1)
                                       : condition->validity[w];
    if (keep == LEAT_KEEP_NULL)
        return ~valid;
    const uint64_t *values = condition->values;
    value = condition->is_constant ? UINT64_C(0) - (values[0] & 1) : values[w];
    if (keep == LEAT_KEEP_TRUE)
        return value & valid;
    return keep == LEAT_KEEP_NOT_TRUE ? ~(value & valid) : value | ~valid;
}

static uint32_t
bits_select(const leat_column *condition, leat_keep keep, uint32_t row_count, uint32_t *out)
{
    uint32_t kept = 0;
    for (size_t w = 0; w < leat_bit_words(row_count); w++) {
        uint64_t word = kept_word(condition, keep, w);
        uint32_t base = (uint32_t)w * 64;
        if (row_count - base < 64)
            word &= (UINT64_C(1) << (row_count - base)) - 1;
        for (; word != 0; word &= word - 1)
            out[kept++] = base + (uint32_t)__builtin_ctzll(word);
    }
    return kept;
}

static uint32_t
bits_narrow(const leat_column *condition, leat_keep keep, const selection *under, uint32_t *out)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < under->count; k++) {
        const uint32_t row = under->rows[k];
        out[kept] = row;
        kept += (uint32_t)(kept_word(condition, keep, row >> 6) >> (row & 63)) & 1;
    }
    return kept;
}

static void keep_run(
    leat_eval *eval, uint32_t from, uint32_t into, const leat_column *condition, leat_keep keep)
{
    const selection *under = &eval->selections[from];
    selection *kept = &eval->selections[into];
    kept->rows = kept->room;
    if (under->rows == NULL && under->count > 0)
        kept->count = bits_select(condition, keep, eval->row_count, kept->room);
    else
        kept->count = bits_narrow(condition, keep, under, kept->room);
}

/* A comparison that has no such loop for these layouts goes by way of its bits. */
static void select_by_bits(leat_eval *eval, const leat_step *step)
{
    const selection *under = &eval->selections[step->selection];
    bool are_constant = arguments_take(eval, step);
    leat_kernel_call call = {.arguments = eval->arguments,
                             .argument_count = step->argument_count,
                             .row_count = are_constant ? 1 : eval->row_count,
                             .selected = are_constant ? NULL : under->rows,
                             .selected_count = are_constant ? 1 : under->count,
                             .type = LEAT_TYPE(BOOLEAN),
                             .layout = LEAT_LAYOUT_BIT,
                             .values = eval->bits,
                             .validity = eval->arguments[0].validity,
                             .arena = &eval->arena,
                             .errors = &eval->errors};
    step->function->kernel(&call);
    leat_column bits = {.type = LEAT_TYPE(BOOLEAN),
                        .layout = LEAT_LAYOUT_BIT,
                        .is_constant = are_constant,
                        .values = eval->bits,
                        .validity = call.validity};
    keep_run(eval, step->selection, step->out, &bits, LEAT_KEEP_TRUE);
}

static void select_run(leat_eval *eval, const leat_step *step)
{
    const selection *under = &eval->selections[step->selection];
    selection *kept = &eval->selections[step->out];
    const leat_column *column = &eval->registers[step->arguments[0]];
    const leat_column *constant = &eval->registers[step->arguments[1]];
    leat_kernel_select *select = step->function->select[column->layout];
    kept->rows = kept->room;
    kept->count = 0;
    if (under->count == 0)
        return;
    if (select == NULL || column->layout != constant->layout || column->is_constant)
        select_by_bits(eval, step);
    else
        kept->count = select(column, constant, under->rows, under->count, kept->room);
}

/* --- Runs. --- */

static void run_begin(leat_eval *eval, const leat_rows *rows)
{
    LEAT_ASSERT(rows->row_count <= eval->row_capacity);
    const leat_program *program = eval->program;
    if (!eval->is_ready)
        eval_prepare(eval);
    leat_arena_reset(&eval->arena);
    eval->row_count = rows->row_count;
    eval->selections[0].rows = rows->selected;
    eval->selections[0].count = rows->selected_count;
    for (uint32_t r = 0; r < program->register_count; r++)
        if (program->registers[r].kind == LEAT_REGISTER_COLUMN)
            eval->registers[r] = rows->columns[program->registers[r].index];
    if (eval->errors.count > 0)
        memset(eval->errors.rows, 0, leat_bit_words(eval->row_capacity) * sizeof(uint64_t));
    eval->errors.count = 0;
    eval->errors.first_row = 0;
    eval->errors.first_reason = NULL;
}

static void steps_run(leat_eval *eval)
{
    const leat_program *program = eval->program;
    for (uint32_t s = 0; s < program->step_count; s++) {
        const leat_step *step = &program->steps[s];
        switch (step->kind) {
        case LEAT_STEP_CALL:
            call_run(eval, step);
            break;
        case LEAT_STEP_BLEND:
            blend_run(eval, step);
            break;
        case LEAT_STEP_KEEP:
            keep_run(eval, step->selection, step->out, &eval->registers[step->arguments[0]],
                     step->keep);
            break;
        case LEAT_STEP_SELECT:
            select_run(eval, step);
            break;
        }
    }
}

static leat_eval_errors errors_of(const leat_eval *eval)
{
    return (leat_eval_errors){.count = eval->errors.count,
                              .rows = eval->errors.rows,
                              .first_row = eval->errors.first_row,
                              .first_reason = eval->errors.first_reason};
}

void leat_eval_run(leat_eval *eval,
                   const leat_rows *rows,
                   leat_column *out_columns,
                   leat_eval_errors *out_errors)
{
    run_begin(eval, rows);
    steps_run(eval);
    for (uint32_t o = 0; o < eval->program->output_count; o++)
        out_columns[o] = eval->registers[eval->program->outputs[o]];
    *out_errors = errors_of(eval);
}

uint32_t leat_eval_filter(leat_eval *eval,
                          const leat_rows *rows,
                          uint32_t *out_selected,
                          leat_eval_errors *out_errors)
{
    LEAT_ASSERT(eval->program->filter != NULL);
    if (eval->filter == NULL)
        eval->filter = leat_eval_new(eval->program->filter, eval->row_capacity);
    eval->filter->now = eval->now;
    leat_eval *filter = eval->filter;
    run_begin(filter, rows);
    steps_run(filter);
    const selection *kept = &filter->selections[filter->program->filter_selection];
    for (uint32_t k = 0; k < kept->count; k++)
        out_selected[k] = kept->rows == NULL ? k : kept->rows[k];
    *out_errors = errors_of(filter);
    return kept->count;
}
