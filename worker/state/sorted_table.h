/* SPDX-License-Identifier: Apache-2.0
 *
 * sorted_table - many rows per key, in an order: join sides, partitions of Top-N and OVER,
 * versions, sessions, timers.
 *
 *     table -> key group -> bin (one key) -> entries, ascending by their order bytes
 *     entry =  order bytes (unique in the bin) | value bytes
 *
 * Order bytes compare with memcmp; the first eight of them lie beside the pointer, so that most
 * searches touch no entry. Neither order nor value has columns here: operators/stored_row.h and
 * operators/sort_key.h write and read them. The order bytes of an entry never change; its value
 * may, in place, after touch, and keeps its size.
 *
 * Invariants
 *   O1  entries of a bin are strictly ascending by order bytes.
 *   O2  an entry that was removed, and a bin without entries, stay readable until the next
 *       sweep: rows that are being put out may point at them.
 *   O3  a bin without entries is no state: it is never gathered.
 *   O4  a bin whose key starts with the byte 0xff is bookkeeping (timers.h), no key of rows:
 *       canonical key bytes never do. It takes no arrival numbers.
 *
 * Epochs are those of state.h. Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_STATE_SORTED_TABLE_H
#define LEAT_WORKER_STATE_SORTED_TABLE_H

#include "common/columns/type.h"
#include "worker/state/record.h"

typedef struct leat_sorted_table leat_sorted_table;
typedef struct leat_bin leat_bin;

typedef struct leat_entry {
    leat_bin *bin;
    uint32_t stamp;   /* of its last change (table_layout.h) */
    uint32_t created; /* */
    uint32_t order_size;
    uint32_t value_size;
    uint16_t list_count; /* change lists that name it */
    bool is_removed;
    _Alignas(8) char order[]; /* order bytes, then the value at the next multiple of 8 */
} leat_entry;

static inline char *leat_entry_value(leat_entry *entry)
{
    return entry->order + (entry->order_size + 7u) / 8u * 8u;
}

static inline leat_bytes leat_entry_order(const leat_entry *entry)
{
    return leat_bytes_of(entry->order, entry->order_size);
}

/* Keys to look up: bytes of the i-th key are [starts[i], starts[i + 1]) of `bytes`. */
typedef struct leat_bin_run {
    const char *bytes;
    const uint32_t *starts;
    const uint64_t *hashes; /* hashes[i] chooses the key group */
    uint32_t count;
} leat_bin_run;

/* The bin of every key; absent ones are made, or NULL when not is_making. Valid until
 * the next sweep, and as long as they have entries. */
void leat_sorted_bins(leat_sorted_table *table,
                      const leat_bin_run *run,
                      bool is_making,
                      leat_bin **out_bins);
leat_bin *leat_sorted_bin(leat_sorted_table *table, uint64_t hash, leat_bytes key, bool is_making);
/* Every bin of a key group, in table order: pass NULL first; NULL at the end. No making, no
 * sweep in between. */
leat_bin *
leat_sorted_next_bin(const leat_sorted_table *table, uint32_t key_group, const leat_bin *after);

enum { LEAT_BIN_OWN = 0xff };

static inline bool leat_bin_key_is_own(leat_bytes key)
{
    return key.size > 0 && (uint8_t)key.data[0] == LEAT_BIN_OWN; /* O4 */
}

uint32_t leat_bin_count(const leat_bin *bin);
uint64_t leat_bin_hash(const leat_bin *bin);
leat_bytes leat_bin_key(const leat_bin *bin);
uint32_t leat_bin_key_group(const leat_bin *bin);
/* The caller's scratch for finding repeats within a batch; 0 in a bin that was just made or
 * restored; no part of the state. */
uint32_t *leat_bin_mark(leat_bin *bin);

/* A position in a bin. Valid until the next insert into or removal from the bin. */
typedef struct leat_bin_place {
    leat_bin *bin;
    uint32_t block;
    uint32_t item;
} leat_bin_place;

leat_bin_place leat_bin_first(leat_bin *bin);
/* The first entry whose order bytes are not below `order`. */
leat_bin_place leat_bin_seek(leat_bin *bin, leat_bytes order);
leat_bin_place leat_bin_last(leat_bin *bin); /* the end when empty */
/* The entry there, NULL at the end. */
leat_entry *leat_bin_at(const leat_bin_place *place);
void leat_bin_next(leat_bin_place *place);
/* False, and unmoved, at the first entry. */
bool leat_bin_previous(leat_bin_place *place);
/* Entries before the place: its rank. */
uint32_t leat_bin_rank(const leat_bin_place *place);
leat_bin_place leat_bin_nth(leat_bin *bin, uint32_t rank);

leat_entry *leat_bin_find(leat_bin *bin, leat_bytes order);
/* A new entry with a value of zeros, marked as changed. Needs: no entry with that order. */
leat_entry *
leat_bin_insert(leat_sorted_table *table, leat_bin *bin, leat_bytes order, uint32_t value_size);
/* Its value is about to change. */
void leat_entry_touch(leat_sorted_table *table, leat_entry *entry);
/* The place then stands at the entry behind it. */
void leat_bin_remove(leat_sorted_table *table, leat_bin_place *place);
void leat_entry_remove(leat_sorted_table *table, leat_entry *entry);
/* Free what was removed and nothing needs any more, and bins without entries (O2). */
void leat_sorted_sweep(leat_sorted_table *table);

/* A number above every one that an entry of the key group has: order bytes that end in it, big
 * endian, are in the order of arrival. Only for tables made with has_arrival. */
uint64_t leat_sorted_arrival(leat_sorted_table *table, uint32_t key_group);

/* As in table.h. */
leat_time leat_sorted_watermark(const leat_sorted_table *table, uint32_t key_group);
leat_time leat_sorted_watermark_max(const leat_sorted_table *table);
void leat_sorted_advance(leat_sorted_table *table, leat_time watermark);

uint64_t leat_sorted_entry_count(const leat_sorted_table *table);
uint32_t leat_sorted_key_group_count(const leat_sorted_table *table);
bool leat_sorted_owns(const leat_sorted_table *table, uint32_t key_group);

#endif
