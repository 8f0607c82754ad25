/* SPDX-License-Identifier: Apache-2.0
 *
 * ids - numbers that must not be mixed up: each kind is a struct of one field, passed by value.
 *
 * `leat_job_id job = {7}; job.value` - the compiler refuses a worker where a job is wanted.
 */
#ifndef LEAT_COMMON_BASE_IDS_H
#define LEAT_COMMON_BASE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#define LEAT_ID_TYPE(name, type)                                                                   \
    typedef struct name {                                                                          \
        type value;                                                                                \
    } name;                                                                                        \
    static inline bool name##_equal(name a, name b)                                                \
    {                                                                                              \
        return a.value == b.value;                                                                 \
    }

LEAT_ID_TYPE(leat_job_id, uint32_t)     /* given by the coordinator, never reused; 0 = none */
LEAT_ID_TYPE(leat_worker_id, uint32_t)  /* one worker process with its disk; 0 = none */
LEAT_ID_TYPE(leat_slot_id, uint32_t)    /* 0..parallelism-1 inside one job and generation */
LEAT_ID_TYPE(leat_key_group, uint16_t)  /* 0..key_groups-1 of one job */
LEAT_ID_TYPE(leat_epoch, uint64_t)      /* increasing per job, never reused; 0 = before the first */
LEAT_ID_TYPE(leat_generation, uint64_t) /* a job's incarnation, increasing; 0 = none */

#endif
