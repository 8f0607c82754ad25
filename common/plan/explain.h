/* SPDX-License-Identifier: Apache-2.0
 *
 * explain - a plan for people: as written, as rewritten, what changes each operator puts out, and
 * what runs, keeps state and is promised.
 */
#ifndef LEAT_COMMON_PLAN_EXPLAIN_H
#define LEAT_COMMON_PLAN_EXPLAIN_H

#include "common/plan/physical.h"

/* "aggregate", "join": what users call it. */
const char *leat_logical_kind_name(leat_logical_kind kind);

/* `physical` was made of the rewritten form of `written`. */
void leat_explain_print(const leat_logical_plan *written,
                        const leat_physical_plan *physical,
                        leat_buf *out);

#endif
