/* SPDX-License-Identifier: Apache-2.0
 *
 * grammar - SQL expressions and select lists.
 *
 * Precedence is spelled in the rules, lowest first, as PostgreSQL has it:
 *   OR < AND < NOT < IS < comparison < BETWEEN IN LIKE < || < + - < * / % < unary < ::
 * so there are no conflicts; the one precedence says that a name after INTERVAL '5' is its unit,
 * not an alias. Statements will be further START_ tokens; they use `expression`, `select_items`
 * and `name` as they stand.
 *
 * Actions only call parse.h. An action that may go over a limit is followed by CHECK.
 */
%define api.pure full
%define api.prefix {leat_expr_yy}
%define api.token.prefix {LEAT_TOKEN_}
%define api.location.type {leat_span}
%define parse.error custom
%define parse.lac full
%locations
%parse-param {leat_parser *parser} {void *scanner}
%lex-param {void *scanner}
%initial-action { @$ = (leat_span){0, 0}; }

%code requires {
#include "common/expr/parse.h"
}

%union {
    leat_bytes text;
    leat_parsed node;
    leat_parsed_list list;
    const char *symbol;
    bool is_negated;
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

static void leat_expr_yyerror(const leat_span *span, leat_parser *parser, void *scanner,
                              const char *message);
static const leat_parsed absent = {NULL, 0};
}

%token START_EXPRESSION START_SELECT
%token END 0 "end of the expression"
%token <text> IDENTIFIER "a name" STRING "a string"
%token NUMBER "a number"
%token AND "AND" OR "OR" NOT "NOT" IS "IS" TRUE "TRUE" FALSE "FALSE" NULL "NULL" IN "IN"
%token LIKE "LIKE" BETWEEN "BETWEEN" DISTINCT "DISTINCT" FROM "FROM" AS "AS" CAST "CAST"
%token CASE "CASE" WHEN "WHEN" THEN "THEN" ELSE "ELSE" END_CASE "END"
 /* Words with a meaning in their place only; elsewhere they are names. */
%token <text> TIMESTAMP "TIMESTAMP" INTERVAL "INTERVAL" EXTRACT "EXTRACT" POSITION "POSITION"
%token <text> FILTER "FILTER" WHERE "WHERE" ESCAPE "ESCAPE" PRECISION "PRECISION"
%token LESS_EQUAL "<=" GREATER_EQUAL ">=" NOT_EQUAL "<>" CONCAT "||" DOUBLE_COLON "::"

%precedence NO_UNIT
%precedence IDENTIFIER

%type <text> name function_name word unit
%type <node> expression disjunction conjunction negation predicate comparison range concat
%type <node> additive multiplicative unary postfix primary literal call filtered_call case
%type <node> case_operand case_else select_expression
%type <list> list arguments arms
%type <is_negated> not
%type <symbol> comparison_operator additive_operator multiplicative_operator

%%

start:
    START_EXPRESSION expression         { parser->expr = $2.expr; }
  | START_SELECT select_items
  ;

select_items:
    select_item
  | select_items ',' select_item
  ;

select_item:
    select_expression                   { leat_parse_select_add(parser, $1, (leat_bytes){0}); CHECK; }
  | select_expression AS name           { leat_parse_select_add(parser, $1, $3); CHECK; }
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
    unary
  | multiplicative multiplicative_operator unary
    { $$ = leat_parse_binary(parser, @$, $2, $1, $3); CHECK; }
  ;

multiplicative_operator:
    '*'                                 { $$ = "*"; }
  | '/'                                 { $$ = "/"; }
  | '%'                                 { $$ = "%"; }
  ;

unary:
    postfix
  | '-' unary                           { $$ = leat_parse_minus(parser, @$, $2); CHECK; }
  | '+' unary                           { $$ = $2; }
  ;

postfix:
    primary
  | postfix "::" type                   { $$ = leat_parse_cast(parser, @$, $1, @3); CHECK; }
  ;

 /* Only its place matters: the text is given to leat_type_parse. */
type:
    type_name
  | type_name '(' NUMBER ')'
  | type_name '(' NUMBER ',' NUMBER ')'
  ;

type_name:
    IDENTIFIER                          { (void)$1; }
  | IDENTIFIER PRECISION                { (void)$1; (void)$2; }
  | TIMESTAMP                           { (void)$1; }
  | INTERVAL                            { (void)$1; }
  ;

primary:
    literal
  | name                                { $$ = leat_parse_column(parser, @$, (leat_bytes){0}, $1); CHECK; }
  | name '.' name                       { $$ = leat_parse_column(parser, @$, $1, $3); CHECK; }
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

literal:
    NUMBER                              { $$ = leat_parse_number(parser, @$); CHECK; }
  | STRING                              { $$ = leat_parse_string(parser, @$, $1); CHECK; }
  | TRUE                                { $$ = leat_parse_boolean(parser, @$, true); CHECK; }
  | FALSE                               { $$ = leat_parse_boolean(parser, @$, false); CHECK; }
  | NULL                                { $$ = leat_parse_null(parser, @$); CHECK; }
  | TIMESTAMP STRING                    { (void)$1; $$ = leat_parse_timestamp(parser, @$, $2); CHECK; }
  | INTERVAL STRING unit                { (void)$1; $$ = leat_parse_interval(parser, @$, $2, $3); CHECK; }
  ;

unit:
    %empty %prec NO_UNIT                { $$ = (leat_bytes){0}; }
  | IDENTIFIER
  ;

word:
    IDENTIFIER
  | STRING
  ;

filtered_call:
    call
  | call FILTER '(' WHERE expression ')'
    {
        (void)$2;
        (void)$4;
        $$ = $1;
        $$.expr->filter = $5.expr;
        $$.depth = LEAT_MAX($1.depth, $5.depth + 1);
        $$.expr->length = @$.end - @$.start;
    }
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
  | function_name '(' arguments ')'
    { $$ = leat_parse_call(parser, @$, (leat_parse_fold(parser, $1)).data, $3); CHECK; }
  | function_name '(' DISTINCT arguments ')'
    {
        $$ = leat_parse_call(parser, @$, (leat_parse_fold(parser, $1)).data, $4);
        CHECK;
        $$.expr->is_distinct = true;
    }
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

name:
    function_name
  | EXTRACT
  | POSITION
  ;

function_name:
    IDENTIFIER
  | TIMESTAMP
  | INTERVAL
  | FILTER
  | WHERE
  | ESCAPE
  | PRECISION
  ;

%%

/* The one error that bison words itself: its stack is full. */
static void leat_expr_yyerror(const leat_span *span, leat_parser *parser, void *scanner,
                              const char *message)
{
    (void)scanner;
    (void)message;
    leat_parse_fail(parser, *span, "the expression is nested too deeply");
}

enum { EXPECTED_MAX = 64, LISTED_MAX = 5 };

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
        YYSYMBOL_DOUBLE_COLON,
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(words); i++)
        if (words[i] == kind)
            return true;
    const char *name = yysymbol_name(kind);
    return name[0] == '\'' && strchr("=<>+-*/%(.", name[1]) != NULL;
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
        if (is_operator(expected[i]) && count > LISTED_MAX)
            has_operator = true;
        else
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
    leat_span span = *yypcontext_location(context);
    const char *expected = expected_words(context, parser);
    const char *comma = expected == NULL ? "" : ", expected ";
    if (expected == NULL)
        expected = "";
    if (yypcontext_token(context) == YYSYMBOL_YYEOF) {
        leat_parse_fail(parser, span, "unexpected end of the expression%s%s", comma, expected);
        return 0;
    }
    leat_bytes text = {parser->source.text.data + span.start, span.end - span.start};
    bool is_long = text.size > 40;
    leat_parse_fail(parser, span, "unexpected '%.*s%s'%s%s", is_long ? 40 : (int)text.size,
                    text.data, is_long ? "..." : "", comma, expected);
    return 0;
}
