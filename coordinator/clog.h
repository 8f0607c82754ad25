/* SPDX-License-Identifier: Apache-2.0
 *
 * clog - the command log: what the coordinator must not forget, in order, on disk.
 *
 * A record is durable when append returns. Keys are u64 numbers, big endian, counted up; what a
 * record means is coordinator/core's business. Thread: the coordinator's control thread.
 */
#ifndef LEAT_COORDINATOR_CLOG_H
#define LEAT_COORDINATOR_CLOG_H

#include "common/kv/kv.h"

typedef struct leat_clog leat_clog;

/* Create or open the log in `folder`. LEAT_BUSY: another coordinator has it. */
LEAT_MUST_USE leat_code leat_clog_open(const char *folder, leat_clog **out_clog, leat_error *err);
void leat_clog_close(leat_clog **clog); /* NULL inside is fine */

LEAT_MUST_USE leat_code leat_clog_append(leat_clog *clog, leat_bytes record, leat_error *err);
/* The whole log becomes this one record. */
LEAT_MUST_USE leat_code leat_clog_replace(leat_clog *clog, leat_bytes record, leat_error *err);

/* Every record, oldest first; stops at the first error of `visit`. */
typedef leat_code leat_clog_visit(void *self, leat_bytes record, leat_error *err);
LEAT_MUST_USE leat_code leat_clog_each(leat_clog *clog,
                                       leat_clog_visit *visit,
                                       void *self,
                                       leat_error *err);

#endif
