/* SPDX-License-Identifier: Apache-2.0
 *
 * deployment - who runs what in one generation of one job: the whole assignment, read-only.
 *
 * Built by the coordinator, sent in DEPLOY to every worker that owns or follows a slot, shared
 * by reference with the slots. Immutable once shared; any thread may hold a reference.
 *
 * Invariants
 *   D1  key_groups[g] < slot_count for every key group g.
 *   D2  Every slot has exactly one owner; the owner is not among its standbys.
 *   D3  The owner and every standby marked `in_sync` can restore `restore_epoch` by contract.
 */
#ifndef LEAT_COMMON_PLAN_DEPLOYMENT_H
#define LEAT_COMMON_PLAN_DEPLOYMENT_H

#include <stdatomic.h>

#include "common/base/blob.h"
#include "common/base/limits.h"

enum { LEAT_ENDPOINT_MAX = 96 }; /* "tcp://host:port" and its NUL */

/* A worker as others reach it. */
typedef struct leat_worker_place {
    uint32_t worker;                  /* id that the coordinator gave to a data folder */
    char endpoint[LEAT_ENDPOINT_MAX]; /* data endpoint */
} leat_worker_place;

typedef struct leat_slot_place {
    uint32_t worker;   /* owner */
    uint32_t executor; /* of that worker */
    uint32_t standby_count;
    uint32_t standbys[LEAT_REPLICAS_MAX - 1]; /* in sync at this generation's start */
} leat_slot_place;

/* The delta that one slot (of whatever generation it was) wrote for the restore epoch. */
typedef struct leat_restore_manifest {
    uint32_t slot;
    uint64_t hash;
} leat_restore_manifest;

/* A source's split; it lives in key group `number` mod key_group_count. */
typedef struct leat_split {
    uint32_t source; /* operator index in the physical plan */
    uint32_t number; /* 0, 1, ... per source, in the order they were logged */
    leat_bytes name; /* the connector's: path, range ... */
} leat_split;

typedef struct leat_deployment {
    atomic_uint_least32_t references;
    uint32_t job;
    uint64_t generation;
    uint64_t restore_epoch; /* last completed epoch; 0 = start from nothing */
    leat_blob *plan;        /* physical plan, wire format */

    uint32_t key_group_count;
    uint16_t *key_groups; /* key group -> slot */
    uint32_t slot_count;
    leat_slot_place *slots;
    uint32_t worker_count;
    leat_worker_place *workers; /* every worker named above, by id */

    uint32_t manifest_count;
    leat_restore_manifest *manifests; /* what restore_epoch consists of; empty when it is 0 */
    uint32_t split_count;
    leat_split *splits; /* all that were logged, by (source, number) */
    uint32_t listed_count;
    uint32_t *listed_sources; /* sources whose list of splits is final */
} leat_deployment;

/* Arrays of the given lengths, zeroed; one reference. Fill, then share. */
typedef struct leat_deployment_sizes {
    uint32_t key_group_count, slot_count, worker_count, manifest_count, split_count, listed_count;
} leat_deployment_sizes;

leat_deployment *leat_deployment_new(const leat_deployment_sizes *sizes);
/* Copy a split's name into the deployment's memory. */
void leat_deployment_set_split(leat_deployment *deployment, uint32_t at, const leat_split *split);
leat_deployment *leat_deployment_ref(leat_deployment *deployment);
void leat_deployment_unref(leat_deployment **deployment); /* NULL inside is fine; sets NULL */

/* NULL when the worker has no part in it. */
const leat_worker_place *leat_deployment_worker(const leat_deployment *deployment, uint32_t worker);
bool leat_deployment_is_standby(const leat_deployment *deployment, uint32_t slot, uint32_t worker);

/* Every rule of D1, D2 and the limits above: what a decoder calls on bytes from outside. */
LEAT_MUST_USE bool leat_deployment_check(const leat_deployment *deployment);

#endif
