/* SPDX-License-Identifier: Apache-2.0
 *
 * ast - SQL queries as written: what the parser makes and the planner reads. Statements are in
 * statement.h.
 *
 * Untyped, immutable, in the parse arena. Expressions are those of common/expr; a subquery inside
 * one is a node of kind LEAT_EXPR_SUBQUERY that points to a leat_sql_query. Every node has its
 * span in the source text, for carets. Both spellings of a thing (PostgreSQL's and Flink's) give
 * the same tree.
 */
#ifndef LEAT_COMMON_SQL_AST_H
#define LEAT_COMMON_SQL_AST_H

#include "common/plan/relational.h"

typedef struct leat_sql_query leat_sql_query;
typedef struct leat_sql_from leat_sql_from;

/* Where a symbol stands in the source text: bytes [start, end). */
typedef struct leat_span {
    uint32_t start;
    uint32_t end;
} leat_span;

enum { LEAT_SQL_DEPTH_MAX = 200 }; /* of queries, joins and set operations in one another */

/* `name` or "name", with the place it stands at; a dotted name keeps its last part only, the
 * catalog and database before it are accepted and mean nothing yet. */
typedef struct leat_sql_name {
    leat_bytes text;
    leat_span span;
} leat_sql_name;

typedef struct leat_sql_names {
    uint32_t count;
    leat_sql_name *items;
} leat_sql_names;

typedef enum leat_sql_from_kind {
    LEAT_SQL_FROM_TABLE,    /* name */
    LEAT_SQL_FROM_QUERY,    /* query */
    LEAT_SQL_FROM_WINDOW,   /* window */
    LEAT_SQL_FROM_FUNCTION, /* call: unnest(...), generate_series(...) */
    LEAT_SQL_FROM_VALUES,   /* query: its VALUES */
    LEAT_SQL_FROM_JOIN,     /* join */
} leat_sql_from_kind;

/* TUMBLE(rel, col, size [, offset]), TABLE(TUMBLE(TABLE rel, DESCRIPTOR(col), size [, offset])) or
 * with named arguments. */
typedef struct leat_sql_window {
    leat_window_kind kind; /* of common/plan */
    leat_sql_from *from;   /* a table or query */
    leat_sql_name time;
    leat_sql_names partition; /* SESSION */
    leat_expr *size;          /* HOP, CUMULATE: the last interval; SESSION: the gap */
    leat_expr *slide;         /* HOP, CUMULATE: the first one, or NULL */
    leat_expr *offset;        /* or NULL */
} leat_sql_window;

typedef enum leat_sql_join_kind {
    LEAT_SQL_JOIN_INNER,
    LEAT_SQL_JOIN_LEFT,
    LEAT_SQL_JOIN_RIGHT,
    LEAT_SQL_JOIN_FULL,
    LEAT_SQL_JOIN_CROSS,
} leat_sql_join_kind;

typedef struct leat_sql_join {
    leat_sql_join_kind kind;
    bool is_natural;
    bool is_asof;
    leat_sql_from *left;
    leat_sql_from *right;
    leat_expr *on;         /* or NULL */
    leat_sql_names using_; /* or none */
} leat_sql_join;

struct leat_sql_from {
    leat_sql_from_kind kind;
    uint32_t depth;
    leat_span span;
    leat_sql_name name;     /* TABLE */
    leat_sql_name alias;    /* size 0: none */
    leat_sql_names columns; /* AS t(a, b) */
    bool is_lateral;
    bool has_ordinality;
    leat_expr *as_of; /* FOR SYSTEM_TIME AS OF, or NULL */
    leat_sql_query *query;
    leat_sql_window *window;
    leat_expr *call;
    leat_sql_join *join;
};

typedef struct leat_sql_orders {
    uint32_t count;
    leat_expr_order *items;
} leat_sql_orders;

typedef struct leat_sql_exprs {
    uint32_t count;
    leat_expr **items;
} leat_sql_exprs;

/* GROUP BY a, ROLLUP (b, c): the sets are multiplied out by the planner. */
typedef enum leat_sql_group_kind {
    LEAT_SQL_GROUP_PLAIN, /* one expression */
    LEAT_SQL_GROUP_ROLLUP,
    LEAT_SQL_GROUP_CUBE,
    LEAT_SQL_GROUP_SETS, /* each set a list, ( ) included */
} leat_sql_group_kind;

typedef struct leat_sql_group {
    leat_sql_group_kind kind;
    leat_span span;
    uint32_t set_count; /* PLAIN, ROLLUP, CUBE: of one expression or of a row of them each */
    leat_sql_exprs *sets;
} leat_sql_group;

/* WINDOW w AS (...), and what stands behind OVER. */
typedef struct leat_sql_over {
    leat_sql_name base; /* OVER w, OVER (w ...), or none */
    leat_span span;
    leat_sql_exprs partition;
    leat_sql_orders orders;
    bool has_frame;
    leat_frame_unit unit;
    leat_frame_end start;
    leat_frame_end end;
    leat_expr *start_distance; /* or NULL */
    leat_expr *end_distance;
    leat_frame_exclude exclude;
    struct leat_sql_over *outer; /* while parsing */
} leat_sql_over;

typedef struct leat_sql_named_over {
    leat_sql_name name;
    leat_sql_over *over;
} leat_sql_named_over;

typedef struct leat_sql_item {
    leat_expr *expr;  /* LEAT_EXPR_STAR, its qualifier set for t.* */
    leat_bytes alias; /* size 0: none was written */
    leat_span span;
} leat_sql_item;

typedef struct leat_sql_select {
    leat_span span;
    bool is_distinct;
    leat_sql_exprs distinct_on; /* DISTINCT ON (...) */
    uint32_t item_count;
    leat_sql_item *items;
    leat_sql_from *from; /* commas are cross joins; NULL: one row */
    leat_expr *where;
    uint32_t group_count;
    leat_sql_group *groups;
    bool has_group; /* GROUP BY was written */
    leat_expr *having;
    uint32_t window_count;
    leat_sql_named_over *windows;
    leat_expr *qualify;
    struct leat_sql_select *outer; /* while parsing */
} leat_sql_select;

typedef enum leat_sql_body_kind {
    LEAT_SQL_BODY_SELECT,
    LEAT_SQL_BODY_VALUES,
    LEAT_SQL_BODY_SET,
    LEAT_SQL_BODY_QUERY, /* parenthesised, with its own WITH, ORDER BY, LIMIT */
} leat_sql_body_kind;

typedef enum leat_sql_set_kind {
    LEAT_SQL_SET_UNION,
    LEAT_SQL_SET_INTERSECT,
    LEAT_SQL_SET_EXCEPT,
} leat_sql_set_kind;

typedef struct leat_sql_body {
    leat_sql_body_kind kind;
    uint32_t depth;
    leat_span span;
    leat_sql_select *select;
    uint32_t row_count; /* VALUES */
    leat_sql_exprs *rows;
    leat_sql_set_kind set; /* SET */
    bool is_all;
    struct leat_sql_body *left;
    struct leat_sql_body *right;
    leat_sql_query *query;
} leat_sql_body;

typedef struct leat_sql_cte {
    leat_sql_name name;
    leat_sql_names columns;
    leat_sql_query *query;
} leat_sql_cte;
struct leat_sql_query {
    leat_span span;
    uint32_t depth;
    bool is_enclosed; /* stood in parentheses: an ORDER BY behind them is not its own */
    uint32_t cte_count;
    leat_sql_cte *ctes;
    leat_sql_body *body;
    leat_sql_orders orders;
    leat_expr *limit; /* or NULL */
    leat_expr *offset;
    bool has_ties;       /* FETCH FIRST n ROWS WITH TIES */
    bool emits_on_close; /* EMIT ON WINDOW CLOSE */
};

#endif
