/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/chain.h"

#include "common/base/mark.h"
#include "worker/exec/expiry.h"

/* One operator in its place. Embeds the emitter, so that an emit finds its node. */
typedef struct node {
    leat_emitter emitter;
    leat_chain *chain;
    uint32_t operator_index;
    const leat_physical_operator *physical;
    leat_operator *operator_; /* the ones that transform rows */
    leat_sender *sender;
    leat_sink *sink;
    leat_source *source;
} node;

/* `to` reads output `output` of `from` (LEAT_PHYSICAL_STAGE_INPUT: of the stage's input). */
typedef struct wire {
    int32_t from;
    uint32_t output;
    uint32_t port; /* of `to` */
    node *to;
} wire;

struct leat_chain {
    leat_slot_context *context;
    uint32_t stage;
    const leat_physical_stage *physical;
    node *nodes;
    uint32_t node_count;
    LEAT_VEC(wire) wires; /* in plan order of their readers; a few per stage */
    leat_source *source;
    leat_expiry *expiry; /* or NULL */
    leat_time pass_at;   /* processing time that some operator waits for */
    LEAT_VEC(leat_sink *) sinks;
    LEAT_VEC(uint16_t) states;
};

/* ------------------------------------------------------------------ rows */

static void node_add(node *to, uint32_t port, const leat_rows *rows)
{
    if (to->sender != NULL)
        leat_sender_add(to->sender, rows);
    else if (to->sink != NULL)
        leat_sink_add(to->sink, rows);
    else if (port == 0)
        to->operator_->class->process(to->operator_, rows, &to->emitter);
    else
        to->operator_->class->process_right(to->operator_, rows, &to->emitter);
}

static void distribute(leat_chain *chain, int32_t from, uint32_t output, const leat_rows *rows)
{
    LEAT_VEC_EACH (one, &chain->wires) {
        if (one->from == from && one->output == output)
            node_add(one->to, one->port, rows);
    }
}

/* The emitter is the first field. */
static node *node_of(leat_emitter *emitter)
{
    return (node *)(void *)emitter;
}

static void emit(leat_emitter *emitter, uint32_t output, const leat_rows *rows)
{
    node *from = node_of(emitter);
    distribute(from->chain, (int32_t)from->operator_index, output, rows);
}

static void emit_source(void *self, uint32_t output, const leat_rows *rows)
{
    node *from = self;
    distribute(from->chain, (int32_t)from->operator_index, output, rows);
}

static void fail_rows(leat_emitter *emitter, const leat_rows *rows, const leat_eval_errors *errors)
{
    node *from = node_of(emitter);
    leat_slot_context *context = from->chain->context;
    const leat_logical_node *logical = leat_slot_node(context, from->operator_index);
    context->stats.bad_rows += errors->count;
    leat_rows one = *rows;
    one.selected = &errors->first_row;
    one.selected_count = 1;
    leat_buf text = {0};
    leat_rows_print(&one, &text);
    if (logical->on_bad_record != LEAT_BAD_RECORD_FAIL) {
        LEAT_MARK(operator_skips_bad_rows);
        leat_slot_note(context, logical->name, "%llu rows, the first: %s: %.*s",
                       (unsigned long long)errors->count, errors->first_reason,
                       (int)LEAT_MIN(text.size, (size_t)160), text.data);
        leat_buf_fini(&text);
        return;
    }
    leat_slot_fail(context, "%.*s: %s: %.*s", LEAT_FMT(logical->name), errors->first_reason,
                   (int)LEAT_MIN(text.size, (size_t)160), text.data);
    leat_buf_fini(&text);
}

void leat_chain_add(leat_chain *chain, uint32_t edge, const leat_rows *rows)
{
    /* The edges of one port have equal schemas: a union. */
    uint32_t port = chain->context->plan->edges[edge].port;
    distribute(chain, LEAT_PHYSICAL_STAGE_INPUT, port, rows);
}

void leat_chain_promise(leat_chain *chain, uint32_t edge, leat_time watermark)
{
    uint32_t port = chain->context->plan->edges[edge].port;
    LEAT_VEC_EACH (one, &chain->wires) {
        leat_operator *operator_ = one->to->operator_;
        if (one->from == LEAT_PHYSICAL_STAGE_INPUT && one->output == port && operator_ != NULL &&
            operator_->class->promise != NULL)
            operator_->class->promise(operator_, one->port, watermark);
    }
}

void leat_chain_advance(leat_chain *chain, leat_time watermark)
{
    for (uint32_t i = 0; i < chain->node_count; i++) {
        leat_operator *operator_ = chain->nodes[i].operator_;
        if (operator_ != NULL && operator_->class->watermark != NULL)
            operator_->class->watermark(operator_, watermark, &chain->nodes[i].emitter);
    }
}

void leat_chain_pass(leat_chain *chain)
{
    chain->pass_at = LEAT_TIME_MAX;
    for (uint32_t i = 0; i < chain->node_count; i++) {
        leat_operator *operator_ = chain->nodes[i].operator_;
        if (operator_ == NULL || operator_->class->pass == NULL)
            continue;
        leat_time again =
            operator_->class->pass(operator_, chain->context->clock, &chain->nodes[i].emitter);
        chain->pass_at = LEAT_MIN(chain->pass_at, again);
    }
}

uint64_t leat_chain_pass_us(const leat_chain *chain)
{
    if (chain->pass_at == LEAT_TIME_MAX)
        return UINT64_MAX;
    leat_time left_us = LEAT_MAX(chain->pass_at - chain->context->clock, (leat_time)0);
    return chain->context->steady_us + (uint64_t)left_us;
}

static void flush_operator(node *one)
{
    if (one->operator_ != NULL && one->operator_->class->flush != NULL)
        one->operator_->class->flush(one->operator_, &one->emitter);
}

/* In order: what an operator says may be put off again by one behind it. */
void leat_chain_flush(leat_chain *chain)
{
    for (uint32_t i = 0; i < chain->node_count; i++) {
        flush_operator(&chain->nodes[i]);
        if (chain->nodes[i].sender != NULL)
            leat_sender_flush(chain->nodes[i].sender);
    }
}

/* Of a stage that waits for credit nothing more is made than there is already. */
static void flush_operators(leat_chain *chain)
{
    if (!leat_task_core_may_run(chain->context->core, chain->stage))
        return;
    for (uint32_t i = 0; i < chain->node_count; i++)
        flush_operator(&chain->nodes[i]);
}

void leat_chain_close_epoch(leat_chain *chain, uint64_t epoch)
{
    leat_chain_flush(chain);
    leat_expiry_run(chain->expiry, epoch);
}

uint64_t leat_chain_tick(leat_chain *chain, bool is_busy)
{
    uint64_t wake_us = UINT64_MAX;
    if (!is_busy)
        flush_operators(chain);
    for (uint32_t i = 0; i < chain->node_count; i++) {
        if (chain->nodes[i].sender != NULL)
            wake_us = LEAT_MIN(wake_us, leat_sender_tick(chain->nodes[i].sender, is_busy));
    }
    return wake_us;
}

/* ------------------------------------------------------------------ life */

static leat_code node_open(leat_chain *chain, node *one, uint32_t index, leat_error *err)
{
    leat_slot_context *context = chain->context;
    one->emitter = (leat_emitter){emit, fail_rows};
    one->chain = chain;
    one->operator_index = index;
    one->physical = &context->plan->operators[index];
    if (one->physical->state != LEAT_PHYSICAL_NO_STATE)
        leat_vec_push(&chain->states, one->physical->state);
    for (uint16_t i = 1; i < one->physical->state_count; i++)
        leat_vec_push(&chain->states, (uint16_t)(one->physical->state + i));
    switch (one->physical->kind) {
    case LEAT_PHYSICAL_SOURCE:
        LEAT_TRY(leat_source_new(context, index, emit_source, one, &one->source, err));
        chain->source = one->source;
        return LEAT_OK;
    case LEAT_PHYSICAL_SINK:
        LEAT_TRY(leat_sink_new(context, index, &one->sink, err));
        leat_vec_push(&chain->sinks, one->sink);
        return LEAT_OK;
    case LEAT_PHYSICAL_EXCHANGE:
        one->sender = leat_sender_new(context, index);
        return LEAT_OK;
    case LEAT_PHYSICAL_FILTER:
    case LEAT_PHYSICAL_PROJECT:
    case LEAT_PHYSICAL_ROUTE:
    case LEAT_PHYSICAL_AGGREGATE:
    case LEAT_PHYSICAL_WINDOW_AGGREGATE:
    case LEAT_PHYSICAL_JOIN:
    case LEAT_PHYSICAL_WINDOW:
    case LEAT_PHYSICAL_OVER:
    case LEAT_PHYSICAL_TOP_N:
    case LEAT_PHYSICAL_DEDUPLICATE:
    case LEAT_PHYSICAL_DISTINCT:
    case LEAT_PHYSICAL_SET_OP:
    case LEAT_PHYSICAL_UNNEST:
    case LEAT_PHYSICAL_SORT:
    case LEAT_PHYSICAL_NORMALIZE:
    case LEAT_PHYSICAL_MATERIALIZE:
        one->operator_ = leat_operator_open(
            &(leat_operator_args){.plan = context->plan,
                                  .operator_index = index,
                                  .state = context->state,
                                  .row_capacity = context->args.limits.batch_rows,
                                  .now = &context->clock});
        return LEAT_OK;
    case LEAT_PHYSICAL_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

leat_code
leat_chain_new(leat_slot_context *context, uint32_t stage, leat_chain **out_chain, leat_error *err)
{
    leat_chain *chain = LEAT_NEW(leat_chain);
    chain->context = context;
    chain->pass_at = LEAT_TIME_MAX;
    chain->expiry = leat_expiry_new(context, stage);
    chain->stage = stage;
    chain->physical = &context->plan->stages[stage];
    chain->node_count = chain->physical->operator_count;
    chain->nodes = leat_alloc_zero(chain->node_count, sizeof *chain->nodes);
    for (uint32_t i = 0; i < chain->node_count; i++) {
        node *one = &chain->nodes[i];
        leat_code code = node_open(chain, one, chain->physical->operator_first + i, err);
        if (code != LEAT_OK) {
            leat_chain_free(&chain);
            return code;
        }
        for (uint32_t f = 0; f < one->physical->feed_count; f++) {
            const leat_physical_feed *feed = &one->physical->feeds[f];
            leat_vec_push(&chain->wires, (wire){feed->from, feed->output, feed->port, one});
        }
    }
    *out_chain = chain;
    return LEAT_OK;
}

void leat_chain_free(leat_chain **chain_at)
{
    leat_chain *chain = LEAT_TAKE(*chain_at);
    if (chain == NULL)
        return;
    for (uint32_t i = 0; i < chain->node_count; i++) {
        node *one = &chain->nodes[i];
        if (one->operator_ != NULL)
            leat_operator_close(&one->operator_);
        leat_sender_free(&one->sender);
        leat_sink_free(&one->sink);
        leat_source_free(&one->source);
    }
    leat_expiry_free(&chain->expiry);
    leat_free(chain->nodes);
    leat_vec_fini(&chain->wires);
    leat_vec_fini(&chain->sinks);
    leat_vec_fini(&chain->states);
    leat_free(chain);
}

leat_source *leat_chain_source(const leat_chain *chain)
{
    return chain->source;
}

uint32_t leat_chain_sink_count(const leat_chain *chain)
{
    return (uint32_t)chain->sinks.count;
}

leat_sink *leat_chain_sink(const leat_chain *chain, uint32_t at)
{
    return chain->sinks.items[at];
}

const uint16_t *leat_chain_states(const leat_chain *chain, uint32_t *out_count)
{
    *out_count = (uint32_t)chain->states.count;
    return chain->states.items;
}

uint64_t leat_chain_late_rows(const leat_chain *chain)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < chain->node_count; i++) {
        if (chain->nodes[i].operator_ != NULL)
            count += chain->nodes[i].operator_->counts.rows_late;
    }
    return count;
}
