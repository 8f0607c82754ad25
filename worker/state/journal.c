/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/journal.h"

#include "common/base/alloc.h"
#include "common/base/crc32c.h"
#include "common/base/mutant.h"
#include "worker/state/base.h"
#include "worker/state/store_key.h"

enum {
    FACTS_FORMAT = 1,
    DELETE_SLICE = 4096,
    PRUNE_SCAN_MAX =
        64, /* unmerged deltas looked at before giving up: more than a worker has slots */
};

static const leat_bytes worker_key = {"m/w", 3};

static leat_store_key job_key(leat_job_id job)
{
    leat_store_key key = {.bytes = {'m', '/', 'j'}, .size = 3};
    leat_store_key_add(&key, job.value, 4);
    return key;
}

leat_code
leat_journal_get_worker(leat_kv_txn *journal, leat_worker_facts *out_facts, leat_error *err)
{
    leat_bytes value;
    LEAT_TRY(leat_kv_get(journal, worker_key, &value, err));
    leat_cursor in = leat_cursor_over(value);
    const void *incarnation = leat_cursor_take(&in, sizeof out_facts->incarnation);
    uint64_t boot_count = leat_cursor_u64(&in);
    if (in.is_short)
        return leat_fail(err, LEAT_CORRUPT, "worker facts are cut short (%zu bytes)", value.size);
    memcpy(out_facts->incarnation, incarnation, sizeof out_facts->incarnation);
    out_facts->boot_count = boot_count;
    return LEAT_OK;
}

leat_code
leat_journal_put_worker(leat_kv_txn *journal, const leat_worker_facts *facts, leat_error *err)
{
    uint8_t value[sizeof facts->incarnation + sizeof facts->boot_count];
    memcpy(value, facts->incarnation, sizeof facts->incarnation);
    memcpy(value + sizeof facts->incarnation, &facts->boot_count, sizeof facts->boot_count);
    return leat_kv_put(journal, worker_key, leat_bytes_of(value, sizeof value), err);
}

static leat_code job_facts_decode(leat_bytes value, leat_job_facts *out_facts, leat_error *err)
{
    leat_cursor in = leat_cursor_over(value);
    leat_job_facts facts = {0};
    uint16_t format = leat_cursor_u16(&in);
    facts.gen_seen.value = leat_cursor_u64(&in);
    facts.decided.value = leat_cursor_u64(&in);
    facts.key_group_count = leat_cursor_u32(&in);
    if (in.is_short || format != FACTS_FORMAT || facts.key_group_count > LEAT_KEY_GROUPS_MAX)
        return leat_fail(err, LEAT_CORRUPT, "job facts do not decode (%zu bytes)", value.size);
    for (uint32_t i = 0; i < (facts.key_group_count + 63) / 64; i++)
        facts.held[i] = leat_cursor_u64(&in);
    if (in.is_short)
        return leat_fail(err, LEAT_CORRUPT, "job facts are cut short (%zu bytes)", value.size);
    *out_facts = facts;
    return LEAT_OK;
}

leat_code leat_journal_get_job(leat_kv_txn *journal,
                               leat_job_id job,
                               leat_job_facts *out_facts,
                               leat_error *err)
{
    leat_store_key key = job_key(job);
    leat_bytes value;
    LEAT_TRY(leat_kv_get(journal, leat_store_key_bytes(&key), &value, err));
    return job_facts_decode(value, out_facts, err);
}

leat_code leat_journal_put_job(leat_kv_txn *journal,
                               leat_job_id job,
                               const leat_job_facts *facts,
                               leat_error *err)
{
    leat_job_facts before = {0};
    leat_code code = leat_journal_get_job(journal, job, &before, err);
    if (code != LEAT_OK && code != LEAT_NOT_FOUND)
        return code;
    if (facts->gen_seen.value < before.gen_seen.value) /* J1 */
        return leat_fail(err, LEAT_FENCED, "job %u: generation %llu is behind %llu", job.value,
                         (unsigned long long)facts->gen_seen.value,
                         (unsigned long long)before.gen_seen.value);
    LEAT_AUTO(leat_buf_fini) leat_buf value = {0};
    leat_buf_add_u16(&value, FACTS_FORMAT);
    leat_buf_add_u64(&value, facts->gen_seen.value);
    leat_buf_add_u64(&value, LEAT_MAX(facts->decided.value, before.decided.value)); /* J3 */
    leat_buf_add_u32(&value, facts->key_group_count);
    for (uint32_t i = 0; i < (facts->key_group_count + 63) / 64; i++)
        leat_buf_add_u64(&value, facts->held[i]);
    leat_store_key key = job_key(job);
    return leat_kv_put(journal, leat_store_key_bytes(&key), leat_buf_bytes(&value), err);
}

leat_code
leat_journal_each_job(leat_kv_txn *journal,
                      void (*visit)(void *self, leat_job_id job, const leat_job_facts *facts),
                      void *self,
                      leat_error *err)
{
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    LEAT_TRY(leat_kv_cursor_open(journal, LEAT_BYTES("m/j"), &cursor, err));
    leat_kv_entry entry;
    leat_code code;
    while ((code = leat_kv_cursor_next(cursor, &entry, err)) == LEAT_OK) {
        leat_job_facts facts;
        LEAT_TRY(job_facts_decode(entry.value, &facts, err));
        visit(self, (leat_job_id){(uint32_t)leat_store_key_number(entry.key, 3, 4)}, &facts);
    }
    return code == LEAT_END ? LEAT_OK : code;
}

leat_code leat_journal_put_chunk(leat_kv_txn *journal,
                                 const leat_delta_id *id,
                                 uint32_t chunk_index,
                                 leat_bytes chunk,
                                 leat_error *err)
{
    leat_store_key key = leat_store_key_chunk(id, chunk_index);
    return leat_kv_put(journal, leat_store_key_bytes(&key), chunk, err);
}

leat_code
leat_journal_chunks_check(leat_kv_txn *journal, const leat_manifest *manifest, leat_error *err)
{
    for (uint32_t i = 0; i < manifest->chunk_count; i++) {
        leat_store_key key = leat_store_key_chunk(&manifest->id, i);
        leat_bytes chunk;
        leat_code code = leat_kv_get(journal, leat_store_key_bytes(&key), &chunk, err);
        if (code == LEAT_NOT_FOUND)
            return leat_fail(err, LEAT_CORRUPT, "chunk %u of %u is missing", i,
                             manifest->chunk_count);
        LEAT_TRY(code);
        if (chunk.size != manifest->chunks[i].size_bytes ||
            leat_crc32c(chunk.data, chunk.size) != manifest->chunks[i].crc)
            return leat_fail(err, LEAT_CORRUPT, "chunk %u does not match its manifest", i);
    }
    return LEAT_OK;
}

/* Which key groups some stored manifest of `epoch` covers, as a bitmap. */
static leat_code epoch_coverage(leat_kv_txn *journal,
                                leat_job_id job,
                                leat_epoch epoch,
                                uint64_t covered[LEAT_KEY_GROUPS_MAX / 64],
                                leat_error *err)
{
    LEAT_AUTO(leat_arena_fini) leat_arena arena = {0};
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    leat_store_key prefix = leat_store_key_epoch('d', job, epoch);
    LEAT_TRY(leat_kv_cursor_open(journal, leat_store_key_bytes(&prefix), &cursor, err));
    leat_kv_entry entry;
    leat_code code;
    while ((code = leat_kv_cursor_next(cursor, &entry, err)) == LEAT_OK) {
        leat_manifest manifest;
        LEAT_TRY(leat_manifest_decode(entry.value, &arena, &manifest, err));
        for (uint32_t i = 0; i < manifest.key_group_count; i++)
            covered[manifest.key_groups[i] / 64] |= UINT64_C(1) << (manifest.key_groups[i] % 64);
    }
    return code == LEAT_END ? LEAT_OK : code;
}

/* J2: every covered key group can be taken to `prev` from what is here. */
static leat_code
chain_check(leat_kv_txn *journal, leat_kv_txn *base, const leat_manifest *manifest, leat_error *err)
{
    leat_epoch prev = manifest->id.prev;
    if (prev.value == 0)
        return LEAT_OK;
    uint64_t covered[LEAT_KEY_GROUPS_MAX / 64] = {0};
    LEAT_TRY(epoch_coverage(journal, manifest->id.job, prev, covered, err));
    for (uint32_t i = 0; i < manifest->key_group_count; i++) {
        uint16_t key_group = manifest->key_groups[i];
        if (covered[key_group / 64] >> (key_group % 64) & 1)
            continue;
        leat_base_facts facts;
        LEAT_TRY(leat_base_facts_get(base, manifest->id.job, key_group, &facts, err));
        bool connects = leat_mutant(LEAT_MUTANT_prev_local) ? facts.epoch.value == prev.value
                                                            : facts.epoch.value >= prev.value;
        if (!connects)
            return leat_fail(err, LEAT_NOT_FOUND,
                             "key group %u: epoch %llu is not here (base is at %llu)", key_group,
                             (unsigned long long)prev.value, (unsigned long long)facts.epoch.value);
    }
    return LEAT_OK;
}

leat_code leat_journal_put_manifest(leat_kv_txn *journal,
                                    leat_kv_txn *base,
                                    leat_bytes bytes,
                                    leat_manifest_rule rule,
                                    uint64_t *out_hash,
                                    leat_error *err)
{
    LEAT_AUTO(leat_arena_fini) leat_arena arena = {0};
    leat_manifest manifest;
    LEAT_TRY(leat_manifest_decode(bytes, &arena, &manifest, err));
    leat_job_facts facts = {0};
    leat_code code = leat_journal_get_job(journal, manifest.id.job, &facts, err);
    if (code != LEAT_OK && code != LEAT_NOT_FOUND)
        return code;
    if (manifest.id.generation.value < facts.gen_seen.value) /* J1 */
        return leat_fail(err, LEAT_FENCED, "generation %llu is behind %llu",
                         (unsigned long long)manifest.id.generation.value,
                         (unsigned long long)facts.gen_seen.value);
    LEAT_TRY(leat_journal_chunks_check(journal, &manifest, err));
    if (rule == LEAT_MANIFEST_CONNECT)
        LEAT_TRY(chain_check(journal, base, &manifest, err));
    leat_store_key key =
        leat_store_key_delta('d', manifest.id.job, manifest.id.epoch, manifest.id.slot);
    LEAT_TRY(leat_kv_put(journal, leat_store_key_bytes(&key), bytes, err));
    *out_hash = leat_manifest_hash(bytes);
    return LEAT_OK;
}

/* Delete [first, end) in slices, so that no single call is long. */
static leat_code range_delete(leat_kv_txn *txn,
                              const leat_store_key *first,
                              const leat_store_key *end,
                              leat_error *err)
{
    uint64_t count = DELETE_SLICE;
    while (count == DELETE_SLICE)
        LEAT_TRY(leat_kv_delete_range(txn, leat_store_key_bytes(first), leat_store_key_bytes(end),
                                      DELETE_SLICE, &count, err));
    return LEAT_OK;
}

leat_code
leat_journal_purge_after(leat_kv_txn *journal, leat_job_id job, leat_epoch restore, leat_error *err)
{
    static const char kinds[] = {'d', 'c'};
    for (size_t i = 0; i < LEAT_COUNT_OF(kinds); i++) {
        leat_store_key first = leat_store_key_epoch(kinds[i], job, (leat_epoch){restore.value + 1});
        leat_store_key end = leat_store_key_epoch(kinds[i], job, (leat_epoch){UINT64_MAX});
        LEAT_TRY(range_delete(journal, &first, &end, err));
    }
    return LEAT_OK;
}

/* Has every held key group that the manifest covers a base at or past its epoch? */
static leat_code is_merged(leat_kv_txn *base,
                           const leat_manifest *manifest,
                           const leat_job_facts *facts,
                           bool *out_is_merged,
                           leat_error *err)
{
    for (uint32_t i = 0; i < manifest->key_group_count; i++) {
        uint16_t key_group = manifest->key_groups[i];
        if (!(facts->held[key_group / 64] >> (key_group % 64) & 1))
            continue;
        leat_base_facts base_facts;
        LEAT_TRY(leat_base_facts_get(base, manifest->id.job, key_group, &base_facts, err));
        if (base_facts.epoch.value < manifest->id.epoch.value) {
            *out_is_merged = false;
            return LEAT_OK;
        }
    }
    *out_is_merged = true;
    return LEAT_OK;
}

/* The first stored delta of the job at or after `from` that is merged everywhere. */
static leat_code prunable_find(leat_kv_txn *journal,
                               leat_kv_txn *base,
                               leat_store_key *from,
                               const leat_job_facts *facts,
                               leat_manifest *out_manifest,
                               leat_error *err)
{
    LEAT_AUTO(leat_arena_fini) leat_arena arena = {0};
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    LEAT_TRY(leat_kv_cursor_open(journal, leat_bytes_of(from->bytes, 5), &cursor, err));
    leat_kv_entry entry;
    leat_code code = leat_kv_cursor_seek(cursor, leat_store_key_bytes(from), &entry, err);
    for (uint32_t unmerged = 0; code == LEAT_OK; code = leat_kv_cursor_next(cursor, &entry, err)) {
        leat_arena_reset(&arena);
        leat_manifest manifest;
        LEAT_TRY(leat_manifest_decode(entry.value, &arena, &manifest, err));
        if (manifest.id.epoch.value > facts->decided.value)
            return LEAT_END;
        bool merged;
        LEAT_TRY(is_merged(base, &manifest, facts, &merged, err));
        if (!merged && ++unmerged == PRUNE_SCAN_MAX)
            return LEAT_END;
        if (!merged)
            continue;
        *out_manifest = manifest; /* its arrays end with the arena; the id is a value */
        from->size = entry.key.size;
        memcpy(from->bytes, entry.key.data, entry.key.size);
        return LEAT_OK;
    }
    return code;
}

leat_code leat_journal_prune(leat_kv_txn *journal,
                             leat_kv_txn *base,
                             leat_job_id job,
                             uint32_t limit,
                             bool *out_more,
                             leat_error *err)
{
    leat_job_facts facts;
    leat_code code = leat_journal_get_job(journal, job, &facts, err);
    *out_more = false;
    if (code == LEAT_NOT_FOUND)
        return LEAT_OK;
    LEAT_TRY(code);
    leat_store_key at = leat_store_key_job('d', job);
    for (uint32_t removed = 0;; removed++) {
        leat_manifest manifest = {0};
        code = prunable_find(journal, base, &at, &facts, &manifest, err);
        if (code == LEAT_END)
            return LEAT_OK;
        LEAT_TRY(code);
        if (removed == limit) {
            *out_more = true;
            return LEAT_OK;
        }
        LEAT_TRY(leat_kv_delete(journal, leat_store_key_bytes(&at), err));
        leat_store_key chunks = leat_store_key_delta('c', job, manifest.id.epoch, manifest.id.slot);
        LEAT_TRY(
            leat_kv_delete_prefix(journal, leat_store_key_bytes(&chunks), UINT64_MAX, NULL, err));
    }
}

leat_code leat_journal_epoch_below(
    leat_kv_txn *journal, leat_job_id job, leat_epoch below, leat_epoch *out_epoch, leat_error *err)
{
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    leat_store_key deltas = leat_store_key_job('d', job);
    LEAT_TRY(leat_kv_cursor_open(journal, leat_store_key_bytes(&deltas), &cursor, err));
    uint64_t found = 0;
    leat_kv_entry entry;
    leat_code code = leat_kv_cursor_last(cursor, &entry, err);
    if (code == LEAT_OK && leat_store_key_number(entry.key, deltas.size, 8) >= below.value) {
        code = leat_kv_cursor_seek(cursor, leat_store_key_bytes(&deltas), &entry, err);
        for (; code == LEAT_OK; code = leat_kv_cursor_next(cursor, &entry, err)) {
            uint64_t epoch = leat_store_key_number(entry.key, deltas.size, 8);
            if (epoch >= below.value)
                break;
            found = epoch;
        }
    } else if (code == LEAT_OK) {
        found = leat_store_key_number(entry.key, deltas.size, 8);
    }
    if (code != LEAT_OK && code != LEAT_END)
        return code;
    if (found == 0)
        return LEAT_NOT_FOUND;
    *out_epoch = (leat_epoch){found};
    return LEAT_OK;
}

leat_code leat_journal_drop_job(leat_kv_txn *journal, leat_job_id job, leat_error *err)
{
    LEAT_TRY(leat_journal_purge_after(journal, job, (leat_epoch){0}, err));
    leat_store_key key = job_key(job);
    return leat_kv_delete(journal, leat_store_key_bytes(&key), err);
}
