/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/build.h"

leat_sql_statement *
leat_sql_statement_new(leat_parser *parser, leat_sql_statement_kind kind, leat_span span)
{
    leat_sql_statement *statement = LEAT_ARENA_NEW(parser->arena, leat_sql_statement);
    statement->kind = kind;
    statement->span = span;
    return statement;
}

const leat_sql_script *leat_sql_script_of(leat_parser *parser, leat_sql_list statements)
{
    leat_sql_script *script = LEAT_ARENA_NEW(parser->arena, leat_sql_script);
    script->count = statements.count;
    script->statements = statements.items;
    return script;
}

leat_sql_statement *
leat_sql_statement_set(leat_parser *parser, leat_span span, leat_sql_list inners)
{
    leat_sql_statement *set = leat_sql_statement_new(parser, LEAT_SQL_STATEMENT_SET, span);
    set->inner_count = inners.count;
    set->inners = inners.items;
    return set;
}

leat_sql_statement *leat_sql_explain(leat_parser *parser,
                                     leat_span span,
                                     const leat_sql_statement *inner,
                                     leat_sql_names details)
{
    leat_sql_statement *explain = leat_sql_statement_new(parser, LEAT_SQL_EXPLAIN, span);
    explain->inner_count = 1;
    explain->inners = leat_arena_copy(parser->arena, inner, sizeof *inner);
    explain->columns = details;
    return explain;
}

leat_sql_statement *leat_sql_alter(leat_parser *parser, leat_sql_alter_kind alter)
{
    leat_sql_statement *statement =
        leat_sql_statement_new(parser, LEAT_SQL_ALTER, (leat_span){0, 0});
    statement->alter = alter;
    return statement;
}

leat_sql_statement *leat_sql_alter_add(leat_parser *parser, leat_sql_list columns)
{
    leat_sql_statement *statement = leat_sql_alter(parser, LEAT_SQL_ALTER_ADD);
    statement->table = leat_sql_table_new(parser, columns);
    return statement;
}

leat_sql_statement *leat_sql_create_table(leat_parser *parser,
                                          leat_span span,
                                          leat_sql_name name,
                                          leat_sql_table *table,
                                          bool is_temporary)
{
    leat_sql_statement *create = leat_sql_statement_new(parser, LEAT_SQL_CREATE_TABLE, span);
    table->name = name;
    create->name = name;
    create->table = table;
    create->is_temporary = is_temporary;
    return create;
}

leat_sql_statement *leat_sql_create_view(leat_parser *parser,
                                         leat_span span,
                                         leat_sql_name name,
                                         leat_sql_names columns,
                                         leat_sql_query *query)
{
    leat_sql_statement *create = leat_sql_statement_new(parser, LEAT_SQL_CREATE_VIEW, span);
    create->name = name;
    create->columns = columns;
    create->query = query;
    return create;
}

leat_sql_statement *leat_sql_set(leat_parser *parser, leat_span span, const leat_sql_option *option)
{
    leat_sql_statement *set = leat_sql_statement_new(parser, LEAT_SQL_SET, span);
    if (option == NULL)
        return set;
    set->options.count = 1;
    set->options.items = leat_arena_copy(parser->arena, option, sizeof *option);
    return set;
}

leat_sql_statement *leat_sql_drop(
    leat_parser *parser, leat_span span, leat_bytes object, leat_sql_name name, bool if_exists)
{
    leat_sql_statement *drop = leat_sql_statement_new(parser, LEAT_SQL_DROP, span);
    drop->object = object;
    drop->name = name;
    drop->if_exists = if_exists;
    return drop;
}

leat_sql_statement *
leat_sql_query_statement(leat_parser *parser, leat_span span, leat_sql_query *query)
{
    leat_sql_statement *statement = leat_sql_statement_new(parser, LEAT_SQL_QUERY, span);
    statement->query = query;
    return statement;
}

leat_sql_table *leat_sql_table_new(leat_parser *parser, leat_sql_list columns)
{
    leat_sql_table *table = LEAT_ARENA_NEW(parser->arena, leat_sql_table);
    table->column_count = columns.count;
    table->columns = columns.items;
    return table;
}

leat_sql_table *leat_sql_table_like(leat_parser *parser,
                                    leat_sql_list columns,
                                    leat_sql_name like,
                                    leat_sql_list features)
{
    leat_sql_table *table = leat_sql_table_new(parser, columns);
    table->like = like;
    table->feature_count = features.count;
    table->features = features.items;
    return table;
}

static leat_sql_name word_at(leat_parser *parser, leat_span span)
{
    return (leat_sql_name){leat_parse_fold(parser, leat_sql_text(parser, span)), span};
}

leat_sql_list
leat_sql_feature_add(leat_parser *parser, leat_sql_list features, leat_span action, leat_span what)
{
    leat_sql_feature feature = {word_at(parser, action), word_at(parser, what)};
    return leat_sql_list_add(parser, features, &feature, sizeof feature);
}

leat_sql_column leat_sql_column_typed(leat_parser *parser, leat_sql_name name, leat_span type)
{
    return (leat_sql_column){.name = name, .type = leat_sql_type_of(parser, type)};
}

leat_sql_options leat_sql_options_of(leat_sql_list options)
{
    return (leat_sql_options){options.count, options.items};
}
