/* SPDX-License-Identifier: Apache-2.0
 *
 * Compilation walks the bound tree once and emits steps in the order of evaluation. What was
 * computed before is found in a table of (expression, selection): it can be used again under the
 * same selection or one that narrows it. At the end, registers whose last reader has run give
 * their buffer to later ones, so that the working set stays near the caches.
 */
#include "common/expr/program.h"

#include "common/base/hash.h"
#include "common/base/vec.h"
#include "common/expr/steps.h"

enum { SEEN_BUCKETS = 1024 };

#define NOTHING UINT32_MAX /* no register, no entry */

/* A computed expression, chained by hash. */
typedef struct seen_entry {
    const leat_bound *bound;
    uint64_t hash;
    uint32_t selection;
    uint32_t reg;
    uint32_t next;
} seen_entry;

typedef struct compiler {
    leat_arena *arena;
    LEAT_VEC(leat_register) registers;
    LEAT_VEC(leat_step) steps;
    LEAT_VEC(uint32_t) parents; /* of selections; 0 is its own */
    LEAT_VEC(seen_entry) seen;
    LEAT_VEC(uint8_t) buffers; /* bytes per row */
    uint32_t buckets[SEEN_BUCKETS];
} compiler;

static uint32_t compile(compiler *c, const leat_bound *bound, uint32_t selection);

/* --- Selections, registers, steps. --- */

static uint32_t selection_add(compiler *c, uint32_t parent)
{
    leat_vec_push(&c->parents, parent);
    return (uint32_t)c->parents.count - 1;
}

static bool selection_narrows(const compiler *c, uint32_t selection, uint32_t wider)
{
    while (selection != wider && selection != 0)
        selection = c->parents.items[selection];
    return selection == wider;
}

static uint32_t register_add(compiler *c, leat_register reg)
{
    leat_vec_push(&c->registers, reg);
    return (uint32_t)c->registers.count - 1;
}

static uint32_t register_computed(compiler *c, leat_type type)
{
    return register_add(
        c, (leat_register){.kind = LEAT_REGISTER_COMPUTED, .type = type, .index = NOTHING});
}

static leat_step *step_add(
    compiler *c, leat_step_kind kind, uint32_t selection, uint32_t out, uint32_t argument_count)
{
    leat_step *step = leat_vec_add(&c->steps);
    step->kind = kind;
    step->selection = selection;
    step->out = out;
    step->argument_count = argument_count;
    step->arguments = LEAT_ARENA_ARRAY(c->arena, uint32_t, argument_count);
    return step;
}

static uint32_t keep(compiler *c, uint32_t selection, uint32_t condition, leat_keep how)
{
    uint32_t kept = selection_add(c, selection);
    leat_step *step = step_add(c, LEAT_STEP_KEEP, selection, kept, 1);
    step->keep = how;
    step->arguments[0] = condition;
    return kept;
}

static void blend(compiler *c, uint32_t into, uint32_t from, uint32_t selection, bool is_first)
{
    leat_step *step = step_add(c, LEAT_STEP_BLEND, selection, into, 1);
    step->is_first = is_first;
    step->type = c->registers.items[into].type;
    step->arguments[0] = from;
}

/* --- What was computed before. --- */

static uint64_t value_hash(const leat_value *value)
{
    if (value->is_null)
        return 0;
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        return leat_hash_bytes(value->text);
    case LEAT_TYPE_BOOLEAN:
        return value->boolean;
    case LEAT_TYPE_DOUBLE:
        return leat_hash(&value->real, sizeof value->real);
    case LEAT_TYPE_INTERVAL:
        return leat_hash(&value->interval, sizeof value->interval);
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        return leat_hash(&value->integer, sizeof value->integer);
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    return 0;
}

static uint64_t bound_hash(const leat_bound *bound)
{
    uint64_t parts[3] = {(uint64_t)bound->kind << 32 | (uint64_t)bound->type.id << 16 |
                             (uint64_t)bound->type.scale << 8 | bound->type.precision,
                         (uint64_t)bound->function << 32 | bound->column,
                         bound->kind == LEAT_BOUND_CONSTANT ? value_hash(&bound->value)
                                                            : bound->argument_count};
    uint64_t hash = leat_hash(parts, sizeof parts);
    for (uint32_t i = 0; i < bound->argument_count; i++) {
        uint64_t pair[2] = {hash, bound_hash(bound->arguments[i])};
        hash = leat_hash(pair, sizeof pair);
    }
    return hash;
}

static uint32_t
seen_find(const compiler *c, const leat_bound *bound, uint64_t hash, uint32_t selection)
{
    uint32_t at = c->buckets[hash % SEEN_BUCKETS];
    for (; at != NOTHING; at = c->seen.items[at].next) {
        const seen_entry *entry = &c->seen.items[at];
        if (entry->hash == hash && selection_narrows(c, selection, entry->selection) &&
            leat_bound_equal(entry->bound, bound))
            return entry->reg;
    }
    return NOTHING;
}

static void
seen_add(compiler *c, const leat_bound *bound, uint64_t hash, uint32_t selection, uint32_t reg)
{
    uint32_t *bucket = &c->buckets[hash % SEEN_BUCKETS];
    leat_vec_push(&c->seen, (seen_entry){bound, hash, selection, reg, *bucket});
    *bucket = (uint32_t)c->seen.count - 1;
}

/* --- Expressions. --- */

static uint32_t compile_constant(compiler *c, const leat_bound *bound)
{
    leat_register reg = {.kind = LEAT_REGISTER_CONSTANT, .type = bound->type};
    reg.constant = leat_value_column(&bound->value, c->arena);
    return register_add(c, reg);
}

static uint32_t compile_column(compiler *c, const leat_bound *bound)
{
    return register_add(
        c,
        (leat_register){.kind = LEAT_REGISTER_COLUMN, .type = bound->type, .index = bound->column});
}

/* A call over registers that are there already. */
static uint32_t call_emit(compiler *c,
                          const leat_bound *bound,
                          const uint32_t *arguments,
                          uint32_t count,
                          uint32_t selection)
{
    const leat_function *function = leat_function_at(bound->function);
    uint32_t out = register_computed(c, bound->type);
    leat_step *step = step_add(c, LEAT_STEP_CALL, selection, out, count);
    memcpy(step->arguments, arguments, count * sizeof *arguments);
    step->type = bound->type;
    step->function = function;
    const char *reason = NULL;
    if (function->prepare != NULL) {
        step->prepared = function->prepare(bound, c->arena, &reason);
        LEAT_ASSERT(reason == NULL); /* the binder or the decoder has tried */
    }
    return out;
}

static uint32_t compile_call(compiler *c, const leat_bound *bound, uint32_t selection)
{
    uint32_t *arguments = LEAT_ARENA_ARRAY(c->arena, uint32_t, bound->argument_count);
    for (uint32_t i = 0; i < bound->argument_count; i++)
        arguments[i] = compile(c, bound->arguments[i], selection);
    return call_emit(c, bound, arguments, bound->argument_count, selection);
}

/* Cannot fail and costs about as much as narrowing a selection would. */
static bool is_light(const leat_bound *bound)
{
    if (bound->kind == LEAT_BOUND_CONSTANT || bound->kind == LEAT_BOUND_COLUMN)
        return leat_type_layout(bound->type) != LEAT_LAYOUT_VIEW;
    if (bound->kind != LEAT_BOUND_CALL)
        return false;
    const leat_function *function = leat_function_at(bound->function);
    if (function->can_fail || function->form == LEAT_FORM_COALESCE)
        return false;
    for (uint32_t i = 0; i < bound->argument_count; i++)
        if (!is_light(bound->arguments[i]))
            return false;
    return true;
}

/* AND, OR: later arguments see only the rows that are still undecided. */
static uint32_t compile_junction(compiler *c, const leat_bound *bound, uint32_t selection)
{
    bool is_and = leat_function_at(bound->function)->form == LEAT_FORM_AND;
    bool is_simple = true;
    for (uint32_t i = 1; i < bound->argument_count; i++)
        is_simple &= is_light(bound->arguments[i]);
    if (is_simple)
        return compile_call(c, bound, selection);
    uint32_t result = register_computed(c, bound->type);
    uint32_t last = compile(c, bound->arguments[0], selection);
    blend(c, result, last, selection, true);
    for (uint32_t i = 1; i < bound->argument_count; i++) {
        selection = keep(c, selection, last, is_and ? LEAT_KEEP_NOT_FALSE : LEAT_KEEP_NOT_TRUE);
        last = compile(c, bound->arguments[i], selection);
        uint32_t both = call_emit(c, bound, (const uint32_t[]){result, last}, 2, selection);
        blend(c, result, both, selection, false);
    }
    return result;
}

static uint32_t compile_coalesce(compiler *c, const leat_bound *bound, uint32_t selection)
{
    uint32_t result = register_computed(c, bound->type);
    uint32_t last = compile(c, bound->arguments[0], selection);
    blend(c, result, last, selection, true);
    for (uint32_t i = 1; i < bound->argument_count; i++) {
        selection = keep(c, selection, last, LEAT_KEEP_NULL);
        last = compile(c, bound->arguments[i], selection);
        blend(c, result, last, selection, false);
    }
    return result;
}

static uint32_t compile_case(compiler *c, const leat_bound *bound, uint32_t selection)
{
    uint32_t result = register_computed(c, bound->type);
    uint32_t i = 0;
    for (; i + 1 < bound->argument_count; i += 2) {
        uint32_t condition = compile(c, bound->arguments[i], selection);
        uint32_t taken = keep(c, selection, condition, LEAT_KEEP_TRUE);
        uint32_t then = compile(c, bound->arguments[i + 1], taken);
        blend(c, result, then, taken, i == 0);
        selection = keep(c, selection, condition, LEAT_KEEP_NOT_TRUE);
    }
    uint32_t otherwise = compile(c, bound->arguments[i], selection);
    blend(c, result, otherwise, selection, i == 0);
    return result;
}

static uint32_t compile_new(compiler *c, const leat_bound *bound, uint32_t selection)
{
    switch (bound->kind) {
    case LEAT_BOUND_CONSTANT:
        return compile_constant(c, bound);
    case LEAT_BOUND_COLUMN:
        return compile_column(c, bound);
    case LEAT_BOUND_CASE:
        return compile_case(c, bound, selection);
    case LEAT_BOUND_CALL:
        break;
    }
    switch (leat_function_at(bound->function)->form) {
    case LEAT_FORM_AND:
    case LEAT_FORM_OR:
        return compile_junction(c, bound, selection);
    case LEAT_FORM_COALESCE:
        return compile_coalesce(c, bound, selection);
    case LEAT_FORM_CALL:
        break;
    }
    return compile_call(c, bound, selection);
}

static uint32_t compile(compiler *c, const leat_bound *bound, uint32_t selection)
{
    uint64_t hash = bound_hash(bound);
    uint32_t reg = seen_find(c, bound, hash, selection);
    if (reg != NOTHING)
        return reg;
    reg = compile_new(c, bound, selection);
    bool is_everywhere = bound->kind == LEAT_BOUND_CONSTANT || bound->kind == LEAT_BOUND_COLUMN;
    seen_add(c, bound, hash, is_everywhere ? 0 : selection, reg);
    return reg;
}

/* --- Filters. --- */

/* column-or-expression op constant, with a loop that writes selections. */
static bool is_selectable(const leat_bound *bound)
{
    return bound->kind == LEAT_BOUND_CALL && bound->argument_count == 2 &&
           leat_function_at(bound->function)->select != NULL &&
           bound->arguments[0]->kind != LEAT_BOUND_CONSTANT &&
           bound->arguments[1]->kind == LEAT_BOUND_CONSTANT && !bound->arguments[1]->value.is_null;
}

/* The selection of the rows for which `bound` is true; every conjunct narrows the last. */
static uint32_t compile_filter(compiler *c, const leat_bound *bound, uint32_t selection)
{
    bool is_and =
        bound->kind == LEAT_BOUND_CALL && leat_function_at(bound->function)->form == LEAT_FORM_AND;
    if (is_and) {
        for (uint32_t i = 0; i < bound->argument_count; i++)
            selection = compile_filter(c, bound->arguments[i], selection);
        return selection;
    }
    if (!is_selectable(bound))
        return keep(c, selection, compile(c, bound, selection), LEAT_KEEP_TRUE);
    uint32_t column = compile(c, bound->arguments[0], selection);
    uint32_t constant = compile(c, bound->arguments[1], selection);
    uint32_t kept = selection_add(c, selection);
    leat_step *step = step_add(c, LEAT_STEP_SELECT, selection, kept, 2);
    step->arguments[0] = column;
    step->arguments[1] = constant;
    step->function = leat_function_at(bound->function);
    return kept;
}

/* --- Buffers. --- */

static uint8_t bytes_per_row(leat_type type)
{
    if (type.id == LEAT_TYPE_DECIMAL)
        return sizeof(leat_i128); /* some batch may need the wide layout */
    return (uint8_t)leat_layout_size(leat_type_layout(type));
}

static uint32_t buffer_take(compiler *c, bool *is_free, uint8_t bytes)
{
    for (uint32_t b = 0; b < c->buffers.count; b++) {
        if (is_free[b] && c->buffers.items[b] == bytes) {
            is_free[b] = false;
            return b;
        }
    }
    leat_vec_push(&c->buffers, bytes);
    return (uint32_t)c->buffers.count - 1;
}

/* Whether a step writes a register, which one. */
static bool step_computes(const leat_step *step)
{
    return step->kind == LEAT_STEP_CALL || step->kind == LEAT_STEP_BLEND;
}

static void last_uses_find(const compiler *c,
                           const uint32_t *outputs,
                           uint32_t output_count,
                           uint32_t *last_use)
{
    for (uint32_t s = 0; s < c->steps.count; s++) {
        const leat_step *step = &c->steps.items[s];
        for (uint32_t a = 0; a < step->argument_count; a++)
            last_use[step->arguments[a]] = s;
        if (step_computes(step))
            last_use[step->out] = s;
    }
    for (uint32_t o = 0; o < output_count; o++)
        last_use[outputs[o]] = NOTHING;
}

static void
buffer_give(compiler *c, bool *is_free, const uint32_t *last_use, uint32_t reg, uint32_t step)
{
    const leat_register *r = &c->registers.items[reg];
    if (r->kind == LEAT_REGISTER_COMPUTED && last_use[reg] == step)
        is_free[r->index] = true;
}

/* The result takes its buffer before the arguments give theirs: no step works in place. */
static void buffers_assign(compiler *c, const uint32_t *outputs, uint32_t output_count)
{
    uint32_t *last_use = LEAT_ARENA_ARRAY(c->arena, uint32_t, c->registers.count);
    bool *is_free = LEAT_ARENA_ARRAY(c->arena, bool, c->registers.count);
    last_uses_find(c, outputs, output_count, last_use);
    for (uint32_t s = 0; s < c->steps.count; s++) {
        const leat_step *step = &c->steps.items[s];
        if (step_computes(step)) {
            leat_register *out = &c->registers.items[step->out];
            if (out->index == NOTHING)
                out->index = buffer_take(c, is_free, bytes_per_row(out->type));
            buffer_give(c, is_free, last_use, step->out, s);
        }
        for (uint32_t a = 0; a < step->argument_count; a++)
            buffer_give(c, is_free, last_use, step->arguments[a], s);
    }
}

/* --- Programs. --- */

static void compiler_init(compiler *c, leat_arena *arena)
{
    *c = (compiler){.arena = arena};
    memset(c->buckets, 0xff, sizeof c->buckets);
    leat_vec_push(&c->parents, 0);
}

#define KEPT(c, vec) leat_arena_copy((c)->arena, (vec).items, (vec).count * sizeof *(vec).items)

static leat_program *compiler_finish(compiler *c, uint32_t *outputs, uint32_t output_count)
{
    buffers_assign(c, outputs, output_count);
    leat_program *program = LEAT_ARENA_NEW(c->arena, leat_program);
    program->register_count = (uint32_t)c->registers.count;
    program->registers = KEPT(c, c->registers);
    program->buffer_count = (uint32_t)c->buffers.count;
    program->buffer_bytes = KEPT(c, c->buffers);
    program->selection_count = (uint32_t)c->parents.count;
    program->step_count = (uint32_t)c->steps.count;
    program->steps = KEPT(c, c->steps);
    program->outputs = outputs;
    program->output_count = output_count;
    LEAT_VEC_EACH (step, &c->steps)
        program->argument_count_max = LEAT_MAX(program->argument_count_max, step->argument_count);
    leat_vec_fini(&c->registers);
    leat_vec_fini(&c->buffers);
    leat_vec_fini(&c->parents);
    leat_vec_fini(&c->steps);
    leat_vec_fini(&c->seen);
    return program;
}

static const leat_program *filter_compile(const leat_bound *condition, leat_arena *arena)
{
    compiler c;
    compiler_init(&c, arena);
    uint32_t selection = compile_filter(&c, condition, 0);
    leat_program *program = compiler_finish(&c, NULL, 0);
    program->filter_selection = selection;
    return program;
}

const leat_program *leat_program_compile(leat_bound *const *bounds,
                                         uint32_t count,
                                         const leat_schema *schema,
                                         leat_arena *arena)
{
    compiler c;
    compiler_init(&c, arena);
    uint32_t *outputs = LEAT_ARENA_ARRAY(arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        LEAT_ASSERT(leat_bound_fits(bounds[i], schema));
        outputs[i] = compile(&c, bounds[i], 0);
    }
    leat_program *program = compiler_finish(&c, outputs, count);
    if (count == 1 && bounds[0]->type.id == LEAT_TYPE_BOOLEAN)
        program->filter = filter_compile(bounds[0], arena);
    return program;
}
