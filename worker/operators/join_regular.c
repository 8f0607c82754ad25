/* SPDX-License-Identifier: Apache-2.0
 *
 * join_regular - joins of two tables that change: every row of both sides is kept, with how many
 * equal ones there are, and every change goes through to the result.
 *
 * Order bytes of an entry: the row's hash where rows may retract (to find them again), and an
 * arrival number. A row of a side that counts matches knows how many rows of the other side it
 * meets: when that leaves zero or comes back to it, the row with NULLs goes or comes (outer), or
 * the row itself comes or goes (semi, anti). Retractions go out before what takes their place.
 */
#include "common/base/alloc.h"
#include "common/base/hash.h"
#include "worker/operators/join.h"

typedef struct join_regular {
    leat_join_base base;
    bool retracts[LEAT_JOIN_SIDES]; /* rows of that side may be retracted */
} join_regular;

/* The other side's rows with this key, in their order. */
static void collect(leat_join_base *j, leat_bin *bin)
{
    leat_vec_clear(&j->matches);
    if (bin == NULL)
        return;
    leat_vec_reserve(&j->matches, leat_bin_count(bin));
    leat_bin_place place = leat_bin_first(bin);
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place))
        leat_vec_push(&j->matches, entry);
}

/* `times` copies come, or go when it is negative. */
static void put_times(leat_join_base *j,
                      uint32_t side,
                      const char *own,
                      const char *other,
                      int64_t times,
                      leat_emitter *out)
{
    bool is_retract = times < 0;
    for (times = is_retract ? -times : times; times > 0; times--)
        leat_join_put(j, side, own, other, is_retract, out);
}

/* Row `match` of `side` (which counts its matches) found its first partner, or lost its last one.
 * What it was without partners, and what it is with them, change places. */
static void
put_turn(leat_join_base *j, uint32_t side, leat_entry *match, bool has_partner, leat_emitter *out)
{
    const char *row = leat_join_stored(match).data;
    int64_t count = leat_join_row_of(match).count;
    bool is_gone = j->join->kind == LEAT_JOIN_SEMI ? !has_partner : has_partner;
    put_times(j, side, row, NULL, is_gone ? -count : count, out);
}

/* One more or one less row on the other side of `match`; it is of `side`. */
static bool
count_match(leat_join_base *j, uint32_t side, leat_entry *match, int64_t by, int64_t *out_count)
{
    leat_join_row row = leat_join_row_of(match);
    *out_count = row.count;
    if (!j->sides[side].counts_matches)
        return false;
    int64_t before = row.matches;
    row.matches += by;
    leat_join_set_row(j, side, match, row);
    return by > 0 ? before == 0 : row.matches == 0;
}

/* Join `row` of `side` with all its matches; returns how many rows they are. */
static int64_t
join_matches(leat_join_base *j, uint32_t side, const char *row, bool is_retract, leat_emitter *out)
{
    int64_t total = 0;
    uint32_t other = !side;
    LEAT_VEC_EACH (match, &j->matches) {
        int64_t count;
        bool turns = count_match(j, other, *match, is_retract ? -1 : 1, &count);
        total += count;
        if (turns && !is_retract)
            put_turn(j, other, *match, true, out);
        if (!j->is_filter)
            put_times(j, side, row, leat_join_stored(*match).data, is_retract ? -count : count,
                      out);
        if (turns && is_retract)
            put_turn(j, other, *match, false, out);
    }
    return total;
}

/* What a row of `side` says by itself, given how many partners it has. */
static void put_alone(leat_join_base *j,
                      uint32_t side,
                      const char *row,
                      int64_t total,
                      bool is_retract,
                      leat_emitter *out)
{
    if (!j->sides[side].counts_matches)
        return;
    bool is_out = j->join->kind == LEAT_JOIN_SEMI ? total > 0 : total == 0;
    if (is_out)
        leat_join_put(j, side, row, NULL, is_retract, out);
}

static leat_bytes row_order(join_regular *r, uint32_t side, leat_bytes row, uint32_t key_group)
{
    leat_join_side *s = &r->base.sides[side];
    leat_buf_clear(&s->order);
    if (r->retracts[side])
        leat_buf_add_u64(&s->order, leat_hash_bytes(row));
    leat_buf_add_u64(&s->order, __builtin_bswap64(leat_sorted_arrival(s->table, key_group)));
    return leat_buf_bytes(&s->order);
}

/* The entry of an equal row, NULL when there is none. */
static leat_entry *row_find(leat_bin *bin, leat_bytes row)
{
    uint64_t hash = leat_hash_bytes(row);
    leat_bin_place place = leat_bin_seek(bin, leat_bytes_of(&hash, sizeof hash));
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (memcmp(entry->order, &hash, sizeof hash) != 0)
            return NULL;
        if (leat_bytes_equal(leat_join_stored(entry), row))
            return entry;
    }
    return NULL;
}

static void keep_row(join_regular *r, uint32_t side, uint32_t i, int64_t total)
{
    leat_join_base *j = &r->base;
    leat_keyed_input *input = &j->sides[side].input;
    leat_bytes bytes = leat_keyed_input_row(input, i);
    leat_bin *bin = input->bins[i];
    leat_entry *entry = r->retracts[side] ? row_find(bin, bytes) : NULL;
    leat_join_row row = {.count = 0};
    if (entry != NULL)
        row = leat_join_row_of(entry);
    else
        entry = leat_join_insert(j, side, bin, row_order(r, side, bytes, leat_bin_key_group(bin)),
                                 bytes);
    row.count++;
    row.matches = total;
    leat_join_set_row(j, side, entry, row);
}

/* False: there is no such row. */
static bool drop_row(join_regular *r, uint32_t side, uint32_t i)
{
    leat_join_base *j = &r->base;
    leat_keyed_input *input = &j->sides[side].input;
    leat_entry *entry = row_find(input->bins[i], leat_keyed_input_row(input, i));
    if (entry == NULL)
        return false;
    leat_join_row row = leat_join_row_of(entry);
    row.count--;
    if (row.count > 0)
        leat_join_set_row(j, side, entry, row);
    else
        leat_entry_remove(j->sides[side].table, entry);
    return true;
}

static void join_row(join_regular *r, uint32_t side, uint32_t i, leat_emitter *out)
{
    leat_join_base *j = &r->base;
    leat_keyed_input *input = &j->sides[side].input;
    const char *row = leat_keyed_input_row(input, i).data;
    bool is_retract = leat_keyed_input_is_retract(input, i);
    if (input->is_unmatched[i]) {
        put_alone(j, side, row, 0, is_retract, out);
        return;
    }
    if (is_retract && !drop_row(r, side, i))
        return;
    collect(j, j->sides[side].others[i]);
    if (j->pairs.filter == NULL)
        leat_join_test(j, side, row, out);
    int64_t total = join_matches(j, side, row, is_retract, out);
    put_alone(j, side, row, total, is_retract, out);
    if (!is_retract)
        keep_row(r, side, i, total);
}

static void
regular_process(leat_operator *self, uint32_t side, const leat_rows *rows, leat_emitter *out)
{
    join_regular *r = (join_regular *)self;
    leat_join_take(&r->base, side, rows);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        join_row(r, side, i, out);
    leat_join_finish(&r->base, out);
}

static void regular_left(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    regular_process(self, LEAT_JOIN_LEFT_SIDE, rows, out);
}

static void regular_right(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    regular_process(self, LEAT_JOIN_RIGHT_SIDE, rows, out);
}

static void regular_close(leat_operator *self)
{
    leat_join_fini(&((join_regular *)self)->base);
    leat_free(self);
}

static const leat_operator_class regular_class = {
    .name = "join",
    .process = regular_left,
    .process_right = regular_right,
    .close = regular_close,
};

leat_operator *leat_join_regular_open(const leat_operator_args *args)
{
    join_regular *r = LEAT_NEW(join_regular);
    leat_join_base *j = &r->base;
    j->base.class = &regular_class;
    leat_join_init(j, args);
    for (uint32_t side = 0; side < LEAT_JOIN_SIDES; side++)
        r->retracts[side] = leat_args_retracts(args, side);
    if (j->join->kind == LEAT_JOIN_INNER)
        j->pairs.filter = j->test.eval; /* tested when they go out, many at a time */
    return &j->base;
}
