/* SPDX-License-Identifier: Apache-2.0
 *
 * bad_rows - collects records that a source could not read as rows of its side output `bad`:
 * raw, file, position, reason, found by name, any of them may be missing.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_BAD_ROWS_H
#define LEAT_WORKER_EXEC_BAD_ROWS_H

#include "common/columns/builder.h"
#include "worker/connectors/base/connector.h"

enum { LEAT_BAD_ROWS_MAX = 256 }; /* collected before the source must emit them */

typedef struct leat_bad_rows {
    leat_builder *builder;
    int32_t raw; /* columns, or -1 */
    int32_t file;
    int32_t position;
    int32_t reason;
} leat_bad_rows;

void leat_bad_rows_init(leat_bad_rows *bad, const leat_schema *schema);
void leat_bad_rows_fini(leat_bad_rows *bad);
/* Needs: leat_builder_room(bad->builder) > 0. */
void leat_bad_rows_add(leat_bad_rows *bad, const leat_bad_record *record);

#endif
