/* SPDX-License-Identifier: Apache-2.0
 *
 * window_slices - the arithmetic of tumbling, hopping and cumulating windows, by their ends.
 *
 * Ends of windows are regular: `step` apart. A slice is the span in which the set of windows does
 * not change; rows of a slice are folded once, and a window is the slices between its start and
 * its end. Times are event times with the window's lag taken off. Nothing here overflows for
 * times that fit.
 */
#ifndef LEAT_WORKER_OPERATORS_WINDOW_SLICES_H
#define LEAT_WORKER_OPERATORS_WINDOW_SLICES_H

#include <stdbool.h>

#include "common/plan/logical.h"

/* Ends of windows beyond these would overflow on the way. */
#define LEAT_WINDOW_TIME_MIN (INT64_MIN / 4)
#define LEAT_WINDOW_TIME_MAX (INT64_MAX / 4)

static inline bool leat_window_time_fits(int64_t time)
{
    return time >= LEAT_WINDOW_TIME_MIN && time <= LEAT_WINDOW_TIME_MAX;
}

/* The largest multiple of `step` (plus offset) that is not above `time`. */
static inline int64_t leat_window_floor(int64_t time, int64_t step, int64_t offset)
{
    int64_t into = (time - offset) % step;
    return time - into - (into < 0 ? step : 0);
}

/* Between the ends of two windows that follow each other. */
static inline int64_t leat_window_step(const leat_window *window)
{
    return window->slide_us > 0 ? window->slide_us : window->size_us;
}

/* The start of the window that ends at `end`. */
static inline int64_t leat_window_start_of(const leat_window *window, int64_t end)
{
    return window->kind == LEAT_WINDOW_CUMULATE
               ? leat_window_floor(end - 1, window->size_us, window->offset_us)
               : end - window->size_us;
}

static inline bool leat_window_holds(const leat_window *window, int64_t end, int64_t time)
{
    return time < end && time >= leat_window_start_of(window, end);
}

/* The first end after `time`; its window holds it unless a hop leaves gaps. */
static inline int64_t leat_window_first_end(const leat_window *window, int64_t time)
{
    int64_t step = leat_window_step(window);
    int64_t offset = window->offset_us + window->size_us % step;
    return leat_window_floor(time, step, offset) + step;
}

/* The last end of a window that holds the slice ending at `slice_end`. */
static inline int64_t leat_window_last_end(const leat_window *window, int64_t slice_end)
{
    if (window->kind == LEAT_WINDOW_CUMULATE)
        return leat_window_start_of(window, slice_end) + window->size_us;
    int64_t start = leat_window_floor(slice_end - 1, leat_window_step(window), window->offset_us);
    return start + window->size_us;
}

/* How long a slice is. */
int64_t leat_window_slice_us(const leat_window *window);
/* The end of the slice that holds `time`. */
static inline int64_t leat_window_slice_end(const leat_window *window, int64_t slice, int64_t time)
{
    return leat_window_floor(time, slice, window->offset_us) + slice;
}

#endif
