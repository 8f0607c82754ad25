/* SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/api.h"

#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/arena.h"
#include "common/plan/physical.h"
#include "common/sys/clock.h"
#include "common/text/json.h"
#include "common/text/str.h"
#include "coordinator/json_view.h"
#include "coordinator/metrics_view.h"
#include "coordinator/rest/http_server.h"
#include "coordinator/submission.h"

struct leat_api {
    leat_coordinator *coordinator;
    const leat_topology_checks *checks;
    leat_http_server *server;
};

/* -- answers -------------------------------------------------------------------------------- */

static void fail(leat_http_response *response, unsigned status, const char *text)
{
    response->status = status;
    leat_buf_clear(&response->body);
    leat_json_writer w = leat_json_write(&response->body);
    leat_json_begin_object(&w, NULL);
    leat_json_put_text(&w, "error", leat_bytes_text(text));
    leat_json_end(&w);
}

static unsigned status_of(leat_code code)
{
    if (code == LEAT_OK)
        return 200;
    if (code == LEAT_NOT_FOUND)
        return 404;
    if (code == LEAT_EXISTS || code == LEAT_BUSY)
        return 409;
    if (leat_code_class_of(code) == LEAT_CLASS_REJECTED)
        return 400;
    return 503;
}

static void answer_command(leat_api *api, leat_command *command, leat_http_response *response)
{
    leat_command_answer answer = {0};
    leat_coordinator_command(api->coordinator, command, &answer);
    if (answer.code != LEAT_OK) {
        fail(response, status_of(answer.code),
             answer.text[0] != '\0' ? answer.text : leat_code_name(answer.code));
        return;
    }
    leat_json_writer w = leat_json_write(&response->body);
    leat_json_begin_object(&w, NULL);
    leat_json_put_u64(&w, "id", answer.job);
    leat_json_put_text(&w, "message", leat_bytes_text(answer.text));
    leat_json_end(&w);
}

/* -- views: run on the control thread --------------------------------------------------------- */

typedef struct view_request {
    void (*print)(const leat_coord_core *core, leat_buf *out); /* or a job: */
    char name[LEAT_NAME_MAX];
    bool wants_plan;
    bool is_found;
    leat_blob *plan;
    leat_buf *out;
} view_request;

static void look(void *self, const leat_coord_core *core)
{
    view_request *view = self;
    leat_job_view job;
    if (view->print != NULL) {
        view->is_found = true;
        view->print(core, view->out);
        return;
    }
    view->is_found = leat_view_find(core, view->name, &job);
    if (view->is_found && view->wants_plan)
        view->plan = leat_blob_copy(leat_blob_bytes(leat_coord_job_plan(core, job.job)));
    else if (view->is_found)
        leat_view_job(core, &job, view->out);
}

static void show(leat_api *api,
                 void (*print)(const leat_coord_core *core, leat_buf *out),
                 leat_http_response *response)
{
    view_request view = {.print = print, .out = &response->body};
    leat_coordinator_look(api->coordinator, look, &view);
    if (!view.is_found)
        fail(response, 503, "the coordinator is stopping");
}

static void print_metrics(const leat_coord_core *core, leat_buf *out)
{
    leat_view_metrics(core, leat_clock_wall_us(), out);
}

static bool name_of(leat_bytes segment, char out[LEAT_NAME_MAX])
{
    if (segment.size >= LEAT_NAME_MAX)
        return false;
    memcpy(out, segment.data, segment.size);
    out[segment.size] = '\0';
    return true;
}

static void no_such_job(leat_http_response *response, leat_bytes name)
{
    char text[LEAT_NAME_MAX + 32];
    snprintf(text, sizeof text, "there is no job '%.*s'", (int)LEAT_MIN(name.size, (size_t)60),
             name.data);
    fail(response, 404, text);
}

static void show_plan(const leat_blob *wire, leat_http_response *response)
{
    leat_arena arena = {0};
    leat_buf text = {0};
    const leat_physical_plan *plan = NULL;
    leat_error err = {0};
    if (leat_plan_decode(leat_blob_bytes(wire), &arena, &plan, &err) != LEAT_OK) {
        fail(response, 500, err.text);
    } else {
        leat_physical_print(plan, &text);
        leat_json_writer w = leat_json_write(&response->body);
        leat_json_begin_object(&w, NULL);
        leat_json_put_text(&w, "plan", leat_buf_bytes(&text));
        leat_json_end(&w);
    }
    leat_buf_fini(&text);
    leat_arena_fini(&arena);
}

static void show_job(leat_api *api, leat_bytes name, bool wants_plan, leat_http_response *response)
{
    view_request view = {.wants_plan = wants_plan, .out = &response->body};
    if (name_of(name, view.name))
        leat_coordinator_look(api->coordinator, look, &view);
    if (!view.is_found)
        no_such_job(response, name);
    else if (wants_plan)
        show_plan(view.plan, response);
    leat_blob_unref(&view.plan);
}

/* -- logs ----------------------------------------------------------------------------------- */

static bool read_number(const leat_http_request *r, const char *name, uint64_t max, uint64_t *out)
{
    const char *given = leat_http_argument(r, name);
    return given == NULL || (leat_str_to_u64(leat_bytes_text(given), out) && *out <= max);
}

/* False: an argument is wrong, and the answer says which. */
static bool
read_query(const leat_http_request *r, leat_logs_query *query, leat_http_response *response)
{
    const char *level = leat_http_argument(r, "level");
    uint64_t worker = 0;
    query->has_worker = leat_http_argument(r, "worker") != NULL;
    if (level != NULL && !leat_log_level_of(leat_bytes_text(level), &query->level))
        fail(response, 400, "level is debug, info, warn or error");
    else if (!read_number(r, "lines", LEAT_LOGS_LINES_MAX, &query->count_max))
        fail(response, 400, "lines is a number up to 10000");
    else if (!read_number(r, "after", UINT64_MAX, &query->after))
        fail(response, 400, "after is `next` of an earlier answer");
    else if (!read_number(r, "worker", UINT32_MAX, &worker))
        fail(response, 400, "worker is the number of a worker, 0 the coordinator");
    else {
        query->worker = (uint32_t)worker;
        return true;
    }
    return false;
}

typedef struct job_search {
    char name[LEAT_NAME_MAX];
    bool is_found;
    leat_job_view job;
} job_search;

static void search_job(void *self, const leat_coord_core *core)
{
    job_search *search = self;
    search->is_found = leat_view_find(core, search->name, &search->job);
}

/* `job` of size 0: the lines of everything. */
static void show_logs(leat_api *api,
                      const leat_http_request *request,
                      leat_bytes job,
                      leat_http_response *response)
{
    leat_logs_query query = {.level = LEAT_LOG_INFO, .count_max = LEAT_LOGS_LINES_DEFAULT};
    job_search search = {0};
    if (job.size > 0 && name_of(job, search.name))
        leat_coordinator_look(api->coordinator, search_job, &search);
    query.has_job = job.size > 0;
    query.job = search.job.job;
    if (query.has_job && !search.is_found)
        no_such_job(response, job);
    else if (read_query(request, &query, response))
        leat_logs_print(leat_coordinator_logs(api->coordinator), &query, &response->body);
}

/* -- submit ----------------------------------------------------------------------------------- */

enum { DEFINES_MAX = 256 };

static void
compile_and_submit(leat_api *api, const leat_submission *submission, leat_http_response *response)
{
    leat_command command = {0};
    leat_buf messages = {0};
    if (leat_submission_compile(submission, &command, &messages) == LEAT_OK) {
        answer_command(api, &command, response);
    } else {
        response->status = 400;
        leat_json_writer w = leat_json_write(&response->body);
        leat_json_begin_object(&w, NULL);
        leat_json_put_text(&w, "error", LEAT_BYTES("the topology has errors"));
        leat_json_put_text(&w, "messages", leat_buf_bytes(&messages));
        leat_json_end(&w);
    }
    leat_buf_fini(&messages);
}

static leat_code
read_defines(const leat_json *json, leat_variable *items, uint32_t *out_count, leat_error *err)
{
    size_t count = leat_json_count(json);
    if (count > DEFINES_MAX)
        return leat_fail(err, LEAT_LIMIT, "more than %d defines", DEFINES_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *key = leat_json_key(json, i);
        items[i].name = leat_bytes_text(key);
        if (!leat_json_as_text(leat_json_member(json, key), &items[i].value))
            return leat_fail(err, LEAT_INVALID, "the value of define '%s' is not text", key);
    }
    *out_count = (uint32_t)count;
    return LEAT_OK;
}

static leat_code
submit_json(leat_api *api, const leat_json *body, leat_http_response *response, leat_error *err)
{
    leat_variable items[DEFINES_MAX];
    leat_variables variables = {.items = items};
    leat_submission submission = {.variables = &variables, .checks = api->checks};
    LEAT_TRY(leat_json_need_text(body, "topology", &submission.text, err));
    LEAT_TRY(read_defines(leat_json_member(body, "defines"), items, &variables.count, err));
    leat_bytes file = LEAT_BYTES("topology");
    (void)leat_json_as_text(leat_json_member(body, "file"), &file);
    (void)leat_json_as_bool(leat_json_member(body, "ignore_state"), &submission.ignore_state);
    int64_t settled = 0;
    if (leat_json_as_i64(leat_json_member(body, "settled"), &settled) && settled > 0)
        submission.settled = (uint32_t)LEAT_MIN(settled, (int64_t)submission.text.size);
    leat_arena arena = {0};
    submission.file = leat_arena_text(&arena, file);
    compile_and_submit(api, &submission, response);
    leat_arena_fini(&arena);
    return LEAT_OK;
}

static void submit(leat_api *api, const leat_http_request *request, leat_http_response *response)
{
    if (strncmp(request->content_type, "application/json", 16) != 0) {
        const char *ignore = leat_http_argument(request, "ignore_state");
        leat_variables none = {0};
        leat_submission submission = {.text = request->body,
                                      .file = "topology",
                                      .variables = &none,
                                      .checks = api->checks,
                                      .ignore_state =
                                          ignore != NULL && strcmp(ignore, "true") == 0};
        compile_and_submit(api, &submission, response);
        return;
    }
    leat_json *body = NULL;
    leat_error err = {0};
    leat_code code = leat_json_parse(request->body, &body, &err);
    if (code == LEAT_OK)
        code = submit_json(api, body, response, &err);
    if (code != LEAT_OK)
        fail(response, status_of(code), err.text);
    leat_json_free(&body);
}

/* -- routes ----------------------------------------------------------------------------------- */

static void
command_job(leat_api *api, leat_command *command, leat_bytes name, leat_http_response *response)
{
    job_search search = {0};
    if (name_of(name, search.name))
        leat_coordinator_look(api->coordinator, search_job, &search);
    if (!search.is_found) {
        no_such_job(response, name);
        return;
    }
    memcpy(command->name, search.job.name, sizeof command->name); /* it may have been a number */
    answer_command(api, command, response);
}

static void scale_job(leat_api *api, const leat_http_request *r, leat_http_response *response)
{
    leat_command command = {.kind = LEAT_COMMAND_SCALE};
    const char *given = leat_http_argument(r, "parallelism");
    uint64_t slots = 0;
    bool is_number = given != NULL && leat_str_to_u64(leat_bytes_text(given), &slots) &&
                     slots > 0 && slots <= UINT32_MAX;
    if (given == NULL || (!is_number && strcmp(given, "auto") != 0)) {
        fail(response, 400, "POST /jobs/NAME/scale takes ?parallelism=N, at least 1, or auto");
        return;
    }
    command.parallelism = is_number ? (uint32_t)slots : 0;
    command_job(api, &command, r->segments[1], response);
}

typedef struct worker_search {
    leat_bytes name; /* or number */
    uint32_t worker; /* 0 = not found */
} worker_search;

/* Of several that had the name, the live one, else the newest. */
static void search_worker(void *self, const leat_coord_core *core)
{
    worker_search *search = self;
    uint64_t number = 0;
    bool is_number = leat_str_to_u64(search->name, &number);
    bool is_alive = false;
    for (size_t i = 0; i < leat_coord_member_count(core); i++) {
        leat_member_view member;
        leat_coord_member_view(core, i, &member);
        bool is_it = is_number ? member.worker == number
                               : leat_bytes_equal(search->name, leat_bytes_text(member.name));
        if (!is_it || (is_alive && !member.is_alive))
            continue;
        search->worker = member.worker;
        is_alive = member.is_alive;
    }
}

static void drain_worker(leat_api *api, leat_bytes name, leat_http_response *response)
{
    worker_search search = {.name = name};
    leat_coordinator_look(api->coordinator, search_worker, &search);
    if (search.worker == 0) {
        char text[LEAT_NAME_MAX + 32];
        snprintf(text, sizeof text, "there is no worker '%.*s'",
                 (int)LEAT_MIN(name.size, (size_t)60), name.data);
        fail(response, 404, text);
        return;
    }
    leat_command command = {.kind = LEAT_COMMAND_DRAIN_WORKER, .worker = search.worker};
    answer_command(api, &command, response);
}

static bool is(leat_bytes segment, const char *text)
{
    return leat_bytes_equal(segment, leat_bytes_text(text));
}

/* False: no such path. */
static bool route_get(leat_api *api, const leat_http_request *r, leat_http_response *response)
{
    if (r->segment_count == 1 && is(r->segments[0], "jobs"))
        show(api, leat_view_jobs, response);
    else if (r->segment_count == 1 && is(r->segments[0], "workers"))
        show(api, leat_view_workers, response);
    else if (r->segment_count == 1 && is(r->segments[0], "overview"))
        show(api, leat_view_overview, response);
    else if (r->segment_count == 1 && is(r->segments[0], "healthz"))
        leat_buf_add_text(&response->body, "{\"status\": \"ok\"}");
    else if (r->segment_count == 1 && is(r->segments[0], "metrics")) {
        response->content_type = "text/plain; version=0.0.4";
        show(api, print_metrics, response);
    } else if (r->segment_count == 2 && is(r->segments[0], "jobs"))
        show_job(api, r->segments[1], false, response);
    else if (r->segment_count == 3 && is(r->segments[0], "jobs") && is(r->segments[2], "plan"))
        show_job(api, r->segments[1], true, response);
    else if (r->segment_count == 3 && is(r->segments[0], "jobs") && is(r->segments[2], "logs"))
        show_logs(api, r, r->segments[1], response);
    else if (r->segment_count == 1 && is(r->segments[0], "logs"))
        show_logs(api, r, (leat_bytes){0}, response);
    else
        return false;
    return true;
}

static bool route_post(leat_api *api, const leat_http_request *r, leat_http_response *response)
{
    if (r->segment_count == 1 && is(r->segments[0], "jobs")) {
        submit(api, r, response);
        return true;
    }
    if (r->segment_count == 3 && is(r->segments[0], "jobs") && is(r->segments[2], "stop")) {
        const char *drain = leat_http_argument(r, "drain");
        bool drains = drain != NULL && strcmp(drain, "true") == 0;
        leat_command command = {.kind = drains ? LEAT_COMMAND_DRAIN : LEAT_COMMAND_STOP};
        command_job(api, &command, r->segments[1], response);
        return true;
    }
    if (r->segment_count == 3 && is(r->segments[0], "jobs") && is(r->segments[2], "scale")) {
        scale_job(api, r, response);
        return true;
    }
    if (r->segment_count == 3 && is(r->segments[0], "workers") && is(r->segments[2], "drain")) {
        drain_worker(api, r->segments[1], response);
        return true;
    }
    return false;
}

static bool route_patch(leat_api *api, const leat_http_request *r, leat_http_response *response)
{
    if (r->segment_count != 2 || !is(r->segments[0], "jobs"))
        return false;
    const char *mode = leat_http_argument(r, "mode");
    leat_command command = {.kind = LEAT_COMMAND_CANCEL};
    if (mode == NULL || strcmp(mode, "cancel") != 0)
        fail(response, 400, "PATCH /jobs/NAME takes ?mode=cancel");
    else
        command_job(api, &command, r->segments[1], response);
    return true;
}

static void handle(void *self, const leat_http_request *request, leat_http_response *response)
{
    leat_api *api = self;
    bool is_known = false;
    if (strcmp(request->method, "GET") == 0)
        is_known = route_get(api, request, response);
    else if (strcmp(request->method, "POST") == 0)
        is_known = route_post(api, request, response);
    else if (strcmp(request->method, "PATCH") == 0)
        is_known = route_patch(api, request, response);
    if (!is_known)
        fail(response, 404, "no such path; GET /overview is a good start");
    if (response->content_type == NULL)
        leat_buf_add_char(&response->body, '\n');
}

leat_code leat_api_open(leat_coordinator *coordinator,
                        const char *address,
                        const leat_topology_checks *checks,
                        leat_api **out_api,
                        leat_error *err)
{
    leat_api *api = LEAT_NEW(leat_api);
    api->coordinator = coordinator;
    api->checks = checks;
    leat_code code = leat_http_server_open(address, handle, api, &api->server, err);
    if (code != LEAT_OK)
        leat_api_close(&api);
    else
        *out_api = api;
    return code;
}

void leat_api_close(leat_api **api)
{
    if (*api == NULL)
        return;
    leat_http_server_close(&(*api)->server);
    leat_free(*api);
    *api = NULL;
}

const char *leat_api_address(const leat_api *api)
{
    return leat_http_server_address(api->server);
}
