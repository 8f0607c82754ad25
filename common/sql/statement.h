/* SPDX-License-Identifier: Apache-2.0
 *
 * statement - SQL statements as written: what the parser makes of a script.
 *
 * As in ast.h: untyped, immutable, in the parse arena, every node with its span.
 */
#ifndef LEAT_COMMON_SQL_STATEMENT_H
#define LEAT_COMMON_SQL_STATEMENT_H

#include "common/sql/ast.h"

typedef struct leat_sql_option {
    leat_sql_name name; /* as written, quotes taken off, dots kept */
    leat_bytes value;
    leat_span value_span;
} leat_sql_option;

typedef struct leat_sql_options {
    uint32_t count;
    leat_sql_option *items;
} leat_sql_options;

typedef struct leat_sql_watermark {
    bool is_given;
    leat_span span;
    leat_sql_name column;
    leat_expr *bound;      /* `c - delay`, or `c` */
    leat_expr *idle_after; /* or NULL */
    leat_expr *max_future; /* or NULL */
    leat_sql_name late_to; /* or none */
} leat_sql_watermark;

typedef enum leat_sql_column_kind {
    LEAT_SQL_COLUMN_FIELD,
    LEAT_SQL_COLUMN_KEY,       /* PRIMARY KEY (a, b): key */
    LEAT_SQL_COLUMN_WATERMARK, /* watermark */
} leat_sql_column_kind;

/* What stands between the parentheses of CREATE TABLE. */
typedef struct leat_sql_column {
    leat_sql_column_kind kind;
    leat_sql_name name;
    leat_type type;
    bool is_not_null;
    bool is_primary_key;
    bool is_metadata; /* METADATA [FROM 'key'] [VIRTUAL] */
    bool is_virtual;
    leat_bytes metadata;
    leat_expr *computed; /* AS expression, or NULL */
    leat_sql_names key;
    leat_sql_watermark *watermark;
} leat_sql_column;

/* CREATE TABLE ... LIKE t (EXCLUDING OPTIONS ...): what is taken over. */
typedef struct leat_sql_feature {
    leat_sql_name action; /* INCLUDING, EXCLUDING, OVERWRITING */
    leat_sql_name what;   /* ALL, OPTIONS, WATERMARKS, ... */
} leat_sql_feature;

typedef struct leat_sql_table {
    leat_sql_name name;
    uint32_t column_count;
    leat_sql_column *columns;
    leat_sql_options options;
    leat_sql_name like; /* or none */
    uint32_t feature_count;
    leat_sql_feature *features;
    leat_sql_query *as; /* CREATE TABLE ... AS, or NULL */
} leat_sql_table;

typedef enum leat_sql_statement_kind {
    LEAT_SQL_CREATE_TABLE,  /* table; STREAM, SOURCE and SINK are spellings of it */
    LEAT_SQL_CREATE_VIEW,   /* name, columns, query, is_materialized */
    LEAT_SQL_INSERT,        /* name, columns, query */
    LEAT_SQL_QUERY,         /* query */
    LEAT_SQL_SET,           /* option */
    LEAT_SQL_RESET,         /* option without a value; none: all */
    LEAT_SQL_EXPLAIN,       /* inner; columns: the details that are asked for */
    LEAT_SQL_STATEMENT_SET, /* inners: INSERTs of one job */
    LEAT_SQL_DROP,          /* name, object */
    LEAT_SQL_SHOW,          /* object; name (FROM name, CREATE TABLE name), pattern */
    LEAT_SQL_DESCRIBE,      /* name, object (EXTENDED) */
    LEAT_SQL_ALTER,         /* name, object, alter and what it names */
    LEAT_SQL_USE,           /* name; accepted, means nothing */
    LEAT_SQL_BEGIN,         /* BEGIN STATEMENT SET; */
    LEAT_SQL_END,           /* END; */
} leat_sql_statement_kind;

typedef enum leat_sql_alter_kind {
    LEAT_SQL_ALTER_RENAME,        /* to */
    LEAT_SQL_ALTER_RENAME_COLUMN, /* columns: one, to */
    LEAT_SQL_ALTER_SET,           /* options */
    LEAT_SQL_ALTER_RESET,         /* columns: the options' names */
    LEAT_SQL_ALTER_ADD,           /* table: its columns */
    LEAT_SQL_ALTER_DROP_COLUMNS,  /* columns */
    LEAT_SQL_ALTER_QUERY,         /* query: of a view */
} leat_sql_alter_kind;

typedef struct leat_sql_statement {
    leat_sql_statement_kind kind;
    leat_sql_alter_kind alter;
    leat_span span;
    leat_sql_name name;
    leat_sql_names columns;
    leat_sql_query *query;
    leat_sql_table *table;
    leat_sql_options options;
    leat_bytes object; /* DROP, ALTER, SHOW: "table", "tables", ...; folded */
    leat_sql_name to;
    leat_bytes pattern; /* SHOW ... LIKE; size 0: none */
    bool is_negated;    /* NOT LIKE */
    bool is_materialized;
    bool is_temporary;
    bool is_replacing; /* OR REPLACE */
    bool if_exists;    /* or IF NOT EXISTS */
    uint32_t inner_count;
    struct leat_sql_statement *inners;
} leat_sql_statement;

typedef struct leat_sql_script {
    uint32_t count;
    leat_sql_statement *statements;
} leat_sql_script;

#endif
