/* SPDX-License-Identifier: Apache-2.0
 *
 * record - what the command log remembers. Each record is built, applied and logged in one go:
 * `apply` is the only code that changes durable fields, so replaying the log cannot come out
 * differently from having lived it.
 *
 * A record is one kind byte and its fields, little endian; leat_coord_replay also takes several
 * back to back (a compacted log). Adding a kind: append to the enum, never renumber; write
 * log_x, apply_x, and x's part of the snapshot.
 */
#include "coordinator/core/state.h"

#include "common/base/alloc.h"
#include "common/base/mark.h"
#include "common/base/mutant.h"

typedef enum record_kind {
    RECORD_WORKER = 1,
    RECORD_JOB = 2,
    RECORD_STATE = 3,
    RECORD_GENERATION = 4,
    RECORD_EPOCH_BLOCK = 5,
    RECORD_EPOCH_DONE = 6,
    RECORD_COPY = 7,
    RECORD_SPLITS = 8,
} record_kind;

/* Generations and epochs above this are damage: they are counted up one by one. */
#define COUNTER_MAX ((uint64_t)INT64_MAX)

/* ---- reading helpers ---- */

static void read_text(leat_cursor *c, char *out, size_t size)
{
    leat_bytes text = leat_cursor_bytes(c);
    if (text.size >= size)
        c->is_short = true;
    else {
        if (text.size > 0)
            memcpy(out, text.data, text.size);
        out[text.size] = '\0';
    }
}

static void add_text(leat_buf *out, const char *text)
{
    leat_buf_add_bytes(out, leat_bytes_text(text));
}

static void add_set(leat_buf *out, const leat_worker_set *set)
{
    leat_buf_add_u8(out, (uint8_t)set->count);
    for (uint32_t i = 0; i < set->count; i++)
        leat_buf_add_u32(out, set->workers[i]);
}

static leat_worker_set read_set(leat_cursor *c)
{
    leat_worker_set set = {0};
    uint32_t count = leat_cursor_u8(c);
    if (count > LEAT_WORKER_SET_MAX)
        c->is_short = true;
    for (uint32_t i = 0; i < count && !c->is_short; i++)
        leat_worker_set_add(&set, leat_cursor_u32(c));
    return set;
}

static leat_coord_job *read_job(leat_coord_core *core, leat_cursor *c)
{
    leat_coord_job *job = leat_coord_job_get(core, leat_cursor_u32(c));
    if (job == NULL)
        c->is_short = true;
    return job;
}

/* ---- apply: one function per kind; a bad record sets c->is_short and changes nothing ---- */

static void apply_worker(leat_coord_core *core, leat_cursor *c)
{
    leat_member member = {0};
    member.worker = leat_cursor_u32(c);
    member.incarnation.high = leat_cursor_u64(c);
    member.incarnation.low = leat_cursor_u64(c);
    read_text(c, member.name, sizeof member.name);
    if (c->is_short || member.worker != core->members.count + 1) {
        c->is_short = true;
        return;
    }
    leat_member *made = LEAT_NEW(leat_member);
    *made = member;
    leat_vec_push(&core->members, made);
}

static void apply_job(leat_coord_core *core, leat_cursor *c)
{
    uint32_t id = leat_cursor_u32(c);
    char name[LEAT_NAME_MAX] = "";
    read_text(c, name, sizeof name);
    leat_bytes plan = leat_cursor_bytes(c);
    uint32_t key_groups = leat_cursor_u32(c), parallelism = leat_cursor_u32(c);
    uint32_t replicas = leat_cursor_u32(c), min_replicas = leat_cursor_u32(c);
    int64_t interval_ms = leat_cursor_i64(c);
    bool is_valid = id > 0 && id <= core->jobs.count + 1 && key_groups > 0 &&
                    key_groups <= LEAT_KEY_GROUPS_MAX && replicas > 0 &&
                    replicas <= LEAT_REPLICAS_MAX;
    if (c->is_short || !is_valid) {
        c->is_short = true;
        return;
    }
    if (id == core->jobs.count + 1) {
        leat_coord_job *made = LEAT_NEW(leat_coord_job);
        made->key_group_count = key_groups;
        made->key_groups = leat_alloc_zero(key_groups, sizeof *made->key_groups);
        made->next_epoch = 1;
        made->epoch_block_end = 1;
        leat_vec_push(&core->jobs, made);
    }
    leat_coord_job *job = core->jobs.items[id - 1];
    job->job = id;
    memcpy(job->name, name, sizeof job->name);
    leat_blob_unref(&job->plan);
    job->plan = leat_blob_copy(plan);
    job->parallelism = parallelism;
    job->replicas = replicas;
    job->min_replicas = min_replicas;
    job->epoch_interval_ms = interval_ms;
}

static void apply_state(leat_coord_core *core, leat_cursor *c)
{
    leat_coord_job *job = read_job(core, c);
    uint8_t state = leat_cursor_u8(c), wish = leat_cursor_u8(c);
    char reason[LEAT_CONTROL_TEXT_MAX] = "";
    read_text(c, reason, sizeof reason);
    if (c->is_short || state >= LEAT_JOB_STATE_COUNT || wish > LEAT_WISH_DRAIN) {
        c->is_short = true;
        return;
    }
    job->state = (leat_job_state)state;
    if (!leat_coord_job_is_over(job) && job->state != LEAT_JOB_STOPPING)
        job->completed_is_last = false; /* submitted, perhaps again */
    job->wish = (leat_job_wish)wish;
    memcpy(job->reason, reason, sizeof job->reason);
}

static void read_slot(leat_cursor *c, leat_coord_slot *slot)
{
    slot->owner = leat_cursor_u32(c);
    slot->executor = leat_cursor_u32(c);
    slot->in_sync = read_set(c);
    slot->holders = read_set(c);
}

static void cut_free(leat_coord_cut *cut)
{
    leat_free(cut->key_groups);
    leat_free(cut->slots);
    *cut = (leat_coord_cut){0};
}

leat_coord_cut leat_coord_job_cut(const leat_coord_job *job)
{
    return (leat_coord_cut){job->slot_count, job->key_groups, job->slots};
}

static bool is_same_cut(const leat_coord_job *job, const leat_coord_cut *a, const leat_coord_cut *b)
{
    return a->slot_count == b->slot_count &&
           memcmp(a->key_groups, b->key_groups, job->key_group_count * sizeof *a->key_groups) == 0;
}

/* Take the new cut (owned). The one that completed the last epoch is kept until another one has
 * completed an epoch of its own. */
static void job_take_cut(leat_coord_job *job, leat_coord_cut taken)
{
    leat_coord_cut present = leat_coord_job_cut(job);
    bool has_before = job->before.slot_count > 0;
    if (has_before && is_same_cut(job, &job->before, &taken)) {
        cut_free(&job->before); /* back on it */
        cut_free(&present);
    } else if (!has_before && job->completed > 0 && job->slot_count > 0 &&
               !is_same_cut(job, &present, &taken))
        job->before = present;
    else
        cut_free(&present);
    job->slot_count = taken.slot_count;
    job->key_groups = taken.key_groups;
    job->slots = taken.slots;
}

static void apply_generation(leat_coord_core *core, leat_cursor *c)
{
    leat_coord_job *job = read_job(core, c);
    uint64_t generation = leat_cursor_u64(c);
    uint32_t slot_count = leat_cursor_u32(c);
    if (c->is_short || generation < job->generation || generation >= COUNTER_MAX ||
        slot_count == 0 || slot_count > job->key_group_count) {
        c->is_short = true;
        return;
    }
    leat_coord_cut cut = {.slot_count = slot_count};
    cut.slots = leat_alloc_zero(slot_count, sizeof *cut.slots);
    cut.key_groups = leat_alloc_zero(job->key_group_count, sizeof *cut.key_groups);
    for (uint32_t s = 0; s < slot_count; s++)
        read_slot(c, &cut.slots[s]);
    for (uint32_t g = 0; g < job->key_group_count; g++) {
        cut.key_groups[g] = leat_cursor_u16(c);
        if (cut.key_groups[g] >= slot_count)
            c->is_short = true;
    }
    if (c->is_short) {
        cut_free(&cut);
        return;
    }
    job_take_cut(job, cut);
    job->generation = generation;
}

static void apply_epoch_block(leat_coord_core *core, leat_cursor *c)
{
    leat_coord_job *job = read_job(core, c);
    uint64_t end = leat_cursor_u64(c);
    if (c->is_short || end >= COUNTER_MAX) {
        c->is_short = true;
        return;
    }
    job->epoch_block_end = end;
}

static void apply_epoch_done(leat_coord_core *core, leat_cursor *c)
{
    leat_coord_job *job = read_job(core, c);
    uint64_t epoch = leat_cursor_u64(c);
    uint8_t is_last = leat_cursor_u8(c);
    uint32_t count = leat_cursor_u32(c);
    if (c->is_short || epoch < job->completed || epoch >= COUNTER_MAX ||
        count > LEAT_PARALLELISM_MAX) {
        c->is_short = true; /* I2 */
        return;
    }
    leat_restore_manifest *manifests = leat_alloc_zero(count, sizeof *manifests);
    for (uint32_t s = 0; s < count; s++) {
        manifests[s].slot = leat_cursor_u32(c);
        manifests[s].hash = leat_cursor_u64(c);
    }
    leat_free(job->manifests);
    job->manifests = manifests;
    job->manifest_count = count;
    job->completed = epoch;
    job->completed_is_last = is_last != 0;
    for (uint32_t s = 0; s < job->slot_count; s++)
        job->slots[s].holders = job->slots[s].in_sync; /* C3: nobody else has this epoch */
    cut_free(&job->before);
}

static void apply_copy(leat_coord_core *core, leat_cursor *c)
{
    leat_coord_job *job = read_job(core, c);
    uint32_t slot = leat_cursor_u32(c), worker = leat_cursor_u32(c);
    int change = (int)leat_cursor_u8(c) - 1;
    if (c->is_short || slot >= job->slot_count) {
        c->is_short = true;
        return;
    }
    leat_coord_slot *at = &job->slots[slot];
    if (change > 0) {
        leat_worker_set_add(&at->in_sync, worker);
        leat_worker_set_add(&at->holders, worker);
    } else {
        leat_worker_set_remove(&at->in_sync, worker);
        if (change < 0)
            leat_worker_set_remove(&at->holders, worker);
    }
}

static leat_coord_splits *job_splits(leat_coord_job *job, uint32_t source)
{
    LEAT_VEC_EACH (splits, &job->splits) {
        if (splits->source == source)
            return splits;
    }
    leat_coord_splits *splits = leat_vec_add(&job->splits);
    splits->source = source;
    return splits;
}

static void apply_splits(leat_coord_core *core, leat_cursor *c)
{
    leat_coord_job *job = read_job(core, c);
    uint32_t source = leat_cursor_u32(c);
    uint8_t is_final = leat_cursor_u8(c);
    leat_bytes names = leat_cursor_bytes(c);
    if (c->is_short)
        return;
    leat_coord_splits *splits = job_splits(job, source);
    splits->is_final |= is_final != 0;
    leat_buf_add(&splits->names, names.data, names.size);
    leat_cursor each = leat_cursor_over(names);
    while (each.at < each.end && !each.is_short) {
        (void)leat_cursor_bytes(&each);
        splits->count++;
    }
    if (each.is_short)
        c->is_short = true;
}

static void record_apply(leat_coord_core *core, leat_cursor *c)
{
    switch ((record_kind)leat_cursor_u8(c)) {
    case RECORD_WORKER:
        apply_worker(core, c);
        return;
    case RECORD_JOB:
        apply_job(core, c);
        return;
    case RECORD_STATE:
        apply_state(core, c);
        return;
    case RECORD_GENERATION:
        apply_generation(core, c);
        return;
    case RECORD_EPOCH_BLOCK:
        apply_epoch_block(core, c);
        return;
    case RECORD_EPOCH_DONE:
        apply_epoch_done(core, c);
        return;
    case RECORD_COPY:
        apply_copy(core, c);
        return;
    case RECORD_SPLITS:
        apply_splits(core, c);
        return;
    }
    c->is_short = true;
}

leat_code leat_coord_replay(leat_coord_core *core, leat_bytes record, leat_error *err)
{
    LEAT_ASSERT(!core->has_started);
    leat_cursor c = leat_cursor_over(record);
    while (c.at < c.end) {
        unsigned kind = *c.at;
        record_apply(core, &c);
        if (c.is_short)
            return leat_fail(err, LEAT_CORRUPT, "record %u of the command log is damaged", kind);
        core->record_count++;
    }
    return LEAT_OK;
}

/* ---- log: build into core->record, apply, emit ---- */

static leat_buf *record_begin(leat_coord_core *core, record_kind kind)
{
    leat_buf_clear(&core->record);
    leat_buf_add_u8(&core->record, (uint8_t)kind);
    return &core->record;
}

static void record_log(leat_coord_core *core)
{
    leat_cursor c = leat_cursor_over(leat_buf_bytes(&core->record));
    record_apply(core, &c);
    LEAT_ASSERT(!c.is_short && c.at == c.end);
    leat_coord_act(core, LEAT_COORD_RECORD)->record = leat_blob_copy(leat_buf_bytes(&core->record));
    core->record_count++;
}

static void write_worker(leat_buf *out, uint32_t id, leat_incarnation incarnation, const char *name)
{
    leat_buf_add_u32(out, id);
    leat_buf_add_u64(out, incarnation.high);
    leat_buf_add_u64(out, incarnation.low);
    add_text(out, name);
}

void leat_coord_log_worker(leat_coord_core *core, const leat_control *hello)
{
    leat_buf *out = record_begin(core, RECORD_WORKER);
    uint32_t id = (uint32_t)core->members.count + 1;
    write_worker(out, id, hello->hello.incarnation, hello->hello.name);
    record_log(core);
}

void leat_coord_log_job(leat_coord_core *core, uint32_t job, const leat_command *command)
{
    leat_buf *out = record_begin(core, RECORD_JOB);
    leat_buf_add_u32(out, job);
    add_text(out, command->name);
    leat_buf_add_bytes(out, leat_blob_bytes(command->plan));
    leat_buf_add_u32(out, command->key_group_count);
    leat_buf_add_u32(out, command->parallelism);
    leat_buf_add_u32(out, command->replicas);
    leat_buf_add_u32(out, command->min_replicas);
    leat_buf_add_u64(out, (uint64_t)command->epoch_interval_ms);
    record_log(core);
}

static void write_state(
    leat_buf *out, uint32_t job, leat_job_state state, leat_job_wish wish, const char *reason)
{
    leat_buf_add_u32(out, job);
    leat_buf_add_u8(out, (uint8_t)state);
    leat_buf_add_u8(out, (uint8_t)wish);
    add_text(out, reason);
}

void leat_coord_log_state(leat_coord_core *core,
                          leat_coord_job *job,
                          leat_job_state state,
                          leat_job_wish wish,
                          const char *reason)
{
    char text[LEAT_CONTROL_TEXT_MAX] = ""; /* `reason` may be job->reason itself */
    memcpy(text, reason, LEAT_MIN(strlen(reason), sizeof text - 1));
    write_state(record_begin(core, RECORD_STATE), job->job, state, wish, text);
    record_log(core);
    leat_coord_changed(core, job->job);
}

static void snapshot_cut(leat_buf *out, const leat_coord_job *job, const leat_coord_cut *cut)
{
    if (cut->slot_count == 0)
        return;
    leat_buf_add_u8(out, RECORD_GENERATION);
    leat_buf_add_u32(out, job->job);
    leat_buf_add_u64(out, job->generation);
    leat_buf_add_u32(out, cut->slot_count);
    for (uint32_t s = 0; s < cut->slot_count; s++) {
        leat_buf_add_u32(out, cut->slots[s].owner);
        leat_buf_add_u32(out, cut->slots[s].executor);
        add_set(out, &cut->slots[s].in_sync);
        add_set(out, &cut->slots[s].holders);
    }
    for (uint32_t g = 0; g < job->key_group_count; g++)
        leat_buf_add_u16(out, cut->key_groups[g]);
}

/* Can `worker` restore every key group that the assignment gives to `slot`? */
static bool has_all_of(const leat_coord_cut *from,
                       const leat_assignment *assignment,
                       uint32_t slot,
                       uint32_t worker)
{
    for (uint32_t g = 0; g < assignment->key_group_count; g++) {
        if (assignment->key_groups[g] == slot &&
            !leat_worker_set_has(&from->slots[from->key_groups[g]].holders, worker))
            return false;
    }
    return true;
}

/* The copies, and whoever else can restore the completed epoch, also those who are away now:
 * until the next epoch completes they may be the last who can. */
static leat_worker_set holders_after(const leat_coord_job *job,
                                     const leat_assignment *assignment,
                                     const leat_coord_cut *from,
                                     uint32_t slot)
{
    leat_worker_set holders = assignment->slots[slot].copies;
    if (job->completed == 0)
        return holders;
    for (uint32_t s = 0; s < from->slot_count; s++) {
        const leat_worker_set *before = &from->slots[s].holders;
        for (uint32_t i = 0; i < before->count; i++) {
            if (has_all_of(from, assignment, slot, before->workers[i]))
                leat_worker_set_add(&holders, before->workers[i]);
        }
    }
    return holders;
}

void leat_coord_log_generation(leat_coord_core *core,
                               leat_coord_job *job,
                               const leat_assignment *assignment,
                               const leat_coord_cut *from)
{
    leat_buf *out = record_begin(core, RECORD_GENERATION);
    leat_buf_add_u32(out, job->job);
    leat_buf_add_u64(out, job->generation + 1);
    leat_buf_add_u32(out, assignment->slot_count);
    for (uint32_t s = 0; s < assignment->slot_count; s++) {
        leat_worker_set holders = holders_after(job, assignment, from, s);
        leat_buf_add_u32(out, assignment->slots[s].owner);
        leat_buf_add_u32(out, assignment->slots[s].executor);
        add_set(out, &assignment->slots[s].copies);
        add_set(out, &holders);
    }
    for (uint32_t g = 0; g < job->key_group_count; g++)
        leat_buf_add_u16(out, assignment->key_groups[g]);
    record_log(core);
}

void leat_coord_log_epoch_block(leat_coord_core *core, leat_coord_job *job, uint64_t end)
{
    leat_buf *out = record_begin(core, RECORD_EPOCH_BLOCK);
    leat_buf_add_u32(out, job->job);
    leat_buf_add_u64(out, end);
    record_log(core);
}

static void write_epoch_done(leat_buf *out, const leat_coord_job *job)
{
    leat_buf_add_u32(out, job->job);
    leat_buf_add_u64(out, job->completed);
    leat_buf_add_u8(out, job->completed_is_last);
    leat_buf_add_u32(out, job->manifest_count);
    for (uint32_t i = 0; i < job->manifest_count; i++) {
        leat_buf_add_u32(out, job->manifests[i].slot);
        leat_buf_add_u64(out, job->manifests[i].hash);
    }
}

void leat_coord_log_epoch_done(leat_coord_core *core, leat_coord_job *job)
{
    leat_buf *out = record_begin(core, RECORD_EPOCH_DONE);
    leat_buf_add_u32(out, job->job);
    leat_buf_add_u64(out, job->open_epoch);
    leat_buf_add_u8(out, job->open_is_last);
    leat_buf_add_u32(out, job->slot_count);
    for (uint32_t s = 0; s < job->slot_count; s++) {
        leat_buf_add_u32(out, s);
        leat_buf_add_u64(out, job->slots[s].durable_hash);
    }
    record_log(core);
}

void leat_coord_log_copy(
    leat_coord_core *core, leat_coord_job *job, uint32_t slot, uint32_t worker, int change)
{
    leat_buf *out = record_begin(core, RECORD_COPY);
    leat_buf_add_u32(out, job->job);
    leat_buf_add_u32(out, slot);
    leat_buf_add_u32(out, worker);
    leat_buf_add_u8(out, (uint8_t)(change + 1));
    record_log(core);
    leat_coord_changed(core, job->job);
}

void leat_coord_log_splits(leat_coord_core *core,
                           leat_coord_job *job,
                           const leat_control *splits,
                           leat_bytes fresh_names)
{
    leat_buf *out = record_begin(core, RECORD_SPLITS);
    leat_buf_add_u32(out, job->job);
    leat_buf_add_u32(out, splits->splits.source);
    leat_buf_add_u8(out, splits->splits.is_final);
    leat_buf_add_bytes(out, fresh_names);
    record_log(core);
}

/* ---- the whole state as records, replacing the log ---- */

static void snapshot_job(leat_buf *out, leat_coord_job *job)
{
    leat_buf_add_u8(out, RECORD_JOB);
    leat_buf_add_u32(out, job->job);
    add_text(out, job->name);
    leat_buf_add_bytes(out, leat_blob_bytes(job->plan));
    leat_buf_add_u32(out, job->key_group_count);
    leat_buf_add_u32(out, job->parallelism);
    leat_buf_add_u32(out, job->replicas);
    leat_buf_add_u32(out, job->min_replicas);
    leat_buf_add_u64(out, (uint64_t)job->epoch_interval_ms);
    leat_buf_add_u8(out, RECORD_STATE);
    write_state(out, job->job, job->state, job->wish, job->reason);
    leat_buf_add_u8(out, RECORD_EPOCH_BLOCK);
    leat_buf_add_u32(out, job->job);
    leat_buf_add_u64(out, job->epoch_block_end);
    LEAT_VEC_EACH (splits, &job->splits) {
        leat_buf_add_u8(out, RECORD_SPLITS);
        leat_buf_add_u32(out, job->job);
        leat_buf_add_u32(out, splits->source);
        leat_buf_add_u8(out, splits->is_final);
        leat_buf_add_bytes(out, leat_buf_bytes(&splits->names));
    }
    leat_buf_add_u8(out, RECORD_EPOCH_DONE);
    write_epoch_done(out, job);
    leat_coord_cut present = leat_coord_job_cut(job);
    snapshot_cut(out, job, &job->before); /* after EPOCH_DONE, which resets holders */
    snapshot_cut(out, job, &present);
}

void leat_coord_log_compact(leat_coord_core *core)
{
    leat_buf *out = &core->record;
    leat_buf_clear(out);
    core->record_count = 0; /* counts from here: what the log grew by */
    for (size_t i = 0; i < core->members.count; i++) {
        const leat_member *member = core->members.items[i];
        leat_buf_add_u8(out, RECORD_WORKER);
        write_worker(out, member->worker, member->incarnation, member->name);
    }
    for (size_t i = 0; i < core->jobs.count; i++) {
        snapshot_job(out, core->jobs.items[i]);
    }
    if (out->size > 0)
        leat_coord_act(core, LEAT_COORD_COMPACT)->record = leat_blob_copy(leat_buf_bytes(out));
}

void leat_coord_job_free(leat_coord_job **job)
{
    leat_coord_job *old = LEAT_TAKE(*job);
    if (old == NULL)
        return;
    leat_blob_unref(&old->plan);
    leat_deployment_unref(&old->deployment);
    LEAT_VEC_EACH (splits, &old->splits)
        leat_buf_fini(&splits->names);
    leat_vec_fini(&old->splits);
    leat_vec_fini(&old->learners);
    leat_assignment_fini(&old->target);
    leat_free(old->key_groups);
    leat_free(old->slots);
    cut_free(&old->before);
    leat_free(old->manifests);
    leat_free(old);
}
