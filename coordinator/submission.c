/* SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/submission.h"

#include "common/base/arena.h"
#include "common/plan/physical.h"
#include "common/plan/rewrite.h"
#include "common/sql/sql.h"
#include "common/text/str.h"

static void fill_command(const leat_submission *submission,
                         const leat_physical_plan *physical,
                         leat_command *command)
{
    const leat_logical_plan *plan = physical->logical;
    leat_buf wire = {0};
    leat_plan_encode(physical, &wire);
    *command = (leat_command){
        .kind = LEAT_COMMAND_SUBMIT,
        .plan = leat_blob_copy(leat_buf_bytes(&wire)),
        .key_group_count = plan->key_group_count,
        .parallelism = submission->parallelism != 0 ? submission->parallelism : plan->parallelism,
        .replicas = plan->replicas,
        .min_replicas = plan->min_replicas,
        .epoch_interval_ms = plan->epoch_interval_us / 1000,
        .ignore_state = submission->ignore_state,
    };
    memcpy(command->name, plan->name.data, LEAT_MIN(plan->name.size, sizeof command->name - 1));
    leat_buf_fini(&wire);
}

static const leat_logical_plan *
load(const leat_submission *submission, leat_arena *arena, leat_diagnostics *diagnostics)
{
    leat_bytes file = leat_bytes_text(submission->file);
    if (!leat_str_ends(file, LEAT_BYTES(".sql")))
        return leat_topology_load(submission->text, submission->variables, submission->checks,
                                  arena, diagnostics);
    const char *slash = strrchr(submission->file, '/');
    const char *name = slash == NULL ? submission->file : slash + 1;
    leat_sql_config config = {.name = leat_bytes_of(name, strlen(name) - strlen(".sql")),
                              .checks = submission->checks,
                              .settled = submission->settled};
    return leat_sql_load(submission->text, &config, arena, diagnostics);
}

leat_code leat_submission_compile(const leat_submission *submission,
                                  leat_command *out_command,
                                  leat_buf *out_messages)
{
    leat_arena arena = {0};
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, &arena, submission->file, submission->text);
    const leat_logical_plan *plan = load(submission, &arena, &diagnostics);
    if (plan != NULL && plan->name.size >= LEAT_NAME_MAX) {
        leat_diagnostic_error(&diagnostics, (leat_place){0},
                              "the topology's name is longer than %d bytes", LEAT_NAME_MAX - 1);
        plan = NULL;
    }
    leat_diagnostics_print(&diagnostics, out_messages);
    if (plan != NULL) {
        const leat_physical_plan *physical = leat_physical_of(leat_rewrite(plan, &arena), &arena);
        fill_command(submission, physical, out_command);
    }
    leat_diagnostics_fini(&diagnostics);
    leat_arena_fini(&arena);
    return plan != NULL ? LEAT_OK : LEAT_INVALID;
}
