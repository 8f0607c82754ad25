/* SPDX-License-Identifier: Apache-2.0
 *
 * executor - one thread that steps slots: letters in, bounded slices of work, actions out.
 *
 * Round: take what came, step the slots it is for, give every slot that has work one slice, and
 * sleep only when none has. A message for a slot that is not open yet waits (its generation may
 * be on its way here); one of a generation that is gone is dropped.
 */
#ifndef LEAT_WORKER_EXECUTOR_H
#define LEAT_WORKER_EXECUTOR_H

#include "worker/crew.h"

typedef struct leat_executor leat_executor;

/* `crew` must outlive it and have this executor's mailbox at `index` once threads run. */
LEAT_MUST_USE leat_code leat_executor_new(const leat_crew *crew,
                                          uint32_t index,
                                          leat_executor **out_executor,
                                          leat_error *err);
leat_mailbox *leat_executor_mailbox(leat_executor *executor);
LEAT_MUST_USE leat_code leat_executor_start(leat_executor *executor, leat_error *err);
/* End the thread, drop its slots. Call for every executor before freeing any: they post to each
 * other. */
void leat_executor_stop(leat_executor *executor);
void leat_executor_free(leat_executor **executor); /* NULL inside is fine */

#endif
