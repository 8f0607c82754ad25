/* SPDX-License-Identifier: Apache-2.0
 *
 * loops - the bare C loops that Nexmark queries are measured against, and the columns they read.
 *
 * The loops are not part of this tree: loops.c takes in their source as it is (LEAT_BENCH_LIMITS),
 * so that both sides of a ratio see the same columns of the same run.
 */
#ifndef LEAT_BENCH_LOOPS_H
#define LEAT_BENCH_LOOPS_H

#include <stdbool.h>
#include <stdint.h>

enum { BENCH_CHANNELS = 10004 };

/* Times in milliseconds. Categories are 10 to 14, states 0 to 5, channels below BENCH_CHANNELS. */
typedef struct bench_columns {
    uint64_t bid_count, auction_count, person_count;
    const uint64_t *bid_auction, *bid_bidder, *bid_price, *bid_time;
    const uint16_t *bid_channel;
    const uint64_t *auction_id, *auction_seller, *auction_time, *auction_expires;
    const uint8_t *auction_category;
    const uint64_t *person_id, *person_time;
    const uint8_t *person_state;
} bench_columns;

/* Make the columns of so many events, `per_second` of them in a second of event time. */
void bench_columns_make(uint64_t events, uint64_t per_second, bench_columns *out_columns);
/* Run a query's loop over them. False: it has none. */
bool bench_loop_run(const char *query, double *out_seconds, uint64_t *out_result);

#endif
