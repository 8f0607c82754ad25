/* SPDX-License-Identifier: Apache-2.0
 *
 * verbs - one function per verb of `leat`, each in cli/cmd_VERB.c. A new verb is a file, a line
 * here and a line in the table of main.c.
 *
 * A verb returns the exit code: 0 done, 1 it did not work out, 2 it was asked wrongly.
 */
#ifndef LEAT_CLI_VERBS_H
#define LEAT_CLI_VERBS_H

#include "cli/args.h"

int leat_cmd_validate(leat_args *args);
int leat_cmd_plan(leat_args *args);
int leat_cmd_functions(leat_args *args);
int leat_cmd_sql(leat_args *args);
int leat_cmd_run(leat_args *args);
int leat_cmd_test(leat_args *args);
int leat_cmd_submit(leat_args *args);
int leat_cmd_jobs(leat_args *args);
int leat_cmd_describe(leat_args *args);
int leat_cmd_stop(leat_args *args);
int leat_cmd_cancel(leat_args *args);
int leat_cmd_workers(leat_args *args);
int leat_cmd_drain(leat_args *args);
int leat_cmd_scale(leat_args *args);
int leat_cmd_logs(leat_args *args);
int leat_cmd_coordinator(leat_args *args);
int leat_cmd_worker(leat_args *args);

#endif
