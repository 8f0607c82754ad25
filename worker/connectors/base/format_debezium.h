/* SPDX-License-Identifier: Apache-2.0
 *
 * format_debezium - changes of rows as Debezium writes them in JSON; private to format.c. See
 * format.h.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_FORMAT_DEBEZIUM_H
#define LEAT_WORKER_CONNECTORS_BASE_FORMAT_DEBEZIUM_H

#include "worker/connectors/base/connector.h"

typedef struct leat_debezium leat_debezium;

leat_debezium *leat_debezium_new(const leat_connector_config *config);
void leat_debezium_free(leat_debezium **debezium);
leat_code leat_debezium_read(leat_debezium *debezium,
                             leat_bytes record,
                             leat_builder *builder,
                             const char **out_reason);
/* A -U and its +U are one record. */
void leat_debezium_write(const leat_rows *rows, leat_buf *out);

#endif
