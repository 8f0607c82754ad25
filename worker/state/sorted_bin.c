/* SPDX-License-Identifier: Apache-2.0
 *
 * sorted_bin - the entries of one key in order: blocks of items, found by two binary searches.
 */
#include "worker/state/sorted_layout.h"

#include "common/base/alloc.h"

enum { BLOCK_ITEMS_MIN = 2, BLOCK_GROWTH = 4, BLOCKS_MIN = 4 };

/* --- Entries. --- */

static size_t entry_size(const leat_entry *entry)
{
    return sizeof *entry + (entry->order_size + 7u) / 8u * 8u + entry->value_size;
}

static leat_entry *
entry_make(leat_sorted_table *table, leat_bin *bin, leat_bytes order, uint32_t value_size)
{
    leat_entry head = {
        .bin = bin,
        .order_size = (uint32_t)order.size,
        .value_size = value_size,
    };
    leat_entry *entry = leat_blob_pool_take(&table->pool, entry_size(&head));
    *entry = head;
    if (order.size > 0)
        memcpy(entry->order, order.data, order.size);
    memset(leat_entry_value(entry), 0, value_size);
    return entry;
}

void leat_entry_free(leat_sorted_table *table, leat_entry *entry)
{
    leat_blob_pool_give(&table->pool, entry, entry_size(entry));
}

/* --- Blocks. --- */

static size_t block_size(uint32_t capacity)
{
    return sizeof(leat_bin_block) + capacity * sizeof(leat_bin_item);
}

static leat_bin_block *block_new(leat_sorted_table *table, uint32_t capacity)
{
    leat_bin_block *block = leat_blob_pool_take(&table->pool, block_size(capacity));
    *block = (leat_bin_block){.capacity = capacity};
    return block;
}

static void block_free(leat_sorted_table *table, leat_bin_block *block)
{
    leat_blob_pool_give(&table->pool, block, block_size(block->capacity));
}

/* Room for one more block at `index`. */
static void blocks_open(leat_sorted_table *table, leat_bin *bin, uint32_t index)
{
    if (bin->block_count == LEAT_MAX(bin->block_capacity, 1u)) {
        uint32_t capacity = LEAT_MAX(bin->block_capacity * 2, (uint32_t)BLOCKS_MIN);
        leat_bin_block **grown = leat_blob_pool_take(&table->pool, capacity * sizeof *grown);
        memcpy(grown, leat_bin_blocks(bin), bin->block_count * sizeof *grown);
        if (bin->block_capacity > 0)
            leat_blob_pool_give(&table->pool, bin->many, bin->block_capacity * sizeof *grown);
        bin->many = grown;
        bin->block_capacity = capacity;
    }
    leat_bin_block **at = leat_bin_blocks(bin) + index;
    memmove(at + 1, at, (bin->block_count - index) * sizeof *at);
    bin->block_count++;
}

static void blocks_close(leat_sorted_table *table, leat_bin *bin, uint32_t index)
{
    leat_bin_block **at = leat_bin_blocks(bin) + index;
    block_free(table, *at);
    memmove(at, at + 1, (bin->block_count - index - 1) * sizeof *at);
    bin->block_count--;
}

static void block_split(leat_sorted_table *table, leat_bin *bin, uint32_t index, uint32_t at)
{
    blocks_open(table, bin, index + 1);
    leat_bin_block **blocks = leat_bin_blocks(bin);
    leat_bin_block *left = blocks[index], *right = block_new(table, LEAT_BLOCK_ITEMS);
    right->count = left->count - at;
    memcpy(right->items, left->items + at, right->count * sizeof *right->items);
    left->count = at;
    blocks[index + 1] = right;
}

/* Room for one more item in the block at the place, which may move on to a new block. */
static void block_make_room(leat_sorted_table *table, leat_bin_place *place)
{
    leat_bin *bin = place->bin;
    leat_bin_block **block = leat_bin_blocks(bin) + place->block;
    if ((*block)->count < (*block)->capacity)
        return;
    if ((*block)->capacity < LEAT_BLOCK_ITEMS) {
        uint32_t capacity = LEAT_MIN((*block)->capacity * BLOCK_GROWTH, (uint32_t)LEAT_BLOCK_ITEMS);
        leat_bin_block *grown = block_new(table, capacity);
        grown->count = (*block)->count;
        memcpy(grown->items, (*block)->items, grown->count * sizeof *grown->items);
        block_free(table, *block);
        *block = grown;
        return;
    }
    /* What arrives in order fills blocks; what does not halves them. */
    bool is_last = place->block + 1 == bin->block_count && place->item == (*block)->count;
    uint32_t at = is_last ? LEAT_BLOCK_ITEMS : LEAT_BLOCK_ITEMS / 2;
    block_split(table, bin, place->block, at);
    if (place->item >= at) {
        place->block++;
        place->item -= at;
    }
}

/* --- Places. --- */

static uint64_t prefix_of(leat_bytes order)
{
    uint64_t prefix = 0;
    if (order.size > 0)
        memcpy(&prefix, order.data, LEAT_MIN(order.size, sizeof prefix));
    return __builtin_bswap64(prefix);
}

static bool item_is_below(const leat_bin_item *item, uint64_t prefix, leat_bytes order)
{
    if (item->prefix != prefix)
        return item->prefix < prefix;
    return leat_bytes_compare(leat_entry_order(item->entry), order) < 0;
}

leat_bin_place leat_bin_first(leat_bin *bin)
{
    return (leat_bin_place){.bin = bin};
}

/* The last block whose first item is below `order`, or the first block. */
static uint32_t block_seek(leat_bin *bin, uint64_t prefix, leat_bytes order)
{
    leat_bin_block **blocks = leat_bin_blocks(bin);
    uint32_t low = 0, high = bin->block_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (item_is_below(&blocks[middle]->items[0], prefix, order))
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? 0 : low - 1;
}

leat_bin_place leat_bin_seek(leat_bin *bin, leat_bytes order)
{
    leat_bin_place place = {.bin = bin};
    if (bin->block_count == 0)
        return place;
    uint64_t prefix = prefix_of(order);
    place.block = block_seek(bin, prefix, order);
    const leat_bin_block *block = leat_bin_blocks(bin)[place.block];
    uint32_t low = 0, high = block->count;
    if (item_is_below(&block->items[high - 1], prefix, order))
        low = high; /* most rows arrive in order */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (item_is_below(&block->items[middle], prefix, order))
            low = middle + 1;
        else
            high = middle;
    }
    place.item = low;
    return place;
}

/* A place behind the last item of a block is that of the next block's first. */
static void place_settle(leat_bin_place *place)
{
    leat_bin *bin = place->bin;
    if (place->block < bin->block_count &&
        place->item == leat_bin_blocks(bin)[place->block]->count &&
        place->block + 1 < bin->block_count) {
        place->block++;
        place->item = 0;
    }
}

leat_entry *leat_bin_at(const leat_bin_place *place)
{
    leat_bin_place at = *place;
    place_settle(&at);
    if (at.block >= at.bin->block_count)
        return NULL;
    const leat_bin_block *block = leat_bin_blocks(at.bin)[at.block];
    return at.item < block->count ? block->items[at.item].entry : NULL;
}

void leat_bin_next(leat_bin_place *place)
{
    place_settle(place);
    place->item++;
}

bool leat_bin_previous(leat_bin_place *place)
{
    if (place->item == 0) {
        if (place->block == 0)
            return false;
        place->block--;
        place->item = leat_bin_blocks(place->bin)[place->block]->count;
    }
    place->item--;
    return true;
}

leat_bin_place leat_bin_last(leat_bin *bin)
{
    leat_bin_place place = {.bin = bin};
    if (bin->block_count == 0)
        return place;
    place.block = bin->block_count - 1;
    place.item = leat_bin_blocks(bin)[place.block]->count - 1;
    return place;
}

uint32_t leat_bin_rank(const leat_bin_place *place)
{
    leat_bin_block **blocks = leat_bin_blocks(place->bin);
    uint32_t rank = place->item;
    for (uint32_t i = 0; i < place->block; i++)
        rank += blocks[i]->count;
    return rank;
}

leat_bin_place leat_bin_nth(leat_bin *bin, uint32_t rank)
{
    leat_bin_place place = {.bin = bin, .item = rank};
    leat_bin_block **blocks = leat_bin_blocks(bin);
    while (place.block + 1 < bin->block_count && place.item >= blocks[place.block]->count)
        place.item -= blocks[place.block++]->count;
    if (bin->block_count > 0)
        place.item = LEAT_MIN(place.item, blocks[place.block]->count);
    return place;
}

leat_bin_place leat_bin_place_of(leat_entry *entry)
{
    leat_bin_place place = leat_bin_seek(entry->bin, leat_entry_order(entry));
    place_settle(&place);
    LEAT_ASSERT(leat_bin_at(&place) == entry); /* O1 */
    return place;
}

/* --- Changes. --- */

leat_entry *leat_bin_find(leat_bin *bin, leat_bytes order)
{
    leat_bin_place place = leat_bin_seek(bin, order);
    leat_entry *entry = leat_bin_at(&place);
    bool is_there = entry != NULL && leat_bytes_equal(leat_entry_order(entry), order);
    return is_there ? entry : NULL;
}

leat_entry *
leat_bin_link(leat_sorted_table *table, leat_bin *bin, leat_bytes order, uint32_t value_size)
{
    leat_bin_place place = leat_bin_seek(bin, order);
    if (bin->block_count == 0) {
        blocks_open(table, bin, 0);
        leat_bin_blocks(bin)[0] = block_new(table, BLOCK_ITEMS_MIN);
    }
    block_make_room(table, &place);
    leat_bin_block *block = leat_bin_blocks(bin)[place.block];
    leat_entry *entry = entry_make(table, bin, order, value_size);
    leat_bin_item *at = block->items + place.item;
    LEAT_ASSERT(place.item == block->count || at->prefix != prefix_of(order) ||
                !leat_bytes_equal(leat_entry_order(at->entry), order)); /* O1 */
    memmove(at + 1, at, (block->count - place.item) * sizeof *at);
    *at = (leat_bin_item){prefix_of(order), entry};
    block->count++;
    bin->count++;
    table->entry_count++;
    return entry;
}

leat_entry *
leat_bin_insert(leat_sorted_table *table, leat_bin *bin, leat_bytes order, uint32_t value_size)
{
    leat_entry *entry = leat_bin_link(table, bin, order, value_size);
    leat_sorted_changed(table, entry);
    return entry;
}

void leat_bin_unlink(leat_sorted_table *table, leat_bin_place *place)
{
    leat_bin *bin = place->bin;
    place_settle(place);
    leat_bin_block *block = leat_bin_blocks(bin)[place->block];
    leat_bin_item *at = block->items + place->item;
    memmove(at, at + 1, (block->count - place->item - 1) * sizeof *at);
    block->count--;
    bin->count--;
    table->entry_count--;
    if (bin->count == 0)
        leat_bin_list(table, bin);
    if (block->count > 0)
        return;
    blocks_close(table, bin, place->block);
    if (place->block == bin->block_count && place->block > 0) {
        place->block--;
        place->item = leat_bin_blocks(bin)[place->block]->count;
    }
}

void leat_bin_remove(leat_sorted_table *table, leat_bin_place *place)
{
    leat_entry *entry = leat_bin_at(place);
    LEAT_ASSERT(entry != NULL);
    leat_bin_unlink(table, place);
    leat_sorted_removed(table, entry);
}

void leat_entry_remove(leat_sorted_table *table, leat_entry *entry)
{
    leat_bin_place place = leat_bin_place_of(entry);
    leat_bin_remove(table, &place);
}

void leat_bin_free(leat_sorted_table *table, leat_bin *bin)
{
    leat_bin_block **blocks = leat_bin_blocks(bin);
    for (uint32_t i = 0; i < bin->block_count; i++)
        block_free(table, blocks[i]);
    if (bin->block_capacity > 0)
        leat_blob_pool_give(&table->pool, bin->many, bin->block_capacity * sizeof *blocks);
    leat_blob_pool_give(&table->pool, bin, sizeof *bin + bin->key_size);
}
