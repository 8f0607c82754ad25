/* SPDX-License-Identifier: Apache-2.0
 *
 *   buffer: | taken | unread line(s) ............ | free |
 *                   head            scanned       tail   capacity
 *
 * [head, scanned) holds no newline. The buffer grows until a line of the greatest size fits.
 */
#include "worker/connectors/file/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"

enum {
    READ_BYTES = 256 * 1024,
    SKIP_BYTES_PER_CALL = 4 * 1024 * 1024, /* of a gzip file on the way to its offset */
};

struct leat_lines {
    char *path;
    int fd;    /* plain file, or -1 */
    gzFile gz; /* gzip file, or NULL */
    bool follow;
    bool is_at_end;
    uint64_t inode;
    uint64_t offset;  /* of buffer[head] in the uncompressed file */
    uint64_t to_skip; /* gzip: bytes still to inflate before `offset` is reached */

    char *buffer;
    size_t head;
    size_t scanned;
    size_t tail;
    size_t capacity;

    bool is_skipping; /* in a line that is too long: its first part stands at head */
    uint64_t dropped; /* bytes of it that are gone */
};

static bool path_is_gzip(const char *path)
{
    size_t size = strlen(path);
    return size > 3 && strcmp(path + size - 3, ".gz") == 0;
}

static leat_code lines_seek(leat_lines *lines, leat_error *err)
{
    struct stat status;
    if (fstat(lines->fd, &status) != 0)
        return leat_fail(err, LEAT_IO, "cannot stat `%s`: %s", lines->path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return leat_fail(err, LEAT_IO, "`%s` is not a regular file", lines->path);
    lines->inode = (uint64_t)status.st_ino;
    if (path_is_gzip(lines->path)) {
        lines->to_skip = lines->offset;
        lines->gz = gzdopen(lines->fd, "rb");
        if (lines->gz == NULL)
            return leat_fail(err, LEAT_IO, "cannot read `%s` as gzip", lines->path);
        lines->fd = -1;
        gzbuffer(lines->gz, READ_BYTES);
        return LEAT_OK;
    }
    if ((uint64_t)status.st_size < lines->offset)
        return leat_fail(err, LEAT_CORRUPT, "`%s` has %lld bytes, but %llu were read before",
                         lines->path, (long long)status.st_size, (unsigned long long)lines->offset);
    if (lseek(lines->fd, (off_t)lines->offset, SEEK_SET) < 0)
        return leat_fail(err, LEAT_IO, "cannot seek in `%s`: %s", lines->path, strerror(errno));
    return LEAT_OK;
}

leat_code leat_lines_open(
    const char *path, uint64_t offset, bool follow, leat_lines **out_lines, leat_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return leat_fail(err, errno == ENOENT ? LEAT_NOT_FOUND : LEAT_IO, "cannot open `%s`: %s",
                         path, strerror(errno));
    leat_lines *lines = LEAT_NEW(leat_lines);
    lines->path = leat_strdup(path);
    lines->fd = fd;
    lines->offset = offset;
    lines->follow = follow && !path_is_gzip(path);
    leat_code code = lines_seek(lines, err);
    if (code != LEAT_OK) {
        leat_lines_close(&lines);
        return code;
    }
    *out_lines = lines;
    return LEAT_OK;
}

void leat_lines_close(leat_lines **lines_slot)
{
    leat_lines *lines = LEAT_TAKE(*lines_slot);
    if (lines == NULL)
        return;
    if (lines->gz != NULL)
        gzclose_r(lines->gz);
    if (lines->fd >= 0)
        close(lines->fd);
    leat_free(lines->buffer);
    leat_free(lines->path);
    leat_free(lines);
}

uint64_t leat_lines_offset(const leat_lines *lines)
{
    return lines->offset;
}

uint64_t leat_lines_inode(const leat_lines *lines)
{
    return lines->inode;
}

/* LEAT_OK: *out_size bytes, 0 at the end of what there is. */
static leat_code
file_read(leat_lines *lines, char *to, size_t size, size_t *out_size, leat_error *err)
{
    if (lines->gz == NULL) {
        ssize_t count;
        do {
            count = read(lines->fd, to, size);
        } while (count < 0 && errno == EINTR);
        if (count < 0)
            return leat_fail(err, LEAT_IO, "cannot read `%s`: %s", lines->path, strerror(errno));
        *out_size = (size_t)count;
        return LEAT_OK;
    }
    int count = gzread(lines->gz, to, (unsigned)size);
    int problem = Z_OK;
    const char *text = gzerror(lines->gz, &problem);
    if (count < 0 || (count == 0 && problem != Z_OK && problem != Z_STREAM_END))
        return leat_fail(err, problem == Z_ERRNO ? LEAT_IO : LEAT_CORRUPT,
                         "cannot inflate `%s`: %s", lines->path, text);
    *out_size = (size_t)count;
    return LEAT_OK;
}

static void buffer_make_room(leat_lines *lines)
{
    if (lines->head > 0) {
        memmove(lines->buffer, lines->buffer + lines->head, lines->tail - lines->head);
        lines->scanned -= lines->head;
        lines->tail -= lines->head;
        lines->head = 0;
    }
    if (lines->capacity - lines->tail < READ_BYTES) {
        lines->capacity = lines->tail + READ_BYTES;
        lines->buffer = leat_realloc(lines->buffer, lines->capacity);
    }
}

/* Inflate towards the offset, at most one slice. */
static leat_code lines_skip(leat_lines *lines, leat_error *err)
{
    buffer_make_room(lines);
    for (size_t skipped = 0; lines->to_skip > 0;) {
        if (skipped >= SKIP_BYTES_PER_CALL)
            return LEAT_AGAIN;
        size_t size = (size_t)LEAT_MIN(lines->to_skip, (uint64_t)READ_BYTES);
        LEAT_TRY(file_read(lines, lines->buffer, size, &size, err));
        if (size == 0)
            return leat_fail(err, LEAT_CORRUPT, "`%s` is shorter than the %llu bytes read before",
                             lines->path, (unsigned long long)lines->offset);
        lines->to_skip -= size;
        skipped += size;
    }
    return LEAT_OK;
}

/* Nothing more to read now: a last line without newline, the end, or wait. */
static leat_code lines_finish(leat_lines *lines, leat_error *err)
{
    struct stat status;
    if (!lines->follow) {
        lines->is_at_end = true;
        return LEAT_OK;
    }
    uint64_t have = lines->offset + lines->dropped + (lines->tail - lines->head);
    if (fstat(lines->fd, &status) == 0 && (uint64_t)status.st_size < have)
        return leat_fail(err, LEAT_CORRUPT, "`%s` was cut while it was followed", lines->path);
    return LEAT_AGAIN;
}

/* Of a line that is too long keep the part to show. */
static void line_drop_rest(leat_lines *lines)
{
    size_t kept = lines->head + LEAT_LINE_SHOWN_MAX;
    if (lines->tail <= kept)
        return;
    lines->dropped += lines->tail - kept;
    lines->tail = lines->scanned = kept;
}

static void line_give(leat_lines *lines, size_t end, size_t newline_size, leat_line *out_line)
{
    size_t size = end - lines->head;
    lines->is_skipping |= size > LEAT_RECORD_BYTES_MAX;
    size_t shown = lines->is_skipping ? LEAT_MIN(size, (size_t)LEAT_LINE_SHOWN_MAX) : size;
    *out_line = (leat_line){.text = leat_bytes_of(lines->buffer + lines->head, shown),
                            .start = lines->offset,
                            .is_too_long = lines->is_skipping};
    lines->offset += lines->dropped + size + newline_size;
    lines->head = lines->scanned = end + newline_size;
    lines->dropped = 0;
    lines->is_skipping = false;
}

leat_code leat_lines_next(leat_lines *lines, leat_line *out_line, leat_error *err)
{
    if (lines->to_skip > 0)
        LEAT_TRY(lines_skip(lines, err));
    for (;;) {
        size_t unscanned = lines->tail - lines->scanned;
        const char *newline =
            unscanned == 0 ? NULL : memchr(lines->buffer + lines->scanned, '\n', unscanned);
        if (newline != NULL) {
            line_give(lines, (size_t)(newline - lines->buffer), 1, out_line);
            return LEAT_OK;
        }
        lines->scanned = lines->tail;
        if (lines->is_at_end) {
            if (lines->head == lines->tail)
                return LEAT_END;
            line_give(lines, lines->tail, 0, out_line);
            return LEAT_OK;
        }
        lines->is_skipping |= lines->tail - lines->head > LEAT_RECORD_BYTES_MAX;
        if (lines->is_skipping)
            line_drop_rest(lines);
        buffer_make_room(lines);
        size_t size = 0;
        LEAT_TRY(file_read(lines, lines->buffer + lines->tail, READ_BYTES, &size, err));
        lines->tail += size;
        if (size == 0)
            LEAT_TRY(lines_finish(lines, err));
    }
}
