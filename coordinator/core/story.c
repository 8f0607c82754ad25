/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/core/story.h"

const leat_trace_template leat_coord_story[] = {
#define X(name, text) {LEAT_COORD_SAYS_##name, text},
    LEAT_COORD_STORY(X)
#undef X
};

const size_t leat_coord_story_count = LEAT_COUNT_OF(leat_coord_story);
