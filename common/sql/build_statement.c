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

leat_sql_statement *
leat_sql_explain(leat_parser *parser, leat_span span, const leat_sql_statement *inner)
{
    leat_sql_statement *explain = leat_sql_statement_new(parser, LEAT_SQL_EXPLAIN, span);
    explain->inner_count = 1;
    explain->inners = leat_arena_copy(parser->arena, inner, sizeof *inner);
    return explain;
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
    drop->object = leat_parse_fold(parser, object);
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

leat_sql_column leat_sql_column_typed(leat_parser *parser, leat_sql_name name, leat_span type)
{
    return (leat_sql_column){.name = name, .type = leat_sql_type_of(parser, type)};
}

leat_sql_options leat_sql_options_of(leat_sql_list options)
{
    return (leat_sql_options){options.count, options.items};
}
