/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session_views.h"

#include <stdio.h>

#include "cli/client.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"

enum { EPOCH_WAIT_MS = 30000 };

/* --- Rows as JSON. --- */

/* NaN and the infinities are no JSON numbers: text, which is read as well. */
static bool is_bare(leat_type type, leat_bytes text)
{
    if (type.id == LEAT_TYPE_DOUBLE)
        return text.size > 0 && text.data[text.size - 1] >= '0' && text.data[text.size - 1] <= '9';
    return type.id == LEAT_TYPE_BOOLEAN || type.id == LEAT_TYPE_INT || type.id == LEAT_TYPE_BIGINT;
}

void leat_view_row_print(const leat_schema *schema, const leat_case_row *row, leat_buf *out)
{
    for (uint32_t i = 0; i < row->count; i++) {
        const leat_case_cell *cell = &row->cells[i];
        leat_buf_add_text(out, i == 0 ? "" : ",");
        leat_json_quote(out, schema->fields[i].name);
        leat_buf_add_char(out, ':');
        if (cell->is_null)
            leat_buf_add_text(out, "null");
        else if (is_bare(schema->fields[i].type, cell->text))
            leat_buf_add(out, cell->text.data, cell->text.size);
        else
            leat_json_quote(out, cell->text);
    }
}

/* --- A view as a table over a file. --- */

static void print_path(const leat_session *session, size_t index, leat_buf *out)
{
    leat_buf_print(out, "%.*s/view%zu.jsonl", LEAT_FMT(leat_buf_bytes(&session->folder)), index);
}

static void print_name(leat_bytes name, leat_buf *out)
{
    leat_buf_add_char(out, '"');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '"')
            leat_buf_add_char(out, '"');
        leat_buf_add_char(out, name.data[i]);
    }
    leat_buf_add_char(out, '"');
}

static void print_table(const leat_session *session, size_t index, leat_buf *out)
{
    const leat_session_view *view = session->views.items[index];
    const leat_schema *schema = view->tap->shape.schema;
    leat_buf_add_text(out, "CREATE OR REPLACE TABLE ");
    print_name(view->name, out);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        leat_buf_add_text(out, i == 0 ? " (" : ", ");
        print_name(schema->fields[i].name, out);
        leat_buf_add_char(out, ' ');
        leat_type_print(schema->fields[i].type, out);
    }
    leat_buf_add_text(out, ") WITH ('connector' = 'file', 'format' = 'json', 'path' = '");
    print_path(session, index, out);
    leat_buf_add_text(out, "');\n");
}

/* Whether the plan reads this file. */
static bool reads(const leat_logical_plan *plan, leat_bytes path)
{
    for (uint32_t i = 0; i < plan->node_count; i++)
        for (uint32_t o = 0; o < plan->nodes[i].option_count; o++)
            if (leat_bytes_equal(plan->nodes[i].options[o].value, path))
                return true;
    return false;
}

static bool reads_view(const leat_session *session, const leat_logical_plan *plan, size_t index)
{
    leat_buf path = {0};
    print_path(session, index, &path);
    bool does = reads(plan, leat_buf_bytes(&path));
    leat_buf_fini(&path);
    return does;
}

/* Every source is a view's file, or numbers rows that stand in the query itself. */
static bool reads_only_views(const leat_session *session, const leat_logical_plan *plan)
{
    uint32_t source_count = 0;
    for (uint32_t i = 0; i < plan->node_count; i++)
        source_count += plan->nodes[i].kind == LEAT_LOGICAL_SOURCE &&
                        !leat_bytes_equal(plan->nodes[i].connector, LEAT_BYTES("sequence"));
    uint32_t view_count = 0;
    for (size_t v = 0; v < session->views.count; v++)
        view_count += reads_view(session, plan, v);
    return view_count > 0 && view_count == source_count;
}

/* --- Its rows. --- */

/* What was put out before the question has arrived once an epoch is completed. */
static bool await_epoch(leat_session *session, const leat_session_view *view)
{
    leat_job_view job = {0};
    int64_t give_up_ms = leat_clock_ms() + EPOCH_WAIT_MS;
    uint64_t wanted = 0;
    while (leat_session_look(session, view->job, &job) && !leat_job_is_over(job.state)) {
        if (wanted == 0)
            wanted = LEAT_MAX(job.completed_epoch, job.open_epoch) + 1;
        if (job.completed_epoch >= wanted)
            return true;
        if (leat_clock_ms() > give_up_ms || leat_session_wait(session, 100) != 0) {
            leat_session_say("the view's job does not complete an epoch");
            return false;
        }
    }
    if (job.state == LEAT_JOB_FINISHED)
        return true;
    leat_session_say("the job of view %.*s is %s%s%s", LEAT_FMT(view->name),
                     leat_job_state_name(job.state), job.reason[0] == '\0' ? "" : ": ", job.reason);
    return false;
}

static leat_code write_rows(leat_session *session, size_t index, leat_error *err)
{
    leat_session_view *view = session->views.items[index];
    leat_buf path = {0};
    leat_buf text = {0};
    leat_case_result rows = {0};
    leat_code code = leat_tap_snapshot(&session->taps, view->tap, &rows, err);
    for (size_t i = 0; code == LEAT_OK && i < rows.rows.count; i++) {
        leat_arena arena = {0};
        leat_case_row row;
        code = leat_case_line_read(&rows.rows.items[i], &arena, &row, err);
        leat_buf_add_char(&text, '{');
        if (code == LEAT_OK)
            leat_view_row_print(rows.schema, &row, &text);
        leat_buf_add_text(&text, "}\n");
        leat_arena_fini(&arena);
    }
    print_path(session, index, &path);
    if (code == LEAT_OK)
        code = leat_file_write_durable(leat_buf_text(&path), leat_buf_bytes(&text), err);
    leat_case_result_fini(&rows);
    leat_buf_fini(&text);
    leat_buf_fini(&path);
    return code;
}

static bool give_rows(leat_session *session, const leat_logical_plan *plan)
{
    for (size_t v = 0; v < session->views.count; v++) {
        leat_error err = {0};
        if (!reads_view(session, plan, v))
            continue;
        if (!await_epoch(session, session->views.items[v]))
            return false;
        if (write_rows(session, v, &err) != LEAT_OK) {
            leat_session_say("%s", err.text);
            return false;
        }
    }
    return true;
}

bool leat_session_plan_views(leat_session *session,
                             leat_session_step *step,
                             const leat_logical_plan **out_plan)
{
    leat_buf text = {0};
    *out_plan = NULL;
    if (session->views.count == 0)
        return true;
    leat_buf_add(&text, step->text.data, step->settled);
    for (size_t v = 0; v < session->views.count; v++)
        print_table(session, v, &text);
    leat_session_load load = {.settled = (uint32_t)text.size,
                              .job = step->job,
                              .allows_unbounded_state = true, /* their rows end */
                              .is_quiet = true};
    leat_buf_add(&text, step->statement.data, step->statement.size);
    load.text = leat_arena_bytes(&step->arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    const leat_logical_plan *plan;
    if (!leat_session_plan(session, &load, &step->arena, NULL, &plan) || plan == NULL ||
        !reads_only_views(session, plan))
        return true;
    *out_plan = plan;
    return give_rows(session, plan);
}
