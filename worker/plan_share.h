/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_share - the decoded plan of one generation, shared by its slots and by batches under way.
 *
 * Batches borrow their schema from the plan, so whoever carries a batch from thread to thread
 * carries a reference to the plan with it. Immutable. Thread: any.
 */
#ifndef LEAT_WORKER_PLAN_SHARE_H
#define LEAT_WORKER_PLAN_SHARE_H

#include "common/base/blob.h"
#include "common/plan/physical.h"

typedef struct leat_plan_share leat_plan_share;

/* LEAT_CORRUPT: the bytes are not a plan. */
LEAT_MUST_USE leat_code leat_plan_share_new(const leat_blob *wire,
                                            leat_plan_share **out_share,
                                            leat_error *err);
leat_plan_share *leat_plan_share_ref(leat_plan_share *share);
void leat_plan_share_unref(leat_plan_share **share); /* NULL inside is fine; sets NULL */
const leat_physical_plan *leat_plan_share_plan(const leat_plan_share *share);

#endif
