/* SPDX-License-Identifier: Apache-2.0
 *
 * memory_source - the connector `nexmark` over columns in memory, for measuring what comes behind
 * a source. It has the columns that the loops have; the others are NULL and cost nothing. The
 * tables come as one stream of events would bring them: 46 bids, 3 auctions, 1 person.
 */
#ifndef LEAT_BENCH_MEMORY_SOURCE_H
#define LEAT_BENCH_MEMORY_SOURCE_H

#include "bench/loops.h"
#include "worker/connectors/base/connector.h"

/* The columns it reads from, for all readers; they must outlive them. */
void bench_memory_set(const bench_columns *columns);
void bench_memory_fini(void);
extern const leat_source_class bench_memory_source;

#endif
