/* SPDX-License-Identifier: Apache-2.0
 *
 * timers - what is due when: one bin per key group, in the sorted table of the rows that wait
 * (decisions 9).
 *
 * A timer is (time, key hash, key, kind): set twice it is there once. Due timers come in that
 * order. They are state like any row. Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_STATE_TIMERS_H
#define LEAT_WORKER_STATE_TIMERS_H

#include "worker/state/sorted_table.h"

typedef struct leat_timer {
    leat_time time;
    uint64_t hash; /* of the key: chooses the key group */
    uint8_t kind;  /* the operator's word */
    leat_bytes key;
} leat_timer;

void leat_timer_set(leat_sorted_table *timers, const leat_timer *timer);
/* Take the first timer of the key group that is due at `now` (its time <= now); false when there
 * is none. The key is valid until the next sweep of the table. */
bool leat_timer_take(leat_sorted_table *timers,
                     uint32_t key_group,
                     leat_time now,
                     leat_timer *out_timer);

#endif
