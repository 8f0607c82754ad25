/* SPDX-License-Identifier: Apache-2.0
 *
 * The verbs that look: jobs, workers, describe.
 */
#include <stdarg.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/table.h"
#include "cli/verbs.h"

typedef void answer_print(const leat_json *json);

/* GET a path; the answer as it came (--output json) or as `print` shows it. */
static int look(const char *coordinator, const char *path, bool wants_json, answer_print *print)
{
    leat_client_answer answer;
    bool is_fine = leat_client_request(coordinator, "GET", path, (leat_bytes){0}, &answer);
    if (is_fine && wants_json)
        fputs(leat_buf_text(&answer.body), stdout);
    else if (is_fine)
        print(answer.json);
    leat_client_answer_fini(&answer);
    return is_fine ? LEAT_EXIT_OK : LEAT_EXIT_FAILED;
}

static void add_text(leat_table *table, const leat_json *json, const char *key)
{
    leat_table_add(table, "%.*s", LEAT_FMT(leat_client_text(json, key)));
}

static void add_number(leat_table *table, const leat_json *json, const char *key)
{
    leat_table_add(table, "%lld", (long long)leat_client_number(json, key));
}

/* 1536 as "1.5 KiB": for people; --output json has the number. */
static void add_bytes(leat_table *table, const leat_json *json, const char *key)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double bytes = (double)leat_client_number(json, key);
    size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < LEAT_COUNT_OF(units); unit++)
        bytes /= 1024;
    leat_table_add(table, "%.*f %s", unit > 0, bytes, units[unit]);
}

static void print_table(leat_table *table)
{
    leat_buf out = {0};
    leat_table_print(table, &out);
    fputs(leat_buf_text(&out), stdout);
    leat_buf_fini(&out);
}

/* What a person should know first: what it waits for, else why it is as it is. */
static void add_reason(leat_table *table, const leat_json *job)
{
    bool is_waiting = leat_client_text(job, "waiting").size > 0;
    add_text(table, job, is_waiting ? "waiting" : "reason");
}

static void print_jobs(const leat_json *json)
{
    const leat_json *jobs = leat_json_member(json, "jobs");
    leat_table table = {0};
    leat_table_head(&table, ">ID NAME STATE >SLOTS >EPOCH WATERMARK >ROWS_IN >ROWS_OUT >RESTARTS "
                            "REASON");
    for (size_t i = 0; i < leat_json_count(jobs); i++) {
        const leat_json *job = leat_json_element(jobs, i);
        add_number(&table, job, "id");
        add_text(&table, job, "name");
        add_text(&table, job, "state");
        add_number(&table, job, "parallelism");
        add_number(&table, job, "epoch");
        add_text(&table, job, "watermark");
        add_number(&table, job, "rows_in");
        add_number(&table, job, "rows_out");
        add_number(&table, job, "restarts");
        add_reason(&table, job);
        leat_table_end_row(&table);
    }
    print_table(&table);
}

static void print_workers(const leat_json *json)
{
    const leat_json *workers = leat_json_member(json, "workers");
    leat_table table = {0};
    leat_table_head(&table, ">ID NAME STATE >EXECUTORS >SLOTS >STANDBYS ENDPOINT");
    for (size_t i = 0; i < leat_json_count(workers); i++) {
        const leat_json *worker = leat_json_element(workers, i);
        add_number(&table, worker, "id");
        add_text(&table, worker, "name");
        add_text(&table, worker, "state");
        add_number(&table, worker, "executors");
        add_number(&table, worker, "slots");
        add_number(&table, worker, "standbys");
        add_text(&table, worker, "endpoint");
        leat_table_end_row(&table);
    }
    print_table(&table);
}

static long long number(const leat_json *json, const char *key)
{
    return (long long)leat_client_number(json, key);
}

static void add_fact(leat_table *facts, const char *name, const leat_json *job, const char *key)
{
    leat_table_add(facts, "%s", name);
    add_text(facts, job, key);
    leat_table_end_row(facts);
}

LEAT_PRINTF(3, 4)
static void say_fact(leat_table *facts, const char *name, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    leat_table_add(facts, "%s", name);
    leat_table_add(facts, "%s", text);
    leat_table_end_row(facts);
}

static void print_facts(const leat_json *job)
{
    leat_table facts = {0};
    add_fact(&facts, "name", job, "name");
    add_fact(&facts, "state", job, "state");
    add_fact(&facts, "reason", job, "reason");
    add_fact(&facts, "waiting", job, "waiting");
    add_fact(&facts, "watermark", job, "watermark");
    say_fact(&facts, "epochs", "%lld complete, visible up to %lld, open: %lld, given up: %lld",
             number(job, "epoch"), number(job, "published_epoch"), number(job, "open_epoch"),
             number(job, "aborted_epochs"));
    say_fact(&facts, "rows", "%lld in, %lld out, %lld late, %lld bad", number(job, "rows_in"),
             number(job, "rows_out"), number(job, "late_rows"), number(job, "bad_rows"));
    say_fact(&facts, "copies", "%lld of %lld in sync", number(job, "replicas_in_sync"),
             number(job, "replicas"));
    say_fact(&facts, "cut", "%lld slots, %lld key groups", number(job, "parallelism"),
             number(job, "key_groups"));
    if (number(job, "restarts") == 0)
        say_fact(&facts, "generation", "%lld", number(job, "generation"));
    else
        say_fact(&facts, "generation", "%lld (%lld restarts, the last took %lld ms)",
                 number(job, "generation"), number(job, "restarts"),
                 number(job, "last_recovery_ms"));
    leat_table_add(&facts, "state size");
    add_bytes(&facts, job, "state_bytes");
    leat_table_end_row(&facts);
    print_table(&facts);
}

static bool is_set(const leat_json *json, const char *key)
{
    bool is = false;
    return leat_json_as_bool(leat_json_member(json, key), &is) && is;
}

static const char *slot_state(const leat_json *slot)
{
    if (is_set(slot, "ended"))
        return "ended";
    return is_set(slot, "ready") ? "ready" : "loading";
}

/* Workers that have the slot's state, its owner first: "3,1". */
static void add_in_sync(leat_table *table, const leat_json *slot)
{
    const leat_json *workers = leat_json_member(slot, "in_sync");
    leat_buf text = {0};
    for (size_t i = 0; i < leat_json_count(workers); i++) {
        int64_t worker = 0;
        (void)leat_json_as_i64(leat_json_element(workers, i), &worker);
        leat_buf_print(&text, "%s%lld", i == 0 ? "" : ",", (long long)worker);
    }
    leat_table_add(table, "%s", leat_buf_text(&text));
    leat_buf_fini(&text);
}

static void print_job(const leat_json *job)
{
    print_facts(job);
    const leat_json *slots = leat_json_member(job, "slots");
    leat_table table = {0};
    leat_table_head(&table, ">SLOT STATE >WORKER >EXECUTOR IN_SYNC >ROWS_IN >ROWS_OUT >STATE_SIZE "
                            "WATERMARK");
    for (size_t i = 0; i < leat_json_count(slots); i++) {
        const leat_json *slot = leat_json_element(slots, i);
        add_number(&table, slot, "slot");
        leat_table_add(&table, "%s", slot_state(slot));
        add_number(&table, slot, "worker");
        add_number(&table, slot, "executor");
        add_in_sync(&table, slot);
        add_number(&table, slot, "rows_in");
        add_number(&table, slot, "rows_out");
        add_bytes(&table, slot, "state_bytes");
        add_text(&table, slot, "watermark");
        leat_table_end_row(&table);
    }
    putchar('\n');
    print_table(&table);
}

int leat_cmd_jobs(leat_args *args)
{
    const char *coordinator = leat_client_coordinator(args);
    bool wants_json = leat_args_wants_json(args);
    if (!leat_args_end(args, 0, 0))
        return LEAT_EXIT_USAGE;
    return look(coordinator, "/jobs", wants_json, print_jobs);
}

int leat_cmd_workers(leat_args *args)
{
    const char *coordinator = leat_client_coordinator(args);
    bool wants_json = leat_args_wants_json(args);
    if (!leat_args_end(args, 0, 0))
        return LEAT_EXIT_USAGE;
    return look(coordinator, "/workers", wants_json, print_workers);
}

int leat_cmd_describe(leat_args *args)
{
    const char *coordinator = leat_client_coordinator(args);
    bool wants_json = leat_args_wants_json(args);
    if (!leat_args_end(args, 1, 1))
        return LEAT_EXIT_USAGE;
    leat_buf path = {0};
    leat_buf_add_text(&path, "/jobs/");
    leat_client_escape(&path, args->words[0]);
    int code = look(coordinator, leat_buf_text(&path), wants_json, print_job);
    leat_buf_fini(&path);
    return code;
}
