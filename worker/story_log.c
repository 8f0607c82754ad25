/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/story_log.h"

#include "common/obs/log.h"
#include "worker/core/story.h"

enum { KEYS_MAX = 4 };

/* How one event reads: its numbers, in the order of story.h, by name. */
typedef struct story_line {
    uint16_t event;
    leat_log_level level;
    const char *name;
    const char *keys[KEYS_MAX];
} story_line;

#define SAYS(name) LEAT_WORKER_SAYS_##name

static const story_line story_lines[] = {
    {SAYS(HELLO), LEAT_LOG_DEBUG, "hello_said", {"session"}},
    {SAYS(WELCOME), LEAT_LOG_INFO, "coordinator_welcomed", {"worker"}},
    {SAYS(SESSION_GAP), LEAT_LOG_WARN, "session_lost_messages", {"first", "last"}},
    {SAYS(DEPLOYED), LEAT_LOG_INFO, "slots_deployed", {"job", "generation", "owned", "copies"}},
    {SAYS(DROPPED), LEAT_LOG_INFO, "generation_dropped", {"job", "generation"}},
    {SAYS(STALE), LEAT_LOG_DEBUG, "generation_ignored", {"job", "generation", "seen"}},
    {SAYS(READY), LEAT_LOG_INFO, "slot_ready", {"job", "slot"}},
    {SAYS(BARRIER), LEAT_LOG_DEBUG, "barrier_received", {"job", "epoch", "completed"}},
    {SAYS(DECIDED), LEAT_LOG_DEBUG, "epoch_decided", {"job", "epoch"}},
    {SAYS(FROZEN), LEAT_LOG_DEBUG, "slot_frozen", {"job", "slot", "epoch", "previous"}},
    {SAYS(DURABLE), LEAT_LOG_DEBUG, "delta_stored", {"job", "slot", "epoch"}},
    {SAYS(COPY_DURABLE), LEAT_LOG_DEBUG, "copy_stored", {"job", "slot", "epoch"}},
    {SAYS(COPY_REFUSED), LEAT_LOG_WARN, "copy_refused", {"job", "slot", "epoch"}},
    {SAYS(RESENT), LEAT_LOG_INFO, "delta_resent", {"job", "slot", "epoch", "worker"}},
    {SAYS(FOLLOWS), LEAT_LOG_INFO, "copy_started", {"job", "slot", "attempt"}},
    {SAYS(SEEDS), LEAT_LOG_INFO, "seed_started", {"job", "slot", "worker"}},
    {SAYS(CAUGHT_UP), LEAT_LOG_INFO, "copy_caught_up", {"job", "slot", "epoch"}},
    {SAYS(LEAVING), LEAT_LOG_INFO, "drain_started", {NULL}},
    {SAYS(EXIT), LEAT_LOG_INFO, "worker_stopped", {"code"}},
};

static const story_line *line_of(uint16_t event)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(story_lines); i++)
        if (story_lines[i].event == event)
            return &story_lines[i];
    return NULL;
}

void leat_worker_story_log(void *unused, const leat_trace_event *event)
{
    (void)unused;
    const story_line *line = line_of(event->event);
    if (line == NULL)
        return;
    leat_log_field fields[KEYS_MAX];
    size_t count = 0;
    for (; count < event->arg_count && count < KEYS_MAX && line->keys[count] != NULL; count++)
        fields[count] = (leat_log_field)LEAT_KU(line->keys[count], event->args[count]);
    leat_log_event(line->level, line->name, fields, count);
}
