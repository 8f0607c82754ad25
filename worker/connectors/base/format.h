/* SPDX-License-Identifier: Apache-2.0
 *
 * format - records of text as rows, in and out: json, csv, raw, debezium-json.
 *
 * A connector cuts its input into lines and asks for rows; it knows no format by name. A record is
 * a line, but a format may ask for the next one too (a quoted line break in csv). Out: rows as
 * whole lines. Options of a format stand among those of the connector.
 *
 *   json           format_json.h
 *   csv            RFC 4180: `delimiter` (`,`), `quote` (`"`), `null` (nothing), `header` (false);
 *                  Flink's names of them, csv.field-delimiter ..., too. An unquoted field that is
 *                  equal to `null` is NULL, a quoted one never. With a header its names choose the
 *                  columns, else fields stand in the order of the columns.
 *   raw            one column of text or bytes: the line
 *   debezium-json  {"before": row, "after": row, "op": "c" | "r" | "u" | "d"}, bare or as
 * `payload`: changes, in and out
 *
 * Reader: one owner.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_FORMAT_H
#define LEAT_WORKER_CONNECTORS_BASE_FORMAT_H

#include "worker/connectors/base/connector.h"

typedef enum leat_format {
    LEAT_FORMAT_JSON,
    LEAT_FORMAT_CSV,
    LEAT_FORMAT_RAW,
    LEAT_FORMAT_DEBEZIUM,
    LEAT_FORMAT_COUNT
} leat_format;

/* Most rows one record can be. */
enum { LEAT_FORMAT_ROWS_MAX = 2 };

typedef struct leat_format_reader leat_format_reader;

/* Report each option that is neither the connector's (`names`) nor the format's, what is wrong
 * with those of the format, and a schema that it cannot have. */
void leat_format_check(const leat_connector_config *config,
                       const char *const *names,
                       uint32_t name_count,
                       bool is_sink,
                       leat_diagnostics *diagnostics);

/* Needs: the config passed the check, and outlives the reader. */
leat_format_reader *leat_format_reader_new(const leat_connector_config *config);
void leat_format_reader_free(leat_format_reader **reader);

/* Whether the first record of every file is a header, to be read by the next function. */
bool leat_format_has_header(const leat_connector_config *config);
/* LEAT_RECORD: *out_reason says why. */
leat_code
leat_format_read_header(leat_format_reader *reader, leat_bytes record, const char **out_reason);

/* Whether a line of nothing but spaces is no record. */
bool leat_format_skips_blank(const leat_format_reader *reader);

/* Append the rows of a record; the builder has the config's schema, unwanted columns omitted, and
 * room for LEAT_FORMAT_ROWS_MAX. LEAT_AGAIN: the record goes on behind a newline; ask again with
 * both. LEAT_RECORD: nothing was appended, *out_reason says why until the next call. */
leat_code leat_format_read(leat_format_reader *reader,
                           leat_bytes record,
                           leat_builder *builder,
                           const char **out_reason);

/* Append each selected row, or change of rows, as a line. */
void leat_format_write(const leat_connector_config *config, const leat_rows *rows, leat_buf *out);

#endif
