/* SPDX-License-Identifier: Apache-2.0
 *
 * `leat sql`: statements from a file (-f), from the command line (-e), from standard input, or
 * typed at a prompt.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/prompt.h"
#include "cli/server.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "common/base/limits.h"
#include "common/obs/log.h"
#include "common/sql/syntax.h"
#include "common/sys/file.h"
#include "common/text/str.h"

static const char *const key_words[] = {
    "ALTER",   "AND",       "AS",      "BETWEEN",   "BY",       "CASE",       "CAST",
    "COLUMN",  "CREATE",    "CROSS",   "CUMULATE",  "DESCRIBE", "DESCRIPTOR", "DISTINCT",
    "DROP",    "ELSE",      "EMIT",    "END",       "EXCEPT",   "EXISTS",     "EXPLAIN",
    "FOR",     "FROM",      "FULL",    "FUNCTIONS", "GROUP",    "HAVING",     "HOP",
    "IN",      "INNER",     "INSERT",  "INTERSECT", "INTERVAL", "INTO",       "IS",
    "JOBS",    "JOIN",      "LATERAL", "LEFT",      "LIKE",     "LIMIT",      "MATERIALIZED",
    "NATURAL", "NOT",       "NULL",    "OFFSET",    "ON",       "OR",         "ORDER",
    "OVER",    "PARTITION", "PRIMARY", "QUALIFY",   "RENAME",   "REPLACE",    "RESET",
    "RIGHT",   "SELECT",    "SESSION", "SET",       "SHOW",     "STATEMENT",  "TABLE",
    "TABLES",  "TEMPORARY", "THEN",    "TIMESTAMP", "TUMBLE",   "UNION",      "USING",
    "VALUES",  "VIEW",      "VIEWS",   "WATERMARK", "WHEN",     "WHERE",      "WINDOW",
    "WITH",    "YEAR",      "DAY",     "HOUR",      "MINUTE",   "SECOND",     "ROLLUP"};

static const char help[] =
    "Statements end with a semicolon and may take several lines. Some to begin with:\n"
    "  CREATE TABLE t (...) WITH ('connector' = '...');   a table to read from or write to\n"
    "  SELECT ... ;                                       shows its result until Ctrl-C\n"
    "  INSERT INTO t SELECT ... ;                         a job in the background\n"
    "  CREATE MATERIALIZED VIEW v AS SELECT ... ;         a job whose rows SELECT reads\n"
    "  EXPLAIN, DESCRIBE t, SHOW TABLES | VIEWS | FUNCTIONS | JOBS, SET, DROP, ALTER\n"
    "and besides:\n"
    "  \\d [NAME]      tables and views; the columns of one\n"
    "  \\stop NAME     end a job with one last epoch      \\cancel NAME   end it at once\n"
    "  \\i FILE        run the statements of a file\n"
    "  \\q             leave (also Ctrl-D); jobs of this process end\n";

/* --- The prompt. --- */

static void add_cells(leat_session *session, const char *question, leat_words *out)
{
    leat_arena arena = {0};
    leat_sql_answers answers = {0};
    if (leat_session_ask(session, question, &arena, &answers)) {
        const leat_sql_answer *answer = &answers.items.items[0];
        for (uint32_t row = 0; row < answer->row_count; row++)
            leat_words_add(out, answer->cells[(size_t)row * answer->column_count]);
    }
    leat_vec_fini(&answers.items);
    leat_arena_fini(&arena);
}

/* Key words, tables and their columns, functions. */
static void complete_words(void *self, leat_words *out_words)
{
    leat_session *session = self;
    for (size_t i = 0; i < LEAT_COUNT_OF(key_words); i++)
        leat_words_add(out_words, leat_bytes_text(key_words[i]));
    add_cells(session, "SHOW FUNCTIONS", out_words);
    size_t first = out_words->items.count;
    add_cells(session, "SHOW TABLES", out_words);
    size_t end = out_words->items.count;
    for (size_t i = first; i < end; i++) {
        leat_buf question = {0};
        leat_buf_print(&question, "DESCRIBE \"%s\"", out_words->items.items[i]);
        add_cells(session, leat_buf_text(&question), out_words);
        leat_buf_fini(&question);
    }
}

static bool run_path(leat_session *session, const char *path)
{
    leat_buf text = {0};
    leat_error err = {0};
    if (leat_file_read(path, LEAT_TOPOLOGY_BYTES_MAX, &text, &err) != LEAT_OK) {
        fprintf(stderr, "leat sql: %s\n", err.text);
        return false;
    }
    leat_bytes rest = leat_buf_bytes(&text);
    bool is_fine = true;
    while (is_fine && leat_str_trim(rest).size > 0) {
        size_t size = leat_sql_statement_size(rest);
        size = size == 0 ? rest.size : size;
        is_fine = leat_session_run(session, leat_bytes_of(rest.data, size));
        rest = leat_bytes_of(rest.data + size, rest.size - size);
    }
    leat_buf_fini(&text);
    return is_fine;
}

/* `\word argument`. False: leave. */
static bool obey(leat_session *session, leat_bytes line)
{
    leat_arena arena = {0};
    leat_bytes word, rest = leat_str_trim(line);
    (void)leat_str_split(&rest, ' ', &word);
    leat_bytes argument = rest.data == NULL ? LEAT_BYTES("") : leat_str_trim(rest);
    bool stays = true;
#define IS(text) leat_bytes_equal(word, LEAT_BYTES(text))
    if (IS("\\q"))
        stays = false;
    else if (IS("\\?") || IS("\\h"))
        fputs(help, stdout);
    else if (IS("\\d") && argument.size == 0)
        (void)leat_session_run(session, LEAT_BYTES("SHOW TABLES;"));
    else if (IS("\\d"))
        (void)leat_session_run(session, leat_bytes_text(leat_arena_print(&arena, "DESCRIBE %.*s;",
                                                                         LEAT_FMT(argument))));
    else if (IS("\\i") && argument.size > 0)
        (void)run_path(session, leat_arena_text(&arena, argument));
    else if ((IS("\\stop") || IS("\\cancel")) && argument.size > 0)
        (void)leat_session_end_job(session, argument, IS("\\cancel"));
    else
        fprintf(stderr,
                "leat sql: expected \\d, \\stop NAME, \\cancel NAME, \\i FILE, \\q or \\?\n");
#undef IS
    leat_arena_fini(&arena);
    return stays;
}

/* Run every statement that is complete; what is left stays typed. */
static void run_typed(leat_session *session, leat_prompt *prompt, leat_buf *typed)
{
    for (;;) {
        size_t size = leat_sql_statement_size(leat_buf_bytes(typed));
        if (size == 0)
            break;
        leat_bytes statement = leat_str_trim(leat_bytes_of(typed->data, size));
        leat_prompt_remember(prompt, statement);
        (void)leat_session_run(session, statement);
        memmove(typed->data, typed->data + size, typed->size - size);
        typed->size -= size;
    }
    if (leat_str_trim(leat_buf_bytes(typed)).size == 0)
        leat_buf_clear(typed);
}

static void converse(leat_session *session, const char *history)
{
    leat_prompt *prompt = leat_prompt_open(history, &session->signals, complete_words, session);
    leat_buf typed = {0};
    bool stays = true;
    puts("leat sql: statements end with a semicolon; \\? helps, \\q leaves");
    while (stays) {
        leat_buf line = {0};
        fflush(stdout);
        leat_prompt_result result =
            leat_prompt_read(prompt, typed.size == 0 ? "leat> " : "   -> ", &line);
        leat_bytes text = leat_str_trim(leat_buf_bytes(&line));
        if (result == LEAT_PROMPT_ENDED) {
            stays = false;
        } else if (result == LEAT_PROMPT_INTERRUPTED) {
            leat_buf_clear(&typed);
        } else if (typed.size == 0 && text.size > 0 && text.data[0] == '\\') {
            leat_prompt_remember(prompt, text);
            stays = obey(session, text);
        } else {
            leat_buf_add(&typed, line.data, line.size);
            run_typed(session, prompt, &typed);
        }
        leat_buf_fini(&line);
    }
    leat_buf_fini(&typed);
    leat_prompt_close(&prompt);
}

/* --- The verb. --- */

typedef struct sql_options {
    leat_session_options session;
    const char *file;
    const char *text; /* -e */
} sql_options;

static bool read_input(const sql_options *options, leat_buf *out)
{
    leat_error err = {0};
    if (options->text != NULL) {
        leat_buf_add_text(out, options->text);
        return true;
    }
    const char *path = options->file == NULL ? "/dev/stdin" : options->file;
    if (leat_file_read(path, LEAT_TOPOLOGY_BYTES_MAX, out, &err) == LEAT_OK)
        return true;
    fprintf(stderr, "leat sql: %s\n", err.text);
    return false;
}

static char *history_path(leat_arena *arena)
{
    const char *given = getenv("LEAT_HISTORY");
    const char *home = getenv("HOME");
    if (given != NULL)
        return given[0] == '\0' ? NULL : leat_arena_print(arena, "%s", given);
    return home == NULL ? NULL : leat_arena_print(arena, "%s/.leat_history", home);
}

static int run(const sql_options *options, leat_arena *arena)
{
    leat_session session;
    leat_error err = {0};
    leat_buf text = {0};
    bool is_fine = leat_session_open(&options->session, &session, &err) == LEAT_OK;
    if (!is_fine)
        fprintf(stderr, "leat sql: %s\n", err.text);
    else if (options->session.is_interactive)
        converse(&session, history_path(arena));
    else
        is_fine = read_input(options, &text) &&
                  leat_session_run_file(&session,
                                        options->file != NULL   ? options->file
                                        : options->text != NULL ? "-e"
                                                                : "stdin",
                                        leat_buf_bytes(&text));
    leat_session_close(&session);
    leat_buf_fini(&text);
    return is_fine ? LEAT_EXIT_OK : LEAT_EXIT_FAILED;
}

static bool read_mode(const char *text, leat_show_mode *out)
{
    static const char *const names[] = {"table", "changelog", "json"};
    for (size_t i = 0; text != NULL && i < LEAT_COUNT_OF(names); i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (leat_show_mode)i;
            return true;
        }
    if (text != NULL)
        fprintf(stderr, "leat sql: --output is table, changelog or json, not '%s'\n", text);
    return text == NULL;
}

/* Where a file's relative paths begin: at the file. */
static const char *root_of(const char *file, leat_arena *arena)
{
    const char *slash = file == NULL ? NULL : strrchr(file, '/');
    return slash == NULL ? "."
                         : leat_arena_text(arena, leat_bytes_of(file, (size_t)(slash - file)));
}

int leat_cmd_sql(leat_args *args)
{
    leat_arena arena = {0};
    sql_options options = {.file = leat_args_value(args, "-f"),
                           .text = leat_args_value(args, "-e")};
    const char *files = leat_args_value(args, "--files");
    options.session.coordinator = leat_args_value(args, "--coordinator");
    leat_args_number(args, "--executors", 1, LEAT_EXECUTORS_MAX, &options.session.executors);
    bool is_mode = read_mode(leat_args_value(args, "--output"), &options.session.mode);
    int code = LEAT_EXIT_USAGE;
    leat_log_set_level(LEAT_LOG_WARN);
    setlocale(LC_CTYPE, "C.UTF-8"); /* for the prompt: what is typed is UTF-8 */
    if (leat_args_end(args, 0, 0) && is_mode && leat_server_environment(args->verb)) {
        options.session.files_root = files != NULL ? files : root_of(options.file, &arena);
        options.session.is_interactive =
            options.file == NULL && options.text == NULL && isatty(STDIN_FILENO) == 1;
        options.session.is_terminal = isatty(STDOUT_FILENO) == 1;
        code = run(&options, &arena);
    }
    leat_arena_fini(&arena);
    return code;
}
