/* SPDX-License-Identifier: Apache-2.0
 *
 * Order bytes: time with its sign flipped, key hash, both big endian; kind; the key.
 */
#include "worker/state/timers.h"

#include "common/base/buf.h"
#include "common/columns/key_hash.h"

enum { HEAD_SIZE = 17 };

static const char own_key[] = {(char)LEAT_BIN_OWN};

/* A hash that lies in the key group and leads to its only bin. */
static uint64_t bin_hash(const leat_sorted_table *timers, uint32_t key_group)
{
    leat_u128 start = ((leat_u128)key_group << 64) + UINT16_MAX;
    return (uint64_t)(start / leat_sorted_key_group_count(timers));
}

static void add_big_endian(leat_buf *out, uint64_t value)
{
    leat_buf_add_u64(out, __builtin_bswap64(value));
}

void leat_timer_set(leat_sorted_table *timers, const leat_timer *timer)
{
    uint32_t key_group = leat_key_group_of(timer->hash, leat_sorted_key_group_count(timers));
    leat_bin *bin = leat_sorted_bin(timers, bin_hash(timers, key_group),
                                    leat_bytes_of(own_key, sizeof own_key), true);
    leat_buf order = {0};
    add_big_endian(&order, (uint64_t)timer->time ^ (UINT64_C(1) << 63));
    add_big_endian(&order, timer->hash);
    leat_buf_add_u8(&order, timer->kind);
    if (timer->key.size > 0)
        leat_buf_add(&order, timer->key.data, timer->key.size);
    if (leat_bin_find(bin, leat_buf_bytes(&order)) == NULL)
        leat_bin_insert(timers, bin, leat_buf_bytes(&order), 0);
    leat_buf_fini(&order);
}

static uint64_t read_big_endian(const char *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return __builtin_bswap64(value);
}

bool leat_timer_take(leat_sorted_table *timers,
                     uint32_t key_group,
                     leat_time now,
                     leat_timer *out_timer)
{
    leat_bin *bin = leat_sorted_bin(timers, bin_hash(timers, key_group),
                                    leat_bytes_of(own_key, sizeof own_key), false);
    if (bin == NULL)
        return false;
    leat_bin_place first = leat_bin_first(bin);
    leat_entry *entry = leat_bin_at(&first);
    if (entry == NULL || entry->order_size < HEAD_SIZE)
        return false;
    leat_time time = (leat_time)(read_big_endian(entry->order) ^ (UINT64_C(1) << 63));
    if (time > now)
        return false;
    *out_timer = (leat_timer){
        .time = time,
        .hash = read_big_endian(entry->order + 8),
        .kind = (uint8_t)entry->order[16],
        .key = leat_bytes_of(entry->order + HEAD_SIZE, entry->order_size - HEAD_SIZE),
    };
    leat_bin_remove(timers, &first);
    return true;
}
