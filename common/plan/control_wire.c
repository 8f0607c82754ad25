/* SPDX-License-Identifier: Apache-2.0
 *
 * Both directions walk the same table of pairs (PAIR: a wire field and the field of the message
 * it stands for), so that they cannot disagree.
 */
#include "common/plan/control_wire.h"

#include "common/base/alloc.h"
#include "common/base/arena.h"
#include "common/base/assert.h"
#include "proto/control.pb-c.h"

typedef Leat__Control wire_control;
typedef Leat__Deployment wire_deployment;

#define PAIR(wire_field, field)                                                                    \
    do {                                                                                           \
        if (is_encode)                                                                             \
            (wire_field) = (field);                                                                \
        else                                                                                       \
            (field) = (wire_field);                                                                \
    } while (0)

static void map_trouble(Leat__Control *w, leat_control *m, bool is_encode)
{
    PAIR(w->number, m->trouble.from_slot);
    PAIR(w->is_set, m->trouble.needs_person);
}

/* Numbers and flags of every kind. */
static void map_numbers(wire_control *w, leat_control *m, bool is_encode)
{
    switch (m->kind) {
    case LEAT_CONTROL_WELCOME:
        PAIR(w->worker, m->welcome.worker);
        break;
    case LEAT_CONTROL_FOLLOW:
        PAIR(w->attempt, m->follow.attempt);
        break;
    case LEAT_CONTROL_SEED:
        PAIR(w->attempt, m->seed.attempt);
        break;
    case LEAT_CONTROL_UNFOLLOW:
        PAIR(w->worker, m->unfollow.worker);
        break;
    case LEAT_CONTROL_BARRIER:
        PAIR(w->epoch, m->barrier.epoch);
        PAIR(w->completed, m->barrier.completed);
        PAIR(w->flags, m->barrier.flags);
        break;
    case LEAT_CONTROL_DECIDED:
        PAIR(w->completed, m->decided.completed);
        break;
    case LEAT_CONTROL_SPLITS:
        PAIR(w->source, m->splits.source);
        PAIR(w->is_set, m->splits.is_final);
        PAIR(w->number, m->splits.first);
        break;
    case LEAT_CONTROL_UNDEPLOY:
        PAIR(w->is_set, m->undeploy.forget);
        break;
    case LEAT_CONTROL_HEARTBEAT:
        PAIR(w->heard, m->heartbeat.heard_seq);
        break;
    case LEAT_CONTROL_READY:
        PAIR(w->is_set, m->ready.is_owner);
        PAIR(w->attempt, m->ready.attempt);
        break;
    case LEAT_CONTROL_DURABLE:
        PAIR(w->epoch, m->durable.epoch);
        PAIR(w->worker, m->durable.replica);
        PAIR(w->hash, m->durable.hash);
        break;
    case LEAT_CONTROL_NACK:
        PAIR(w->epoch, m->nack.epoch);
        PAIR(w->worker, m->nack.replica);
        break;
    case LEAT_CONTROL_CAUGHT_UP:
        PAIR(w->attempt, m->caught_up.attempt);
        PAIR(w->epoch, m->caught_up.epoch);
        break;
    case LEAT_CONTROL_SINK_DONE:
        PAIR(w->epoch, m->sink_done.epoch);
        break;
    case LEAT_CONTROL_GAP:
    case LEAT_CONTROL_STALLED:
    case LEAT_CONTROL_FAILED:
        map_trouble(w, m, is_encode);
        break;
    case LEAT_CONTROL_CHUNK:
        PAIR(w->epoch, m->chunk.epoch);
        PAIR(w->number, m->chunk.index);
        break;
    case LEAT_CONTROL_MANIFEST:
        PAIR(w->epoch, m->manifest.epoch);
        PAIR(w->completed, m->manifest.previous);
        PAIR(w->hash, m->manifest.hash);
        break;
    case LEAT_CONTROL_SEED_PAGE:
        PAIR(w->attempt, m->seed_page.attempt);
        PAIR(w->number, m->seed_page.number);
        PAIR(w->is_set, m->seed_page.is_last);
        break;
    case LEAT_CONTROL_SEED_ACK:
        PAIR(w->attempt, m->seed_ack.attempt);
        PAIR(w->worker, m->seed_ack.worker);
        PAIR(w->number, m->seed_ack.number);
        break;
    case LEAT_CONTROL_NONE:
    case LEAT_CONTROL_RESET:
    case LEAT_CONTROL_REFUSED:
    case LEAT_CONTROL_SHUTDOWN:
    case LEAT_CONTROL_DEPLOY: /* deployment, hello, stats have messages of their own */
    case LEAT_CONTROL_START:
    case LEAT_CONTROL_DRAIN:
    case LEAT_CONTROL_FENCED:
    case LEAT_CONTROL_HELLO:
    case LEAT_CONTROL_FIRST_OUTPUT:
    case LEAT_CONTROL_ENDED:
    case LEAT_CONTROL_LEAVE:
    case LEAT_CONTROL_STATS:
    case LEAT_CONTROL_KIND_COUNT:
        break;
    }
}

static void map_stats(Leat__Stats *w, leat_slot_stats *m, bool is_encode)
{
    PAIR(w->rows_in, m->rows_in);
    PAIR(w->rows_out, m->rows_out);
    PAIR(w->late_rows, m->late_rows);
    PAIR(w->bad_rows, m->bad_rows);
    PAIR(w->state_bytes, m->state_bytes);
    PAIR(w->watermark_us, m->watermark_us);
    PAIR(w->delta_bytes, m->delta_bytes);
    PAIR(w->queue_bytes, m->queue_bytes);
    PAIR(w->busy_us, m->busy_us);
    PAIR(w->idle_us, m->idle_us);
    PAIR(w->backpressured_us, m->backpressured_us);
}

static void map_hello(Leat__Hello *w, leat_control *m, bool is_encode)
{
    PAIR(w->incarnation_high, m->hello.incarnation.high);
    PAIR(w->incarnation_low, m->hello.incarnation.low);
    PAIR(w->boot, m->hello.boot);
    PAIR(w->nonce, m->hello.nonce);
    PAIR(w->executor_count, m->hello.executor_count);
}

/* The reason that a message of this kind carries, or NULL. */
static char *text_of(leat_control *m)
{
    if (m->kind == LEAT_CONTROL_NACK)
        return m->nack.text;
    if (m->kind == LEAT_CONTROL_GAP || m->kind == LEAT_CONTROL_STALLED ||
        m->kind == LEAT_CONTROL_FAILED)
        return m->trouble.text;
    if (m->kind == LEAT_CONTROL_STATS)
        return m->stats.waiting;
    return NULL;
}

static leat_blob **blob_of(leat_control *m)
{
    if (m->kind == LEAT_CONTROL_SPLITS)
        return &m->splits.names;
    if (m->kind == LEAT_CONTROL_CHUNK)
        return &m->chunk.bytes;
    if (m->kind == LEAT_CONTROL_MANIFEST)
        return &m->manifest.bytes;
    if (m->kind == LEAT_CONTROL_SEED_PAGE)
        return &m->seed_page.bytes;
    return NULL;
}

static leat_worker_place *place_of(leat_control *m)
{
    if (m->kind == LEAT_CONTROL_FOLLOW)
        return &m->follow.owner;
    if (m->kind == LEAT_CONTROL_SEED)
        return &m->seed.to;
    return NULL;
}

/* -- encode ------------------------------------------------------------------------------- */

static ProtobufCBinaryData wire_bytes(leat_bytes bytes)
{
    return (ProtobufCBinaryData){.len = bytes.size,
                                 .data = (uint8_t *)(uintptr_t)(const void *)bytes.data};
}

static ProtobufCBinaryData wire_text(const char *text)
{
    return wire_bytes(leat_bytes_text(text));
}

static Leat__Place *wire_place(leat_arena *arena, const leat_worker_place *place)
{
    Leat__Place *w = LEAT_ARENA_NEW(arena, Leat__Place);
    leat__place__init(w);
    w->worker = place->worker;
    w->endpoint = wire_text(place->endpoint);
    return w;
}

static void wire_slots(leat_arena *arena, const leat_deployment *d, wire_deployment *w)
{
    w->n_slots = d->slot_count;
    w->slots = LEAT_ARENA_ARRAY(arena, Leat__SlotPlace *, d->slot_count);
    for (uint32_t s = 0; s < d->slot_count; s++) {
        Leat__SlotPlace *slot = LEAT_ARENA_NEW(arena, Leat__SlotPlace);
        leat__slot_place__init(slot);
        slot->worker = d->slots[s].worker;
        slot->executor = d->slots[s].executor;
        slot->n_standbys = d->slots[s].standby_count;
        slot->standbys =
            leat_arena_copy(arena, d->slots[s].standbys, slot->n_standbys * sizeof(uint32_t));
        w->slots[s] = slot;
    }
}

static void wire_restore(leat_arena *arena, const leat_deployment *d, wire_deployment *w)
{
    w->n_manifests = d->manifest_count;
    w->manifests = LEAT_ARENA_ARRAY(arena, Leat__RestoreManifest *, d->manifest_count);
    for (uint32_t i = 0; i < d->manifest_count; i++) {
        w->manifests[i] = LEAT_ARENA_NEW(arena, Leat__RestoreManifest);
        leat__restore_manifest__init(w->manifests[i]);
        w->manifests[i]->slot = d->manifests[i].slot;
        w->manifests[i]->hash = d->manifests[i].hash;
    }
    w->n_splits = d->split_count;
    w->splits = LEAT_ARENA_ARRAY(arena, Leat__Split *, d->split_count);
    for (uint32_t i = 0; i < d->split_count; i++) {
        w->splits[i] = LEAT_ARENA_NEW(arena, Leat__Split);
        leat__split__init(w->splits[i]);
        w->splits[i]->source = d->splits[i].source;
        w->splits[i]->number = d->splits[i].number;
        w->splits[i]->name = wire_bytes(d->splits[i].name);
    }
    w->n_listed_sources = d->listed_count;
    w->listed_sources = d->listed_sources;
}

static wire_deployment *wire_deployment_of(leat_arena *arena, const leat_deployment *d)
{
    wire_deployment *w = LEAT_ARENA_NEW(arena, wire_deployment);
    leat__deployment__init(w);
    w->job = d->job;
    w->generation = d->generation;
    w->restore_epoch = d->restore_epoch;
    w->plan = wire_bytes(leat_blob_bytes(d->plan));
    w->n_key_groups = d->key_group_count;
    w->key_groups = LEAT_ARENA_ARRAY(arena, uint32_t, d->key_group_count);
    for (uint32_t g = 0; g < d->key_group_count; g++)
        w->key_groups[g] = d->key_groups[g];
    w->n_workers = d->worker_count;
    w->workers = LEAT_ARENA_ARRAY(arena, Leat__Place *, d->worker_count);
    for (uint32_t i = 0; i < d->worker_count; i++)
        w->workers[i] = wire_place(arena, &d->workers[i]);
    wire_slots(arena, d, w);
    wire_restore(arena, d, w);
    return w;
}

static Leat__Hello *wire_hello(leat_arena *arena, leat_control *m)
{
    Leat__Hello *w = LEAT_ARENA_NEW(arena, Leat__Hello);
    leat__hello__init(w);
    map_hello(w, m, true);
    w->name = wire_text(m->hello.name);
    w->endpoint = wire_text(m->hello.endpoint);
    w->n_jobs = m->hello.job_count;
    w->jobs = LEAT_ARENA_ARRAY(arena, Leat__JobMemory *, m->hello.job_count);
    for (uint32_t i = 0; i < m->hello.job_count; i++) {
        w->jobs[i] = LEAT_ARENA_NEW(arena, Leat__JobMemory);
        leat__job_memory__init(w->jobs[i]);
        w->jobs[i]->job = m->hello.jobs[i].job;
        w->jobs[i]->generation_seen = m->hello.jobs[i].generation_seen;
        w->jobs[i]->decided_epoch = m->hello.jobs[i].decided_epoch;
    }
    return w;
}

void leat_control_encode(const leat_control *message, leat_buf *out)
{
    leat_arena arena = {0};
    leat_control m = *message; /* borrowed: the pairs want it mutable */
    wire_control w = LEAT__CONTROL__INIT;
    w.kind = (uint32_t)m.kind;
    w.session = m.session;
    w.seq = m.seq;
    w.job = m.job;
    w.slot = m.slot;
    w.generation = m.generation;
    map_numbers(&w, &m, true);
    if (text_of(&m) != NULL)
        w.text = wire_text(text_of(&m));
    if (blob_of(&m) != NULL)
        w.bytes = wire_bytes(leat_blob_bytes(*blob_of(&m)));
    if (place_of(&m) != NULL)
        w.place = wire_place(&arena, place_of(&m));
    if (m.kind == LEAT_CONTROL_DEPLOY)
        w.deployment = wire_deployment_of(&arena, m.deploy.deployment);
    if (m.kind == LEAT_CONTROL_HELLO)
        w.hello = wire_hello(&arena, &m);
    Leat__Stats stats = LEAT__STATS__INIT;
    if (m.kind == LEAT_CONTROL_STATS) {
        map_stats(&stats, &m.stats, true);
        w.stats = &stats;
    }
    size_t size = leat__control__get_packed_size(&w);
    leat__control__pack(&w, (uint8_t *)leat_buf_reserve(out, size));
    out->size += size;
    leat_arena_fini(&arena);
}

/* -- decode ------------------------------------------------------------------------------- */

enum { EXPANSION_MAX = 16, EXPANSION_BYTES = 64 * 1024 };

/* An arena with an end: protobuf-c allocates per element, and an empty element costs the sender
 * two bytes. Nothing is freed one by one. */
typedef struct bounded_arena {
    leat_arena arena;
    size_t left_bytes;
} bounded_arena;

static void *bounded_alloc(void *self, size_t size)
{
    bounded_arena *bounded = self;
    if (size > bounded->left_bytes)
        return NULL;
    bounded->left_bytes -= size;
    return leat_arena_alloc(&bounded->arena, size);
}

static void bounded_free(void *self, void *pointer)
{
    (void)self;
    (void)pointer;
}

static leat_bytes bytes_of(const ProtobufCBinaryData *data)
{
    return leat_bytes_of(data->data, data->len);
}

/* Copy as text of at most size - 1 bytes; false when it is longer or has a NUL inside. */
static bool read_text(const ProtobufCBinaryData *data, char *out, size_t size)
{
    if (data->len >= size || memchr(data->len > 0 ? data->data : (const uint8_t *)"", 0, data->len))
        return false;
    if (data->len > 0)
        memcpy(out, data->data, data->len);
    out[data->len] = '\0';
    return true;
}

static bool read_place(const Leat__Place *w, leat_worker_place *place)
{
    if (w == NULL)
        return false;
    place->worker = w->worker;
    return read_text(&w->endpoint, place->endpoint, sizeof place->endpoint);
}

static bool read_slots(const wire_deployment *w, leat_deployment *d)
{
    for (uint32_t s = 0; s < d->slot_count; s++) {
        const Leat__SlotPlace *from = w->slots[s];
        if (from->n_standbys > LEAT_COUNT_OF(d->slots[s].standbys))
            return false;
        d->slots[s].worker = from->worker;
        d->slots[s].executor = from->executor;
        d->slots[s].standby_count = (uint32_t)from->n_standbys;
        for (size_t i = 0; i < from->n_standbys; i++)
            d->slots[s].standbys[i] = from->standbys[i];
    }
    return true;
}

static bool read_tables(const wire_deployment *w, leat_deployment *d)
{
    for (uint32_t g = 0; g < d->key_group_count; g++) {
        if (w->key_groups[g] > UINT16_MAX)
            return false;
        d->key_groups[g] = (uint16_t)w->key_groups[g];
    }
    for (uint32_t i = 0; i < d->worker_count; i++)
        if (!read_place(w->workers[i], &d->workers[i]))
            return false;
    for (uint32_t i = 0; i < d->manifest_count; i++)
        d->manifests[i] =
            (leat_restore_manifest){.slot = w->manifests[i]->slot, .hash = w->manifests[i]->hash};
    for (uint32_t i = 0; i < d->split_count; i++) {
        leat_split split = {.source = w->splits[i]->source,
                            .number = w->splits[i]->number,
                            .name = bytes_of(&w->splits[i]->name)};
        leat_deployment_set_split(d, i, &split);
    }
    for (uint32_t i = 0; i < d->listed_count; i++)
        d->listed_sources[i] = w->listed_sources[i];
    return read_slots(w, d);
}

static leat_deployment *read_deployment(const wire_deployment *w)
{
    if (w == NULL || w->n_key_groups > LEAT_KEY_GROUPS_MAX || w->n_slots > LEAT_PARALLELISM_MAX ||
        w->n_workers > LEAT_WORKERS_MAX || w->n_splits > LEAT_SPLITS_MAX)
        return NULL;
    leat_deployment_sizes sizes = {.key_group_count = (uint32_t)w->n_key_groups,
                                   .slot_count = (uint32_t)w->n_slots,
                                   .worker_count = (uint32_t)w->n_workers,
                                   .manifest_count = (uint32_t)w->n_manifests,
                                   .split_count = (uint32_t)w->n_splits,
                                   .listed_count = (uint32_t)w->n_listed_sources};
    leat_deployment *d = leat_deployment_new(&sizes);
    d->job = w->job;
    d->generation = w->generation;
    d->restore_epoch = w->restore_epoch;
    d->plan = leat_blob_copy(bytes_of(&w->plan));
    if (!read_tables(w, d) || !leat_deployment_check(d))
        leat_deployment_unref(&d);
    return d;
}

static bool read_hello(Leat__Hello *w, leat_control *m)
{
    if (w == NULL || w->n_jobs > LEAT_JOBS_MAX || w->executor_count > LEAT_EXECUTORS_MAX)
        return false;
    map_hello(w, m, false);
    if (!read_text(&w->name, m->hello.name, sizeof m->hello.name) ||
        !read_text(&w->endpoint, m->hello.endpoint, sizeof m->hello.endpoint))
        return false;
    m->hello.job_count = (uint32_t)w->n_jobs;
    if (w->n_jobs > 0)
        m->hello.jobs = leat_alloc_zero(w->n_jobs, sizeof *m->hello.jobs);
    for (size_t i = 0; i < w->n_jobs; i++)
        m->hello.jobs[i] = (leat_job_memory){.job = w->jobs[i]->job,
                                             .generation_seen = w->jobs[i]->generation_seen,
                                             .decided_epoch = w->jobs[i]->decided_epoch};
    return true;
}

static bool read_control(wire_control *w, leat_control *m)
{
    if (w->kind == LEAT_CONTROL_NONE || w->kind >= LEAT_CONTROL_KIND_COUNT)
        return false;
    m->kind = (leat_control_kind)w->kind;
    m->session = w->session;
    m->seq = w->seq;
    m->job = w->job;
    m->slot = w->slot;
    m->generation = w->generation;
    map_numbers(w, m, false);
    if (text_of(m) != NULL && !read_text(&w->text, text_of(m), LEAT_CONTROL_TEXT_MAX))
        return false;
    if (blob_of(m) != NULL)
        *blob_of(m) = leat_blob_copy(bytes_of(&w->bytes));
    if (place_of(m) != NULL && !read_place(w->place, place_of(m)))
        return false;
    if (m->kind == LEAT_CONTROL_STATS && w->stats != NULL)
        map_stats(w->stats, &m->stats, false);
    if (m->kind == LEAT_CONTROL_HELLO)
        return read_hello(w->hello, m);
    if (m->kind == LEAT_CONTROL_DEPLOY) {
        m->deploy.deployment = read_deployment(w->deployment);
        return m->deploy.deployment != NULL;
    }
    return true;
}

leat_code leat_control_decode(leat_bytes bytes, leat_control *out_message, leat_error *err)
{
    bounded_arena bounded = {.left_bytes = bytes.size * EXPANSION_MAX + EXPANSION_BYTES};
    ProtobufCAllocator allocator = {
        .alloc = bounded_alloc, .free = bounded_free, .allocator_data = &bounded};
    wire_control *w =
        leat__control__unpack(&allocator, bytes.size, (const uint8_t *)(const void *)bytes.data);
    leat_control m = {0};
    bool is_good = w != NULL && read_control(w, &m);
    leat_arena_fini(&bounded.arena);
    if (!is_good) {
        leat_control_fini(&m);
        return leat_fail(err, LEAT_CORRUPT, "not a control message (%zu bytes)", bytes.size);
    }
    *out_message = m;
    return LEAT_OK;
}
