/* SPDX-License-Identifier: Apache-2.0
 *
 * mutant - deliberate protocol bugs, for proving that the simulator would notice them.
 *
 * The product is built without LEAT_MUTANTS: leat_mutant() is the constant false and the branch
 * behind it is gone. The simulator's mutant build turns one or two on per run.
 */
#ifndef LEAT_COMMON_BASE_MUTANT_H
#define LEAT_COMMON_BASE_MUTANT_H

#include <stdbool.h>
#include <stdint.h>

#define LEAT_MUTANTS_ALL(X)                                                                        \
    X(abort_forgets)           /* an aborted epoch's rows are not folded back */                   \
    X(epoch_reuse)             /* epoch numbers are given again after a restart or an abort */     \
    X(merge_on_local_durable)  /* base pages take an epoch before it is decided */                 \
    X(prune_loses_handles)     /* merging into the base drops the sinks' handles */                \
    X(no_sink_recommit)        /* a restored slot does not publish the listed handles */           \
    X(no_live_rollback)        /* a live owner keeps its memory when a generation starts */        \
    X(ack_without_standby)     /* an epoch completes without its standbys */                       \
    X(complete_before_durable) /* a completion is told before it is in the log */                  \
    X(no_seq)                  /* channels do not notice what they lost */                         \
    X(sink_unfenced)           /* a sweep ignores the generation of the parts */                   \
    X(prev_local)         /* a delta chains to what its owner was told; bases must fit exactly */  \
    X(sink_part_reopened) /* a sealed part is written on in the next epoch */                      \
    X(ack_without_chain)  /* a replica acknowledges a delta whose chain is not there */            \
    X(gen_volatile)       /* the generation seen is not kept on disk */                            \
    X(admit_early)        /* a copy counts before it has caught up */                              \
    X(no_session)         /* a worker takes deployments of any session */                          \
    X(merge_keeps_none)   /* the base takes every decided epoch at once */

typedef enum leat_mutant_name {
#define X(name) LEAT_MUTANT_##name,
    LEAT_MUTANTS_ALL(X)
#undef X
        LEAT_MUTANT_COUNT
} leat_mutant_name;

#ifdef LEAT_MUTANTS
extern uint64_t leat_mutants_on; /* bit per name; defined by the simulator */
static inline bool leat_mutant(leat_mutant_name name)
{
    return (leat_mutants_on >> name & 1) != 0;
}
#else
#define leat_mutant(name) false
#endif

#endif
