/* SPDX-License-Identifier: Apache-2.0
 *
 * join_bounded - joins whose rows expire: interval joins (left time + lower <= right time <= left
 * time + upper) and window joins (equal windows).
 *
 * Entries of a side are ordered by time and arrival. A row expires when the watermark says that
 * no partner can come any more; an unmatched row of an outer or anti join goes out then, so
 * nothing is ever taken back. Per key and side one timer stands at or before the expiry of the
 * first entry. A row of an interval join that comes after its own expiry still meets what is
 * kept; one of a window join is late when its own side has passed the window's end.
 */
#include "common/base/alloc.h"
#include "worker/operators/join.h"
#include "worker/operators/sort_key.h"
#include "worker/state/timers.h"

enum { TIME_SIZE = 8, FIRE_LEAD_US = 1000 };

typedef struct join_bounded {
    leat_join_base base;
    bool is_window;
    uint32_t time_columns[LEAT_JOIN_SIDES];
} join_bounded;

static int64_t add_capped(int64_t a, int64_t b)
{
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return b > 0 ? INT64_MAX : INT64_MIN;
}

static leat_time expiry(const join_bounded *b, uint32_t side, leat_time time)
{
    if (b->is_window)
        return add_capped(time, -FIRE_LEAD_US);
    const leat_join *join = b->base.join;
    return side == LEAT_JOIN_LEFT_SIDE ? add_capped(time, join->upper_us)
                                       : add_capped(time, -join->lower_us);
}

/* Times of the other side that a row of `side` may meet. */
static leat_time first_partner(const join_bounded *b, uint32_t side, leat_time time)
{
    if (b->is_window)
        return INT64_MIN;
    const leat_join *join = b->base.join;
    return side == LEAT_JOIN_LEFT_SIDE ? add_capped(time, join->lower_us)
                                       : add_capped(time, -join->upper_us);
}

static leat_time last_partner(const join_bounded *b, uint32_t side, leat_time time)
{
    return b->is_window ? INT64_MAX : expiry(b, side, time);
}

static leat_time entry_time(const leat_entry *entry)
{
    return leat_sort_key_time(entry->order);
}

static void collect(join_bounded *b, uint32_t side, leat_bin *bin, leat_time time)
{
    leat_join_base *j = &b->base;
    leat_vec_clear(&j->matches);
    if (bin == NULL)
        return;
    leat_buf *order = &j->sides[side].order;
    leat_buf_clear(order);
    leat_sort_key_add_time(order, first_partner(b, side, time));
    leat_time last = last_partner(b, side, time);
    leat_bin_place place = leat_bin_seek(bin, leat_buf_bytes(order));
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (entry_time(entry) > last)
            return;
        leat_vec_push(&j->matches, entry);
    }
}

/* Say the pairs, and of a semi join the left rows that are matched now, or no more. */
static void
join_matches(join_bounded *b, uint32_t side, const char *row, bool is_retract, leat_emitter *out)
{
    leat_join_base *j = &b->base;
    bool is_semi = j->join->kind == LEAT_JOIN_SEMI;
    LEAT_VEC_EACH (match, &j->matches) {
        leat_join_row other = leat_join_row_of(*match);
        other.matches += is_retract ? -1 : 1;
        bool turns = other.matches == (is_retract ? 0 : 1);
        if (j->sides[!side].counts_matches)
            leat_join_set_row(j, !side, *match, other);
        if (!j->is_filter)
            leat_join_put(j, side, row, leat_join_stored(*match).data, is_retract, out);
        else if (is_semi && side == LEAT_JOIN_RIGHT_SIDE && turns)
            leat_join_put(j, !side, leat_join_stored(*match).data, NULL, is_retract, out);
    }
    if (is_semi && side == LEAT_JOIN_LEFT_SIDE && j->matches.count > 0)
        leat_join_put(j, side, row, NULL, is_retract, out);
}

/* Whether a row of this side goes out when it expires unmatched. */
static bool says_unmatched(const leat_join_base *j, uint32_t side)
{
    bool is_anti = j->join->kind == LEAT_JOIN_ANTI && side == LEAT_JOIN_LEFT_SIDE;
    return j->sides[side].is_outer || is_anti;
}

static void set_timer(join_bounded *b, uint32_t side, leat_bin *bin, leat_time time)
{
    leat_timer timer = {expiry(b, side, time), leat_bin_hash(bin), (uint8_t)side,
                        leat_bin_key(bin)};
    leat_timer_set(b->base.sides[side].table, &timer);
}

static void keep_row(join_bounded *b, uint32_t side, uint32_t i, leat_time time)
{
    leat_join_base *j = &b->base;
    leat_join_side *s = &j->sides[side];
    leat_bin *bin = s->input.bins[i];
    leat_buf_clear(&s->order);
    leat_sort_key_add_time(&s->order, time);
    leat_sort_key_add_number(&s->order, leat_sorted_arrival(s->table, leat_bin_key_group(bin)));
    leat_bin_place first = leat_bin_first(bin);
    leat_entry *earliest = leat_bin_at(&first);
    if (earliest == NULL || entry_time(earliest) > time)
        set_timer(b, side, bin, time);
    leat_entry *entry = leat_join_insert(j, side, bin, leat_buf_bytes(&s->order),
                                         leat_keyed_input_row(&s->input, i));
    leat_join_row row = {.count = 1, .matches = (int64_t)j->matches.count};
    leat_join_set_row(j, side, entry, row);
}

/* False: no such row is kept. */
static bool drop_row(join_bounded *b, uint32_t side, uint32_t i, leat_time time)
{
    leat_join_side *s = &b->base.sides[side];
    leat_buf_clear(&s->order);
    leat_sort_key_add_time(&s->order, time);
    leat_bin_place place = leat_bin_seek(s->input.bins[i], leat_buf_bytes(&s->order));
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (entry_time(entry) != time)
            return false;
        if (!leat_bytes_equal(leat_join_stored(entry), leat_keyed_input_row(&s->input, i)))
            continue;
        leat_bin_remove(s->table, &place);
        return true;
    }
    return false;
}

static void join_row(join_bounded *b, uint32_t side, uint32_t i, leat_emitter *out)
{
    leat_join_base *j = &b->base;
    leat_keyed_input *input = &j->sides[side].input;
    const char *row = leat_keyed_input_row(input, i).data;
    uint32_t column = b->time_columns[side];
    bool is_retract = leat_keyed_input_is_retract(input, i);
    if (input->is_unmatched[i] || leat_stored_is_null(row, column)) {
        if (says_unmatched(j, side))
            leat_join_put(j, side, row, NULL, is_retract, out);
        return;
    }
    leat_time time = leat_stored_integer(&input->format, row, column);
    uint32_t key_group = leat_bin_key_group(input->bins[i]);
    bool is_expired =
        expiry(b, side, time) <= leat_sorted_watermark(j->sides[side].table, key_group);
    if (is_expired && b->is_window) {
        j->base.counts.rows_late++;
        return;
    }
    if (is_retract && !is_expired && !drop_row(b, side, i, time))
        return;
    collect(b, side, j->sides[side].others[i], time);
    leat_join_test(j, side, row, out);
    join_matches(b, side, row, is_retract, out);
    if (!is_expired && !is_retract)
        keep_row(b, side, i, time);
    else if (is_expired && j->matches.count == 0 && says_unmatched(j, side))
        leat_join_put(j, side, row, NULL, is_retract, out);
}

static void
bounded_process(leat_operator *self, uint32_t side, const leat_rows *rows, leat_emitter *out)
{
    join_bounded *b = (join_bounded *)self;
    leat_join_take(&b->base, side, rows);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        join_row(b, side, i, out);
    leat_join_finish(&b->base, out);
}

static void bounded_left(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    bounded_process(self, LEAT_JOIN_LEFT_SIDE, rows, out);
}

static void bounded_right(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    bounded_process(self, LEAT_JOIN_RIGHT_SIDE, rows, out);
}

/* --- Expiry. --- */

static void expire(join_bounded *b, uint32_t side, const leat_timer *timer, leat_emitter *out)
{
    leat_join_base *j = &b->base;
    leat_sorted_table *table = j->sides[side].table;
    leat_bin *bin = leat_sorted_bin(table, timer->hash, timer->key, false);
    if (bin == NULL)
        return;
    leat_bin_place place = leat_bin_first(bin);
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL;) {
        leat_time time = entry_time(entry);
        if (expiry(b, side, time) > timer->time) {
            set_timer(b, side, bin, time);
            return;
        }
        if (says_unmatched(j, side) && leat_join_row_of(entry).matches == 0)
            leat_join_put(j, side, leat_join_stored(entry).data, NULL, false, out);
        leat_bin_remove(table, &place);
    }
}

static void bounded_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    join_bounded *b = (join_bounded *)self;
    for (uint32_t side = 0; side < LEAT_JOIN_SIDES; side++) {
        leat_sorted_table *table = b->base.sides[side].table;
        leat_sorted_advance(table, watermark);
        uint32_t key_groups = leat_sorted_key_group_count(table);
        for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
            leat_timer timer;
            while (leat_timer_take(table, key_group, watermark, &timer))
                expire(b, side, &timer, out);
        }
    }
    leat_join_finish(&b->base, out);
}

/* Of a window join each side is late by its own promise: whether a row counts must not depend on
 * how the sides happen to be interleaved. Rows of an interval join are never late. */
static void bounded_promise(leat_operator *self, uint32_t side, leat_time watermark)
{
    join_bounded *b = (join_bounded *)self;
    if (b->is_window)
        leat_sorted_advance(b->base.sides[side].table, watermark);
}

static void bounded_close(leat_operator *self)
{
    leat_join_fini(&((join_bounded *)self)->base);
    leat_free(self);
}

static const leat_operator_class bounded_class = {
    .name = "join_bounded",
    .process = bounded_left,
    .process_right = bounded_right,
    .watermark = bounded_watermark,
    .promise = bounded_promise,
    .close = bounded_close,
};

leat_operator *leat_join_bounded_open(const leat_operator_args *args)
{
    join_bounded *b = LEAT_NEW(join_bounded);
    leat_join_base *j = &b->base;
    j->base.class = &bounded_class;
    leat_join_init(j, args);
    b->is_window = j->join->timing == LEAT_JOIN_WINDOW;
    b->time_columns[0] = j->join->left_time;
    b->time_columns[1] = j->join->right_time;
    return &j->base;
}
