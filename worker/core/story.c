/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/story.h"

const leat_trace_template leat_worker_story[] = {
#define X(name, text) {LEAT_WORKER_SAYS_##name, text},
    LEAT_WORKER_STORY(X)
#undef X
};

const size_t leat_worker_story_count = LEAT_COUNT_OF(leat_worker_story);
