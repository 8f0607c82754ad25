/* SPDX-License-Identifier: Apache-2.0
 *
 * table_gather - a table's side of epochs: freeze, gather key group by key group, restore.
 */
#include "worker/state/table_layout.h"

void leat_table_freeze(leat_table *table, uint64_t epoch, uint64_t completed)
{
    /* An aborted gather: parts it did not reach still have to see its freeze before this one. */
    for (uint32_t i = table->gather_group; i < table->key_group_count; i++) {
        LEAT_VEC_EACH (part, &table->groups[i].dying)
            leat_part_free(table, part);
        leat_vec_clear(&table->groups[i].dying);
        LEAT_VEC_EACH (pane, &table->panes)
            if ((*pane)->homes[i].part != NULL)
                leat_part_roll(table, (*pane)->homes[i].part);
    }
    leat_table_decided(table, completed);
    LEAT_ASSERT(leat_stamp_of(epoch) >= table->stamp);
    table->frozen = leat_stamp_of(epoch);
    table->stamp = table->frozen + 1;
    table->freeze_count++;
    table->gather_group = 0;
    bool has_advanced = table->watermark_stamp > table->completed;
    table->frozen_watermark = has_advanced ? table->watermark : LEAT_TIME_MIN;
    table->frozen_count = table->dirty_count;
    table->dirty_count = 0;
}

void leat_table_decided(leat_table *table, uint64_t epoch)
{
    table->completed = LEAT_MAX(table->completed, leat_stamp_of(epoch));
    LEAT_ASSERT(table->completed <= table->frozen);
}

bool leat_table_is_gathered(const leat_table *table)
{
    return table->gather_group == table->key_group_count;
}

static leat_record group_place(const leat_table *table, uint32_t key_group)
{
    return (leat_record){.state = (uint16_t)table->state_id, .key_group = (uint16_t)key_group};
}

/* A hash that lies in the key group and before most of its rows. */
static uint64_t group_hash(const leat_table *table, uint32_t key_group)
{
    leat_u128 start = ((leat_u128)key_group << 64) + UINT16_MAX;
    return (uint64_t)(start / table->key_group_count);
}

static void collect_watermark(leat_table *table, uint32_t key_group, leat_time watermark)
{
    watermark = LEAT_MAX(watermark, table->groups[key_group].floor);
    if (watermark == LEAT_TIME_MIN)
        return;
    uint64_t hash = group_hash(table, key_group);
    leat_record_run_begin(&table->run, LEAT_RECORD_PUT, hash, LEAT_PANE_WATERMARK);
    leat_record_run_key_end(&table->run);
    leat_buf_add_u64(&table->run.bytes, (uint64_t)watermark);
    leat_record_run_end(&table->run);
}

/* Drops come first; those of completed epochs have been said for good. */
static uint32_t
visit_drops(leat_table *table, uint32_t key_group, leat_record_visit *visit, void *self)
{
    leat_group *group = &table->groups[key_group];
    size_t kept = 0;
    uint32_t visited = 0;
    for (size_t i = 0; i < group->drops.count; i++) {
        leat_pane_drop drop = group->drops.items[i];
        if (drop.stamp <= table->completed)
            continue;
        group->drops.items[kept++] = drop;
        if (drop.stamp > table->frozen)
            continue;
        leat_record record = group_place(table, key_group);
        record.kind = LEAT_RECORD_DROP_PANE;
        record.pane = drop.pane;
        visit(self, &record);
        visited++;
    }
    group->drops.count = kept;
    return visited;
}

static uint32_t
gather_group(leat_table *table, uint32_t key_group, leat_record_visit *visit, void *self)
{
    leat_group *group = &table->groups[key_group];
    uint32_t visited = visit_drops(table, key_group, visit, self);
    leat_record_run_clear(&table->run);
    if (table->frozen_watermark != LEAT_TIME_MIN)
        collect_watermark(table, key_group, table->frozen_watermark);
    LEAT_VEC_EACH (pane, &table->panes)
        if ((*pane)->homes[key_group].part != NULL)
            leat_part_collect(table, (*pane)->homes[key_group].part, &table->run);
    LEAT_VEC_EACH (part, &group->dying) {
        leat_part_collect(table, *part, &table->run);
        leat_part_free(table, part);
    }
    leat_vec_clear(&group->dying);
    leat_record place = group_place(table, key_group);
    return visited + leat_record_run_visit(&table->run, &table->order, &place,
                                           table->key_group_count, visit, self);
}

uint32_t
leat_table_gather(leat_table *table, uint32_t max_rows, leat_record_visit *visit, void *self)
{
    uint32_t visited = 0;
    while (visited < max_rows && table->gather_group < table->key_group_count) {
        if (table->groups[table->gather_group].is_owned)
            visited += gather_group(table, table->gather_group, visit, self);
        table->gather_group++;
    }
    if (leat_table_is_gathered(table))
        table->frozen_count = 0;
    return visited;
}

void leat_table_dump(leat_table *table, uint32_t key_group, leat_record_visit *visit, void *self)
{
    leat_record_run_clear(&table->run);
    collect_watermark(table, key_group, table->watermark);
    LEAT_VEC_EACH (pane, &table->panes) {
        const leat_part *part = (*pane)->homes[key_group].part;
        for (uint32_t slot = 0; part != NULL && slot <= leat_part_null_slot(part); slot++) {
            const leat_row *row = leat_part_row(table, part, slot);
            if (leat_row_is_live(row))
                leat_row_encode(table, part, row, &table->run);
        }
    }
    leat_record place = group_place(table, key_group);
    leat_record_run_visit(&table->run, &table->order, &place, table->key_group_count, visit, self);
}

static void apply_drop(leat_table *table, const leat_record *record)
{
    leat_home *home = &leat_table_pane(table, record->pane)->homes[record->key_group];
    if (home->part == NULL)
        return;
    table->row_count -= home->part->live;
    leat_part_free(table, &home->part);
    leat_home_reset(table, home);
}

static leat_code apply_watermark(leat_table *table, const leat_record *record, leat_error *err)
{
    leat_time watermark;
    if (record->value.size != sizeof watermark)
        return leat_fail(err, LEAT_CORRUPT, "a watermark of %zu bytes", record->value.size);
    memcpy(&watermark, record->value.data, sizeof watermark);
    leat_group *group = &table->groups[record->key_group];
    group->floor = LEAT_MAX(group->floor, watermark);
    table->floor_max = LEAT_MAX(table->floor_max, watermark);
    return LEAT_OK;
}

static leat_code
apply_row(leat_table *table, const leat_record *record, const leat_key_ref *key, leat_error *err)
{
    leat_pane *pane = leat_table_pane(table, record->pane);
    if (record->kind == LEAT_RECORD_REMOVE) {
        leat_row *row = leat_table_lookup(table, pane, key);
        if (row == NULL)
            return LEAT_OK;
        leat_part *part = pane->homes[record->key_group].part;
        row->stamp = key->is_null ? ROW_EMPTY : ROW_REMOVED;
        part->live--;
        table->row_count--;
        return LEAT_OK;
    }
    bool grew;
    leat_row *row = leat_table_place(table, pane, key, &grew);
    row->stamp = ROW_CLEAN;
    row->mark |= 1; /* not new */
    leat_part *part = pane->homes[record->key_group].part;
    part->created = ROW_CLEAN;
    bool fits = leat_row_decode_value(table, record->value, row);
    leat_part_keep_row(table, part, row, false);
    if (!fits)
        return leat_fail(err, LEAT_CORRUPT, "state %u: a value of %zu bytes does not fit its cells",
                         table->state_id, record->value.size);
    return LEAT_OK;
}

leat_code leat_table_apply(leat_table *table, const leat_record *record, leat_error *err)
{
    if (record->kind == LEAT_RECORD_DROP_PANE) {
        apply_drop(table, record);
        return LEAT_OK;
    }
    if (leat_key_group_of(record->hash, table->key_group_count) != record->key_group)
        return leat_fail(err, LEAT_CORRUPT, "a row's hash is not of key group %u",
                         record->key_group);
    if (record->pane == LEAT_PANE_WATERMARK)
        return apply_watermark(table, record, err);
    enum { STAGED_MAX = 8 + 16 * LEAT_TABLE_KEYS_MAX };
    char staged[STAGED_MAX];
    leat_key_ref key;
    if (!leat_row_decode_key(table, record->key, record->hash, staged, &key))
        return leat_fail(err, LEAT_CORRUPT, "state %u: a key of %zu bytes does not fit its columns",
                         table->state_id, record->key.size);
    return apply_row(table, record, &key, err);
}
