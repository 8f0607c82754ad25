/* SPDX-License-Identifier: Apache-2.0
 *
 * connector - the two small interfaces to the outside: sources give rows, sinks take them.
 *
 * A connector is a class found by name in a registry that the shell (or the simulator) fills;
 * the engine knows only this header. Options are checked before a job is accepted, with places.
 *
 * Source contract
 *   1. splits(): names of the splits that exist now; called at start and now and then. A name
 *      identifies a split for ever (a file: path and inode).
 *   2. open_split at a position restored from state (empty = the beginning), then poll: append
 *      rows to the builder, at most max_rows. LEAT_OK rows were added or bad records reported;
 *      LEAT_AGAIN none now; LEAT_END never again. Rows that came before position() was taken
 *      never come again.
 *   3. position(): opaque printable bytes, appended; polling after open_split(position) continues
 *      exactly there.
 *   4. Bad records: the reader calls `bad` with raw bytes, place, reason and goes on; policy is
 *      exec's.
 *   5. Columns that are not wanted are omitted from the builder (constant NULL).
 *   6. The config outlives its readers.
 *
 * Sink contract: encode rows to bytes for the sink's parts; what becomes visible when is exec's
 * sink driver's business.
 *
 * Thread: one executor per reader. A source may read files; it must not block on anything slower.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_CONNECTOR_H
#define LEAT_WORKER_CONNECTORS_BASE_CONNECTOR_H

#include "common/columns/builder.h"
#include "common/text/diagnostic.h"

/* A `name: value` of the topology file, with its places. */
typedef struct leat_connector_option {
    leat_bytes name;
    leat_bytes value;
    leat_place place;     /* of the value */
    leat_place key_place; /* of the name */
} leat_connector_option;

typedef struct leat_connector_config {
    const leat_schema *schema; /* of the rows (source: full schema; `wanted` says which are used) */
    const bool *wanted;        /* source: columns somebody reads, or NULL = all */
    const leat_connector_option *options;
    uint32_t option_count;
    const char *files_root; /* relative paths stand below it; NULL = working directory */
    uint32_t parallelism;   /* slots of the job: how many splits a generator makes */
} leat_connector_config;

enum { LEAT_BAD_RECORD_RAW_MAX = 64 * 1024 };

typedef struct leat_bad_record {
    leat_bytes raw;      /* the record, cut at LEAT_BAD_RECORD_RAW_MAX */
    leat_bytes resource; /* file */
    uint64_t position;   /* byte the record starts at, as the reader counts (uncompressed) */
    const char *reason;
} leat_bad_record;

typedef void leat_bad_record_report(void *self, const leat_bad_record *record);

/* What a poll may do and whom it tells. */
typedef struct leat_poll {
    leat_time now_us; /* wall clock as handed in by the executor */
    uint32_t max_rows;
    leat_bad_record_report *bad;
    void *bad_self;
} leat_poll;

typedef struct leat_source_reader leat_source_reader;

typedef struct leat_source_class {
    const char *name;
    /* Report every unknown or wrong option with its place and a suggestion; the schema too
     * (a generator whose fields are fixed names the field that does not exist). */
    void (*check)(const leat_connector_config *config, leat_diagnostics *diagnostics);
    /* Append split names ('\0' separated) to `out`. */
    leat_code (*splits)(const leat_connector_config *config, leat_buf *out, leat_error *err);
    leat_code (*open_split)(const leat_connector_config *config,
                            leat_bytes split,
                            leat_bytes position,
                            leat_source_reader **out_reader,
                            leat_error *err);
    leat_code (*poll)(leat_source_reader *reader,
                      const leat_poll *poll,
                      leat_builder *builder,
                      leat_error *err);
    void (*position)(const leat_source_reader *reader, leat_buf *out);
    void (*close)(leat_source_reader **reader);
} leat_source_class;

/* Contract 5, for poll(): at no cost once done. */
void leat_source_omit_unwanted(const leat_connector_config *config, leat_builder *builder);

typedef enum leat_sink_kind {
    LEAT_SINK_FILE,  /* class S3: parts that become visible with their epoch */
    LEAT_SINK_PRINT, /* class S6: shown at once, may repeat after a crash */
    LEAT_SINK_NULL,  /* counts and drops (`blackhole`): for benchmarks */
} leat_sink_kind;

typedef struct leat_sink_class {
    const char *name;
    leat_sink_kind kind;
    void (*check)(const leat_connector_config *config, leat_diagnostics *diagnostics);
    /* Append the rows' encoding (JSON lines) to `out`. */
    void (*encode)(const leat_connector_config *config, const leat_rows *rows, leat_buf *out);
} leat_sink_class;

enum { LEAT_CONNECTORS_MAX = 32 };

typedef struct leat_connectors {
    const leat_source_class *sources[LEAT_CONNECTORS_MAX];
    uint32_t source_count;
    const leat_sink_class *sinks[LEAT_CONNECTORS_MAX];
    uint32_t sink_count;
} leat_connectors;

void leat_connectors_add_source(leat_connectors *connectors, const leat_source_class *source);
void leat_connectors_add_sink(leat_connectors *connectors, const leat_sink_class *sink);
const leat_source_class *leat_connectors_source(const leat_connectors *connectors,
                                                leat_bytes name); /* or NULL */
const leat_sink_class *leat_connectors_sink(const leat_connectors *connectors, leat_bytes name);

#endif
