/* SPDX-License-Identifier: Apache-2.0
 *
 * What CREATE, DROP and ALTER do to the catalog.
 */
#include "common/sql/planner.h"
#include "common/text/str.h"

bool leat_sql_same_name(leat_bytes a, leat_bytes b)
{
    return leat_str_equal_nocase(a, b);
}

bool leat_sql_object_is_table(const leat_sql_object *object)
{
    return object->statement != NULL && object->statement->kind == LEAT_SQL_CREATE_TABLE;
}

static const char *kind_of(const leat_sql_object *object)
{
    if (leat_sql_object_is_table(object))
        return "table";
    return object->statement->is_materialized ? "materialized view" : "view";
}

/* Of the catalog, by its name now. */
static leat_sql_object *find_exactly(const leat_sql_planner *p, leat_bytes name)
{
    for (size_t i = 0; i < p->objects.count; i++) {
        leat_sql_object *object = p->objects.items[i];
        if (object->statement != NULL && object->dropped_at == 0 &&
            leat_bytes_equal(object->name, name))
            return object;
    }
    return NULL;
}

/* --- LIKE. --- */

/* What a LIKE takes over; Flink's words. */
typedef struct liking {
    bool constraints;
    bool generated;
    bool metadata;
    bool options;
    bool watermarks;
} liking;

static bool read_feature(leat_sql_planner *p, const leat_sql_feature *feature, liking *out)
{
    static const char *const actions[] = {"including", "excluding", "overwriting"};
    static const char *const whats[] = {"all",     "constraints", "generated",  "metadata",
                                        "options", "watermarks",  "partitions", "distribution"};
    bool *const flags[] = {NULL,
                           &out->constraints,
                           &out->generated,
                           &out->metadata,
                           &out->options,
                           &out->watermarks,
                           NULL,
                           NULL};
    size_t action = 0, what = 0;
    while (action < LEAT_COUNT_OF(actions) &&
           !leat_bytes_equal(feature->action.text, leat_bytes_text(actions[action])))
        action++;
    while (what < LEAT_COUNT_OF(whats) &&
           !leat_bytes_equal(feature->what.text, leat_bytes_text(whats[what])))
        what++;
    if (action == LEAT_COUNT_OF(actions)) {
        LEAT_SQL_REPORT(p, feature->action.span, "expected INCLUDING, EXCLUDING or OVERWRITING");
        return false;
    }
    if (what == LEAT_COUNT_OF(whats)) {
        LEAT_SQL_REPORT(p, feature->what.span,
                        "expected ALL, CONSTRAINTS, GENERATED, METADATA, OPTIONS or WATERMARKS");
        return false;
    }
    for (size_t i = 0; i < LEAT_COUNT_OF(whats); i++)
        if (flags[i] != NULL && (what == 0 || i == what))
            *flags[i] = action != 1;
    return true;
}

static bool takes_over(const liking *wanted, const leat_sql_column *column)
{
    switch (column->kind) {
    case LEAT_SQL_COLUMN_KEY:
        return wanted->constraints;
    case LEAT_SQL_COLUMN_WATERMARK:
        return wanted->watermarks;
    case LEAT_SQL_COLUMN_FIELD:
        break;
    }
    return column->computed != NULL ? wanted->generated : !column->is_metadata || wanted->metadata;
}

/* Whether the table itself says what a column taken over would say. */
static bool says_itself(const leat_sql_table *table, const leat_sql_column *column)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        const leat_sql_column *own = &table->columns[i];
        if (own->kind == column->kind && (own->kind != LEAT_SQL_COLUMN_FIELD ||
                                          leat_sql_same_name(own->name.text, column->name.text)))
            return true;
    }
    return false;
}

static const leat_sql_option *option_find(const leat_sql_options *options, leat_bytes name)
{
    for (uint32_t i = 0; i < options->count; i++)
        if (leat_bytes_equal(options->items[i].name.text, name))
            return &options->items[i];
    return NULL;
}

/* `first` with what `second` says besides, or instead. */
static leat_sql_options
merge_options(leat_sql_planner *p, const leat_sql_options *first, const leat_sql_options *second)
{
    leat_sql_options merged = {0};
    merged.items = LEAT_ARENA_ARRAY(p->arena, leat_sql_option, first->count + second->count);
    for (uint32_t i = 0; i < first->count; i++)
        if (option_find(second, first->items[i].name.text) == NULL)
            merged.items[merged.count++] = first->items[i];
    for (uint32_t i = 0; i < second->count; i++)
        merged.items[merged.count++] = second->items[i];
    return merged;
}

/* The table with what it takes over from another one in front of what it says itself. */
static leat_sql_table *like_table(leat_sql_planner *p, const leat_sql_table *table)
{
    leat_sql_object *object = leat_sql_find(p, table->like.text);
    if (object == NULL || !leat_sql_object_is_table(object)) {
        leat_sql_unknown_table(p, table->like);
        return NULL;
    }
    liking wanted = {true, true, true, true, true};
    for (uint32_t i = 0; i < table->feature_count; i++)
        if (!read_feature(p, &table->features[i], &wanted))
            return NULL;
    const leat_sql_table *other = object->statement->table;
    leat_sql_table *made = leat_arena_copy(p->arena, table, sizeof *table);
    made->columns = LEAT_ARENA_ARRAY(p->arena, leat_sql_column,
                                     (size_t)other->column_count + table->column_count);
    made->column_count = 0;
    for (uint32_t i = 0; i < other->column_count; i++) {
        if (!takes_over(&wanted, &other->columns[i]) || says_itself(table, &other->columns[i]))
            continue;
        leat_sql_column *column = &made->columns[made->column_count++];
        *column = other->columns[i];
        column->is_primary_key &= wanted.constraints;
    }
    for (uint32_t i = 0; i < table->column_count; i++)
        made->columns[made->column_count++] = table->columns[i];
    if (wanted.options)
        made->options = merge_options(p, &other->options, &table->options);
    made->like = (leat_sql_name){0};
    made->feature_count = 0;
    return made;
}

/* --- CREATE. --- */

static void
object_set(leat_sql_planner *p, leat_sql_object *object, const leat_sql_statement *statement)
{
    object->statement = statement;
    object->query = statement->query;
    object->columns = statement->columns;
    object->made_at = p->now;
    object->is_planned = false;
}

bool leat_sql_object_add(leat_sql_planner *p, const leat_sql_statement *create)
{
    p->has_acted = true;
    leat_sql_object *object = find_exactly(p, create->name.text);
    if (object != NULL && !create->is_replacing) {
        if (!create->if_exists)
            LEAT_SQL_REPORT(p, create->name.span, "'%.*s' is there already",
                            LEAT_FMT(create->name.text));
        return create->if_exists;
    }
    leat_sql_statement *made = leat_arena_copy(p->arena, create, sizeof *create);
    if (made->table != NULL && made->table->like.text.size > 0 &&
        (made->table = like_table(p, made->table)) == NULL)
        return false;
    if (object == NULL) {
        object = LEAT_ARENA_NEW(p->arena, leat_sql_object);
        object->name = leat_arena_bytes(p->arena, create->name.text);
        leat_vec_push(&p->objects, object);
    }
    object_set(p, object, made);
    return true;
}

/* --- DROP. --- */

/* The object that a statement names, of the kind it names; NULL after a report, or when it may be
 * absent. */
static leat_sql_object *find_named(leat_sql_planner *p, const leat_sql_statement *statement)
{
    leat_sql_object *object = find_exactly(p, statement->name.text);
    if (object == NULL)
        object = leat_sql_find(p, statement->name.text);
    if (object == NULL) {
        if (!statement->if_exists)
            leat_sql_unknown_table(p, statement->name);
        return NULL;
    }
    const char *kind = kind_of(object);
    bool wants_view = leat_bytes_equal(statement->object, LEAT_BYTES("view"));
    if (leat_bytes_equal(statement->object, leat_bytes_text(kind)) ||
        (wants_view && !leat_sql_object_is_table(object)))
        return object;
    LEAT_SQL_REPORT(p, statement->name.span, "'%.*s' is a %s, not a %.*s", LEAT_FMT(object->name),
                    kind, LEAT_FMT(statement->object));
    return NULL;
}

bool leat_sql_object_drop(leat_sql_planner *p, const leat_sql_statement *drop)
{
    leat_sql_object *object = find_named(p, drop);
    p->has_acted = true;
    if (object == NULL)
        return drop->if_exists;
    object->dropped_at = p->now;
    return true;
}

/* --- ALTER. --- */

static bool rename_object(leat_sql_planner *p, leat_sql_object *object, leat_sql_name to)
{
    if (find_exactly(p, to.text) != NULL) {
        LEAT_SQL_REPORT(p, to.span, "'%.*s' is there already", LEAT_FMT(to.text));
        return false;
    }
    leat_sql_former *former = LEAT_ARENA_NEW(p->arena, leat_sql_former);
    *former = (leat_sql_former){object->name, p->now, object->former};
    object->former = former;
    object->name = leat_arena_bytes(p->arena, to.text);
    return true;
}

static leat_sql_column *column_find(leat_sql_planner *p, leat_sql_table *table, leat_sql_name name)
{
    const char **names = LEAT_ARENA_ARRAY(p->arena, const char *, table->column_count);
    size_t count = 0;
    for (uint32_t i = 0; i < table->column_count; i++) {
        leat_sql_column *column = &table->columns[i];
        if (column->kind != LEAT_SQL_COLUMN_FIELD)
            continue;
        if (leat_sql_same_name(column->name.text, name.text))
            return column;
        names[count++] = leat_arena_text(p->arena, column->name.text);
    }
    const char *near = leat_suggest(name.text, names, count);
    LEAT_SQL_REPORT(p, name.span, "there is no column '%.*s'%s%s%s", LEAT_FMT(name.text),
                    near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
                    near == NULL ? "" : "'?");
    return NULL;
}

static bool add_columns(leat_sql_planner *p, leat_sql_table *table, const leat_sql_table *added)
{
    leat_sql_column *columns = LEAT_ARENA_ARRAY(p->arena, leat_sql_column,
                                                (size_t)table->column_count + added->column_count);
    for (uint32_t i = 0; i < table->column_count; i++)
        columns[i] = table->columns[i];
    for (uint32_t i = 0; i < added->column_count; i++) {
        const leat_sql_column *column = &added->columns[i];
        if (says_itself(table, column)) {
            LEAT_SQL_REPORT(p, column->name.span, "the table has this already");
            return false;
        }
        columns[table->column_count + i] = *column;
    }
    table->columns = columns;
    table->column_count += added->column_count;
    return true;
}

static bool drop_columns(leat_sql_planner *p, leat_sql_table *table, leat_sql_names names)
{
    for (uint32_t n = 0; n < names.count; n++) {
        leat_sql_column *column = column_find(p, table, names.items[n]);
        if (column == NULL)
            return false;
        uint32_t at = (uint32_t)(column - table->columns);
        memmove(column, column + 1, (table->column_count - at - 1) * sizeof *column);
        table->column_count--;
    }
    return true;
}

static bool reset_options(leat_sql_planner *p, leat_sql_table *table, leat_sql_names names)
{
    for (uint32_t n = 0; n < names.count; n++) {
        const leat_sql_option *option = option_find(&table->options, names.items[n].text);
        if (option == NULL) {
            LEAT_SQL_REPORT(p, names.items[n].span, "the table has no option '%.*s'",
                            LEAT_FMT(names.items[n].text));
            return false;
        }
        uint32_t at = (uint32_t)(option - table->options.items);
        memmove(&table->options.items[at], option + 1,
                (table->options.count - at - 1) * sizeof *option);
        table->options.count--;
    }
    return true;
}

/* The definition as a copy that may be changed: others still read the old one. */
static leat_sql_statement *copy_definition(leat_sql_planner *p, const leat_sql_object *object)
{
    leat_sql_statement *copy = leat_arena_copy(p->arena, object->statement, sizeof *copy);
    if (copy->table == NULL)
        return copy;
    leat_sql_table *table = leat_arena_copy(p->arena, copy->table, sizeof *table);
    table->columns =
        leat_arena_copy(p->arena, table->columns, table->column_count * sizeof *table->columns);
    table->options.items = leat_arena_copy(p->arena, table->options.items,
                                           table->options.count * sizeof *table->options.items);
    copy->table = table;
    return copy;
}

static bool alter_table(leat_sql_planner *p, leat_sql_table *table, const leat_sql_statement *alter)
{
    leat_sql_column *column;
    switch (alter->alter) {
    case LEAT_SQL_ALTER_RENAME_COLUMN:
        column = column_find(p, table, alter->columns.items[0]);
        if (column != NULL)
            column->name = alter->to;
        return column != NULL;
    case LEAT_SQL_ALTER_SET:
        table->options = merge_options(p, &table->options, &alter->options);
        return true;
    case LEAT_SQL_ALTER_RESET:
        return reset_options(p, table, alter->columns);
    case LEAT_SQL_ALTER_ADD:
        return add_columns(p, table, alter->table);
    case LEAT_SQL_ALTER_DROP_COLUMNS:
        return drop_columns(p, table, alter->columns);
    case LEAT_SQL_ALTER_RENAME:
    case LEAT_SQL_ALTER_QUERY:
        break;
    }
    LEAT_UNREACHABLE();
}

bool leat_sql_object_alter(leat_sql_planner *p, const leat_sql_statement *alter)
{
    leat_sql_object *object = find_named(p, alter);
    p->has_acted = true;
    if (object == NULL)
        return alter->if_exists;
    if (alter->alter == LEAT_SQL_ALTER_RENAME)
        return rename_object(p, object, alter->to);
    bool is_query = alter->alter == LEAT_SQL_ALTER_QUERY;
    if (is_query == leat_sql_object_is_table(object)) {
        LEAT_SQL_REPORT(p, alter->span, "a %s cannot be altered like this", kind_of(object));
        return false;
    }
    leat_sql_statement *changed = copy_definition(p, object);
    if (is_query)
        changed->query = alter->query;
    else if (!alter_table(p, changed->table, alter))
        return false;
    object_set(p, object, changed);
    return true;
}
