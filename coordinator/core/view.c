/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/core/view.h"

#include "coordinator/core/state.h"

size_t leat_coord_job_count(const leat_coord_core *core)
{
    return core->jobs.count;
}

static void view_totals(const leat_coord_job *job, leat_job_view *view)
{
    uint64_t published = job->completed;
    view->copies_in_sync = job->slot_count == 0 ? 0 : UINT32_MAX;
    view->totals.watermark_us = INT64_MAX;
    for (uint32_t s = 0; s < job->slot_count; s++) {
        const leat_coord_slot *slot = &job->slots[s];
        published = LEAT_MIN(published, slot->sink_done);
        if (view->totals.waiting[0] == '\0')
            memcpy(view->totals.waiting, slot->stats.waiting, sizeof view->totals.waiting);
        view->copies_in_sync = LEAT_MIN(view->copies_in_sync, slot->in_sync.count);
        view->totals.rows_in += slot->stats.rows_in;
        view->totals.rows_out += slot->stats.rows_out;
        view->totals.late_rows += slot->stats.late_rows;
        view->totals.bad_rows += slot->stats.bad_rows;
        view->totals.state_bytes += slot->stats.state_bytes;
        view->totals.delta_bytes += slot->stats.delta_bytes;
        view->totals.queue_bytes += slot->stats.queue_bytes;
        view->totals.busy_us += slot->stats.busy_us;
        view->totals.idle_us += slot->stats.idle_us;
        view->totals.backpressured_us += slot->stats.backpressured_us;
        view->totals.watermark_us = LEAT_MIN(view->totals.watermark_us, slot->stats.watermark_us);
    }
    view->published_epoch = published;
}

void leat_coord_job_view(const leat_coord_core *core, size_t index, leat_job_view *out_view)
{
    const leat_coord_job *job = core->jobs.items[index];
    *out_view = (leat_job_view){
        .job = job->job,
        .state = job->state,
        .generation = job->generation,
        .completed_epoch = job->completed,
        .open_epoch = job->open_epoch,
        .completed_at_ms = job->completed_ms,
        .restart_count = job->restart_count,
        .aborted_count = job->aborted_count,
        .epoch_count = job->epoch_count,
        .epochs_ms = job->epochs_ms,
        .last_recovery_ms = job->last_recovery_ms,
        .slot_count = job->slot_count,
        .slots_asked = job->parallelism,
        .key_group_count = job->key_group_count,
        .copies_asked = job->replicas,
    };
    memcpy(out_view->name, job->name, sizeof out_view->name);
    memcpy(out_view->reason, job->reason, sizeof out_view->reason);
    view_totals(job, out_view);
}

bool leat_coord_job_find(const leat_coord_core *core, const char *name, leat_job_view *out_view)
{
    for (size_t i = core->jobs.count; i > 0; i--) {
        if (strcmp(core->jobs.items[i - 1]->name, name) == 0) {
            leat_coord_job_view(core, i - 1, out_view);
            return true;
        }
    }
    return false;
}

void leat_coord_slot_view(const leat_coord_core *core,
                          uint32_t job,
                          uint32_t slot,
                          leat_slot_view *out_view)
{
    LEAT_ASSERT(job > 0 && job <= core->jobs.count);
    const leat_coord_job *of = core->jobs.items[job - 1];
    LEAT_ASSERT(slot < of->slot_count);
    const leat_coord_slot *at = &of->slots[slot];
    *out_view = (leat_slot_view){
        .slot = slot,
        .owner = at->owner,
        .executor = at->executor,
        .is_ready = leat_worker_set_has(&at->ready, at->owner),
        .has_ended = at->has_ended,
        .stats = at->stats,
    };
    out_view->in_sync_count = LEAT_MIN(at->in_sync.count, (uint32_t)LEAT_REPLICAS_MAX);
    for (uint32_t i = 0; i < out_view->in_sync_count; i++)
        out_view->in_sync[i] = at->in_sync.workers[i];
}

uint32_t leat_coord_key_group_slot(const leat_coord_core *core, uint32_t job, uint32_t key_group)
{
    LEAT_ASSERT(job > 0 && job <= core->jobs.count);
    LEAT_ASSERT(key_group < core->jobs.items[job - 1]->key_group_count);
    return core->jobs.items[job - 1]->key_groups[key_group];
}

const leat_blob *leat_coord_job_plan(const leat_coord_core *core, uint32_t job)
{
    LEAT_ASSERT(job > 0 && job <= core->jobs.count);
    return core->jobs.items[job - 1]->plan;
}

size_t leat_coord_member_count(const leat_coord_core *core)
{
    return core->members.count;
}

uint32_t leat_coord_member_of_peer(const leat_coord_core *core, uint64_t peer)
{
    for (size_t i = 0; i < core->members.count; i++) {
        const leat_member *member = core->members.items[i];
        if (member->is_alive && member->peer == peer)
            return member->worker;
    }
    return 0;
}

void leat_coord_member_view(const leat_coord_core *core, size_t index, leat_member_view *out_view)
{
    const leat_member *member = core->members.items[index];
    *out_view = (leat_member_view){
        .worker = member->worker,
        .executor_count = member->executor_count,
        .is_alive = member->is_alive,
        .is_leaving = member->is_leaving,
        .has_left = member->has_left,
        .heard_ms_ago = core->now_ms - member->heard_ms,
    };
    memcpy(out_view->name, member->name, sizeof out_view->name);
    memcpy(out_view->endpoint, member->endpoint, sizeof out_view->endpoint);
    for (size_t i = 0; i < core->jobs.count; i++) {
        const leat_coord_job *job = core->jobs.items[i];
        for (uint32_t s = 0; s < job->slot_count && job->deployment != NULL; s++) {
            bool is_owner = job->slots[s].owner == member->worker;
            bool is_copy = leat_worker_set_has(&job->slots[s].in_sync, member->worker);
            out_view->owned_count += is_owner;
            out_view->standby_count += is_copy && !is_owner;
        }
    }
}
