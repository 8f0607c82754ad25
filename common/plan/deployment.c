/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/deployment.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"

leat_deployment *leat_deployment_new(const leat_deployment_sizes *sizes)
{
    leat_deployment *d = LEAT_NEW(leat_deployment);
    atomic_init(&d->references, 1);
    d->key_group_count = sizes->key_group_count;
    d->key_groups = leat_alloc_zero(sizes->key_group_count, sizeof *d->key_groups);
    d->slot_count = sizes->slot_count;
    d->slots = leat_alloc_zero(sizes->slot_count, sizeof *d->slots);
    d->worker_count = sizes->worker_count;
    d->workers = leat_alloc_zero(sizes->worker_count, sizeof *d->workers);
    d->manifest_count = sizes->manifest_count;
    d->manifests = leat_alloc_zero(sizes->manifest_count, sizeof *d->manifests);
    d->split_count = sizes->split_count;
    d->splits = leat_alloc_zero(sizes->split_count, sizeof *d->splits);
    d->listed_count = sizes->listed_count;
    d->listed_sources = leat_alloc_zero(sizes->listed_count, sizeof *d->listed_sources);
    return d;
}

void leat_deployment_set_split(leat_deployment *deployment, uint32_t at, const leat_split *split)
{
    LEAT_ASSERT(at < deployment->split_count && deployment->splits[at].name.data == NULL);
    char *name = leat_alloc(split->name.size);
    if (split->name.size > 0)
        memcpy(name, split->name.data, split->name.size);
    deployment->splits[at] = *split;
    deployment->splits[at].name = leat_bytes_of(name, split->name.size);
}

leat_deployment *leat_deployment_ref(leat_deployment *deployment)
{
    if (deployment != NULL)
        atomic_fetch_add_explicit(&deployment->references, 1, memory_order_relaxed);
    return deployment;
}

static void deployment_free(leat_deployment *d)
{
    leat_blob_unref(&d->plan);
    for (uint32_t i = 0; i < d->split_count; i++) {
        void *name;
        memcpy(&name, &d->splits[i].name.data, sizeof name); /* owned here, const to readers */
        leat_free(name);
    }
    leat_free(d->key_groups);
    leat_free(d->slots);
    leat_free(d->workers);
    leat_free(d->manifests);
    leat_free(d->splits);
    leat_free(d->listed_sources);
    leat_free(d);
}

void leat_deployment_unref(leat_deployment **deployment)
{
    leat_deployment *old = LEAT_TAKE(*deployment);
    if (old == NULL)
        return;
    if (atomic_fetch_sub_explicit(&old->references, 1, memory_order_acq_rel) == 1)
        deployment_free(old);
}

const leat_worker_place *leat_deployment_worker(const leat_deployment *deployment, uint32_t worker)
{
    for (uint32_t i = 0; i < deployment->worker_count; i++) {
        if (deployment->workers[i].worker == worker)
            return &deployment->workers[i];
    }
    return NULL;
}

bool leat_deployment_is_standby(const leat_deployment *deployment, uint32_t slot, uint32_t worker)
{
    const leat_slot_place *place = &deployment->slots[slot];
    for (uint32_t i = 0; i < place->standby_count; i++) {
        if (place->standbys[i] == worker)
            return true;
    }
    return false;
}

static bool slot_check(const leat_deployment *d, const leat_slot_place *place)
{
    if (leat_deployment_worker(d, place->worker) == NULL)
        return false;
    if (place->standby_count > LEAT_REPLICAS_MAX - 1)
        return false;
    for (uint32_t i = 0; i < place->standby_count; i++) {
        uint32_t standby = place->standbys[i];
        if (standby == place->worker || leat_deployment_worker(d, standby) == NULL)
            return false; /* D2 */
    }
    return true;
}

bool leat_deployment_check(const leat_deployment *deployment)
{
    if (deployment->slot_count == 0 || deployment->slot_count > LEAT_PARALLELISM_MAX)
        return false;
    if (deployment->key_group_count == 0 || deployment->key_group_count > LEAT_KEY_GROUPS_MAX)
        return false;
    for (uint32_t g = 0; g < deployment->key_group_count; g++) {
        if (deployment->key_groups[g] >= deployment->slot_count)
            return false; /* D1 */
    }
    for (uint32_t s = 0; s < deployment->slot_count; s++) {
        if (!slot_check(deployment, &deployment->slots[s]))
            return false;
    }
    return true;
}
