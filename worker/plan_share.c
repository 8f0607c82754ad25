/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/plan_share.h"

#include <stdatomic.h>

#include "common/base/alloc.h"
#include "common/base/arena.h"

struct leat_plan_share {
    atomic_uint_least32_t references;
    leat_arena arena;
    const leat_physical_plan *plan;
};

leat_code leat_plan_share_new(const leat_blob *wire, leat_plan_share **out_share, leat_error *err)
{
    leat_plan_share *share = LEAT_NEW(leat_plan_share);
    atomic_init(&share->references, 1);
    leat_code code = leat_plan_decode(leat_blob_bytes(wire), &share->arena, &share->plan, err);
    if (code == LEAT_OK)
        *out_share = share;
    else
        leat_plan_share_unref(&share);
    return code;
}

leat_plan_share *leat_plan_share_ref(leat_plan_share *share)
{
    if (share != NULL)
        atomic_fetch_add_explicit(&share->references, 1, memory_order_relaxed);
    return share;
}

void leat_plan_share_unref(leat_plan_share **share)
{
    leat_plan_share *old = LEAT_TAKE(*share);
    if (old == NULL)
        return;
    if (atomic_fetch_sub_explicit(&old->references, 1, memory_order_acq_rel) != 1)
        return;
    leat_arena_fini(&old->arena);
    leat_free(old);
}

const leat_physical_plan *leat_plan_share_plan(const leat_plan_share *share)
{
    return share->plan;
}
