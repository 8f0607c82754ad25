/* SPDX-License-Identifier: Apache-2.0
 *
 * credit - how many bytes a channel may have in flight, counted by both of its ends.
 *
 * All counts only grow (bytes since the generation began), so a lost, doubled or late grant does
 * no harm. Both ends know the window from the deployment: nothing is said before the first batch.
 * A batch is charged its bytes and an overhead, but never more than the window: one that is
 * larger travels alone, when nothing else is in flight. Barriers, watermarks and ends need none.
 *
 * Invariants
 *   C1  sent <= limit, received <= granted: credit is never negative.
 *   C2  limit <= granted <= consumed + window: at most a window is in flight or queued.
 *
 * Thread: the owner of the task core.
 */
#ifndef LEAT_WORKER_CORE_CREDIT_H
#define LEAT_WORKER_CORE_CREDIT_H

#include <stdbool.h>

#include "common/base/assert.h"

enum { LEAT_CREDIT_OVERHEAD_BYTES = 256 }; /* a message's own memory, so that tiny ones count */

/* The sender's end. */
typedef struct leat_credit_out {
    uint64_t window;
    uint64_t sent;
    uint64_t limit; /* the highest grant heard */
} leat_credit_out;

/* The receiver's end. */
typedef struct leat_credit_in {
    uint64_t window;
    uint64_t received;
    uint64_t consumed;
    uint64_t granted; /* the highest grant said */
} leat_credit_in;

static inline leat_credit_out leat_credit_out_of(uint64_t window)
{
    return (leat_credit_out){.window = window, .limit = window};
}

static inline leat_credit_in leat_credit_in_of(uint64_t window)
{
    return (leat_credit_in){.window = window, .granted = window};
}

static inline uint64_t leat_credit_charge(const leat_credit_out *credit, size_t bytes)
{
    return LEAT_MIN((uint64_t)bytes + LEAT_CREDIT_OVERHEAD_BYTES, credit->window);
}

static inline bool leat_credit_allows(const leat_credit_out *credit, uint64_t charge)
{
    return credit->sent + charge <= credit->limit;
}

static inline void leat_credit_spend(leat_credit_out *credit, uint64_t charge)
{
    credit->sent += charge;
    LEAT_ASSERT(credit->sent <= credit->limit); /* C1 */
}

static inline void leat_credit_hear(leat_credit_out *credit, uint64_t granted)
{
    credit->limit = LEAT_MAX(credit->limit, granted);
}

/* Nothing that was sent is known to be still on its way: the receiver may be starving. */
static inline bool leat_credit_is_drained(const leat_credit_out *credit)
{
    return credit->limit == credit->sent + credit->window;
}

/* False: the sender overdrew (its count is wrong, or it is not ours): treat it as a gap. */
static inline LEAT_MUST_USE bool leat_credit_receive(leat_credit_in *credit, uint64_t charge)
{
    if (charge > credit->window || credit->received + charge > credit->granted)
        return false;
    credit->received += charge;
    return true;
}

static inline void leat_credit_consume(leat_credit_in *credit, uint64_t charge)
{
    credit->consumed += charge;
    LEAT_ASSERT(credit->consumed <= credit->received);
}

/* Is it time to say a new grant: a quarter of the window was freed, or everything that came was
 * consumed (then the sender may be waiting to know it). */
static inline bool leat_credit_is_due(const leat_credit_in *credit)
{
    uint64_t freed = credit->consumed + credit->window - credit->granted;
    return freed >= credit->window / 4 || (freed > 0 && credit->consumed == credit->received);
}

/* The grant to say, cumulative. */
static inline uint64_t leat_credit_grant(leat_credit_in *credit)
{
    credit->granted = credit->consumed + credit->window;
    return credit->granted;
}

#endif
