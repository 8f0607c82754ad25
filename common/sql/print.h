/* SPDX-License-Identifier: Apache-2.0
 *
 * print - trees back to text: parsing what was printed gives the same tree.
 *
 * One spelling for everything (names quoted where they must be, every operator in parentheses,
 * windows in the short form), on one line a statement; remarks and comments are gone.
 */
#ifndef LEAT_COMMON_SQL_PRINT_H
#define LEAT_COMMON_SQL_PRINT_H

#include "common/sql/statement.h"

void leat_sql_print_name(leat_bytes name, leat_buf *out);
void leat_sql_print_expr(const leat_expr *expr, leat_buf *out);
void leat_sql_print_query(const leat_sql_query *query, leat_buf *out);
/* Without a semicolon. */
void leat_sql_print_statement(const leat_sql_statement *statement, leat_buf *out);
/* Each with a semicolon and a line end. */
void leat_sql_print_script(const leat_sql_script *script, leat_buf *out);

#endif
