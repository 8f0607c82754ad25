/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/crc32c.h"
#include "common/base/limits.h"
#include "common/base/mark.h"
#include "common/base/vec.h"
#include "common/sys/file.h"

enum { OPEN_PARTS_MAX = 4096 };

typedef struct open_part {
    char *path; /* full */
    int fd;
} open_part;

struct leat_files {
    char *root;
    LEAT_VEC(open_part) parts;
};

leat_files *leat_files_new(const char *root)
{
    leat_files *files = LEAT_NEW(leat_files);
    files->root = leat_strdup(root);
    return files;
}

static void part_close(leat_files *files, open_part *part)
{
    close(part->fd);
    leat_free(part->path);
    leat_vec_remove(&files->parts, (size_t)(part - files->parts.items));
}

void leat_files_free(leat_files **files)
{
    if (*files == NULL)
        return;
    while ((*files)->parts.count > 0)
        part_close(*files, &(*files)->parts.items[0]);
    leat_vec_fini(&(*files)->parts);
    leat_free((*files)->root);
    leat_free(*files);
    *files = NULL;
}

bool leat_files_can_run(leat_disk_op_kind kind)
{
    return kind == LEAT_DISK_FILE_WRITE || kind == LEAT_DISK_FILE_SEAL ||
           kind == LEAT_DISK_FILE_PUBLISH || kind == LEAT_DISK_FILE_SWEEP;
}

/* An absolute path stands for itself: the topology says where output goes. A relative one stays
 * below the root. */
static leat_code full_path(const leat_files *files, const char *path, char **out, leat_error *err)
{
    leat_bytes text = leat_bytes_text(path);
    for (size_t i = 0; i + 1 < text.size; i++) {
        bool is_start = i == 0 || path[i - 1] == '/';
        if (is_start && path[i] == '.' && path[i + 1] == '.' &&
            (path[i + 2] == '/' || path[i + 2] == '\0'))
            return leat_fail(err, LEAT_DENIED, "path '%s' leads out of its folder", path);
    }
    leat_buf full = {0};
    if (path[0] != '/')
        leat_buf_print(&full, "%s/", files->root);
    leat_buf_add_text(&full, path);
    *out = leat_strdup(leat_buf_text(&full));
    leat_buf_fini(&full);
    return LEAT_OK;
}

/* The folder of a path: cuts the text at its last slash. */
static char *folder_of(const char *path)
{
    char *folder = leat_strdup(path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL && slash != folder)
        *slash = '\0';
    return folder;
}

static open_part *part_find(leat_files *files, const char *path)
{
    LEAT_VEC_EACH (part, &files->parts)
        if (strcmp(part->path, path) == 0)
            return part;
    return NULL;
}

static leat_code part_create(leat_files *files, const char *path, leat_error *err)
{
    open_part *old = part_find(files, path);
    if (old != NULL)
        part_close(files, old);
    if (files->parts.count >= OPEN_PARTS_MAX)
        return leat_fail(err, LEAT_LIMIT, "more than %d sink parts are open", OPEN_PARTS_MAX);
    char *folder = folder_of(path);
    leat_code code = leat_dir_make(folder, err);
    leat_free(folder);
    LEAT_TRY(code);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return leat_file_fail(err, errno, "cannot create", path);
    leat_vec_push(&files->parts, (open_part){.path = leat_strdup(path), .fd = fd});
    return LEAT_OK;
}

static leat_code room_check(const char *path, uint64_t size, leat_error *err)
{
    uint64_t disk_bytes = 0;
    uint64_t free_bytes = 0;
    char *folder = folder_of(path);
    leat_code code = leat_disk_size(folder, &disk_bytes, err);
    if (code == LEAT_OK)
        code = leat_disk_free(folder, &free_bytes, err);
    uint64_t reserve = LEAT_MIN(disk_bytes / 16, (uint64_t)LEAT_DISK_RESERVE_BYTES);
    if (code == LEAT_OK && free_bytes < size + reserve)
        code = leat_fail(
            err, LEAT_NO_SPACE, "no space left in '%s': %llu KiB are free, %llu of them in reserve",
            folder, (unsigned long long)(free_bytes / 1024), (unsigned long long)(reserve / 1024));
    leat_free(folder);
    return code;
}

static leat_code part_write(leat_files *files, const leat_disk_op *op, char *path, leat_error *err)
{
    if (op->offset == 0)
        LEAT_TRY(part_create(files, path, err));
    open_part *part = part_find(files, path);
    if (part == NULL)
        return leat_fail(err, LEAT_INVALID, "write to '%s', which is not open", path);
    if (LEAT_FAILPOINT(sink_write))
        return leat_fail(err, LEAT_NO_SPACE, "no space: failpoint sink_write");
    leat_bytes bytes = leat_blob_bytes(op->bytes);
    LEAT_TRY(room_check(path, bytes.size, err));
    if (lseek(part->fd, (off_t)op->offset, SEEK_SET) < 0) /* an earlier try may have written some */
        return leat_file_fail(err, errno, "seek in", path);
    return leat_file_write_all(part->fd, bytes, path, err);
}

/* What a failed sync lost is not known, so it is never tried again. */
static leat_code sync_end(leat_code code, leat_error *err)
{
    if (code != LEAT_NO_SPACE)
        return code;
    leat_error_add(err, "not synced");
    return LEAT_IO;
}

static leat_code sync_folder(const char *path, leat_error *err)
{
    char *folder = folder_of(path);
    leat_code code = leat_dir_sync(folder, err);
    leat_free(folder);
    return sync_end(code, err);
}

static leat_code part_seal(leat_files *files, const char *path, leat_error *err)
{
    open_part *part = part_find(files, path);
    if (part == NULL)
        return leat_fail(err, LEAT_INVALID, "seal of '%s', which is not open", path);
    (void)LEAT_FAILPOINT(sink_seal_before);
    leat_code code = sync_end(leat_file_sync(part->fd, path, err), err);
    part_close(files, part);
    LEAT_TRY(code);
    LEAT_TRY(sync_folder(path, err));
    (void)LEAT_FAILPOINT(sink_seal_after);
    return LEAT_OK;
}

static leat_code content_read(int fd, const char *path, uint32_t *out_crc, leat_error *err)
{
    enum { PIECE_BYTES = 256 * 1024 };
    char *piece = leat_alloc(PIECE_BYTES);
    uint32_t crc = 0;
    ssize_t got;
    while ((got = read(fd, piece, PIECE_BYTES)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            crc = leat_crc32c_extend(crc, piece, (size_t)got);
    leat_code code = got < 0 ? leat_file_fail(err, errno, "read", path) : LEAT_OK;
    leat_free(piece);
    *out_crc = crc;
    return code;
}

/* What was sealed is what is there: LEAT_CORRUPT, or LEAT_NOT_FOUND when there is nothing. */
static leat_code content_check(const char *path, const leat_disk_op *op, leat_error *err)
{
    uint64_t size = 0;
    uint32_t crc = 0;
    LEAT_TRY(leat_file_size(path, &size, err));
    if (size != op->size)
        return leat_fail(err, LEAT_CORRUPT, "'%s' has %llu bytes, expected %llu", path,
                         (unsigned long long)size, (unsigned long long)op->size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return leat_file_fail(err, errno, "open", path);
    leat_code code = content_read(fd, path, &crc, err);
    close(fd);
    LEAT_TRY(code);
    if (crc != op->crc)
        return leat_fail(err, LEAT_CORRUPT, "the content of '%s' is not what was written", path);
    return LEAT_OK;
}

static leat_code
part_publish(const char *path, const char *target, const leat_disk_op *op, leat_error *err)
{
    leat_code code = content_check(target, op, err);
    if (code == LEAT_OK)
        return sync_folder(target, err); /* renamed before; maybe not yet durable */
    if (code != LEAT_NOT_FOUND && code != LEAT_CORRUPT)
        return code;
    if (!leat_file_exists(path))
        return code == LEAT_CORRUPT
                   ? code
                   : leat_fail(err, LEAT_NOT_FOUND, "neither '%s' nor '%s' is there", path, target);
    LEAT_TRY(content_check(path, op, err)); /* over what an earlier life of the job left there */
    (void)LEAT_FAILPOINT(sink_publish_before);
    LEAT_TRY(leat_file_rename(path, target, err));
    (void)LEAT_FAILPOINT(sink_publish_after);
    return LEAT_OK;
}

/* ".tmp-<sink>-<slot>-<generation>-<epoch>": the generation, or false when it is no part. */
static bool part_generation(const char *name, uint64_t *out_generation)
{
    if (strncmp(name, ".tmp-", 5) != 0)
        return false;
    const char *epoch = strrchr(name, '-');
    const char *at = epoch - 1;
    while (at > name && *at >= '0' && *at <= '9')
        at--;
    if (*at != '-' || at + 1 == epoch)
        return false;
    *out_generation = strtoull(at + 1, NULL, 10);
    return true;
}

/* `path` is FOLDER/PREFIX: only parts whose name starts with the prefix. */
static leat_code
parts_sweep(leat_files *files, const char *path, uint64_t generation, leat_error *err)
{
    leat_names names = {0};
    char *folder = folder_of(path);
    const char *prefix = strrchr(path, '/') + 1;
    leat_code code = leat_dir_list(folder, &names, err);
    if (code == LEAT_NOT_FOUND)
        code = LEAT_OK; /* nothing was ever written there */
    for (size_t i = 0; code == LEAT_OK && i < names.count; i++) {
        uint64_t of;
        if (strncmp(names.items[i], prefix, strlen(prefix)) != 0 ||
            !part_generation(names.items[i], &of) || of >= generation)
            continue;
        leat_buf part = {0};
        leat_buf_print(&part, "%s/%s", folder, names.items[i]);
        open_part *open = part_find(files, leat_buf_text(&part));
        if (open != NULL)
            part_close(files, open);
        code = leat_file_remove(leat_buf_text(&part), err);
        leat_buf_fini(&part);
    }
    leat_names_fini(&names);
    leat_free(folder);
    return code;
}

leat_code leat_files_run(leat_files *files, const leat_disk_op *op, leat_error *err)
{
    char *path = NULL;
    char *target = NULL;
    leat_code code = full_path(files, op->path, &path, err);
    if (code == LEAT_OK && op->target != NULL)
        code = full_path(files, op->target, &target, err);
    if (code != LEAT_OK)
        goto done;
    if (op->kind == LEAT_DISK_FILE_WRITE)
        code = part_write(files, op, path, err);
    else if (op->kind == LEAT_DISK_FILE_SEAL)
        code = part_seal(files, path, err);
    else if (op->kind == LEAT_DISK_FILE_PUBLISH)
        code = part_publish(path, target, op, err);
    else
        code = parts_sweep(files, path, op->generation, err);
done:
    leat_free(path);
    leat_free(target);
    return code;
}
