/* SPDX-License-Identifier: Apache-2.0
 *
 * The storage below the tables, against a model: random puts, removes and pane drops over epochs,
 * some of them aborted, merged at random, seeded to a second worker. Whatever was done, a key
 * group restored at a completed epoch is what the model held then.
 */
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "common/base/hash.h"
#include "common/base/prng.h"
#include "common/base/vec.h"
#include "common/kv/kv_mem.h"
#include "worker/state/delta.h"
#include "worker/state/merge.h"
#include "worker/state/seed.h"

enum { GROUPS = 4, KEYS = 24, STATES = 2, PANES = 3, EPOCHS = 40 };

static const leat_job_id job = {7};

/* value 0 = absent */
typedef struct model {
    uint32_t value[STATES][KEYS][PANES];
} model;

typedef struct store {
    leat_kv *journal;
    leat_kv *base;
} store;

typedef struct row {
    uint64_t hash;
    char key[8];
    uint32_t key_size;
    uint16_t group;
    uint32_t id;
} row;

static row rows[KEYS]; /* by hash */

static int row_order(const void *a, const void *b)
{
    const row *left = a;
    const row *right = b;
    return left->hash < right->hash ? -1 : left->hash > right->hash;
}

static void rows_make(void)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        rows[i].key_size = (uint32_t)snprintf(rows[i].key, sizeof rows[i].key, "k%u", i);
        rows[i].hash = leat_hash(rows[i].key, rows[i].key_size);
        rows[i].group = (uint16_t)(rows[i].hash >> 62);
    }
    qsort(rows, KEYS, sizeof rows[0], row_order);
}

static int64_t pane_of(uint32_t pane)
{
    return pane == 0 ? LEAT_PANE_NONE : (int64_t)pane * 1000;
}

typedef LEAT_VEC(leat_blob *) blobs;

static void chunk_keep(void *self, uint32_t chunk_index, leat_blob *chunk)
{
    blobs *chunks = self;
    cr_assert_eq(chunks->count, chunk_index);
    leat_vec_push(chunks, chunk);
}

/* What changed between two models, of the groups of one slot, as a delta. */
static leat_blob *delta_write(const model *before,
                              const model *after,
                              bool dropped[STATES][PANES],
                              leat_delta_id id,
                              blobs *chunks)
{
    uint16_t groups[GROUPS];
    uint32_t group_count = 0;
    for (uint16_t g = 0; g < GROUPS; g++)
        if (g % 2 == id.slot.value)
            groups[group_count++] = g;
    leat_delta_writer *writer = leat_delta_writer_new(chunk_keep, chunks);
    leat_delta_begin(writer, id, groups, group_count);
    for (uint16_t state = 0; state < STATES; state++)
        for (uint32_t g = 0; g < group_count; g++) {
            for (uint32_t pane = 1; pane < PANES; pane++)
                if (dropped[state][pane])
                    leat_delta_add(writer, &(leat_record){.kind = LEAT_RECORD_DROP_PANE,
                                                          .state = state,
                                                          .key_group = groups[g],
                                                          .pane = pane_of(pane)});
            for (uint32_t i = 0; i < KEYS; i++)
                for (uint32_t pane = 0; pane < PANES; pane++) {
                    const uint32_t *value = &after->value[state][i][pane];
                    bool is_same = *value == before->value[state][i][pane] &&
                                   !(dropped[state][pane] && *value != 0);
                    if (rows[i].group != groups[g] || is_same)
                        continue;
                    leat_record record = {.kind =
                                              *value == 0 ? LEAT_RECORD_REMOVE : LEAT_RECORD_PUT,
                                          .state = state,
                                          .key_group = groups[g],
                                          .hash = rows[i].hash,
                                          .pane = pane_of(pane),
                                          .key = leat_bytes_of(rows[i].key, rows[i].key_size),
                                          .value = leat_bytes_of(value, *value == 0 ? 0 : 4)};
                    leat_delta_add(writer, &record);
                }
        }
    leat_blob *manifest = leat_delta_finish(writer);
    leat_delta_writer_free(&writer);
    return manifest;
}

static leat_code delta_store(store *at, leat_delta_id id, const blobs *chunks, leat_blob *manifest)
{
    leat_error err;
    leat_kv_txn *journal;
    leat_kv_txn *base;
    cr_assert_eq(leat_kv_begin_write(at->journal, &journal, &err), LEAT_OK);
    cr_assert_eq(leat_kv_begin_read(at->base, &base, &err), LEAT_OK);
    for (uint32_t i = 0; i < chunks->count; i++)
        cr_assert_eq(
            leat_journal_put_chunk(journal, &id, i, leat_blob_bytes(chunks->items[i]), &err),
            LEAT_OK);
    uint64_t hash;
    leat_code code = leat_journal_put_manifest(journal, base, leat_blob_bytes(manifest),
                                               LEAT_MANIFEST_CONNECT, &hash, &err);
    leat_kv_abort(&base);
    if (code == LEAT_OK)
        cr_assert_eq(leat_kv_commit(&journal, &err), LEAT_OK);
    else
        leat_kv_abort(&journal);
    return code;
}

static void job_put(store *at, uint64_t gen, uint64_t decided)
{
    leat_error err;
    leat_kv_txn *journal;
    cr_assert_eq(leat_kv_begin_write(at->journal, &journal, &err), LEAT_OK);
    leat_job_facts facts = {
        .gen_seen = {gen}, .decided = {decided}, .key_group_count = GROUPS, .held = {0xf}};
    cr_assert_eq(leat_journal_put_job(journal, job, &facts, &err), LEAT_OK);
    cr_assert_eq(leat_kv_commit(&journal, &err), LEAT_OK);
}

static void model_apply(void *self, const leat_record *record)
{
    model *restored = self;
    uint32_t pane = record->pane == LEAT_PANE_NONE ? 0 : (uint32_t)(record->pane / 1000);
    for (uint32_t i = 0; i < KEYS; i++) {
        if (rows[i].group != record->key_group)
            continue;
        uint32_t *value = &restored->value[record->state][i][pane];
        if (record->kind == LEAT_RECORD_DROP_PANE)
            *value = 0;
        else if (leat_bytes_equal(record->key, leat_bytes_of(rows[i].key, rows[i].key_size)))
            *value = 0, memcpy(value, record->value.data, record->value.size);
    }
}

static leat_code restore(store *at, uint64_t epoch, model *out, leat_error *err)
{
    leat_store_view view;
    cr_assert_eq(leat_kv_begin_read(at->journal, &view.journal, err), LEAT_OK);
    cr_assert_eq(leat_kv_begin_read(at->base, &view.base, err), LEAT_OK);
    memset(out, 0, sizeof *out);
    leat_restore *opened = NULL;
    leat_code code = leat_restore_open(view, job, (leat_epoch){epoch}, &opened, err);
    for (uint16_t g = 0; g < GROUPS && code == LEAT_OK; g++)
        code = leat_restore_each(opened, g, model_apply, out, err);
    leat_restore_close(&opened);
    leat_kv_abort(&view.journal);
    leat_kv_abort(&view.base);
    return code;
}

static void merge_all(store *at, uint64_t upto)
{
    leat_error err;
    leat_kv_txn *journal;
    cr_assert_eq(leat_kv_begin_read(at->journal, &journal, &err), LEAT_OK);
    for (uint16_t g = 0; g < GROUPS; g++) {
        leat_kv_txn *base;
        bool merged;
        cr_assert_eq(leat_kv_begin_write(at->base, &base, &err), LEAT_OK);
        cr_assert_eq(leat_merge_key_group(journal, base, job, g, (leat_epoch){upto}, &merged, &err),
                     LEAT_OK, "%s", err.text);
        cr_assert_eq(leat_kv_commit(&base, &err), LEAT_OK);
    }
    leat_kv_abort(&journal);
    leat_kv_txn *base;
    cr_assert_eq(leat_kv_begin_write(at->journal, &journal, &err), LEAT_OK);
    cr_assert_eq(leat_kv_begin_read(at->base, &base, &err), LEAT_OK);
    bool more;
    cr_assert_eq(leat_journal_prune(journal, base, job, 1000, &more, &err), LEAT_OK);
    cr_assert_not(more);
    leat_kv_abort(&base);
    cr_assert_eq(leat_kv_commit(&journal, &err), LEAT_OK);
}

static store store_new(void)
{
    return (store){leat_kv_mem_new(), leat_kv_mem_new()};
}

static void store_close(store *at)
{
    leat_kv_close(&at->journal);
    leat_kv_close(&at->base);
}

static void model_change(model *m, bool dropped[STATES][PANES], leat_prng *prng)
{
    for (int i = 0; i < 12; i++) {
        uint32_t *value = &m->value[leat_prng_below(prng, STATES)][leat_prng_below(prng, KEYS)]
                                   [leat_prng_below(prng, PANES)];
        *value = leat_prng_chance(prng, 0.3) ? 0 : (uint32_t)leat_prng_below(prng, 1000) + 1;
    }
    if (leat_prng_chance(prng, 0.3)) {
        uint64_t state = leat_prng_below(prng, STATES);
        uint64_t pane = 1 + leat_prng_below(prng, PANES - 1);
        dropped[state][pane] = true;
        for (uint32_t i = 0; i < KEYS; i++)
            m->value[state][i][pane] = leat_prng_chance(prng, 0.2) ? 5 : 0; /* born again after */
    }
}

/* Both slots' deltas of one epoch into the store. */
static void epoch_store(store *at,
                        const model *before,
                        const model *after,
                        bool dropped[STATES][PANES],
                        leat_epoch epoch,
                        leat_epoch prev)
{
    for (uint32_t slot = 0; slot < 2; slot++) {
        blobs chunks = {0};
        leat_delta_id id = {job, {1}, epoch, prev, {slot}};
        leat_blob *manifest = delta_write(before, after, dropped, id, &chunks);
        cr_assert_eq(delta_store(at, id, &chunks, manifest), LEAT_OK);
        leat_blob_unref(&manifest);
        LEAT_VEC_EACH (chunk, &chunks)
            leat_blob_unref(chunk);
        leat_vec_fini(&chunks);
    }
}

static void run_seed(uint64_t seed)
{
    leat_prng prng = {seed};
    store owner = store_new();
    model now = {0};
    model completed = {0};
    bool dropped[STATES][PANES] = {0};
    uint64_t completed_epoch = 0;
    uint64_t history[EPOCHS + 1] = {0};
    uint32_t completed_count = 0;
    for (uint64_t epoch = 1; epoch <= EPOCHS; epoch++) {
        model_change(&now, dropped, &prng);
        epoch_store(&owner, &completed, &now, dropped, (leat_epoch){epoch},
                    (leat_epoch){completed_epoch});
        if (leat_prng_chance(&prng, 0.25))
            continue; /* aborted: its delta stays on disk, outside of every chain */
        completed = now;
        completed_epoch = epoch;
        history[completed_count++] = epoch;
        memset(dropped, 0, sizeof dropped);
        job_put(&owner, 1, completed_epoch);
        if (completed_count > 3 && leat_prng_chance(&prng, 0.15))
            merge_all(&owner, history[completed_count - 3]);

        model restored;
        leat_error err;
        cr_assert_eq(restore(&owner, completed_epoch, &restored, &err), LEAT_OK, "%s", err.text);
        cr_assert_eq(memcmp(&restored, &completed, sizeof restored), 0, "seed %lu epoch %lu", seed,
                     epoch);
    }
    store standby = store_new();
    leat_seed_position position = {0};
    leat_error err;
    const uint16_t groups[] = {0, 1, 2, 3};
    while (!position.is_done) {
        leat_store_view view;
        leat_buf part = {0};
        cr_assert_eq(leat_kv_begin_read(owner.journal, &view.journal, &err), LEAT_OK);
        cr_assert_eq(leat_kv_begin_read(owner.base, &view.base, &err), LEAT_OK);
        cr_assert_eq(leat_seed_read(view, job, groups, GROUPS, &position, 600, &part, &err),
                     LEAT_OK);
        leat_kv_abort(&view.journal);
        leat_kv_abort(&view.base);
        if (leat_prng_chance(&prng, 0.2))
            merge_all(&owner, history[completed_count - 3]); /* the base changes under the copy */
        cr_assert_eq(leat_kv_begin_write(standby.journal, &view.journal, &err), LEAT_OK);
        cr_assert_eq(leat_kv_begin_write(standby.base, &view.base, &err), LEAT_OK);
        cr_assert_eq(leat_seed_write(view.journal, view.base, job, leat_buf_bytes(&part), &err),
                     LEAT_OK, "%s", err.text);
        cr_assert_eq(leat_kv_commit(&view.journal, &err), LEAT_OK);
        cr_assert_eq(leat_kv_commit(&view.base, &err), LEAT_OK);
        leat_buf_fini(&part);
    }
    model restored;
    cr_assert_eq(restore(&standby, completed_epoch, &restored, &err), LEAT_OK, "%s", err.text);
    cr_assert_eq(memcmp(&restored, &completed, sizeof restored), 0);
    store_close(&owner);
    store_close(&standby);
}

Test(storage, every_completed_epoch_restores_as_it_was_through_aborts_merges_and_seeding)
{
    rows_make();
    for (uint64_t seed = 0; seed < 40; seed++)
        run_seed(seed);
}

/* An owner with epochs 1 and 2 (both completed) of a model that changed. */
static store two_epochs(void)
{
    rows_make();
    store at = store_new();
    model empty = {0};
    model one = {0};
    bool dropped[STATES][PANES] = {0};
    for (uint32_t i = 0; i < KEYS; i++)
        one.value[0][i][0] = i + 1;
    model two = one;
    two.value[0][3][0] = 99;
    epoch_store(&at, &empty, &one, dropped, (leat_epoch){1}, (leat_epoch){0});
    epoch_store(&at, &one, &two, dropped, (leat_epoch){2}, (leat_epoch){1});
    job_put(&at, 1, 2);
    return at;
}

/* One part of the copy from owner to standby. */
static void seed_step(store *owner, store *standby, leat_seed_position *position)
{
    const uint16_t groups[] = {0, 1, 2, 3};
    leat_store_view view;
    leat_buf part = {0};
    leat_error err;
    cr_assert_eq(leat_kv_begin_read(owner->journal, &view.journal, &err), LEAT_OK);
    cr_assert_eq(leat_kv_begin_read(owner->base, &view.base, &err), LEAT_OK);
    cr_assert_eq(leat_seed_read(view, job, groups, GROUPS, position, 1, &part, &err), LEAT_OK);
    leat_kv_abort(&view.journal);
    leat_kv_abort(&view.base);
    cr_assert_eq(leat_kv_begin_write(standby->journal, &view.journal, &err), LEAT_OK);
    cr_assert_eq(leat_kv_begin_write(standby->base, &view.base, &err), LEAT_OK);
    cr_assert_eq(leat_seed_write(view.journal, view.base, job, leat_buf_bytes(&part), &err),
                 LEAT_OK, "%s", err.text);
    cr_assert_eq(leat_kv_commit(&view.journal, &err), LEAT_OK);
    cr_assert_eq(leat_kv_commit(&view.base, &err), LEAT_OK);
    leat_buf_fini(&part);
}

/* Keys of the journal that begin with `kind`. */
static uint32_t journal_count(store *at, const char *kind)
{
    leat_error err;
    leat_kv_txn *journal;
    leat_kv_cursor *cursor;
    leat_kv_entry entry;
    uint32_t count = 0;
    cr_assert_eq(leat_kv_begin_read(at->journal, &journal, &err), LEAT_OK);
    cr_assert_eq(leat_kv_cursor_open(journal, leat_bytes_text(kind), &cursor, &err), LEAT_OK);
    while (leat_kv_cursor_next(cursor, &entry, &err) == LEAT_OK)
        count++;
    leat_kv_cursor_close(&cursor);
    leat_kv_abort(&journal);
    return count;
}

Test(storage, a_copy_does_not_run_after_deltas_that_come_live)
{
    store owner = two_epochs();
    store standby = store_new();
    leat_seed_position position = {0};
    model now = {0};
    bool dropped[STATES][PANES] = {0};

    seed_step(&owner, &standby, &position);
    epoch_store(&owner, &now, &now, dropped, (leat_epoch){3}, (leat_epoch){2});
    while (!position.is_done)
        seed_step(&owner, &standby, &position);

    cr_assert_eq(journal_count(&owner, "d"), 6);
    cr_assert_eq(journal_count(&standby, "d"), 4); /* of two slots and two epochs */
    store_close(&owner);
    store_close(&standby);
}

/* Epoch 1: slot 0 in more than one chunk, slot 1 empty. */
static void big_delta_store(store *at)
{
    model empty = {0};
    bool dropped[STATES][PANES] = {0};
    leat_delta_id other = {job, {1}, {1}, {0}, {1}};
    blobs none = {0};
    leat_blob *nothing = delta_write(&empty, &empty, dropped, other, &none);
    cr_assert_eq(delta_store(at, other, &none, nothing), LEAT_OK);
    leat_blob_unref(&nothing);
    leat_vec_fini(&none);
    static char value[LEAT_CHUNK_BYTES_MAX / 2 + 1];
    const uint16_t groups[] = {0, 2};
    blobs chunks = {0};
    leat_delta_id id = {job, {1}, {1}, {0}, {0}};
    leat_delta_writer *writer = leat_delta_writer_new(chunk_keep, &chunks);
    leat_delta_begin(writer, id, groups, 2);
    for (uint64_t hash = 1; hash <= 3; hash++)
        leat_delta_add(writer, &(leat_record){.kind = LEAT_RECORD_PUT,
                                              .hash = hash,
                                              .pane = LEAT_PANE_NONE,
                                              .key = leat_bytes_of(&hash, sizeof hash),
                                              .value = leat_bytes_of(value, sizeof value)});
    leat_blob *manifest = leat_delta_finish(writer);
    leat_delta_writer_free(&writer);
    cr_assert_gt(chunks.count, 1);
    cr_assert_eq(delta_store(at, id, &chunks, manifest), LEAT_OK);
    leat_blob_unref(&manifest);
    LEAT_VEC_EACH (chunk, &chunks)
        leat_blob_unref(chunk);
    leat_vec_fini(&chunks);
}

Test(storage, chunks_of_a_delta_that_was_pruned_under_the_copy_are_taken_back)
{
    store owner = store_new();
    store standby = store_new();
    leat_seed_position position = {0};
    big_delta_store(&owner);
    job_put(&owner, 1, 1);

    seed_step(&owner, &standby, &position);
    cr_assert_eq(journal_count(&standby, "c"), 1);
    merge_all(&owner, 1);
    cr_assert_eq(journal_count(&owner, "d"), 0);
    while (!position.is_done)
        seed_step(&owner, &standby, &position);

    cr_assert_eq(journal_count(&standby, "c"), 0);
    store_close(&owner);
    store_close(&standby);
}

Test(storage, a_delta_whose_chain_does_not_connect_is_not_stored)
{
    rows_make();
    store at = store_new();
    model empty = {0};
    bool dropped[STATES][PANES] = {0};
    blobs chunks = {0};
    leat_delta_id id = {job, {1}, {5}, {4}, {0}};

    leat_blob *manifest = delta_write(&empty, &empty, dropped, id, &chunks);

    cr_assert_eq(delta_store(&at, id, &chunks, manifest), LEAT_NOT_FOUND);
    leat_blob_unref(&manifest);
    leat_vec_fini(&chunks);
    store_close(&at);
}

Test(storage, a_delta_of_an_older_generation_is_fenced)
{
    store at = two_epochs();
    job_put(&at, 3, 2);
    model empty = {0};
    bool dropped[STATES][PANES] = {0};
    blobs chunks = {0};
    leat_delta_id id = {job, {2}, {3}, {2}, {0}};

    leat_blob *manifest = delta_write(&empty, &empty, dropped, id, &chunks);

    cr_assert_eq(delta_store(&at, id, &chunks, manifest), LEAT_FENCED);
    leat_blob_unref(&manifest);
    leat_vec_fini(&chunks);
    store_close(&at);
}

Test(storage, a_lower_generation_never_replaces_a_higher_one)
{
    store at = two_epochs();
    job_put(&at, 4, 2);
    leat_error err;
    leat_kv_txn *journal;
    cr_assert_eq(leat_kv_begin_write(at.journal, &journal, &err), LEAT_OK);
    leat_job_facts facts = {.gen_seen = {3}, .key_group_count = GROUPS};

    cr_assert_eq(leat_journal_put_job(journal, job, &facts, &err), LEAT_FENCED);

    leat_kv_abort(&journal);
    store_close(&at);
}

Test(storage, purging_undecided_epochs_leaves_the_restore_point)
{
    store at = two_epochs();
    leat_error err;
    leat_kv_txn *journal;
    model restored;
    cr_assert_eq(leat_kv_begin_write(at.journal, &journal, &err), LEAT_OK);
    cr_assert_eq(leat_journal_purge_after(journal, job, (leat_epoch){1}, &err), LEAT_OK);
    cr_assert_eq(leat_kv_commit(&journal, &err), LEAT_OK);

    cr_assert_eq(restore(&at, 1, &restored, &err), LEAT_OK);
    cr_assert_eq(restored.value[0][3][0], 4);
    cr_assert_eq(restore(&at, 2, &restored, &err), LEAT_NOT_FOUND);
    store_close(&at);
}

Test(storage, a_flipped_bit_in_a_chunk_or_page_is_corrupt_and_never_a_wrong_answer)
{
    for (int merged = 0; merged < 2; merged++) {
        store at = two_epochs();
        if (merged)
            merge_all(&at, 2);
        leat_error err;
        leat_kv *kv = merged ? at.base : at.journal;
        leat_kv_txn *txn;
        leat_kv_cursor *cursor;
        leat_kv_entry entry;
        cr_assert_eq(leat_kv_begin_write(kv, &txn, &err), LEAT_OK);
        cr_assert_eq(
            leat_kv_cursor_open(txn, merged ? LEAT_BYTES("p") : LEAT_BYTES("c"), &cursor, &err),
            LEAT_OK);
        cr_assert_eq(leat_kv_cursor_next(cursor, &entry, &err), LEAT_OK);
        leat_buf key = {0};
        leat_buf value = {0};
        leat_buf_add(&key, entry.key.data, entry.key.size);
        leat_buf_add(&value, entry.value.data, entry.value.size);
        leat_kv_cursor_close(&cursor);
        value.data[value.size / 2] ^= 0x10;
        cr_assert_eq(leat_kv_put(txn, leat_buf_bytes(&key), leat_buf_bytes(&value), &err), LEAT_OK);
        cr_assert_eq(leat_kv_commit(&txn, &err), LEAT_OK);

        model restored;
        cr_assert_eq(restore(&at, 2, &restored, &err), LEAT_CORRUPT);
        leat_buf_fini(&key);
        leat_buf_fini(&value);
        store_close(&at);
    }
}

Test(storage, a_damaged_or_foreign_seed_part_is_refused)
{
    store at = two_epochs();
    leat_error err;
    leat_store_view view;
    leat_buf part = {0};
    leat_seed_position position = {0};
    const uint16_t groups[] = {0, 1, 2, 3};
    cr_assert_eq(leat_kv_begin_read(at.journal, &view.journal, &err), LEAT_OK);
    cr_assert_eq(leat_kv_begin_read(at.base, &view.base, &err), LEAT_OK);
    cr_assert_eq(leat_seed_read(view, job, groups, GROUPS, &position, 1 << 20, &part, &err),
                 LEAT_OK);
    leat_kv_abort(&view.journal);
    leat_kv_abort(&view.base);
    store other = store_new();
    for (size_t size = 0; size < part.size; size += 7) {
        cr_assert_eq(leat_kv_begin_write(other.journal, &view.journal, &err), LEAT_OK);
        cr_assert_eq(leat_kv_begin_write(other.base, &view.base, &err), LEAT_OK);
        leat_code code =
            leat_seed_write(view.journal, view.base, job, leat_bytes_of(part.data, size), &err);
        cr_assert(code == LEAT_OK || code == LEAT_CORRUPT);
        cr_assert_eq(
            leat_seed_write(view.journal, view.base, (leat_job_id){8}, leat_buf_bytes(&part), &err),
            LEAT_CORRUPT);
        leat_kv_abort(&view.journal);
        leat_kv_abort(&view.base);
    }
    leat_buf_fini(&part);
    store_close(&other);
    store_close(&at);
}

Test(storage, no_prefix_and_no_flipped_bit_of_a_manifest_decodes)
{
    rows_make();
    model one = {0};
    model empty = {0};
    bool dropped[STATES][PANES] = {0};
    blobs chunks = {0};
    one.value[1][5][0] = 3;
    leat_blob *blob =
        delta_write(&empty, &one, dropped, (leat_delta_id){job, {1}, {1}, {0}, {0}}, &chunks);
    leat_bytes bytes = leat_blob_bytes(blob);
    leat_arena arena = {0};
    leat_manifest manifest;
    leat_error err;
    cr_assert_eq(leat_manifest_decode(bytes, &arena, &manifest, &err), LEAT_OK);

    for (size_t size = 0; size < bytes.size; size++)
        cr_assert_eq(leat_manifest_decode(leat_bytes_of(bytes.data, size), &arena, &manifest, &err),
                     LEAT_CORRUPT);
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        leat_blob_data(blob)[bit / 8] ^= (char)(1 << bit % 8);
        cr_assert_eq(leat_manifest_decode(bytes, &arena, &manifest, &err), LEAT_CORRUPT);
        leat_blob_data(blob)[bit / 8] ^= (char)(1 << bit % 8);
    }

    leat_arena_fini(&arena);
    leat_blob_unref(&blob);
    LEAT_VEC_EACH (chunk, &chunks)
        leat_blob_unref(chunk);
    leat_vec_fini(&chunks);
}
