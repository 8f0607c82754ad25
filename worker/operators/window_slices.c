/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/window_slices.h"

int64_t leat_window_slice_us(const leat_window *window)
{
    int64_t a = window->size_us, b = leat_window_step(window);
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}
