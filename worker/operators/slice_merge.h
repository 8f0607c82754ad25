/* SPDX-License-Identifier: Apache-2.0
 *
 * slice_merge - a window that consists of several slices: their accumulators folded together, key
 * by key, and put out.
 *
 * Slices are panes of the grouping's table by their ends; they are only read: their rows are put in
 * order together, so that those of one key follow each other. Private to worker/operators.
 */
#ifndef LEAT_WORKER_OPERATORS_SLICE_MERGE_H
#define LEAT_WORKER_OPERATORS_SLICE_MERGE_H

#include "worker/operators/grouping.h"

enum { LEAT_WINDOW_FIRE_LEAD_US = 1000, LEAT_WINDOW_RESULT_TIMES = 2 };

/* Put out the window of the slices with ends in (start, end], for key groups whose watermark has
 * not passed it yet. */
void leat_slice_merge_fire(
    leat_grouping *grouping, leat_operator *self, int64_t start, int64_t end, leat_emitter *out);

#endif
