/* SPDX-License-Identifier: Apache-2.0
 *
 * The jobs of a session: in this process, or of a cluster.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/grid.h"
#include "cli/server.h"
#include "cli/session_parts.h"
#include "common/plan/rewrite.h"
#include "common/sys/file.h"

/* --- The cluster in this process. --- */

static leat_code open_embedded(leat_session *session, leat_error *err)
{
    const char *temporary = getenv("TMPDIR");
    leat_buf folder = {0};
    leat_buf_print(&folder, "%s/leat-sql-XXXXXX", temporary == NULL ? "/tmp" : temporary);
    char *path = leat_arena_text(&session->arena, leat_buf_bytes(&folder));
    leat_buf_fini(&folder);
    if (mkdtemp(path) == NULL)
        return leat_file_fail(err, errno, "make", path);
    leat_buf_add_text(&session->folder, path);
    leat_embedded_options options = {.data = path,
                                     .files_root = session->options.files_root,
                                     .executor_count = (uint32_t)session->options.executors,
                                     .name = "sql",
                                     .connectors = &session->connectors,
                                     .print = leat_taps_print,
                                     .print_self = &session->taps,
                                     .changed = &session->changed};
    return leat_embedded_open(&options, &session->embedded, err);
}

const leat_embedded *leat_session_embedded(leat_session *session)
{
    leat_error err = {0};
    if (session->folder.size == 0 && open_embedded(session, &err) != LEAT_OK) {
        leat_session_say("%s", err.text);
        return NULL;
    }
    return session->embedded.worker == NULL ? NULL : &session->embedded;
}

bool leat_session_submit(leat_session *session, const leat_physical_plan *plan, leat_bytes name)
{
    const leat_embedded *embedded = leat_session_embedded(session);
    leat_error err = {0};
    leat_buf wire = {0};
    if (embedded == NULL)
        return false;
    leat_plan_encode(plan, &wire);
    leat_blob *blob = leat_blob_copy(leat_buf_bytes(&wire));
    leat_command submission = leat_embedded_submission(plan->logical, blob, 0);
    leat_code code = leat_embedded_command(embedded, name, &submission, &err);
    leat_blob_unref(&blob);
    leat_buf_fini(&wire);
    if (code != LEAT_OK)
        leat_session_say("%s", err.text);
    return code == LEAT_OK;
}

typedef struct search {
    char name[LEAT_NAME_MAX];
    leat_job_view *job;
    bool is_found;
} search;

static void search_job(void *self, const leat_coord_core *core)
{
    search *s = self;
    s->is_found = leat_coord_job_find(core, s->name, s->job);
}

bool leat_session_look(leat_session *session, leat_bytes name, leat_job_view *out_job)
{
    search s = {.job = out_job};
    memcpy(s.name, name.data, LEAT_MIN(name.size, sizeof s.name - 1));
    leat_coordinator_look(session->embedded.coordinator, search_job, &s);
    return s.is_found;
}

int leat_session_wait(leat_session *session, int64_t timeout_ms)
{
    int signal = leat_server_wait(&session->signals, &session->changed, timeout_ms);
    leat_wake_cancel(&session->changed);
    leat_wake_prepare(&session->changed); /* what changes from here on ends the next wait */
    return signal;
}

static bool command_job(leat_session *session, leat_bytes name, leat_command_kind kind)
{
    leat_command command = {.kind = kind};
    leat_error err = {0};
    if (leat_embedded_command(&session->embedded, name, &command, &err) == LEAT_OK)
        return true;
    leat_session_say("%s", err.text);
    return false;
}

/* --- INSERT. --- */

static bool report(const leat_job_view *job)
{
    if (job->state == LEAT_JOB_FINISHED || job->state == LEAT_JOB_STOPPED) {
        printf("%llu rows written\n", (unsigned long long)job->totals.rows_out);
        return true;
    }
    leat_session_say("job %s is %s%s%s", job->name, leat_job_state_name(job->state),
                     job->reason[0] == '\0' ? "" : ": ", job->reason);
    return false;
}

/* To its end; Ctrl-C ends it with one last epoch. */
static bool await(leat_session *session, leat_bytes name)
{
    leat_job_view job = {0};
    bool was_asked = false;
    while (!leat_session_look(session, name, &job) || !leat_job_is_over(job.state)) {
        if (leat_embedded_has_ended(&session->embedded)) {
            leat_session_say("the data folder cannot be written");
            return false;
        }
        if (leat_session_wait(session, -1) == 0)
            continue;
        if (!command_job(session, name, was_asked ? LEAT_COMMAND_CANCEL : LEAT_COMMAND_STOP))
            return false;
        was_asked = true;
    }
    return report(&job) && !was_asked;
}

static bool run_here(leat_session *session, const leat_session_step *step)
{
    leat_arena arena = {0};
    const leat_logical_plan *rewritten = leat_rewrite(step->plan, &arena);
    const leat_physical_plan *physical = leat_physical_of(rewritten, &arena);
    leat_bytes name = step->plan->name;
    bool is_fine = leat_session_submit(session, physical, name);
    if (is_fine && session->options.is_interactive)
        printf("job %.*s runs; SHOW JOBS looks at it, \\stop %.*s ends it\n", LEAT_FMT(name),
               LEAT_FMT(name));
    else if (is_fine)
        is_fine = await(session, name);
    leat_arena_fini(&arena);
    return is_fine;
}

/* The coordinator plans the text again: the same library, its own connectors. */
static bool run_there(leat_session *session, const leat_session_step *step, leat_bytes text)
{
    leat_buf body = {0};
    leat_buf file = {0};
    leat_client_answer answer = {0};
    leat_buf_print(&file, "%s.sql", step->job);
    leat_json_writer w = leat_json_write(&body);
    leat_json_begin_object(&w, NULL);
    leat_json_put_text(&w, "file", leat_buf_bytes(&file));
    leat_json_put_text(&w, "topology", text);
    leat_json_put_u64(&w, "settled", step->settled);
    leat_json_end(&w);
    bool is_fine = leat_client_request(session->options.coordinator, "POST", "/jobs",
                                       leat_buf_bytes(&body), &answer);
    if (is_fine)
        printf("submitted job %lld, %.*s\n", (long long)leat_client_number(answer.json, "id"),
               LEAT_FMT(step->plan->name));
    leat_client_answer_fini(&answer);
    leat_buf_fini(&file);
    leat_buf_fini(&body);
    return is_fine;
}

bool leat_session_run_job(leat_session *session, const leat_session_step *step)
{
    if (session->options.coordinator != NULL)
        return run_there(session, step, leat_buf_bytes(&step->text));
    return run_here(session, step);
}

/* --- Materialized views. --- */

/* A result without an order is shown in that of its columns: it does not jump while it changes. */
static void order_by_columns(leat_case_result *shape, leat_arena *arena)
{
    uint32_t count = shape->schema->field_count;
    leat_order *orders = LEAT_ARENA_ARRAY(arena, leat_order, count);
    for (uint32_t i = 0; i < count; i++)
        orders[i].column = (uint16_t)i;
    shape->order_count = count;
    shape->orders = orders;
}

leat_tap *leat_session_tap(leat_session *session,
                           const leat_logical_plan *plan,
                           bool is_kept,
                           leat_arena *arena,
                           const leat_physical_plan **out_plan)
{
    const leat_logical_plan *rewritten = leat_rewrite(plan, arena);
    leat_logical_plan *shown = leat_arena_copy(arena, rewritten, sizeof *rewritten);
    shown->nodes = leat_arena_copy(arena, shown->nodes, shown->node_count * sizeof *shown->nodes);
    leat_logical_node *sink = NULL;
    for (uint32_t i = 0; i < shown->node_count; i++)
        if (shown->nodes[i].kind == LEAT_LOGICAL_SINK)
            sink = &shown->nodes[i];
    LEAT_ASSERT(sink != NULL); /* something runs */
    const leat_logical_output *rows =
        &shown->nodes[sink->inputs[0].node].outputs[sink->inputs[0].output];
    leat_case_result shape = {.sink = sink->name,
                              .schema = rows->schema,
                              .is_upsert = rows->changes == LEAT_CHANGES_UPSERT,
                              .key_count = rows->upsert_key_count,
                              .keys = rows->upsert_keys,
                              .order_count = sink->order_count,
                              .orders = sink->orders};
    if (shape.order_count == 0 && rows->changes != LEAT_CHANGES_APPEND)
        order_by_columns(&shape, arena);
    leat_tap *tap = leat_tap_open(&session->taps, &shape, is_kept);
    sink->connector = LEAT_BYTES("show");
    sink->option_count = 0;
    sink->writes_op = false; /* it says every change by itself */
    sink->name = leat_arena_bytes(arena, leat_bytes_text(tap->name));
    *out_plan = leat_physical_of(shown, arena);
    return tap;
}

leat_session_view *leat_session_find_view(const leat_session *session, leat_bytes name)
{
    for (size_t i = 0; i < session->views.count; i++)
        if (leat_bytes_equal(session->views.items[i]->name, name))
            return session->views.items[i];
    return NULL;
}

static bool keep_here(leat_session *session, leat_session_step *step)
{
    const leat_physical_plan *physical;
    leat_session_view *view = leat_alloc_zero(1, sizeof *view);
    view->arena = step->arena; /* the plan lives as long as its rows are looked at */
    step->arena = (leat_arena){0};
    view->name = leat_arena_bytes(&view->arena, step->parsed->name.text);
    view->job = leat_arena_bytes(&view->arena, step->plan->name);
    view->tap = leat_session_tap(session, step->plan, true, &view->arena, &physical);
    leat_vec_push(&session->views, view);
    bool is_fine = leat_session_submit(session, physical, view->job);
    if (is_fine)
        printf("view %.*s is kept by job %.*s\n", LEAT_FMT(view->name), LEAT_FMT(view->job));
    else
        leat_session_drop_view(session, view->name);
    return is_fine;
}

bool leat_session_keep_view(leat_session *session, leat_session_step *step)
{
    leat_session_drop_view(session, step->parsed->name.text); /* OR REPLACE */
    if (session->options.coordinator == NULL)
        return keep_here(session, step);
    leat_buf text = {0};
    leat_bytes name = step->parsed->name.text;
    leat_buf_print(&text,
                   "%.*s;\nCREATE TABLE \"%.*s rows\" WITH ('connector' = 'file', 'path' = "
                   "'views/%.*s', 'format' = 'json', 'changes' = 'log') AS SELECT * FROM \"%.*s\";",
                   (int)step->text.size, step->text.data, LEAT_FMT(name), LEAT_FMT(name),
                   LEAT_FMT(name));
    bool is_fine = run_there(session, step, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return is_fine;
}

void leat_session_drop_view(leat_session *session, leat_bytes name)
{
    leat_session_view *view = leat_session_find_view(session, name);
    leat_job_view job;
    if (view == NULL)
        return;
    if (leat_session_look(session, view->job, &job) && !leat_job_is_over(job.state))
        (void)command_job(session, view->job, LEAT_COMMAND_CANCEL);
    leat_tap_close(&session->taps, &view->tap);
    for (size_t i = session->views.count; i-- > 0;)
        if (session->views.items[i] == view)
            leat_vec_remove(&session->views, i);
    leat_arena_fini(&view->arena);
    leat_free(view);
}

/* --- SHOW JOBS, \stop, \cancel. --- */

static void add_number(leat_grid *grid, uint64_t number)
{
    leat_buf text = {0};
    leat_buf_print(&text, "%llu", (unsigned long long)number);
    leat_grid_add_cell(grid, leat_buf_bytes(&text));
    leat_buf_fini(&text);
}

static void list_jobs(void *self, const leat_coord_core *core)
{
    leat_grid *grid = self;
    for (size_t i = 0; i < leat_coord_job_count(core); i++) {
        leat_job_view job;
        leat_coord_job_view(core, i, &job);
        leat_grid_add_cell(grid, leat_bytes_text(job.name));
        leat_grid_add_cell(grid, leat_bytes_text(leat_job_state_name(job.state)));
        add_number(grid, job.totals.rows_in);
        add_number(grid, job.totals.rows_out);
        leat_grid_add_cell(grid, leat_bytes_text(job.reason));
    }
}

static void add_json(leat_grid *grid, const leat_json *jobs)
{
    for (size_t i = 0; i < leat_json_count(jobs); i++) {
        const leat_json *job = leat_json_element(jobs, i);
        leat_grid_add_cell(grid, leat_client_text(job, "name"));
        leat_grid_add_cell(grid, leat_client_text(job, "state"));
        add_number(grid, (uint64_t)leat_client_number(job, "rows_in"));
        add_number(grid, (uint64_t)leat_client_number(job, "rows_out"));
        leat_grid_add_cell(grid, leat_client_text(job, "reason"));
    }
}

bool leat_session_show_jobs(leat_session *session)
{
    static const char *const names[] = {"name", "state", "rows in", "rows out", "reason"};
    leat_grid grid = {0};
    leat_buf out = {0};
    leat_client_answer answer = {0};
    bool is_fine = true;
    for (size_t i = 0; i < LEAT_COUNT_OF(names); i++)
        leat_grid_add_column(&grid, leat_bytes_text(names[i]), i == 2 || i == 3);
    if (session->embedded.coordinator != NULL)
        leat_coordinator_look(session->embedded.coordinator, list_jobs, &grid);
    if (session->options.coordinator != NULL) {
        is_fine = leat_client_request(session->options.coordinator, "GET", "/jobs", (leat_bytes){0},
                                      &answer);
        add_json(&grid, leat_json_member(answer.json, "jobs"));
    }
    leat_grid_print(&grid, &out);
    leat_grid_end(&grid, &out);
    fwrite(leat_buf_text(&out), 1, out.size, stdout);
    leat_client_answer_fini(&answer);
    leat_buf_fini(&out);
    leat_grid_fini(&grid);
    return is_fine;
}

static bool end_there(leat_session *session, leat_bytes name, bool is_cancel)
{
    leat_buf path = {0};
    leat_client_answer answer = {0};
    char *text = leat_arena_text(&session->arena, name);
    leat_buf_add_text(&path, "/jobs/");
    leat_client_escape(&path, text);
    leat_buf_add_text(&path, is_cancel ? "?mode=cancel" : "/stop");
    bool is_fine = leat_client_request(session->options.coordinator, is_cancel ? "PATCH" : "POST",
                                       leat_buf_text(&path), (leat_bytes){0}, &answer);
    leat_client_answer_fini(&answer);
    leat_buf_fini(&path);
    return is_fine;
}

bool leat_session_end_job(leat_session *session, leat_bytes name, bool is_cancel)
{
    leat_job_view job;
    if (session->embedded.coordinator != NULL && leat_session_look(session, name, &job))
        return command_job(session, name, is_cancel ? LEAT_COMMAND_CANCEL : LEAT_COMMAND_STOP);
    if (session->options.coordinator != NULL)
        return end_there(session, name, is_cancel);
    leat_session_say("there is no job '%.*s'", LEAT_FMT(name));
    return false;
}
