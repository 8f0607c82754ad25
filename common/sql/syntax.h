/* SPDX-License-Identifier: Apache-2.0
 *
 * syntax - text to trees: scripts of statements, single expressions, select lists. One scanner and
 * one grammar for all of them.
 *
 * Any bytes may come: text over 1 MiB, deep nesting and everything that is no SQL is reported with
 * its place and what was expected instead. All memory is the arena's.
 */
#ifndef LEAT_COMMON_SQL_SYNTAX_H
#define LEAT_COMMON_SQL_SYNTAX_H

#include "common/sql/statement.h"

/* One item of a select list: `upper(country) AS country`. */
typedef struct leat_select_item {
    leat_expr *expr;
    leat_bytes alias; /* given, or derived: a column's name, else the function's, else "colN" */
} leat_select_item;

/* Parse one expression / a comma-separated select list. NULL / 0 after an error was reported. */
leat_expr *
leat_expr_parse(leat_source_text source, leat_arena *arena, leat_diagnostics *diagnostics);
leat_select_item *leat_select_parse(leat_source_text source,
                                    leat_arena *arena,
                                    leat_diagnostics *diagnostics,
                                    uint32_t *out_count);

/* Parse a script: statements separated by semicolons. NULL after an error was reported. */
const leat_sql_script *
leat_sql_parse(leat_source_text source, leat_arena *arena, leat_diagnostics *diagnostics);

/* Where the first statement of a text ends: behind its semicolon. 0: it is not complete yet. A
 * statement set ends behind the semicolon of its END. */
size_t leat_sql_statement_size(leat_bytes text);

#endif
