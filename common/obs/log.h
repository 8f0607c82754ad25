/* SPDX-License-Identifier: Apache-2.0
 *
 * log - one line per event on stderr, with the time in UTC:
 *
 *   2026-11-20T13:40:38.123Z info checkpoint_completed job=3 epoch=41 ms=212
 *
 * Event names are stable, snake_case, past tense. Only shells log; libraries return. Values
 * with spaces or quotes are quoted. Lines longer than LEAT_LOG_LINE_MAX are cut and end in `...`.
 *
 * A storm does not fill a disk: of one event of one job, LEAT_LOG_BURST lines a second are
 * written; the others are counted, and when the second is over one line says how many there
 * were: `warn message_rejected repeated=1377`. Debug lines are all written.
 *
 * Thread: any; a line is one write, so lines never mix.
 */
#ifndef LEAT_COMMON_OBS_LOG_H
#define LEAT_COMMON_OBS_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

enum { LEAT_LOG_LINE_MAX = 2048, LEAT_LOG_BURST = 10, LEAT_LOG_TIME_BYTES = 24 };

typedef struct leat_log_ring leat_log_ring;

typedef enum leat_log_level {
    LEAT_LOG_DEBUG,
    LEAT_LOG_INFO,  /* state changed */
    LEAT_LOG_WARN,  /* handled, says how */
    LEAT_LOG_ERROR, /* someone must act */
} leat_log_level;

/* Lines below it are dropped; INFO at start. LEAT_LOG=debug|info|warn|error is for main to read. */
void leat_log_set_level(leat_log_level level);
bool leat_log_level_of(leat_bytes name, leat_log_level *out_level);
const char *leat_log_level_name(leat_log_level level); /* "info" */

/* Written after the event on every line, e.g. "worker=3"; "" at start. Copied. */
void leat_log_set_context(const char *context);

/* Each line is given to `write` instead of stderr, without time and line end; NULL: stderr again.
 */
typedef void leat_log_writer(void *context, leat_log_level level, leat_bytes line);
void leat_log_set_writer(leat_log_writer *writer, void *context);

/* Lines from INFO on are kept there too, whatever the level is; borrowed, NULL: nowhere. */
void leat_log_set_ring(leat_log_ring *ring);

/* Write what was counted and not yet said. Shells call it now and then, so that the last word of
 * a storm does not wait for the next line; any line does the same. */
void leat_log_tick(void);

/* "2026-11-20T13:40:38.123Z": LEAT_LOG_TIME_BYTES of it, and a NUL. */
void leat_log_print_time(int64_t time_ms, char out[LEAT_LOG_TIME_BYTES + 1]);

/* One key and its value; made by the macros below. */
typedef struct leat_log_field {
    const char *key;
    enum { LEAT_LOG_I64, LEAT_LOG_U64, LEAT_LOG_TEXT, LEAT_LOG_DOUBLE } kind;
    union {
        int64_t i64;
        uint64_t u64;
        double real;
        leat_bytes text;
    } value;
} leat_log_field;

void leat_log_event(leat_log_level level,
                    const char *event,
                    const leat_log_field *fields,
                    size_t field_count);

/* At least one field (an event without any: leat_log_event(level, event, NULL, 0)):
 * leat_log(LEAT_LOG_INFO, "job_started", LEAT_KI("job", id), LEAT_KS("name", name)); */
#define leat_log(level, event, ...)                                                                \
    do {                                                                                           \
        const leat_log_field leat_fields_[] = {__VA_ARGS__};                                       \
        leat_log_event((level), (event), leat_fields_, LEAT_COUNT_OF(leat_fields_));               \
    } while (0)

#define LEAT_KI(k, v)                                                                              \
    {                                                                                              \
        .key = (k), .kind = LEAT_LOG_I64, .value.i64 = (int64_t)(v)                                \
    }
#define LEAT_KU(k, v)                                                                              \
    {                                                                                              \
        .key = (k), .kind = LEAT_LOG_U64, .value.u64 = (uint64_t)(v)                               \
    }
#define LEAT_KD(k, v)                                                                              \
    {                                                                                              \
        .key = (k), .kind = LEAT_LOG_DOUBLE, .value.real = (v)                                     \
    }
#define LEAT_KS(k, v)                                                                              \
    {                                                                                              \
        .key = (k), .kind = LEAT_LOG_TEXT, .value.text = leat_bytes_text(v)                        \
    }
#define LEAT_KB(k, v)                                                                              \
    {                                                                                              \
        .key = (k), .kind = LEAT_LOG_TEXT, .value.text = (v)                                       \
    }

/* `error=...` and `reason="..."` of an error. */
void leat_log_failure(leat_log_level level, const char *event, const leat_error *err);

#endif
