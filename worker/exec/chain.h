/* SPDX-License-Identifier: Apache-2.0
 *
 * chain - the operators of one stage, wired: rows go from each output to everything it feeds, by
 * direct calls, and end in senders and sinks.
 *
 * Operators stand in plan order, which is topological: rows that a watermark fires go on before
 * the watermark reaches the operators behind. Record errors end here too: the policy of their
 * processor says whether they fail the job or are dropped and counted.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_CHAIN_H
#define LEAT_WORKER_EXEC_CHAIN_H

#include "worker/exec/context.h"
#include "worker/exec/sender.h"
#include "worker/exec/sink.h"
#include "worker/exec/source.h"
#include "worker/operators/operator.h"

typedef struct leat_chain leat_chain;

LEAT_MUST_USE leat_code leat_chain_new(leat_slot_context *context,
                                       uint32_t stage,
                                       leat_chain **out_chain,
                                       leat_error *err);
void leat_chain_free(leat_chain **chain);

/* Rows of an incoming edge. */
void leat_chain_add(leat_chain *chain, uint32_t edge, const leat_rows *rows);
/* Before rows of that edge: what its port alone has promised. */
void leat_chain_promise(leat_chain *chain, uint32_t edge, leat_time watermark);
/* Advance every operator, in order. */
void leat_chain_advance(leat_chain *chain, leat_time watermark);
/* Processing time has passed: tell the operators that fire by it. */
void leat_chain_pass(leat_chain *chain);
/* The steady time at which one of them waits for it; UINT64_MAX: none. */
uint64_t leat_chain_pass_us(const leat_chain *chain);
/* Say what operators have put off, and send what the senders hold. */
void leat_chain_flush(leat_chain *chain);
/* All of `epoch` is in: flush, and forget what is too old. */
void leat_chain_close_epoch(leat_chain *chain, uint64_t epoch);
/* End of a slice: what is due; when to come again. is_busy: the slot has work now, so that more
 * rows will come to what operators have put off. */
uint64_t leat_chain_tick(leat_chain *chain, bool is_busy);

leat_source *leat_chain_source(const leat_chain *chain); /* NULL: not a source stage */
uint32_t leat_chain_sink_count(const leat_chain *chain);
leat_sink *leat_chain_sink(const leat_chain *chain, uint32_t at);
/* Ids of the states of the stage's operators. */
const uint16_t *leat_chain_states(const leat_chain *chain, uint32_t *out_count);
uint64_t leat_chain_late_rows(const leat_chain *chain);

#endif
