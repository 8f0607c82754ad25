/* SPDX-License-Identifier: Apache-2.0
 *
 * The verbs that change who runs what while it runs: drain and scale. Both ask, then show how far
 * it is until it is done; the cluster goes on without them when they are interrupted.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "common/sys/clock.h"

enum { LOOK_EVERY_MS = 250, TIMEOUT_S = 600 };

typedef struct resize {
    const char *coordinator;
    const char *what;  /* the worker, or the job */
    const char *slots; /* scale: "8", "auto" */
    bool waits;
    int64_t timeout_us;
    char shown[160]; /* the line printed last */
} resize;

typedef enum progress { GOES_ON, DONE, BROKEN } progress;

static bool ask(const resize *r, const char *method, const char *path, leat_client_answer *answer)
{
    return leat_client_request(r->coordinator, method, path, (leat_bytes){0}, answer);
}

static bool wish(const resize *r, const char *folder, const char *rest)
{
    leat_buf path = {0};
    leat_client_answer answer;
    leat_buf_add_text(&path, folder);
    leat_client_escape(&path, r->what);
    leat_buf_add_text(&path, rest);
    bool is_fine = ask(r, "POST", leat_buf_text(&path), &answer);
    leat_client_answer_fini(&answer);
    leat_buf_fini(&path);
    return is_fine;
}

/* A line of progress, when it is another one than the last. */
LEAT_PRINTF(2, 3)
static void show(resize *r, const char *format, ...)
{
    char line[sizeof r->shown];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (strcmp(line, r->shown) == 0)
        return;
    memcpy(r->shown, line, sizeof line);
    puts(line);
    fflush(stdout);
}

static int wait_until_done(resize *r, progress (*look)(resize *r))
{
    int64_t end_us = leat_clock_us() + r->timeout_us;
    for (;;) {
        progress so_far = look(r);
        if (so_far != GOES_ON)
            return so_far == DONE ? LEAT_EXIT_OK : LEAT_EXIT_FAILED;
        if (leat_clock_us() >= end_us) {
            fputs("leat: not done yet; it goes on, `leat workers` and `leat jobs` show how far it "
                  "is\n",
                  stderr);
            return LEAT_EXIT_FAILED;
        }
        leat_clock_sleep_ms(LOOK_EVERY_MS);
    }
}

static void take_options(leat_args *args, resize *r)
{
    *r = (resize){.coordinator = leat_client_coordinator(args),
                  .waits = !leat_args_flag(args, "--no-wait"),
                  .timeout_us = INT64_C(1000000) * TIMEOUT_S};
    leat_args_duration(args, "--timeout", &r->timeout_us);
}

/* -- drain ---------------------------------------------------------------------------------- */

/* By number or name; of several that had the name, the last that is listed. */
static const leat_json *worker_of(const leat_json *json, const char *what)
{
    const leat_json *workers = leat_json_member(json, "workers");
    const leat_json *found = NULL;
    for (size_t i = 0; i < leat_json_count(workers); i++) {
        const leat_json *worker = leat_json_element(workers, i);
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)leat_client_number(worker, "id"));
        if (strcmp(number, what) == 0 ||
            leat_bytes_equal(leat_client_text(worker, "name"), leat_bytes_text(what)))
            found = worker;
    }
    return found;
}

static progress look_at_worker(resize *r)
{
    leat_client_answer answer;
    progress so_far = BROKEN;
    if (ask(r, "GET", "/workers", &answer)) {
        const leat_json *worker = worker_of(answer.json, r->what);
        leat_bytes state = leat_client_text(worker, "state");
        long long slots = (long long)leat_client_number(worker, "slots");
        long long standbys = (long long)leat_client_number(worker, "standbys");
        if (leat_bytes_equal(state, LEAT_BYTES("draining"))) {
            so_far = GOES_ON;
            show(r, "worker %s: draining, has %lld slots and %lld standbys", r->what, slots,
                 standbys);
        } else if (worker == NULL || leat_bytes_equal(state, LEAT_BYTES("left"))) {
            so_far = DONE;
            show(r, "worker %s: left", r->what);
        } else {
            fprintf(stderr, "leat: worker %s did not leave: it is %.*s\n", r->what,
                    LEAT_FMT(state));
        }
    }
    leat_client_answer_fini(&answer);
    return so_far;
}

int leat_cmd_drain(leat_args *args)
{
    resize r;
    take_options(args, &r);
    if (!leat_args_end(args, 1, 1))
        return LEAT_EXIT_USAGE;
    r.what = args->words[0];
    if (!wish(&r, "/workers/", "/drain"))
        return LEAT_EXIT_FAILED;
    if (r.waits)
        return wait_until_done(&r, look_at_worker);
    printf("draining worker %s\n", r.what);
    return LEAT_EXIT_OK;
}

/* -- scale ---------------------------------------------------------------------------------- */

static uint64_t executor_count(const resize *r)
{
    leat_client_answer answer;
    uint64_t count = 0;
    if (ask(r, "GET", "/workers", &answer)) {
        const leat_json *workers = leat_json_member(answer.json, "workers");
        for (size_t i = 0; i < leat_json_count(workers); i++) {
            const leat_json *worker = leat_json_element(workers, i);
            if (leat_bytes_equal(leat_client_text(worker, "state"), LEAT_BYTES("alive")))
                count += (uint64_t)leat_client_number(worker, "executors");
        }
    }
    leat_client_answer_fini(&answer);
    return count;
}

static progress look_at_job(resize *r)
{
    leat_buf path = {0};
    leat_client_answer answer;
    progress so_far = BROKEN;
    leat_buf_add_text(&path, "/jobs/");
    leat_client_escape(&path, r->what);
    if (ask(r, "GET", leat_buf_text(&path), &answer)) {
        leat_bytes state = leat_client_text(answer.json, "state");
        uint64_t slots = (uint64_t)leat_client_number(answer.json, "parallelism");
        uint64_t asked = (uint64_t)leat_client_number(answer.json, "parallelism_asked");
        uint64_t groups = (uint64_t)leat_client_number(answer.json, "key_groups");
        if (asked == 0)
            asked = LEAT_MIN(executor_count(r), groups);
        bool is_running = leat_bytes_equal(state, LEAT_BYTES("RUNNING"));
        show(r, "job %s: %.*s in %llu slot%s%s", r->what, LEAT_FMT(state),
             (unsigned long long)slots, slots == 1 ? "" : "s",
             slots == asked ? "" : ", copies for the new cut are being made");
        bool is_over = !is_running && !leat_bytes_equal(state, LEAT_BYTES("RECOVERING")) &&
                       !leat_bytes_equal(state, LEAT_BYTES("DEPLOYING")) &&
                       !leat_bytes_equal(state, LEAT_BYTES("CREATED"));
        so_far = is_running && slots == asked ? DONE : GOES_ON;
        if (is_over)
            so_far = BROKEN;
    }
    leat_client_answer_fini(&answer);
    leat_buf_fini(&path);
    return so_far;
}

int leat_cmd_scale(leat_args *args)
{
    resize r;
    take_options(args, &r);
    if (!leat_args_end(args, 2, 2))
        return LEAT_EXIT_USAGE;
    r.what = args->words[0];
    r.slots = args->words[1];
    leat_buf rest = {0};
    leat_buf_add_text(&rest, "/scale?parallelism=");
    leat_client_escape(&rest, r.slots);
    bool is_fine = wish(&r, "/jobs/", leat_buf_text(&rest));
    leat_buf_fini(&rest);
    if (!is_fine)
        return LEAT_EXIT_FAILED;
    if (r.waits)
        return wait_until_done(&r, look_at_job);
    printf("scaling %s to %s\n", r.what, r.slots);
    return LEAT_EXIT_OK;
}
