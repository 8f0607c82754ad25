/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/chain.h"

#include "common/base/alloc.h"
#include "common/base/crc32c.h"
#include "common/base/vec.h"
#include "worker/state/store_key.h"

typedef struct chain_delta {
    leat_manifest manifest;
    leat_bytes *chunks; /* by index; data == NULL until read and verified */
} chain_delta;

typedef struct chain_link {
    leat_epoch epoch;
    leat_epoch prev;
    uint32_t delta_first; /* into deltas */
    uint32_t delta_count;
} chain_link;

struct leat_chain {
    leat_kv_txn *journal;
    leat_job_id job;
    leat_epoch top; /* where it was opened */
    leat_arena arena;
    LEAT_VEC(chain_link) links;
    LEAT_VEC(chain_delta) deltas;
};

/* Read the manifests of one epoch; delta_count stays 0 when there are none. */
static leat_code link_read(leat_chain *chain, leat_epoch epoch, chain_link *link, leat_error *err)
{
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    leat_store_key prefix = leat_store_key_epoch('d', chain->job, epoch);
    LEAT_TRY(leat_kv_cursor_open(chain->journal, leat_store_key_bytes(&prefix), &cursor, err));
    *link = (chain_link){.epoch = epoch, .delta_first = (uint32_t)chain->deltas.count};
    leat_kv_entry entry;
    leat_code code;
    while ((code = leat_kv_cursor_next(cursor, &entry, err)) == LEAT_OK) {
        chain_delta delta = {0};
        if (leat_manifest_decode(entry.value, &chain->arena, &delta.manifest, err) != LEAT_OK)
            return leat_error_add(err, "manifest of epoch %llu", (unsigned long long)epoch.value);
        delta.chunks = LEAT_ARENA_ARRAY(&chain->arena, leat_bytes, delta.manifest.chunk_count);
        leat_vec_push(&chain->deltas, delta);
        link->prev = delta.manifest.id.prev;
        link->delta_count++;
    }
    return code == LEAT_END ? LEAT_OK : code;
}

leat_code leat_chain_open(leat_kv_txn *journal,
                          leat_job_id job,
                          leat_epoch epoch,
                          leat_chain **out_chain,
                          leat_error *err)
{
    LEAT_AUTO(leat_chain_close) leat_chain *chain = LEAT_NEW(leat_chain);
    chain->journal = journal;
    chain->job = job;
    chain->top = epoch;
    while (epoch.value > 0) { /* bounded: prev < epoch, by the manifest's decoder */
        chain_link link;
        LEAT_TRY(link_read(chain, epoch, &link, err));
        if (link.delta_count == 0)
            break;
        leat_vec_push(&chain->links, link);
        epoch = link.prev;
    }
    *out_chain = LEAT_TAKE(chain);
    return LEAT_OK;
}

void leat_chain_close(leat_chain **chain)
{
    leat_chain *dropped = LEAT_TAKE(*chain);
    if (dropped == NULL)
        return;
    leat_arena_fini(&dropped->arena);
    leat_vec_fini(&dropped->links);
    leat_vec_fini(&dropped->deltas);
    leat_free(dropped);
}

static leat_code hole(uint16_t key_group, leat_epoch missing, leat_epoch base, leat_error *err)
{
    return leat_fail(err, LEAT_NOT_FOUND, "key group %u: epoch %llu is not here (base is at %llu)",
                     key_group, (unsigned long long)missing.value, (unsigned long long)base.value);
}

leat_code leat_chain_links(leat_chain *chain,
                           uint16_t key_group,
                           leat_epoch base,
                           uint32_t *out_link_count,
                           leat_error *err)
{
    uint32_t link = 0;
    for (; link < chain->links.count; link++) {
        const chain_link *at = &chain->links.items[link];
        if (at->epoch.value <= base.value)
            break;
        if (leat_chain_manifest(chain, link, key_group) == NULL)
            return hole(key_group, at->epoch, base, err);
    }
    /* Below the last link that was read nothing is here: the base must reach it. */
    if (link == chain->links.count) {
        leat_epoch rest = link == 0 ? chain->top : chain->links.items[link - 1].prev;
        if (rest.value > base.value)
            return hole(key_group, rest, base, err);
    }
    *out_link_count = link;
    return LEAT_OK;
}

uint32_t leat_chain_length(const leat_chain *chain)
{
    return (uint32_t)chain->links.count;
}

leat_epoch leat_chain_epoch(const leat_chain *chain, uint32_t link)
{
    LEAT_ASSERT(link < chain->links.count);
    return chain->links.items[link].epoch;
}

const leat_manifest *leat_chain_manifest(const leat_chain *chain, uint32_t link, uint16_t key_group)
{
    LEAT_ASSERT(link < chain->links.count);
    const chain_link *at = &chain->links.items[link];
    for (uint32_t i = 0; i < at->delta_count; i++) {
        const chain_delta *delta = &chain->deltas.items[at->delta_first + i];
        if (leat_manifest_covers(&delta->manifest, key_group))
            return &delta->manifest;
    }
    return NULL;
}

leat_code leat_chain_section(leat_chain *chain,
                             const leat_manifest *manifest,
                             const leat_manifest_section *section,
                             leat_cursor *out_records,
                             leat_error *err)
{
    const chain_delta *delta = (const chain_delta *)manifest; /* its first member */
    leat_bytes *chunk = &delta->chunks[section->chunk_index];
    if (chunk->data == NULL) {
        leat_store_key key = leat_store_key_chunk(&manifest->id, section->chunk_index);
        leat_bytes value;
        leat_code code = leat_kv_get(chain->journal, leat_store_key_bytes(&key), &value, err);
        if (code == LEAT_NOT_FOUND)
            return leat_fail(err, LEAT_CORRUPT, "chunk %u is missing", section->chunk_index);
        LEAT_TRY(code);
        const leat_manifest_chunk *expected = &manifest->chunks[section->chunk_index];
        if (value.size != expected->size_bytes ||
            leat_crc32c(value.data, value.size) != expected->crc)
            return leat_fail(err, LEAT_CORRUPT, "chunk %u does not match its manifest",
                             section->chunk_index);
        *chunk = value;
    }
    *out_records =
        leat_cursor_over(leat_bytes_of(chunk->data + section->offset_bytes, section->size_bytes));
    return LEAT_OK;
}
