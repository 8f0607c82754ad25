/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/record_run.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"

typedef struct run_head {
    uint64_t hash;
    int64_t pane;
    uint32_t kind;
    uint32_t key_size;
    uint32_t value_size;
    uint32_t size; /* of the whole record, padding included */
} run_head;

void leat_record_run_fini(leat_record_run *run)
{
    leat_buf_fini(&run->bytes);
    run->head = 0;
}

void leat_record_run_clear(leat_record_run *run)
{
    leat_buf_clear(&run->bytes);
    run->head = 0;
}

void leat_record_run_append(leat_record_run *run, const leat_record_run *from)
{
    if (from->bytes.size > 0)
        leat_buf_add(&run->bytes, from->bytes.data, from->bytes.size);
    run->head = run->bytes.size;
}

void leat_record_run_begin(leat_record_run *run, leat_record_kind kind, uint64_t hash, int64_t pane)
{
    run_head head = {.hash = hash, .pane = pane, .kind = (uint32_t)kind};
    run->head = run->bytes.size;
    leat_buf_add(&run->bytes, &head, sizeof head);
}

static run_head head_read(const leat_record_run *run, size_t at)
{
    run_head head;
    memcpy(&head, run->bytes.data + at, sizeof head);
    return head;
}

static void head_write(leat_record_run *run, const run_head *head)
{
    memcpy(run->bytes.data + run->head, head, sizeof *head);
}

void leat_record_run_key_end(leat_record_run *run)
{
    run_head head = head_read(run, run->head);
    head.key_size = (uint32_t)(run->bytes.size - run->head - sizeof head);
    head_write(run, &head);
}

void leat_record_run_end(leat_record_run *run)
{
    static const char zeros[8];
    run_head head = head_read(run, run->head);
    head.value_size = (uint32_t)(run->bytes.size - run->head - sizeof head - head.key_size);
    leat_buf_add(&run->bytes, zeros, (8 - run->bytes.size % 8) % 8);
    head.size = (uint32_t)(run->bytes.size - run->head);
    head_write(run, &head);
}

char *leat_record_run_add(leat_record_run *run,
                          leat_record_kind kind,
                          uint64_t hash,
                          int64_t pane,
                          size_t key_size,
                          size_t value_size)
{
    size_t size = (sizeof(run_head) + key_size + value_size + 7) / 8 * 8;
    char *at = leat_buf_reserve(&run->bytes, size);
    run_head head = {.hash = hash,
                     .pane = pane,
                     .kind = (uint32_t)kind,
                     .key_size = (uint32_t)key_size,
                     .value_size = (uint32_t)value_size,
                     .size = (uint32_t)size};
    memset(at + size - sizeof(uint64_t), 0, sizeof(uint64_t)); /* padding */
    memcpy(at, &head, sizeof head);
    run->head = run->bytes.size;
    run->bytes.size += size;
    return at + sizeof head;
}

void leat_record_order_fini(leat_record_order *order)
{
    leat_free(order->items);
    leat_hash_sorter_fini(&order->sorter);
    *order = (leat_record_order){0};
}

static leat_bytes key_at(const leat_record_run *run, size_t at, const run_head *head)
{
    return leat_bytes_of(run->bytes.data + at + sizeof *head, head->key_size);
}

/* 0 when both stand for the same row. */
static int identity_compare(const leat_record_run *run, uint64_t a, uint64_t b)
{
    run_head left = head_read(run, a), right = head_read(run, b);
    int keys = leat_bytes_compare(key_at(run, a, &left), key_at(run, b, &right));
    if (keys != 0)
        return keys;
    return left.pane < right.pane ? -1 : left.pane > right.pane;
}

static int run_tie(const void *self, uint64_t a, uint64_t b)
{
    const leat_record_run *run = self;
    int identity = identity_compare(run, a, b);
    if (identity != 0)
        return identity;
    return (int)head_read(run, a).kind - (int)head_read(run, b).kind; /* PUT before REMOVE */
}

static uint32_t order_fill(leat_record_order *order, const leat_record_run *run)
{
    uint32_t count = 0;
    for (size_t at = 0; at < run->bytes.size; count++) {
        run_head head = head_read(run, at);
        if (count == order->capacity) {
            order->capacity = LEAT_MAX(order->capacity * 2, (uint32_t)64);
            order->items = leat_realloc(order->items, order->capacity * sizeof *order->items);
        }
        order->items[count] = (leat_hash_item){head.hash, at};
        at += head.size;
    }
    return count;
}

uint32_t leat_record_run_visit(const leat_record_run *run,
                               leat_record_order *order,
                               const leat_record *place,
                               uint32_t key_groups,
                               leat_record_visit *visit,
                               void *self)
{
    uint32_t count = order_fill(order, run);
    leat_hash_sort(&order->sorter, order->items, count, key_groups, run_tie, run);
    uint32_t visited = 0;
    for (uint32_t i = 0; i < count; i++) {
        const leat_hash_item *item = &order->items[i];
        if (i > 0 && item->hash == item[-1].hash &&
            identity_compare(run, item->payload, item[-1].payload) == 0)
            continue;
        run_head head = head_read(run, item->payload);
        leat_bytes key = key_at(run, item->payload, &head);
        leat_record record = *place;
        record.kind = (leat_record_kind)head.kind;
        record.hash = head.hash;
        record.pane = head.pane;
        record.key = key;
        record.value = leat_bytes_of(key.data + key.size, head.value_size);
        visit(self, &record);
        visited++;
    }
    return visited;
}
