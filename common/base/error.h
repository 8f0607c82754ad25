/* SPDX-License-Identifier: Apache-2.0
 *
 * error - what went wrong in the world: a code for the caller, a sentence for the person.
 *
 * Deep code says what is wrong (leat_fail), callers add where on the way up (leat_error_add).
 * A `leat_code` alone is enough where nobody reads the text (LEAT_FULL, LEAT_AGAIN).
 */
#ifndef LEAT_COMMON_BASE_ERROR_H
#define LEAT_COMMON_BASE_ERROR_H

#include "common/base/attrs.h"

/* What a caller may do about a code. */
typedef enum leat_code_class {
    LEAT_CLASS_OK,
    LEAT_CLASS_LATER,     /* out of room or nothing yet: try again, no text, no log */
    LEAT_CLASS_TRANSIENT, /* the world is busy or gone for now: retry with back-off */
    LEAT_CLASS_REJECTED,  /* the user asked for something wrong: tell them */
    LEAT_CLASS_CORRUPT,   /* data is not what we wrote: fail the job or replica */
    LEAT_CLASS_FATAL,     /* this process cannot go on */
} leat_code_class;

#define LEAT_CODES(X)                                                                              \
    X(OK, "ok", OK)                                                                                \
    X(FULL, "full", LATER)                                                                         \
    X(AGAIN, "again", LATER)                                                                       \
    X(END, "end", LATER)                                                                           \
    X(TIMEOUT, "timeout", TRANSIENT)                                                               \
    X(UNAVAILABLE, "unavailable", TRANSIENT)                                                       \
    X(BUSY, "busy", TRANSIENT)                                                                     \
    X(NO_SPACE, "no space", TRANSIENT)                                                             \
    X(INVALID, "invalid", REJECTED)                                                                \
    X(NOT_FOUND, "not found", REJECTED)                                                            \
    X(EXISTS, "exists", REJECTED)                                                                  \
    X(UNSUPPORTED, "unsupported", REJECTED)                                                        \
    X(LIMIT, "limit exceeded", REJECTED)                                                           \
    X(DENIED, "denied", REJECTED)                                                                  \
    X(RECORD, "bad record", REJECTED)                                                              \
    X(FENCED, "fenced", REJECTED)                                                                  \
    X(CORRUPT, "corrupt", CORRUPT)                                                                 \
    X(IO, "i/o error", FATAL)                                                                      \
    X(FATAL, "fatal", FATAL)

typedef enum leat_code {
#define X(name, text, class) LEAT_##name,
    LEAT_CODES(X)
#undef X
        LEAT_CODE_COUNT
} leat_code;

enum { LEAT_ERROR_TEXT_MAX = 480, LEAT_ERROR_FRAMES_MAX = 4, LEAT_ERROR_FRAME_MAX = 120 };

/* A code, its sentence, and up to four "where" frames, innermost first. Plain value. */
typedef struct leat_error {
    leat_code code;
    int frame_count;
    char text[LEAT_ERROR_TEXT_MAX];
    char frames[LEAT_ERROR_FRAMES_MAX][LEAT_ERROR_FRAME_MAX];
} leat_error;

/* Set `err` (may be NULL) and return `code`, so that `return leat_fail(...)` reads well.
 * Sentences: lower case, no period, quote the offending text, say what was expected. */
leat_code leat_fail(leat_error *err, leat_code code, const char *format, ...) LEAT_PRINTF(3, 4);

/* Add where it happened, on the way up. Frames beyond the fourth are dropped. Returns err->code. */
leat_code leat_error_add(leat_error *err, const char *format, ...) LEAT_PRINTF(2, 3);

/* One line: "where <- where: text". Returns the length that was written (at most size - 1). */
size_t leat_error_print(const leat_error *err, char *out, size_t size);

const char *leat_code_name(leat_code code);
leat_code_class leat_code_class_of(leat_code code);

/* Return from the enclosing function unless `expression` is LEAT_OK. */
#define LEAT_TRY(expression)                                                                       \
    do {                                                                                           \
        leat_code leat_try_ = (expression);                                                        \
        if (LEAT_UNLIKELY(leat_try_ != LEAT_OK))                                                   \
            return leat_try_;                                                                      \
    } while (0)

#endif
