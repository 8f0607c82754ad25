/* SPDX-License-Identifier: Apache-2.0
 *
 * printer - standard output of a worker behind a thread of its own: print sinks hand over whole
 * lines and go on, so that a reader who stops reading does not stop the epochs of a job.
 *
 * Invariants
 *   P1  At most LEAT_PRINTER_BYTES wait. Lines that do not fit any more are dropped and counted:
 *       `print_stalled` says when that begins, `print_lines_dropped count=N` when it is over.
 *   P2  Lines are written whole and in the order in which they were handed over.
 *
 * `leat run` does without it: there the reader's pace is the job's, and no row is dropped.
 */
#ifndef LEAT_CLI_PRINTER_H
#define LEAT_CLI_PRINTER_H

#include "common/base/bytes.h"
#include "common/base/error.h"

enum { LEAT_PRINTER_BYTES = 4 * 1024 * 1024 };

typedef struct leat_printer leat_printer;

/* `fd`: where to, standard output or (in a test) a pipe; not closed. */
LEAT_MUST_USE leat_code leat_printer_start(int fd, leat_printer **out_printer, leat_error *err);
/* A leat_worker_print; `printer` is a leat_printer. Never waits for the reader. Thread: any. */
void leat_printer_print(void *printer, uint32_t job, leat_bytes sink, leat_bytes lines);
/* Lines that were dropped so far. Thread: any. */
uint64_t leat_printer_dropped_count(leat_printer *printer);
/* Write what waits, for at most two seconds: a reader who stopped for good must not keep the
 * process. Nobody may print any more. NULL inside is fine. */
void leat_printer_stop(leat_printer **printer);

#endif
