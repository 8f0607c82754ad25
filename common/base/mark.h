/* SPDX-License-Identifier: Apache-2.0
 *
 * mark - coverage marks on rare branches, and failpoints at durable steps.
 *
 * LEAT_MARK(abort_stale_barrier) counts its hits; a test asks LEAT_MARK_COUNT(...), a simulation
 * lists the marks that were never hit. The list is built by the linker: a mark is in it
 * whether it was hit or not, in release builds too. Cost: one relaxed load and store.
 *
 * LEAT_FAILPOINT(journal_committed) is a mark at which a shell may be told to die or stall, by
 *   LEAT_FAILPOINT=NAME@N=kill|stall:MS|error[,...]       (N = the n-th hit after arming, from 1)
 * in the environment, given to leat_failpoint_arm. Its value is true when the armed action is
 * `error` and this is the hit. Unarmed it costs a mark and one load.
 *
 * Deterministic code may mark; only a shell arms. Thread: any (counts of one mark hit by
 * several threads at once may miss some; armed hits are exact).
 */
#ifndef LEAT_COMMON_BASE_MARK_H
#define LEAT_COMMON_BASE_MARK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/error.h"

typedef struct leat_mark {
    const char *name;
    const char *file;
    int line;
    bool is_failpoint;
    _Atomic uint64_t count; /* hits */
    _Atomic uint32_t armed; /* 1 + index of what is armed here; 0 = nothing */
} leat_mark;

/* All marks of the program; the array is made by the linker, in no useful order. */
leat_mark *const *leat_marks(size_t *out_count);

/* Hits of all marks of that name (one name may mark several places). Aborts when there is no
 * such mark: a test that names one wrongly must not pass. */
uint64_t leat_mark_count(const char *name);
void leat_marks_reset(void);

/* Parse and arm; NULL or "" disarms everything. LEAT_INVALID for bad text, LEAT_NOT_FOUND for a
 * name that no failpoint has. Call before other threads run. */
LEAT_MUST_USE leat_code leat_failpoint_arm(const char *text, leat_error *err);

/* An armed failpoint was hit: does what is due. True = behave as if the step had failed. */
bool leat_failpoint_reached(const leat_mark *mark);

#define LEAT_MARK_COUNT(name) leat_mark_count(#name)

/* The section holds pointers, not marks: compilers pad large objects, never pointers. */
#define LEAT_MARK_DEFINE_(mark_name, failpoint)                                                    \
    static leat_mark leat_mark_here_ = {                                                           \
        .name = #mark_name, .file = __FILE__, .line = __LINE__, .is_failpoint = (failpoint)};      \
    static leat_mark *const leat_mark_entry_ __attribute__((section("leat_mark_list"), used)) =    \
        &leat_mark_here_

#define LEAT_MARK_COUNT_HIT_()                                                                     \
    atomic_store_explicit(&leat_mark_here_.count,                                                  \
                          atomic_load_explicit(&leat_mark_here_.count, memory_order_relaxed) + 1,  \
                          memory_order_relaxed)

#define LEAT_MARK(mark_name)                                                                       \
    do {                                                                                           \
        LEAT_MARK_DEFINE_(mark_name, false);                                                       \
        LEAT_MARK_COUNT_HIT_();                                                                    \
    } while (0)

#define LEAT_FAILPOINT(mark_name)                                                                  \
    __extension__({                                                                                \
        LEAT_MARK_DEFINE_(mark_name, true);                                                        \
        LEAT_MARK_COUNT_HIT_();                                                                    \
        LEAT_UNLIKELY(atomic_load_explicit(&leat_mark_here_.armed, memory_order_relaxed) != 0) &&  \
            leat_failpoint_reached(&leat_mark_here_);                                              \
    })

#endif
