/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/disk.h"

#include "common/base/alloc.h"
#include "common/base/mark.h"
#include "common/base/vec.h"
#include "common/obs/log.h"
#include "common/sys/clock.h"
#include "common/sys/mutex.h"
#include "common/sys/thread.h"
#include "worker/files.h"

enum {
    GROUP_OPS_MAX = 256,
    GROUP_BYTES_MAX = 8 * 1024 * 1024,
    RETRY_MS = 100, /* a full disk is tried again after this, then after twice as long ... */
    RETRY_MS_MAX = 2000,
};

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

    /* FILE operations that wait for room, oldest first; journal thread. Bounded by what the sinks
     * of a slot may have pending, as long as only one generation of a job is in it. */
    LEAT_VEC(leat_disk_op) parked;
    leat_error no_room; /* of the oldest */
    int64_t retry_at_ms;
    int64_t retry_ms;
    bool has_no_room; /* the journal said so last time */
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

/* No room is the whole group's answer; the core asks again when it is time. */
static void log_room(leat_disk *disk, const leat_disk_done *first)
{
    bool has_no_room = first->code == LEAT_NO_SPACE;
    if (has_no_room && !disk->has_no_room)
        leat_log(LEAT_LOG_WARN, "disk_full", LEAT_KS("text", first->text));
    else if (!has_no_room && disk->has_no_room)
        leat_log_event(LEAT_LOG_INFO, "disk_has_room", NULL, 0);
    disk->has_no_room = has_no_room;
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
    log_room(disk, &disk->dones[0]);
    for (uint32_t i = 0; i < disk->group_count; i++)
        crash_point(disk->group[i].kind);
    for (uint32_t i = 0; i < disk->group_count; i++) {
        report(disk, &disk->dones[i]);
        leat_disk_op_fini(&disk->group[i]);
    }
    disk->group_count = 0;
    disk->group_bytes = 0;
}

static leat_disk_done file_done(const leat_disk_op *op, leat_code code, const leat_error *err)
{
    leat_disk_done done = {.ticket = op->ticket,
                           .kind = op->kind,
                           .code = code,
                           .job = op->job,
                           .slot = op->slot,
                           .generation = op->generation,
                           .epoch = op->epoch};
    if (code != LEAT_OK)
        leat_error_print(err, done.text, sizeof done.text);
    return done;
}

/* True: it is over, well or not. False: there is no room for it. */
static bool file_run(leat_disk *disk, leat_disk_op *op, leat_error *err)
{
    leat_code code = leat_files_run(disk->files, op, err);
    if (code == LEAT_NO_SPACE)
        return false;
    leat_disk_done done = file_done(op, code, err);
    report(disk, &done);
    leat_disk_op_fini(op);
    return true;
}

/* -- parked: waiting for room ----------------------------------------------------------------- */

static void park(leat_disk *disk, leat_disk_op *op)
{
    if (disk->parked.count == 0) {
        LEAT_MARK(disk_file_parked);
        leat_log(LEAT_LOG_WARN, "disk_full", LEAT_KS("path", op->path),
                 LEAT_KS("text", disk->no_room.text));
        disk->retry_ms = RETRY_MS;
        disk->retry_at_ms = leat_clock_ms() + RETRY_MS;
    }
    leat_disk_done done = file_done(op, LEAT_NO_SPACE, &disk->no_room);
    done.is_waiting = true;
    report(disk, &done);
    leat_vec_push(&disk->parked, *op);
    *op = (leat_disk_op){0};
}

static void parked_drop_front(leat_disk *disk, size_t count)
{
    size_t left = disk->parked.count - count;
    memmove(disk->parked.items, disk->parked.items + count, left * sizeof *disk->parked.items);
    disk->parked.count = left;
}

static void parked_run(leat_disk *disk)
{
    size_t count = 0;
    while (count < disk->parked.count && file_run(disk, &disk->parked.items[count], &disk->no_room))
        count++;
    parked_drop_front(disk, count);
    disk->retry_ms = count > 0 ? RETRY_MS : LEAT_MIN(disk->retry_ms * 2, (int64_t)RETRY_MS_MAX);
    disk->retry_at_ms = leat_clock_ms() + disk->retry_ms;
    if (disk->parked.count == 0)
        leat_log_event(LEAT_LOG_INFO, "disk_has_room", NULL, 0);
}

/* A new generation, or the end of the job: nobody waits for the parts of the old one. What was
 * published by it is listed in the state, and is published again by who restores that. */
static void parked_forget(leat_disk *disk, const leat_disk_op *why)
{
    size_t kept = 0;
    for (size_t i = 0; i < disk->parked.count; i++) {
        leat_disk_op *op = &disk->parked.items[i];
        bool is_over = op->job == why->job &&
                       (why->kind == LEAT_DISK_FORGET || op->generation < why->generation);
        if (is_over)
            leat_disk_op_fini(op);
        else
            disk->parked.items[kept++] = *op;
    }
    disk->parked.count = kept;
}

/* -- the journal's round ---------------------------------------------------------------------- */

static void journal_op(leat_disk *disk, leat_disk_op *op)
{
    if (leat_files_can_run(op->kind)) {
        group_run(disk);
        if (disk->parked.count > 0 || !file_run(disk, op, &disk->no_room))
            park(disk, op);
        return;
    }
    if (op->kind == LEAT_DISK_GENERATION || op->kind == LEAT_DISK_FORGET)
        parked_forget(disk, op);
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

static void journal_settle(leat_disk *disk)
{
    group_run(disk);
    if (disk->parked.count > 0 && leat_clock_ms() >= disk->retry_at_ms)
        parked_run(disk);
}

static int64_t journal_patience_ms(const leat_disk *disk)
{
    if (disk->parked.count == 0)
        return -1;
    return LEAT_MAX(disk->retry_at_ms - leat_clock_ms(), (int64_t)0);
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
            leat_mailbox_wait(box, settle == NULL ? -1 : journal_patience_ms(disk));
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
    serve(disk, &disk->journal_box, journal_op, journal_settle);
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
    LEAT_VEC_EACH (op, &self->parked)
        leat_disk_op_fini(op);
    leat_vec_fini(&self->parked);
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
