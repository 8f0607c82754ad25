/* SPDX-License-Identifier: Apache-2.0
 *
 * child - work done in a process of its own, so that whatever it does ends with it.
 *
 * Needs: no other thread runs in this process.
 */
#ifndef LEAT_COMMON_SYS_CHILD_H
#define LEAT_COMMON_SYS_CHILD_H

#include "common/base/buf.h"
#include "common/base/error.h"

/* Fills `out`, in the child. */
typedef void leat_child_work(void *self, leat_buf *out);

/* Run `work` in a child for at most `limit_ms`, and append what it gave to `out`.
 * Errors: LEAT_TIMEOUT it was killed; LEAT_FATAL it crashed, with the signal; LEAT_UNAVAILABLE
 * there is no room for one more process. */
LEAT_MUST_USE leat_code
leat_child_run(leat_child_work *work, void *self, int64_t limit_ms, leat_buf *out, leat_error *err);

#endif
