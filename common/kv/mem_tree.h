/* SPDX-License-Identifier: Apache-2.0
 *
 * mem_tree - a persistent ordered map: a treap whose versions share what they have in common.
 *
 * Taking a version is one count; changing one copies only the path that others still see.
 * Priorities come from the key's hash, so the shape depends on the content alone
 * (Seidel and Aragon, "Randomized search trees", 1996, with hashes for coins).
 *
 * Invariants
 *   M1  left keys < key < right keys; a parent's priority >= its children's.
 *   M2  A node with more than one reference never changes.
 *
 * Thread: one, for all versions together (counts are plain).
 */
#ifndef LEAT_COMMON_KV_MEM_TREE_H
#define LEAT_COMMON_KV_MEM_TREE_H

#include "common/kv/kv.h"

typedef struct leat_mem_node leat_mem_node; /* a version is its root; NULL is the empty one */

leat_mem_node *leat_mem_ref(leat_mem_node *root);
void leat_mem_unref(leat_mem_node *root);

/* Both take the caller's reference to `root` and give one to the changed version. */
leat_mem_node *leat_mem_put(leat_mem_node *root, leat_bytes key, leat_bytes value);
leat_mem_node *leat_mem_remove(leat_mem_node *root, leat_bytes key);

/* False when there is none. Entries are borrowed from this version. */
bool leat_mem_get(const leat_mem_node *root, leat_bytes key, leat_bytes *out_value);
bool leat_mem_at_least(const leat_mem_node *root, leat_bytes key, leat_kv_entry *out_entry);
bool leat_mem_after(const leat_mem_node *root, leat_bytes key, leat_kv_entry *out_entry);
bool leat_mem_before(const leat_mem_node *root, leat_bytes key, leat_kv_entry *out_entry);
bool leat_mem_last(const leat_mem_node *root, leat_kv_entry *out_entry);

uint64_t leat_mem_count(const leat_mem_node *root);
uint64_t leat_mem_bytes(const leat_mem_node *root); /* keys + values */

#endif
