/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/story_log.h"

#include "common/obs/log.h"
#include "coordinator/core/story.h"
#include "coordinator/core/view.h"

enum { KEYS_MAX = 4 };

/* How one event reads: its numbers, in the order of story.h, by name. */
typedef struct story_line {
    uint16_t event;
    leat_log_level level;
    const char *name;
    const char *keys[KEYS_MAX];
} story_line;

#define SAYS(name) LEAT_COORD_SAYS_##name

static const story_line story_lines[] = {
    {SAYS(WORKER_NEW), LEAT_LOG_INFO, "worker_added", {"worker"}},
    {SAYS(WORKER_JOINED), LEAT_LOG_INFO, "worker_joined", {"worker", "boot"}},
    {SAYS(WORKER_BACK), LEAT_LOG_INFO, "worker_reconnected", {"worker", "session"}},
    {SAYS(WORKER_REFUSED), LEAT_LOG_WARN, "worker_refused", {"worker"}},
    {SAYS(WORKER_LOST), LEAT_LOG_WARN, "worker_lost", {"worker"}},
    {SAYS(WORKER_LEAVING), LEAT_LOG_INFO, "worker_drain_started", {"worker"}},
    {SAYS(WORKER_DISMISSED), LEAT_LOG_INFO, "worker_drained", {"worker"}},
    {SAYS(WORKER_LEFT), LEAT_LOG_INFO, "worker_left", {"worker"}},
    {SAYS(SESSION_GAP), LEAT_LOG_WARN, "session_lost_messages", {"worker", "first", "last"}},
    {SAYS(JOB_SUBMITTED), LEAT_LOG_INFO, "job_submitted", {"job"}},
    {SAYS(JOB_SCALED), LEAT_LOG_INFO, "job_scaled", {"job", "parallelism"}},
    {SAYS(JOB_WAITING), LEAT_LOG_WARN, "job_waited_for_copy", {"job", "slot"}},
    {SAYS(JOB_ENDED), LEAT_LOG_INFO, "job_ended", {"job", "state"}},
    {SAYS(GENERATION),
     LEAT_LOG_INFO,
     "generation_deployed",
     {"job", "generation", "epoch", "slots"}},
    {SAYS(STARTED), LEAT_LOG_INFO, "generation_started", {"job", "generation"}},
    {SAYS(RESTART), LEAT_LOG_WARN, "generation_lost", {"job", "generation"}},
    {SAYS(EPOCH_OPEN), LEAT_LOG_DEBUG, "epoch_opened", {"job", "epoch", "completed"}},
    {SAYS(EPOCH_DURABLE), LEAT_LOG_DEBUG, "epoch_stored", {"job", "epoch", "slot", "worker"}},
    {SAYS(EPOCH_DONE), LEAT_LOG_DEBUG, "epoch_completed", {"job", "epoch"}},
    {SAYS(EPOCH_ABORT), LEAT_LOG_WARN, "epoch_aborted", {"job", "epoch"}},
    {SAYS(EPOCH_PUBLISHED), LEAT_LOG_DEBUG, "epoch_published", {"job", "epoch"}},
    {SAYS(COPY_WANTED), LEAT_LOG_INFO, "copy_started", {"job", "slot", "worker"}},
    {SAYS(COPY_CAUGHT_UP), LEAT_LOG_INFO, "copy_caught_up", {"job", "slot", "worker", "epoch"}},
    {SAYS(COPY_ADDED), LEAT_LOG_INFO, "copy_in_sync", {"job", "slot", "worker"}},
    {SAYS(COPY_REMOVED), LEAT_LOG_INFO, "copy_dropped", {"job", "slot", "worker"}},
    {SAYS(COPY_LOST), LEAT_LOG_WARN, "copy_lost", {"job", "slot", "worker"}},
    {SAYS(MOVE_PLANNED), LEAT_LOG_DEBUG, "move_planned", {"job", "slots"}},
    {SAYS(MOVE_TAKEN), LEAT_LOG_INFO, "move_taken", {"job"}},
};

static const story_line *line_of(uint16_t event)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(story_lines); i++)
        if (story_lines[i].event == event)
            return &story_lines[i];
    return NULL;
}

static bool has_reason(uint16_t event)
{
    return event == SAYS(RESTART) || event == SAYS(EPOCH_ABORT) || event == SAYS(JOB_ENDED);
}

void leat_story_log(const leat_coord_core *core, const leat_trace_event *event)
{
    const story_line *line = line_of(event->event);
    if (line == NULL)
        return;
    leat_log_field fields[KEYS_MAX + 2];
    size_t count = 0;
    for (; count < event->arg_count && count < KEYS_MAX && line->keys[count] != NULL; count++)
        fields[count] = (leat_log_field)LEAT_KU(line->keys[count], event->args[count]);
    leat_log_level level = line->level;
    leat_job_view job = {0};
    if (has_reason(event->event)) {
        leat_coord_job_view(core, (size_t)event->args[0] - 1, &job);
        if (event->event == SAYS(JOB_ENDED))
            fields[1] = (leat_log_field)LEAT_KS("state", leat_job_state_name(job.state));
        if (event->event == SAYS(JOB_ENDED) &&
            (job.state == LEAT_JOB_FAILED || job.state == LEAT_JOB_HALTED))
            level = LEAT_LOG_ERROR;
        if (job.reason[0] != '\0')
            fields[count++] = (leat_log_field)LEAT_KS("reason", job.reason);
    }
    leat_log_event(level, line->name, fields, count);
}
