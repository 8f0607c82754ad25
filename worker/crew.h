/* SPDX-License-Identifier: Apache-2.0
 *
 * crew - what the threads of one worker know of each other: whom to post to, where things lie.
 *
 * Filled before the first thread starts, read-only afterwards.
 */
#ifndef LEAT_WORKER_CREW_H
#define LEAT_WORKER_CREW_H

#include "common/columns/batch_codec.h"
#include "worker/connectors/base/connector.h"
#include "worker/exec/slot.h"
#include "worker/exec/state_disk.h"
#include "worker/letter.h"

/* Show whole lines of a `print` sink. Called by any executor. `leat run` lets it block as long as
 * the reader of the lines does, which is the back pressure a terminal can give; `leat worker` never
 * blocks here (cli/printer.h). */
typedef void leat_worker_print(void *self, uint32_t job, leat_bytes sink, leat_bytes lines);

typedef struct leat_crew {
    leat_mailbox *control;
    leat_mailbox *courier; /* NULL: this worker has no neighbours */
    uint32_t executor_count;
    leat_mailbox *executors[LEAT_EXECUTORS_MAX];

    const leat_connectors *connectors;
    const char *files_root;
    leat_state_disk stores;
    leat_slot_limits limits;
    leat_compression compression; /* of batches to other workers */
    leat_worker_print *print;
    void *print_self;
} leat_crew;

#endif
