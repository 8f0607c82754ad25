/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/exchange.h"

#include "common/base/mark.h"
#include "common/columns/key_hash.h"

enum { ROW_BYTES_MIN = 32, BUILDER_ROWS_MIN = 64 };

typedef struct lane {
    leat_builder *builder;
    uint64_t first_row_us; /* steady time at which its oldest row came in */
    size_t size_bytes;     /* of the builder, as counted in total_bytes */
    uint32_t first;        /* of its rows in `positions`, while a batch is being split */
    uint32_t count;
} lane;

struct leat_exchange {
    leat_slot_context *context;
    uint32_t edge_index;
    const leat_physical_edge *edge;
    uint32_t lane_count; /* receivers: all slots, or this one */
    lane *lanes;
    size_t total_bytes;

    /* Scratch for one batch. */
    uint64_t *hashes;
    uint16_t *targets;   /* lane per selected row */
    uint32_t *positions; /* grouped by lane */
    uint32_t *identity;  /* 0, 1, 2, ... */
    uint8_t *changes;    /* rewritten for X2 */
};

static uint32_t row_bytes(const leat_schema *schema)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < schema->field_count; i++)
        bytes += LEAT_MAX(leat_layout_size(leat_type_layout(schema->fields[i].type)), (size_t)1);
    return (uint32_t)LEAT_MAX(bytes, (size_t)ROW_BYTES_MIN);
}

static uint32_t exchange_count(const leat_physical_plan *plan, uint32_t stage)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->edge_count; i++)
        count += plan->edges[i].from_stage == stage;
    return count;
}

leat_exchange *leat_exchange_new(leat_slot_context *context, uint32_t operator_index)
{
    const leat_physical_plan *plan = context->plan;
    const leat_slot_limits *limits = &context->args.limits;
    leat_exchange *exchange = LEAT_NEW(leat_exchange);
    exchange->context = context;
    exchange->edge_index = plan->operators[operator_index].edge;
    exchange->edge = &plan->edges[exchange->edge_index];
    bool is_hash = exchange->edge->kind == LEAT_EDGE_HASH;
    exchange->lane_count = is_hash ? context->args.deployment->slot_count : 1;
    exchange->lanes = leat_alloc_zero(exchange->lane_count, sizeof *exchange->lanes);

    uint64_t lanes =
        (uint64_t)exchange->lane_count * exchange_count(plan, exchange->edge->from_stage);
    uint64_t rows = limits->builder_bytes / (lanes * row_bytes(exchange->edge->schema));
    rows = LEAT_MIN(LEAT_MAX(rows, (uint64_t)BUILDER_ROWS_MIN), (uint64_t)limits->batch_rows);
    for (uint32_t i = 0; i < exchange->lane_count; i++)
        exchange->lanes[i].builder = leat_builder_new(exchange->edge->schema, (uint32_t)rows);

    uint32_t batch_rows = limits->batch_rows;
    exchange->hashes = leat_alloc_zero(batch_rows, sizeof(uint64_t));
    exchange->targets = leat_alloc_zero(batch_rows, sizeof(uint16_t));
    exchange->positions = leat_alloc_zero(batch_rows, sizeof(uint32_t));
    exchange->identity = leat_alloc_zero(batch_rows, sizeof(uint32_t));
    exchange->changes = leat_alloc_zero(batch_rows, sizeof(uint8_t));
    for (uint32_t i = 0; i < batch_rows; i++)
        exchange->identity[i] = i;
    return exchange;
}

void leat_exchange_free(leat_exchange **exchange_at)
{
    leat_exchange *exchange = LEAT_TAKE(*exchange_at);
    if (exchange == NULL)
        return;
    for (uint32_t i = 0; i < exchange->lane_count; i++)
        leat_builder_free(&exchange->lanes[i].builder);
    leat_free(exchange->lanes);
    leat_free(exchange->hashes);
    leat_free(exchange->targets);
    leat_free(exchange->positions);
    leat_free(exchange->identity);
    leat_free(exchange->changes);
    leat_free(exchange);
}

/* ------------------------------------------------------------------ sending */

static uint32_t lane_slot(const leat_exchange *exchange, uint32_t at)
{
    return exchange->edge->kind == LEAT_EDGE_HASH ? at : exchange->context->args.slot;
}

static void lane_flush(leat_exchange *exchange, uint32_t at)
{
    lane *to = &exchange->lanes[at];
    if (leat_builder_count(to->builder) == 0)
        return;
    leat_batch *batch = leat_builder_finish(to->builder);
    exchange->total_bytes -= to->size_bytes;
    to->size_bytes = 0;
    leat_task_core_send(exchange->context->core, exchange->edge_index, lane_slot(exchange, at),
                        batch, exchange->context->steady_us);
}

static void flush_fullest(leat_exchange *exchange)
{
    uint32_t fullest = 0;
    for (uint32_t i = 1; i < exchange->lane_count; i++) {
        if (exchange->lanes[i].size_bytes > exchange->lanes[fullest].size_bytes)
            fullest = i;
    }
    LEAT_MARK(exchange_over_budget);
    lane_flush(exchange, fullest);
}

/* How many of the next `count` rows to take into `room`: never the -U of a pair alone (X2). */
static uint32_t
take_count(const leat_rows *rows, const uint32_t *positions, uint32_t count, uint32_t room)
{
    uint32_t taken = LEAT_MIN(count, room);
    if (rows->changes != NULL && taken > 0 && taken < count &&
        rows->changes[positions[taken - 1]] == LEAT_CHANGE_UPDATE_BEFORE)
        taken--;
    return taken;
}

static void
lane_add(leat_exchange *exchange, uint32_t at, const leat_rows *rows, const uint32_t *positions)
{
    const leat_slot_limits *limits = &exchange->context->args.limits;
    lane *to = &exchange->lanes[at];
    uint32_t left = to->count;
    while (left > 0) {
        uint32_t taken = take_count(rows, positions, left, leat_builder_room(to->builder));
        if (taken == 0) {
            lane_flush(exchange, at);
            continue;
        }
        if (leat_builder_count(to->builder) == 0)
            to->first_row_us = exchange->context->steady_us;
        leat_builder_gather(to->builder, rows, positions, taken);
        positions += taken;
        left -= taken;
        size_t size_bytes = leat_builder_size_bytes(to->builder);
        exchange->total_bytes += size_bytes - to->size_bytes;
        to->size_bytes = size_bytes;
        if (leat_builder_room(to->builder) == 0 || size_bytes >= limits->batch_bytes)
            lane_flush(exchange, at);
    }
    while (exchange->total_bytes > limits->builder_bytes)
        flush_fullest(exchange);
}

/* ------------------------------------------------------------------ splitting */

static void find_targets(leat_exchange *exchange, const leat_rows *rows)
{
    const leat_deployment *deployment = exchange->context->args.deployment;
    leat_key_hash(rows, exchange->edge->keys, exchange->edge->key_count, exchange->hashes);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        exchange->targets[i] =
            deployment
                ->key_groups[leat_key_group_of(exchange->hashes[i], deployment->key_group_count)];
}

/* X2: the halves of a pair that part become a deletion and an insertion. */
static const uint8_t *part_pairs(leat_exchange *exchange, const leat_rows *rows)
{
    memcpy(exchange->changes, rows->changes, rows->row_count);
    for (uint32_t i = 0; i + 1 < rows->selected_count; i++) {
        uint32_t before = leat_rows_at(rows, i);
        uint32_t after = leat_rows_at(rows, i + 1);
        if (rows->changes[before] != LEAT_CHANGE_UPDATE_BEFORE ||
            rows->changes[after] != LEAT_CHANGE_UPDATE_AFTER ||
            exchange->targets[i] == exchange->targets[i + 1])
            continue;
        LEAT_MARK(exchange_parts_pair);
        exchange->changes[before] = LEAT_CHANGE_DELETE;
        exchange->changes[after] = LEAT_CHANGE_INSERT;
    }
    return exchange->changes;
}

/* Group the row positions by lane, keeping their order (a counting sort). */
static void group_positions(leat_exchange *exchange, const leat_rows *rows)
{
    lane *lanes = exchange->lanes;
    for (uint32_t i = 0; i < exchange->lane_count; i++)
        lanes[i].count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++)
        lanes[exchange->targets[i]].count++;
    uint32_t first = 0;
    for (uint32_t i = 0; i < exchange->lane_count; i++) {
        lanes[i].first = first;
        first += lanes[i].count;
        lanes[i].count = 0;
    }
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        lane *to = &lanes[exchange->targets[i]];
        exchange->positions[to->first + to->count++] = leat_rows_at(rows, i);
    }
}

void leat_exchange_add(leat_exchange *exchange, const leat_rows *rows)
{
    LEAT_ASSERT(rows->row_count <= exchange->context->args.limits.batch_rows);
    if (exchange->lane_count == 1) {
        exchange->lanes[0].count = rows->selected_count;
        lane_add(exchange, 0, rows, rows->selected != NULL ? rows->selected : exchange->identity);
        return;
    }
    find_targets(exchange, rows);
    leat_rows split = *rows;
    if (rows->changes != NULL)
        split.changes = part_pairs(exchange, rows);
    group_positions(exchange, rows);
    for (uint32_t i = 0; i < exchange->lane_count; i++)
        lane_add(exchange, i, &split, &exchange->positions[exchange->lanes[i].first]);
}

/* ------------------------------------------------------------------ time */

void leat_exchange_flush(leat_exchange *exchange)
{
    for (uint32_t i = 0; i < exchange->lane_count; i++)
        lane_flush(exchange, i);
}

static uint64_t lane_tick(leat_exchange *exchange, uint32_t at)
{
    leat_slot_context *context = exchange->context;
    uint32_t slot = lane_slot(exchange, at);
    uint64_t now_us = context->steady_us;
    uint64_t due_us = leat_task_core_watermark_due_us(context->core, exchange->edge_index, slot);
    lane *to = &exchange->lanes[at];
    if (leat_builder_count(to->builder) > 0) {
        due_us = LEAT_MIN(due_us, to->first_row_us + context->args.limits.flush_after_us);
        if (due_us > now_us &&
            !leat_task_core_is_drained(context->core, exchange->edge_index, slot))
            return due_us;
        lane_flush(exchange, at); /* carries the watermark, but not idleness */
        due_us = leat_task_core_watermark_due_us(context->core, exchange->edge_index, slot);
    }
    if (due_us > now_us)
        return due_us;
    leat_task_core_say_watermark(context->core, exchange->edge_index, slot, now_us);
    return UINT64_MAX;
}

uint64_t leat_exchange_tick(leat_exchange *exchange)
{
    uint64_t wake_us = UINT64_MAX;
    for (uint32_t i = 0; i < exchange->lane_count; i++)
        wake_us = LEAT_MIN(wake_us, lane_tick(exchange, i));
    return wake_us;
}
