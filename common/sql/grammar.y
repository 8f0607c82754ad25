/* SPDX-License-Identifier: Apache-2.0
 *
 * grammar - all of SQL: scripts of statements, and the expressions and select lists of topologies.
 *
 * Precedence is spelled in the rules, lowest first, as PostgreSQL has it:
 *   OR < AND < NOT < IS < comparison < BETWEEN IN LIKE < || and the like < + - < * / % < ^ < unary
 *   < ::
 * The few conflicts that SQL has by nature are settled by precedence: a name after INTERVAL '5' is
 * its unit, not an alias; parentheses around a query stay the query's as long as they can.
 *
 * Actions only call parse.h and build.h. An action that may go over a limit is followed by CHECK.
 */
%define api.pure full
%define api.prefix {leat_sql_yy}
%define api.token.prefix {LEAT_TOKEN_}
%define api.location.type {leat_span}
%define parse.error custom
%define parse.lac full
%locations
%expect 16
%parse-param {leat_parser *parser} {void *scanner}
%lex-param {void *scanner}
%initial-action { @$ = (leat_span){0, 0}; }

%code requires {
#include "common/sql/build.h"
}

%union {
    leat_bytes text;
    leat_parsed node;
    leat_parsed_list list;
    const char *symbol;
    bool is_negated;
    leat_sql_name name;
    leat_sql_names names;
    leat_sql_list items; /* of what the rule says */
    leat_sql_orders orders;
    leat_sql_query *query;
    leat_sql_query tail; /* ORDER BY, LIMIT, EMIT of a query */
    leat_sql_body *body;
    leat_sql_select *select;
    leat_sql_from *from;
    leat_sql_over *over;
    leat_sql_group group;
    leat_sql_item item;
    leat_sql_bound bound;
    leat_sql_statement *statement;
    leat_sql_table *table;
    leat_sql_column column;
    leat_sql_watermark watermark;
    leat_sql_option option;
    int number;
}

%code {
#include "common/base/alloc.h"
#include "lexer.h"

#define YYMALLOC   leat_alloc
#define YYFREE     leat_free
#define YYMAXDEPTH LEAT_PARSE_STACK_MAX

#define YYLLOC_DEFAULT(current, rhs, n)                                                            \
    ((current) = (n) > 0 ? (leat_span){YYRHSLOC(rhs, 1).start, YYRHSLOC(rhs, n).end}               \
                         : (leat_span){YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end})

#define CHECK                                                                                      \
    do {                                                                                           \
        if (parser->has_failed)                                                                    \
            YYABORT;                                                                               \
    } while (0)

static void leat_sql_yyerror(const leat_span *span, leat_parser *parser, void *scanner,
                              const char *message);
static const leat_parsed absent = {NULL, 0};
}

%token START_EXPRESSION START_SELECT START_SCRIPT
%token END 0 "end of the text"
%token <text> IDENTIFIER "a name" STRING "a string"
%token NUMBER "a number"
%token AND "AND" OR "OR" NOT "NOT" IS "IS" TRUE "TRUE" FALSE "FALSE" NULL "NULL" IN "IN"
%token LIKE "LIKE" BETWEEN "BETWEEN" DISTINCT "DISTINCT" FROM "FROM" AS "AS" CAST "CAST"
%token CASE "CASE" WHEN "WHEN" THEN "THEN" ELSE "ELSE" END_CASE "END"
%token SELECT "SELECT" WHERE "WHERE" GROUP "GROUP" BY "BY" HAVING "HAVING" QUALIFY "QUALIFY"
%token WINDOW "WINDOW" ORDER "ORDER" LIMIT "LIMIT" OFFSET "OFFSET" FETCH "FETCH" EMIT "EMIT"
%token UNION "UNION" INTERSECT "INTERSECT" EXCEPT "EXCEPT" ALL "ALL" WITH "WITH" VALUES "VALUES"
%token TABLE "TABLE" JOIN "JOIN" ON "ON" USING "USING" INNER "INNER" LEFT "LEFT" RIGHT "RIGHT"
%token FULL "FULL" OUTER "OUTER" CROSS "CROSS" NATURAL "NATURAL" ASOF "ASOF" LATERAL "LATERAL"
%token FOR "FOR" EXISTS "EXISTS" ANY "ANY" ASC "ASC" DESC "DESC" CREATE "CREATE" INTO "INTO"
%token ARRAY "ARRAY" ROW "ROW" ILIKE "ILIKE" COLUMN "COLUMN"
 /* Words with a meaning in their place only; elsewhere they are names. */
%token <text> TIMESTAMP "TIMESTAMP" INTERVAL "INTERVAL" EXTRACT "EXTRACT" POSITION "POSITION"
%token <text> FILTER "FILTER" ESCAPE "ESCAPE" PRECISION "PRECISION" OVER "OVER" WITHIN "WITHIN"
%token <text> PARTITION "PARTITION" ROWS "ROWS" RANGE "RANGE" GROUPS "GROUPS" CURRENT "CURRENT"
%token <text> UNBOUNDED "UNBOUNDED" PRECEDING "PRECEDING" FOLLOWING "FOLLOWING" EXCLUDE "EXCLUDE"
%token <text> NO "NO" OTHERS "OTHERS" TIES "TIES" NULLS "NULLS" FIRST "FIRST" LAST "LAST"
%token <text> IGNORE "IGNORE" RESPECT "RESPECT" ROLLUP "ROLLUP" CUBE "CUBE" GROUPING "GROUPING"
%token <text> SETS "SETS" DESCRIPTOR "DESCRIPTOR" SYSTEM_TIME "SYSTEM_TIME" OF "OF" CLOSE "CLOSE"
%token <text> ORDINALITY "ORDINALITY" VARYING "VARYING" WITHOUT "WITHOUT" LOCAL "LOCAL"
%token <text> TIME "TIME" ZONE "ZONE" NEXT "NEXT" ONLY "ONLY" TO "TO" UNKNOWN "UNKNOWN"
%token <text> VIEW "VIEW" MATERIALIZED "MATERIALIZED" TEMPORARY "TEMPORARY" STREAM "STREAM"
%token <text> SOURCE "SOURCE" SINK "SINK" IF "IF" REPLACE "REPLACE" PRIMARY "PRIMARY" KEY "KEY"
%token <text> ENFORCED "ENFORCED" WATERMARK "WATERMARK" METADATA "METADATA" VIRTUAL "VIRTUAL"
%token <text> IDLE "IDLE" AFTER "AFTER" MAX "MAX" FUTURE "FUTURE" LATE "LATE" COMMENT "COMMENT"
%token <text> INSERT "INSERT" EXECUTE "EXECUTE" STATEMENT "STATEMENT" SET "SET" RESET "RESET"
%token <text> BEGIN_WORD "BEGIN" EXPLAIN "EXPLAIN" PLAN "PLAN" DROP "DROP" SHOW "SHOW"
%token <text> DESCRIBE "DESCRIBE" ALTER "ALTER" USE "USE" PERIOD "PERIOD" TRY_CAST "TRY_CAST"
%token <text> SUBSTRING "SUBSTRING" TRIM "TRIM" MAP "MAP" RENAME "RENAME" ADD "ADD"
%token <text> OPERATOR "an operator"
%token <text> BOTH "BOTH" LEADING "LEADING" TRAILING "TRAILING" PLACING "PLACING" AT "AT"
%token <text> STRUCT "STRUCT"
%token SIMILAR "SIMILAR"
%token LESS_EQUAL "<=" GREATER_EQUAL ">=" NOT_EQUAL "<>" CONCAT "||" DOUBLE_COLON "::" ARROW "=>"

%precedence NO_UNIT
%precedence IDENTIFIER
%precedence EXPRESSION_QUERY
%left UNION EXCEPT
%left INTERSECT
%precedence ')'

%type <text> object_kind show_object
%type <text> function_name word unit unreserved bare_alias
%type <node> expression disjunction conjunction negation predicate comparison range concat
%type <node> additive multiplicative power unary zoned postfix primary literal call filtered_call case
%type <node> case_operand case_else select_expression table_argument
%type <list> list arguments arms rows_list
%type <is_negated> not all_opt if_exists if_not_exists or_replace distinct_opt outer_opt temporary_opt
%type <symbol> trim_side comparison_operator additive_operator multiplicative_operator
%type <name> name dotted_name alias alias_opt
%type <names> names names_opt explain_details strings
%type <items> sql_items  select_groups groups named_windows ctes value_rows sets set
%type <items> table_arguments columns options option_list statements inserts added like_features
%type <items> like_feature_list
%type <orders> orders order_opt
%type <query> query query_parens any_query
%type <tail> tail tail_opt limits
%type <body> clause simple_body
%type <select> select
%type <from> from_list from table_ref joined base_ref from_opt
%type <over> over_clause over_body
%type <group> group
%type <item> sql_item
%type <bound> frame_bound
%type <statement> statement inner_statement create statement_set explained alteration described
%type <statement> show_like
%type <table> table_body
%type <column> column
%type <option> option
%type <watermark> watermark_tail
%type <number> join_kind frame_unit exclude_opt order_direction nulls_opt

%%

start:
    START_EXPRESSION expression         { parser->expr = $2.expr; }
  | START_SELECT select_items
  | START_SCRIPT statements             { parser->script = leat_sql_script_of(parser, $2); }
  ;

statements:
    %empty                              { $$ = (leat_sql_list){0}; }
  | statement                           { $$ = leat_sql_list_add(parser, (leat_sql_list){0}, $1, sizeof *$1); }
  | statements ';'                      { $$ = $1; }
  | statements ';' statement            { $$ = leat_sql_list_add(parser, $1, $3, sizeof *$3); }
  ;

statement:
    inner_statement
  | statement_set
  | create
  | EXPLAIN explain_details explained   { (void)$1; $$ = leat_sql_explain(parser, @$, $3, $2); }
  | EXPLAIN PLAN FOR explained
    { (void)$1; (void)$2; $$ = leat_sql_explain(parser, @$, $4, (leat_sql_names){0}); }
  | BEGIN_WORD STATEMENT SET
    { (void)$1; (void)$2; (void)$3; $$ = leat_sql_statement_new(parser, LEAT_SQL_BEGIN, @$); }
  | END_CASE                            { $$ = leat_sql_statement_new(parser, LEAT_SQL_END, @$); }
  | SET                                 { (void)$1; $$ = leat_sql_set(parser, @$, NULL); }
  | SET option                          { (void)$1; $$ = leat_sql_set(parser, @$, &$2); }
  | RESET                               { (void)$1; $$ = leat_sql_statement_new(parser, LEAT_SQL_RESET, @$); }
  | RESET dotted_name
    {
        (void)$1; (void)$2;
        $$ = leat_sql_statement_new(parser, LEAT_SQL_RESET, @$);
        $$->name = leat_sql_name_dotted(parser, @2);
    }
  | RESET STRING
    {
        (void)$1;
        $$ = leat_sql_statement_new(parser, LEAT_SQL_RESET, @$);
        $$->name = (leat_sql_name){$2, @2};
    }
  | DROP object_kind if_exists dotted_name
    { (void)$1; $$ = leat_sql_drop(parser, @$, $2, $4, $3); }
  | ALTER object_kind if_exists dotted_name alteration
    {
        (void)$1;
        $$ = $5;
        $$->span = @$;
        $$->object = $2;
        $$->if_exists = $3;
        $$->name = $4;
    }
  | SHOW show_object show_like
    { (void)$1; $$ = $3; $$->span = @$; $$->object = leat_parse_fold(parser, $2); }
  | SHOW show_object from_or_in dotted_name show_like
    { (void)$1; $$ = $5; $$->span = @$; $$->object = leat_parse_fold(parser, $2); $$->name = $4; }
  | SHOW CREATE object_kind dotted_name
    {
        (void)$1; (void)$3;
        $$ = leat_sql_statement_new(parser, LEAT_SQL_SHOW, @$);
        $$->object = LEAT_BYTES("create");
        $$->name = $4;
    }
  | DESCRIBE described                  { (void)$1; $$ = $2; $$->span = @$; }
  | DESC described                      { $$ = $2; $$->span = @$; }
  | USE dotted_name
    { (void)$1; $$ = leat_sql_statement_new(parser, LEAT_SQL_USE, @$); $$->name = $2; }
  | USE IDENTIFIER dotted_name
    {
        (void)$1;
        $$ = leat_sql_statement_new(parser, LEAT_SQL_USE, @$);
        $$->object = leat_parse_fold(parser, $2);
        $$->name = $3;
    }
  ;

create:
    CREATE or_replace temporary_opt table_word if_not_exists dotted_name table_body
    {
        $$ = leat_sql_create_table(parser, @$, $6, $7, $3);
        $$->if_exists = $5;
        $$->is_replacing = $2;
    }
  | CREATE or_replace temporary_opt VIEW if_not_exists dotted_name names_opt AS any_query
    {
        (void)$4;
        $$ = leat_sql_create_view(parser, @$, $6, $7, $9);
        $$->is_temporary = $3;
        $$->if_exists = $5;
        $$->is_replacing = $2;
    }
  | CREATE or_replace MATERIALIZED VIEW if_not_exists dotted_name names_opt AS any_query
    {
        (void)$3; (void)$4;
        $$ = leat_sql_create_view(parser, @$, $6, $7, $9);
        $$->is_materialized = true;
        $$->if_exists = $5;
        $$->is_replacing = $2;
    }
  ;

statement_set:
    EXECUTE STATEMENT SET BEGIN_WORD inserts END_CASE
    { (void)$1; (void)$2; (void)$3; (void)$4; $$ = leat_sql_statement_set(parser, @$, $5); }
  ;

explained:
    inner_statement
  | statement_set
  | create
  | STATEMENT SET BEGIN_WORD inserts END_CASE
    { (void)$1; (void)$2; (void)$3; $$ = leat_sql_statement_set(parser, @$, $4); }
  ;

 /* EXPLAIN CHANGELOG_MODE, JSON_EXECUTION_PLAN ... */
explain_details:
    %empty                              { $$ = (leat_sql_names){0}; }
  | IDENTIFIER
    { $$ = leat_sql_name_add(parser, (leat_sql_names){0}, (leat_sql_name){$1, @1}); }
  | explain_details ',' IDENTIFIER
    { $$ = leat_sql_name_add(parser, $1, (leat_sql_name){$3, @3}); }
  ;

temporary_opt:
    %empty                              { $$ = false; }
  | TEMPORARY                           { (void)$1; $$ = true; }
  ;

table_word:
    TABLE
  | STREAM                              { (void)$1; }
  | SOURCE                              { (void)$1; }
  | SINK                                { (void)$1; }
  ;

object_kind:
    table_word                          { $$ = LEAT_BYTES("table"); }
  | TEMPORARY TABLE                     { (void)$1; $$ = LEAT_BYTES("table"); }
  | VIEW                                { (void)$1; $$ = LEAT_BYTES("view"); }
  | TEMPORARY VIEW                      { (void)$1; (void)$2; $$ = LEAT_BYTES("view"); }
  | MATERIALIZED VIEW                   { (void)$1; (void)$2; $$ = LEAT_BYTES("materialized view"); }
  ;

alteration:
    RENAME TO dotted_name
    { (void)$1; (void)$2; $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_RENAME); $$->to = $3; }
  | RENAME IDENTIFIER TO name
    {
        (void)$1; (void)$3;
        $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_RENAME_COLUMN);
        $$->columns = leat_sql_name_add(parser, $$->columns, (leat_sql_name){$2, @2});
        $$->to = $4;
    }
  | RENAME COLUMN name TO name
    {
        (void)$1; (void)$4;
        $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_RENAME_COLUMN);
        $$->columns = leat_sql_name_add(parser, $$->columns, $3);
        $$->to = $5;
    }
  | SET options
    {
        (void)$1;
        $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_SET);
        $$->options = leat_sql_options_of($2);
    }
  | RESET '(' strings ')'
    { (void)$1; $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_RESET); $$->columns = $3; }
  | ADD added                           { (void)$1; $$ = leat_sql_alter_add(parser, $2); }
  | DROP COLUMN name
    {
        (void)$1;
        $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_DROP_COLUMNS);
        $$->columns = leat_sql_name_add(parser, $$->columns, $3);
    }
  | DROP IDENTIFIER
    {
        (void)$1;
        $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_DROP_COLUMNS);
        $$->columns = leat_sql_name_add(parser, $$->columns, (leat_sql_name){$2, @2});
    }
  | DROP '(' names ')'
    { (void)$1; $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_DROP_COLUMNS); $$->columns = $3; }
  | AS any_query
    { $$ = leat_sql_alter(parser, LEAT_SQL_ALTER_QUERY); $$->query = $2; }
  ;

added:
    column                              { $$ = leat_sql_list_add(parser, (leat_sql_list){0}, &$1, sizeof $1); }
  | COLUMN column                       { $$ = leat_sql_list_add(parser, (leat_sql_list){0}, &$2, sizeof $2); }
  | '(' columns ')'                     { $$ = $2; }
  ;

strings:
    STRING
    { $$ = leat_sql_name_add(parser, (leat_sql_names){0}, (leat_sql_name){$1, @1}); }
  | strings ',' STRING                  { $$ = leat_sql_name_add(parser, $1, (leat_sql_name){$3, @3}); }
  ;

show_object:
    name                                { $$ = $1.text; }
  | name name                           { (void)$1; (void)$2; $$ = leat_sql_text(parser, @$); }
  | COLUMN                              { $$ = LEAT_BYTES("column"); }
  ;

from_or_in: FROM | IN ;

show_like:
    %empty                              { $$ = leat_sql_statement_new(parser, LEAT_SQL_SHOW, @$); }
  | not LIKE STRING
    {
        $$ = leat_sql_statement_new(parser, LEAT_SQL_SHOW, @$);
        $$->pattern = $3;
        $$->is_negated = $1;
    }
  ;

described:
    dotted_name
    { $$ = leat_sql_statement_new(parser, LEAT_SQL_DESCRIBE, @$); $$->name = $1; }
  | IDENTIFIER dotted_name
    {
        $$ = leat_sql_statement_new(parser, LEAT_SQL_DESCRIBE, @$);
        $$->object = leat_parse_fold(parser, $1);
        $$->name = $2;
    }
  ;

 /* What EXPLAIN explains and what stands in a statement set. */
inner_statement:
    any_query                           { $$ = leat_sql_query_statement(parser, @$, $1); }
  | INSERT INTO dotted_name names_opt any_query
    {
        (void)$1;
        $$ = leat_sql_query_statement(parser, @$, $5);
        $$->kind = LEAT_SQL_INSERT;
        $$->name = $3;
        $$->columns = $4;
    }
  ;

inserts:
    inner_statement ';'                 { $$ = leat_sql_list_add(parser, (leat_sql_list){0}, $1, sizeof *$1); }
  | inserts inner_statement ';'         { $$ = leat_sql_list_add(parser, $1, $2, sizeof *$2); }
  ;

or_replace:
    %empty                              { $$ = false; }
  | OR REPLACE                          { (void)$2; $$ = true; }
  ;

if_not_exists:
    %empty                              { $$ = false; }
  | IF NOT EXISTS                       { (void)$1; $$ = true; }
  ;

if_exists:
    %empty                              { $$ = false; }
  | IF EXISTS                           { (void)$1; $$ = true; }
  ;

 /* --- Tables --- */

table_body:
    '(' columns ')'                     { $$ = leat_sql_table_new(parser, $2); }
  | '(' columns ')' WITH options
    { $$ = leat_sql_table_new(parser, $2); $$->options = leat_sql_options_of($5); }
  | '(' columns ')' COMMENT STRING WITH options
    { (void)$4; (void)$5; $$ = leat_sql_table_new(parser, $2); $$->options = leat_sql_options_of($7); }
  | '(' columns ')' WITH options LIKE dotted_name like_features
    {
        $$ = leat_sql_table_like(parser, $2, $7, $8);
        $$->options = leat_sql_options_of($5);
    }
  | '(' columns ')' LIKE dotted_name like_features
    { $$ = leat_sql_table_like(parser, $2, $5, $6); }
  | WITH options LIKE dotted_name like_features
    {
        $$ = leat_sql_table_like(parser, (leat_sql_list){0}, $4, $5);
        $$->options = leat_sql_options_of($2);
    }
  | LIKE dotted_name like_features
    { $$ = leat_sql_table_like(parser, (leat_sql_list){0}, $2, $3); }
  | WITH options AS any_query
    {
        $$ = leat_sql_table_new(parser, (leat_sql_list){0});
        $$->options = leat_sql_options_of($2);
        $$->as = $4;
    }
  | AS any_query                        { $$ = leat_sql_table_new(parser, (leat_sql_list){0}); $$->as = $2; }
  ;

like_features:
    %empty                              { $$ = (leat_sql_list){0}; }
  | '(' like_feature_list ')'           { $$ = $2; }
  ;

 /* INCLUDING or EXCLUDING or OVERWRITING, and what. */
like_feature_list:
    IDENTIFIER ALL                      { $$ = leat_sql_feature_add(parser, (leat_sql_list){0}, @1, @2); (void)$1; }
  | IDENTIFIER name
    { $$ = leat_sql_feature_add(parser, (leat_sql_list){0}, @1, @2); (void)$1; (void)$2; }
  | like_feature_list IDENTIFIER ALL    { $$ = leat_sql_feature_add(parser, $1, @2, @3); (void)$2; }
  | like_feature_list IDENTIFIER name
    { $$ = leat_sql_feature_add(parser, $1, @2, @3); (void)$2; (void)$3; }
  ;

columns:
    column                              { $$ = leat_sql_list_add(parser, (leat_sql_list){0}, &$1, sizeof $1); }
  | columns ',' column                  { $$ = leat_sql_list_add(parser, $1, &$3, sizeof $3); }
  ;

 /* Constraints and the watermark come as columns of their own kind and are told apart later. */
column:
    name type                           { $$ = leat_sql_column_typed(parser, $1, @2); CHECK; }
  | name AS expression
    { $$ = (leat_sql_column){.name = $1, .computed = $3.expr}; }
  | column NOT NULL                     { $$ = $1; $$.is_not_null = true; }
  | column NULL                         { $$ = $1; }
  | column PRIMARY KEY                  { (void)$2; (void)$3; $$ = $1; $$.is_primary_key = true; }
  | column NOT ENFORCED                 { (void)$3; $$ = $1; }
  | column COMMENT STRING               { (void)$2; (void)$3; $$ = $1; }
  | column METADATA                     { (void)$2; $$ = $1; $$.is_metadata = true; }
  | column METADATA FROM STRING         { (void)$2; $$ = $1; $$.is_metadata = true; $$.metadata = $4; }
  | column VIRTUAL                      { (void)$2; $$ = $1; $$.is_virtual = true; }
  | PRIMARY KEY '(' names ')'
    { (void)$1; (void)$2; $$ = (leat_sql_column){.kind = LEAT_SQL_COLUMN_KEY, .key = $4}; }
  | WATERMARK FOR name AS expression watermark_tail
    {
        (void)$1;
        $6.is_given = true;
        $6.column = $3;
        $6.span = @5;
        $6.bound = $5.expr;
        $$ = (leat_sql_column){.kind = LEAT_SQL_COLUMN_WATERMARK};
        $$.watermark = leat_arena_copy(parser->arena, &$6, sizeof $6);
    }
  ;

watermark_tail:
    %empty                              { $$ = (leat_sql_watermark){0}; }
  | watermark_tail IDLE AFTER primary   { (void)$2; (void)$3; $$ = $1; $$.idle_after = $4.expr; }
  | watermark_tail MAX FUTURE primary   { (void)$2; (void)$3; $$ = $1; $$.max_future = $4.expr; }
  | watermark_tail LATE TO name         { (void)$2; (void)$3; $$ = $1; $$.late_to = $4; }
  ;

options:
    '(' option_list ')'                 { $$ = $2; }
  ;

option_list:
    option                              { $$ = leat_sql_list_add(parser, (leat_sql_list){0}, &$1, sizeof $1); }
  | option_list ',' option              { $$ = leat_sql_list_add(parser, $1, &$3, sizeof $3); }
  ;

option:
    STRING '=' STRING                   { $$ = (leat_sql_option){{$1, @1}, $3, @3}; }
  | STRING '=' NUMBER
    { $$ = leat_sql_option_of(parser, (leat_sql_name){$1, @1}, leat_sql_text(parser, @3), @3); }
  | dotted_name '=' STRING
    { $$ = leat_sql_option_of(parser, leat_sql_name_dotted(parser, @1), $3, @3); (void)$1; }
  | dotted_name '=' NUMBER
    {
        (void)$1;
        leat_sql_name name = leat_sql_name_dotted(parser, @1);
        $$ = leat_sql_option_of(parser, name, leat_sql_text(parser, @3), @3);
    }
  | dotted_name '=' name

    {
        (void)$1; (void)$3;
        leat_sql_name name = leat_sql_name_dotted(parser, @1);
        $$ = leat_sql_option_of(parser, name, leat_sql_text(parser, @3), @3);
    }
  | dotted_name '=' TRUE
    { (void)$1; $$ = leat_sql_option_of(parser, leat_sql_name_dotted(parser, @1), LEAT_BYTES("true"), @3); }
  | dotted_name '=' FALSE
    { (void)$1; $$ = leat_sql_option_of(parser, leat_sql_name_dotted(parser, @1), LEAT_BYTES("false"), @3); }
  ;

 /* --- Queries --- */

any_query:
    query
  | query_parens
  ;

query_parens:
    '(' query ')'                       { $$ = $2; $$->is_enclosed = true; }
  | '(' query_parens ')'                { $$ = $2; }
  ;

query:
    simple_body                         { $$ = leat_sql_query_new(parser, @$, (leat_sql_list){0}, $1, NULL); CHECK; }
  | clause tail                         { $$ = leat_sql_query_new(parser, @$, (leat_sql_list){0}, $1, &$2); CHECK; }
  | WITH ctes clause tail_opt           { $$ = leat_sql_query_new(parser, @$, $2, $3, &$4); CHECK; }
  ;

ctes:
    name names_opt AS query_parens
    { $$ = leat_sql_cte_add(parser, (leat_sql_list){0}, $1, $2, $4); }
  | ctes ',' name names_opt AS query_parens
    { $$ = leat_sql_cte_add(parser, $1, $3, $4, $6); }
  ;

clause:
    simple_body
  | query_parens                        { $$ = leat_sql_body_query(parser, @$, $1); }
  ;

simple_body:
    select                              { $$ = leat_sql_body_select(parser, @$, $1); }
  | VALUES value_rows                   { $$ = leat_sql_body_values(parser, @$, $2); }
  | TABLE dotted_name                   { $$ = leat_sql_body_table(parser, @$, $2); }
  | clause UNION all_opt clause
    { $$ = leat_sql_body_set(parser, @$, LEAT_SQL_SET_UNION, $3, $1, $4); CHECK; }
  | clause EXCEPT all_opt clause
    { $$ = leat_sql_body_set(parser, @$, LEAT_SQL_SET_EXCEPT, $3, $1, $4); CHECK; }
  | clause INTERSECT all_opt clause
    { $$ = leat_sql_body_set(parser, @$, LEAT_SQL_SET_INTERSECT, $3, $1, $4); CHECK; }
  ;

all_opt:
    %empty                              { $$ = false; }
  | ALL                                 { $$ = true; }
  | DISTINCT                            { $$ = false; }
  ;

value_rows:
    '(' list ')'                        { $$ = leat_sql_row_add(parser, (leat_sql_list){0}, $2); }
  | value_rows ',' '(' list ')'         { $$ = leat_sql_row_add(parser, $1, $4); }
  ;

tail_opt:
    %empty                              { $$ = (leat_sql_query){0}; }
  | tail
  ;

tail:
    ORDER BY orders                     { $$ = (leat_sql_query){.orders = $3}; }
  | ORDER BY orders limits              { $$ = $4; $$.orders = $3; }
  | limits
  | EMIT ON WINDOW CLOSE                { (void)$4; $$ = (leat_sql_query){.emits_on_close = true}; }
  | ORDER BY orders EMIT ON WINDOW CLOSE
    { (void)$7; $$ = (leat_sql_query){.orders = $3, .emits_on_close = true}; }
  ;

limits:
    LIMIT expression                    { $$ = (leat_sql_query){.limit = $2.expr}; }
  | LIMIT ALL                           { $$ = (leat_sql_query){0}; }
  | LIMIT expression OFFSET expression  { $$ = (leat_sql_query){.limit = $2.expr, .offset = $4.expr}; }
  | OFFSET expression                   { $$ = (leat_sql_query){.offset = $2.expr}; }
  | OFFSET expression LIMIT expression  { $$ = (leat_sql_query){.limit = $4.expr, .offset = $2.expr}; }
  | FETCH fetch_first expression fetch_rows ONLY
    { (void)$5; $$ = (leat_sql_query){.limit = $3.expr}; }
  | FETCH fetch_first expression fetch_rows WITH TIES
    { (void)$6; $$ = (leat_sql_query){.limit = $3.expr, .has_ties = true}; }
  ;

fetch_first:
    FIRST                               { (void)$1; }
  | NEXT                                { (void)$1; }
  ;

fetch_rows:
    ROW
  | ROWS                                { (void)$1; }
  ;

orders:
    expression order_direction nulls_opt
    { $$ = leat_sql_order_add(parser, (leat_sql_orders){0}, $1.expr, $2, $3); }
  | orders ',' expression order_direction nulls_opt
    { $$ = leat_sql_order_add(parser, $1, $3.expr, $4, $5); }
  ;

order_direction:
    %empty                              { $$ = 0; }
  | ASC                                 { $$ = 0; }
  | DESC                                { $$ = 1; }
  ;

nulls_opt:
    %empty                              { $$ = 0; }
  | NULLS FIRST                         { (void)$1; (void)$2; $$ = 1; }
  | NULLS LAST                          { (void)$1; (void)$2; $$ = 2; }
  ;

order_opt:
    %empty                              { $$ = (leat_sql_orders){0}; }
  | ORDER BY orders                     { $$ = $3; }
  ;

select:
    SELECT distinct_opt sql_items from_opt where_opt select_groups having_opt window_opt qualify_opt
    {
        $$ = leat_sql_select_new(parser, @$, $2, $3, $4, $6);
        CHECK;
    }
  ;

distinct_opt:
    %empty                              { leat_sql_select_open(parser); $$ = false; }
  | ALL                                 { leat_sql_select_open(parser); $$ = false; }
  | DISTINCT                            { leat_sql_select_open(parser); $$ = true; }
  | DISTINCT ON '(' list ')'
    { leat_sql_select_open(parser)->distinct_on = leat_sql_exprs_of($4); $$ = true; }
  ;

sql_items:
    sql_item                            { $$ = leat_sql_list_add(parser, (leat_sql_list){0}, &$1, sizeof $1); }
  | sql_items ',' sql_item              { $$ = leat_sql_list_add(parser, $1, &$3, sizeof $3); }
  ;

sql_item:
    expression                          { $$ = (leat_sql_item){.expr = $1.expr, .span = @$}; }
  | expression AS name                  { $$ = (leat_sql_item){$1.expr, $3.text, @$}; }
  | expression bare_alias               { $$ = (leat_sql_item){$1.expr, $2, @$}; }
  | '*'
    { $$ = (leat_sql_item){.expr = leat_parse_star(parser, @$).expr, .span = @$}; CHECK; }
  | name '.' '*'
    {
        $$ = (leat_sql_item){.expr = leat_parse_star(parser, @$).expr, .span = @$};
        CHECK;
        $$.expr->qualifier = $1.text;
    }
  ;

 /* Words that nothing else may continue an expression with. */
bare_alias:
    IDENTIFIER
  | MAX
  | FIRST
  | LAST
  | KEY
  | SOURCE
  | SINK
  | TIME
  | LATE
  ;

from_opt:
    %empty                              { $$ = NULL; }
  | FROM from_list                      { $$ = $2; }
  ;

where_opt:
    %empty
  | WHERE expression                    { leat_sql_select_now(parser)->where = $2.expr; }
  ;

having_opt:
    %empty
  | HAVING expression                   { leat_sql_select_now(parser)->having = $2.expr; }
  ;

qualify_opt:
    %empty
  | QUALIFY expression                  { leat_sql_select_now(parser)->qualify = $2.expr; }
  ;

window_opt:
    %empty
  | WINDOW named_windows                { leat_sql_select_windows(parser, $2); }
  ;

named_windows:
    name AS '(' over_body ')'           { $$ = leat_sql_named_over_add(parser, (leat_sql_list){0}, $1, $4); }
  | named_windows ',' name AS '(' over_body ')'
    { $$ = leat_sql_named_over_add(parser, $1, $3, $6); }
  ;

select_groups:
    %empty                              { $$ = (leat_sql_list){0}; }
  | GROUP BY groups                     { $$ = $3; leat_sql_select_now(parser)->has_group = true; }
  ;

groups:
    group                               { $$ = leat_sql_list_add(parser, (leat_sql_list){0}, &$1, sizeof $1); }
  | groups ',' group                    { $$ = leat_sql_list_add(parser, $1, &$3, sizeof $3); }
  ;

group:
    expression                          { $$ = leat_sql_group_plain(parser, @$, $1.expr); }
  | '(' ')'
    {
        leat_sql_list none = {0};
        $$ = leat_sql_group_of(@$, LEAT_SQL_GROUP_SETS, leat_sql_set_add(parser, none, none));
    }
  | ROLLUP '(' sets ')'                 { (void)$1; $$ = leat_sql_group_of(@$, LEAT_SQL_GROUP_ROLLUP, $3); }
  | CUBE '(' sets ')'                   { (void)$1; $$ = leat_sql_group_of(@$, LEAT_SQL_GROUP_CUBE, $3); }
  | GROUPING SETS '(' sets ')'          { (void)$1; (void)$2; $$ = leat_sql_group_of(@$, LEAT_SQL_GROUP_SETS, $4); }
  ;

sets:
    set                                 { $$ = leat_sql_set_add(parser, (leat_sql_list){0}, $1); }
  | sets ',' set                        { $$ = leat_sql_set_add(parser, $1, $3); }
  ;

 /* A list of expressions: (a, b) is a row, a is itself, () nothing. */
set:
    expression                          { $$ = leat_sql_set_of(parser, $1.expr); }
  | '(' ')'                             { $$ = (leat_sql_list){0}; }
  ;

 /* --- FROM --- */

from_list:
    from
  | from_list ',' from                  { $$ = leat_sql_join_new(parser, @$, LEAT_SQL_JOIN_CROSS, $1, $3); CHECK; }
  ;

from:
    table_ref
  | joined
  ;

joined:
    from CROSS JOIN table_ref           { $$ = leat_sql_join_new(parser, @$, LEAT_SQL_JOIN_CROSS, $1, $4); CHECK; }
  | from join_kind JOIN table_ref ON expression
    { $$ = leat_sql_join_new(parser, @$, $2, $1, $4); CHECK; $$->join->on = $6.expr; }
  | from join_kind JOIN table_ref USING '(' names ')'
    { $$ = leat_sql_join_new(parser, @$, $2, $1, $4); CHECK; $$->join->using_ = $7; }
  | from NATURAL join_kind JOIN table_ref
    { $$ = leat_sql_join_new(parser, @$, $3, $1, $5); CHECK; $$->join->is_natural = true; }
  | from ASOF join_kind JOIN table_ref ON expression
    {
        $$ = leat_sql_join_new(parser, @$, $3, $1, $5);
        CHECK;
        $$->join->is_asof = true;
        $$->join->on = $7.expr;
    }
  ;

join_kind:
    %empty                              { $$ = LEAT_SQL_JOIN_INNER; }
  | INNER                               { $$ = LEAT_SQL_JOIN_INNER; }
  | LEFT outer_opt                      { (void)$2; $$ = LEAT_SQL_JOIN_LEFT; }
  | RIGHT outer_opt                     { (void)$2; $$ = LEAT_SQL_JOIN_RIGHT; }
  | FULL outer_opt                      { (void)$2; $$ = LEAT_SQL_JOIN_FULL; }
  ;

outer_opt:
    %empty                              { $$ = false; }
  | OUTER                               { $$ = true; }
  ;

table_ref:
    base_ref alias_opt names_opt
    { $$ = leat_sql_from_alias(parser, @$, $1, $2, $3); }
  | base_ref FOR SYSTEM_TIME AS OF range alias_opt
    {
        (void)$3; (void)$5;
        $$ = leat_sql_from_alias(parser, @$, $1, $7, (leat_sql_names){0});
        $$->as_of = $6.expr;
    }
  | base_ref alias FOR SYSTEM_TIME AS OF range
    {
        (void)$4; (void)$6;
        $$ = leat_sql_from_alias(parser, @$, $1, $2, (leat_sql_names){0});
        $$->as_of = $7.expr;
    }
  | LATERAL base_ref alias_opt names_opt
    { $$ = leat_sql_from_alias(parser, @$, $2, $3, $4); $$->is_lateral = true; }
  | LATERAL TABLE '(' base_ref ')' alias_opt names_opt
    { $$ = leat_sql_from_alias(parser, @$, $4, $6, $7); $$->is_lateral = true; }
  | TABLE '(' base_ref ')' alias_opt names_opt
    { $$ = leat_sql_from_alias(parser, @$, $3, $5, $6); }
  | '(' joined ')'                      { $$ = $2; }
  ;

base_ref:
    dotted_name                         { $$ = leat_sql_from_table(parser, @$, $1); }
  | query_parens %prec EXPRESSION_QUERY { $$ = leat_sql_from_query(parser, @$, $1); }
  | name '(' table_arguments ')'        { $$ = leat_sql_from_function(parser, @$, $1, $3); CHECK; }
  | base_ref WITH ORDINALITY            { (void)$3; $$ = $1; $$->has_ordinality = true; }
  ;

table_arguments:
    %empty                              { $$ = (leat_sql_list){0}; }
  | table_argument                      { $$ = leat_sql_argument_add(parser, (leat_sql_list){0}, $1); }
  | table_arguments ',' table_argument  { $$ = leat_sql_argument_add(parser, $1, $3); }
  ;

 /* Relations come as columns or subqueries, the rest as calls named "$...". */
table_argument:
    expression
  | TABLE dotted_name                   { $$ = leat_parse_column(parser, @$, (leat_bytes){0}, $2.text); CHECK; }
  | TABLE query_parens %prec EXPRESSION_QUERY
    { $$ = leat_sql_subquery(parser, @$, "scalar", (leat_parsed_list){0}, $2); CHECK; }
  | TABLE dotted_name PARTITION BY expression
    {
        (void)$3;
        $$ = leat_parse_column(parser, @$, (leat_bytes){0}, $2.text);
        $$ = leat_parse_binary(parser, @$, "$partition", $$, $5);
        CHECK;
    }
  | expression PARTITION BY expression
    { (void)$2; $$ = leat_parse_binary(parser, @$, "$partition", $1, $4); CHECK; }
  | PARTITION BY expression             { (void)$1; $$ = leat_parse_unary(parser, @$, "$partition", $3); CHECK; }
  | DESCRIPTOR '(' name ')'
    { (void)$1; $$ = leat_parse_column(parser, @$, (leat_bytes){0}, $3.text); CHECK; }
  | name ARROW table_argument
    { $$ = leat_parse_unary(parser, @$, "$named", $3); CHECK; $$.expr->qualifier = leat_parse_fold(parser, $1.text); }
  ;

alias_opt:
    %empty                              { $$ = (leat_sql_name){0}; }
  | alias
  ;

alias:
    AS name                             { $$ = $2; }
  | IDENTIFIER                          { $$ = (leat_sql_name){$1, @1}; }
  ;

names_opt:
    %empty                              { $$ = (leat_sql_names){0}; }
  | '(' names ')'                       { $$ = $2; }
  ;

names:
    name                                { $$ = leat_sql_name_add(parser, (leat_sql_names){0}, $1); }
  | names ',' name                      { $$ = leat_sql_name_add(parser, $1, $3); }
  ;

 /* --- Expressions --- */

select_items:
    select_item
  | select_items ',' select_item
  ;

select_item:
    select_expression                   { leat_parse_select_add(parser, $1, (leat_bytes){0}); CHECK; }
  | select_expression AS name           { leat_parse_select_add(parser, $1, $3.text); CHECK; }
  | select_expression IDENTIFIER        { leat_parse_select_add(parser, $1, $2); CHECK; }
  ;

select_expression:
    expression
  | '*'                                 { $$ = leat_parse_star(parser, @$); CHECK; }
  ;

expression: disjunction ;

disjunction:
    conjunction
  | disjunction OR conjunction          { $$ = leat_parse_junction(parser, @$, "or", $1, $3); CHECK; }
  ;

conjunction:
    negation
  | conjunction AND negation            { $$ = leat_parse_junction(parser, @$, "and", $1, $3); CHECK; }
  ;

negation:
    predicate
  | NOT negation                        { $$ = leat_parse_unary(parser, @$, "not", $2); CHECK; }
  ;

predicate:
    comparison
  | predicate IS not NULL
    { $$ = leat_parse_unary(parser, @$, $3 ? "is_not_null" : "is_null", $1); CHECK; }
  | predicate IS not TRUE
    { $$ = leat_parse_unary(parser, @$, $3 ? "is_not_true" : "is_true", $1); CHECK; }
  | predicate IS not FALSE
    { $$ = leat_parse_unary(parser, @$, $3 ? "is_not_false" : "is_false", $1); CHECK; }
  | predicate IS not UNKNOWN
    { (void)$4; $$ = leat_parse_unary(parser, @$, $3 ? "is_not_null" : "is_null", $1); CHECK; }
  | predicate IS not DISTINCT FROM comparison
    {
        const char *name = $3 ? "is_not_distinct" : "is_distinct";
        $$ = leat_parse_binary(parser, @$, name, $1, $6);
        CHECK;
    }
  ;

comparison:
    range
  | range comparison_operator range     { $$ = leat_parse_binary(parser, @$, $2, $1, $3); CHECK; }
  | range comparison_operator ANY query_parens
    {
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $1);
        $$ = leat_sql_subquery(parser, @$, leat_arena_print(parser->arena, "any%s", $2), list, $4);
        CHECK;
    }
  | range comparison_operator ALL query_parens
    {
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $1);
        $$ = leat_sql_subquery(parser, @$, leat_arena_print(parser->arena, "all%s", $2), list, $4);
        CHECK;
    }
  | range comparison_operator ANY '(' expression ')'
    { $$ = leat_parse_binary(parser, @$, leat_arena_print(parser->arena, "any%s", $2), $1, $5); CHECK; }
  | range comparison_operator ALL '(' expression ')'
    { $$ = leat_parse_binary(parser, @$, leat_arena_print(parser->arena, "all%s", $2), $1, $5); CHECK; }
  ;

comparison_operator:
    '='                                 { $$ = "="; }
  | "<>"                                { $$ = "<>"; }
  | '<'                                 { $$ = "<"; }
  | "<="                                { $$ = "<="; }
  | '>'                                 { $$ = ">"; }
  | ">="                                { $$ = ">="; }
  ;

range:
    concat
  | concat not BETWEEN concat AND concat
    {
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $1);
        list = leat_parsed_add(parser, list, $4);
        list = leat_parsed_add(parser, list, $6);
        $$ = leat_parse_call(parser, @$, "between", list);
        $$ = leat_parse_negated(parser, @$, $2, $$);
        CHECK;
    }
  | concat not IN '(' list ')'
    {
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $1);
        for (uint32_t i = 0; i < $5.count; i++)
            list = leat_parsed_add(parser, list, (leat_parsed){$5.items[i], $5.depth});
        $$ = leat_parse_call(parser, @$, "in", list);
        $$ = leat_parse_negated(parser, @$, $2, $$);
        CHECK;
    }
  | concat not IN query_parens
    {
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $1);
        $$ = leat_sql_subquery(parser, @$, "in", list, $4);
        $$ = leat_parse_negated(parser, @$, $2, $$);
        CHECK;
    }
  | concat not SIMILAR TO concat
    {
        (void)$4;
        $$ = leat_parse_binary(parser, @$, "similar_to", $1, $5);
        $$ = leat_parse_negated(parser, @$, $2, $$);
        CHECK;
    }
  | concat not ILIKE concat
    {
        $$ = leat_parse_binary(parser, @$, "ilike", $1, $4);
        $$ = leat_parse_negated(parser, @$, $2, $$);
        CHECK;
    }
  | concat not LIKE concat
    {
        $$ = leat_parse_binary(parser, @$, "like", $1, $4);
        $$ = leat_parse_negated(parser, @$, $2, $$);
        CHECK;
    }
  | concat not LIKE concat ESCAPE concat
    {
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $1);
        list = leat_parsed_add(parser, list, $4);
        list = leat_parsed_add(parser, list, $6);
        $$ = leat_parse_call(parser, @$, "like", list);
        $$ = leat_parse_negated(parser, @$, $2, $$);
        CHECK;
    }
  ;

not:
    %empty                              { $$ = false; }
  | NOT                                 { $$ = true; }
  ;

concat:
    additive
  | concat "||" additive                { $$ = leat_parse_binary(parser, @$, "||", $1, $3); CHECK; }
  | concat OPERATOR additive
    { $$ = leat_parse_binary(parser, @$, leat_arena_text(parser->arena, $2), $1, $3); CHECK; }
  ;

additive:
    multiplicative
  | additive additive_operator multiplicative
    { $$ = leat_parse_binary(parser, @$, $2, $1, $3); CHECK; }
  ;

additive_operator:
    '+'                                 { $$ = "+"; }
  | '-'                                 { $$ = "-"; }
  ;

multiplicative:
    power
  | multiplicative multiplicative_operator power
    { $$ = leat_parse_binary(parser, @$, $2, $1, $3); CHECK; }
  ;

multiplicative_operator:
    '*'                                 { $$ = "*"; }
  | '/'                                 { $$ = "/"; }
  | '%'                                 { $$ = "%"; }
  ;

power:
    unary
  | power '^' unary                     { $$ = leat_parse_binary(parser, @$, "^", $1, $3); CHECK; }
  ;

unary:
    zoned
  | OPERATOR unary
    { $$ = leat_parse_unary(parser, @$, leat_arena_text(parser->arena, $1), $2); CHECK; }
  | '-' unary                           { $$ = leat_parse_minus(parser, @$, $2); CHECK; }
  | '+' unary                           { $$ = $2; }
  ;

zoned:
    postfix
  | zoned AT TIME ZONE postfix
    {
        (void)$2; (void)$3; (void)$4;
        $$ = leat_parse_binary(parser, @$, "at_time_zone", $1, $5);
        CHECK;
    }
  ;

postfix:
    primary
  | postfix "::" type                   { $$ = leat_parse_cast(parser, @$, $1, @3); CHECK; }
  | postfix '[' expression ']'          { $$ = leat_parse_binary(parser, @$, "element", $1, $3); CHECK; }
  | postfix '[' expression ':' expression ']'
    {
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $1);
        list = leat_parsed_add(parser, leat_parsed_add(parser, list, $3), $5);
        $$ = leat_parse_call(parser, @$, "slice", list);
        CHECK;
    }
  | postfix '.' name
    {
        leat_parsed field = leat_parse_string(parser, @3, $3.text);
        $$ = leat_parse_binary(parser, @$, "field", $1, field);
        CHECK;
    }
  ;

 /* Only its place matters: the text is given to leat_type_parse. */
type:
    type_name
  | type_name '(' NUMBER ')'
  | type_name '(' NUMBER ',' NUMBER ')'
  | type_name zone
  | type_name '(' NUMBER ')' zone
  | ARRAY '<' type '>'
  | type '[' ']'
  | ROW '<' fields '>'
  | STRUCT '<' fields '>'               { (void)$1; }
  | MAP '<' type ',' type '>'           { (void)$1; }
  ;

fields:
    name type                           { (void)$1; }
  | name type NOT NULL                  { (void)$1; }
  | fields ',' name type                { (void)$3; }
  | fields ',' name type NOT NULL       { (void)$3; }
  ;


type_name:
    IDENTIFIER                          { (void)$1; }
  | IDENTIFIER PRECISION                { (void)$1; (void)$2; }
  | IDENTIFIER VARYING                  { (void)$1; (void)$2; }
  | TIMESTAMP                           { (void)$1; }
  | INTERVAL                            { (void)$1; }
  | TIME                                { (void)$1; }
  ;

zone:
    WITH TIME ZONE                      { (void)$2; (void)$3; }
  | WITH LOCAL TIME ZONE                { (void)$2; (void)$3; (void)$4; }
  | WITHOUT TIME ZONE                   { (void)$1; (void)$2; (void)$3; }
  ;

primary:
    literal
  | name                                { $$ = leat_parse_column(parser, @$, (leat_bytes){0}, $1.text); CHECK; }
  | name '.' name                       { $$ = leat_parse_column(parser, @$, $1.text, $3.text); CHECK; }
  | query_parens %prec EXPRESSION_QUERY
    { $$ = leat_sql_subquery(parser, @$, "scalar", (leat_parsed_list){0}, $1); CHECK; }
  | EXISTS query_parens
    { $$ = leat_sql_subquery(parser, @$, "exists", (leat_parsed_list){0}, $2); CHECK; }
  | ARRAY '[' list ']'                  { $$ = leat_parse_call(parser, @$, "array", $3); CHECK; }
  | ARRAY '[' ']'                       { $$ = leat_parse_call(parser, @$, "array", (leat_parsed_list){0}); CHECK; }
  | MAP '[' list ']'                    { (void)$1; $$ = leat_parse_call(parser, @$, "map", $3); CHECK; }
  | ROW '(' list ')'                    { $$ = leat_parse_call(parser, @$, "row", $3); CHECK; }
  | '(' rows_list ')'                   { $$ = leat_parse_call(parser, @$, "row", $2); CHECK; }
  | TRY_CAST '(' expression AS type ')'
    {
        (void)$1;
        $$ = leat_parse_cast(parser, @$, $3, @5);
        CHECK;
        $$.expr->name = LEAT_BYTES("try_cast");
    }
  | SUBSTRING '(' arguments ')'
    { (void)$1; $$ = leat_parse_call(parser, @$, "substring", $3); CHECK; }
  | SUBSTRING '(' expression FROM expression ')'
    { (void)$1; $$ = leat_parse_binary(parser, @$, "substring", $3, $5); CHECK; }
  | SUBSTRING '(' expression FROM expression FOR expression ')'
    {
        (void)$1;
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $3);
        list = leat_parsed_add(parser, leat_parsed_add(parser, list, $5), $7);
        $$ = leat_parse_call(parser, @$, "substring", list);
        CHECK;
    }
  | filtered_call
  | case
  | CAST '(' expression AS type ')'     { $$ = leat_parse_cast(parser, @$, $3, @5); CHECK; }
  | EXTRACT '(' word FROM expression ')'
    {
        (void)$1;
        leat_parsed field = leat_parse_string(parser, @3, leat_parse_fold(parser, $3));
        $$ = leat_parse_binary(parser, @$, "extract", field, $5);
        CHECK;
    }
  | POSITION '(' concat IN expression ')'
    { (void)$1; $$ = leat_parse_binary(parser, @$, "position", $3, $5); CHECK; }
  | '(' expression ')'                  { $$ = $2; }
  ;

rows_list:
    expression ',' expression
    {
        $$ = leat_parsed_add(parser, (leat_parsed_list){0}, $1);
        $$ = leat_parsed_add(parser, $$, $3);
    }
  | rows_list ',' expression            { $$ = leat_parsed_add(parser, $1, $3); }
  ;

literal:
    NUMBER                              { $$ = leat_parse_number(parser, @$); CHECK; }
  | STRING                              { $$ = leat_parse_string(parser, @$, $1); CHECK; }
  | TRUE                                { $$ = leat_parse_boolean(parser, @$, true); CHECK; }
  | FALSE                               { $$ = leat_parse_boolean(parser, @$, false); CHECK; }
  | NULL                                { $$ = leat_parse_null(parser, @$); CHECK; }
  | TIMESTAMP STRING                    { (void)$1; $$ = leat_parse_timestamp(parser, @$, $2); CHECK; }
  | TIME STRING                         { $$ = leat_sql_typed_literal(parser, @$, @1, $2); (void)$1; CHECK; }
  | IDENTIFIER STRING                   { $$ = leat_sql_typed_literal(parser, @$, @1, $2); (void)$1; CHECK; }
  | INTERVAL STRING unit                { (void)$1; $$ = leat_parse_interval(parser, @$, $2, $3); CHECK; }
  ;

unit:
    %empty %prec NO_UNIT                { $$ = (leat_bytes){0}; }
  | IDENTIFIER
  | IDENTIFIER '(' NUMBER ')'
  ;

word:
    IDENTIFIER
  | STRING
  ;

filtered_call:
    call
  | call WITHIN GROUP '(' ORDER BY orders ')'
    { (void)$2; $$ = leat_sql_call_orders(parser, @$, $1, $7, true); }
  | filtered_call OVER over_clause      { (void)$2; $$ = leat_sql_call_over(parser, @$, $1, $3); }
  | filtered_call IGNORE NULLS          { (void)$2; (void)$3; $$ = $1; $$.expr->ignores_nulls = true; }
  | filtered_call RESPECT NULLS         { (void)$2; (void)$3; $$ = $1; }
  | filtered_call FILTER '(' WHERE expression ')'
    {
        (void)$2;
        $$ = $1;
        $$.expr->filter = $5.expr;
        $$.depth = LEAT_MAX($1.depth, $5.depth + 1);
        $$.expr->length = @$.end - @$.start;
    }
  ;

trim_side:
    BOTH                                { (void)$1; $$ = "btrim"; }
  | LEADING                             { (void)$1; $$ = "ltrim"; }
  | TRAILING                            { (void)$1; $$ = "rtrim"; }
  ;

call:
    function_name '(' ')'
    { $$ = leat_parse_call(parser, @$, (leat_parse_fold(parser, $1)).data, (leat_parsed_list){0}); CHECK; }
  | function_name '(' '*' ')'
    {
        leat_parsed_list star =
            leat_parsed_add(parser, (leat_parsed_list){0}, leat_parse_star(parser, @3));
        $$ = leat_parse_call(parser, @$, (leat_parse_fold(parser, $1)).data, star);
        CHECK;
    }
  | function_name '(' arguments order_opt ')'
    {
        $$ = leat_parse_call(parser, @$, (leat_parse_fold(parser, $1)).data, $3);
        CHECK;
        $$ = leat_sql_call_orders(parser, @$, $$, $4, false);
    }
  | function_name '(' DISTINCT arguments order_opt ')'
    {
        $$ = leat_parse_call(parser, @$, (leat_parse_fold(parser, $1)).data, $4);
        CHECK;
        $$.expr->is_distinct = true;
        $$ = leat_sql_call_orders(parser, @$, $$, $5, false);
    }
  | function_name '(' ALL arguments ')'
    { $$ = leat_parse_call(parser, @$, (leat_parse_fold(parser, $1)).data, $4); CHECK; }
  | function_name '(' expression TO word ')'
    {
        (void)$4;
        leat_parsed unit = leat_parse_string(parser, @5, leat_parse_fold(parser, $5));
        const char *name = leat_arena_print(parser->arena, "%s_to", leat_parse_fold(parser, $1).data);
        $$ = leat_parse_binary(parser, @$, name, unit, $3);
        CHECK;
    }
  | function_name '(' expression PLACING expression FROM expression ')'
    {
        (void)$4;
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $3);
        list = leat_parsed_add(parser, leat_parsed_add(parser, list, $5), $7);
        $$ = leat_parse_call(parser, @$, leat_parse_fold(parser, $1).data, list);
        CHECK;
    }
  | function_name '(' expression PLACING expression FROM expression FOR expression ')'
    {
        (void)$4;
        leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, $3);
        list = leat_parsed_add(parser, leat_parsed_add(parser, list, $5), $7);
        $$ = leat_parse_call(parser, @$, leat_parse_fold(parser, $1).data, leat_parsed_add(parser, list, $9));
        CHECK;
    }
  | TRIM '(' arguments ')'              { (void)$1; $$ = leat_parse_call(parser, @$, "trim", $3); CHECK; }
  | TRIM '(' trim_side expression FROM expression ')'
    { (void)$1; $$ = leat_parse_binary(parser, @$, $3, $6, $4); CHECK; }
  | TRIM '(' trim_side FROM expression ')'
    { (void)$1; $$ = leat_parse_unary(parser, @$, $3, $5); CHECK; }
  | TRIM '(' trim_side expression ')'
    { (void)$1; $$ = leat_parse_unary(parser, @$, $3, $4); CHECK; }
  | TRIM '(' expression FROM expression ')'
    { (void)$1; $$ = leat_parse_binary(parser, @$, "btrim", $5, $3); CHECK; }
  | LEFT '(' arguments ')'              { $$ = leat_parse_call(parser, @$, "left", $3); CHECK; }
  | RIGHT '(' arguments ')'             { $$ = leat_parse_call(parser, @$, "right", $3); CHECK; }
  ;

over_clause:
    name                                { $$ = leat_sql_over_new(parser, @$); $$->base = $1; }
  | '(' over_body ')'                   { $$ = $2; }
  ;

over_body:
    over_base partition_opt over_order frame_opt
    { $$ = leat_sql_over_close(parser, @$); }
  ;

over_base:
    %empty                              { leat_sql_over_open(parser); }
  | IDENTIFIER                          { leat_sql_over_open(parser)->base = (leat_sql_name){$1, @1}; }
  ;

partition_opt:
    %empty
  | PARTITION BY list                   { (void)$1; leat_sql_over_now(parser)->partition = leat_sql_exprs_of($3); }
  ;

over_order:
    order_opt                           { leat_sql_over_now(parser)->orders = $1; }
  ;

frame_opt:
    %empty
  | frame_unit frame_bound exclude_opt
    {
        leat_sql_bound here = {.end = LEAT_FRAME_CURRENT_ROW};
        leat_sql_over_frame(parser, (leat_frame_unit)$1, &$2, &here, (leat_frame_exclude)$3);
    }
  | frame_unit BETWEEN frame_bound AND frame_bound exclude_opt
    { leat_sql_over_frame(parser, (leat_frame_unit)$1, &$3, &$5, (leat_frame_exclude)$6); }
  ;

frame_unit:
    ROWS                                { (void)$1; $$ = LEAT_FRAME_ROWS; }
  | RANGE                               { (void)$1; $$ = LEAT_FRAME_RANGE; }
  | GROUPS                              { (void)$1; $$ = LEAT_FRAME_GROUPS; }
  ;

frame_bound:
    UNBOUNDED PRECEDING
    { (void)$1; (void)$2; $$ = (leat_sql_bound){LEAT_FRAME_UNBOUNDED_PRECEDING, NULL}; }
  | UNBOUNDED FOLLOWING
    { (void)$1; (void)$2; $$ = (leat_sql_bound){LEAT_FRAME_UNBOUNDED_FOLLOWING, NULL}; }
  | CURRENT ROW                         { (void)$1; $$ = (leat_sql_bound){LEAT_FRAME_CURRENT_ROW, NULL}; }
  | concat PRECEDING                    { (void)$2; $$ = (leat_sql_bound){LEAT_FRAME_PRECEDING, $1.expr}; }
  | concat FOLLOWING                    { (void)$2; $$ = (leat_sql_bound){LEAT_FRAME_FOLLOWING, $1.expr}; }
  ;

exclude_opt:
    %empty                              { $$ = LEAT_EXCLUDE_NOTHING; }
  | EXCLUDE CURRENT ROW                 { (void)$1; (void)$2; $$ = LEAT_EXCLUDE_CURRENT_ROW; }
  | EXCLUDE GROUP                       { (void)$1; $$ = LEAT_EXCLUDE_GROUP; }
  | EXCLUDE TIES                        { (void)$1; (void)$2; $$ = LEAT_EXCLUDE_TIES; }
  | EXCLUDE NO OTHERS                   { (void)$1; (void)$2; (void)$3; $$ = LEAT_EXCLUDE_NOTHING; }
  ;

arguments: list ;

list:
    expression                          { $$ = leat_parsed_add(parser, (leat_parsed_list){0}, $1); }
  | list ',' expression                 { $$ = leat_parsed_add(parser, $1, $3); }
  ;

case:
    CASE case_operand arms case_else END_CASE
    { $$ = leat_parse_case(parser, @$, $2, $3, $4); CHECK; }
  ;

case_operand:
    %empty                              { $$ = absent; }
  | expression
  ;

arms:
    WHEN expression THEN expression
    {
        $$ = leat_parsed_add(parser, (leat_parsed_list){0}, $2);
        $$ = leat_parsed_add(parser, $$, $4);
    }
  | arms WHEN expression THEN expression
    {
        $$ = leat_parsed_add(parser, $1, $3);
        $$ = leat_parsed_add(parser, $$, $5);
    }
  ;

case_else:
    %empty                              { $$ = absent; }
  | ELSE expression                     { $$ = $2; }
  ;

dotted_name:
    name
  | dotted_name '.' name                { $$ = $3; (void)$1; }
  ;

name:
    function_name                       { $$ = (leat_sql_name){$1, @1}; }
  | EXTRACT                             { $$ = (leat_sql_name){$1, @1}; }
  | POSITION                            { $$ = (leat_sql_name){$1, @1}; }
  | SUBSTRING                           { $$ = (leat_sql_name){$1, @1}; }
  | TRY_CAST                            { $$ = (leat_sql_name){$1, @1}; }
  ;

function_name:
    IDENTIFIER
  | unreserved
  ;

unreserved:
    TIMESTAMP
  | INTERVAL
  | FILTER
  | ESCAPE
  | PRECISION
  | OVER
  | WITHIN
  | PARTITION
  | ROWS
  | RANGE
  | GROUPS
  | CURRENT
  | UNBOUNDED
  | PRECEDING
  | FOLLOWING
  | EXCLUDE
  | NO
  | OTHERS
  | TIES
  | NULLS
  | FIRST
  | LAST
  | IGNORE
  | RESPECT
  | SETS
  | SYSTEM_TIME
  | OF
  | CLOSE
  | ORDINALITY
  | VARYING
  | WITHOUT
  | LOCAL
  | TIME
  | ZONE
  | NEXT
  | ONLY
  | TO
  | UNKNOWN
  | VIEW
  | MATERIALIZED
  | TEMPORARY
  | STREAM
  | SOURCE
  | SINK
  | IF
  | REPLACE
  | KEY
  | ENFORCED
  | METADATA
  | VIRTUAL
  | IDLE
  | AFTER
  | MAX
  | FUTURE
  | LATE
  | COMMENT
  | INSERT
  | EXECUTE
  | STATEMENT
  | SET
  | RESET
  | BEGIN_WORD
  | EXPLAIN
  | PLAN
  | DROP
  | SHOW
  | DESCRIBE
  | ALTER
  | USE
  | PERIOD
  | TRIM
  | AT
  | STRUCT
  | MAP
  | GROUPING
  | RENAME
  | ADD
  ;

%%

/* The one error that bison words itself: its stack is full. */
static void leat_sql_yyerror(const leat_span *span, leat_parser *parser, void *scanner,
                              const char *message)
{
    (void)scanner;
    (void)message;
    leat_parse_fail(parser, *span, "the expression is nested too deeply");
}

enum { EXPECTED_MAX = 256, LISTED_MAX = 5 };

static bool starts_an_expression(const yysymbol_kind_t *expected, int count)
{
    for (int i = 0; i < count; i++)
        if (expected[i] == YYSYMBOL_NUMBER)
            return true;
    return false;
}

/* Also what continues a name: '(' and '.'. */
static bool is_operator(yysymbol_kind_t kind)
{
    static const yysymbol_kind_t words[] = {
        YYSYMBOL_AND,        YYSYMBOL_OR,            YYSYMBOL_NOT,       YYSYMBOL_IS,
        YYSYMBOL_IN,         YYSYMBOL_LIKE,          YYSYMBOL_BETWEEN,   YYSYMBOL_FILTER,
        YYSYMBOL_LESS_EQUAL, YYSYMBOL_GREATER_EQUAL, YYSYMBOL_NOT_EQUAL, YYSYMBOL_CONCAT,
        YYSYMBOL_DOUBLE_COLON, YYSYMBOL_ILIKE,       YYSYMBOL_OVER,      YYSYMBOL_WITHIN,
        YYSYMBOL_IGNORE,     YYSYMBOL_RESPECT,        YYSYMBOL_OPERATOR,      YYSYMBOL_AT,
        YYSYMBOL_SIMILAR,    YYSYMBOL_TO,            YYSYMBOL_PLACING,
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(words); i++)
        if (words[i] == kind)
            return true;
    const char *name = yysymbol_name(kind);
    return name[0] == '\'' && strchr("=<>+-*/%^(.[", name[1]) != NULL;
}

/* Operators count as one thing, so that what closes the construct is named in a short list. */
static const char *expected_words(const yypcontext_t *context, leat_parser *parser)
{
    yysymbol_kind_t expected[EXPECTED_MAX];
    int count = yypcontext_expected_tokens(context, expected, EXPECTED_MAX);
    if (count <= 0)
        return NULL;
    if (starts_an_expression(expected, count))
        return "an expression";
    const char *names[EXPECTED_MAX];
    int named = 0;
    bool has_operator = false;
    for (int i = 0; i < count; i++) {
        bool is_literal = expected[i] == YYSYMBOL_STRING && count > LISTED_MAX;
        if (is_operator(expected[i]) && count > LISTED_MAX)
            has_operator = true;
        else if (expected[i] == YYSYMBOL_YYEOF && !parser->is_script)
            names[named++] = "end of the expression";
        else if (!is_literal) /* DATE 'text': a string may follow any name */
            names[named++] = yysymbol_name(expected[i]);
    }
    if (has_operator)
        names[named++] = "an operator";
    const char *words = "";
    for (int i = 0; i < named; i++)
        words = leat_arena_print(parser->arena, "%s%s%s", words,
                                 i == 0 ? "" : i + 1 == named ? " or " : ", ", names[i]);
    return words;
}

static int yyreport_syntax_error(const yypcontext_t *context, leat_parser *parser, void *scanner)
{
    (void)scanner;
    const char *what = parser->is_script ? "text" : "expression";
    leat_span span = *yypcontext_location(context);
    const char *expected = expected_words(context, parser);
    const char *comma = expected == NULL ? "" : ", expected ";
    if (expected == NULL)
        expected = "";
    if (yypcontext_token(context) == YYSYMBOL_YYEOF) {
        leat_parse_fail(parser, span, "unexpected end of the %s%s%s", what, comma, expected);
        return 0;
    }
    leat_bytes text = {parser->source.text.data + span.start, span.end - span.start};
    bool is_long = text.size > 40;
    leat_parse_fail(parser, span, "unexpected '%.*s%s'%s%s", is_long ? 40 : (int)text.size,
                    text.data, is_long ? "..." : "", comma, expected);
    return 0;
}
