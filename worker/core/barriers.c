/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/barriers.h"

#include <string.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/mark.h"

void leat_barriers_init(leat_barriers *barriers, uint32_t input_count)
{
    LEAT_ASSERT(input_count > 0);
    *barriers = (leat_barriers){.input_count = input_count,
                                .arrived = leat_alloc_zero(input_count, sizeof(bool))};
}

void leat_barriers_fini(leat_barriers *barriers)
{
    leat_free(barriers->arrived);
    *barriers = (leat_barriers){0};
}

leat_barrier_verdict leat_barriers_arrive(leat_barriers *barriers, uint32_t input, uint64_t epoch)
{
    LEAT_ASSERT(input < barriers->input_count && !barriers->arrived[input]);
    bool is_first = barriers->arrived_count == 0;
    if (is_first ? epoch <= barriers->epoch : epoch != barriers->epoch) { /* B1, B3 */
        LEAT_MARK(barrier_invalid);
        return LEAT_BARRIER_INVALID;
    }
    barriers->epoch = epoch;
    barriers->arrived[input] = true;
    barriers->arrived_count++;
    if (barriers->arrived_count < barriers->input_count) {
        LEAT_MARK(barrier_blocks_input);
        return LEAT_BARRIER_WAIT;
    }
    barriers->arrived_count = 0;
    memset(barriers->arrived, 0, barriers->input_count * sizeof(bool));
    return LEAT_BARRIER_ALIGNED;
}
