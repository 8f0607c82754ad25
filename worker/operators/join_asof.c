/* SPDX-License-Identifier: Apache-2.0
 *
 * join_asof - each left row with the nearest right row of its key that stands before it, or
 * behind it, by one column. Updating: a right row takes over the left rows it is nearer to.
 *
 * Entries of both sides are ordered by
 *
 *     compared column | TAIL_MARK | row, of the right side | size of the last two | arrival
 *
 * Of right rows with equal values the least by its columns is taken, so that the answer does not
 * depend on who came first. The row is inverted where the nearest is looked for backwards: it is
 * always the outermost entry.
 */
#include "common/base/alloc.h"
#include "worker/operators/join.h"
#include "worker/operators/sort_key.h"

enum {
    LEFT = LEAT_JOIN_LEFT_SIDE,
    RIGHT = LEAT_JOIN_RIGHT_SIDE,
    ARRIVAL_SIZE = 8,
    TAIL_MARK = 0x7f
};

static bool looks_back(const leat_join_base *j)
{
    return j->join->asof == LEAT_ASOF_GREATER || j->join->asof == LEAT_ASOF_GREATER_EQUAL;
}

/* The sort key of the row's compared column, in the side's order buffer. False: it is NULL. */
static bool write_key(leat_join_base *j, uint32_t side, uint32_t i)
{
    leat_join_side *s = &j->sides[side];
    const leat_order order = {.column = side == LEFT ? j->join->left_time : j->join->right_time};
    leat_buf_clear(&s->order);
    leat_sort_key_write(&order, 1, s->input.rows, leat_rows_at(s->input.rows, i), &s->order);
    return !leat_stored_is_null(leat_keyed_input_row(&s->input, i).data, order.column);
}

/* The nearest right row for a left row with that sort key. */
static leat_entry *nearest(leat_join_base *j, leat_bin *bin, leat_bytes key)
{
    if (bin == NULL)
        return NULL;
    leat_asof asof = j->join->asof;
    leat_buf *order = &j->sides[RIGHT].order;
    leat_buf_clear(order);
    leat_buf_add(order, key.data, key.size);
    if (asof == LEAT_ASOF_GREATER_EQUAL || asof == LEAT_ASOF_LESS)
        leat_buf_add_u64(order, UINT64_MAX); /* behind the equal ones */
    leat_bin_place place = leat_bin_seek(bin, leat_buf_bytes(order));
    if (looks_back(j) && !leat_bin_previous(&place))
        return NULL;
    return leat_bin_at(&place);
}

static leat_bytes key_of(const leat_entry *entry)
{
    uint32_t tail_size;
    size_t fixed = sizeof tail_size + ARRIVAL_SIZE;
    memcpy(&tail_size, entry->order + entry->order_size - fixed, sizeof tail_size);
    return leat_bytes_of(entry->order, entry->order_size - fixed - tail_size);
}

/* The pair as it goes out: with NULLs, or not at all, when there is no match. */
static void
put_pair(leat_join_base *j, const char *left, leat_entry *right, bool is_retract, leat_emitter *out)
{
    leat_vec_clear(&j->matches);
    if (right != NULL)
        leat_vec_push(&j->matches, right);
    leat_join_test(j, LEFT, left, out);
    if (j->matches.count > 0)
        leat_join_put(j, LEFT, left, leat_join_stored(right).data, is_retract, out);
    else if (j->sides[LEFT].is_outer)
        leat_join_put(j, LEFT, left, NULL, is_retract, out);
}

/* What decides among rows of one compared value. */
static void write_tail(leat_join_base *j, uint32_t side, uint32_t i)
{
    leat_join_side *s = &j->sides[side];
    const leat_rows *rows = s->input.rows;
    size_t first = s->order.size;
    uint32_t group = leat_bin_key_group(s->input.bins[i]);
    leat_buf_add_u8(&s->order, TAIL_MARK);
    for (uint32_t c = 0; c < rows->schema->field_count && side == RIGHT; c++) {
        const leat_order order = {.column = (uint16_t)c};
        leat_sort_key_write(&order, 1, rows, leat_rows_at(rows, i), &s->order);
    }
    for (size_t b = first + 1; b < s->order.size && looks_back(j); b++)
        s->order.data[b] = (char)~s->order.data[b];
    uint32_t size = (uint32_t)(s->order.size - first);
    leat_buf_add(&s->order, &size, sizeof size);
    leat_sort_key_add_number(&s->order, leat_sorted_arrival(s->table, group));
}

static leat_entry *insert(leat_join_base *j, uint32_t side, uint32_t i)
{
    leat_join_side *s = &j->sides[side];
    leat_bin *bin = s->input.bins[i];
    write_tail(j, side, i);
    return leat_join_insert(j, side, bin, leat_buf_bytes(&s->order),
                            leat_keyed_input_row(&s->input, i));
}

/* The entry of an equal row; the order buffer holds its key. */
static leat_entry *find(leat_join_base *j, uint32_t side, uint32_t i)
{
    leat_join_side *s = &j->sides[side];
    leat_bytes key = leat_buf_bytes(&s->order);
    leat_bin_place place = leat_bin_seek(s->input.bins[i], key);
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (!leat_bytes_equal(key_of(entry), key))
            return NULL;
        if (leat_bytes_equal(leat_join_stored(entry), leat_keyed_input_row(&s->input, i)))
            return entry;
    }
    return NULL;
}

static void take_left(leat_join_base *j, uint32_t i, leat_emitter *out)
{
    leat_join_side *s = &j->sides[LEFT];
    const char *row = leat_keyed_input_row(&s->input, i).data;
    bool is_retract = leat_keyed_input_is_retract(&s->input, i);
    if (!write_key(j, LEFT, i) || s->input.is_unmatched[i]) {
        put_pair(j, row, NULL, is_retract, out);
        return;
    }
    leat_entry *right = nearest(j, s->others[i], leat_buf_bytes(&s->order));
    leat_entry *entry = is_retract ? find(j, LEFT, i) : insert(j, LEFT, i);
    if (entry == NULL)
        return;
    put_pair(j, row, right, is_retract, out);
    if (is_retract)
        leat_entry_remove(s->table, entry);
}

static leat_entry *neighbour(leat_join_base *j, leat_entry *right)
{
    leat_bin_place place = leat_bin_seek(right->bin, leat_entry_order(right));
    if (!looks_back(j)) {
        leat_bin_next(&place);
        return leat_bin_at(&place);
    }
    return leat_bin_previous(&place) ? leat_bin_at(&place) : NULL;
}

/* The left rows whose nearest one is `right` change hands between it and its neighbour. */
static void
hand_over(leat_join_base *j, leat_entry *right, leat_bin *lefts, bool is_coming, leat_emitter *out)
{
    leat_entry *other = neighbour(j, right);
    leat_bytes key = key_of(right);
    leat_bin_place place = leat_bin_seek(lefts, key);
    bool is_forward = looks_back(j);
    if (!is_forward) { /* from behind the equal ones down */
        leat_buf *order = &j->sides[LEFT].order;
        leat_buf_clear(order);
        leat_buf_add(order, key.data, key.size);
        leat_buf_add_u64(order, UINT64_MAX);
        place = leat_bin_seek(lefts, leat_buf_bytes(order));
        if (!leat_bin_previous(&place))
            return;
    }
    for (leat_entry *left; (left = leat_bin_at(&place)) != NULL;) {
        bool is_equal = leat_bytes_equal(key_of(left), key);
        bool is_taken = nearest(j, right->bin, key_of(left)) == right;
        if (!is_taken && !is_equal)
            return;
        if (is_taken) {
            const char *row = leat_join_stored(left).data;
            put_pair(j, row, is_coming ? other : right, true, out);
            put_pair(j, row, is_coming ? right : other, false, out);
        }
        if (is_forward)
            leat_bin_next(&place);
        else if (!leat_bin_previous(&place))
            return;
    }
}

static void take_right(leat_join_base *j, uint32_t i, leat_emitter *out)
{
    leat_join_side *s = &j->sides[RIGHT];
    bool is_retract = leat_keyed_input_is_retract(&s->input, i);
    if (!write_key(j, RIGHT, i) || s->input.is_unmatched[i])
        return;
    leat_entry *entry = is_retract ? find(j, RIGHT, i) : insert(j, RIGHT, i);
    if (entry == NULL)
        return;
    if (s->others[i] != NULL)
        hand_over(j, entry, s->others[i], !is_retract, out);
    if (is_retract)
        leat_entry_remove(s->table, entry);
}

static void asof_left(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    leat_join_base *j = (leat_join_base *)self;
    leat_join_take(j, LEFT, rows);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        take_left(j, i, out);
    leat_join_finish(j, out);
}

static void asof_right(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    leat_join_base *j = (leat_join_base *)self;
    leat_join_take(j, RIGHT, rows);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        take_right(j, i, out);
    leat_join_finish(j, out);
}

static void asof_close(leat_operator *self)
{
    leat_join_fini((leat_join_base *)self);
    leat_free(self);
}

static const leat_operator_class asof_class = {
    .name = "join_asof",
    .process = asof_left,
    .process_right = asof_right,
    .close = asof_close,
};

leat_operator *leat_join_asof_open(const leat_operator_args *args)
{
    leat_join_base *j = LEAT_NEW(leat_join_base);
    j->base.class = &asof_class;
    leat_join_init(j, args);
    return &j->base;
}
