/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/disk.h"

#include "common/base/alloc.h"
#include "common/base/mark.h"
#include "common/sys/mutex.h"
#include "common/sys/thread.h"
#include "worker/files.h"

enum { GROUP_OPS_MAX = 256, GROUP_BYTES_MAX = 8 * 1024 * 1024 };

struct leat_disk {
    leat_state_disk stores;
    leat_mailbox *control;
    leat_files *files;
    leat_mutex base_writers; /* SEED_WRITE, KEEP, FORGET against MERGE: see state_disk.h */

    leat_mailbox journal_box;
    leat_thread journal;
    leat_mailbox merge_box;
    leat_thread merge;

    /* the group that is being collected; journal thread */
    leat_disk_op group[GROUP_OPS_MAX];
    leat_disk_done dones[GROUP_OPS_MAX];
    uint32_t group_count;
    size_t group_bytes;
};

static void report(leat_disk *disk, leat_disk_done *done)
{
    if (done->ticket == 0 && done->code == LEAT_OK) {
        leat_blob_unref(&done->bytes);
        return;
    }
    leat_letter *letter = leat_letter_new(LEAT_LETTER_DONE);
    letter->done = *done;
    *done = (leat_disk_done){0};
    leat_mailbox_post(disk->control, letter);
}

static bool writes_base(leat_disk_op_kind kind)
{
    return kind == LEAT_DISK_SEED_WRITE || kind == LEAT_DISK_KEEP || kind == LEAT_DISK_FORGET;
}

/* The step is on disk and nobody has heard of it: where a crash must do no harm. */
static void crash_point(leat_disk_op_kind kind)
{
    switch (kind) {
    case LEAT_DISK_GENERATION:
        (void)LEAT_FAILPOINT(generation_durable);
        break;
    case LEAT_DISK_DECIDED:
        (void)LEAT_FAILPOINT(decision_durable);
        break;
    case LEAT_DISK_MANIFEST:
        (void)LEAT_FAILPOINT(manifest_durable);
        break;
    case LEAT_DISK_SEED_READ:
        (void)LEAT_FAILPOINT(seed_piece_read);
        break;
    case LEAT_DISK_SEED_WRITE:
        (void)LEAT_FAILPOINT(seed_piece_durable);
        break;
    case LEAT_DISK_KEEP:
        (void)LEAT_FAILPOINT(keep_durable);
        break;
    case LEAT_DISK_FORGET:
        (void)LEAT_FAILPOINT(forget_durable);
        break;
    case LEAT_DISK_NONE:
    case LEAT_DISK_CHUNK: /* counts only with its manifest */
    case LEAT_DISK_MERGE:
    case LEAT_DISK_FILE_WRITE:
    case LEAT_DISK_FILE_SEAL:
    case LEAT_DISK_FILE_PUBLISH:
    case LEAT_DISK_FILE_SWEEP:
    case LEAT_DISK_KIND_COUNT:
        break;
    }
}

static void group_run(leat_disk *disk)
{
    if (disk->group_count == 0)
        return;
    bool locks = false;
    for (uint32_t i = 0; i < disk->group_count; i++)
        locks |= writes_base(disk->group[i].kind);
    if (locks) {
        leat_mutex_lock(&disk->base_writers);
        leat_state_disk_run(&disk->stores, disk->group, disk->group_count, disk->dones);
        leat_mutex_unlock(&disk->base_writers);
    } else {
        leat_state_disk_run(&disk->stores, disk->group, disk->group_count, disk->dones);
    }
    for (uint32_t i = 0; i < disk->group_count; i++)
        crash_point(disk->group[i].kind);
    for (uint32_t i = 0; i < disk->group_count; i++) {
        report(disk, &disk->dones[i]);
        leat_disk_op_fini(&disk->group[i]);
    }
    disk->group_count = 0;
    disk->group_bytes = 0;
}

static void file_run(leat_disk *disk, leat_disk_op *op)
{
    leat_error err = {0};
    leat_disk_done done = {.ticket = op->ticket,
                           .kind = op->kind,
                           .job = op->job,
                           .slot = op->slot,
                           .generation = op->generation,
                           .epoch = op->epoch};
    done.code = leat_files_run(disk->files, op, &err);
    if (done.code != LEAT_OK) {
        size_t size = LEAT_MIN(strlen(err.text), sizeof done.text - 1);
        memcpy(done.text, err.text, size);
    }
    report(disk, &done);
    leat_disk_op_fini(op);
}

static void journal_op(leat_disk *disk, leat_disk_op *op)
{
    if (leat_files_can_run(op->kind)) {
        group_run(disk);
        file_run(disk, op);
        return;
    }
    disk->group_bytes += leat_blob_bytes(op->bytes).size;
    disk->group[disk->group_count++] = *op;
    *op = (leat_disk_op){0};
    if (disk->group_count == GROUP_OPS_MAX || disk->group_bytes >= GROUP_BYTES_MAX)
        group_run(disk);
}

static void merge_op(leat_disk *disk, leat_disk_op *op)
{
    leat_disk_done done = {0};
    leat_mutex_lock(&disk->base_writers);
    leat_state_disk_merge(&disk->stores, op, &done);
    leat_mutex_unlock(&disk->base_writers);
    report(disk, &done);
}

/* Serve one mailbox until QUIT; `run` gets every operation, `settle` ends a round. */
static void serve(leat_disk *disk,
                  leat_mailbox *box,
                  void (*run)(leat_disk *disk, leat_disk_op *op),
                  void (*settle)(leat_disk *disk))
{
    bool quits = false;
    while (!quits) {
        leat_letter *letter = leat_mailbox_take(box);
        if (letter == NULL)
            leat_mailbox_wait(box, -1);
        while (letter != NULL) {
            leat_letter *next = letter->next;
            quits |= letter->kind == LEAT_LETTER_QUIT;
            if (letter->kind == LEAT_LETTER_OP)
                run(disk, &letter->op);
            leat_letter_free(&letter);
            letter = next;
        }
        if (settle != NULL)
            settle(disk);
    }
}

static void journal_main(void *argument)
{
    leat_disk *disk = argument;
    serve(disk, &disk->journal_box, journal_op, group_run);
}

static void merge_main(void *argument)
{
    leat_disk *disk = argument;
    serve(disk, &disk->merge_box, merge_op, NULL);
}

leat_code leat_disk_start(const leat_state_disk *stores,
                          const char *files_root,
                          leat_mailbox *control,
                          leat_disk **out_disk,
                          leat_error *err)
{
    leat_disk *disk = LEAT_NEW(leat_disk);
    disk->stores = *stores;
    disk->control = control;
    disk->files = leat_files_new(files_root);
    disk->journal_box.wake.fd = -1;
    disk->merge_box.wake.fd = -1;
    leat_mutex_init(&disk->base_writers);
    leat_code code = leat_mailbox_init(&disk->journal_box, err);
    if (code == LEAT_OK)
        code = leat_mailbox_init(&disk->merge_box, err);
    if (code == LEAT_OK)
        code = leat_thread_start(&disk->journal, "leat-journal", journal_main, disk, err);
    if (code == LEAT_OK)
        code = leat_thread_start(&disk->merge, "leat-merge", merge_main, disk, err);
    if (code != LEAT_OK)
        leat_disk_stop(&disk);
    else
        *out_disk = disk;
    return code;
}

static void thread_end(leat_thread *thread, leat_mailbox *box)
{
    if (thread->is_running) {
        leat_mailbox_post(box, leat_letter_new(LEAT_LETTER_QUIT));
        leat_thread_join(thread);
    }
    if (box->wake.fd >= 0)
        leat_mailbox_fini(box);
}

void leat_disk_stop(leat_disk **disk)
{
    leat_disk *self = LEAT_TAKE(*disk);
    if (self == NULL)
        return;
    thread_end(&self->journal, &self->journal_box);
    thread_end(&self->merge, &self->merge_box);
    leat_files_free(&self->files);
    leat_mutex_fini(&self->base_writers);
    leat_free(self);
}

void leat_disk_post(leat_disk *disk, leat_disk_op *op)
{
    leat_letter *letter = leat_letter_new(LEAT_LETTER_OP);
    letter->op = *op;
    *op = (leat_disk_op){0};
    leat_mailbox_post(letter->op.kind == LEAT_DISK_MERGE ? &disk->merge_box : &disk->journal_box,
                      letter);
}
