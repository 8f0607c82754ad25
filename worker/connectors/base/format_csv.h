/* SPDX-License-Identifier: Apache-2.0
 *
 * format_csv - rows as comma-separated values (RFC 4180); private to format.c. See format.h.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_FORMAT_CSV_H
#define LEAT_WORKER_CONNECTORS_BASE_FORMAT_CSV_H

#include "worker/connectors/base/connector.h"

typedef struct leat_csv leat_csv;

void leat_csv_check(const leat_connector_config *config,
                    bool is_sink,
                    leat_diagnostics *diagnostics);
leat_csv *leat_csv_new(const leat_connector_config *config);
void leat_csv_free(leat_csv **csv);
bool leat_csv_has_header(const leat_connector_config *config);
leat_code leat_csv_read_header(leat_csv *csv, leat_bytes record, const char **out_reason);
/* LEAT_AGAIN: a quoted field is still open. */
leat_code
leat_csv_read(leat_csv *csv, leat_bytes record, leat_builder *builder, const char **out_reason);
void leat_csv_write(const leat_connector_config *config, const leat_rows *rows, leat_buf *out);

/* The options of the format. */
extern const char *const leat_csv_options[];
extern const uint32_t leat_csv_option_count;

#endif
