/* SPDX-License-Identifier: Apache-2.0
 *
 * table_probe - find or make the rows of a batch of keys.
 *
 * Three stages, each some rows ahead of the next: where the tags of a key stand, which row
 * they name, whether that row is the key's. Each stage prefetches what the next one reads. The hot
 * case is a row that was already changed in this epoch: head and stamp compare equal and nothing
 * is written. Everything else (first touch in an epoch, new rows, growth) leaves the loop through
 * leat_table_place.
 */
#include "worker/state/table_layout.h"

#include "common/base/alloc.h"

enum {
    LEAD = 32,          /* rows from one stage to the next */
    STEP = 16,          /* rows per stage and turn */
    ORDERED_PROBES = 24 /* ordered slots whose probes get longer are mixed instead */
};

/* One call of upsert. */
typedef struct probe {
    leat_table *table;
    leat_pane *pane;
    const leat_key_run *run;
    const uint64_t *heads;
    const char *staged;       /* key cells, key_size bytes a row */
    const uint64_t *validity; /* of an integer key, or NULL */
    bool is_constant;
    uint16_t *groups; /* key groups */
    char **cells;
    uint32_t pointed; /* cells[.. pointed) are candidates or results */
} probe;

static uint32_t run_position(const leat_key_run *run, uint32_t i)
{
    return run->positions == NULL ? i : run->positions[i];
}

static bool key_equal(const leat_table *table, const leat_row *row, const char *staged)
{
    const char *cells = (const char *)row + table->key_offset;
    if (memcmp(cells, staged, table->key_fixed_size) != 0)
        return false;
    for (uint32_t i = 0; i < table->key_view_count; i++) {
        leat_view a, b;
        memcpy(&a, cells + table->key_fixed_size + i * sizeof a, sizeof a);
        memcpy(&b, staged + table->key_fixed_size + i * sizeof b, sizeof b);
        if (!leat_view_equal(&a, &b))
            return false;
    }
    return true;
}

static leat_home *home_of(const leat_table *table, const leat_pane *pane, uint64_t hash)
{
    leat_pane *owner = (leat_pane *)(uintptr_t)pane;
    return &owner->homes[leat_key_group_of(hash, table->key_group_count)];
}

/* The key's row, or the empty row where it would go. */
static leat_row *home_probe(const leat_table *table,
                            const leat_home *home,
                            const leat_key_ref *key,
                            uint32_t *out_length)
{
    uint32_t length = 0;
    leat_row *row = leat_home_row(table, home, key->head);
    for (; row->stamp != ROW_EMPTY; row = leat_row_next(table, row), length++)
        if (row->head == key->head && row->stamp != ROW_REMOVED &&
            (table->is_integer_key || key_equal(table, row, key->staged)))
            break;
    *out_length = length;
    return row;
}

leat_row *leat_table_lookup(const leat_table *table, const leat_pane *pane, const leat_key_ref *key)
{
    const leat_home *home = home_of(table, pane, key->hash);
    if (home->part == NULL)
        return NULL;
    uint32_t length;
    leat_row *row = key->is_null ? leat_part_row(table, home->part, leat_part_null_slot(home->part))
                                 : home_probe(table, home, key, &length);
    return row->stamp == ROW_EMPTY ? NULL : row;
}

static bool home_has_room(const leat_table *table,
                          const leat_home *home,
                          const leat_row *row,
                          uint32_t probe_length)
{
    const leat_part *part = home->part;
    if (row == leat_part_row(table, part, part->capacity + part->tail - 1))
        return false;
    if (table->is_integer_key && home->multiplier == table->order_multiplier &&
        probe_length > ORDERED_PROBES)
        return false;
    return part->used < part->threshold;
}

static void row_make(leat_table *table, leat_part *part, leat_row *row, const leat_key_ref *key)
{
    memset(row, 0, table->row_size);
    row->head = key->is_null ? 0 : key->head;
    row->mark = key->is_null ? ROW_NULL_KEY : 0;
    if (!table->is_integer_key) {
        memcpy((char *)row + table->key_offset, key->staged, table->key_size);
        if (table->key_view_count > 0)
            leat_part_keep_row(table, part, row, true);
    }
    leat_part_set_tag(table, part, row, key->hash);
    part->used += !key->is_null;
    part->live++;
    table->row_count++;
}

leat_row *
leat_table_place(leat_table *table, leat_pane *pane, const leat_key_ref *key, bool *out_grew)
{
    leat_home *home = home_of(table, pane, key->hash);
    *out_grew = home->part == NULL;
    if (home->part == NULL)
        leat_part_new(table, pane, leat_key_group_of(key->hash, table->key_group_count));
    leat_row *row;
    if (key->is_null) {
        row = leat_part_row(table, home->part, leat_part_null_slot(home->part));
    } else {
        uint32_t length;
        while (row = home_probe(table, home, key, &length),
               row->stamp == ROW_EMPTY && !home_has_room(table, home, row, length)) {
            leat_part_grow(table, home);
            *out_grew = true;
        }
    }
    if (row->stamp == ROW_EMPTY)
        row_make(table, home->part, row, key);
    return row;
}

static bool probe_is_null(const probe *p, uint32_t i)
{
    return p->validity != NULL &&
           !leat_bit_get(p->validity, p->is_constant ? 0 : run_position(p->run, i));
}

static leat_key_ref probe_key(const probe *p, uint32_t i)
{
    return (leat_key_ref){
        .hash = p->run->hashes[i],
        .head = p->heads[i],
        .is_null = probe_is_null(p, i),
        .staged = p->staged + (size_t)i * p->table->key_size,
    };
}

/* The row that the tags point out for a key; whether it is the key's, the row says. */
static inline char *
home_candidate(const leat_home *home, uint64_t head, uint64_t hash, size_t row_size)
{
    const uint64_t slot = leat_tags_find(home->tags, leat_home_slot(home, head), leat_tag_of(hash));
    return home->rows + slot * row_size;
}

/* Rows of one key group moved: point again at those before `done`, and at the candidates of those
 * from it on. */
static void probe_relocate(probe *p, uint32_t key_group, uint32_t done)
{
    const leat_home *home = &p->pane->homes[key_group];
    for (uint32_t i = 0; i < p->pointed; i++) {
        if (p->groups[i] != key_group)
            continue;
        if (i >= done) {
            p->cells[i] = home_candidate(home, p->heads[i], p->run->hashes[i], p->table->row_size);
        } else {
            leat_key_ref key = probe_key(p, i);
            p->cells[i] = leat_row_cells(leat_table_lookup(p->table, p->pane, &key));
        }
    }
}

__attribute__((noinline)) static char *probe_slow(probe *p, uint32_t i)
{
    leat_key_ref key = probe_key(p, i);
    bool grew;
    leat_row *row = leat_table_place(p->table, p->pane, &key, &grew);
    leat_home *home = home_of(p->table, p->pane, key.hash);
    if (row->stamp != p->table->stamp)
        leat_part_touch(p->table, home->part, row);
    if (grew)
        probe_relocate(p, home->part->key_group, i);
    return leat_row_cells(row);
}

/* First stage: the key group, and the tags on their way into the cache. */
static void probe_locate(probe *p, uint32_t from, uint32_t to)
{
    const leat_home *homes = p->pane->homes;
    const uint64_t *hashes = p->run->hashes;
    const uint64_t *heads = p->heads;
    uint32_t key_groups = p->table->key_group_count;
    for (uint32_t i = from; i < to; i++) {
        uint32_t key_group = leat_key_group_of(hashes[i], key_groups);
        const leat_home *home = &homes[key_group];
        p->groups[i] = (uint16_t)key_group;
        __builtin_prefetch(home->tags + leat_home_slot(home, heads[i]));
    }
}

/* Second stage: which row, and it on its way into the cache. */
static void probe_point(probe *p, uint32_t from, uint32_t to)
{
    const leat_home *homes = p->pane->homes;
    const uint64_t *heads = p->heads;
    const uint64_t *hashes = p->run->hashes;
    const uint16_t *groups = p->groups;
    const size_t row_size = p->table->row_size;
    char **cells = p->cells;
    for (uint32_t i = from; i < to; i++) {
        cells[i] = home_candidate(&homes[groups[i]], heads[i], hashes[i], row_size);
        __builtin_prefetch(cells[i], 1);
    }
    p->pointed = to;
}

/* Third stage: is it the key's row, and changed in this epoch already? The flags are constants at
 * each call. */
__attribute__((always_inline)) static inline void
probe_verify(probe *p, uint32_t from, uint32_t to, bool is_integer, bool has_nulls)
{
    const leat_table *table = p->table;
    const uint64_t *heads = p->heads;
    const uint32_t stamp = table->stamp;
    char **cells = p->cells;
    for (uint32_t i = from; i < to; i++) {
        const leat_row *row = (const leat_row *)(const void *)cells[i];
        bool is_hit = row->head == heads[i] && row->stamp == stamp;
        if (LEAT_LIKELY(is_hit) && !(has_nulls && probe_is_null(p, i)) &&
            (is_integer || key_equal(table, row, p->staged + (size_t)i * table->key_size)))
            cells[i] += sizeof *row;
        else
            cells[i] = probe_slow(p, i);
    }
}

static uint32_t ahead(uint32_t at, uint32_t by, uint32_t count)
{
    return LEAT_MIN(at + by, count);
}

/* In small steps, so that the misses of one stage overlap with the work of the others. */
static void probe_run(probe *p, uint32_t count)
{
    bool is_integer = p->table->is_integer_key;
    probe_locate(p, 0, ahead(0, 2 * LEAD, count));
    probe_point(p, 0, ahead(0, LEAD, count));
    for (uint32_t from = 0; from < count; from += STEP) {
        uint32_t to = ahead(from, STEP, count);
        probe_locate(p, ahead(from, 2 * LEAD, count), ahead(to, 2 * LEAD, count));
        probe_point(p, ahead(from, LEAD, count), ahead(to, LEAD, count));
        if (!is_integer)
            probe_verify(p, from, to, false, false);
        else if (p->validity != NULL)
            probe_verify(p, from, to, true, true);
        else
            probe_verify(p, from, to, true, false);
    }
}

static void scratch_reserve(leat_table *table, uint32_t count)
{
    if (count <= table->staged_capacity)
        return;
    table->heads = leat_realloc(table->heads, count * sizeof *table->heads);
    table->staged =
        leat_realloc(table->staged, LEAT_MAX((size_t)count * table->key_size, (size_t)8));
    table->key_groups = leat_realloc(table->key_groups, count * sizeof *table->key_groups);
    table->staged_capacity = count;
}

/* Integer keys as 64 bits; the column itself when it already is that. */
static const uint64_t *stage_integers(leat_table *table, const leat_key_run *run)
{
    const leat_column *key = &run->keys[0];
    if (key->layout == LEAT_LAYOUT_I64 && run->positions == NULL && !key->is_constant)
        return key->values;
    uint64_t *heads = table->heads;
    if (key->layout == LEAT_LAYOUT_I64)
        for (uint32_t i = 0; i < run->count; i++)
            heads[i] = LEAT_COLUMN_GET(key, uint64_t, run_position(run, i));
    else
        for (uint32_t i = 0; i < run->count; i++)
            heads[i] = (uint64_t)(int64_t)LEAT_COLUMN_GET(key, int32_t, run_position(run, i));
    return heads;
}

/* -0 is 0 and there is one NaN (decisions 15). */
static double canonical_double(double value)
{
    return value == 0 ? 0 : value != value ? __builtin_nan("") : value;
}

static void stage_cell(const leat_column *column, uint32_t at, char *to)
{
    uint32_t index = column->is_constant ? 0 : at;
    int64_t wide = 0;
    switch ((leat_layout)column->layout) {
    case LEAT_LAYOUT_BIT:
        wide = leat_bit_get(column->values, index);
        break;
    case LEAT_LAYOUT_I32:
        wide = ((const int32_t *)column->values)[index];
        break;
    case LEAT_LAYOUT_I64:
        wide = ((const int64_t *)column->values)[index];
        break;
    case LEAT_LAYOUT_F64: {
        double real = canonical_double(((const double *)column->values)[index]);
        memcpy(to, &real, sizeof real);
        return;
    }
    case LEAT_LAYOUT_I128:
    case LEAT_LAYOUT_INTERVAL:
    case LEAT_LAYOUT_VIEW:
        memcpy(to, (const char *)column->values + (size_t)index * 16, 16);
        return;
    case LEAT_LAYOUT_COUNT:
        LEAT_UNREACHABLE();
    }
    memcpy(to, &wide, sizeof wide);
}

static void stage_column(const leat_table *table, const leat_key_run *run, uint32_t key)
{
    const leat_column *column = &run->keys[key];
    const leat_key_cell *cell = &table->cells[key];
    bool is_widened = cell->layout == LEAT_LAYOUT_I128 && column->layout == LEAT_LAYOUT_I64;
    for (uint32_t i = 0; i < run->count; i++) {
        char *staged = table->staged + (size_t)i * table->key_size;
        uint32_t at = run_position(run, i);
        if (leat_column_is_null(column, at)) {
            uint64_t nulls;
            memcpy(&nulls, staged, sizeof nulls);
            nulls |= UINT64_C(1) << key;
            memcpy(staged, &nulls, sizeof nulls);
        } else if (is_widened) {
            leat_i128 wide = LEAT_COLUMN_GET(column, int64_t, at);
            memcpy(staged + cell->offset, &wide, sizeof wide);
        } else {
            stage_cell(column, at, staged + cell->offset);
        }
    }
}

static probe probe_of(leat_table *table, leat_pane *pane, const leat_key_run *run, char **cells)
{
    scratch_reserve(table, run->count);
    probe p = {.table = table, .pane = pane, .run = run, .cells = cells};
    p.groups = table->key_groups;
    if (table->is_integer_key) {
        p.heads = stage_integers(table, run);
        p.staged = "";
        p.validity = run->keys[0].validity;
        p.is_constant = run->keys[0].is_constant;
        return p;
    }
    memset(table->staged, 0, (size_t)run->count * table->key_size);
    for (uint32_t key = 0; key < table->key_count; key++)
        stage_column(table, run, key);
    p.heads = run->hashes;
    p.staged = table->staged;
    return p;
}

void leat_table_upsert(leat_table *table,
                       leat_pane *pane,
                       const leat_key_run *run,
                       char **out_cells)
{
    probe p = probe_of(table, pane, run, out_cells);
    probe_run(&p, run->count);
}

const char *leat_table_find(leat_table *table, leat_pane *pane, const leat_key_run *run)
{
    LEAT_ASSERT(run->count == 1);
    probe p = probe_of(table, pane, run, NULL);
    leat_key_ref key = probe_key(&p, 0);
    leat_row *row = leat_table_lookup(table, pane, &key);
    return row == NULL ? NULL : leat_row_cells(row);
}
