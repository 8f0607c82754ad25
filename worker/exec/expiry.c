/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/expiry.h"

#include "common/base/mark.h"

enum {
    ROUNDS = 4,   /* looks at everything within a TTL */
    MOMENTS = 64, /* remembered within the shortest TTL */
};

/* An epoch and when it was closed. */
typedef struct moment {
    uint64_t epoch;
    leat_time time;
} moment;

typedef struct expiring {
    const leat_physical_operator *op;
    int64_t ttl_us;
    bool by_key;    /* the rows of a key go together */
    uint32_t next;  /* index into the slot's key groups */
    leat_time last; /* when key groups were looked through last */
} expiring;

struct leat_expiry {
    leat_slot_context *context;
    LEAT_VEC(expiring) operators;
    LEAT_VEC(moment) moments; /* ascending */
    int64_t shortest_us;
    int64_t longest_us;
};

leat_expiry *leat_expiry_new(leat_slot_context *context, uint32_t stage)
{
    const leat_physical_stage *one = &context->plan->stages[stage];
    leat_expiry *expiry = LEAT_NEW(leat_expiry);
    expiry->context = context;
    expiry->shortest_us = INT64_MAX;
    for (uint32_t i = 0; i < one->operator_count; i++) {
        const leat_physical_operator *op = &context->plan->operators[one->operator_first + i];
        if (op->kind == LEAT_PHYSICAL_EXCHANGE ||
            !leat_logical_expires(context->plan->logical, op->logical))
            continue;
        const leat_logical_node *node = &context->plan->logical->nodes[op->logical];
        bool is_regular =
            node->kind == LEAT_LOGICAL_JOIN && node->join->timing == LEAT_JOIN_REGULAR;
        bool by_key = !is_regular && node->kind != LEAT_LOGICAL_AGGREGATE;
        leat_vec_push(&expiry->operators, (expiring){.op = op,
                                                     .ttl_us = node->state_ttl_us,
                                                     .by_key = by_key,
                                                     .last = LEAT_TIME_MIN});
        expiry->shortest_us = LEAT_MIN(expiry->shortest_us, node->state_ttl_us);
        expiry->longest_us = LEAT_MAX(expiry->longest_us, node->state_ttl_us);
    }
    if (expiry->operators.count == 0)
        leat_expiry_free(&expiry);
    return expiry;
}

void leat_expiry_free(leat_expiry **expiry_at)
{
    leat_expiry *expiry = LEAT_TAKE(*expiry_at);
    if (expiry == NULL)
        return;
    leat_vec_fini(&expiry->operators);
    leat_vec_fini(&expiry->moments);
    leat_free(expiry);
}

/* The newest epoch that was closed at `time` or before; false: none is known. */
static bool epoch_at(const leat_expiry *expiry, leat_time time, uint64_t *out_epoch)
{
    bool is_known = false;
    LEAT_VEC_EACH (one, &expiry->moments) {
        if (one->time > time)
            break;
        *out_epoch = one->epoch;
        is_known = true;
    }
    return is_known;
}

/* So many key groups that all had their turn within a quarter of the TTL. */
static uint32_t groups_due(const leat_expiry *expiry, const expiring *one)
{
    uint32_t count = expiry->context->key_group_count;
    leat_time now = expiry->context->clock;
    int64_t round_us = LEAT_MAX(one->ttl_us / ROUNDS, (int64_t)1);
    if (one->last == LEAT_TIME_MIN || now - one->last >= round_us)
        return count;
    double share = (double)(now - one->last) / (double)round_us;
    return LEAT_MIN((uint32_t)(share * count) + 1, count);
}

static void expire(leat_expiry *expiry, expiring *one, uint64_t epoch)
{
    leat_slot_context *context = expiry->context;
    uint64_t gone = 0;
    for (uint32_t left = groups_due(expiry, one); left > 0; left--) {
        one->next = (one->next + 1) % context->key_group_count;
        for (uint16_t i = 0; i < one->op->state_count; i++)
            gone += leat_state_expire(context->state, (uint16_t)(one->op->state + i),
                                      context->key_groups[one->next], epoch, one->by_key);
    }
    one->last = context->clock;
    if (gone > 0)
        LEAT_MARK(state_expired);
}

/* Epochs that are close together count as closed with the last of them: what they touched only
 * lives longer. What is older than the longest TTL is one moment. */
static void remember(leat_expiry *expiry, uint64_t epoch)
{
    leat_time now = expiry->context->clock;
    size_t count = expiry->moments.count;
    if (count > 0 && now - expiry->moments.items[count - 1].time < expiry->shortest_us / MOMENTS)
        return;
    leat_vec_push(&expiry->moments, (moment){epoch, now});
    while (expiry->moments.count > 1 && expiry->moments.items[1].time <= now - expiry->longest_us)
        leat_vec_remove(&expiry->moments, 0);
}

void leat_expiry_run(leat_expiry *expiry, uint64_t epoch)
{
    if (expiry == NULL || expiry->context->key_group_count == 0)
        return;
    LEAT_VEC_EACH (one, &expiry->operators) {
        uint64_t limit;
        if (epoch_at(expiry, expiry->context->clock - one->ttl_us, &limit))
            expire(expiry, one, limit);
    }
    remember(expiry, epoch);
}
