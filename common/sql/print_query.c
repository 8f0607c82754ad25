/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/print_parts.h"

static void print_exprs(const leat_sql_exprs *exprs, leat_buf *out)
{
    for (uint32_t i = 0; i < exprs->count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "");
        leat_sql_print_expr(exprs->items[i], out);
    }
}

void leat_sql_print_names(const leat_sql_names *names, leat_buf *out)
{
    for (uint32_t i = 0; i < names->count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "(");
        leat_sql_print_name(names->items[i].text, out);
    }
    leat_buf_add_text(out, names->count > 0 ? ")" : "");
}

/* --- FROM. --- */

static void print_from(const leat_sql_from *from, leat_buf *out);

static void print_argument(const leat_expr *expr, leat_buf *out)
{
    if (expr == NULL)
        return;
    leat_buf_add_text(out, ", ");
    leat_sql_print_expr(expr, out);
}

static void print_window(const leat_sql_window *window, leat_buf *out)
{
    static const char *const names[LEAT_WINDOW_KIND_COUNT] = {[LEAT_WINDOW_TUMBLE] = "tumble",
                                                              [LEAT_WINDOW_HOP] = "hop",
                                                              [LEAT_WINDOW_CUMULATE] = "cumulate",
                                                              [LEAT_WINDOW_SESSION] = "session"};
    leat_buf_print(out, "%s(", names[window->kind]);
    print_from(window->from, out);
    if (window->partition.count > 0) {
        bool is_row = window->partition.count > 1;
        leat_buf_add_text(out, is_row ? " PARTITION BY ROW" : " PARTITION BY ");
        if (is_row)
            leat_sql_print_names(&window->partition, out);
        else
            leat_sql_print_name(window->partition.items[0].text, out);
    }
    leat_buf_add_text(out, ", ");
    leat_sql_print_name(window->time.text, out);
    print_argument(window->slide, out);
    print_argument(window->size, out);
    print_argument(window->offset, out);
    leat_buf_add_char(out, ')');
}

static void print_join(const leat_sql_join *join, leat_buf *out)
{
    static const char *const kinds[] = {"", " LEFT", " RIGHT", " FULL", " CROSS"};
    bool is_nested = join->right->kind == LEAT_SQL_FROM_JOIN;
    print_from(join->left, out);
    leat_buf_add_text(out, join->is_natural ? " NATURAL" : join->is_asof ? " ASOF" : "");
    leat_buf_print(out, "%s JOIN %s", kinds[join->kind], is_nested ? "(" : "");
    print_from(join->right, out);
    leat_buf_add_text(out, is_nested ? ")" : "");
    if (join->on != NULL) {
        leat_buf_add_text(out, " ON ");
        leat_sql_print_expr(join->on, out);
    }
    leat_buf_add_text(out, join->using_.count > 0 ? " USING " : "");
    leat_sql_print_names(&join->using_, out);
}

static void print_base(const leat_sql_from *from, leat_buf *out)
{
    switch (from->kind) {
    case LEAT_SQL_FROM_TABLE:
        leat_sql_print_name(from->name.text, out);
        break;
    case LEAT_SQL_FROM_QUERY:
    case LEAT_SQL_FROM_VALUES:
        leat_buf_add_char(out, '(');
        leat_sql_print_query(from->query, out);
        leat_buf_add_char(out, ')');
        break;
    case LEAT_SQL_FROM_WINDOW:
        print_window(from->window, out);
        break;
    case LEAT_SQL_FROM_FUNCTION:
        leat_sql_print_expr(from->call, out);
        break;
    case LEAT_SQL_FROM_JOIN:
        print_join(from->join, out);
        break;
    }
}

static void print_from(const leat_sql_from *from, leat_buf *out)
{
    leat_buf_add_text(out, from->is_lateral ? "LATERAL " : "");
    print_base(from, out);
    leat_buf_add_text(out, from->has_ordinality ? " WITH ORDINALITY" : "");
    if (from->as_of != NULL) {
        leat_buf_add_text(out, " FOR SYSTEM_TIME AS OF ");
        leat_sql_print_expr(from->as_of, out);
    }
    if (from->alias.text.size > 0) {
        leat_buf_add_text(out, " AS ");
        leat_sql_print_name(from->alias.text, out);
    }
    leat_sql_print_names(&from->columns, out);
}

/* --- SELECT. --- */

static void print_items(const leat_sql_select *select, leat_buf *out)
{
    for (uint32_t i = 0; i < select->item_count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "");
        leat_sql_print_expr(select->items[i].expr, out);
        if (select->items[i].alias.size > 0) {
            leat_buf_add_text(out, " AS ");
            leat_sql_print_name(select->items[i].alias, out);
        }
    }
}

static void print_set(const leat_sql_exprs *set, leat_buf *out)
{
    leat_buf_add_text(out, set->count != 1 ? "(" : "");
    print_exprs(set, out);
    leat_buf_add_text(out, set->count != 1 ? ")" : "");
}

static void print_groups(const leat_sql_select *select, leat_buf *out)
{
    static const char *const words[] = {"", "ROLLUP (", "CUBE (", "GROUPING SETS ("};
    for (uint32_t i = 0; i < select->group_count; i++) {
        const leat_sql_group *group = &select->groups[i];
        leat_buf_print(out, "%s%s", i > 0 ? ", " : " GROUP BY ", words[group->kind]);
        for (uint32_t s = 0; s < group->set_count; s++) {
            leat_buf_add_text(out, s > 0 ? ", " : "");
            print_set(&group->sets[s], out);
        }
        leat_buf_add_text(out, group->kind == LEAT_SQL_GROUP_PLAIN ? "" : ")");
    }
}

static void print_clause(const char *word, const leat_expr *expr, leat_buf *out)
{
    if (expr == NULL)
        return;
    leat_buf_add_text(out, word);
    leat_sql_print_expr(expr, out);
}

static void print_select(const leat_sql_select *select, leat_buf *out)
{
    leat_buf_add_text(out, select->is_distinct ? "SELECT DISTINCT " : "SELECT ");
    if (select->distinct_on.count > 0) {
        leat_buf_add_text(out, "ON (");
        print_exprs(&select->distinct_on, out);
        leat_buf_add_text(out, ") ");
    }
    print_items(select, out);
    if (select->from != NULL) {
        leat_buf_add_text(out, " FROM ");
        print_from(select->from, out);
    }
    print_clause(" WHERE ", select->where, out);
    print_groups(select, out);
    print_clause(" HAVING ", select->having, out);
    for (uint32_t i = 0; i < select->window_count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : " WINDOW ");
        leat_sql_print_name(select->windows[i].name.text, out);
        leat_buf_add_text(out, " AS ");
        leat_sql_print_over(select->windows[i].over, out);
    }
    print_clause(" QUALIFY ", select->qualify, out);
}

/* --- Queries. --- */

/* Set operations as they were read: what binds otherwise stood in parentheses and is a query. */
static void print_body(const leat_sql_body *body, leat_buf *out)
{
    static const char *const sets[] = {" UNION ", " INTERSECT ", " EXCEPT "};
    switch (body->kind) {
    case LEAT_SQL_BODY_SELECT:
        print_select(body->select, out);
        break;
    case LEAT_SQL_BODY_VALUES:
        for (uint32_t i = 0; i < body->row_count; i++) {
            leat_buf_add_text(out, i > 0 ? ", (" : "VALUES (");
            print_exprs(&body->rows[i], out);
            leat_buf_add_char(out, ')');
        }
        break;
    case LEAT_SQL_BODY_SET:
        print_body(body->left, out);
        leat_buf_print(out, "%s%s", sets[body->set], body->is_all ? "ALL " : "");
        print_body(body->right, out);
        break;
    case LEAT_SQL_BODY_QUERY:
        leat_buf_add_char(out, '(');
        leat_sql_print_query(body->query, out);
        leat_buf_add_char(out, ')');
        break;
    }
}

static void print_limit(const leat_sql_query *query, leat_buf *out)
{
    if (query->limit != NULL && query->has_ties) {
        print_clause(" FETCH FIRST ", query->limit, out);
        leat_buf_add_text(out, " ROWS WITH TIES");
    } else {
        print_clause(" LIMIT ", query->limit, out);
    }
    print_clause(" OFFSET ", query->offset, out);
}

void leat_sql_print_query(const leat_sql_query *query, leat_buf *out)
{
    for (uint32_t i = 0; i < query->cte_count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "WITH ");
        leat_sql_print_name(query->ctes[i].name.text, out);
        leat_sql_print_names(&query->ctes[i].columns, out);
        leat_buf_add_text(out, " AS (");
        leat_sql_print_query(query->ctes[i].query, out);
        leat_buf_add_char(out, ')');
    }
    leat_buf_add_text(out, query->cte_count > 0 ? " " : "");
    print_body(query->body, out);
    leat_buf_add_text(out, query->orders.count > 0 ? " " : "");
    leat_sql_print_orders(&query->orders, out);
    print_limit(query, out);
    leat_buf_add_text(out, query->emits_on_close ? " EMIT ON WINDOW CLOSE" : "");
}
