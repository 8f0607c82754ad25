/* SPDX-License-Identifier: Apache-2.0
 *
 * SHOW and DESCRIBE: what is in the catalog, as tables of text.
 */
#include <strings.h>

#include "common/expr/function.h"
#include "common/sql/planner.h"
#include "common/sql/print.h"
#include "common/text/str.h"

/* --- Answers are made row by row. --- */

typedef struct listing {
    leat_sql_planner *p;
    const leat_sql_statement *statement;
    leat_sql_answer answer;
    LEAT_VEC(leat_bytes) cells;
} listing;

static void list_open(listing *l,
                      leat_sql_planner *p,
                      const leat_sql_statement *statement,
                      const char *const *columns,
                      uint32_t count)
{
    *l = (listing){.p = p, .statement = statement};
    l->answer.column_count = count;
    memcpy(l->answer.columns, columns, count * sizeof *columns);
}

static void list_close(listing *l)
{
    l->answer.cells =
        leat_arena_copy(l->p->arena, l->cells.items, l->cells.count * sizeof *l->cells.items);
    leat_vec_push(&l->p->config->answers->items, l->answer);
    leat_vec_fini(&l->cells);
}

/* SQL's LIKE without an escape, in any case: % any text, _ one byte. */
static bool is_like(leat_bytes text, leat_bytes pattern)
{
    size_t t = 0, p = 0, star = SIZE_MAX, mark = 0;
    while (t < text.size) {
        if (p < pattern.size && pattern.data[p] == '%') {
            star = p++;
            mark = t;
        } else if (p < pattern.size && (pattern.data[p] == '_' ||
                                        strncasecmp(&pattern.data[p], &text.data[t], 1) == 0)) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '%')
        p++;
    return p == pattern.size;
}

/* Whether the statement's LIKE lets a row of that name through. */
static bool is_wanted(const listing *l, leat_bytes name)
{
    leat_bytes pattern = l->statement->pattern;
    return pattern.size == 0 || is_like(name, pattern) != l->statement->is_negated;
}

static void list_row(listing *l, const leat_bytes *cells)
{
    for (uint32_t i = 0; i < l->answer.column_count; i++)
        leat_vec_push(&l->cells, cells[i]);
    l->answer.row_count++;
}

/* --- SHOW. --- */

enum { WANTS_TABLES = 1, WANTS_VIEWS = 2, WANTS_MATERIALIZED = 4 };

static bool show_objects(leat_sql_planner *p, const leat_sql_statement *show, unsigned wanted)
{
    static const char *const columns[] = {"name", "kind"};
    listing l;
    list_open(&l, p, show, columns, 2);
    for (size_t i = 0; i < p->objects.count; i++) {
        const leat_sql_object *object = p->objects.items[i];
        if (object->statement == NULL || object->dropped_at != 0)
            continue;
        bool is_table = leat_sql_object_is_table(object);
        bool is_materialized = object->statement->is_materialized;
        unsigned kind = is_table          ? WANTS_TABLES
                        : is_materialized ? WANTS_MATERIALIZED
                                          : WANTS_VIEWS;
        leat_bytes cells[] = {object->name, leat_bytes_text(is_table          ? "table"
                                                            : is_materialized ? "materialized view"
                                                                              : "view")};
        if ((kind & wanted) != 0 && is_wanted(&l, object->name))
            list_row(&l, cells);
    }
    list_close(&l);
    return true;
}

static bool show_functions(leat_sql_planner *p, const leat_sql_statement *show)
{
    static const char *const columns[] = {"name", "does"};
    const char *last = "";
    listing l;
    list_open(&l, p, show, columns, 2);
    for (leat_function_id id = 0; id < leat_function_count(); id++) {
        const leat_function *function = leat_function_at(id);
        bool is_word = (function->name[0] >= 'a' && function->name[0] <= 'z');
        leat_bytes cells[] = {leat_bytes_text(function->name),
                              leat_bytes_text(function->summary == NULL ? "" : function->summary)};
        if (is_word && strcmp(last, function->name) != 0 && is_wanted(&l, cells[0]))
            list_row(&l, cells);
        last = function->name;
    }
    list_close(&l);
    return true;
}

static bool show_settings(leat_sql_planner *p, const leat_sql_statement *show)
{
    static const char *const columns[] = {"setting", "value"};
    listing l;
    list_open(&l, p, show, columns, 2);
    for (size_t i = 0; i < p->settings.count; i++) {
        leat_bytes cells[] = {leat_bytes_text(p->settings.items[i].name),
                              p->settings.items[i].value};
        if (is_wanted(&l, cells[0]))
            list_row(&l, cells);
    }
    list_close(&l);
    return true;
}

/* There is one catalog and one database: names before the last dot mean nothing. */
static bool show_only(leat_sql_planner *p, const leat_sql_statement *show, const char *column)
{
    leat_bytes cells[] = {LEAT_BYTES("default")};
    listing l;
    list_open(&l, p, show, &column, 1);
    if (is_wanted(&l, cells[0]))
        list_row(&l, cells);
    list_close(&l);
    return true;
}

static leat_sql_object *find_asked(leat_sql_planner *p, leat_sql_name name)
{
    leat_sql_object *object = leat_sql_find(p, name.text);
    if (object == NULL)
        leat_sql_unknown_table(p, name);
    return object;
}

/* The statement that would make it as it is now. */
static bool answer_create(leat_sql_planner *p, const leat_sql_object *object)
{
    leat_sql_statement create = *object->statement;
    leat_buf text = {0};
    create.name.text = object->name;
    create.is_replacing = false;
    create.if_exists = false;
    leat_sql_print_statement(&create, &text);
    leat_buf_add_text(&text, ";\n");
    leat_sql_answer answer = {.text = leat_arena_bytes(p->arena, leat_buf_bytes(&text))};
    leat_vec_push(&p->config->answers->items, answer);
    leat_buf_fini(&text);
    return true;
}

bool leat_sql_answer_show(leat_sql_planner *p, const leat_sql_statement *show)
{
    static const char *const known[] = {"tables",    "views",     "materialized views",
                                        "functions", "columns",   "settings",
                                        "catalogs",  "databases", "jobs"};
    leat_bytes what = show->object;
#define IS(text) leat_bytes_equal(what, LEAT_BYTES(text))
    if (show->kind == LEAT_SQL_SET || IS("settings") || IS("all"))
        return show_settings(p, show);
    if (IS("tables"))
        return show_objects(p, show, WANTS_TABLES | WANTS_VIEWS | WANTS_MATERIALIZED);
    if (IS("views"))
        return show_objects(p, show, WANTS_VIEWS | WANTS_MATERIALIZED);
    if (IS("materialized views"))
        return show_objects(p, show, WANTS_MATERIALIZED);
    if (IS("functions") || IS("system functions") || IS("user functions"))
        return show_functions(p, show);
    if (IS("columns") && show->name.text.size > 0)
        return leat_sql_answer_describe(p, show);
    if (IS("catalogs") || IS("current catalog"))
        return show_only(p, show, "catalog");
    if (IS("databases") || IS("current database") || IS("schemas"))
        return show_only(p, show, "database");
    if (IS("create")) {
        leat_sql_object *object = find_asked(p, show->name);
        return object != NULL && answer_create(p, object);
    }
    if (IS("jobs")) {
        LEAT_SQL_REPORT(p, show->span, "jobs are known to a running `leat sql` or a cluster only");
        return false;
    }
#undef IS
    const char *near = leat_suggest(what, known, LEAT_COUNT_OF(known));
    LEAT_SQL_REPORT(p, show->span,
                    "'%.*s' cannot be shown, expected TABLES, VIEWS, MATERIALIZED VIEWS, "
                    "FUNCTIONS, COLUMNS FROM, CREATE TABLE, SETTINGS or JOBS%s%s%s",
                    LEAT_FMT(what), near == NULL ? "" : ", did you mean '",
                    near == NULL ? "" : near, near == NULL ? "" : "'?");
    return false;
}

/* --- DESCRIBE. --- */

/* What is described is planned beside the script, for the types of computed columns and views;
 * what is wrong with a connector is not asked here. */
static leat_sql_object *
plan_beside(leat_sql_planner *p, const leat_sql_object *object, leat_sql_planner *scratch)
{
    leat_sql_config *config = leat_arena_copy(p->arena, p->config, sizeof *config);
    config->checks = NULL;
    leat_sql_scratch_init(p, scratch);
    scratch->config = config;
    for (size_t i = 0; i < p->objects.count; i++)
        if (p->objects.items[i] == object)
            return leat_sql_plan_source(scratch, scratch->objects.items[i])
                       ? scratch->objects.items[i]
                       : NULL;
    LEAT_UNREACHABLE();
}

static const leat_sql_column *declared_column(const leat_sql_object *object, leat_bytes name)
{
    const leat_sql_table *table =
        leat_sql_object_is_table(object) ? object->statement->table : NULL;
    for (uint32_t i = 0; table != NULL && i < table->column_count; i++)
        if (table->columns[i].kind == LEAT_SQL_COLUMN_FIELD &&
            leat_sql_same_name(table->columns[i].name.text, name))
            return &table->columns[i];
    return NULL;
}

static bool is_key(const leat_sql_object *object, leat_bytes name)
{
    const leat_sql_column *declared = declared_column(object, name);
    if (declared == NULL)
        return false;
    const leat_sql_table *table = object->statement->table;
    bool is = declared->is_primary_key;
    for (uint32_t i = 0; i < table->column_count; i++)
        for (uint32_t k = 0; k < table->columns[i].key.count; k++)
            is |= leat_sql_same_name(table->columns[i].key.items[k].text, name);
    return is;
}

/* The text of an expression as it was written. */
static leat_bytes written(const leat_sql_planner *p, const leat_expr *expr)
{
    return leat_bytes_of(p->source.text.data + expr->offset, expr->length);
}

static leat_bytes extras_of(leat_sql_planner *p, const leat_sql_column *declared)
{
    if (declared != NULL && declared->computed != NULL)
        return leat_bytes_text(
            leat_arena_print(p->arena, "AS %.*s", LEAT_FMT(written(p, declared->computed))));
    return declared != NULL && declared->is_metadata ? LEAT_BYTES("METADATA") : LEAT_BYTES("");
}

static leat_bytes watermark_of(leat_sql_planner *p, const leat_sql_object *object, leat_bytes name)
{
    const leat_sql_table *table =
        leat_sql_object_is_table(object) ? object->statement->table : NULL;
    for (uint32_t i = 0; table != NULL && i < table->column_count; i++) {
        const leat_sql_watermark *watermark = table->columns[i].watermark;
        if (table->columns[i].kind == LEAT_SQL_COLUMN_WATERMARK &&
            leat_sql_same_name(watermark->column.text, name))
            return written(p, watermark->bound);
    }
    return LEAT_BYTES("");
}

static void describe_rows(listing *l,
                          const leat_sql_object *object,
                          const leat_schema *schema,
                          const leat_sql_relation *rows)
{
    for (uint32_t i = 0; i < rows->field_count; i++) {
        leat_bytes name = rows->fields[i].name;
        const leat_sql_column *declared = declared_column(object, name);
        leat_buf type = {0};
        leat_type_print(schema->fields[i].type, &type);
        leat_bytes cells[] = {name,
                              leat_arena_bytes(l->p->arena, leat_buf_bytes(&type)),
                              schema->fields[i].is_nullable ? LEAT_BYTES("true")
                                                            : LEAT_BYTES("false"),
                              is_key(object, name) ? LEAT_BYTES("PRI") : LEAT_BYTES(""),
                              extras_of(l->p, declared),
                              watermark_of(l->p, object, name)};
        leat_buf_fini(&type);
        if (is_wanted(l, name))
            list_row(l, cells);
    }
}

bool leat_sql_answer_describe(leat_sql_planner *p, const leat_sql_statement *describe)
{
    static const char *const columns[] = {"name", "type", "null", "key", "extras", "watermark"};
    leat_sql_object *object = find_asked(p, describe->name);
    leat_sql_planner scratch;
    if (object == NULL)
        return false;
    const leat_sql_object *planned = plan_beside(p, object, &scratch);
    if (planned != NULL) {
        listing l;
        list_open(&l, p, describe, columns, LEAT_COUNT_OF(columns));
        describe_rows(&l, object, leat_sql_schema(&scratch, &planned->relation),
                      &planned->relation);
        list_close(&l);
    }
    leat_sql_scratch_fini(&scratch);
    return planned != NULL;
}
