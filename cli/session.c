/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session_views.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/grid.h"
#include "common/base/limits.h"
#include "common/sql/sql.h"
#include "common/sql/syntax.h"
#include "common/sys/file.h"
#include "common/text/str.h"
#include "worker/connectors/builtin.h"

void leat_session_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("leat sql: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

leat_code
leat_session_open(const leat_session_options *options, leat_session *session, leat_error *err)
{
    *session = (leat_session){.options = *options, .file = "sql"};
    leat_connectors_add_builtin(&session->connectors);
    leat_connectors_add_sink(&session->connectors, &leat_show_sink);
    LEAT_TRY(leat_signals_open(&session->signals, err));
    LEAT_TRY(leat_wake_init(&session->changed, err));
    leat_wake_prepare(&session->changed);
    leat_taps_init(&session->taps, &session->changed);
    return LEAT_OK;
}

void leat_session_close(leat_session *session)
{
    while (session->views.count > 0)
        leat_session_drop_view(session, session->views.items[0]->name);
    leat_vec_fini(&session->views);
    if (session->folder.size > 0) {
        leat_error err = {0};
        leat_embedded_close(&session->embedded);
        if (leat_dir_remove(leat_buf_text(&session->folder), &err) != LEAT_OK)
            leat_session_say("%s", err.text);
    }
    leat_buf_fini(&session->folder);
    leat_buf_fini(&session->context);
    leat_arena_fini(&session->arena);
    leat_taps_fini(&session->taps);
    leat_wake_fini(&session->changed);
    leat_signals_close(&session->signals);
}

/* --- Planning. --- */

/* The place of a byte. */
static leat_place place_at(leat_bytes text, uint32_t offset)
{
    leat_expr at = {.offset = offset};
    return leat_expr_place((leat_source_text){text, {1, 1, 0}, true, 0}, &at);
}

static bool is_before(leat_place place, leat_place start)
{
    return place.line < start.line || (place.line == start.line && place.column < start.column);
}

/* What was said about earlier statements was said then; but a mistake in one may come to light only
 * when it is used. Typed statements begin at line 1 each. */
static void print_said(leat_session *session, const leat_session_load *load, leat_diagnostics *said)
{
    leat_place start = place_at(load->text, load->settled);
    leat_diagnostics shown;
    leat_buf text = {0};
    leat_diagnostics_init(&shown, said->arena, session->file, said->source);
    if (session->options.is_interactive)
        shown.source =
            leat_bytes_of(load->text.data + load->settled, load->text.size - load->settled);
    LEAT_VEC_EACH (entry, &said->entries) {
        leat_place place = entry->place;
        bool is_old = place.line != 0 && is_before(place, start);
        if (is_old && entry->severity == LEAT_SEVERITY_WARNING)
            continue;
        if (session->options.is_interactive && place.line != 0)
            place.line = is_old ? 0 : place.line - start.line + 1;
        const char *before =
            is_old && session->options.is_interactive ? "in an earlier statement: " : "";
        if (entry->severity == LEAT_SEVERITY_WARNING)
            leat_diagnostic_warning(&shown, place, "%s%s", before, entry->message);
        else
            leat_diagnostic_error(&shown, place, "%s%s", before, entry->message);
    }
    leat_diagnostics_print(&shown, &text);
    fflush(stdout);
    fwrite(leat_buf_text(&text), 1, text.size, stderr);
    leat_buf_fini(&text);
    leat_diagnostics_fini(&shown);
}

bool leat_session_plan(leat_session *session,
                       const leat_session_load *load,
                       leat_arena *arena,
                       leat_sql_answers *answers,
                       const leat_logical_plan **out_plan)
{
    leat_connector_checks self = {.connectors = &session->connectors,
                                  .files_root = session->options.files_root};
    leat_topology_checks checks = leat_connector_checks_of(&self);
    leat_sql_config config = {.name = leat_bytes_text(load->job),
                              .checks = &checks,
                              .allows_unbounded_state = load->allows_unbounded_state,
                              .settled = load->settled,
                              .answers = answers,
                              .keeps_views = load->keeps_views};
    leat_diagnostics said;
    leat_diagnostics_init(&said, arena, session->file, load->text);
    *out_plan = leat_sql_load(load->text, &config, arena, &said);
    bool is_fine = said.error_count == 0;
    if (!load->is_quiet)
        print_said(session, load, &said);
    leat_diagnostics_fini(&said);
    return is_fine;
}

/* --- Answers. --- */

static void print_answer(const leat_sql_answer *answer)
{
    leat_grid grid = {0};
    leat_buf out = {0};
    leat_buf_add(&out, answer->text.data, answer->text.size);
    for (uint32_t c = 0; c < answer->column_count; c++)
        leat_grid_add_column(&grid, leat_bytes_text(answer->columns[c]), false);
    for (size_t i = 0; i < (size_t)answer->row_count * answer->column_count; i++)
        leat_grid_add_cell(&grid, answer->cells[i]);
    if (answer->column_count > 0) {
        leat_grid_print(&grid, &out);
        leat_grid_end(&grid, &out);
    }
    fwrite(leat_buf_text(&out), 1, out.size, stdout);
    leat_grid_fini(&grid);
    leat_buf_fini(&out);
}

bool leat_session_ask(leat_session *session,
                      const char *question,
                      leat_arena *arena,
                      leat_sql_answers *out_answers)
{
    leat_buf text = {0};
    const leat_logical_plan *plan;
    leat_buf_add(&text, session->context.data, session->context.size);
    leat_buf_add_text(&text, question);
    leat_session_load load = {.text = leat_arena_bytes(arena, leat_buf_bytes(&text)),
                              .settled = (uint32_t)session->context.size,
                              .job = "ask",
                              .is_quiet = true};
    leat_buf_fini(&text);
    return leat_session_plan(session, &load, arena, out_answers, &plan) &&
           out_answers->items.count > 0;
}

/* --- Statements. --- */

/* The only statement of a text. A statement set in Flink's older form is one. */
static void parse_step(leat_session_step *step)
{
    leat_bytes text = step->statement;
    leat_arena *arena = &step->arena;
    leat_diagnostics unheard;
    leat_diagnostics_init(&unheard, arena, "", text);
    const leat_sql_script *script =
        leat_sql_parse((leat_source_text){text, {1, 1, 0}, true, 0}, arena, &unheard);
    leat_diagnostics_fini(&unheard);
    step->is_empty = script != NULL && script->count == 0;
    if (script == NULL || step->is_empty)
        return;
    if (script->count == 1 || script->statements[0].kind == LEAT_SQL_BEGIN)
        step->parsed = &script->statements[0];
}

/* What its job is called: by what it writes. */
static const char *job_name(leat_session *session, leat_session_step *step)
{
    const leat_sql_statement *parsed = step->parsed;
    bool writes = parsed != NULL &&
                  (parsed->kind == LEAT_SQL_INSERT || parsed->kind == LEAT_SQL_CREATE_TABLE ||
                   parsed->kind == LEAT_SQL_CREATE_VIEW);
    leat_bytes name = writes ? parsed->name.text : LEAT_BYTES("query");
    size_t room = LEAT_NAME_MAX - 12;
    uint32_t number = ++session->job_count;
    if (writes && session->options.coordinator != NULL)
        return leat_arena_print(&step->arena, "%.*s", (int)LEAT_MIN(name.size, room), name.data);
    return leat_arena_print(&step->arena, "%.*s-%u", (int)LEAT_MIN(name.size, room), name.data,
                            number);
}

static bool changes_context(const leat_sql_statement *parsed)
{
    switch (parsed->kind) {
    case LEAT_SQL_CREATE_TABLE:
        return parsed->table->as == NULL;
    case LEAT_SQL_CREATE_VIEW:
    case LEAT_SQL_SET:
    case LEAT_SQL_RESET:
    case LEAT_SQL_DROP:
    case LEAT_SQL_ALTER:
    case LEAT_SQL_USE:
        return true;
    case LEAT_SQL_INSERT:
    case LEAT_SQL_QUERY:
    case LEAT_SQL_EXPLAIN:
    case LEAT_SQL_STATEMENT_SET:
    case LEAT_SQL_SHOW:
    case LEAT_SQL_DESCRIBE:
    case LEAT_SQL_BEGIN:
    case LEAT_SQL_END:
        break;
    }
    return false;
}

/* What a statement does besides changing the catalog. */
static bool act(leat_session *session, leat_session_step *step)
{
    const leat_sql_statement *parsed = step->parsed;
    if (parsed != NULL && parsed->kind == LEAT_SQL_CREATE_VIEW && parsed->is_materialized &&
        step->plan != NULL)
        return leat_session_keep_view(session, step);
    if (parsed != NULL && parsed->kind == LEAT_SQL_DROP)
        leat_session_drop_view(session, parsed->name.text);
    if (step->plan == NULL)
        return true;
    if (parsed != NULL && parsed->kind == LEAT_SQL_QUERY)
        return leat_session_query(session, step);
    return leat_session_run_job(session, step);
}

static bool is_about_jobs(const leat_sql_statement *parsed)
{
    return parsed != NULL && parsed->kind == LEAT_SQL_SHOW &&
           leat_bytes_equal(parsed->object, LEAT_BYTES("jobs"));
}

static bool run_step(leat_session *session, leat_session_step *step)
{
    leat_sql_answers answers = {0};
    parse_step(step);
    if (step->is_empty)
        return true;
    if (is_about_jobs(step->parsed))
        return leat_session_show_jobs(session);
    step->job = job_name(session, step);
    bool is_query = step->parsed != NULL && step->parsed->kind == LEAT_SQL_QUERY;
    if (is_query && !leat_session_plan_views(session, step, &step->plan))
        return false;
    if (step->plan != NULL)
        return leat_session_query(session, step);
    leat_session_load load = {.text = leat_buf_bytes(&step->text),
                              .settled = step->settled,
                              .job = step->job,
                              .keeps_views = true};
    bool is_fine = leat_session_plan(session, &load, &step->arena, &answers, &step->plan);
    for (size_t i = 0; i < answers.items.count; i++)
        print_answer(&answers.items.items[i]);
    leat_vec_fini(&answers.items);
    is_fine = is_fine && act(session, step);
    fflush(stdout);
    return is_fine;
}

bool leat_session_run(leat_session *session, leat_bytes statement)
{
    leat_session_step step = {.settled = (uint32_t)session->context.size};
    statement = leat_str_trim(statement);
    if (statement.size == 0)
        return true;
    leat_buf_add(&step.text, session->context.data, session->context.size);
    leat_buf_add(&step.text, statement.data, statement.size);
    step.statement = leat_bytes_of(step.text.data + step.settled, statement.size);
    bool is_fine = run_step(session, &step);
    if (is_fine && step.parsed != NULL && changes_context(step.parsed)) {
        bool is_ended = statement.data[statement.size - 1] == ';';
        leat_buf_print(&session->context, "%.*s%s\n", LEAT_FMT(statement), is_ended ? "" : ";");
    }
    leat_buf_fini(&step.text);
    leat_arena_fini(&step.arena);
    return is_fine;
}

/* A text with a mistake in its grammar is not begun. */
static bool check_grammar(leat_session *session, leat_bytes text)
{
    leat_arena arena = {0};
    leat_diagnostics said;
    leat_buf shown = {0};
    leat_diagnostics_init(&said, &arena, session->file, text);
    bool is_fine =
        leat_sql_parse((leat_source_text){text, {1, 1, 0}, true, 0}, &arena, &said) != NULL;
    leat_diagnostics_print(&said, &shown);
    fwrite(leat_buf_text(&shown), 1, shown.size, stderr);
    leat_buf_fini(&shown);
    leat_diagnostics_fini(&said);
    leat_arena_fini(&arena);
    return is_fine;
}

bool leat_session_run_file(leat_session *session, const char *file, leat_bytes text)
{
    session->file = file;
    bool is_fine = check_grammar(session, text);
    size_t at = 0;
    while (is_fine && at < text.size) {
        leat_bytes rest = leat_bytes_of(text.data + at, text.size - at);
        size_t size = leat_sql_statement_size(rest);
        leat_session_step step = {.settled = (uint32_t)at};
        size = size == 0 ? rest.size : size;
        leat_buf_add(&step.text, text.data, at + size);
        step.statement = leat_bytes_of(step.text.data + at, size);
        is_fine = run_step(session, &step);
        leat_buf_fini(&step.text);
        leat_arena_fini(&step.arena);
        at += size;
    }
    leat_buf_clear(&session->context);
    leat_buf_add(&session->context, text.data, at);
    return is_fine;
}
