/* SPDX-License-Identifier: Apache-2.0
 *
 * A part is a list of entries: u8 store ('b' or 'j'), key, value (each u32 length + bytes). The
 * base of a key group opens with an entry 'x' whose key is that of its facts: "drop what you
 * have"; its pages follow, and its facts last. A manifest comes after its chunks; of a delta that
 * was pruned between two parts, an 'x' with the key of its chunks takes back those that were sent.
 */
#include "worker/state/seed.h"

#include "common/base/assert.h"
#include "worker/state/chain.h"
#include "worker/state/store_key.h"

enum { ENTRY_BASE = 'b', ENTRY_JOURNAL = 'j', ENTRY_DROP = 'x' };

static void entry_add(leat_buf *out, uint8_t store, leat_bytes key, leat_bytes value)
{
    leat_buf_add_u8(out, store);
    leat_buf_add_bytes(out, key);
    leat_buf_add_bytes(out, value);
}

static void position_set(leat_seed_position *position, leat_bytes key)
{
    LEAT_ASSERT(key.size <= sizeof position->last_key);
    memcpy(position->last_key, key.data, key.size);
    position->last_key_size = (uint16_t)key.size;
}

/* The first key after the position's. */
static leat_code cursor_after(leat_kv_cursor *cursor,
                              const leat_seed_position *position,
                              leat_kv_entry *out_entry,
                              leat_error *err)
{
    if (position->last_key_size == 0)
        return leat_kv_cursor_next(cursor, out_entry, err);
    leat_bytes last = leat_bytes_of(position->last_key, position->last_key_size);
    leat_code code = leat_kv_cursor_seek(cursor, last, out_entry, err);
    if (code == LEAT_OK && leat_bytes_equal(out_entry->key, last))
        code = leat_kv_cursor_next(cursor, out_entry, err);
    return code;
}

static void next_key_group(leat_seed_position *position, uint32_t key_group_count)
{
    position->last_key_size = 0;
    position->base_epoch = (leat_epoch){0};
    position->is_done = ++position->key_group_at == key_group_count;
}

/* Pages of the current key group; true in *out_full when the part is full. */
static leat_code base_read(leat_store_view view,
                           leat_job_id job,
                           uint16_t key_group,
                           leat_seed_position *position,
                           size_t max_bytes,
                           leat_buf *out,
                           bool *out_is_full,
                           leat_error *err)
{
    *out_is_full = false;
    leat_base_facts facts;
    LEAT_TRY(leat_base_facts_get(view.base, job, key_group, &facts, err));
    leat_store_key facts_key = leat_store_key_group('g', job, key_group);
    if (position->last_key_size == 0 || facts.epoch.value != position->base_epoch.value) {
        entry_add(out, ENTRY_DROP, leat_store_key_bytes(&facts_key), (leat_bytes){NULL, 0});
        position->base_epoch = facts.epoch;
        position->last_key_size = 0;
    }
    if (facts.epoch.value == 0)
        return LEAT_OK;
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    leat_store_key pages = leat_store_key_group('p', job, key_group);
    LEAT_TRY(leat_kv_cursor_open(view.base, leat_store_key_bytes(&pages), &cursor, err));
    leat_kv_entry entry;
    leat_code code = cursor_after(cursor, position, &entry, err);
    for (; code == LEAT_OK; code = leat_kv_cursor_next(cursor, &entry, err)) {
        entry_add(out, ENTRY_BASE, entry.key, entry.value);
        position_set(position, entry.key);
        if (out->size >= max_bytes) {
            *out_is_full = true;
            return LEAT_OK;
        }
    }
    if (code != LEAT_END)
        return code;
    leat_bytes value;
    LEAT_TRY(leat_kv_get(view.base, leat_store_key_bytes(&facts_key), &value, err));
    entry_add(out, ENTRY_BASE, leat_store_key_bytes(&facts_key), value);
    return LEAT_OK;
}

static bool covers_any(const leat_manifest *manifest, const uint16_t *key_groups, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (leat_manifest_covers(manifest, key_groups[i]))
            return true;
    return false;
}

static bool goes_on_with(const leat_seed_position *position, const leat_manifest *manifest)
{
    return position->delta_epoch.value == manifest->id.epoch.value &&
           position->delta_slot == manifest->id.slot.value;
}

/* The newest epoch in the journal; 0 = there is none. */
static leat_code newest_epoch(leat_kv_txn *journal,
                              const leat_store_key *deltas,
                              leat_epoch *out_epoch,
                              leat_error *err)
{
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    LEAT_TRY(leat_kv_cursor_open(journal, leat_store_key_bytes(deltas), &cursor, err));
    leat_kv_entry entry;
    leat_code code = leat_kv_cursor_last(cursor, &entry, err);
    if (code == LEAT_OK)
        out_epoch->value = leat_store_key_number(entry.key, deltas->size, 8);
    return code == LEAT_END ? LEAT_OK : code;
}

/* The part that is being filled. */
typedef struct seed_part {
    leat_seed_position *position;
    size_t max_bytes;
    leat_buf *out;
    bool is_full; /* in the middle of a delta */
} seed_part;

/* The delta that did not fit the last part was merged and pruned meanwhile: its chunks over there
 * will never have a manifest. */
static void delta_take_back(leat_job_id job, leat_seed_position *position, leat_buf *out)
{
    leat_slot_id slot = {position->delta_slot};
    leat_store_key chunks = leat_store_key_delta('c', job, position->delta_epoch, slot);
    entry_add(out, ENTRY_DROP, leat_store_key_bytes(&chunks), (leat_bytes){NULL, 0});
    position->delta_chunks = 0;
    position->delta_epoch = (leat_epoch){0};
}

/* A delta's chunks, then its manifest; what does not fit goes into the next part. */
static leat_code delta_read(leat_kv_txn *journal,
                            const leat_manifest *manifest,
                            leat_kv_entry stored,
                            seed_part *part,
                            leat_error *err)
{
    leat_seed_position *position = part->position;
    for (uint32_t i = position->delta_chunks; i < manifest->chunk_count; i++) {
        if (part->out->size >= part->max_bytes) {
            position->delta_chunks = i;
            position->delta_slot = manifest->id.slot.value;
            position->delta_epoch = manifest->id.epoch;
            part->is_full = true;
            return LEAT_OK;
        }
        leat_store_key key = leat_store_key_chunk(&manifest->id, i);
        leat_bytes chunk;
        leat_code code = leat_kv_get(journal, leat_store_key_bytes(&key), &chunk, err);
        if (code == LEAT_NOT_FOUND)
            return leat_fail(err, LEAT_CORRUPT, "chunk %u is missing", i);
        LEAT_TRY(code);
        entry_add(part->out, ENTRY_JOURNAL, leat_store_key_bytes(&key), chunk);
    }
    position->delta_chunks = 0;
    position->delta_epoch = (leat_epoch){0};
    entry_add(part->out, ENTRY_JOURNAL, stored.key, stored.value);
    return LEAT_OK;
}

static leat_code journal_read(leat_store_view view,
                              leat_job_id job,
                              const uint16_t *key_groups,
                              uint32_t key_group_count,
                              leat_seed_position *position,
                              size_t max_bytes,
                              leat_buf *out,
                              leat_error *err)
{
    LEAT_AUTO(leat_arena_fini) leat_arena arena = {0};
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    leat_store_key deltas = leat_store_key_job('d', job);
    LEAT_TRY(leat_kv_cursor_open(view.journal, leat_store_key_bytes(&deltas), &cursor, err));
    leat_kv_entry entry;
    if (position->journal_end.value == 0)
        LEAT_TRY(newest_epoch(view.journal, &deltas, &position->journal_end, err));
    leat_code code = cursor_after(cursor, position, &entry, err);
    for (; code == LEAT_OK; code = leat_kv_cursor_next(cursor, &entry, err)) {
        leat_arena_reset(&arena);
        leat_manifest manifest;
        LEAT_TRY(leat_manifest_decode(entry.value, &arena, &manifest, err));
        if (position->delta_chunks > 0 && !goes_on_with(position, &manifest))
            delta_take_back(job, position, out);
        if (manifest.id.epoch.value > position->journal_end.value) {
            code = LEAT_END;
            break;
        }
        seed_part part = {.position = position, .max_bytes = max_bytes, .out = out};
        if (covers_any(&manifest, key_groups, key_group_count))
            LEAT_TRY(delta_read(view.journal, &manifest, entry, &part, err));
        if (part.is_full)
            return LEAT_OK;
        position_set(position, entry.key);
        if (out->size >= max_bytes)
            return LEAT_OK;
    }
    if (code != LEAT_END)
        return code;
    if (position->delta_chunks > 0)
        delta_take_back(job, position, out);
    position->in_bases = true;
    position->last_key_size = 0;
    return LEAT_OK;
}

leat_code leat_seed_read(leat_store_view view,
                         leat_job_id job,
                         const uint16_t *key_groups,
                         uint32_t key_group_count,
                         leat_seed_position *position,
                         size_t max_bytes,
                         leat_buf *out,
                         leat_error *err)
{
    LEAT_ASSERT(key_group_count > 0);
    if (!position->in_bases)
        LEAT_TRY(
            journal_read(view, job, key_groups, key_group_count, position, max_bytes, out, err));
    while (position->in_bases && !position->is_done && out->size < max_bytes) {
        bool is_full;
        uint16_t key_group = key_groups[position->key_group_at];
        LEAT_TRY(base_read(view, job, key_group, position, max_bytes, out, &is_full, err));
        if (!is_full)
            next_key_group(position, key_group_count);
    }
    return LEAT_OK;
}

static leat_code foreign_key(leat_bytes key, leat_error *err)
{
    return leat_fail(err, LEAT_CORRUPT, "seed part holds a key that is not this job's (%zu bytes)",
                     key.size);
}

static bool has_job(leat_bytes key, leat_job_id job)
{
    return leat_store_key_number(key, 1, 4) == job.value;
}

static leat_code
base_write(leat_kv_txn *base, leat_job_id job, leat_bytes key, leat_bytes value, leat_error *err)
{
    bool is_page = key.size == LEAT_STORE_PAGE_KEY_BYTES && key.data[0] == 'p';
    bool is_facts = key.size == LEAT_STORE_FACTS_KEY_BYTES && key.data[0] == 'g';
    if (!(is_page || is_facts) || !has_job(key, job))
        return foreign_key(key, err);
    leat_cursor records;
    if (is_page)
        LEAT_TRY(leat_base_page_open(value, &records, err));
    return leat_kv_put(base, key, value, err);
}

static leat_code journal_write(
    leat_kv_txn *journal, leat_job_id job, leat_bytes key, leat_bytes value, leat_error *err)
{
    bool is_chunk = key.size == LEAT_STORE_CHUNK_KEY_BYTES && key.data[0] == 'c';
    bool is_manifest = key.size == LEAT_STORE_MANIFEST_KEY_BYTES && key.data[0] == 'd';
    if (!(is_chunk || is_manifest) || !has_job(key, job))
        return foreign_key(key, err);
    if (is_manifest) {
        LEAT_AUTO(leat_arena_fini) leat_arena arena = {0};
        leat_manifest manifest;
        LEAT_TRY(leat_manifest_decode(value, &arena, &manifest, err));
        leat_store_key expected =
            leat_store_key_delta('d', manifest.id.job, manifest.id.epoch, manifest.id.slot);
        if (!leat_bytes_equal(key, leat_store_key_bytes(&expected)))
            return foreign_key(key, err);
        LEAT_TRY(leat_journal_chunks_check(journal, &manifest, err));
    }
    return leat_kv_put(journal, key, value, err);
}

static bool is_delta_key(leat_bytes key)
{
    return key.size == LEAT_STORE_MANIFEST_KEY_BYTES && key.data[0] == 'c';
}

/* Unless the delta came whole by itself, as a live one. */
static leat_code chunks_drop(leat_kv_txn *journal, leat_bytes chunks, leat_error *err)
{
    uint8_t manifest[LEAT_STORE_MANIFEST_KEY_BYTES];
    leat_bytes unused;
    memcpy(manifest, chunks.data, sizeof manifest);
    manifest[0] = 'd';
    leat_code code = leat_kv_get(journal, leat_bytes_of(manifest, sizeof manifest), &unused, err);
    if (code != LEAT_NOT_FOUND)
        return code;
    return leat_kv_delete_prefix(journal, chunks, UINT64_MAX, NULL, err);
}

leat_code leat_seed_write(
    leat_kv_txn *journal, leat_kv_txn *base, leat_job_id job, leat_bytes part, leat_error *err)
{
    leat_cursor in = leat_cursor_over(part);
    while (in.at < in.end) {
        uint8_t store = leat_cursor_u8(&in);
        leat_bytes key = leat_cursor_bytes(&in);
        leat_bytes value = leat_cursor_bytes(&in);
        if (in.is_short || key.size < 5)
            return leat_fail(err, LEAT_CORRUPT, "seed part is cut short");
        if (store == ENTRY_DROP && key.size == LEAT_STORE_FACTS_KEY_BYTES && has_job(key, job))
            LEAT_TRY(leat_base_drop(base, job, (uint16_t)leat_store_key_number(key, 5, 2), err));
        else if (store == ENTRY_DROP && is_delta_key(key) && has_job(key, job))
            LEAT_TRY(chunks_drop(journal, key, err));
        else if (store == ENTRY_BASE)
            LEAT_TRY(base_write(base, job, key, value, err));
        else if (store == ENTRY_JOURNAL)
            LEAT_TRY(journal_write(journal, job, key, value, err));
        else
            return foreign_key(key, err);
    }
    return LEAT_OK;
}
