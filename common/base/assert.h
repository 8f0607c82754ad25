/* SPDX-License-Identifier: Apache-2.0
 *
 * assert - always-on assertions: a broken invariant stops the process, in release too.
 *
 * Assertions are for our own bugs only; the world's mistakes are `leat_error`s.
 */
#ifndef LEAT_COMMON_BASE_ASSERT_H
#define LEAT_COMMON_BASE_ASSERT_H

#include "common/base/attrs.h"

#define LEAT_ASSERT(condition)                                                                     \
    (LEAT_LIKELY(condition) ? (void)0                                                              \
                            : leat_assert_failed(#condition, __FILE__, __LINE__, __func__))
#define LEAT_UNREACHABLE() leat_assert_failed("unreachable", __FILE__, __LINE__, __func__)

/* Print where and what, then abort(). Async-signal-unsafe on purpose: we are dying. */
LEAT_NORETURN void
leat_assert_failed(const char *condition, const char *file, int line, const char *function);

#endif
