/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_world - the slots of one job on one worker with a loop-back disk and the smallest possible
 * coordinator, scheduled by a seed: what a slot needs around it, and nothing of a cluster.
 *
 * State goes through the product's own journal over stores in memory; files live in a table where
 * a crash loses what was not sealed and undoes nothing that was. Every choice (who runs, which
 * message is delivered, when the disk moves on, when a barrier starts) comes from the seed.
 *
 * The source connector `rows` gives, per split, `row_count` rows of {k bigint, v bigint, ts
 * timestamp}, cut at random: k = one of `key_count` keys, v = split * 1000000 + row, ts = row
 * seconds, jittered by less than a second. The sinks `lines` (class FILE) and `shown` (PRINT)
 * write rows as leat_rows_print does.
 */
#ifndef LEAT_TESTS_SUPPORT_SLOT_WORLD_H
#define LEAT_TESTS_SUPPORT_SLOT_WORLD_H

#include "worker/exec/slot.h"

typedef struct slot_world slot_world;

typedef struct slot_world_args {
    const leat_physical_plan *plan;
    uint32_t slot_count;
    uint32_t key_group_count;
    uint64_t seed;
    uint32_t split_count;
    uint32_t row_count; /* per split */
    uint32_t key_count;
    double barrier_chance; /* per step, when no epoch is undecided: 0 = 0.02 */
    double abort_chance;   /* that an epoch is given up instead of completed */
    bool is_small;         /* tiny limits: credit and budgets are hit all the time */
} slot_world_args;

slot_world *slot_world_new(const slot_world_args *args);
void slot_world_free(slot_world **world);

/* One scheduling step. False when the job has finished or failed. */
bool slot_world_step(slot_world *world);
/* Step until the end; the test fails when that takes too long. */
void slot_world_finish(slot_world *world);
/* Everything volatile is gone; the slots come back in a new generation at the last completed
 * epoch, with `slot_count` slots. */
void slot_world_crash(slot_world *world, uint32_t slot_count);
/* Lose the next message between two slots. */
void slot_world_lose_message(slot_world *world);
/* Close the input now, as DRAIN does; or stop at a last barrier. */
void slot_world_drain(slot_world *world);

bool slot_world_has_finished(const slot_world *world);
const char *slot_world_failure(const slot_world *world); /* FAILED, CANNOT, GAP text, or NULL */
uint64_t slot_world_completed(const slot_world *world);  /* last completed epoch */
uint32_t slot_world_hidden_file_count(const slot_world *world); /* parts not published */

/* Every line of every published file below `path`, files in order of epoch and slot. The caller
 * frees. */
typedef LEAT_VEC(char *) slot_world_lines;
slot_world_lines slot_world_read(const slot_world *world, const char *path);
void slot_world_lines_fini(slot_world_lines *lines);
/* What the print sinks showed. */
slot_world_lines slot_world_shown(const slot_world *world);

/* The rows the source gives: the oracle's input. */
typedef struct slot_world_row {
    int64_t k;
    int64_t v;
    leat_time ts;
} slot_world_row;
slot_world_row slot_world_row_of(const slot_world_args *args, uint32_t split, uint32_t row);

/* The registry and the schema of `rows`. */
const leat_connectors *slot_world_connectors(void);

#endif
