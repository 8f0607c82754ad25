/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/state_disk.h"

#include <stdio.h>

#include "common/base/assert.h"
#include "common/base/mark.h"
#include "common/base/mutant.h"
#include "worker/state/seed.h"

enum { PRUNE_PER_DECISION = 16, RESTORE_CANDIDATES = 4 };

LEAT_STATIC_ASSERT(sizeof(leat_seed_position) <= sizeof(leat_seed_cursor), "a position fits");

/* One transaction's worth of state work: the journal being written, the base being read. */
typedef struct disk_pass {
    leat_store_view view;
    leat_kv *base;
    leat_error err;
} disk_pass;

static leat_code facts_read(disk_pass *pass, leat_job_id job, leat_job_facts *out_facts)
{
    *out_facts = (leat_job_facts){0};
    leat_code code = leat_journal_get_job(pass->view.journal, job, out_facts, &pass->err);
    return code == LEAT_NOT_FOUND ? LEAT_OK : code;
}

static leat_code generation_run(disk_pass *pass, const leat_disk_op *op)
{
    leat_job_id job = {op->job};
    leat_job_facts facts;
    LEAT_TRY(facts_read(pass, job, &facts));
    facts.gen_seen.value = op->generation;
    if (!leat_mutant(LEAT_MUTANT_gen_volatile))
        LEAT_TRY(leat_journal_put_job(pass->view.journal, job, &facts, &pass->err));
    if (leat_mutant(LEAT_MUTANT_no_live_rollback) || leat_mutant(LEAT_MUTANT_epoch_reuse))
        return LEAT_OK;
    return leat_journal_purge_after(pass->view.journal, job, (leat_epoch){op->epoch}, &pass->err);
}

static leat_code decided_run(disk_pass *pass, const leat_disk_op *op)
{
    leat_job_id job = {op->job};
    leat_job_facts facts;
    LEAT_TRY(facts_read(pass, job, &facts));
    facts.decided.value = LEAT_MAX(facts.decided.value, op->epoch);
    LEAT_TRY(leat_journal_put_job(pass->view.journal, job, &facts, &pass->err));
    if (op->is_following)
        return LEAT_OK;
    bool has_more;
    return leat_journal_prune(pass->view.journal, pass->view.base, job, PRUNE_PER_DECISION,
                              &has_more, &pass->err);
}

static leat_code chunk_run(disk_pass *pass, const leat_disk_op *op)
{
    leat_delta_id id = {
        .job = {op->job}, .generation = {op->generation}, .epoch = {op->epoch}, .slot = {op->slot}};
    return leat_journal_put_chunk(pass->view.journal, &id, op->index, leat_blob_bytes(op->bytes),
                                  &pass->err);
}

static leat_code manifest_run(disk_pass *pass, const leat_disk_op *op)
{
    leat_manifest_rule rule = op->is_following ? LEAT_MANIFEST_FOLLOW : LEAT_MANIFEST_CONNECT;
    uint64_t hash;
    leat_bytes bytes = leat_blob_bytes(op->bytes);
    if (leat_manifest_hash(bytes) != op->hash)
        return leat_fail(&pass->err, LEAT_CORRUPT, "manifest differs from its hash");
    return leat_journal_put_manifest(pass->view.journal, pass->view.base, bytes, rule, &hash,
                                     &pass->err);
}

static leat_code keep_run(disk_pass *pass, const leat_disk_op *op)
{
    leat_job_id job = {op->job};
    leat_job_facts facts;
    LEAT_TRY(facts_read(pass, job, &facts));
    if (!leat_mutant(LEAT_MUTANT_gen_volatile))
        facts.gen_seen.value = LEAT_MAX(facts.gen_seen.value, op->generation);
    facts.key_group_count = op->deployment->key_group_count;
    leat_bytes kept = leat_blob_bytes(op->bytes);
    size_t words_bytes = (facts.key_group_count + 63) / 64 * sizeof(uint64_t);
    LEAT_ASSERT(kept.size == words_bytes);
    memcpy(facts.held, kept.data, words_bytes);
    return leat_journal_put_job(pass->view.journal, job, &facts, &pass->err);
}

static leat_code forget_run(disk_pass *pass, const leat_disk_op *op)
{
    leat_job_id job = {op->job};
    leat_job_facts facts;
    LEAT_TRY(facts_read(pass, job, &facts));
    LEAT_TRY(leat_journal_purge_after(pass->view.journal, job, (leat_epoch){0}, &pass->err));
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *base = NULL;
    LEAT_TRY(leat_kv_begin_write(pass->base, &base, &pass->err));
    LEAT_TRY(leat_base_drop_job(base, job, &pass->err));
    LEAT_TRY(leat_kv_commit(&base, &pass->err));
    leat_job_facts left = {.gen_seen = facts.gen_seen, .decided = facts.decided};
    return leat_journal_put_job(pass->view.journal, job, &left, &pass->err);
}

/* The key groups of op->slot in its deployment, ascending. */
static uint32_t slot_key_groups(const leat_disk_op *op, uint16_t out_groups[LEAT_KEY_GROUPS_MAX])
{
    uint32_t count = 0;
    for (uint32_t g = 0; g < op->deployment->key_group_count; g++)
        if (op->deployment->key_groups[g] == op->slot)
            out_groups[count++] = (uint16_t)g;
    return count;
}

static leat_code seed_read_run(disk_pass *pass, const leat_disk_op *op, leat_disk_done *done)
{
    uint16_t groups[LEAT_KEY_GROUPS_MAX];
    uint32_t count = slot_key_groups(op, groups);
    leat_seed_position position;
    memcpy(&position, &op->position, sizeof position);
    LEAT_AUTO(leat_buf_fini) leat_buf piece = {0};
    if (count > 0)
        LEAT_TRY(leat_seed_read(pass->view, (leat_job_id){op->job}, groups, count, &position,
                                LEAT_SEED_PIECE_BYTES, &piece, &pass->err));
    memcpy(&done->position, &position, sizeof position);
    done->is_last = count == 0 || position.is_done;
    done->bytes = leat_blob_copy(leat_buf_bytes(&piece));
    return LEAT_OK;
}

static leat_code restorable(disk_pass *pass,
                            leat_store_view view,
                            const leat_disk_op *op,
                            leat_epoch epoch,
                            bool *out_is_restorable)
{
    uint16_t groups[LEAT_KEY_GROUPS_MAX];
    uint32_t count = slot_key_groups(op, groups);
    LEAT_AUTO(leat_restore_close) leat_restore *restore = NULL;
    LEAT_TRY(leat_restore_open(view, (leat_job_id){op->job}, epoch, &restore, &pass->err));
    *out_is_restorable = true;
    for (uint32_t i = 0; i < count && *out_is_restorable; i++) {
        leat_code code = leat_restore_check(restore, groups[i], &pass->err);
        if (code != LEAT_OK && code != LEAT_NOT_FOUND)
            return code;
        *out_is_restorable = code == LEAT_OK;
    }
    return LEAT_OK;
}

/* The newest epoch that every key group of the slot can be restored at; 0 when there is none. */
static leat_code newest_restorable(disk_pass *pass,
                                   leat_store_view view,
                                   const leat_disk_op *op,
                                   uint64_t *out_epoch)
{
    uint64_t below = UINT64_MAX;
    *out_epoch = 0;
    for (int i = 0; i < RESTORE_CANDIDATES; i++) {
        leat_epoch epoch;
        leat_code code = leat_journal_epoch_below(view.journal, (leat_job_id){op->job},
                                                  (leat_epoch){below}, &epoch, &pass->err);
        if (code == LEAT_NOT_FOUND)
            return LEAT_OK;
        LEAT_TRY(code);
        bool is_restorable;
        LEAT_TRY(restorable(pass, view, op, epoch, &is_restorable));
        if (is_restorable) {
            *out_epoch = epoch.value;
            return LEAT_OK;
        }
        below = epoch.value;
    }
    return LEAT_OK;
}

static leat_code seed_write_run(disk_pass *pass, const leat_disk_op *op, leat_disk_done *done)
{
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *base = NULL;
    LEAT_TRY(leat_kv_begin_write(pass->base, &base, &pass->err));
    leat_bytes piece = leat_blob_bytes(op->bytes);
    LEAT_TRY(leat_seed_write(pass->view.journal, base, (leat_job_id){op->job}, piece, &pass->err));
    if (op->is_last) {
        leat_store_view written = {pass->view.journal, base};
        LEAT_TRY(newest_restorable(pass, written, op, &done->epoch));
    }
    return leat_kv_commit(&base, &pass->err);
}

static leat_code op_run(disk_pass *pass, const leat_disk_op *op, leat_disk_done *done)
{
    switch (op->kind) {
    case LEAT_DISK_GENERATION:
        return generation_run(pass, op);
    case LEAT_DISK_DECIDED:
        return decided_run(pass, op);
    case LEAT_DISK_CHUNK:
        return chunk_run(pass, op);
    case LEAT_DISK_MANIFEST:
        return manifest_run(pass, op);
    case LEAT_DISK_KEEP:
        return keep_run(pass, op);
    case LEAT_DISK_FORGET:
        return forget_run(pass, op);
    case LEAT_DISK_SEED_READ:
        return seed_read_run(pass, op, done);
    case LEAT_DISK_SEED_WRITE:
        return seed_write_run(pass, op, done);
    case LEAT_DISK_NONE:
    case LEAT_DISK_MERGE:
    case LEAT_DISK_FILE_WRITE:
    case LEAT_DISK_FILE_SEAL:
    case LEAT_DISK_FILE_PUBLISH:
    case LEAT_DISK_FILE_SWEEP:
    case LEAT_DISK_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static leat_disk_done done_of(const leat_disk_op *op)
{
    return (leat_disk_done){.ticket = op->ticket,
                            .kind = op->kind,
                            .job = op->job,
                            .slot = op->slot,
                            .generation = op->generation,
                            .epoch = op->epoch};
}

static void done_fail(leat_disk_done *done, leat_code code, const leat_error *err)
{
    done->code = code;
    leat_blob_unref(&done->bytes);
    leat_error_print(err, done->text, sizeof done->text);
}

static bool is_fatal_to_all(leat_code code)
{
    return code == LEAT_NO_SPACE || code == LEAT_IO || code == LEAT_FATAL;
}

void leat_state_disk_run(leat_state_disk *disk,
                         const leat_disk_op *ops,
                         uint32_t count,
                         leat_disk_done *out_done)
{
    disk_pass pass = {.base = disk->base};
    for (uint32_t i = 0; i < count; i++)
        out_done[i] = done_of(&ops[i]);
    leat_code code = leat_kv_begin_write(disk->journal, &pass.view.journal, &pass.err);
    if (code == LEAT_OK)
        code = leat_kv_begin_read(disk->base, &pass.view.base, &pass.err);
    for (uint32_t i = 0; i < count && code == LEAT_OK; i++) {
        leat_code result = op_run(&pass, &ops[i], &out_done[i]);
        if (is_fatal_to_all(result))
            code = result;
        else if (result != LEAT_OK)
            done_fail(&out_done[i], result, &pass.err);
    }
    leat_kv_abort(&pass.view.base);
    if (code == LEAT_OK && LEAT_FAILPOINT(journal_before_commit))
        code = leat_fail(&pass.err, LEAT_NO_SPACE, "failpoint journal_before_commit");
    if (code == LEAT_OK)
        code = leat_kv_commit(&pass.view.journal, &pass.err);
    leat_kv_abort(&pass.view.journal);
    if (code == LEAT_OK) {
        (void)LEAT_FAILPOINT(journal_after_commit);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        done_fail(&out_done[i], code, &pass.err);
}

/* One due key group, in its own pair of transactions: journal first, then base. */
static leat_code merge_one(
    leat_state_disk *disk, leat_job_id job, uint16_t key_group, leat_epoch upto, leat_error *err)
{
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *journal = NULL;
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *base = NULL;
    LEAT_TRY(leat_kv_begin_read(disk->journal, &journal, err));
    LEAT_TRY(leat_kv_begin_write(disk->base, &base, err));
    bool merged;
    LEAT_TRY(leat_merge_key_group(journal, base, job, key_group, upto, &merged, err));
    (void)LEAT_FAILPOINT(merge_before_commit);
    return leat_kv_commit(&base, err);
}

static leat_code merge_due_read(leat_state_disk *disk,
                                leat_job_id job,
                                uint64_t *out_due,
                                leat_epoch *out_upto,
                                leat_error *err)
{
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *journal = NULL;
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *base = NULL;
    LEAT_TRY(leat_kv_begin_read(disk->journal, &journal, err));
    LEAT_TRY(leat_kv_begin_read(disk->base, &base, err));
    leat_store_view view = {journal, base};
    return leat_merge_due(view, &disk->merge, job, out_due, out_upto, err);
}

/* Bases of key groups that moved away; at most a few per call. */
static leat_code unheld_drop(leat_state_disk *disk, leat_job_id job, leat_error *err)
{
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *journal = NULL;
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *base = NULL;
    LEAT_TRY(leat_kv_begin_read(disk->journal, &journal, err));
    leat_job_facts facts;
    leat_code code = leat_journal_get_job(journal, job, &facts, err);
    if (code == LEAT_NOT_FOUND)
        return LEAT_OK;
    LEAT_TRY(code);
    LEAT_TRY(leat_kv_begin_write(disk->base, &base, err));
    uint32_t dropped = 0;
    for (uint16_t g = 0; g < facts.key_group_count && dropped < LEAT_MERGE_GROUPS_PER_OP; g++) {
        leat_base_facts base_facts;
        if (facts.held[g / 64] >> (g % 64) & 1)
            continue;
        LEAT_TRY(leat_base_facts_get(base, job, g, &base_facts, err));
        if (base_facts.epoch.value == 0)
            continue;
        LEAT_TRY(leat_base_drop(base, job, g, err));
        dropped++;
    }
    return dropped == 0 ? LEAT_OK : leat_kv_commit(&base, err);
}

static leat_code
merge_run(leat_state_disk *disk, const leat_disk_op *op, bool *out_is_last, leat_error *err)
{
    uint64_t due[LEAT_KEY_GROUPS_MAX / 64] = {0};
    leat_epoch upto;
    leat_job_id job = {op->job};
    LEAT_TRY(unheld_drop(disk, job, err));
    LEAT_TRY(merge_due_read(disk, job, due, &upto, err));
    *out_is_last = true;
    if (upto.value == 0)
        return LEAT_OK;
    uint32_t merged = 0;
    for (uint32_t g = 0; g < LEAT_KEY_GROUPS_MAX; g++) {
        if (!(due[g / 64] >> (g % 64) & 1))
            continue;
        if (merged++ == LEAT_MERGE_GROUPS_PER_OP) {
            *out_is_last = false;
            return LEAT_OK;
        }
        LEAT_TRY(merge_one(disk, job, (uint16_t)g, upto, err));
    }
    return LEAT_OK;
}

void leat_state_disk_merge(leat_state_disk *disk, const leat_disk_op *op, leat_disk_done *out_done)
{
    leat_error err;
    *out_done = done_of(op);
    leat_code code = merge_run(disk, op, &out_done->is_last, &err);
    if (code != LEAT_OK)
        done_fail(out_done, code, &err);
}
