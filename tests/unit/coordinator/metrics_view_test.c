/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/metrics_view.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void step(leat_coord_core *core, leat_coord_event event)
{
    leat_coord_actions actions = {0};
    leat_coord_step(core, &event, &actions);
    leat_coord_actions_fini(&actions);
}

/* A coordinator with one worker and one job. */
static leat_coord_core *coordinator(const char *worker_name)
{
    leat_coord_options options = {0};
    leat_coord_core *core = leat_coord_core_new(&options);
    leat_coord_event hello = {.kind = LEAT_COORD_MESSAGE, .peer = 1};
    hello.message.kind = LEAT_CONTROL_HELLO;
    hello.message.session = 1;
    (void)snprintf(hello.message.hello.name, sizeof hello.message.hello.name, "%s", worker_name);
    step(core, hello);
    leat_coord_event submit = {.kind = LEAT_COORD_COMMAND};
    submit.command = (leat_command){.kind = LEAT_COMMAND_SUBMIT,
                                    .name = "wiki",
                                    .plan = leat_blob_copy(LEAT_BYTES("plan")),
                                    .key_group_count = 8,
                                    .replicas = 1,
                                    .min_replicas = 1,
                                    .epoch_interval_ms = 100};
    step(core, submit);
    return core;
}

Test(metrics_view, every_line_belongs_to_the_metric_that_was_explained_above_it)
{
    leat_coord_core *core = coordinator("a");
    leat_buf out = {0};
    char name[128] = "";
    char type[64] = "";

    leat_view_metrics(core, 0, &out);

    char *text = strdup(leat_buf_text(&out));
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0';
         line = strsep(&rest, "\n")) {
        if (sscanf(line, "# HELP %127s", name) == 1 || sscanf(line, "# TYPE %*s %63s", type) == 1)
            continue;
        cr_assert_eq(strncmp(line, name, strlen(name)), 0, "%s below %s", line, name);
        const char *end = strstr(name, "_total");
        cr_assert_eq(end != NULL, strcmp(type, "counter") == 0, "%s is a %s", name, type);
    }
    free(text);
    leat_buf_fini(&out);
    leat_coord_core_free(&core);
}

Test(metrics_view, names_of_people_cannot_break_a_line)
{
    leat_coord_core *core = coordinator("a\"b\\c\nd");
    leat_buf out = {0};

    leat_view_metrics(core, 0, &out);

    cr_assert_not_null(strstr(leat_buf_text(&out), "name=\"a\\\"b\\\\c\\nd\"} 0\n"));
    leat_buf_fini(&out);
    leat_coord_core_free(&core);
}
