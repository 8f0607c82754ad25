/* SPDX-License-Identifier: Apache-2.0
 *
 * fields - what a source with fixed fields offers, matched with the columns a topology asks for.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_FIELDS_H
#define LEAT_WORKER_CONNECTORS_BASE_FIELDS_H

#include "worker/connectors/base/connector.h"

typedef struct leat_source_field {
    const char *name;
    leat_type_id type;
} leat_source_field;

enum { LEAT_FIELDS_MAX = 64 };

/* The field of a column, by its name without regard to case; -1 when there is none. */
int32_t leat_fields_find(const leat_source_field *fields, uint32_t field_count, leat_bytes column);
/* Report each column of the schema that is no field or has another type. */
void leat_fields_check(const leat_connector_config *config,
                       const leat_source_field *fields,
                       uint32_t field_count,
                       leat_diagnostics *diagnostics);

#endif
