/* SPDX-License-Identifier: Apache-2.0
 *
 * chain - the manifests of one job from a completed epoch back: link 0 is that epoch, each next
 * link is its prev. Read once, then asked for many key groups; chunks are checked at first use.
 *
 * Thread: one. The journal's transaction must outlive it.
 */
#ifndef LEAT_WORKER_STATE_CHAIN_H
#define LEAT_WORKER_STATE_CHAIN_H

#include "common/kv/kv.h"
#include "worker/state/manifest.h"

typedef struct leat_chain leat_chain;

/* Follows prev until epoch 0 or an epoch of which nothing is here. */
LEAT_MUST_USE leat_code leat_chain_open(leat_kv_txn *journal,
                                        leat_job_id job,
                                        leat_epoch epoch,
                                        leat_chain **out_chain,
                                        leat_error *err);
void leat_chain_close(leat_chain **chain);

/* How many links stand above the key group's base. LEAT_NOT_FOUND names the epoch that is missing.
 */
LEAT_MUST_USE leat_code leat_chain_links(leat_chain *chain,
                                         uint16_t key_group,
                                         leat_epoch base,
                                         uint32_t *out_link_count,
                                         leat_error *err);

uint32_t leat_chain_length(const leat_chain *chain);
leat_epoch leat_chain_epoch(const leat_chain *chain, uint32_t link);

/* The manifest of a link that covers the key group, or NULL. */
const leat_manifest *
leat_chain_manifest(const leat_chain *chain, uint32_t link, uint16_t key_group);

/* The records of a section; its chunk's checksum was verified. Borrowed from the transaction. */
LEAT_MUST_USE leat_code leat_chain_section(leat_chain *chain,
                                           const leat_manifest *manifest,
                                           const leat_manifest_section *section,
                                           leat_cursor *out_records,
                                           leat_error *err);

#endif
