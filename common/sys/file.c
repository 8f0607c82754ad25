/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/alloc.h"

static leat_code code_of_errno(int number)
{
    switch (number) {
    case ENOENT:
        return LEAT_NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
        return LEAT_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return LEAT_DENIED;
    case ENOSPC:
    case EDQUOT:
        return LEAT_NO_SPACE;
    case EMFILE:
    case ENFILE:
        return LEAT_LIMIT;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
        return LEAT_INVALID;
    case EWOULDBLOCK:
        return LEAT_BUSY;
    default:
        return LEAT_IO;
    }
}

leat_code leat_file_fail(leat_error *err, int number, const char *what, const char *path)
{
    char reason[128];
    const char *text = strerror_r(number, reason, sizeof reason);
    return leat_fail(err, code_of_errno(number), "cannot %s `%s`: %s", what, path, text);
}

static void fd_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

leat_code leat_file_read(const char *path, size_t limit_bytes, leat_buf *out, leat_error *err)
{
    enum { PIECE = 64 * 1024 };
    LEAT_AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return leat_file_fail(err, errno, "open", path);
    size_t start = out->size;
    for (;;) {
        ssize_t got = read(fd, leat_buf_reserve(out, PIECE), PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            out->size = start;
            return leat_file_fail(err, errno, "read", path);
        }
        if (got == 0)
            return LEAT_OK;
        out->size += (size_t)got;
        if (out->size - start > limit_bytes) {
            out->size = start;
            return leat_fail(err, LEAT_LIMIT, "`%s` is larger than the %zu bytes allowed", path,
                             limit_bytes);
        }
    }
}

leat_code leat_file_write_all(int fd, leat_bytes bytes, const char *path, leat_error *err)
{
    for (size_t done = 0; done < bytes.size;) {
        ssize_t wrote = write(fd, bytes.data + done, bytes.size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return leat_file_fail(err, errno, "write", path);
        done += (size_t)wrote;
    }
    return LEAT_OK;
}

leat_code leat_file_sync(int fd, const char *path, leat_error *err)
{
    return fdatasync(fd) == 0 ? LEAT_OK : leat_file_fail(err, errno, "sync", path);
}

leat_code leat_dir_sync(const char *path, leat_error *err)
{
    LEAT_AUTO(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return leat_file_fail(err, errno, "open folder", path);
    return fsync(fd) == 0 ? LEAT_OK : leat_file_fail(err, errno, "sync folder", path);
}

/* The folder that `path` is in, written to `out`. */
static leat_code parent_of(const char *path, char *out, leat_error *err)
{
    size_t size = strlen(path);
    if (size >= LEAT_PATH_MAX)
        return leat_fail(err, LEAT_LIMIT, "path is longer than %d bytes", LEAT_PATH_MAX);
    while (size > 1 && path[size - 1] == '/')
        size--;
    while (size > 0 && path[size - 1] != '/')
        size--;
    while (size > 1 && path[size - 1] == '/')
        size--;
    memcpy(out, path, size);
    out[size] = '\0';
    if (size == 0)
        memcpy(out, ".", 2);
    return LEAT_OK;
}

leat_code leat_file_rename(const char *from, const char *to, leat_error *err)
{
    char folder[LEAT_PATH_MAX];
    LEAT_TRY(parent_of(to, folder, err));
    if (rename(from, to) != 0)
        return leat_file_fail(err, errno, "rename to", to);
    return leat_dir_sync(folder, err);
}

static leat_code write_new(const char *path, leat_bytes content, leat_error *err)
{
    LEAT_AUTO(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return leat_file_fail(err, errno, "create", path);
    LEAT_TRY(leat_file_write_all(fd, content, path, err));
    return leat_file_sync(fd, path, err);
}

leat_code leat_file_write_durable(const char *path, leat_bytes content, leat_error *err)
{
    char beside[LEAT_PATH_MAX];
    int size = snprintf(beside, sizeof beside, "%s.new", path);
    if (size < 0 || (size_t)size >= sizeof beside)
        return leat_fail(err, LEAT_LIMIT, "path is longer than %d bytes", LEAT_PATH_MAX);
    leat_code code = write_new(beside, content, err);
    if (code == LEAT_OK)
        code = leat_file_rename(beside, path, err);
    if (code != LEAT_OK)
        unlink(beside);
    return code;
}

leat_code leat_file_remove(const char *path, leat_error *err)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return LEAT_OK;
    return leat_file_fail(err, errno, "remove", path);
}

leat_code leat_file_size(const char *path, uint64_t *out_bytes, leat_error *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return leat_file_fail(err, errno, "look at", path);
    *out_bytes = (uint64_t)status.st_size;
    return LEAT_OK;
}

bool leat_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

leat_code leat_dir_make(const char *path, leat_error *err)
{
    char parent[LEAT_PATH_MAX];
    struct stat status;
    if (stat(path, &status) == 0)
        return S_ISDIR(status.st_mode) ? LEAT_OK
                                       : leat_file_fail(err, ENOTDIR, "make folder", path);
    LEAT_TRY(parent_of(path, parent, err));
    if (strcmp(parent, path) != 0)
        LEAT_TRY(leat_dir_make(parent, err));
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return leat_file_fail(err, errno, "make folder", path);
    return leat_dir_sync(parent, err);
}

leat_code leat_file_lock(const char *path, int *out_fd, leat_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return leat_file_fail(err, errno, "open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int number = errno;
        close(fd);
        if (number == EWOULDBLOCK)
            return leat_fail(err, LEAT_BUSY, "`%s` is in use by another process", path);
        return leat_file_fail(err, number, "lock", path);
    }
    *out_fd = fd;
    return LEAT_OK;
}

void leat_file_unlock(int *fd)
{
    fd_close(fd);
    *fd = -1;
}

leat_code leat_disk_size(const char *path, uint64_t *out_bytes, leat_error *err)
{
    struct statvfs status;
    if (statvfs(path, &status) != 0)
        return leat_file_fail(err, errno, "look at the disk of", path);
    *out_bytes = (uint64_t)status.f_blocks * status.f_frsize;
    return LEAT_OK;
}

leat_code leat_disk_free(const char *path, uint64_t *out_bytes, leat_error *err)
{
    struct statvfs status;
    if (statvfs(path, &status) != 0)
        return leat_file_fail(err, errno, "look at the disk of", path);
    *out_bytes = (uint64_t)status.f_bavail * status.f_frsize;
    return LEAT_OK;
}
