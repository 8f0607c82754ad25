/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_view - what the coordinator shows of itself and of every slot, as Prometheus text
 * (exposition format 0.0.4). docs/metrics.md explains each name.
 *
 * Thread: the coordinator's control thread (it reads the core).
 */
#ifndef LEAT_COORDINATOR_METRICS_VIEW_H
#define LEAT_COORDINATOR_METRICS_VIEW_H

#include "common/base/buf.h"
#include "coordinator/core/view.h"

/* `wall_us`: now, since 1970 UTC: the lag of watermarks is counted from it. */
void leat_view_metrics(const leat_coord_core *core, int64_t wall_us, leat_buf *out);

#endif
