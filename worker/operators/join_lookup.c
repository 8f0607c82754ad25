/* SPDX-License-Identifier: Apache-2.0
 *
 * join_lookup - FOR SYSTEM_TIME AS OF PROCTIME(): a left row meets the right rows as they are when
 * it arrives. The right side alone is kept; its changes put out nothing.
 *
 * Entries are ordered by the row's hash and arrival, so that a retraction finds its row.
 */
#include "common/base/alloc.h"
#include "common/base/hash.h"
#include "worker/operators/join.h"

enum { RIGHT = LEAT_JOIN_RIGHT_SIDE };

static void lookup_row(leat_join_base *j, uint32_t i, leat_emitter *out)
{
    leat_keyed_input *input = &j->sides[0].input;
    const char *row = leat_keyed_input_row(input, i).data;
    leat_bin *bin = input->is_unmatched[i] ? NULL : j->sides[0].others[i];
    leat_vec_clear(&j->matches);
    leat_bin_place place = {.bin = bin};
    for (leat_entry *entry; bin != NULL && (entry = leat_bin_at(&place)) != NULL;
         leat_bin_next(&place))
        leat_vec_push(&j->matches, entry);
    leat_join_test(j, 0, row, out);
    bool is_retract = leat_keyed_input_is_retract(input, i);
    size_t found = j->matches.count;
    bool is_wanted = j->join->kind == LEAT_JOIN_SEMI   ? found > 0
                     : j->join->kind == LEAT_JOIN_ANTI ? found == 0
                                                       : j->sides[0].is_outer && found == 0;
    if (is_wanted)
        leat_join_put(j, 0, row, NULL, is_retract, out);
    for (size_t m = 0; !j->is_filter && m < found; m++)
        leat_join_put(j, 0, row, leat_join_stored(j->matches.items[m]).data, is_retract, out);
}

static void lookup_left(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    leat_join_base *j = (leat_join_base *)self;
    j->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(&j->sides[0].input, rows, true);
    leat_keyed_input_bins(&j->sides[0].input, j->sides[RIGHT].table, false, j->sides[0].others);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        lookup_row(j, i, out);
    leat_join_finish(j, out);
}

static void keep_row(leat_join_base *j, uint32_t i)
{
    leat_join_side *s = &j->sides[RIGHT];
    leat_bytes row = leat_keyed_input_row(&s->input, i);
    leat_bin *bin = s->input.bins[i];
    leat_buf_clear(&s->order);
    leat_buf_add_u64(&s->order, leat_hash_bytes(row));
    if (!leat_keyed_input_is_retract(&s->input, i)) {
        uint64_t arrival = leat_sorted_arrival(s->table, leat_bin_key_group(bin));
        leat_buf_add_u64(&s->order, __builtin_bswap64(arrival));
        leat_join_insert(j, RIGHT, bin, leat_buf_bytes(&s->order), row);
        return;
    }
    leat_bin_place place = leat_bin_seek(bin, leat_buf_bytes(&s->order));
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (memcmp(entry->order, s->order.data, s->order.size) != 0)
            return;
        if (leat_bytes_equal(leat_join_stored(entry), row)) {
            leat_bin_remove(s->table, &place);
            return;
        }
    }
}

static void lookup_right(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    leat_join_base *j = (leat_join_base *)self;
    leat_keyed_input *input = &j->sides[RIGHT].input;
    j->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(input, rows, true);
    leat_keyed_input_bins(input, j->sides[RIGHT].table, true, input->bins);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        if (!input->is_unmatched[i])
            keep_row(j, i);
    leat_join_finish(j, out);
}

static void lookup_close(leat_operator *self)
{
    leat_join_fini((leat_join_base *)self);
    leat_free(self);
}

static const leat_operator_class lookup_class = {
    .name = "join_lookup",
    .process = lookup_left,
    .process_right = lookup_right,
    .close = lookup_close,
};

leat_operator *leat_join_lookup_open(const leat_operator_args *args)
{
    leat_join_base *j = LEAT_NEW(leat_join_base);
    j->base.class = &lookup_class;
    leat_join_init(j, args);
    return &j->base;
}
