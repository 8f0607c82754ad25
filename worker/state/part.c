/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/table_layout.h"

#include "common/base/alloc.h"

enum {
    CAPACITY_MIN = 4,
    TAIL_MAX = 16,    /* where the hash is good, more than this means the part is too full */
    LIST_MIN = 16,    /* a change list shorter than this is always worth keeping */
    LIST_QUARTER = 4, /* else one longer than a quarter of the rows is not */
};

static const uint64_t GOLDEN = UINT64_C(0x9E3779B97F4A7C15);

/* Staggered between 0.60 and 0.80 of the capacity, so that key groups do not double together. */
static uint32_t part_threshold(uint32_t capacity, uint32_t key_group)
{
    uint32_t spread = (key_group * UINT32_C(0x9E3779B1)) >> 24; /* 0 .. 255 */
    return (uint32_t)((uint64_t)capacity * (154 + spread * 51 / 255) / 256);
}

static void part_allocate(leat_table *table, leat_part *part, uint32_t capacity, uint32_t tail)
{
    part->capacity = capacity;
    part->tail = tail;
    part->used = 0;
    part->threshold = part_threshold(capacity, part->key_group);
    size_t row_count = (size_t)capacity + tail + 1;
    size_t tags_at = row_count * table->row_size;
    size_t tag_bytes = (row_count + LEAT_TAGS_PAD) * sizeof *part->tags;
    part->block = leat_row_memory_take(&table->memory, tags_at + tag_bytes);
    part->rows = part->block.data;
    part->tags = (uint16_t *)(void *)(part->rows + tags_at);
}

leat_part *leat_part_new(leat_table *table, leat_pane *pane, uint32_t key_group)
{
    LEAT_ASSERT(table->groups[key_group].is_owned); /* S3 */
    leat_part *part = LEAT_NEW(leat_part);
    part->key_group = key_group;
    part->pane = pane->end;
    part->created = table->stamp;
    part->roll = table->freeze_count;
    part_allocate(table, part, CAPACITY_MIN, CAPACITY_MIN);
    table->bytes += sizeof *part;

    leat_home *home = &pane->homes[key_group];
    home->part = part;
    home->rows = part->rows;
    home->tags = part->tags;
    home->mask = part->capacity - 1;
    home->multiplier = table->order_multiplier;
    return part;
}

static void changes_fini(leat_change_list *changes)
{
    leat_vec_fini(&changes->slots);
    leat_record_run_fini(&changes->removed);
}

void leat_part_free(leat_table *table, leat_part **part)
{
    leat_part *p = LEAT_TAKE(*part);
    if (p == NULL)
        return;
    table->bytes -= sizeof *p + p->heap.held_bytes;
    leat_row_memory_give(&table->memory, &p->block);
    changes_fini(&p->dirty);
    changes_fini(&p->frozen);
    leat_record_run_fini(&p->early);
    leat_text_heap_fini(&p->heap);
    leat_free(p);
}

static void changes_clear(leat_change_list *changes)
{
    leat_vec_clear(&changes->slots);
    changes->is_dropped = false;
    leat_record_run_clear(&changes->removed);
}

static void changes_append(leat_change_list *changes, const leat_change_list *more)
{
    changes->is_dropped |= more->is_dropped;
    for (size_t i = 0; i < more->slots.count; i++)
        leat_vec_push(&changes->slots, more->slots.items[i]);
    leat_record_run_append(&changes->removed, &more->removed);
}

/* Catch up with the table's last freeze: what was dirty becomes frozen. The frozen list of an
 * epoch that was never completed is kept in front of it: this is all that an abort takes. */
void leat_part_roll(const leat_table *table, leat_part *part)
{
    if (part->roll == table->freeze_count)
        return;
    bool was_aborted = part->frozen_stamp > table->completed;
    if (!was_aborted)
        changes_clear(&part->frozen);
    changes_append(&part->frozen, &part->dirty);
    changes_clear(&part->dirty);
    leat_record_run_clear(&part->early);
    part->frozen_stamp = table->frozen;
    part->roll = table->freeze_count;
}

static void changes_add(leat_change_list *changes, uint32_t slot, uint32_t live)
{
    if (changes->is_dropped)
        return;
    if (changes->slots.count >= LIST_MIN && changes->slots.count > live / LIST_QUARTER) {
        changes->is_dropped = true;
        leat_vec_fini(&changes->slots);
        return;
    }
    leat_vec_push(&changes->slots, slot);
}

/* A frozen row that the gather has not come to yet is put aside as it is. */
static void part_put_aside(leat_table *table, leat_part *part, const leat_row *row)
{
    if (leat_table_is_frozen(table, row->stamp) && part->key_group >= table->gather_group)
        leat_row_encode(table, part, row, &part->early);
}

static void part_compact(leat_table *table, leat_part *part);

void leat_part_touch(leat_table *table, leat_part *part, leat_row *row)
{
    leat_part_roll(table, part);
    part_put_aside(table, part, row);
    changes_add(&part->dirty, leat_part_slot(table, part, row), part->live);
    row->stamp = table->stamp;
    table->dirty_count++;
    if (LEAT_UNLIKELY(leat_text_heap_is_stale(&part->heap)))
        part_compact(table, part);
}

void leat_part_remove(leat_table *table, leat_part *part, leat_row *row)
{
    leat_part_roll(table, part);
    part_put_aside(table, part, row);
    leat_record_run *removed = &part->dirty.removed;
    leat_record_run_begin(removed, LEAT_RECORD_REMOVE, leat_row_hash(table, row), part->pane);
    leat_row_encode_key(table, row, &removed->bytes);
    leat_record_run_key_end(removed);
    leat_record_run_end(removed);

    bool is_null_row = row == leat_part_row(table, part, leat_part_null_slot(part));
    row->stamp = is_null_row ? ROW_EMPTY : ROW_REMOVED;
    part->live--;
    table->row_count--;
    table->dirty_count++;
}

/* Put a row that is known to be absent into a fresh array. False: the tail is full. */
static bool part_reinsert(const leat_table *table, const leat_home *home, const leat_row *row)
{
    const leat_part *part = home->part;
    const leat_row *closing = leat_part_row(table, part, part->capacity + part->tail - 1);
    leat_row *to = leat_home_row(table, home, row->head);
    while (to->stamp != ROW_EMPTY)
        to = leat_row_next(table, to);
    if (to == closing)
        return false;
    memcpy(to, row, table->row_size);
    leat_part_set_tag(table, home->part, to, leat_row_hash(table, to));
    return true;
}

/* Change lists name slots; after a move they are read off the stamps again. */
static void part_relist(const leat_table *table, leat_part *part)
{
    leat_vec_clear(&part->dirty.slots);
    leat_vec_clear(&part->frozen.slots);
    for (uint32_t slot = 0; slot <= leat_part_null_slot(part); slot++) {
        const leat_row *row = leat_part_row(table, part, slot);
        if (!leat_row_is_live(row) || row->stamp <= table->completed)
            continue;
        changes_add(row->stamp > table->frozen ? &part->dirty : &part->frozen, slot, part->live);
    }
}

static bool part_refill(leat_table *table, leat_home *home, const char *rows, uint32_t slots)
{
    leat_part *part = home->part;
    for (uint32_t i = 0; i < slots; i++) {
        const leat_row *row = (const leat_row *)(const void *)(rows + (size_t)i * table->row_size);
        if (!leat_row_is_live(row))
            continue;
        if (!part_reinsert(table, home, row))
            return false;
        part->used++;
    }
    return true;
}

/* Pick the next shape: mix ordered slots that crowd, double a full part, and give a longer tail to
 * one that crowds while nearly empty (keys chosen to collide). */
static void
part_reshape(const leat_table *table, leat_home *home, uint32_t *capacity, uint32_t *tail)
{
    const leat_part *part = home->part;
    bool is_full = part->used >= part->threshold;
    if (is_full) {
        if (part->live >= part->threshold / 2)
            *capacity *= 2; /* else most of it is removed rows */
    } else if (table->is_integer_key && home->multiplier != GOLDEN) {
        home->multiplier = GOLDEN;
    } else if (part->live > *capacity / 8) {
        *capacity *= 2;
    } else {
        *tail *= 2;
    }
    *tail = LEAT_MAX(*tail, LEAT_MIN(*capacity, (uint32_t)TAIL_MAX));
    home->mask = *capacity - 1;
}

/* Rows that somebody points at have new places. */
static void part_say_moved(const leat_table *table, const leat_part *part)
{
    for (uint32_t slot = 0; table->moved != NULL && slot <= leat_part_null_slot(part); slot++) {
        leat_row *row = leat_part_row(table, part, slot);
        char *cells = leat_row_cells(row);
        if (leat_row_is_live(row) && leat_cells_mark(cells) >= LEAT_MARK_FIRST)
            table->moved(table->moved_self, cells);
    }
}

void leat_part_grow(leat_table *table, leat_home *home)
{
    leat_part *part = home->part;
    leat_part_roll(table, part);
    leat_row_block old = part->block;
    uint32_t old_slots = part->capacity + part->tail;
    uint32_t capacity = part->capacity, tail = part->tail;
    for (bool is_done = false; !is_done;) {
        part_reshape(table, home, &capacity, &tail);
        part_allocate(table, part, capacity, tail);
        home->rows = part->rows;
        home->tags = part->tags;
        is_done = part_refill(table, home, old.data, old_slots);
        if (!is_done)
            leat_row_memory_give(&table->memory, &part->block);
    }
    memcpy(leat_part_row(table, part, leat_part_null_slot(part)),
           old.data + (size_t)old_slots * table->row_size, table->row_size);
    leat_row_memory_give(&table->memory, &old);
    part_relist(table, part);
    part_say_moved(table, part);
}

static void view_keep(leat_text_heap *heap, char *at)
{
    leat_view view;
    memcpy(&view, at, sizeof view);
    if (view.size <= LEAT_VIEW_INLINE_MAX || leat_text_heap_has(heap, view.data))
        return;
    view.data = leat_text_heap_add(heap, view.data, view.size);
    memcpy(at, &view, sizeof view);
}

void leat_part_keep_row(leat_table *table, leat_part *part, leat_row *row, bool with_key)
{
    size_t held = part->heap.held_bytes;
    char *cells = leat_row_cells(row);
    for (uint32_t i = 0; i < table->spec.view_count; i++)
        view_keep(&part->heap, cells + table->spec.view_offsets[i]);
    if (with_key) {
        char *views = (char *)row + table->key_offset + table->key_fixed_size;
        for (uint32_t i = 0; i < table->key_view_count; i++)
            view_keep(&part->heap, views + i * sizeof(leat_view));
    }
    table->bytes += part->heap.held_bytes - held;
}

/* Copy the living text into a new heap. Rows stay where they are. */
static void part_compact(leat_table *table, leat_part *part)
{
    leat_text_heap old = part->heap;
    part->heap = (leat_text_heap){0};
    table->bytes -= old.held_bytes;
    for (uint32_t slot = 0; slot <= leat_part_null_slot(part); slot++) {
        leat_row *row = leat_part_row(table, part, slot);
        if (leat_row_is_live(row))
            leat_part_keep_row(table, part, row, true);
    }
    leat_text_heap_settle(&part->heap);
    leat_text_heap_fini(&old);
}

static void
collect_row(const leat_table *table, const leat_part *part, uint32_t slot, leat_record_run *run)
{
    const leat_row *row = leat_part_row(table, part, slot);
    if (leat_row_is_live(row) && leat_table_is_frozen(table, row->stamp))
        leat_row_encode(table, part, row, run);
}

void leat_part_collect(const leat_table *table, leat_part *part, leat_record_run *run)
{
    leat_part_roll(table, part);
    if (part->frozen.is_dropped) {
        for (uint32_t slot = 0; slot <= leat_part_null_slot(part); slot++)
            collect_row(table, part, slot, run);
    } else {
        for (size_t i = 0; i < part->frozen.slots.count; i++)
            collect_row(table, part, part->frozen.slots.items[i], run);
    }
    leat_record_run_append(run, &part->early);
    leat_record_run_append(run, &part->frozen.removed);
    leat_record_run_clear(&part->early);
}
