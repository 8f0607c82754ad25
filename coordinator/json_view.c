/* SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/json_view.h"

#include "common/columns/time_text.h"
#include "common/text/json.h"
#include "common/text/str.h"

static void put_time(leat_json_writer *w, const char *key, int64_t time_us)
{
    if (time_us == LEAT_TIME_MIN || time_us == LEAT_TIME_MAX) {
        leat_json_put_null(w, key); /* none yet, or the input is over */
        return;
    }
    leat_buf text = {0};
    leat_timestamp_print(time_us, &text);
    leat_json_put_text(w, key, leat_buf_bytes(&text));
    leat_buf_fini(&text);
}

static void put_stats(leat_json_writer *w, const leat_slot_stats *stats)
{
    leat_json_put_u64(w, "rows_in", stats->rows_in);
    leat_json_put_u64(w, "rows_out", stats->rows_out);
    leat_json_put_u64(w, "late_rows", stats->late_rows);
    leat_json_put_u64(w, "bad_rows", stats->bad_rows);
    leat_json_put_u64(w, "state_bytes", stats->state_bytes);
    leat_json_put_u64(w, "delta_bytes", stats->delta_bytes);
    leat_json_put_u64(w, "queue_bytes", stats->queue_bytes);
    leat_json_put_u64(w, "busy_us", stats->busy_us);
    leat_json_put_u64(w, "idle_us", stats->idle_us);
    leat_json_put_u64(w, "backpressured_us", stats->backpressured_us);
    put_time(w, "watermark", stats->watermark_us);
    leat_json_put_text(w, "waiting", leat_bytes_text(stats->waiting));
}

static void put_job(leat_json_writer *w, const leat_job_view *job)
{
    leat_json_put_u64(w, "id", job->job);
    leat_json_put_text(w, "name", leat_bytes_text(job->name));
    leat_json_put_text(w, "state", leat_bytes_text(leat_job_state_name(job->state)));
    leat_json_put_text(w, "reason", leat_bytes_text(job->reason));
    leat_json_put_u64(w, "generation", job->generation);
    leat_json_put_u64(w, "epoch", job->completed_epoch);
    leat_json_put_u64(w, "published_epoch", job->published_epoch);
    leat_json_put_u64(w, "open_epoch", job->open_epoch);
    leat_json_put_u64(w, "restarts", job->restart_count);
    leat_json_put_u64(w, "aborted_epochs", job->aborted_count);
    leat_json_put_i64(w, "last_recovery_ms", job->last_recovery_ms);
    leat_json_put_u64(w, "parallelism", job->slot_count);
    leat_json_put_u64(w, "parallelism_asked", job->slots_asked);
    leat_json_put_u64(w, "key_groups", job->key_group_count);
    leat_json_put_u64(w, "replicas", job->copies_asked);
    leat_json_put_u64(w, "replicas_in_sync", job->copies_in_sync);
    put_stats(w, &job->totals);
}

static void put_slot(leat_json_writer *w, const leat_slot_view *slot)
{
    leat_json_begin_object(w, NULL);
    leat_json_put_u64(w, "slot", slot->slot);
    leat_json_put_u64(w, "worker", slot->owner);
    leat_json_put_u64(w, "executor", slot->executor);
    leat_json_put_bool(w, "ready", slot->is_ready);
    leat_json_put_bool(w, "ended", slot->has_ended);
    leat_json_begin_array(w, "in_sync");
    for (uint32_t i = 0; i < slot->in_sync_count; i++)
        leat_json_put_u64(w, NULL, slot->in_sync[i]);
    leat_json_end(w);
    put_stats(w, &slot->stats);
    leat_json_end(w);
}

static void put_jobs(leat_json_writer *w, const leat_coord_core *core)
{
    leat_json_begin_array(w, "jobs");
    for (size_t i = 0; i < leat_coord_job_count(core); i++) {
        leat_job_view job;
        leat_coord_job_view(core, i, &job);
        leat_json_begin_object(w, NULL);
        put_job(w, &job);
        leat_json_end(w);
    }
    leat_json_end(w);
}

static const char *member_state(const leat_member_view *member)
{
    if (!member->is_alive)
        return member->has_left ? "left" : "lost";
    return member->is_leaving ? "draining" : "alive";
}

static void put_workers(leat_json_writer *w, const leat_coord_core *core)
{
    leat_json_begin_array(w, "workers");
    for (size_t i = 0; i < leat_coord_member_count(core); i++) {
        leat_member_view member;
        leat_coord_member_view(core, i, &member);
        leat_json_begin_object(w, NULL);
        leat_json_put_u64(w, "id", member.worker);
        leat_json_put_text(w, "name", leat_bytes_text(member.name));
        leat_json_put_text(w, "endpoint", leat_bytes_text(member.endpoint));
        leat_json_put_u64(w, "executors", member.executor_count);
        leat_json_put_text(w, "state", leat_bytes_text(member_state(&member)));
        leat_json_put_u64(w, "slots", member.owned_count);
        leat_json_put_u64(w, "standbys", member.standby_count);
        leat_json_put_i64(w, "heard_ms_ago", member.heard_ms_ago);
        leat_json_end(w);
    }
    leat_json_end(w);
}

void leat_view_jobs(const leat_coord_core *core, leat_buf *out)
{
    leat_json_writer w = leat_json_write(out);
    leat_json_begin_object(&w, NULL);
    put_jobs(&w, core);
    leat_json_end(&w);
}

void leat_view_workers(const leat_coord_core *core, leat_buf *out)
{
    leat_json_writer w = leat_json_write(out);
    leat_json_begin_object(&w, NULL);
    put_workers(&w, core);
    leat_json_end(&w);
}

void leat_view_overview(const leat_coord_core *core, leat_buf *out)
{
    leat_json_writer w = leat_json_write(out);
    leat_json_begin_object(&w, NULL);
    put_workers(&w, core);
    put_jobs(&w, core);
    leat_json_end(&w);
}

bool leat_view_find(const leat_coord_core *core, const char *name, leat_job_view *out_view)
{
    if (leat_coord_job_find(core, name, out_view))
        return true;
    uint64_t number;
    if (!leat_str_to_u64(leat_bytes_text(name), &number))
        return false;
    for (size_t i = 0; i < leat_coord_job_count(core); i++) {
        leat_coord_job_view(core, i, out_view);
        if (out_view->job == number)
            return true;
    }
    return false;
}

/* The workers that own slots of the job, each with its share. */
static void put_owners(leat_json_writer *w, const leat_coord_core *core, const leat_job_view *job)
{
    leat_json_begin_array(w, "workers");
    for (size_t i = 0; i < leat_coord_member_count(core); i++) {
        leat_member_view member;
        leat_coord_member_view(core, i, &member);
        uint64_t slots = 0;
        uint64_t state_bytes = 0;
        for (uint32_t s = 0; s < job->slot_count; s++) {
            leat_slot_view slot;
            leat_coord_slot_view(core, job->job, s, &slot);
            if (slot.owner != member.worker)
                continue;
            slots++;
            state_bytes += slot.stats.state_bytes;
        }
        if (slots == 0)
            continue;
        leat_json_begin_object(w, NULL);
        leat_json_put_u64(w, "id", member.worker);
        leat_json_put_text(w, "name", leat_bytes_text(member.name));
        leat_json_put_text(w, "state", leat_bytes_text(member_state(&member)));
        leat_json_put_u64(w, "slots", slots);
        leat_json_put_u64(w, "state_bytes", state_bytes);
        leat_json_end(w);
    }
    leat_json_end(w);
}

void leat_view_job(const leat_coord_core *core, const leat_job_view *job, leat_buf *out)
{
    leat_json_writer w = leat_json_write(out);
    leat_json_begin_object(&w, NULL);
    put_job(&w, job);
    put_owners(&w, core, job);
    leat_json_begin_array(&w, "slots");
    for (uint32_t s = 0; s < job->slot_count; s++) {
        leat_slot_view slot;
        leat_coord_slot_view(core, job->job, s, &slot);
        put_slot(&w, &slot);
    }
    leat_json_end(&w);
    leat_json_end(&w);
}
