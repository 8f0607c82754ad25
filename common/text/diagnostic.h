/* SPDX-License-Identifier: Apache-2.0
 *
 * diagnostic - everything wrong with a file, at once, each with its place.
 *
 * Front ends (topology, SQL, expressions) report into one list and go on; the list is printed
 * as `file:line:column: error: message`, the source line and a caret under the span. Bounded:
 * after LEAT_DIAGNOSTICS_MAX entries one last entry says how many were left out.
 */
#ifndef LEAT_COMMON_TEXT_DIAGNOSTIC_H
#define LEAT_COMMON_TEXT_DIAGNOSTIC_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/vec.h"

enum { LEAT_DIAGNOSTICS_MAX = 100 };

typedef enum leat_severity { LEAT_SEVERITY_WARNING, LEAT_SEVERITY_ERROR } leat_severity;

/* A place in a source text: 1-based, columns count bytes. line 0 = the file as a whole. */
typedef struct leat_place {
    uint32_t line;
    uint32_t column;
    uint32_t length; /* bytes to underline; 0 = one caret */
} leat_place;

typedef struct leat_diagnostic {
    leat_severity severity;
    leat_place place;
    const char *message; /* in the list's arena; lower case, no period */
} leat_diagnostic;

typedef struct leat_diagnostics {
    leat_arena *arena; /* kept; messages live here */
    const char *file;  /* name as the user gave it; kept */
    leat_bytes source; /* whole text, for the quoted lines; kept */
    LEAT_VEC(leat_diagnostic) entries;
    uint32_t error_count;
    uint32_t left_out_count;
} leat_diagnostics;

void leat_diagnostics_init(leat_diagnostics *list,
                           leat_arena *arena,
                           const char *file,
                           leat_bytes source);
void leat_diagnostics_fini(leat_diagnostics *list);
void leat_diagnostic_error(leat_diagnostics *list, leat_place place, const char *format, ...)
    LEAT_PRINTF(3, 4);
void leat_diagnostic_warning(leat_diagnostics *list, leat_place place, const char *format, ...)
    LEAT_PRINTF(3, 4);
/* All entries in source order. */
void leat_diagnostics_print(const leat_diagnostics *list, leat_buf *out);

/* The candidate nearest to `word` (edit distance <= a third of its length), or NULL. */
const char *leat_suggest(leat_bytes word, const char *const *candidates, size_t candidate_count);

/* Where an expression's text stands in the file: expression offset 0 is at `place`; is_literal
 * says that offsets map one to one (a scalar on one line, or a block whose lines stand behind
 * `indent` blanks); otherwise errors point at the scalar's start. */
typedef struct leat_source_text {
    leat_bytes text;
    leat_place place;
    bool is_literal;
    uint32_t indent; /* literal: blanks before every line but the first, not in `text` */
} leat_source_text;

#endif
