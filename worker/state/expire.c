/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgetting what was not touched for long: rows carry the epoch of their last change, so age costs
 * nothing to keep. A row that was restored counts as changed in the epoch that was restored.
 */
#include "worker/state/sorted_layout.h"
#include "worker/state/state.h"
#include "worker/state/table_layout.h"

static uint64_t expire_rows(leat_table *table, uint32_t key_group, uint32_t stamp)
{
    uint64_t count = 0;
    LEAT_VEC_EACH (pane, &table->panes) {
        leat_part *part = (*pane)->homes[key_group].part;
        for (uint32_t slot = 0; part != NULL && slot <= leat_part_null_slot(part); slot++) {
            leat_row *row = leat_part_row(table, part, slot);
            if (!leat_row_is_live(row) || row->stamp > stamp)
                continue;
            leat_part_remove(table, part, row);
            count++;
        }
    }
    return count;
}

static bool is_old(leat_bin *bin, uint32_t stamp)
{
    leat_bin_place place = leat_bin_first(bin);
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place))
        if (entry->stamp > stamp)
            return false;
    return true;
}

static uint64_t
expire_entries(leat_sorted_table *table, uint32_t key_group, uint32_t stamp, bool by_key)
{
    uint64_t count = 0;
    for (leat_bin *bin = NULL; (bin = leat_sorted_next_bin(table, key_group, bin)) != NULL;) {
        if (leat_bin_key_is_own(leat_bin_key(bin)) || (by_key && !is_old(bin, stamp)))
            continue;
        leat_bin_place place = leat_bin_first(bin);
        for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL;) {
            if (entry->stamp > stamp) {
                leat_bin_next(&place);
                continue;
            }
            leat_bin_remove(table, &place);
            count++;
        }
    }
    leat_sorted_sweep(table);
    return count;
}

uint64_t leat_state_expire(
    leat_state *state, uint32_t state_id, uint32_t key_group, uint64_t epoch, bool by_key)
{
    uint32_t stamp = leat_stamp_of(epoch);
    if (leat_state_is_sorted(state, state_id))
        return expire_entries(leat_state_sorted_table(state, state_id), key_group, stamp, by_key);
    return expire_rows(leat_state_table(state, state_id), key_group, stamp);
}
