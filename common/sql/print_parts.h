/* SPDX-License-Identifier: Apache-2.0
 *
 * print_parts - what the files that print SQL share. Private to them.
 */
#ifndef LEAT_COMMON_SQL_PRINT_PARTS_H
#define LEAT_COMMON_SQL_PRINT_PARTS_H

#include "common/sql/print.h"

void leat_sql_print_type(leat_type type, leat_buf *out);
void leat_sql_print_over(const leat_sql_over *over, leat_buf *out);
void leat_sql_print_orders(const leat_sql_orders *orders, leat_buf *out); /* "ORDER BY a", or "" */
void leat_sql_print_names(const leat_sql_names *names, leat_buf *out);    /* "(a, b)", or "" */

#endif
