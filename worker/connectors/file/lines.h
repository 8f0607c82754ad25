/* SPDX-License-Identifier: Apache-2.0
 *
 * lines - whole lines of a plain or gzip file, from an offset in the uncompressed text on.
 *
 * A file that does not grow ends with its last byte, so a last line without a newline counts; of
 * one that is followed only lines that have their newline are given. A gzip file is inflated
 * again up to the offset, a slice per call. Bounded: lines longer than LEAT_RECORD_BYTES_MAX are
 * skipped and reported, never held.
 */
#ifndef LEAT_WORKER_CONNECTORS_FILE_LINES_H
#define LEAT_WORKER_CONNECTORS_FILE_LINES_H

#include "common/base/bytes.h"
#include "common/base/error.h"

typedef struct leat_lines leat_lines;

typedef struct leat_line {
    leat_bytes text;  /* without its newline; valid until the next call */
    uint64_t start;   /* byte of the uncompressed file it starts at */
    bool is_too_long; /* text is only its first LEAT_LINE_SHOWN_MAX bytes */
} leat_line;

enum { LEAT_LINE_SHOWN_MAX = 64 * 1024 };

/* Errors: LEAT_NOT_FOUND, LEAT_IO, LEAT_CORRUPT when the file is shorter than offset. */
LEAT_MUST_USE leat_code leat_lines_open(
    const char *path, uint64_t offset, bool follow, leat_lines **out_lines, leat_error *err);
void leat_lines_close(leat_lines **lines);
/* LEAT_OK a line; LEAT_AGAIN none now; LEAT_END never again; LEAT_IO, LEAT_CORRUPT. */
LEAT_MUST_USE leat_code leat_lines_next(leat_lines *lines, leat_line *out_line, leat_error *err);
/* Where the next line starts. */
uint64_t leat_lines_offset(const leat_lines *lines);
uint64_t leat_lines_inode(const leat_lines *lines);

#endif
