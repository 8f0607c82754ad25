/* SPDX-License-Identifier: Apache-2.0
 *
 * tap - what shown sinks put out, on its way from the executors to whoever shows it.
 *
 * A sink that is shown has the connector `show` and a name of its own: it writes every change in
 * the form of cli/case/result.h, and the tap of that name holds it. A live tap makes executors wait
 * when nobody takes its rows; a kept one (a materialized view) folds them to the rows that are
 * there, so that it is never larger than about twice those.
 *
 * Thread: any; takes and snapshots are the main thread's.
 */
#ifndef LEAT_CLI_TAP_H
#define LEAT_CLI_TAP_H

#include "cli/case/result.h"
#include "common/sys/mutex.h"
#include "common/sys/wake.h"

extern const leat_sink_class leat_show_sink; /* "show" */

typedef struct leat_tap {
    char name[32];          /* of the sink */
    leat_case_result shape; /* of the rows: schema, keys, order; its text is not used */
    leat_buf text;          /* changes not taken yet */
    size_t folded_bytes;    /* kept: of the text when it was folded last */
    bool is_kept;
} leat_tap;

typedef struct leat_taps {
    leat_mutex mutex;
    pthread_cond_t has_room;
    leat_wake *wake; /* rung when rows came */
    LEAT_VEC(leat_tap *) items;
} leat_taps;

void leat_taps_init(leat_taps *taps, leat_wake *wake);
void leat_taps_fini(leat_taps *taps);
/* A tap of the next free name; `shape` is copied, what it points to outlives the tap. */
leat_tap *leat_tap_open(leat_taps *taps, const leat_case_result *shape, bool is_kept);
/* What comes for it from now on is dropped. NULL inside is fine. */
void leat_tap_close(leat_taps *taps, leat_tap **tap);

/* A leat_worker_print whose `self` is the taps. */
void leat_taps_print(void *self, uint32_t job, leat_bytes sink, leat_bytes lines);

/* Append what came since the last take. */
void leat_tap_take(leat_taps *taps, leat_tap *tap, leat_buf *out);
/* The rows that are there, folded and in order; finished by the caller.
 * Errors: those of leat_case_result_fold. */
LEAT_MUST_USE leat_code leat_tap_snapshot(leat_taps *taps,
                                          const leat_tap *tap,
                                          leat_case_result *out_rows,
                                          leat_error *err);

#endif
