/* SPDX-License-Identifier: Apache-2.0
 *
 * case - one test of a topology or a SQL script: what goes in, in which order, and what must come
 * out. Plain data, read-only once read; it lives in the arena of whoever read it.
 *
 * Values are text, as PostgreSQL prints them: what they mean is decided by the column they are
 * for. Two readers make cases: case_json.c (one JSON object a line) and case_yaml.c (for people).
 */
#ifndef LEAT_CLI_CASE_CASE_H
#define LEAT_CLI_CASE_CASE_H

#include "common/base/vec.h"
#include "common/text/variables.h"

typedef struct leat_case_cell {
    leat_bytes text;
    bool is_null;
} leat_case_cell;

typedef struct leat_case_row {
    uint32_t count;
    leat_case_cell *cells;
    leat_bytes *names; /* the column of each cell; NULL = in the order of the columns */
} leat_case_row;

typedef struct leat_case_rows {
    uint32_t count;
    leat_case_row *items;
} leat_case_rows;

typedef struct leat_case_column {
    leat_bytes name;
    leat_bytes type; /* as written: "numeric(10,2)" */
} leat_case_column;

typedef struct leat_case_table {
    leat_bytes name;
    uint32_t column_count; /* 0: the topology's source says */
    leat_case_column *columns;
    uint32_t key_count; /* primary key; 0 = a stream of rows */
    leat_bytes *keys;
    leat_bytes event_time;      /* column, size 0 = none */
    leat_bytes watermark_delay; /* "5 SECOND"; size 0 = none */
    leat_case_rows rows;        /* what arrives when there are no operations on this table */
} leat_case_table;

typedef enum leat_case_op_kind {
    LEAT_CASE_INSERT,    /* +I; replaces the row with that key in a table that changes */
    LEAT_CASE_DELETE,    /* -D; by key where there is one, else this very row */
    LEAT_CASE_BEFORE,    /* -U: deletes like -D; what follows is its +U */
    LEAT_CASE_UPSERT,    /* +U, upsert: inserts or replaces */
    LEAT_CASE_TOMBSTONE, /* null-value: a delete for a table with a key, nothing for a stream */
} leat_case_op_kind;

#define LEAT_CASE_NO_TABLE UINT32_MAX

typedef struct leat_case_op {
    uint32_t table; /* or LEAT_CASE_NO_TABLE: only time passes */
    leat_bytes at;  /* processing time from here on; size 0: a millisecond after the last one */
    leat_case_op_kind kind;
    uint64_t batch; /* neighbours with the same number arrive together; 0 = alone */
    leat_case_row row;
} leat_case_op;

typedef struct leat_case_expectation {
    leat_bytes sink;       /* size 0: the only one */
    bool has_rows;         /* else what comes out is shown and not judged */
    bool is_ordered;       /* else a bag */
    bool is_changes;       /* rows begin with a column op; else the rows that are left in the end */
    uint32_t column_count; /* names and types as the case says; 0 = not said */
    leat_case_column *columns;
    leat_case_rows rows;
    bool has_count; /* without rows: how many there are */
    uint64_t row_count;
    leat_bytes sha256; /* without rows: hex, over the sorted rows as JSON, joined by newlines */
} leat_case_expectation;

typedef struct leat_case_view {
    leat_bytes name;
    leat_bytes sql;
} leat_case_view;

typedef struct leat_case {
    leat_bytes name;
    const char *file; /* it was read from */
    uint32_t line;

    leat_bytes sql;           /* or */
    leat_bytes topology;      /* text of a topology file */
    leat_bytes topology_file; /* its name, for messages; size 0 = inline */
    uint32_t view_count;
    leat_case_view *views;

    uint32_t table_count;
    leat_case_table *tables;
    uint32_t op_count;
    leat_case_op *ops;
    uint64_t restore_after_op; /* savepoint and restore after so many; 0 = never */
    bool truncates_averages;   /* the mean of whole numbers is one, as Flink has it */
    bool keeps_late;           /* no row may be late: those of a table arrive as one batch */
    leat_bytes clock;          /* processing time before the first row; size 0 = 2000-01-01 */

    uint32_t expectation_count;
    leat_case_expectation *expectations;
    double tolerance; /* relative, for all numbers; 0 = exact */
} leat_case;

/* Where cases find files that they name; paths are as written in the case. */
typedef struct leat_case_files {
    void *self;
    leat_code (*read)(void *self, leat_bytes path, leat_buf *out, leat_error *err);
} leat_case_files;

/* One case from one JSON object. `files` may be NULL: then a case that names a file is refused. */
LEAT_MUST_USE leat_code leat_case_read_json(leat_bytes text,
                                            const leat_case_files *files,
                                            leat_arena *arena,
                                            leat_case *out_case,
                                            leat_error *err);

/* What one YAML file says; false after an error was reported. */
typedef struct leat_cases {
    uint32_t count;
    leat_case *items;
} leat_cases;

bool leat_case_read_yaml(leat_bytes text,
                         const leat_variables *variables,
                         const leat_case_files *files,
                         leat_arena *arena,
                         leat_cases *out_cases,
                         leat_diagnostics *diagnostics);

/* The index of a table, or -1: exactly, else without regard to case. */
int64_t leat_case_table_find(const leat_case *one, leat_bytes name);

/* "+I", "-D", "-U", "+U", "upsert", "null-value". False: none of them. */
bool leat_case_op_parse(leat_bytes text, leat_case_op_kind *out_kind);

/* The SQL script that a case stands for: its tables as CREATE TABLE with the connector `case`, its
 * views, and its query. A table whose rows are ever replaced or taken back has the option
 * 'changes' = 'retract'. Tables without columns are made by the case's own SQL. */
void leat_case_script(const leat_case *one, leat_buf *out);

#endif
