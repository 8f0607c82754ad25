/* SPDX-License-Identifier: Apache-2.0
 *
 * file - whole-file reads and writes, folders and locks, with errors a person can read.
 *
 * What must survive a crash goes through leat_file_write_durable or the two halves of it
 * (leat_file_sync, leat_file_rename), which sync the folder too: a rename is durable only then.
 *
 * Errors: LEAT_NOT_FOUND, LEAT_EXISTS, LEAT_DENIED, LEAT_NO_SPACE, LEAT_BUSY (lock), LEAT_IO,
 * each naming the path. Thread: any; calls block on the disk.
 */
#ifndef LEAT_COMMON_SYS_FILE_H
#define LEAT_COMMON_SYS_FILE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/vec.h"

enum { LEAT_PATH_MAX = 4096 };

/* The code that fits an errno, and "WHAT `PATH`: reason" in err. */
leat_code leat_file_fail(leat_error *err, int number, const char *what, const char *path);

/* Append the whole file; LEAT_LIMIT when it is larger than `limit_bytes`. */
LEAT_MUST_USE leat_code leat_file_read(const char *path,
                                       size_t limit_bytes,
                                       leat_buf *out,
                                       leat_error *err);

/* Write beside, sync, rename over `path`, sync the folder: after a crash the old or the new. */
LEAT_MUST_USE leat_code leat_file_write_durable(const char *path,
                                                leat_bytes content,
                                                leat_error *err);

/* All of `bytes`, whatever the kernel takes at once. `path` is for the message only. */
LEAT_MUST_USE leat_code leat_file_write_all(int fd,
                                            leat_bytes bytes,
                                            const char *path,
                                            leat_error *err);

LEAT_MUST_USE leat_code leat_file_sync(int fd, const char *path, leat_error *err);
LEAT_MUST_USE leat_code leat_file_rename(const char *from, const char *to, leat_error *err);
LEAT_MUST_USE leat_code leat_file_remove(const char *path, leat_error *err); /* absent is OK */
LEAT_MUST_USE leat_code leat_file_size(const char *path, uint64_t *out_bytes, leat_error *err);
bool leat_file_exists(const char *path);

/* The folder and its parents; existing ones are fine. Made ones are durable. */
LEAT_MUST_USE leat_code leat_dir_make(const char *path, leat_error *err);
LEAT_MUST_USE leat_code leat_dir_sync(const char *path, leat_error *err);
/* With everything below it; absent is OK. Symbolic links are removed, not followed. */
LEAT_MUST_USE leat_code leat_dir_remove(const char *path, leat_error *err);

/* Names (not paths) without `.` and `..`, sorted bytewise; free with leat_names_fini. */
typedef LEAT_VEC(char *) leat_names;
LEAT_MUST_USE leat_code leat_dir_list(const char *path, leat_names *out_names, leat_error *err);
void leat_names_fini(leat_names *names);

/* An exclusive lock on `path` (a file, made when missing), held until the descriptor is closed
 * or the process dies. LEAT_BUSY when somebody has it, this process included. */
LEAT_MUST_USE leat_code leat_file_lock(const char *path, int *out_fd, leat_error *err);
void leat_file_unlock(int *fd); /* sets it to -1; -1 is fine */

/* The file system of `path`: all of it, and what an unprivileged writer may still write. */
LEAT_MUST_USE leat_code leat_disk_size(const char *path, uint64_t *out_bytes, leat_error *err);
LEAT_MUST_USE leat_code leat_disk_free(const char *path, uint64_t *out_bytes, leat_error *err);

#endif
