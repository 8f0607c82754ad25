/* SPDX-License-Identifier: Apache-2.0
 *
 * store_key - the keys of journal and base: fixed layouts, big endian, so that bytewise order is
 * the order of the numbers and one prefix is one job, epoch or key group.
 */
#ifndef LEAT_WORKER_STATE_STORE_KEY_H
#define LEAT_WORKER_STATE_STORE_KEY_H

#include "worker/state/manifest.h"

enum { LEAT_STORE_KEY_BYTES = 32 };

typedef struct leat_store_key {
    uint8_t bytes[LEAT_STORE_KEY_BYTES];
    size_t size;
} leat_store_key;

static inline void leat_store_key_add(leat_store_key *key, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        key->bytes[key->size++] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

static inline leat_bytes leat_store_key_bytes(const leat_store_key *key)
{
    return leat_bytes_of(key->bytes, key->size);
}

/* A big endian number inside a key. */
static inline uint64_t leat_store_key_number(leat_bytes key, size_t at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (uint8_t)key.data[at + i];
    return value;
}

/* 'd' or 'c' of a whole job, of an epoch, of one delta, one chunk. */
static inline leat_store_key leat_store_key_job(char kind, leat_job_id job)
{
    leat_store_key key = {.bytes = {(uint8_t)kind}, .size = 1};
    leat_store_key_add(&key, job.value, 4);
    return key;
}

static inline leat_store_key leat_store_key_epoch(char kind, leat_job_id job, leat_epoch epoch)
{
    leat_store_key key = leat_store_key_job(kind, job);
    leat_store_key_add(&key, epoch.value, 8);
    return key;
}

static inline leat_store_key
leat_store_key_delta(char kind, leat_job_id job, leat_epoch epoch, leat_slot_id slot)
{
    leat_store_key key = leat_store_key_epoch(kind, job, epoch);
    leat_store_key_add(&key, slot.value, 4);
    return key;
}

static inline leat_store_key leat_store_key_chunk(const leat_delta_id *id, uint32_t chunk_index)
{
    leat_store_key key = leat_store_key_delta('c', id->job, id->epoch, id->slot);
    leat_store_key_add(&key, chunk_index, 4);
    return key;
}

/* 'g' facts or 'p' pages of a key group. */
static inline leat_store_key leat_store_key_group(char kind, leat_job_id job, uint16_t key_group)
{
    leat_store_key key = leat_store_key_job(kind, job);
    leat_store_key_add(&key, key_group, 2);
    return key;
}

enum {
    LEAT_STORE_MANIFEST_KEY_BYTES = 1 + 4 + 8 + 4,
    LEAT_STORE_CHUNK_KEY_BYTES = LEAT_STORE_MANIFEST_KEY_BYTES + 4,
    LEAT_STORE_FACTS_KEY_BYTES = 1 + 4 + 2,
    LEAT_STORE_PAGE_KEY_BYTES = LEAT_STORE_FACTS_KEY_BYTES + 2 + 4,
};

#endif
