/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/watermarks.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/mark.h"

void leat_watermarks_init(leat_watermarks *watermarks, uint32_t input_count)
{
    *watermarks = (leat_watermarks){
        .input_count = input_count,
        .inputs = leat_alloc_zero(LEAT_MAX(input_count, 1), sizeof(leat_watermark_input)),
        .watermark = LEAT_TIME_MIN};
    for (uint32_t i = 0; i < input_count; i++)
        watermarks->inputs[i].watermark = LEAT_TIME_MIN;
}

void leat_watermarks_fini(leat_watermarks *watermarks)
{
    leat_free(watermarks->inputs);
    *watermarks = (leat_watermarks){0};
}

static bool recompute(leat_watermarks *watermarks)
{
    leat_time least = LEAT_TIME_MAX;
    uint32_t active_count = 0;
    uint32_t idle_count = 0;
    for (uint32_t i = 0; i < watermarks->input_count; i++) {
        const leat_watermark_input *input = &watermarks->inputs[i];
        if (input->watermark == LEAT_TIME_MAX)
            continue;
        if (input->is_idle) {
            idle_count++;
            continue;
        }
        active_count++;
        least = LEAT_MIN(least, input->watermark);
    }
    bool is_idle = active_count == 0 && idle_count > 0;
    if (is_idle || least < watermarks->watermark) /* hold; W1 */
        least = watermarks->watermark;
    bool changed = least != watermarks->watermark || is_idle != watermarks->is_idle;
    watermarks->watermark = least;
    watermarks->is_idle = is_idle;
    return changed;
}

uint32_t leat_watermarks_add(leat_watermarks *watermarks, leat_time watermark, bool is_idle)
{
    uint32_t input = watermarks->input_count++;
    watermarks->inputs =
        leat_realloc(watermarks->inputs, watermarks->input_count * sizeof(leat_watermark_input));
    watermarks->inputs[input] = (leat_watermark_input){watermark, is_idle};
    return input;
}

bool leat_watermarks_update(leat_watermarks *watermarks,
                            uint32_t input,
                            leat_time watermark,
                            bool is_idle)
{
    LEAT_ASSERT(input < watermarks->input_count);
    leat_watermark_input *one = &watermarks->inputs[input];
    leat_time before = one->watermark;
    bool was_idle = one->is_idle;
    if (watermark > before) /* W2 */
        one->watermark = watermark;
    one->is_idle = is_idle;
    /* Only an input that held the task back, or was or is left out, can change anything. */
    if (was_idle == is_idle && (is_idle || before > watermarks->watermark) &&
        watermark != LEAT_TIME_MAX)
        return false;
    if (was_idle && !is_idle)
        LEAT_MARK(watermark_input_wakes);
    return recompute(watermarks);
}
