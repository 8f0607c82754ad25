/* SPDX-License-Identifier: Apache-2.0
 *
 * A SELECT by itself: its result is shown as it comes, or, of one that changes or has an order, as
 * it stands.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/grid.h"
#include "cli/session_parts.h"
#include "cli/session_views.h"
#include "common/sys/clock.h"
#include "common/text/json.h"
#include "common/text/str.h"

enum { DRAW_EVERY_MS = 200, SCREEN_LINES = 24, FRAME_LINES = 5 };

typedef struct display {
    leat_session *session;
    leat_tap *tap;
    leat_grid grid;
    bool has_changes; /* rows are taken back */
    bool is_folding;  /* the rows that are there are shown, not what came */
    uint32_t drawn;   /* lines on the terminal that the next drawing replaces */
    int64_t drawn_at_ms;
    uint64_t row_count;
} display;

/* --- Rows. --- */

static bool is_number(leat_type type)
{
    return type.id == LEAT_TYPE_INT || type.id == LEAT_TYPE_BIGINT || type.id == LEAT_TYPE_DOUBLE ||
           type.id == LEAT_TYPE_DECIMAL;
}

static void add_columns(const display *d, leat_grid *grid)
{
    const leat_schema *schema = d->tap->shape.schema;
    if (d->has_changes && !d->is_folding)
        leat_grid_add_column(grid, LEAT_BYTES("op"), false);
    for (uint32_t i = 0; i < schema->field_count; i++)
        leat_grid_add_column(grid, schema->fields[i].name, is_number(schema->fields[i].type));
}

static void
add_row(const display *d, const leat_case_line *line, const leat_case_row *row, leat_grid *grid)
{
    if (d->has_changes && !d->is_folding)
        leat_grid_add_cell(grid, leat_bytes_text(leat_change_text(line->change)));
    for (uint32_t i = 0; i < row->count; i++)
        leat_grid_add_cell(grid, row->cells[i].is_null ? LEAT_BYTES("NULL") : row->cells[i].text);
}

static void
print_json(const display *d, const leat_case_line *line, const leat_case_row *row, leat_buf *out)
{
    leat_buf_add_char(out, '{');
    if (d->has_changes)
        leat_buf_print(out, "\"op\":\"%s\"%s", leat_change_text(line->change),
                       row->count > 0 ? "," : "");
    leat_view_row_print(d->tap->shape.schema, row, out);
    leat_buf_add_text(out, "}\n");
}

static leat_code show_line(display *d, leat_bytes text, leat_buf *out, leat_error *err)
{
    leat_arena arena = {0};
    leat_case_row row;
    leat_case_line line = {.change = LEAT_CHANGE_INSERT};
    for (int change = LEAT_CHANGE_INSERT; change <= LEAT_CHANGE_DELETE; change++)
        if (leat_str_begins(text, leat_bytes_text(leat_change_text((leat_change)change))))
            line.change = (leat_change)change;
    line.row = leat_bytes_of(text.data + 3, text.size - 3); /* "+I [" */
    leat_code code = leat_case_line_read(&line, &arena, &row, err);
    if (code == LEAT_OK && d->session->options.mode == LEAT_SHOW_JSON)
        print_json(d, &line, &row, out);
    else if (code == LEAT_OK)
        add_row(d, &line, &row, &d->grid);
    leat_arena_fini(&arena);
    d->row_count++;
    return code;
}

/* What came since the last time. */
static leat_code show_new(display *d, leat_error *err)
{
    leat_buf text = {0};
    leat_buf out = {0};
    leat_bytes line;
    leat_code code = LEAT_OK;
    leat_tap_take(&d->session->taps, d->tap, &text);
    leat_bytes rest = leat_buf_bytes(&text);
    while (code == LEAT_OK && rest.size > 0 && leat_str_split(&rest, '\n', &line))
        if (line.size > 0)
            code = show_line(d, line, &out, err);
    if (d->grid.cells.count > 0)
        leat_grid_print(&d->grid, &out);
    fwrite(leat_buf_text(&out), 1, out.size, stdout);
    fflush(stdout);
    leat_buf_fini(&out);
    leat_buf_fini(&text);
    return code;
}

/* --- The rows that are there, drawn over what was drawn before. --- */

static uint32_t screen_lines(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2 * FRAME_LINES)
        return SCREEN_LINES;
    return size.ws_row;
}

static uint32_t count_lines(const leat_buf *text)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < text->size; i++)
        lines += text->data[i] == '\n';
    return lines;
}

static leat_code draw_rows(display *d, size_t most, leat_buf *out, leat_error *err)
{
    leat_arena arena = {0};
    leat_grid grid = {0};
    leat_case_result rows = {0};
    leat_code code = leat_tap_snapshot(&d->session->taps, d->tap, &rows, err);
    add_columns(d, &grid);
    for (size_t i = 0; code == LEAT_OK && i < LEAT_MIN(rows.rows.count, most); i++) {
        leat_case_row row;
        code = leat_case_line_read(&rows.rows.items[i], &arena, &row, err);
        if (code == LEAT_OK)
            add_row(d, &rows.rows.items[i], &row, &grid);
    }
    leat_grid_print(&grid, out);
    if (code == LEAT_OK && rows.rows.count > most)
        leat_buf_print(out, " ... %zu rows in all\n", rows.rows.count);
    else
        leat_grid_end(&grid, out);
    leat_case_result_fini(&rows);
    leat_grid_fini(&grid);
    leat_arena_fini(&arena);
    return code;
}

static leat_code draw(display *d, bool is_last, leat_error *err)
{
    leat_buf out = {0};
    size_t most = is_last ? SIZE_MAX : screen_lines() - FRAME_LINES;
    if (d->drawn > 0)
        leat_buf_print(&out, "\033[%uA\033[J", d->drawn);
    size_t frame = out.size;
    leat_code code = draw_rows(d, most, &out, err);
    leat_buf drawn = {.data = out.data + frame, .size = out.size - frame};
    d->drawn = is_last ? 0 : count_lines(&drawn);
    d->drawn_at_ms = leat_clock_ms();
    fwrite(leat_buf_text(&out), 1, out.size, stdout);
    fflush(stdout);
    leat_buf_fini(&out);
    return code;
}

static leat_code show(display *d, bool is_last, leat_error *err)
{
    if (!d->is_folding)
        return show_new(d, err);
    bool is_due =
        d->session->options.is_terminal && leat_clock_ms() - d->drawn_at_ms >= DRAW_EVERY_MS;
    return is_last || is_due ? draw(d, is_last, err) : LEAT_OK;
}

/* --- The query as a job. --- */

static bool cancel(leat_session *session, leat_bytes name)
{
    leat_job_view job;
    leat_command command = {.kind = LEAT_COMMAND_CANCEL};
    leat_error err = {0};
    if (leat_session_look(session, name, &job) && leat_job_is_over(job.state))
        return true;
    return leat_embedded_command(&session->embedded, name, &command, &err) == LEAT_OK;
}

/* Until the job is over or somebody presses Ctrl-C. */
static bool follow(display *d, leat_bytes name, leat_job_view *job, leat_error *err)
{
    leat_session *session = d->session;
    leat_code code = LEAT_OK;
    d->drawn_at_ms = leat_clock_ms();
    while (code == LEAT_OK) {
        bool is_over = leat_session_look(session, name, job) && leat_job_is_over(job->state);
        code = show(d, false, err);
        if (is_over || leat_embedded_has_ended(&session->embedded))
            break;
        bool draws = d->is_folding && session->options.is_terminal;
        if (leat_session_wait(session, draws ? DRAW_EVERY_MS : -1) != 0)
            return cancel(session, name);
    }
    return code == LEAT_OK;
}

static bool finish(display *d, const leat_job_view *job, bool is_fine, leat_error *err)
{
    bool has_failed = leat_job_is_over(job->state) && job->state != LEAT_JOB_FINISHED &&
                      job->state != LEAT_JOB_CANCELED && job->state != LEAT_JOB_STOPPED;
    is_fine = is_fine && show(d, true, err) == LEAT_OK;
    if (!d->is_folding && d->session->options.mode != LEAT_SHOW_JSON) {
        leat_buf out = {0};
        if (!d->grid.has_head)
            leat_grid_print(&d->grid, &out);
        leat_grid_end(&d->grid, &out);
        fwrite(leat_buf_text(&out), 1, out.size, stdout);
        leat_buf_fini(&out);
    }
    fflush(stdout);
    if (has_failed)
        leat_session_say("the query is %s: %s", leat_job_state_name(job->state), job->reason);
    else if (!is_fine)
        leat_session_say("%s", err->text);
    return is_fine && !has_failed;
}

static bool has_changes(const leat_physical_plan *plan)
{
    const leat_logical_plan *logical = plan->logical;
    for (uint32_t i = 0; i < logical->node_count; i++) {
        const leat_logical_node *node = &logical->nodes[i];
        if (node->kind == LEAT_LOGICAL_SINK)
            return logical->nodes[node->inputs[0].node].outputs[node->inputs[0].output].changes !=
                   LEAT_CHANGES_APPEND;
    }
    return false;
}

bool leat_session_query(leat_session *session, const leat_session_step *step)
{
    const leat_logical_plan *plan = step->plan;
    leat_arena arena = {0};
    leat_error err = {0};
    leat_job_view job = {0};
    const leat_physical_plan *physical;
    leat_tap *tap = leat_session_tap(session, plan, false, &arena, &physical);
    display d = {.session = session, .tap = tap, .has_changes = has_changes(physical)};
    d.is_folding =
        session->options.mode == LEAT_SHOW_TABLE && (d.has_changes || tap->shape.order_count > 0);
    tap->is_kept = d.is_folding;
    add_columns(&d, &d.grid);
    bool is_fine = leat_session_submit(session, physical, plan->name);
    if (is_fine) {
        is_fine = follow(&d, plan->name, &job, &err);
        is_fine = finish(&d, &job, is_fine, &err);
    }
    leat_tap_close(&session->taps, &d.tap);
    leat_grid_fini(&d.grid);
    leat_arena_fini(&arena);
    return is_fine;
}
