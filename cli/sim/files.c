/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sim/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/sim/world.h"
#include "common/base/alloc.h"
#include "common/base/crc32c.h"

static leat_sim_file *find_file(leat_sim_world *world, const char *path)
{
    for (size_t i = 0; i < world->files.count; i++) {
        if (strcmp(world->files.items[i]->path, path) == 0)
            return world->files.items[i];
    }
    return NULL;
}

static void file_free(leat_sim_file *file)
{
    leat_buf_fini(&file->bytes);
    leat_free(file->path);
    leat_free(file);
}

static void done_fail(leat_disk_done *done, leat_code code, const char *text)
{
    done->code = code;
    (void)snprintf(done->text, sizeof done->text, "%s", text);
}

static void
file_write(leat_sim_world *world, uint32_t node, const leat_disk_op *op, leat_disk_done *done)
{
    leat_sim_file *file = find_file(world, op->path);
    if (op->offset == 0 && file != NULL && file->is_sealed)
        leat_sim_fail(world, "a sealed part is written again: %s", op->path);
    if (op->offset == 0) {
        if (file == NULL) {
            file = LEAT_NEW(leat_sim_file);
            file->path = leat_strdup(op->path);
            leat_vec_push(&world->files, file);
        }
        leat_buf_clear(&file->bytes);
        file->synced_bytes = 0;
        file->writer = node;
    }
    if (file == NULL || file->bytes.size != op->offset) {
        done_fail(done, LEAT_NOT_FOUND, "the part is not as long as it should be");
        return;
    }
    if (file->is_sealed)
        leat_sim_fail(world, "a sealed part grows: %s", op->path);
    leat_bytes bytes = leat_blob_bytes(op->bytes);
    leat_buf_add(&file->bytes, bytes.data, bytes.size);
    file->written_ns = world->now_ns;
}

static void file_seal(leat_sim_world *world, const leat_disk_op *op, leat_disk_done *done)
{
    leat_sim_file *file = find_file(world, op->path);
    if (file == NULL) {
        done_fail(done, LEAT_NOT_FOUND, "no such part");
        return;
    }
    file->synced_bytes = file->bytes.size;
    file->is_sealed = true;
}

static void
file_publish(leat_sim_world *world, uint32_t node, const leat_disk_op *op, leat_disk_done *done)
{
    uint64_t logged_epoch = world->jobs[leat_sim_job_find(world, op->job)].logged_epoch;
    if (op->epoch > logged_epoch)
        leat_sim_fail(world, "worker %u publishes epoch %" PRIu64 ", the log knows %" PRIu64, node,
                      op->epoch, logged_epoch);
    leat_sim_file *target = find_file(world, op->target);
    if (target != NULL && target->bytes.size == op->size)
        return;
    if (target != NULL) {
        leat_sim_fail(world, "%s is published with another size", op->target);
        return;
    }
    leat_sim_file *file = find_file(world, op->path);
    if (file == NULL) {
        done_fail(done, LEAT_NOT_FOUND, "neither the part nor the file is there");
        return;
    }
    if (!file->is_sealed || file->bytes.size != op->size ||
        leat_crc32c(file->bytes.data, file->bytes.size) != op->crc)
        leat_sim_fail(world, "%s is published, but %s, size %zu, listed %" PRIu64, op->path,
                      file->is_sealed ? "sealed" : "not sealed", file->bytes.size, op->size);
    leat_free(file->path);
    file->path = leat_strdup(op->target);
    file->is_published = true;
    leat_sim_say(world, node, "publishes %s, %zu bytes", op->target, file->bytes.size);
}

/* ".../.tmp-<sink>-<slot>-<generation>-<epoch>": the third number from the end. */
static bool part_generation(const char *path, const char *prefix, uint64_t *out_generation)
{
    if (strstr(prefix, "/.tmp-") == NULL || strncmp(path, prefix, strlen(prefix)) != 0)
        return false;
    const char *last = strrchr(path, '-');
    const char *at = last - 1;
    while (*at != '-')
        at--;
    unsigned long long generation;
    if (sscanf(at + 1, "%llu", &generation) != 1)
        return false;
    *out_generation = generation;
    return true;
}

static void file_sweep(leat_sim_world *world, uint32_t node, const leat_disk_op *op)
{
    world->jobs[leat_sim_job_find(world, op->job)].swept_ns = world->now_ns;
    size_t kept = 0;
    for (size_t i = 0; i < world->files.count; i++) {
        leat_sim_file *file = world->files.items[i];
        uint64_t generation;
        bool is_part = part_generation(file->path, op->path, &generation);
        if (is_part && generation < op->generation) {
            leat_sim_say(world, node, "sweeps %s", file->path);
            file_free(file);
        } else
            world->files.items[kept++] = file;
    }
    world->files.count = kept;
}

void leat_sim_file_op(leat_sim_world *world,
                      uint32_t node,
                      const leat_disk_op *op,
                      leat_disk_done *done)
{
    *done = (leat_disk_done){.ticket = op->ticket,
                             .kind = op->kind,
                             .job = op->job,
                             .slot = op->slot,
                             .generation = op->generation,
                             .epoch = op->epoch};
    leat_sim_say(world, node, "  %s %s", leat_disk_op_name(op->kind), op->path);
    if (op->kind == LEAT_DISK_FILE_WRITE)
        file_write(world, node, op, done);
    else if (op->kind == LEAT_DISK_FILE_SEAL)
        file_seal(world, op, done);
    else if (op->kind == LEAT_DISK_FILE_PUBLISH)
        file_publish(world, node, op, done);
    else
        file_sweep(world, node, op);
}

void leat_sim_files_power_loss(leat_sim_world *world, uint32_t node)
{
    size_t kept = 0;
    for (size_t i = 0; i < world->files.count; i++) {
        leat_sim_file *file = world->files.items[i];
        if (file->writer == node && !file->is_sealed) {
            if (leat_prng_chance(&world->disk_random, 0.5)) { /* not even its name was synced */
                file_free(file);
                continue;
            }
            size_t unsynced = file->bytes.size - file->synced_bytes;
            file->bytes.size -= leat_prng_below(&world->disk_random, unsynced + 1);
        }
        world->files.items[kept++] = file;
    }
    world->files.count = kept;
}

typedef struct part {
    unsigned long long epoch;
    unsigned slot;
    const leat_sim_file *file;
} part;

static int compare_parts(const void *a, const void *b)
{
    const part *x = a, *y = b;
    if (x->epoch != y->epoch)
        return x->epoch < y->epoch ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

void leat_sim_files_read(const leat_sim_world *world, const char *folder, leat_buf *out)
{
    LEAT_VEC(part) parts = {0};
    size_t length = strlen(folder);
    for (size_t i = 0; i < world->files.count; i++) {
        const leat_sim_file *file = world->files.items[i];
        part one = {.file = file};
        if (file->is_published && strncmp(file->path, folder, length) == 0 &&
            sscanf(file->path + length, "/part-%u-%llu", &one.slot, &one.epoch) == 2)
            leat_vec_push(&parts, one);
    }
    if (parts.count > 0)
        qsort(parts.items, parts.count, sizeof *parts.items, compare_parts);
    LEAT_VEC_EACH (one, &parts)
        leat_buf_add(out, one->file->bytes.data, one->file->bytes.size);
    leat_vec_fini(&parts);
}

void leat_sim_files_free(leat_sim_world *world)
{
    for (size_t i = 0; i < world->files.count; i++)
        file_free(world->files.items[i]);
    leat_vec_fini(&world->files);
}
