/* SPDX-License-Identifier: Apache-2.0
 *
 * feed - the rows of a case as a source connector that gives them only when it is told to.
 *
 * The case becomes a list of arrivals: an arrival is a run of rows of one source. Whoever runs the
 * case releases arrivals one by one; a released row is given at the next poll. Rows are a
 * changelog already: an operation that replaces the row of a key is a -U and a +U.
 *
 * Every arrival has its processing time: what the case says, else a millisecond after the last one.
 *
 * Invariants
 *   A1  A source gives its rows in their order, each once per life of its reader.
 *   A2  A -U and its +U, and the rows of one arrival, are given in one poll.
 *   A3  `leat_case_feed_resume` finds the arrivals that a restored job has had.
 *
 * Thread: one owner.
 */
#ifndef LEAT_CLI_CASE_FEED_H
#define LEAT_CLI_CASE_FEED_H

#include "cli/case/case.h"
#include "common/plan/logical.h"
#include "worker/connectors/base/connector.h"

typedef struct leat_case_feed leat_case_feed;

/* The rows of `one` for the sources of `plan`, which are found by name; a `sequence` that the case
 * has no table for runs as it is. Both are borrowed.
 * Errors (LEAT_INVALID): a source without a table, a row that does not fit its columns. */
LEAT_MUST_USE leat_code leat_case_feed_new(const leat_case *one,
                                           const leat_logical_plan *plan,
                                           leat_case_feed **out_feed,
                                           leat_error *err);
void leat_case_feed_free(leat_case_feed **feed);

/* Make `source`, a copy of node `node` of the feed's plan, read from this feed if it has rows. */
void leat_case_feed_connect(leat_case_feed *feed,
                            uint32_t node,
                            leat_logical_node *source,
                            leat_arena *arena);
/* Of the connector `case`. */
extern const leat_source_class leat_case_source;

uint32_t leat_case_feed_count(const leat_case_feed *feed); /* arrivals */
/* The operation (or row, in a case without operations) that arrival `at` ends with, from 1. */
uint32_t leat_case_feed_op(const leat_case_feed *feed, uint32_t at);
/* Processing time at which arrival `at` comes; before the first one with UINT32_MAX. */
leat_time leat_case_feed_clock_us(const leat_case_feed *feed, uint32_t at);
/* Let arrival `at` be given; does it belong together with the next one? */
bool leat_case_feed_release(leat_case_feed *feed, uint32_t at);
/* Nothing more will come: readers that have given everything end. */
void leat_case_feed_end(leat_case_feed *feed);

/* The job was restored: give nothing until its readers have been opened ... */
void leat_case_feed_suspend(leat_case_feed *feed);
/* ... then this is the next arrival to release. */
uint32_t leat_case_feed_resume(leat_case_feed *feed);
/* Whether whoever reads from now on reads in vain: a slot that has not heard yet that others took
 * over. */
void leat_case_feed_set_stale(leat_case_feed *feed, bool is_stale);
/* Has everything been given that was released? */
bool leat_case_feed_is_given(const leat_case_feed *feed);

#endif
