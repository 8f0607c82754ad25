/* SPDX-License-Identifier: Apache-2.0
 *
 * top_n - per partition the rows of the first ranks, and only what changes of them; also the
 * deduplications that are a Top-1.
 *
 * A partition is a bin; order bytes of its entries are the sort key and an arrival number, so that
 * ties stand in order of arrival. What is visible of a partition is noted before its first change
 * of a batch and compared with what is visible after the batch. Rows that can never become
 * visible are dropped when nothing is ever retracted. A partition that is one window says nothing
 * until the watermark passes the window's end, then everything.
 */
#include "common/base/alloc.h"
#include "common/base/vec.h"
#include "worker/operators/keyed_input.h"
#include "worker/operators/pair_output.h"
#include "worker/operators/sort_key.h"
#include "worker/state/state.h"
#include "worker/state/timers.h"

enum { ARRIVAL_SIZE = 8, FIRE_LEAD_US = 1000, TIMER_FIRE = 1 };

typedef struct top_item {
    leat_entry *entry;
    int64_t rank;
} top_item;

typedef LEAT_VEC(top_item) top_items;

typedef struct touched_bin {
    leat_bin *bin;
    size_t before; /* first of its items in `before` */
    size_t count;
} touched_bin;

typedef struct top_n {
    leat_operator base;
    leat_arena arena;
    const leat_order *orders;
    uint32_t order_count;
    leat_top top;
    uint64_t last_rank;   /* offset + limit */
    bool is_newest_first; /* by arrival, the last one counts */
    bool retracts;
    leat_keyed_input input;
    leat_sorted_table *table;
    leat_pair_output pairs;
    leat_buf order;
    LEAT_VEC(touched_bin) touched;
    top_items before; /* of all touched bins */
    top_items after;  /* of the one at hand */
} top_n;

/* --- What is visible. --- */

static bool is_peer(const leat_entry *a, const leat_entry *b)
{
    return a->order_size == b->order_size &&
           memcmp(a->order, b->order, a->order_size - ARRIVAL_SIZE) == 0;
}

/* Walks a bin and says the rank of each entry. */
typedef struct rank_walk {
    leat_bin_place place;
    leat_entry *entry; /* NULL at the end */
    uint64_t position;
    uint64_t rank;
} rank_walk;

static void rank_step(const top_n *t, rank_walk *walk)
{
    const leat_entry *last = walk->entry;
    if (last != NULL)
        leat_bin_next(&walk->place);
    walk->entry = leat_bin_at(&walk->place);
    walk->position++;
    bool is_tied = last != NULL && walk->entry != NULL && t->top.kind != LEAT_RANK_ROW_NUMBER &&
                   is_peer(last, walk->entry);
    if (is_tied)
        return;
    walk->rank = t->top.kind == LEAT_RANK_DENSE_RANK ? walk->rank + 1 : walk->position;
}

static rank_walk rank_first(const top_n *t, leat_bin *bin)
{
    rank_walk walk = {.place = leat_bin_first(bin)};
    rank_step(t, &walk);
    return walk;
}

static void add_visible(const top_n *t, leat_bin *bin, top_items *items)
{
    rank_walk walk = rank_first(t, bin);
    for (; walk.entry != NULL && walk.rank <= t->last_rank; rank_step(t, &walk)) {
        if (walk.rank > t->top.offset)
            leat_vec_push(items, ((top_item){walk.entry, (int64_t)walk.rank}));
    }
}

/* --- What changed of it. --- */

static leat_numbered_row row_of(const top_item *item)
{
    if (item == NULL)
        return (leat_numbered_row){0};
    return (leat_numbered_row){leat_entry_value(item->entry), item->rank};
}

static bool is_same_row(const top_n *t, const top_item *a, const top_item *b)
{
    bool has_same_rank = !t->top.has_rank || a->rank == b->rank;
    return has_same_rank && a->entry->value_size == b->entry->value_size &&
           memcmp(leat_entry_value(a->entry), leat_entry_value(b->entry), a->entry->value_size) ==
               0;
}

/* Keep of two lists what is not in both, at their fronts. Both are in order. */
static void
keep_differing(const top_n *t, top_item *a, size_t *a_count, top_item *b, size_t *b_count)
{
    size_t i = 0, j = 0, a_kept = 0, b_kept = 0;
    while (i < *a_count || j < *b_count) {
        int order = i == *a_count   ? 1
                    : j == *b_count ? -1
                                    : leat_bytes_compare(leat_entry_order(a[i].entry),
                                                         leat_entry_order(b[j].entry));
        bool is_both = order == 0 && (!t->top.has_rank || a[i].rank == b[j].rank);
        if (is_both) {
            i++;
            j++;
            continue;
        }
        if (order <= 0)
            a[a_kept++] = a[i++];
        if (order >= 0)
            b[b_kept++] = b[j++];
    }
    *a_count = a_kept;
    *b_count = b_kept;
}

static void emit_changes(top_n *t, const touched_bin *touched, leat_emitter *out)
{
    leat_vec_clear(&t->after);
    add_visible(t, touched->bin, &t->after);
    top_item *before = t->before.items + touched->before;
    size_t before_count = touched->count, after_count = t->after.count;
    keep_differing(t, before, &before_count, t->after.items, &after_count);
    for (size_t i = 0; i < LEAT_MAX(before_count, after_count); i++) {
        const top_item *gone = i < before_count ? &before[i] : NULL;
        const top_item *come = i < after_count ? &t->after.items[i] : NULL;
        if (gone != NULL && come != NULL && is_same_row(t, gone, come))
            continue;
        leat_pair_output_update(&t->pairs, row_of(gone), row_of(come), out);
    }
}

/* Nothing is retracted, so rows behind the last rank stay there. */
static void drop_hopeless(top_n *t, leat_bin *bin)
{
    if (leat_bin_count(bin) <= t->last_rank)
        return;
    rank_walk walk = rank_first(t, bin);
    while (walk.entry != NULL && walk.rank <= t->last_rank)
        rank_step(t, &walk);
    while (leat_bin_at(&walk.place) != NULL)
        leat_bin_remove(t->table, &walk.place);
}

/* --- Rows in. --- */

static void touch(top_n *t, leat_bin *bin)
{
    uint32_t *mark = leat_bin_mark(bin);
    if (*mark - 1 < t->touched.count && t->touched.items[*mark - 1].bin == bin)
        return;
    touched_bin touched = {.bin = bin, .before = t->before.count};
    if (t->top.window_end < 0)
        add_visible(t, bin, &t->before);
    touched.count = t->before.count - touched.before;
    leat_vec_push(&t->touched, touched);
    *mark = (uint32_t)t->touched.count;
}

static void write_order(top_n *t, uint32_t i, uint64_t arrival)
{
    leat_buf_clear(&t->order);
    leat_sort_key_write(t->orders, t->order_count, t->input.rows, leat_rows_at(t->input.rows, i),
                        &t->order);
    if (t->is_newest_first)
        leat_sort_key_add_number(&t->order, ~arrival);
    leat_sort_key_add_number(&t->order, arrival);
}

static leat_time fire_time(const top_n *t, uint32_t i)
{
    leat_bytes row = leat_keyed_input_row(&t->input, i);
    return leat_stored_integer(&t->input.format, row.data, (uint32_t)t->top.window_end) -
           FIRE_LEAD_US;
}

/* A row that would stand behind all visible ones of a full partition changes nothing. */
static bool is_hopeless(const top_n *t, leat_bin *bin)
{
    if (t->retracts || t->top.kind != LEAT_RANK_ROW_NUMBER || leat_bin_count(bin) < t->last_rank)
        return false;
    leat_bin_place last = leat_bin_last(bin);
    const leat_entry *entry = leat_bin_at(&last);
    return entry != NULL &&
           leat_bytes_compare(leat_entry_order(entry), leat_buf_bytes(&t->order)) < 0;
}

static void insert_row(top_n *t, uint32_t i)
{
    leat_bin *bin = t->input.bins[i];
    uint32_t key_group = leat_bin_key_group(bin);
    write_order(t, i, leat_sorted_arrival(t->table, key_group));
    if (is_hopeless(t, bin))
        return;
    touch(t, bin);
    if (t->top.window_end >= 0 && leat_bin_count(bin) == 0) {
        leat_timer timer = {fire_time(t, i), t->input.hashes[i], TIMER_FIRE,
                            leat_keyed_input_key(&t->input, i)};
        leat_timer_set(t->table, &timer);
    }
    leat_bytes row = leat_keyed_input_row(&t->input, i);
    leat_entry *entry =
        leat_bin_insert(t->table, bin, leat_buf_bytes(&t->order), (uint32_t)row.size);
    memcpy(leat_entry_value(entry), row.data, row.size);
}

static bool is_row(leat_entry *entry, leat_bytes row)
{
    return leat_bytes_equal(leat_bytes_of(leat_entry_value(entry), entry->value_size), row);
}

/* Remove the first equal row; by arrival every row may be it. */
static void retract_row(top_n *t, uint32_t i)
{
    leat_bin *bin = t->input.bins[i];
    leat_bytes row = leat_keyed_input_row(&t->input, i);
    write_order(t, i, 0);
    leat_bytes key = {t->order.data, t->is_newest_first ? 0 : t->order.size - ARRIVAL_SIZE};
    leat_bin_place place = leat_bin_seek(bin, key);
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (key.size > 0 &&
            (entry->order_size < key.size || memcmp(entry->order, key.data, key.size) != 0))
            return;
        if (!is_row(entry, row))
            continue;
        touch(t, bin);
        leat_bin_remove(t->table, &place);
        return;
    }
}

static bool is_late(const top_n *t, uint32_t i)
{
    if (t->top.window_end < 0)
        return false;
    uint32_t key_group = leat_bin_key_group(t->input.bins[i]);
    return fire_time(t, i) <= leat_sorted_watermark(t->table, key_group);
}

static void top_finish(top_n *t, leat_emitter *out)
{
    LEAT_VEC_EACH (touched, &t->touched) {
        if (t->top.window_end < 0)
            emit_changes(t, touched, out);
        if (!t->retracts)
            drop_hopeless(t, touched->bin);
    }
    leat_vec_clear(&t->touched);
    leat_vec_clear(&t->before);
    leat_pair_output_flush(&t->pairs, out);
    leat_sorted_sweep(t->table);
}

static void top_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    top_n *t = (top_n *)self;
    t->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(&t->input, rows, true);
    leat_keyed_input_bins(&t->input, t->table, true, t->input.bins);
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        if (is_late(t, i))
            t->base.counts.rows_late++;
        else if (leat_keyed_input_is_retract(&t->input, i))
            retract_row(t, i);
        else
            insert_row(t, i);
    }
    top_finish(t, out);
}

/* --- Windows. --- */

static void fire(top_n *t, const leat_timer *timer, leat_emitter *out)
{
    leat_bin *bin = leat_sorted_bin(t->table, timer->hash, timer->key, false);
    if (bin == NULL)
        return;
    leat_vec_clear(&t->after);
    add_visible(t, bin, &t->after);
    LEAT_VEC_EACH (item, &t->after)
        leat_pair_output_update(&t->pairs, (leat_numbered_row){0}, row_of(item), out);
    leat_bin_place place = leat_bin_first(bin);
    while (leat_bin_at(&place) != NULL)
        leat_bin_remove(t->table, &place);
}

static void top_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    top_n *t = (top_n *)self;
    if (t->top.window_end < 0)
        return;
    leat_sorted_advance(t->table, watermark);
    uint32_t key_groups = leat_sorted_key_group_count(t->table);
    for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
        leat_timer timer;
        while (leat_timer_take(t->table, key_group, watermark, &timer))
            fire(t, &timer, out);
    }
    leat_pair_output_flush(&t->pairs, out);
    leat_sorted_sweep(t->table);
}

/* --- Life. --- */

static void top_close(leat_operator *self)
{
    top_n *t = (top_n *)self;
    leat_keyed_input_fini(&t->input);
    leat_buf_fini(&t->order);
    leat_vec_fini(&t->touched);
    leat_vec_fini(&t->before);
    leat_vec_fini(&t->after);
    leat_arena_fini(&t->arena);
    leat_free(t);
}

static const leat_operator_class top_class = {
    .name = "top_n",
    .process = top_process,
    .watermark = top_watermark,
    .close = top_close,
};

static top_n *top_open(const leat_operator_args *args, leat_top top)
{
    const leat_logical_node *node = leat_args_node(args);
    const leat_physical_operator *op = leat_args_operator(args);
    top_n *t = LEAT_NEW(top_n);
    t->base.class = &top_class;
    t->orders = node->orders;
    t->order_count = node->order_count;
    t->top = top;
    t->last_rank = top.limit > UINT64_MAX - top.offset ? UINT64_MAX : top.offset + top.limit;
    t->retracts = leat_args_retracts(args, 0);
    t->table = leat_state_sorted_table(args->state, op->state);
    leat_keyed_input_init(&t->input, op->input, node->keys, node->key_count, args->row_capacity,
                          &t->arena);
    leat_pair_output_init(&t->pairs, &t->base, node->outputs[0].schema, args->row_capacity,
                          top.has_rank, &t->arena);
    t->pairs.left = &t->input.format;
    return t;
}

leat_operator *leat_top_n_open(const leat_operator_args *args)
{
    return &top_open(args, *leat_args_node(args)->top)->base;
}

leat_operator *leat_top_1_open(const leat_operator_args *args)
{
    const leat_logical_node *node = leat_args_node(args);
    const leat_dedup *dedup = node->dedup;
    leat_top top = {.kind = LEAT_RANK_ROW_NUMBER, .limit = 1, .window_end = dedup->window_end};
    top_n *t = top_open(args, top);
    t->is_newest_first = dedup->is_by_arrival && dedup->keeps_last;
    if (dedup->is_by_arrival) {
        t->order_count = 0;
        return &t->base;
    }
    leat_order *order = leat_arena_copy(&t->arena, node->orders, sizeof *order);
    order->is_descending = dedup->keeps_last;
    t->orders = order;
    t->order_count = 1;
    return &t->base;
}
