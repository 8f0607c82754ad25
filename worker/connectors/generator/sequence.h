/* SPDX-License-Identifier: Apache-2.0
 *
 * sequence - the source `sequence`: numbered rows that anyone can recompute, for tests and the
 * simulator.
 *
 * Row n: seq = n; key in [0, keys) and value in [0, 1000) drawn from (seed, n); ts = start + n
 * divided by event_rate, minus up to `disorder_ms` drawn from (seed, n). Options: rows (without it
 * there is no end), keys (100), seed (1), event_rate (1000 a second), start (2024-01-01),
 * disorder_ms (0), splits (parallelism).
 */
#ifndef LEAT_WORKER_CONNECTORS_GENERATOR_SEQUENCE_H
#define LEAT_WORKER_CONNECTORS_GENERATOR_SEQUENCE_H

#include "worker/connectors/base/connector.h"

extern const leat_source_class leat_sequence_source;

/* What the rows are made of, for checkers that recompute them. */
typedef struct leat_sequence {
    uint64_t keys;
    uint64_t seed;
    uint64_t event_rate;
    leat_time start;
    uint64_t disorder_us;
} leat_sequence;

int64_t leat_sequence_key(const leat_sequence *sequence, uint64_t n);
int64_t leat_sequence_value(const leat_sequence *sequence, uint64_t n);
leat_time leat_sequence_ts(const leat_sequence *sequence, uint64_t n);

#endif
