/* SPDX-License-Identifier: Apache-2.0
 *
 * cluster - the job of a case in a simulated cluster, where everything fails now and then.
 *
 * Coordinator, three workers, links and disks are cli/sim's. As without faults the job comes to
 * rest between two arrivals, only later: whenever a generation ends, the rows that its epochs do
 * not hold are given again, one arrival after the other. So the answer may not change.
 *
 *   C1  A reader of an older generation is given nothing: a worker that was stopped may go on
 *       with it for a while.
 *   C2  At rest: nothing is broken, and nothing has moved for longer than a row, a watermark or a
 *       poll may wait. After trouble an epoch must have begun and ended in that peace, too: a
 *       lost message is found by the barrier behind it.
 *
 * Thread: one owner.
 */
#ifndef LEAT_CLI_CASE_CLUSTER_H
#define LEAT_CLI_CASE_CLUSTER_H

#include "cli/case/feed.h"
#include "common/plan/physical.h"

typedef struct leat_case_cluster leat_case_cluster;

typedef struct leat_case_cluster_args {
    const leat_physical_plan *plan; /* borrowed, as the rest */
    const leat_connectors *connectors;
    leat_case_feed *feed;
    uint32_t parallelism;
    uint32_t key_group_count;
    uint64_t seed;
    uint64_t restore_after_op; /* stop the job there, and go on; 0 = never */
    bool forgets;              /* state is forgotten when time passes: at the end of an epoch */
} leat_case_cluster_args;

leat_case_cluster *leat_case_cluster_new(const leat_case_cluster_args *args);
void leat_case_cluster_free(leat_case_cluster **cluster);

/* Feed every arrival, break things meanwhile, and end.
 * Errors: what the job failed with; LEAT_TIMEOUT it does not come to rest. */
LEAT_MUST_USE leat_code leat_case_cluster_run(leat_case_cluster *cluster, leat_error *err);
/* What the sink whose `path` is `folder` has published. */
void leat_case_cluster_read(const leat_case_cluster *cluster, const char *folder, leat_buf *out);

#endif
