/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/state_disk.h"

#include <criterion/criterion.h>

#include "common/base/hash.h"
#include "common/kv/kv_mem.h"
#include "worker/state/delta.h"
#include "worker/state/restore.h"

enum { JOB = 3, GROUPS = 2 };

typedef struct worker {
    leat_state_disk disk;
} worker;

static worker worker_new(void)
{
    return (worker){{.journal = leat_kv_mem_new(), .base = leat_kv_mem_new()}};
}

static void worker_close(worker *w)
{
    leat_kv_close(&w->disk.journal);
    leat_kv_close(&w->disk.base);
}

static leat_disk_done run_one(worker *w, leat_disk_op op)
{
    leat_disk_done done;
    leat_state_disk_run(&w->disk, &op, 1, &done);
    leat_disk_op_fini(&op);
    return done;
}

static leat_deployment *one_slot(void)
{
    leat_deployment_sizes sizes = {.key_group_count = GROUPS, .slot_count = 1};
    return leat_deployment_new(&sizes);
}

static void keep_all(worker *w)
{
    uint64_t words = 3;
    leat_disk_done done =
        run_one(w, (leat_disk_op){.kind = LEAT_DISK_KEEP,
                                  .job = JOB,
                                  .generation = 1,
                                  .deployment = one_slot(),
                                  .bytes = leat_blob_copy(leat_bytes_of(&words, 8))});
    cr_assert_eq(done.code, LEAT_OK);
}

static void chunk_take(void *self, uint32_t chunk_index, leat_blob *chunk)
{
    leat_blob **kept = self;
    cr_assert_eq(chunk_index, 0);
    *kept = chunk;
}

/* A delta that sets key "k" of group 0 to `value`: its CHUNK and MANIFEST operations. */
static void delta_ops(
    uint64_t generation, uint64_t epoch, uint64_t prev, uint32_t value, leat_disk_op out_ops[2])
{
    leat_blob *chunk = NULL;
    leat_delta_writer *writer = leat_delta_writer_new(chunk_take, &chunk);
    const uint16_t groups[] = {0, 1};
    leat_delta_id id = {{JOB}, {generation}, {epoch}, {prev}, {0}};
    leat_delta_begin(writer, id, groups, GROUPS);
    leat_delta_add(writer, &(leat_record){.kind = LEAT_RECORD_PUT,
                                          .hash = 5,
                                          .pane = LEAT_PANE_NONE,
                                          .key = LEAT_BYTES("k"),
                                          .value = leat_bytes_of(&value, sizeof value)});
    leat_blob *manifest = leat_delta_finish(writer);
    leat_delta_writer_free(&writer);
    leat_disk_op common = {.job = JOB, .generation = generation, .epoch = epoch, .previous = prev};
    out_ops[0] = common;
    out_ops[0].kind = LEAT_DISK_CHUNK;
    out_ops[0].bytes = chunk;
    out_ops[1] = common;
    out_ops[1].kind = LEAT_DISK_MANIFEST;
    out_ops[1].hash = leat_manifest_hash(leat_blob_bytes(manifest));
    out_ops[1].bytes = manifest;
}

static leat_code
epoch_run(worker *w, uint64_t generation, uint64_t epoch, uint64_t prev, uint32_t value)
{
    leat_disk_op ops[2];
    leat_disk_done dones[2];
    delta_ops(generation, epoch, prev, value, ops);
    leat_state_disk_run(&w->disk, ops, 2, dones);
    leat_disk_op_fini(&ops[0]);
    leat_disk_op_fini(&ops[1]);
    cr_assert_eq(dones[0].code, LEAT_OK);
    return dones[1].code;
}

static void decide(worker *w, uint64_t epoch)
{
    cr_assert_eq(
        run_one(w, (leat_disk_op){.kind = LEAT_DISK_DECIDED, .job = JOB, .epoch = epoch}).code,
        LEAT_OK);
}

static void value_keep(void *self, const leat_record *record)
{
    memcpy(self, record->value.data, sizeof(uint32_t));
}

static uint32_t value_at(worker *w, uint64_t epoch)
{
    leat_error err;
    leat_store_view view;
    leat_restore *restore;
    uint32_t value = 0;
    cr_assert_eq(leat_kv_begin_read(w->disk.journal, &view.journal, &err), LEAT_OK);
    cr_assert_eq(leat_kv_begin_read(w->disk.base, &view.base, &err), LEAT_OK);
    cr_assert_eq(leat_restore_open(view, (leat_job_id){JOB}, (leat_epoch){epoch}, &restore, &err),
                 LEAT_OK);
    cr_assert_eq(leat_restore_each(restore, 0, value_keep, &value, &err), LEAT_OK, "%s", err.text);
    leat_restore_close(&restore);
    leat_kv_abort(&view.journal);
    leat_kv_abort(&view.base);
    return value;
}

Test(state_disk, a_refused_manifest_leaves_the_rest_of_the_group_commit_alone)
{
    worker w = worker_new();
    keep_all(&w);
    leat_disk_op ops[4];
    leat_disk_done dones[4];
    delta_ops(1, 9, 8, 1, &ops[0]); /* stands on an epoch that is not here */
    delta_ops(1, 1, 0, 7, &ops[2]);

    leat_state_disk_run(&w.disk, ops, 4, dones);

    cr_assert_eq(dones[1].code, LEAT_NOT_FOUND);
    cr_assert_eq(dones[3].code, LEAT_OK);
    cr_assert_eq(value_at(&w, 1), 7);
    for (int i = 0; i < 4; i++)
        leat_disk_op_fini(&ops[i]);
    worker_close(&w);
}

Test(state_disk, a_new_generation_drops_undecided_deltas_and_fences_older_ones)
{
    worker w = worker_new();
    keep_all(&w);
    cr_assert_eq(epoch_run(&w, 1, 1, 0, 7), LEAT_OK);
    decide(&w, 1);
    cr_assert_eq(epoch_run(&w, 1, 2, 1, 8), LEAT_OK);

    leat_disk_done done = run_one(
        &w, (leat_disk_op){.kind = LEAT_DISK_GENERATION, .job = JOB, .generation = 2, .epoch = 1});

    cr_assert_eq(done.code, LEAT_OK);
    cr_assert_eq(value_at(&w, 1), 7);
    cr_assert_eq(epoch_run(&w, 1, 3, 1, 9), LEAT_FENCED);
    cr_assert_eq(epoch_run(&w, 2, 4, 2, 9), LEAT_NOT_FOUND, "epoch 2 was dropped");
    cr_assert_eq(epoch_run(&w, 2, 4, 1, 9), LEAT_OK);
    worker_close(&w);
}

Test(state_disk, a_full_disk_fails_every_operation_and_keeps_what_was_durable)
{
    worker w = worker_new();
    keep_all(&w);
    cr_assert_eq(epoch_run(&w, 1, 1, 0, 7), LEAT_OK);
    leat_disk_op ops[2];
    leat_disk_done dones[2];
    delta_ops(1, 2, 1, 8, ops);
    leat_kv_mem_fail_at(w.disk.journal, 3, LEAT_NO_SPACE, true);

    leat_state_disk_run(&w.disk, ops, 2, dones);

    cr_assert_eq(dones[0].code, LEAT_NO_SPACE);
    cr_assert_eq(dones[1].code, LEAT_NO_SPACE);
    leat_kv_mem_fail_at(w.disk.journal, 0, LEAT_OK, false);
    cr_assert_eq(value_at(&w, 1), 7);
    leat_state_disk_run(&w.disk, ops, 2, dones);
    cr_assert_eq(dones[1].code, LEAT_OK);
    leat_disk_op_fini(&ops[0]);
    leat_disk_op_fini(&ops[1]);
    worker_close(&w);
}

Test(state_disk, long_chains_are_merged_pruned_and_still_restore)
{
    worker w = worker_new();
    keep_all(&w);
    for (uint64_t epoch = 1; epoch <= 1100; epoch++) {
        cr_assert_eq(epoch_run(&w, 1, epoch, epoch - 1, (uint32_t)epoch), LEAT_OK);
        decide(&w, epoch);
    }

    leat_disk_op merge = {.kind = LEAT_DISK_MERGE, .job = JOB};
    leat_disk_done done;
    leat_state_disk_merge(&w.disk, &merge, &done);
    cr_assert_eq(done.code, LEAT_OK, "%s", done.text);
    cr_assert(done.is_last);
    for (uint64_t epoch = 1101; epoch <= 1180; epoch++) {
        cr_assert_eq(epoch_run(&w, 1, epoch, epoch - 1, (uint32_t)epoch), LEAT_OK);
        decide(&w, epoch);
    }

    leat_kv_stats stats;
    leat_error err;
    cr_assert_eq(leat_kv_stats_of(w.disk.journal, &stats, &err), LEAT_OK);
    cr_assert_lt(stats.entry_count, 300, "%lu entries are left", stats.entry_count);
    cr_assert_eq(value_at(&w, 1180), 1180);
    cr_assert_eq(value_at(&w, 1179), 1179);
    worker_close(&w);
}

Test(state_disk, a_seeded_standby_restores_what_the_owner_does)
{
    worker owner = worker_new();
    worker standby = worker_new();
    keep_all(&owner);
    keep_all(&standby);
    for (uint64_t epoch = 1; epoch <= 20; epoch++) {
        cr_assert_eq(epoch_run(&owner, 1, epoch, epoch - 1, (uint32_t)epoch), LEAT_OK);
        decide(&owner, epoch);
    }
    leat_seed_cursor position = {0};
    uint64_t newest = 0;
    for (bool is_last = false; !is_last;) {
        leat_disk_done read = run_one(&owner, (leat_disk_op){.kind = LEAT_DISK_SEED_READ,
                                                             .job = JOB,
                                                             .position = position,
                                                             .deployment = one_slot()});
        cr_assert_eq(read.code, LEAT_OK);
        position = read.position;
        is_last = read.is_last;
        leat_disk_done written = run_one(&standby, (leat_disk_op){.kind = LEAT_DISK_SEED_WRITE,
                                                                  .job = JOB,
                                                                  .is_last = is_last,
                                                                  .bytes = LEAT_TAKE(read.bytes),
                                                                  .deployment = one_slot()});
        cr_assert_eq(written.code, LEAT_OK, "%s", written.text);
        newest = written.epoch;
    }

    cr_assert_eq(newest, 20);
    cr_assert_eq(value_at(&standby, 20), 20);
    cr_assert_eq(epoch_run(&standby, 1, 21, 20, 21), LEAT_OK);
    worker_close(&owner);
    worker_close(&standby);
}
