/* SPDX-License-Identifier: Apache-2.0
 *
 * json_view - what the coordinator shows of itself, as JSON.
 * Thread: the coordinator's control thread (they read the core).
 */
#ifndef LEAT_COORDINATOR_JSON_VIEW_H
#define LEAT_COORDINATOR_JSON_VIEW_H

#include "common/base/buf.h"
#include "coordinator/core/view.h"

void leat_view_jobs(const leat_coord_core *core, leat_buf *out);
void leat_view_workers(const leat_coord_core *core, leat_buf *out);
void leat_view_overview(const leat_coord_core *core, leat_buf *out);

/* `name` is a job's name (its newest of that name) or number. False: there is none. */
LEAT_MUST_USE bool
leat_view_find(const leat_coord_core *core, const char *name, leat_job_view *out_view);
void leat_view_job(const leat_coord_core *core, const leat_job_view *job, leat_buf *out);

#endif
