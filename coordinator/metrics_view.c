/* SPDX-License-Identifier: Apache-2.0
 *
 * One table says what is shown of a slot; jobs show the sums. A metric is one row of a table.
 */
#include "coordinator/metrics_view.h"

#include <stddef.h>
#include <stdio.h>

#include "common/columns/time_text.h"

typedef struct stat_metric {
    const char *name; /* behind leat_job_ and leat_slot_ */
    const char *kind;
    const char *help;
    size_t offset;  /* of a uint64_t in leat_slot_stats */
    double divisor; /* from what is counted to what is shown */
} stat_metric;

#define STAT(field) offsetof(leat_slot_stats, field)

static const stat_metric stat_metrics[] = {
    {"rows_in_total", "counter", "Rows read by sources.", STAT(rows_in), 1},
    {"rows_out_total", "counter", "Rows given to sinks.", STAT(rows_out), 1},
    {"late_rows_total", "counter", "Rows that came after their window had fired.", STAT(late_rows),
     1},
    {"bad_rows_total", "counter", "Records that could not be read or computed.", STAT(bad_rows), 1},
    {"delta_bytes_total", "counter", "Bytes of state that epochs wrote and sent to standbys.",
     STAT(delta_bytes), 1},
    {"busy_seconds_total", "counter", "Time at work, or waiting for a turn of the executor.",
     STAT(busy_us), 1e6},
    {"idle_seconds_total", "counter", "Time without anything to do.", STAT(idle_us), 1e6},
    {"backpressured_seconds_total", "counter",
     "Time with work to do whose results nobody took: no credit, or a sink at its limit.",
     STAT(backpressured_us), 1e6},
    {"state_bytes_current", "gauge", "State in memory.", STAT(state_bytes), 1},
    {"queue_bytes_current", "gauge", "Bytes received and not processed yet.", STAT(queue_bytes), 1},
};

static void put_head(leat_buf *out, const char *name, const char *kind, const char *help)
{
    leat_buf_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

/* Names of jobs and workers come from people: quotes and line ends are escaped. */
static void put_text(leat_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            leat_buf_add_char(out, '\\');
        if (*text == '\n')
            leat_buf_add_text(out, "\\n");
        else
            leat_buf_add_char(out, *text);
    }
}

static void put_job_labels(leat_buf *out, const leat_job_view *job)
{
    leat_buf_print(out, "{job=\"%u\",name=\"", job->job);
    put_text(out, job->name);
    leat_buf_add_char(out, '"');
}

static double stat_of(const stat_metric *metric, const leat_slot_stats *stats)
{
    uint64_t value;
    memcpy(&value, (const char *)stats + metric->offset, sizeof value);
    return (double)value / metric->divisor;
}

/* -- jobs and slots --------------------------------------------------------------------------- */

static void put_job_stat(const leat_coord_core *core, const stat_metric *metric, leat_buf *out)
{
    char name[64];
    snprintf(name, sizeof name, "leat_job_%s", metric->name);
    put_head(out, name, metric->kind, metric->help);
    for (size_t i = 0; i < leat_coord_job_count(core); i++) {
        leat_job_view job;
        leat_coord_job_view(core, i, &job);
        leat_buf_add_text(out, name);
        put_job_labels(out, &job);
        leat_buf_print(out, "} %.15g\n", stat_of(metric, &job.totals));
    }
}

static bool is_deployed(const leat_job_view *job)
{
    return job->state == LEAT_JOB_RUNNING || job->state == LEAT_JOB_RECOVERING ||
           job->state == LEAT_JOB_STOPPING || job->state == LEAT_JOB_DEPLOYING;
}

static void put_slot_stat(const leat_coord_core *core, const stat_metric *metric, leat_buf *out)
{
    char name[64];
    snprintf(name, sizeof name, "leat_slot_%s", metric->name);
    put_head(out, name, metric->kind, metric->help);
    for (size_t i = 0; i < leat_coord_job_count(core); i++) {
        leat_job_view job;
        leat_coord_job_view(core, i, &job);
        for (uint32_t s = 0; is_deployed(&job) && s < job.slot_count; s++) {
            leat_slot_view slot;
            leat_coord_slot_view(core, job.job, s, &slot);
            leat_buf_add_text(out, name);
            put_job_labels(out, &job);
            leat_buf_print(out, ",slot=\"%u\",worker=\"%u\"} %.15g\n", s, slot.owner,
                           stat_of(metric, &slot.stats));
        }
    }
}

/* -- what only a job has ---------------------------------------------------------------------- */

typedef struct job_metric {
    const char *name;
    const char *kind;
    const char *help;
    double (*value)(const leat_job_view *job);
} job_metric;

static double is_running(const leat_job_view *job)
{
    return job->state == LEAT_JOB_RUNNING;
}

static double completed_epoch(const leat_job_view *job)
{
    return (double)job->completed_epoch;
}

static double published_epoch(const leat_job_view *job)
{
    return (double)job->published_epoch;
}

static double restarts(const leat_job_view *job)
{
    return (double)job->restart_count;
}

static double aborted_epochs(const leat_job_view *job)
{
    return (double)job->aborted_count;
}

static double slots(const leat_job_view *job)
{
    return job->slot_count;
}

static double copies_missing(const leat_job_view *job)
{
    return job->copies_asked > job->copies_in_sync ? job->copies_asked - job->copies_in_sync : 0;
}

static double epoch_seconds(const leat_job_view *job)
{
    return (double)job->epochs_ms / 1000;
}

static double epoch_count(const leat_job_view *job)
{
    return (double)job->epoch_count;
}

static double recovery_seconds(const leat_job_view *job)
{
    return (double)job->last_recovery_ms / 1000;
}

static const job_metric job_metrics[] = {
    {"leat_job_running_current", "gauge", "1 while the job runs.", is_running},
    {"leat_job_slots_current", "gauge", "Slots that the job is cut into.", slots},
    {"leat_job_completed_epoch_current", "gauge", "The last complete epoch.", completed_epoch},
    {"leat_job_published_epoch_current", "gauge", "The last epoch that every sink shows.",
     published_epoch},
    {"leat_job_restarts_total", "counter", "Generations beyond the first.", restarts},
    {"leat_job_aborted_epochs_total", "counter", "Epochs that were given up.", aborted_epochs},
    {"leat_job_copies_missing_current", "gauge", "Copies asked for and not in sync.",
     copies_missing},
    {"leat_job_last_recovery_seconds", "gauge", "How long the last recovery took.",
     recovery_seconds},
};

static void put_job_value(const leat_coord_core *core,
                          const char *name,
                          double (*value)(const leat_job_view *job),
                          leat_buf *out)
{
    for (size_t i = 0; i < leat_coord_job_count(core); i++) {
        leat_job_view job;
        leat_coord_job_view(core, i, &job);
        leat_buf_add_text(out, name);
        put_job_labels(out, &job);
        leat_buf_print(out, "} %.15g\n", value(&job));
    }
}

static void put_epochs(const leat_coord_core *core, leat_buf *out)
{
    put_head(out, "leat_job_epoch_seconds", "summary",
             "Epochs completed since the coordinator started, from barrier to completion.");
    put_job_value(core, "leat_job_epoch_seconds_sum", epoch_seconds, out);
    put_job_value(core, "leat_job_epoch_seconds_count", epoch_count, out);
}

/* A job without a watermark (none yet, or the input is over) has no line. */
static void put_lag(const leat_coord_core *core, int64_t wall_us, leat_buf *out)
{
    put_head(out, "leat_job_watermark_lag_seconds", "gauge",
             "How far the watermark is behind the wall clock.");
    for (size_t i = 0; i < leat_coord_job_count(core); i++) {
        leat_job_view job;
        leat_coord_job_view(core, i, &job);
        int64_t watermark_us = job.totals.watermark_us;
        if (watermark_us == LEAT_TIME_MIN || watermark_us == LEAT_TIME_MAX)
            continue;
        leat_buf_add_text(out, "leat_job_watermark_lag_seconds");
        put_job_labels(out, &job);
        leat_buf_print(out, "} %.3f\n", (double)(wall_us - watermark_us) / 1e6);
    }
}

/* -- workers ---------------------------------------------------------------------------------- */

static void put_workers(const leat_coord_core *core, leat_buf *out)
{
    uint32_t alive = 0;
    for (size_t i = 0; i < leat_coord_member_count(core); i++) {
        leat_member_view member;
        leat_coord_member_view(core, i, &member);
        alive += member.is_alive ? 1 : 0;
    }
    put_head(out, "leat_workers_current", "gauge", "Workers that are alive.");
    leat_buf_print(out, "leat_workers_current %u\n", alive);
    put_head(out, "leat_worker_slots_current", "gauge", "Slots that a worker runs.");
    for (size_t i = 0; i < leat_coord_member_count(core); i++) {
        leat_member_view member;
        leat_coord_member_view(core, i, &member);
        if (!member.is_alive)
            continue;
        leat_buf_print(out, "leat_worker_slots_current{worker=\"%u\",name=\"", member.worker);
        put_text(out, member.name);
        leat_buf_print(out, "\"} %u\n", member.owned_count);
    }
}

void leat_view_metrics(const leat_coord_core *core, int64_t wall_us, leat_buf *out)
{
    put_workers(core, out);
    for (size_t i = 0; i < LEAT_COUNT_OF(job_metrics); i++) {
        put_head(out, job_metrics[i].name, job_metrics[i].kind, job_metrics[i].help);
        put_job_value(core, job_metrics[i].name, job_metrics[i].value, out);
    }
    put_epochs(core, out);
    put_lag(core, wall_us, out);
    for (size_t i = 0; i < LEAT_COUNT_OF(stat_metrics); i++)
        put_job_stat(core, &stat_metrics[i], out);
    for (size_t i = 0; i < LEAT_COUNT_OF(stat_metrics); i++)
        put_slot_stat(core, &stat_metrics[i], out);
}
