/* SPDX-License-Identifier: Apache-2.0
 *
 * regexp - a regular expression, compiled: PCRE2 behind PostgreSQL's spelling.
 *
 * What PostgreSQL writes differently is translated (\m \M \y \A \Z, embedded options). A match is
 * bounded by a count of steps, so that no pattern can hold an executor for long.
 *
 * Private to common/expr. A compiled expression lives in the arena it was made in and may be used
 * by several threads; what a match found is in the caller's hands. Memory: PCRE2 allocates from
 * the arena.
 */
#ifndef LEAT_COMMON_EXPR_REGEXP_H
#define LEAT_COMMON_EXPR_REGEXP_H

#include "common/base/arena.h"
#include "common/base/buf.h"

typedef struct leat_regexp leat_regexp;

enum { LEAT_REGEXP_GROUPS_MAX = 32 };

/* Group 0 is the whole match; start == SIZE_MAX: the group took no part. */
typedef struct leat_regexp_match {
    uint32_t group_count; /* with group 0 */
    size_t start[LEAT_REGEXP_GROUPS_MAX];
    size_t end[LEAT_REGEXP_GROUPS_MAX];
} leat_regexp_match;

typedef enum leat_regexp_result {
    LEAT_REGEXP_NONE,
    LEAT_REGEXP_FOUND,
    LEAT_REGEXP_REFUSED, /* too many steps, or no UTF-8 */
} leat_regexp_result;

/* Flags: i (any case), s and n (dot and line ends), x (spaces mean nothing), g (not read here).
 * NULL with a reason (static text) when the pattern or a flag is wrong. */
leat_regexp *
leat_regexp_new(leat_bytes pattern, leat_bytes flags, leat_arena *arena, const char **out_reason);
uint32_t leat_regexp_group_count(const leat_regexp *regexp); /* without group 0 */

/* Room for the matches of one expression, for one thread. */
typedef struct leat_regexp_search leat_regexp_search;
leat_regexp_search *leat_regexp_search_new(leat_arena *arena);

/* The first match at or after `from`. */
leat_regexp_result leat_regexp_find(const leat_regexp *regexp,
                                    leat_regexp_search *search,
                                    leat_bytes text,
                                    size_t from,
                                    leat_regexp_match *out_match);

#endif
