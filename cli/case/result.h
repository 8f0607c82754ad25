/* SPDX-License-Identifier: Apache-2.0
 *
 * result - what came out of a sink: a changelog, and the rows that are left when it is folded.
 *
 * The connector `case` writes a row as its change and a JSON array, `+I [1, "a", null]`: numbers
 * and booleans as they are, everything else as text, as PostgreSQL prints it.
 *
 * Thread: one owner.
 */
#ifndef LEAT_CLI_CASE_RESULT_H
#define LEAT_CLI_CASE_RESULT_H

#include "cli/case/case.h"
#include "common/plan/logical.h"
#include "worker/connectors/base/connector.h"

extern const leat_sink_class leat_case_sink;

/* One row. The text lives in the result. */
typedef struct leat_case_line {
    leat_change change;
    uint32_t peers; /* rows that are equal in the sink's order have the same number */
    leat_bytes row; /* "[1, \"a\"]" */
} leat_case_line;

typedef struct leat_case_result {
    leat_bytes sink; /* lives in the plan, as the schema */
    const leat_schema *schema;
    bool is_upsert; /* changes name the new row only: `keys` say which one it replaces */
    uint32_t key_count;
    const uint16_t *keys;
    uint32_t order_count; /* 0: rows have no order but that of their arrival */
    const leat_order *orders;

    leat_buf text; /* as the sink wrote it */
    LEAT_VEC(leat_case_line) changes;
    LEAT_VEC(leat_case_line) rows; /* folded, in the sink's order, then by their last insertion */
} leat_case_result;

/* Cut result->text into changes, fold and sort them.
 * Errors: LEAT_CORRUPT a line is none; LEAT_INVALID a row is taken back that was never given. */
LEAT_MUST_USE leat_code leat_case_result_fold(leat_case_result *result, leat_error *err);
void leat_case_result_fini(leat_case_result *result);

/* The cells of a row as a case would write them; memory from the arena. */
LEAT_MUST_USE leat_code leat_case_line_read(const leat_case_line *line,
                                            leat_arena *arena,
                                            leat_case_row *out_row,
                                            leat_error *err);

#endif
