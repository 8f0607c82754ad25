/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/sender.h"

#include "common/base/mark.h"
#include "common/columns/key_hash.h"

enum {
    ROW_BYTES_MIN = 32,
    BUILDER_ROWS_MIN = 64,
    EAGER_ROWS_MIN = 512,  /* while the slot is busy, fewer rows than this wait ... */
    EAGER_AFTER_US = 1000, /* ... at most so long for more */
};

typedef struct lane {
    leat_builder *builder;
    uint64_t first_row_us; /* steady time at which its oldest row came in */
    size_t size_bytes;     /* of the builder, as counted in total_bytes */
    uint32_t first;        /* of its rows in `positions`, while a batch is being split */
    uint32_t count;
} lane;

struct leat_sender {
    leat_slot_context *context;
    uint32_t edge_index;
    const leat_physical_edge *edge;
    uint32_t lane_count; /* receivers: all slots, or this one */
    lane *lanes;
    size_t total_bytes;
    uint32_t building_count;  /* lanes with rows under construction */
    uint64_t settled_version; /* of the watermark that every lane has heard */

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

static uint32_t edge_count_of(const leat_physical_plan *plan, uint32_t stage)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->edge_count; i++)
        count += plan->edges[i].from_stage == stage;
    return count;
}

leat_sender *leat_sender_new(leat_slot_context *context, uint32_t operator_index)
{
    const leat_physical_plan *plan = context->plan;
    const leat_slot_limits *limits = &context->args.limits;
    leat_sender *sender = LEAT_NEW(leat_sender);
    sender->context = context;
    sender->edge_index = plan->operators[operator_index].edge;
    sender->edge = &plan->edges[sender->edge_index];
    bool is_hash = sender->edge->kind == LEAT_EDGE_HASH;
    sender->lane_count = is_hash ? context->args.deployment->slot_count : 1;
    sender->lanes = leat_alloc_zero(sender->lane_count, sizeof *sender->lanes);

    uint64_t lanes = (uint64_t)sender->lane_count * edge_count_of(plan, sender->edge->from_stage);
    uint64_t rows = limits->builder_bytes / (lanes * row_bytes(sender->edge->schema));
    rows = LEAT_MIN(LEAT_MAX(rows, (uint64_t)BUILDER_ROWS_MIN), (uint64_t)limits->batch_rows);
    LEAT_ASSERT(rows >= 2); /* X2: an update fits an empty batch */
    for (uint32_t i = 0; i < sender->lane_count; i++)
        sender->lanes[i].builder = leat_builder_new(sender->edge->schema, (uint32_t)rows);

    uint32_t batch_rows = limits->batch_rows;
    sender->hashes = leat_alloc_zero(batch_rows, sizeof(uint64_t));
    sender->targets = leat_alloc_zero(batch_rows, sizeof(uint16_t));
    sender->positions = leat_alloc_zero(batch_rows, sizeof(uint32_t));
    sender->identity = leat_alloc_zero(batch_rows, sizeof(uint32_t));
    sender->changes = leat_alloc_zero(batch_rows, sizeof(uint8_t));
    for (uint32_t i = 0; i < batch_rows; i++)
        sender->identity[i] = i;
    return sender;
}

void leat_sender_free(leat_sender **sender_at)
{
    leat_sender *sender = LEAT_TAKE(*sender_at);
    if (sender == NULL)
        return;
    for (uint32_t i = 0; i < sender->lane_count; i++)
        leat_builder_free(&sender->lanes[i].builder);
    leat_free(sender->lanes);
    leat_free(sender->hashes);
    leat_free(sender->targets);
    leat_free(sender->positions);
    leat_free(sender->identity);
    leat_free(sender->changes);
    leat_free(sender);
}

/* ------------------------------------------------------------------ sending */

static uint32_t lane_slot(const leat_sender *sender, uint32_t at)
{
    return sender->edge->kind == LEAT_EDGE_HASH ? at : sender->context->args.slot;
}

static void lane_flush(leat_sender *sender, uint32_t at)
{
    lane *to = &sender->lanes[at];
    if (leat_builder_count(to->builder) == 0)
        return;
    leat_batch *batch = leat_builder_finish(to->builder);
    sender->building_count--;
    sender->total_bytes -= to->size_bytes;
    to->size_bytes = 0;
    leat_task_core_send(sender->context->core, sender->edge_index, lane_slot(sender, at), batch,
                        sender->context->steady_us);
}

static void flush_fullest(leat_sender *sender)
{
    uint32_t fullest = 0;
    for (uint32_t i = 1; i < sender->lane_count; i++) {
        if (sender->lanes[i].size_bytes > sender->lanes[fullest].size_bytes)
            fullest = i;
    }
    LEAT_MARK(sender_over_budget);
    lane_flush(sender, fullest);
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
lane_add(leat_sender *sender, uint32_t at, const leat_rows *rows, const uint32_t *positions)
{
    const leat_slot_limits *limits = &sender->context->args.limits;
    lane *to = &sender->lanes[at];
    uint32_t left = to->count;
    while (left > 0) {
        uint32_t taken = take_count(rows, positions, left, leat_builder_room(to->builder));
        if (taken == 0) {
            lane_flush(sender, at);
            continue;
        }
        if (leat_builder_count(to->builder) == 0) {
            to->first_row_us = sender->context->steady_us;
            sender->building_count++;
        }
        leat_builder_gather(to->builder, rows, positions, taken);
        positions += taken;
        left -= taken;
        size_t size_bytes = leat_builder_size_bytes(to->builder);
        sender->total_bytes += size_bytes - to->size_bytes;
        to->size_bytes = size_bytes;
        if (leat_builder_room(to->builder) == 0 || size_bytes >= limits->batch_bytes)
            lane_flush(sender, at);
    }
    while (sender->total_bytes > limits->builder_bytes)
        flush_fullest(sender);
}

/* ------------------------------------------------------------------ splitting */

static void find_targets(leat_sender *sender, const leat_rows *rows)
{
    const leat_deployment *deployment = sender->context->args.deployment;
    leat_key_hash(rows, sender->edge->keys, sender->edge->key_count, sender->hashes);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        sender->targets[i] =
            deployment
                ->key_groups[leat_key_group_of(sender->hashes[i], deployment->key_group_count)];
}

/* X2: the halves of a pair that part become a deletion and an insertion. */
static const uint8_t *part_pairs(leat_sender *sender, const leat_rows *rows)
{
    memcpy(sender->changes, rows->changes, rows->row_count);
    for (uint32_t i = 0; i + 1 < rows->selected_count; i++) {
        uint32_t before = leat_rows_at(rows, i);
        uint32_t after = leat_rows_at(rows, i + 1);
        if (rows->changes[before] != LEAT_CHANGE_UPDATE_BEFORE ||
            rows->changes[after] != LEAT_CHANGE_UPDATE_AFTER ||
            sender->targets[i] == sender->targets[i + 1])
            continue;
        LEAT_MARK(sender_parts_pair);
        sender->changes[before] = LEAT_CHANGE_DELETE;
        sender->changes[after] = LEAT_CHANGE_INSERT;
    }
    return sender->changes;
}

/* Group the row positions by lane, keeping their order (a counting sort). */
static void group_positions(leat_sender *sender, const leat_rows *rows)
{
    lane *lanes = sender->lanes;
    for (uint32_t i = 0; i < sender->lane_count; i++)
        lanes[i].count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++)
        lanes[sender->targets[i]].count++;
    uint32_t first = 0;
    for (uint32_t i = 0; i < sender->lane_count; i++) {
        lanes[i].first = first;
        first += lanes[i].count;
        lanes[i].count = 0;
    }
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        lane *to = &lanes[sender->targets[i]];
        sender->positions[to->first + to->count++] = leat_rows_at(rows, i);
    }
}

void leat_sender_add(leat_sender *sender, const leat_rows *rows)
{
    LEAT_ASSERT(rows->row_count <= sender->context->args.limits.batch_rows);
    if (sender->lane_count == 1) {
        sender->lanes[0].count = rows->selected_count;
        lane_add(sender, 0, rows, rows->selected != NULL ? rows->selected : sender->identity);
        return;
    }
    find_targets(sender, rows);
    leat_rows split = *rows;
    if (rows->changes != NULL)
        split.changes = part_pairs(sender, rows);
    group_positions(sender, rows);
    for (uint32_t i = 0; i < sender->lane_count; i++)
        lane_add(sender, i, &split, &sender->positions[sender->lanes[i].first]);
}

/* ------------------------------------------------------------------ time */

void leat_sender_flush(leat_sender *sender)
{
    for (uint32_t i = 0; i < sender->lane_count; i++)
        lane_flush(sender, i);
}

/* Is a batch worth a message to a receiver that may be starving? */
static bool is_worth_sending(const leat_sender *sender, const lane *from, bool is_busy)
{
    return !is_busy || leat_builder_count(from->builder) >= EAGER_ROWS_MIN ||
           sender->context->steady_us >= from->first_row_us + EAGER_AFTER_US;
}

static uint64_t lane_tick(leat_sender *sender, uint32_t at, bool is_busy)
{
    leat_slot_context *context = sender->context;
    uint32_t slot = lane_slot(sender, at);
    uint64_t now_us = context->steady_us;
    uint64_t due_us = leat_task_core_watermark_due_us(context->core, sender->edge_index, slot);
    lane *to = &sender->lanes[at];
    if (leat_builder_count(to->builder) > 0) {
        due_us = LEAT_MIN(due_us, to->first_row_us + context->args.limits.flush_after_us);
        bool is_wanted = is_worth_sending(sender, to, is_busy) &&
                         leat_task_core_is_drained(context->core, sender->edge_index, slot);
        if (due_us > now_us && !is_wanted)
            return due_us;
        lane_flush(sender, at); /* carries the watermark, but not idleness */
        due_us = leat_task_core_watermark_due_us(context->core, sender->edge_index, slot);
    }
    if (due_us > now_us)
        return due_us;
    leat_task_core_say_watermark(context->core, sender->edge_index, slot, now_us);
    return UINT64_MAX;
}

uint64_t leat_sender_tick(leat_sender *sender, bool is_busy)
{
    const leat_task_core *core = sender->context->core;
    uint32_t stage = sender->edge->from_stage;
    uint64_t version = leat_task_core_watermark_version(core, stage);
    if (sender->building_count == 0 && sender->settled_version == version)
        return UINT64_MAX;
    uint64_t wake_us = UINT64_MAX;
    for (uint32_t i = 0; i < sender->lane_count; i++)
        wake_us = LEAT_MIN(wake_us, lane_tick(sender, i, is_busy));
    /* A lane that waits for credit will have to be looked at again. */
    if (wake_us == UINT64_MAX && leat_task_core_may_run(core, stage))
        sender->settled_version = version;
    return wake_us;
}
