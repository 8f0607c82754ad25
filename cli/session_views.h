/* SPDX-License-Identifier: Apache-2.0
 *
 * session_views - a SELECT that reads nothing but kept views is answered from their rows.
 *
 * Each view that is kept becomes a table over a file of its rows as they are, and the query a
 * bounded one over those. Private to the session.
 */
#ifndef LEAT_CLI_SESSION_VIEWS_H
#define LEAT_CLI_SESSION_VIEWS_H

#include "cli/session_parts.h"

/* The plan of the step's query, in its arena, over the rows of kept views, which it waits for:
 * those of an epoch that is completed after the question was asked. NULL: it reads something else,
 * too. False after an error was printed. */
bool leat_session_plan_views(leat_session *session,
                             leat_session_step *step,
                             const leat_logical_plan **out_plan);

/* Append `"a":1,"b":null`: the cells of a row as members of a JSON object. */
void leat_view_row_print(const leat_schema *schema, const leat_case_row *row, leat_buf *out);

#endif
