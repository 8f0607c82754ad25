/* SPDX-License-Identifier: Apache-2.0
 *
 * The verbs that end a job: stop (with or without --drain) and cancel.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/verbs.h"

/* Send the wish; the coordinator answers when it has taken it, not when the job has ended. */
static int wish(const char *coordinator,
                const char *method,
                const char *job,
                const char *rest,
                const char *done)
{
    leat_buf path = {0};
    leat_client_answer answer;
    leat_buf_add_text(&path, "/jobs/");
    leat_client_escape(&path, job);
    leat_buf_add_text(&path, rest);
    bool is_fine =
        leat_client_request(coordinator, method, leat_buf_text(&path), (leat_bytes){0}, &answer);
    if (is_fine)
        printf("%s %s\n", done, job);
    leat_client_answer_fini(&answer);
    leat_buf_fini(&path);
    return is_fine ? LEAT_EXIT_OK : LEAT_EXIT_FAILED;
}

int leat_cmd_stop(leat_args *args)
{
    const char *coordinator = leat_client_coordinator(args);
    bool drains = leat_args_flag(args, "--drain");
    if (!leat_args_end(args, 1, 1))
        return LEAT_EXIT_USAGE;
    if (drains)
        return wish(coordinator, "POST", args->words[0], "/stop?drain=true", "draining");
    return wish(coordinator, "POST", args->words[0], "/stop", "stopping");
}

int leat_cmd_cancel(leat_args *args)
{
    const char *coordinator = leat_client_coordinator(args);
    if (!leat_args_end(args, 1, 1))
        return LEAT_EXIT_USAGE;
    return wish(coordinator, "PATCH", args->words[0], "?mode=cancel", "canceling");
}
