/* SPDX-License-Identifier: Apache-2.0
 *
 * planner - what the files that lower SQL share: the catalog, the nodes so far, relations.
 *
 * A relation is an output of a logical node with the names by which its columns can be called.
 * Names are resolved once, by resolve.c, to LEAT_EXPR_INPUT nodes (column numbers of the relation
 * at hand); what comes after only moves numbers. Functions that return bool or a pointer return
 * false or NULL after having reported why.
 *
 * Private to common/sql.
 */
#ifndef LEAT_COMMON_SQL_PLANNER_H
#define LEAT_COMMON_SQL_PLANNER_H

#include "common/base/vec.h"
#include "common/sql/sql.h"
#include "common/sql/syntax.h"

enum { LEAT_SQL_INPUTS_MAX = 64, LEAT_SQL_CONJUNCTS_MAX = 1024, LEAT_SQL_GROUP_SETS_MAX = 256 };

/* How a column can be called. */
typedef struct leat_sql_field {
    leat_bytes qualifier; /* the relation's name or alias; may be empty */
    leat_bytes name;
    bool is_hidden; /* the second copy of a USING column: only its qualifier finds it */
    bool is_merged; /* the copy that is found: * names it first */
} leat_sql_field;

/* Rows of a subquery are for a value of this column of the outer query. */
typedef struct leat_sql_carried {
    uint32_t outer;
    bool matches_null;
} leat_sql_carried;

typedef struct leat_sql_relation {
    leat_logical_input out;
    uint32_t field_count;
    leat_sql_field *fields;
    /* Columns of a window below, or -1. */
    int32_t window_start;
    int32_t window_end;
    uint32_t order_count; /* as ORDER BY without LIMIT says: how a final result is shown */
    leat_order *orders;
    /* Columns behind the fields that say which outer row a row is for. */
    uint32_t carried_count;
    leat_sql_carried *carried;
} leat_sql_relation;

/* The outer query, while a subquery that may name its columns is planned: these resolve to inputs
 * from LEAT_SQL_OUTER_FIRST on. */
typedef struct leat_sql_scope {
    const leat_sql_relation *rows;
    bool *is_used; /* by column */
} leat_sql_scope;

enum { LEAT_SQL_OUTER_FIRST = 1 << 24 };

/* A name that an object had, before the statement of that number. */
typedef struct leat_sql_former {
    leat_bytes name;
    uint32_t until;
    struct leat_sql_former *next; /* older ones first */
} leat_sql_former;

/* A view sees the catalog as it was when it was made: what is renamed or dropped later is still
 * what it reads. So objects stay, with the time in which they held each name. */
typedef struct leat_sql_object {
    leat_bytes name;
    leat_sql_former *former;             /* names it had before, or NULL */
    uint32_t made_at;                    /* numbers of statements */
    uint32_t dropped_at;                 /* 0: it is there */
    const leat_sql_statement *statement; /* CREATE TABLE or CREATE VIEW; NULL for a CTE */
    const leat_sql_query *query;         /* of a view or CTE */
    leat_sql_names columns;
    bool is_planned;
    bool is_open; /* being planned: meeting it again is a cycle */
    leat_sql_relation relation;
} leat_sql_object;

typedef struct leat_sql_setting {
    const char *name; /* the one it has here, whatever spelling was used */
    leat_bytes value;
} leat_sql_setting;

typedef struct leat_sql_planner {
    leat_arena *arena;
    leat_diagnostics *diagnostics;
    leat_source_text source;
    const leat_sql_config *config;
    leat_logical_plan *plan;
    LEAT_VEC(leat_logical_node) nodes;
    LEAT_VEC(leat_sql_object *) objects; /* catalog, then the CTEs in sight */
    const leat_sql_scope *outer;         /* or NULL */
    leat_bytes owner;                    /* sink or view whose nodes are being made */
    uint32_t sequence;                   /* of nodes */
    uint32_t result_count;
    uint32_t now;                        /* number of the statement at hand, from 1 */
    uint32_t as_of;                      /* names are those of then; 0: of now */
    size_t cte_floor;                    /* CTEs below are not in sight: a view is being planned */
    LEAT_VEC(leat_sql_setting) settings; /* what was SET, each once */
    bool is_explaining;                  /* growth is told, not refused */
    bool has_acted;                      /* something was answered, or the catalog changed */
    bool is_flink;                       /* the dialect */
    bool allows_unbounded_state;
    int64_t state_ttl_us;
    leat_bad_record_policy on_error;
} leat_sql_planner;

#define LEAT_SQL_REPORT(p, span, ...)                                                              \
    leat_diagnostic_error((p)->diagnostics, leat_sql_place((p), (span)), __VA_ARGS__)

leat_place leat_sql_place(const leat_sql_planner *p, leat_span span);
leat_span leat_sql_span(const leat_expr *expr);

/* nodes.c: nodes are made here, one way; changes and growth are derived as they are added. */

const leat_logical_output *leat_sql_output(const leat_sql_planner *p, leat_logical_input input);
const leat_schema *leat_sql_schema(const leat_sql_planner *p, const leat_sql_relation *relation);
leat_logical_node
leat_sql_node(leat_sql_planner *p, leat_logical_kind kind, const char *role, leat_span span);
void leat_sql_set_inputs(leat_sql_planner *p,
                         leat_logical_node *node,
                         const leat_logical_input *inputs,
                         uint32_t count);
/* Append the node with one output of this schema; its changes follow from its kind. */
leat_logical_input
leat_sql_add(leat_sql_planner *p, leat_logical_node *node, const leat_schema *schema);
leat_logical_input leat_sql_filter(leat_sql_planner *p,
                                   leat_logical_input input,
                                   leat_bound *condition,
                                   leat_span span);
/* Event time goes on where its column does. */
leat_logical_input leat_sql_project(leat_sql_planner *p,
                                    leat_logical_input input,
                                    const leat_field *fields,
                                    leat_bound **expressions,
                                    uint32_t count,
                                    leat_span span);
/* Keys as columns: those that are computed are added to the rows first. Columns of `input` keep
 * their numbers. */
leat_logical_input leat_sql_with_columns(leat_sql_planner *p,
                                         leat_logical_input input,
                                         leat_bound **expressions,
                                         uint32_t count,
                                         uint16_t *out_columns,
                                         leat_span span);

/* resolve.c: names to numbers. */

/* A copy of `expr` over the columns [first, first + count) of the relation's fields. */
leat_expr *leat_sql_resolve(leat_sql_planner *p,
                            const leat_sql_field *fields,
                            uint32_t first,
                            uint32_t count,
                            const leat_expr *expr);
/* The same, where names are looked up among [inner, count) first, then among [0, inner). */
leat_expr *leat_sql_resolve_inner(leat_sql_planner *p,
                                  const leat_sql_field *fields,
                                  uint32_t inner,
                                  uint32_t count,
                                  const leat_expr *expr);
/* What becomes of an expression; NULL after a report. */
typedef leat_expr *leat_sql_map(void *self, leat_expr *expr);
/* A copy whose children are mapped: arguments, FILTER, ORDER BY, and those of OVER. */
leat_expr *
leat_sql_map_children(leat_sql_planner *p, const leat_expr *expr, leat_sql_map *map, void *self);
leat_sql_over *
leat_sql_map_over(leat_sql_planner *p, const leat_sql_over *over, leat_sql_map *map, void *self);
/* The same partition and order; frames may differ. */
bool leat_sql_over_equal(const leat_sql_over *a, const leat_sql_over *b);
/* A copy down to the leaves, to be changed. */
leat_expr *leat_sql_deep_copy(leat_sql_planner *p, const leat_expr *expr);
bool leat_sql_expr_equal(const leat_expr *a, const leat_expr *b);
/* A shallow copy with its own list of arguments. */
leat_expr *leat_sql_expr_copy(leat_sql_planner *p, const leat_expr *expr);
leat_expr *leat_sql_input(leat_sql_planner *p, const leat_expr *like, uint32_t column);
bool leat_sql_is_call(const leat_expr *expr, const char *name);
bool leat_sql_is_aggregate(const leat_expr *expr);
bool leat_sql_has_aggregate(const leat_expr *expr);
bool leat_sql_has_over(const leat_expr *expr);
bool leat_sql_has_subquery(const leat_expr *expr);
/* Lowest and highest input column; false when there is none. */
bool leat_sql_inputs(const leat_expr *expr, uint32_t *out_low, uint32_t *out_high);
/* Subtract `by` from every input column; the tree is changed. */
void leat_sql_shift(leat_expr *expr, uint32_t by);
leat_bound *leat_sql_bind(leat_sql_planner *p, const leat_schema *schema, const leat_expr *expr);
leat_bound *
leat_sql_bind_condition(leat_sql_planner *p, const leat_schema *schema, const leat_expr *expr);
/* The top AND's arguments. */
void leat_sql_conjuncts(leat_expr *expr, leat_expr **items, uint32_t *count, uint32_t capacity);
/* A constant interval in microseconds, a constant count. */
bool leat_sql_interval(leat_sql_planner *p, const leat_expr *expr, int64_t *out_us);
bool leat_sql_count(leat_sql_planner *p, const leat_expr *expr, uint64_t *out_count);

/* sql.c */

/* What a statement does or asks; false after an error. */
bool leat_sql_plan_statement(leat_sql_planner *p, const leat_sql_statement *statement);
/* The nodes so far as a plan; false after an error. */
bool leat_sql_finish_plan(leat_sql_planner *p);

/* settings.c */

/* Every setting has its default. */
void leat_sql_settings_init(leat_sql_planner *p);
bool leat_sql_plan_set(leat_sql_planner *p, const leat_sql_option *option);
bool leat_sql_plan_reset(leat_sql_planner *p, leat_sql_name name);

/* dialect.c: what Flink's dialect makes of a result. */

/* AVG and SUM of whole numbers are of the type of their argument. */
leat_expr *leat_sql_dialect_aggregate(leat_sql_planner *p,
                                      const leat_bound_aggregate *aggregate,
                                      leat_expr *result);
/* EXTRACT gives a bigint. */
leat_expr *leat_sql_dialect_call(leat_sql_planner *p, leat_expr *call);

/* objects.c: what statements do to the catalog. */

bool leat_sql_same_name(leat_bytes a, leat_bytes b);
bool leat_sql_object_is_table(const leat_sql_object *object);
bool leat_sql_object_add(leat_sql_planner *p, const leat_sql_statement *create);
bool leat_sql_object_drop(leat_sql_planner *p, const leat_sql_statement *drop);
bool leat_sql_object_alter(leat_sql_planner *p, const leat_sql_statement *alter);

/* ask.c, explain.c: statements that are answered. */

bool leat_sql_answer_show(leat_sql_planner *p, const leat_sql_statement *show);
bool leat_sql_answer_describe(leat_sql_planner *p, const leat_sql_statement *describe);
bool leat_sql_answer_explain(leat_sql_planner *p, const leat_sql_statement *explain);
/* A planner beside `p` with its catalog and settings, whose nodes are its own. */
void leat_sql_scratch_init(const leat_sql_planner *p, leat_sql_planner *scratch);
void leat_sql_scratch_fini(leat_sql_planner *scratch);

/* catalog.c, from.c, group.c, over.c, query.c */

leat_sql_object *leat_sql_find(leat_sql_planner *p, leat_bytes name);
void leat_sql_unknown_table(leat_sql_planner *p, leat_sql_name name);
bool leat_sql_plan_source(leat_sql_planner *p, leat_sql_object *object);
bool leat_sql_plan_sink(leat_sql_planner *p,
                        const leat_sql_table *table,
                        leat_sql_name name,
                        leat_sql_names columns,
                        const leat_sql_relation *rows);
/* A sink of its own for rows that nobody named one for. */
bool leat_sql_plan_print(leat_sql_planner *p, const leat_sql_relation *rows, leat_span span);
bool leat_sql_plan_query(leat_sql_planner *p, const leat_sql_query *query, leat_sql_relation *out);
/* The same where columns of `outer` may be named; out->carried says which were. */
bool leat_sql_plan_lateral(leat_sql_planner *p,
                           const leat_sql_query *query,
                           const leat_sql_relation *outer,
                           leat_sql_relation *out);
/* select.c: a SELECT; `query` says its ORDER BY and LIMIT, or is NULL. */
bool leat_sql_plan_select(leat_sql_planner *p,
                          const leat_sql_query *query,
                          const leat_sql_select *select,
                          leat_sql_relation *out);
void leat_sql_plan_distinct(leat_sql_planner *p, leat_sql_relation *rows, leat_span span);
/* ORDER BY and LIMIT over the columns that the query orders by. */
bool leat_sql_plan_limit(leat_sql_planner *p,
                         const leat_sql_query *query,
                         const uint16_t *order_columns,
                         leat_sql_relation *rows);
/* All columns of the schema are fields; those that were none are not found by name. */
void leat_sql_hide_rest(leat_sql_planner *p, leat_sql_relation *rows);
bool leat_sql_plan_from(leat_sql_planner *p,
                        const leat_sql_from *from,
                        leat_expr *where,
                        leat_sql_relation *out);
/* Conditions over the relation; ranks that are asked for become top-n. */
bool leat_sql_plan_where(leat_sql_planner *p,
                         leat_sql_relation *relation,
                         leat_expr **conjuncts,
                         uint32_t count);

/* values.c: rows that stand in the text. The one row has no columns. */
void leat_sql_plan_one_row(leat_sql_planner *p, leat_span span, leat_sql_relation *out);
bool leat_sql_plan_values(leat_sql_planner *p, const leat_sql_body *body, leat_sql_relation *out);

/* subquery.c: conditions with subqueries become joins; elsewhere their values become columns behind
 * the relation's, and `expr` reads them. NULL after a report. */
leat_expr *
leat_sql_plan_values_of(leat_sql_planner *p, leat_sql_relation *relation, leat_expr *expr);
bool leat_sql_plan_subqueries(leat_sql_planner *p,
                              leat_sql_relation *relation,
                              leat_expr **conjuncts,
                              uint32_t count);

#endif
