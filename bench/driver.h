/* SPDX-License-Identifier: Apache-2.0
 *
 * driver - slots of one job driven on one thread, by the real code below the shell: sources,
 * operators, state, deltas, sinks; a disk that confirms at once and an epoch every second. What is
 * left out is threads and disk.
 */
#ifndef LEAT_BENCH_DRIVER_H
#define LEAT_BENCH_DRIVER_H

#include "worker/exec/slot.h"

enum { BENCH_SLOTS_MAX = 64, BENCH_KEY_GROUPS = 256 };

typedef struct bench_berth {
    leat_slot *slot;
    leat_slot_actions actions;
    LEAT_VEC(leat_down) downs;
    LEAT_VEC(leat_message) messages;
} bench_berth;

typedef struct bench_driver {
    bench_berth berths[BENCH_SLOTS_MAX];
    uint32_t slot_count;
    uint64_t epoch;
    uint64_t completed;
    uint64_t barrier_at_us;
    uint64_t chunk_bytes;
    uint64_t file_bytes;
    uint32_t ready_count;
    uint32_t ended_count;
    uint32_t frozen_count;
    bool is_undecided;
    bool is_last;
    bool has_finished;
} bench_driver;

/* `driver` is zero but for slot_count. */
LEAT_MUST_USE leat_code bench_driver_open(bench_driver *driver,
                                          const leat_physical_plan *plan,
                                          const leat_connectors *connectors,
                                          leat_error *err);
/* To the end of the sources, all epochs completed. */
void bench_driver_run(bench_driver *driver);
/* Summed over the slots. */
leat_slot_stats bench_driver_stats(const bench_driver *driver);
void bench_driver_close(bench_driver *driver);

#endif
