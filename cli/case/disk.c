/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/disk.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/kv/kv_mem.h"

void leat_case_disk_init(leat_case_disk *disk)
{
    *disk = (leat_case_disk){0};
    disk->state.journal = leat_kv_mem_new();
    disk->state.base = leat_kv_mem_new();
}

static void waiting_drop(leat_case_disk *disk)
{
    LEAT_VEC_EACH (op, &disk->waiting)
        leat_disk_op_fini(op);
    leat_vec_clear(&disk->waiting);
}

static void file_drop(leat_case_disk *disk, size_t at)
{
    leat_free(disk->files.items[at].name);
    leat_buf_fini(&disk->files.items[at].data);
    leat_vec_remove(&disk->files, at);
}

void leat_case_disk_fini(leat_case_disk *disk)
{
    waiting_drop(disk);
    leat_vec_fini(&disk->waiting);
    while (disk->files.count > 0)
        file_drop(disk, disk->files.count - 1);
    leat_vec_fini(&disk->files);
    leat_kv_close(&disk->state.journal);
    leat_kv_close(&disk->state.base);
}

void leat_case_disk_crash(leat_case_disk *disk)
{
    waiting_drop(disk);
    for (size_t i = disk->files.count; i-- > 0;)
        if (!disk->files.items[i].is_sealed)
            file_drop(disk, i);
}

void leat_case_disk_ask(leat_case_disk *disk, leat_disk_op *op)
{
    leat_vec_push(&disk->waiting, *op);
    *op = (leat_disk_op){0};
}

/* ------------------------------------------------------------------ sink files */

static leat_case_file *file_find(leat_case_disk *disk, const char *name)
{
    LEAT_VEC_EACH (file, &disk->files)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

/* Writing at a wrong place or after the seal is a bug of the engine, and found here. */
static leat_code file_write(leat_case_disk *disk, const leat_disk_op *op)
{
    leat_case_file *file = file_find(disk, op->path);
    if (file == NULL) {
        file = leat_vec_add(&disk->files);
        file->name = leat_strdup(op->path);
    }
    if (file->is_sealed || op->offset != file->data.size)
        return LEAT_CORRUPT;
    leat_bytes bytes = leat_blob_bytes(op->bytes);
    leat_buf_add(&file->data, bytes.data, bytes.size);
    return LEAT_OK;
}

static leat_code file_seal(leat_case_disk *disk, const leat_disk_op *op)
{
    leat_case_file *file = file_find(disk, op->path);
    if (file == NULL)
        return LEAT_NOT_FOUND;
    file->is_sealed = true;
    return LEAT_OK;
}

static leat_code file_publish(leat_case_disk *disk, const leat_disk_op *op)
{
    const leat_case_file *final = file_find(disk, op->target);
    if (final != NULL)
        return final->data.size == op->size ? LEAT_OK : LEAT_NOT_FOUND;
    leat_case_file *file = file_find(disk, op->path);
    if (file == NULL || !file->is_sealed || file->data.size != op->size)
        return LEAT_NOT_FOUND;
    leat_free(file->name);
    file->name = leat_strdup(op->target);
    file->is_published = true;
    return LEAT_OK;
}

/* Of ".tmp-<sink>-<slot>-<generation>-<epoch>". */
static uint64_t part_generation(const char *name)
{
    const char *at = strrchr(name, '-');
    if (at == NULL)
        return 0;
    while (at > name && at[-1] != '-')
        at--;
    return strtoull(at, NULL, 10);
}

static leat_code file_sweep(leat_case_disk *disk, const leat_disk_op *op)
{
    for (size_t i = disk->files.count; i-- > 0;) {
        const leat_case_file *file = &disk->files.items[i];
        if (!file->is_published && strncmp(file->name, op->path, strlen(op->path)) == 0 &&
            part_generation(file->name) < op->generation)
            file_drop(disk, i);
    }
    return LEAT_OK;
}

static leat_code file_op(leat_case_disk *disk, const leat_disk_op *op)
{
    if (op->kind == LEAT_DISK_FILE_WRITE)
        return file_write(disk, op);
    if (op->kind == LEAT_DISK_FILE_SEAL)
        return file_seal(disk, op);
    if (op->kind == LEAT_DISK_FILE_PUBLISH)
        return file_publish(disk, op);
    return file_sweep(disk, op);
}

void leat_case_disk_step(leat_case_disk *disk, leat_disk_op *out_op, leat_disk_done *out_done)
{
    leat_disk_op op = disk->waiting.items[0];
    leat_vec_remove(&disk->waiting, 0);
    *out_done = (leat_disk_done){.ticket = op.ticket, .kind = op.kind, .slot = op.slot};
    if (op.kind >= LEAT_DISK_FILE_WRITE) {
        out_done->code = file_op(disk, &op);
        snprintf(out_done->text, sizeof out_done->text, "%s", leat_code_name(out_done->code));
    } else {
        leat_state_disk_run(&disk->state, &op, 1, out_done);
    }
    *out_op = op;
}

/* ------------------------------------------------------------------ reading */

/* ".../part-<slot>-<epoch>.jsonl": a key may move between slots, so epochs come first. */
static int by_epoch(const void *a, const void *b)
{
    const char *name_a = (*(const leat_case_file *const *)a)->name;
    const char *name_b = (*(const leat_case_file *const *)b)->name;
    int order = strcmp(strrchr(name_a, '-'), strrchr(name_b, '-'));
    return order != 0 ? order : strcmp(name_a, name_b);
}

void leat_case_disk_read(const leat_case_disk *disk, const char *folder, leat_buf *out)
{
    LEAT_VEC(const leat_case_file *) found = {0};
    size_t size = strlen(folder);
    LEAT_VEC_EACH (file, &disk->files)
        if (file->is_published && strncmp(file->name, folder, size) == 0 && file->name[size] == '/')
            leat_vec_push(&found, file);
    if (found.count > 0)
        qsort(found.items, found.count, sizeof *found.items, by_epoch);
    LEAT_VEC_EACH (file, &found)
        leat_buf_add(out, (*file)->data.data, (*file)->data.size);
    leat_vec_fini(&found);
}
