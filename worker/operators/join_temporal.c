/* SPDX-License-Identifier: Apache-2.0
 *
 * join_temporal - FOR SYSTEM_TIME AS OF left.time: a left row meets the version of the right row
 * that was valid at its time.
 *
 * Left entries wait, ordered by time and arrival, until the watermark passes their time. Right
 * entries are versions, ordered the same way: the row that is valid from that time on, or, after
 * a deletion, none (count 0). Versions that no waiting or future row can ask for are dropped.
 */
#include "common/base/alloc.h"
#include "worker/operators/join.h"
#include "worker/operators/sort_key.h"
#include "worker/state/timers.h"

enum { LEFT = LEAT_JOIN_LEFT_SIDE, RIGHT = LEAT_JOIN_RIGHT_SIDE };

static leat_time row_time(const leat_join_base *j, uint32_t side, const char *row)
{
    uint32_t column = side == LEFT ? j->join->left_time : j->join->right_time;
    return leat_stored_integer(&j->sides[side].input.format, row, column);
}

static bool has_time(const leat_join_base *j, uint32_t side, const char *row)
{
    return !leat_stored_is_null(row, side == LEFT ? j->join->left_time : j->join->right_time);
}

static leat_entry *insert(leat_join_base *j, uint32_t side, uint32_t i, leat_time time)
{
    leat_join_side *s = &j->sides[side];
    leat_bin *bin = s->input.bins[i];
    leat_buf_clear(&s->order);
    leat_sort_key_add_time(&s->order, time);
    leat_sort_key_add_number(&s->order, leat_sorted_arrival(s->table, leat_bin_key_group(bin)));
    return leat_join_insert(j, side, bin, leat_buf_bytes(&s->order),
                            leat_keyed_input_row(&s->input, i));
}

static void set_timer(leat_join_base *j, uint32_t side, leat_bin *bin, leat_time time)
{
    leat_timer timer = {time, leat_bin_hash(bin), (uint8_t)side, leat_bin_key(bin)};
    leat_timer_set(j->sides[side].table, &timer);
}

/* The last version at or before `time`, by place. False: there is none. */
static bool version_at(leat_join_base *j, leat_bin *bin, leat_time time, leat_bin_place *out_place)
{
    leat_buf *order = &j->sides[RIGHT].order;
    leat_buf_clear(order);
    leat_sort_key_add_time(order, time);
    leat_sort_key_add_number(order, UINT64_MAX);
    *out_place = leat_bin_seek(bin, leat_buf_bytes(order));
    return leat_bin_previous(out_place);
}

static void join_row(leat_join_base *j, const char *row, leat_bin *versions, leat_emitter *out)
{
    leat_bin_place place;
    leat_vec_clear(&j->matches);
    if (versions != NULL && version_at(j, versions, row_time(j, LEFT, row), &place)) {
        leat_entry *version = leat_bin_at(&place);
        if (leat_join_row_of(version).count > 0)
            leat_vec_push(&j->matches, version);
    }
    leat_join_test(j, LEFT, row, out);
    if (j->matches.count > 0)
        leat_join_put(j, LEFT, row, leat_join_stored(j->matches.items[0]).data, false, out);
    else if (j->sides[LEFT].is_outer)
        leat_join_put(j, LEFT, row, NULL, false, out);
}

/* --- Rows in. --- */

static void take_left(leat_join_base *j, uint32_t i, leat_emitter *out)
{
    leat_keyed_input *input = &j->sides[LEFT].input;
    const char *row = leat_keyed_input_row(input, i).data;
    if (input->is_unmatched[i] || !has_time(j, LEFT, row)) {
        if (j->sides[LEFT].is_outer)
            leat_join_put(j, LEFT, row, NULL, false, out);
        return;
    }
    leat_bin *bin = input->bins[i];
    leat_time time = row_time(j, LEFT, row);
    if (time <= leat_sorted_watermark(j->sides[LEFT].table, leat_bin_key_group(bin))) {
        j->base.counts.rows_late++;
        return;
    }
    leat_bin_place first = leat_bin_first(bin);
    leat_entry *earliest = leat_bin_at(&first);
    if (earliest == NULL || leat_sort_key_time(earliest->order) > time)
        set_timer(j, LEFT, bin, time);
    insert(j, LEFT, i, time);
}

static void take_right(leat_join_base *j, uint32_t i)
{
    leat_keyed_input *input = &j->sides[RIGHT].input;
    const char *row = leat_keyed_input_row(input, i).data;
    const uint8_t *changes = input->rows->changes;
    uint8_t change =
        changes == NULL ? (uint8_t)LEAT_CHANGE_INSERT : changes[leat_rows_at(input->rows, i)];
    if (input->is_unmatched[i] || !has_time(j, RIGHT, row) || change == LEAT_CHANGE_UPDATE_BEFORE)
        return; /* a version ends where the next one starts */
    leat_time time = row_time(j, RIGHT, row);
    leat_bin *bin = input->bins[i];
    if (leat_bin_count(bin) > 0)
        set_timer(j, RIGHT, bin, time); /* it makes the one before it obsolete */
    leat_entry *entry = insert(j, RIGHT, i, time);
    if (change == LEAT_CHANGE_DELETE)
        leat_join_set_row(j, RIGHT, entry, (leat_join_row){0});
}

static void temporal_left(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    leat_join_base *j = (leat_join_base *)self;
    leat_join_take(j, LEFT, rows);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        take_left(j, i, out);
    leat_join_finish(j, out);
}

static void temporal_right(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    leat_join_base *j = (leat_join_base *)self;
    leat_join_take(j, RIGHT, rows);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        take_right(j, i);
    leat_join_finish(j, out);
}

/* --- The watermark. --- */

static void
fire_left(leat_join_base *j, const leat_timer *timer, leat_time watermark, leat_emitter *out)
{
    leat_sorted_table *table = j->sides[LEFT].table;
    leat_bin *bin = leat_sorted_bin(table, timer->hash, timer->key, false);
    leat_bin *versions = leat_sorted_bin(j->sides[RIGHT].table, timer->hash, timer->key, false);
    if (bin == NULL)
        return;
    leat_bin_place place = leat_bin_first(bin);
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL;) {
        leat_time time = leat_sort_key_time(entry->order);
        if (time > watermark) {
            set_timer(j, LEFT, bin, time);
            return;
        }
        join_row(j, leat_join_stored(entry).data, versions, out);
        leat_bin_remove(table, &place);
    }
}

/* Every row to come is after the watermark: of the versions before it the last one is enough. */
static void fire_right(leat_join_base *j, const leat_timer *timer, leat_time watermark)
{
    leat_sorted_table *table = j->sides[RIGHT].table;
    leat_bin *bin = leat_sorted_bin(table, timer->hash, timer->key, false);
    leat_bin_place place;
    if (bin == NULL || !version_at(j, bin, watermark, &place))
        return;
    uint32_t obsolete = leat_bin_rank(&place);
    bool is_deleted = leat_join_row_of(leat_bin_at(&place)).count == 0;
    obsolete += is_deleted;
    place = leat_bin_first(bin);
    while (obsolete-- > 0)
        leat_bin_remove(table, &place);
}

static void temporal_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    leat_join_base *j = (leat_join_base *)self;
    uint32_t key_groups = leat_sorted_key_group_count(j->sides[LEFT].table);
    for (uint32_t side = LEFT; side <= RIGHT; side++) {
        leat_sorted_advance(j->sides[side].table, watermark);
        for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
            leat_timer timer;
            while (leat_timer_take(j->sides[side].table, key_group, watermark, &timer)) {
                if (side == LEFT)
                    fire_left(j, &timer, watermark, out);
                else
                    fire_right(j, &timer, watermark);
            }
        }
    }
    leat_join_finish(j, out);
}

static void temporal_close(leat_operator *self)
{
    leat_join_fini((leat_join_base *)self);
    leat_free(self);
}

static const leat_operator_class temporal_class = {
    .name = "join_temporal",
    .process = temporal_left,
    .process_right = temporal_right,
    .watermark = temporal_watermark,
    .close = temporal_close,
};

leat_operator *leat_join_temporal_open(const leat_operator_args *args)
{
    leat_join_base *j = LEAT_NEW(leat_join_base);
    j->base.class = &temporal_class;
    leat_join_init(j, args);
    return &j->base;
}
