/* SPDX-License-Identifier: Apache-2.0
 *
 * A sorted array of rows. A removed row stays as its own tombstone until the removal
 * is part of a completed epoch; a frozen row that changes before it is gathered keeps what it was
 * beside what it is.
 */
#include "worker/state/byte_table_layout.h"

#include "common/base/blob.h"
#include "common/base/hash.h"
#include "common/base/vec.h"

__extension__ typedef unsigned __int128 wide;

typedef struct byte_row {
    uint32_t key_group;
    uint64_t hash;
    uint64_t epoch; /* of the last change; 0 = restored */
    leat_blob *key;
    leat_blob *value; /* NULL: removed */
    bool was_frozen;  /* `before` is what the gather owes, NULL for removed */
    leat_blob *before;
} byte_row;

struct leat_byte_table {
    uint32_t state_id;
    uint32_t key_group_count;
    bool *is_owned;
    LEAT_VEC(byte_row) rows; /* ascending by (key group, hash, key) */
    uint32_t live;
    uint64_t epoch; /* of changes made now */
    uint64_t frozen;
    uint64_t completed;
    bool is_gathered;
    size_t bytes;
};

static void row_fini(leat_byte_table *table, byte_row *row)
{
    table->bytes -= leat_blob_bytes(row->key).size + leat_blob_bytes(row->value).size;
    leat_blob_unref(&row->key);
    leat_blob_unref(&row->value);
    leat_blob_unref(&row->before);
}

/* Keys hash into their own key group, which was chosen by the caller. */
static uint64_t row_hash(const leat_byte_table *table, uint32_t key_group, leat_bytes key)
{
    wide at = ((wide)key_group << 64) + (leat_hash_bytes(key) | UINT16_MAX);
    return (uint64_t)(at / table->key_group_count);
}

leat_byte_table *
leat_byte_table_new(uint32_t state_id, uint32_t key_group_count, uint64_t completed)
{
    leat_byte_table *table = LEAT_NEW(leat_byte_table);
    table->state_id = state_id;
    table->key_group_count = key_group_count;
    table->is_owned = leat_alloc_zero(key_group_count, sizeof *table->is_owned);
    table->completed = table->frozen = completed;
    table->epoch = completed + 1;
    table->is_gathered = true;
    return table;
}

void leat_byte_table_free(leat_byte_table **table)
{
    leat_byte_table *t = LEAT_TAKE(*table);
    if (t == NULL)
        return;
    LEAT_VEC_EACH (row, &t->rows)
        row_fini(t, row);
    leat_vec_fini(&t->rows);
    leat_free(t->is_owned);
    leat_free(t);
}

void leat_byte_table_add_group(leat_byte_table *table, uint32_t key_group)
{
    LEAT_ASSERT(!table->is_owned[key_group]);
    table->is_owned[key_group] = true;
}

/* Keep the rows for which `keep` says so. */
typedef bool byte_row_test(const leat_byte_table *table, const byte_row *row, uint32_t key_group);

static void rows_filter(leat_byte_table *table, byte_row_test *keep, uint32_t key_group)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->rows.count; i++) {
        byte_row *row = &table->rows.items[i];
        if (keep(table, row, key_group))
            table->rows.items[kept++] = *row;
        else
            row_fini(table, row);
    }
    table->rows.count = kept;
}

static bool is_elsewhere(const leat_byte_table *table, const byte_row *row, uint32_t key_group)
{
    (void)table;
    return row->key_group != key_group;
}

static bool is_needed(const leat_byte_table *table, const byte_row *row, uint32_t key_group)
{
    (void)key_group;
    return row->value != NULL || row->epoch > table->completed;
}

void leat_byte_table_remove_group(leat_byte_table *table, uint32_t key_group)
{
    LEAT_VEC_EACH (row, &table->rows)
        table->live -= row->key_group == key_group && row->value != NULL;
    rows_filter(table, is_elsewhere, key_group);
    table->is_owned[key_group] = false;
}

static int row_compare(const byte_row *row, uint32_t key_group, uint64_t hash, leat_bytes key)
{
    if (row->key_group != key_group)
        return row->key_group < key_group ? -1 : 1;
    if (row->hash != hash)
        return row->hash < hash ? -1 : 1;
    return leat_bytes_compare(leat_blob_bytes(row->key), key);
}

/* Where the row is or would be; *out_row is NULL when it is not there. */
static size_t
rows_find(const leat_byte_table *table, uint32_t key_group, leat_bytes key, byte_row **out_row)
{
    uint64_t hash = row_hash(table, key_group, key);
    size_t low = 0, high = table->rows.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (row_compare(&table->rows.items[middle], key_group, hash, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    byte_row *at = table->rows.items + low;
    bool is_there = low < table->rows.count && row_compare(at, key_group, hash, key) == 0;
    *out_row = is_there ? at : NULL;
    return low;
}

static byte_row *rows_make(leat_byte_table *table, size_t index, uint32_t key_group, leat_bytes key)
{
    leat_vec_reserve(&table->rows, 1);
    byte_row *at = table->rows.items + index;
    memmove(at + 1, at, (table->rows.count - index) * sizeof *at);
    table->rows.count++;
    *at = (byte_row){.key_group = key_group,
                     .hash = row_hash(table, key_group, key),
                     .key = leat_blob_copy(key)};
    table->bytes += key.size;
    return at;
}

static bool is_frozen(const leat_byte_table *table, const byte_row *row)
{
    return row->epoch > table->completed && row->epoch <= table->frozen;
}

static void row_put(leat_byte_table *table, byte_row *row, leat_blob *value, uint64_t epoch)
{
    if (!table->is_gathered && !row->was_frozen && is_frozen(table, row)) {
        row->before = leat_blob_ref(row->value);
        row->was_frozen = true;
    }
    table->live += value != NULL;
    table->live -= row->value != NULL;
    table->bytes += leat_blob_bytes(value).size - leat_blob_bytes(row->value).size;
    leat_blob_unref(&row->value);
    row->value = value;
    row->epoch = epoch;
}

void leat_byte_table_put(leat_byte_table *table,
                         uint32_t key_group,
                         leat_bytes key,
                         leat_bytes value)
{
    LEAT_ASSERT(table->is_owned[key_group]);
    byte_row *row;
    size_t index = rows_find(table, key_group, key, &row);
    if (row == NULL)
        row = rows_make(table, index, key_group, key);
    row_put(table, row, leat_blob_copy(value), table->epoch);
}

bool leat_byte_table_get(const leat_byte_table *table,
                         uint32_t key_group,
                         leat_bytes key,
                         leat_bytes *out_value)
{
    byte_row *row;
    rows_find(table, key_group, key, &row);
    if (row == NULL || row->value == NULL)
        return false;
    *out_value = leat_blob_bytes(row->value);
    return true;
}

void leat_byte_table_remove(leat_byte_table *table, uint32_t key_group, leat_bytes key)
{
    byte_row *row;
    rows_find(table, key_group, key, &row);
    if (row != NULL && row->value != NULL)
        row_put(table, row, NULL, table->epoch);
}

void leat_byte_table_each(const leat_byte_table *table, leat_byte_table_visit *visit, void *self)
{
    LEAT_VEC_EACH (row, &table->rows)
        if (row->value != NULL)
            visit(self, row->key_group, leat_blob_bytes(row->key), leat_blob_bytes(row->value));
}

uint32_t leat_byte_table_count(const leat_byte_table *table)
{
    return table->live;
}

/* What an aborted gather put aside is newer in the row itself. */
static void rows_forget_before(leat_byte_table *table)
{
    LEAT_VEC_EACH (row, &table->rows) {
        row->was_frozen = false;
        leat_blob_unref(&row->before);
    }
}

void leat_byte_table_freeze(leat_byte_table *table, uint64_t epoch, uint64_t completed)
{
    if (!table->is_gathered)
        rows_forget_before(table);
    LEAT_ASSERT(epoch >= table->epoch);
    leat_byte_table_decided(table, completed);
    rows_filter(table, is_needed, 0);
    table->frozen = epoch;
    table->epoch = epoch + 1;
    table->is_gathered = false;
}

void leat_byte_table_decided(leat_byte_table *table, uint64_t epoch)
{
    table->completed = LEAT_MAX(table->completed, epoch);
    LEAT_ASSERT(table->completed <= table->frozen);
}

static void
row_visit(const leat_byte_table *table, const byte_row *row, leat_record_visit *visit, void *self)
{
    const leat_blob *value = row->was_frozen ? row->before : row->value;
    leat_record record = {
        .kind = value == NULL ? LEAT_RECORD_REMOVE : LEAT_RECORD_PUT,
        .state = (uint16_t)table->state_id,
        .key_group = (uint16_t)row->key_group,
        .hash = row->hash,
        .pane = LEAT_PANE_NONE,
        .key = leat_blob_bytes(row->key),
        .value = leat_blob_bytes(value),
    };
    visit(self, &record);
}

uint32_t leat_byte_table_gather(leat_byte_table *table, leat_record_visit *visit, void *self)
{
    uint32_t visited = 0;
    LEAT_VEC_EACH (row, &table->rows) {
        if (!row->was_frozen && !is_frozen(table, row))
            continue;
        row_visit(table, row, visit, self);
        visited++;
    }
    rows_forget_before(table);
    table->is_gathered = true;
    return visited;
}

bool leat_byte_table_is_gathered(const leat_byte_table *table)
{
    return table->is_gathered;
}

void leat_byte_table_dump(const leat_byte_table *table,
                          uint32_t key_group,
                          leat_record_visit *visit,
                          void *self)
{
    LEAT_VEC_EACH (row, &table->rows) {
        byte_row now = *row;
        now.was_frozen = false;
        if (row->key_group == key_group && row->value != NULL)
            row_visit(table, &now, visit, self);
    }
}

void leat_byte_table_apply(leat_byte_table *table, const leat_record *record)
{
    byte_row *row;
    size_t index = rows_find(table, record->key_group, record->key, &row);
    if (record->kind == LEAT_RECORD_PUT) {
        if (row == NULL)
            row = rows_make(table, index, record->key_group, record->key);
        row_put(table, row, leat_blob_copy(record->value), 0);
    } else if (row != NULL) {
        row_put(table, row, NULL, 0);
    }
}

size_t leat_byte_table_bytes(const leat_byte_table *table)
{
    return table->bytes + table->rows.capacity * sizeof(byte_row);
}
