/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/table_layout.h"

#include "common/base/alloc.h"

static uint32_t round_up(uint32_t size, uint32_t to)
{
    return (size + to - 1) / to * to;
}

/* Key cells: a word of NULL bits, the fixed cells, then the views, so that one memcmp compares
 * all that is fixed. */
static void layout_keys(leat_table *table)
{
    const leat_schema *key = &table->spec.key;
    table->key_count = key->field_count;
    uint32_t offset = sizeof(uint64_t);
    for (uint32_t i = 0; i < key->field_count; i++) {
        leat_key_cell *cell = &table->cells[i];
        cell->type = key->fields[i].type;
        cell->layout = cell->type.id == LEAT_TYPE_DECIMAL ? (uint8_t)LEAT_LAYOUT_I128
                                                          : (uint8_t)leat_type_layout(cell->type);
        if (cell->layout == LEAT_LAYOUT_VIEW)
            continue;
        bool is_wide = cell->layout == LEAT_LAYOUT_I128 || cell->layout == LEAT_LAYOUT_INTERVAL;
        cell->offset = (uint16_t)offset;
        offset += is_wide ? 16 : 8;
    }
    table->key_fixed_size = offset;
    for (uint32_t i = 0; i < key->field_count; i++) {
        leat_key_cell *cell = &table->cells[i];
        if (cell->layout != LEAT_LAYOUT_VIEW)
            continue;
        cell->offset = (uint16_t)offset;
        offset += sizeof(leat_view);
        table->key_view_count++;
    }
    table->key_size = offset;
}

static bool is_integer(const leat_schema *key)
{
    if (key->field_count != 1)
        return false;
    uint8_t id = key->fields[0].type.id;
    return id == LEAT_TYPE_INT || id == LEAT_TYPE_BIGINT || id == LEAT_TYPE_TIMESTAMP;
}

static void layout_row(leat_table *table)
{
    layout_keys(table);
    table->is_integer_key = is_integer(&table->spec.key) && !table->spec.has_own_hashes;
    if (table->is_integer_key)
        table->key_size = table->key_fixed_size = table->key_view_count = 0;
    table->key_offset = (uint32_t)sizeof(leat_row) + round_up(table->spec.value_size, 16);
    table->row_size = round_up(table->key_offset + table->key_size, 16);
    /* A dense range of integers has one key per key group count in each key group: slots of half
     * that width are half full and keep the order. Of a hash the lower half is the slot: the top
     * bits chose the key group. */
    uint32_t log2 = 31 - (uint32_t)__builtin_clz(table->key_group_count);
    uint32_t width = table->is_integer_key && log2 > 0 ? log2 - 1 : 0;
    table->order_multiplier = UINT64_C(1) << (32 - width);
}

leat_table *leat_table_new(const leat_table_spec *spec,
                           uint32_t state_id,
                           uint32_t key_group_count,
                           uint64_t completed)
{
    LEAT_ASSERT(spec->key.field_count <= LEAT_TABLE_KEYS_MAX);
    LEAT_ASSERT(spec->value_size % 8 == 0);
    leat_table *table = LEAT_NEW(leat_table);
    table->spec = *spec;
    table->state_id = state_id;
    table->key_group_count = key_group_count;
    table->groups = leat_alloc_zero(key_group_count, sizeof *table->groups);
    for (uint32_t i = 0; i < key_group_count; i++)
        table->groups[i].floor = LEAT_TIME_MIN;
    layout_row(table);
    table->nothing = leat_alloc_aligned(64, (size_t)table->row_size * 2);
    memset(table->nothing, 0, (size_t)table->row_size * 2);
    table->completed = table->frozen = leat_stamp_of(completed);
    table->stamp = table->frozen + 1;
    table->gather_group = key_group_count;
    table->watermark = table->frozen_watermark = table->floor_max = LEAT_TIME_MIN;
    return table;
}

static void group_bury(leat_table *table, leat_group *group)
{
    LEAT_VEC_EACH (part, &group->dying)
        leat_part_free(table, part);
    leat_vec_clear(&group->dying);
}

void leat_table_free(leat_table **table)
{
    leat_table *t = LEAT_TAKE(*table);
    if (t == NULL)
        return;
    for (uint32_t i = 0; i < t->key_group_count; i++) {
        leat_table_remove_group(t, i);
        leat_vec_fini(&t->groups[i].dying);
        leat_vec_fini(&t->groups[i].drops);
    }
    LEAT_VEC_EACH (pane, &t->panes)
        leat_free(*pane);
    leat_vec_fini(&t->panes);
    leat_row_memory_fini(&t->memory);
    leat_free(t->groups);
    leat_free(t->nothing);
    leat_free(t->heads);
    leat_free(t->key_groups);
    leat_free(t->staged);
    leat_free(t->scanned);
    leat_free(t->scan_items);
    leat_free(t->scan_firsts);
    leat_record_order_fini(&t->order);
    leat_record_run_fini(&t->run);
    leat_free(t);
}

void leat_table_add_group(leat_table *table, uint32_t key_group)
{
    LEAT_ASSERT(!table->groups[key_group].is_owned);
    table->groups[key_group].is_owned = true;
}

void leat_table_remove_group(leat_table *table, uint32_t key_group)
{
    leat_group *group = &table->groups[key_group];
    group->is_owned = false;
    group->floor = LEAT_TIME_MIN;
    group_bury(table, group);
    leat_vec_clear(&group->drops);
    LEAT_VEC_EACH (pane, &table->panes) {
        leat_home *home = &(*pane)->homes[key_group];
        if (home->part != NULL)
            table->row_count -= home->part->live;
        leat_part_free(table, &home->part);
        leat_home_reset(table, home);
    }
}

/* The first pane that does not end before `end`. */
static size_t pane_index(const leat_table *table, int64_t end)
{
    size_t index = table->panes.count;
    while (index > 0 && table->panes.items[index - 1]->end >= end)
        index--;
    return index;
}

leat_pane *leat_table_pane(leat_table *table, int64_t end)
{
    size_t index = pane_index(table, end);
    if (index < table->panes.count && table->panes.items[index]->end == end)
        return table->panes.items[index];
    size_t size = sizeof(leat_pane) + table->key_group_count * sizeof(leat_home);
    leat_pane *pane = leat_alloc(size);
    pane->end = end;
    for (uint32_t i = 0; i < table->key_group_count; i++)
        leat_home_reset(table, &pane->homes[i]);
    table->bytes += size;
    leat_vec_reserve(&table->panes, 1);
    leat_pane **at = table->panes.items + index;
    memmove(at + 1, at, (table->panes.count - index) * sizeof *at);
    *at = pane;
    table->panes.count++;
    return pane;
}

leat_pane *leat_table_first_pane(leat_table *table)
{
    return table->panes.count == 0 ? NULL : table->panes.items[0];
}

leat_pane *leat_table_next_pane(leat_table *table, int64_t end)
{
    size_t index = end == INT64_MAX ? table->panes.count : pane_index(table, end + 1);
    return index < table->panes.count ? table->panes.items[index] : NULL;
}

int64_t leat_pane_end(const leat_pane *pane)
{
    return pane->end;
}

/* A part of a dropped pane: kept while the running gather still owes its frozen rows. */
static void part_drop(leat_table *table, leat_part *part)
{
    leat_group *group = &table->groups[part->key_group];
    table->row_count -= part->live;
    bool is_known = part->created != table->stamp;
    if (is_known) {
        leat_pane_drop drop = {part->pane, table->stamp};
        leat_vec_push(&group->drops, drop);
    }
    if (is_known && part->key_group >= table->gather_group) {
        leat_part_roll(table, part);
        leat_vec_push(&group->dying, part);
        return;
    }
    leat_part_free(table, &part);
}

void leat_table_drop_pane(leat_table *table, leat_pane *pane)
{
    for (uint32_t i = 0; i < table->key_group_count; i++)
        if (pane->homes[i].part != NULL)
            part_drop(table, LEAT_TAKE(pane->homes[i].part));
    size_t index = pane_index(table, pane->end);
    LEAT_ASSERT(table->panes.items[index] == pane);
    leat_vec_remove(&table->panes, index);
    table->bytes -= sizeof *pane + table->key_group_count * sizeof(leat_home);
    leat_free(pane);
}

void leat_table_remove(
    leat_table *table, leat_pane *pane, char *const *cells, const uint64_t *hashes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        leat_part *part = pane->homes[leat_key_group_of(hashes[i], table->key_group_count)].part;
        leat_part_remove(table, part, leat_cells_row(cells[i]));
    }
}

void leat_table_keep_views(
    leat_table *table, leat_pane *pane, char *const *cells, const uint64_t *hashes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        leat_part *part = pane->homes[leat_key_group_of(hashes[i], table->key_group_count)].part;
        leat_part_keep_row(table, part, leat_cells_row(cells[i]), false);
    }
}

static bool keys_equal(const leat_table *table, const leat_row *a, const leat_row *b)
{
    if (table->is_integer_key)
        return a->head == b->head && (a->mark & ROW_NULL_KEY) == (b->mark & ROW_NULL_KEY);
    const char *left = (const char *)a + table->key_offset;
    const char *right = (const char *)b + table->key_offset;
    if (memcmp(left, right, table->key_fixed_size) != 0)
        return false;
    for (uint32_t i = 0; i < table->key_view_count; i++) {
        leat_view x, y;
        memcpy(&x, left + table->key_fixed_size + i * sizeof x, sizeof x);
        memcpy(&y, right + table->key_fixed_size + i * sizeof y, sizeof y);
        if (!leat_view_equal(&x, &y))
            return false;
    }
    return true;
}

/* Two keys with one hash: by their encoded bytes, as records are. */
static int scan_tie(const void *self, uint64_t a, uint64_t b)
{
    const leat_table *table = self;
    const leat_row *left_row = leat_cells_row((char *)(uintptr_t)a);
    const leat_row *right_row = leat_cells_row((char *)(uintptr_t)b);
    if (keys_equal(table, left_row, right_row))
        return 0;
    leat_buf left = {0}, right = {0};
    leat_row_encode_key(table, left_row, &left);
    leat_row_encode_key(table, right_row, &right);
    int order = leat_bytes_compare(leat_buf_bytes(&left), leat_buf_bytes(&right));
    leat_buf_fini(&left);
    leat_buf_fini(&right);
    return order;
}

static void scan_reserve(leat_table *table, uint32_t count)
{
    if (count <= table->scan_capacity)
        return;
    uint32_t capacity = LEAT_MAX(count, table->scan_capacity * 2);
    table->scanned = leat_realloc(table->scanned, capacity * sizeof *table->scanned);
    table->scan_items = leat_realloc(table->scan_items, capacity * sizeof *table->scan_items);
    table->scan_firsts = leat_realloc(table->scan_firsts, capacity * sizeof *table->scan_firsts);
    table->scan_capacity = capacity;
}

/* Behind the `count` items that are there; returns how many there are now. */
static uint32_t scan_part(leat_table *table, const leat_part *part, uint32_t count)
{
    if (part == NULL || part->live == 0)
        return count;
    scan_reserve(table, count + part->live);
    for (uint32_t slot = 0; slot <= leat_part_null_slot(part); slot++) {
        leat_row *row = leat_part_row(table, part, slot);
        if (leat_row_is_live(row))
            table->scan_items[count++] =
                (leat_hash_item){leat_row_hash(table, row), (uintptr_t)leat_row_cells(row)};
    }
    return count;
}

static void scan_sort(leat_table *table, uint32_t count)
{
    if (count == 0)
        return;
    leat_hash_sort(&table->order.sorter, table->scan_items, count, table->key_group_count, scan_tie,
                   table);
    for (uint32_t i = 0; i < count; i++)
        table->scanned[i] = (char *)(uintptr_t)table->scan_items[i].payload;
}

uint32_t leat_table_scan(leat_table *table, leat_pane *pane, uint32_t key_group, char ***out_cells)
{
    uint32_t count = scan_part(table, pane->homes[key_group].part, 0);
    scan_sort(table, count);
    *out_cells = table->scanned;
    return count;
}

uint32_t leat_table_scan_span(leat_table *table,
                              leat_table_span span,
                              uint32_t key_group,
                              char ***out_cells,
                              const bool **out_is_first)
{
    uint32_t count = 0;
    leat_pane *pane = leat_table_next_pane(table, span.after);
    for (; pane != NULL && pane->end <= span.last; pane = leat_table_next_pane(table, pane->end))
        count = scan_part(table, pane->homes[key_group].part, count);
    scan_sort(table, count);
    const leat_hash_item *items = table->scan_items;
    for (uint32_t i = 0; i < count; i++)
        table->scan_firsts[i] = i == 0 || items[i].hash != items[i - 1].hash ||
                                !keys_equal(table, leat_cells_row(table->scanned[i]),
                                            leat_cells_row(table->scanned[i - 1]));
    *out_cells = table->scanned;
    *out_is_first = table->scan_firsts;
    return count;
}

leat_time leat_table_watermark(const leat_table *table, uint32_t key_group)
{
    return LEAT_MAX(table->groups[key_group].floor, table->watermark);
}

leat_time leat_table_watermark_max(const leat_table *table)
{
    return LEAT_MAX(table->floor_max, table->watermark);
}

void leat_table_advance(leat_table *table, leat_time watermark)
{
    if (watermark <= table->watermark)
        return;
    table->watermark = watermark;
    table->watermark_stamp = table->stamp;
}

void leat_table_on_move(leat_table *table, leat_table_moved *moved, void *self)
{
    table->moved = moved;
    table->moved_self = self;
}

uint64_t leat_table_row_count(const leat_table *table)
{
    return table->row_count;
}

uint32_t leat_table_key_group_count(const leat_table *table)
{
    return table->key_group_count;
}
