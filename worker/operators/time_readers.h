/* SPDX-License-Identifier: Apache-2.0
 *
 * time_readers - which operators judge rows by event time against the watermark. Rows that go to
 * one of them must not be held back past a watermark. Private to worker/operators.
 */
#ifndef LEAT_WORKER_OPERATORS_TIME_READERS_H
#define LEAT_WORKER_OPERATORS_TIME_READERS_H

#include "common/plan/logical.h"

/* Whether rows of the node reach such an operator, directly or through others. */
bool leat_feeds_time(const leat_logical_plan *plan, uint32_t node);

#endif
