/* SPDX-License-Identifier: Apache-2.0
 *
 * `leat test FILE...`: run case files. Every case runs in a process of its own, so that one that
 * crashes or never ends is one failed case.
 */
#include <stdio.h>

#include "cli/case/runner.h"
#include "cli/load.h"
#include "cli/verbs.h"
#include "common/base/limits.h"
#include "common/sys/child.h"
#include "common/sys/file.h"
#include "common/text/str.h"
#include "worker/connectors/builtin.h"

enum { FILE_BYTES_MAX = 1024 * LEAT_MIB, CASE_TIMEOUT_US = 60 * 1000 * 1000 };

typedef struct test_run {
    leat_case_options options;
    int64_t timeout_us;
    const char *only; /* cases whose name has this in it; NULL = all */
    bool wants_json;
    bool wants_script; /* print the cases as SQL instead of running them */
    uint64_t counts[LEAT_CASE_STATUS_COUNT];
} test_run;

/* ------------------------------------------------------------------ files of cases */

/* Paths in a case stand beside the file that it is in. */
static leat_code read_beside(void *self, leat_bytes path, leat_buf *out, leat_error *err)
{
    const char *file = self;
    const char *slash = strrchr(file, '/');
    leat_buf full = {0};
    if (slash != NULL && path.size > 0 && path.data[0] != '/')
        leat_buf_add(&full, file, (size_t)(slash - file) + 1);
    leat_buf_add(&full, path.data, path.size);
    leat_code code = leat_file_read(leat_buf_text(&full), FILE_BYTES_MAX, out, err);
    leat_buf_fini(&full);
    return code;
}

/* ------------------------------------------------------------------ one case */

/* What the child does, and how its answer begins: with the status. */
typedef struct work {
    const test_run *run;
    const leat_case *one;
} work;

static void print_outcome(const test_run *run,
                          const leat_case *one,
                          const leat_case_outcome *outcome,
                          leat_buf *out)
{
    if (run->wants_json)
        leat_case_outcome_print_json(one, outcome, out);
    else
        leat_case_outcome_print(one, outcome, out);
}

static void run_in_child(void *self, leat_buf *out)
{
    const work *w = self;
    leat_case_outcome outcome;
    leat_case_run(w->one, &w->run->options, &outcome);
    leat_buf_add_u8(out, (uint8_t)outcome.status);
    print_outcome(w->run, w->one, &outcome, out);
    leat_case_outcome_fini(&outcome);
}

static void report_error(test_run *run, const leat_case *one, const leat_error *err)
{
    char text[LEAT_ERROR_TEXT_MAX + LEAT_ERROR_FRAMES_MAX * LEAT_ERROR_FRAME_MAX];
    leat_buf said = {0};
    leat_case_outcome outcome = {.status = LEAT_CASE_ERROR};
    leat_error_print(err, text, sizeof text);
    leat_buf_print(&outcome.reason, "%s\n", text);
    print_outcome(run, one, &outcome, &said);
    fwrite(leat_buf_text(&said), 1, said.size, stdout);
    run->counts[LEAT_CASE_ERROR]++;
    leat_buf_fini(&said);
    leat_case_outcome_fini(&outcome);
}

static bool is_wanted(const test_run *run, const leat_case *one)
{
    if (run->only == NULL)
        return true;
    size_t size = strlen(run->only);
    for (size_t i = 0; i + size <= one->name.size; i++)
        if (memcmp(one->name.data + i, run->only, size) == 0)
            return true;
    return false;
}

static void print_script(const leat_case *one)
{
    leat_buf script = {0};
    leat_case_script(one, &script);
    printf("-- %.*s\n%s\n", LEAT_FMT(one->name), leat_buf_text(&script));
    leat_buf_fini(&script);
}

static void run_case(test_run *run, const leat_case *one)
{
    if (!is_wanted(run, one))
        return;
    if (run->wants_script) {
        print_script(one);
        return;
    }
    leat_buf said = {0};
    leat_error err = {0};
    work w = {run, one};
    leat_code code = leat_child_run(run_in_child, &w, run->timeout_us / 1000, &said, &err);
    if (code != LEAT_OK || said.size == 0) {
        report_error(run, one, &err);
    } else {
        run->counts[(uint8_t)said.data[0]]++;
        fwrite(said.data + 1, 1, said.size - 1, stdout);
    }
    leat_buf_fini(&said);
}

/* ------------------------------------------------------------------ one file */

static void run_lines(test_run *run, const char *path, leat_bytes text)
{
    leat_case_files files = {(void *)(uintptr_t)path, read_beside};
    leat_bytes line;
    for (uint32_t number = 1; leat_str_split(&text, '\n', &line); number++) {
        if (leat_str_trim(line).size == 0)
            continue;
        leat_arena arena = {0};
        leat_case one;
        leat_error err = {0};
        leat_code code = leat_case_read_json(line, &files, &arena, &one, &err);
        one.file = path;
        one.line = number;
        if (one.name.size == 0)
            one.name = LEAT_BYTES("?");
        if (code != LEAT_OK)
            report_error(run, &one, &err);
        else
            run_case(run, &one);
        leat_arena_fini(&arena);
    }
}

/* False when the file is wrong: then none of its cases runs. */
static bool run_yaml(test_run *run, const char *path, leat_bytes text)
{
    leat_case_files files = {(void *)(uintptr_t)path, read_beside};
    leat_arena arena = {0};
    leat_cases cases;
    leat_diagnostics diagnostics;
    leat_buf said = {0};
    leat_diagnostics_init(&diagnostics, &arena, path, text);
    bool is_fine =
        leat_case_read_yaml(text, run->options.variables, &files, &arena, &cases, &diagnostics);
    leat_diagnostics_print(&diagnostics, &said);
    fwrite(leat_buf_text(&said), 1, said.size, stderr);
    for (uint32_t i = 0; is_fine && i < cases.count; i++)
        run_case(run, &cases.items[i]);
    leat_buf_fini(&said);
    leat_diagnostics_fini(&diagnostics);
    leat_arena_fini(&arena);
    return is_fine;
}

static bool is_yaml(const char *path)
{
    leat_bytes name = leat_bytes_text(path);
    return leat_str_ends(name, LEAT_BYTES(".yaml")) || leat_str_ends(name, LEAT_BYTES(".yml"));
}

/* False when the file as a whole is wrong; that was said. */
static bool run_file(test_run *run, const char *path)
{
    leat_buf text = {0};
    leat_error err = {0};
    bool is_fine = leat_file_read(path, FILE_BYTES_MAX, &text, &err) == LEAT_OK;
    if (!is_fine)
        fprintf(stderr, "leat test: %s\n", err.text);
    else if (is_yaml(path))
        is_fine = run_yaml(run, path, leat_buf_bytes(&text));
    else
        run_lines(run, path, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return is_fine;
}

/* ------------------------------------------------------------------ the verb */

static void print_sum(const test_run *run)
{
    FILE *to = run->wants_json ? stderr : stdout;
    fprintf(to, "%llu passed, %llu failed, %llu errors, %llu skipped",
            (unsigned long long)run->counts[LEAT_CASE_PASS],
            (unsigned long long)run->counts[LEAT_CASE_FAIL],
            (unsigned long long)run->counts[LEAT_CASE_ERROR],
            (unsigned long long)run->counts[LEAT_CASE_SKIP]);
    if (run->counts[LEAT_CASE_DONE] > 0)
        fprintf(to, ", %llu not judged", (unsigned long long)run->counts[LEAT_CASE_DONE]);
    fputc('\n', to);
}

static int run_files(test_run *run, int count, const char **paths)
{
    bool is_fine = true;
    for (int i = 0; i < count; i++)
        is_fine &= run_file(run, paths[i]);
    if (!run->wants_script)
        print_sum(run);
    is_fine &= run->counts[LEAT_CASE_FAIL] == 0 && run->counts[LEAT_CASE_ERROR] == 0;
    return is_fine ? LEAT_EXIT_OK : LEAT_EXIT_FAILED;
}

int leat_cmd_test(leat_args *args)
{
    leat_arena arena = {0};
    uint64_t parallelism = 1;
    test_run run = {.timeout_us = CASE_TIMEOUT_US,
                    .only = leat_args_value(args, "--only"),
                    .wants_json = leat_args_wants_json(args)};
    run.wants_script = leat_args_flag(args, "--script");
    leat_args_number(args, "--parallelism", 1, 32, &parallelism);
    leat_args_number(args, "--seed", 0, UINT64_MAX, &run.options.seed);
    leat_args_duration(args, "--timeout", &run.timeout_us);
    run.options.parallelism = (uint32_t)parallelism;
    run.options.has_faults = leat_args_flag(args, "--faults");
    leat_variables variables = leat_args_variables(args, &arena);
    int code = LEAT_EXIT_USAGE;
    if (leat_args_end(args, 1, INT32_MAX)) {
        leat_connectors connectors = {0};
        leat_connectors_add_builtin(&connectors);
        leat_connector_checks self = {.connectors = &connectors};
        leat_topology_checks checks = leat_connector_checks_of(&self);
        run.options.variables = &variables;
        run.options.checks = &checks;
        code = run_files(&run, args->count, args->words);
    }
    leat_arena_fini(&arena);
    return code;
}
