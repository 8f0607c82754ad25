/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kv/mem_tree.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/hash.h"

/* Key and value, immutable, shared by the copies of a node. */
typedef struct mem_pair {
    uint32_t ref_count;
    uint32_t key_size;
    size_t value_size;
    char bytes[]; /* key, then value */
} mem_pair;

struct leat_mem_node {
    leat_mem_node *left;
    leat_mem_node *right;
    mem_pair *pair;
    uint64_t priority;
    uint64_t count; /* of this subtree */
    uint64_t bytes; /* of this subtree */
    uint32_t ref_count;
};

static mem_pair *pair_new(leat_bytes key, leat_bytes value)
{
    mem_pair *pair = leat_alloc(sizeof *pair + key.size + value.size);
    pair->ref_count = 1;
    pair->key_size = (uint32_t)key.size;
    pair->value_size = value.size;
    memcpy(pair->bytes, key.data, key.size);
    if (value.size > 0)
        memcpy(pair->bytes + key.size, value.data, value.size);
    return pair;
}

static void pair_unref(mem_pair *pair)
{
    if (--pair->ref_count == 0)
        leat_free(pair);
}

static leat_bytes node_key(const leat_mem_node *node)
{
    return leat_bytes_of(node->pair->bytes, node->pair->key_size);
}

static leat_bytes node_value(const leat_mem_node *node)
{
    return leat_bytes_of(node->pair->bytes + node->pair->key_size, node->pair->value_size);
}

leat_mem_node *leat_mem_ref(leat_mem_node *root)
{
    if (root != NULL)
        root->ref_count++;
    return root;
}

void leat_mem_unref(leat_mem_node *root)
{
    if (root == NULL || --root->ref_count > 0)
        return;
    leat_mem_unref(root->left);
    leat_mem_unref(root->right);
    pair_unref(root->pair);
    leat_free(root);
}

/* Exchange a reference to `node` for the only reference to a node of the same content (M2). */
static leat_mem_node *own(leat_mem_node *node)
{
    if (node->ref_count == 1)
        return node;
    leat_mem_node *copy = leat_alloc(sizeof *copy);
    *copy = *node;
    copy->ref_count = 1;
    copy->pair->ref_count++;
    leat_mem_ref(copy->left);
    leat_mem_ref(copy->right);
    node->ref_count--;
    return copy;
}

static void refresh(leat_mem_node *node)
{
    node->count = 1 + leat_mem_count(node->left) + leat_mem_count(node->right);
    node->bytes = node->pair->key_size + node->pair->value_size + leat_mem_bytes(node->left) +
                  leat_mem_bytes(node->right);
}

/* Both rotations take two owned nodes. */
static leat_mem_node *rotate_right(leat_mem_node *node)
{
    leat_mem_node *up = node->left;
    node->left = up->right;
    up->right = node;
    refresh(node);
    return up;
}

static leat_mem_node *rotate_left(leat_mem_node *node)
{
    leat_mem_node *up = node->right;
    node->right = up->left;
    up->left = node;
    refresh(node);
    return up;
}

leat_mem_node *leat_mem_put(leat_mem_node *root, leat_bytes key, leat_bytes value)
{
    if (root == NULL) {
        leat_mem_node *leaf = LEAT_NEW(leat_mem_node);
        leaf->pair = pair_new(key, value);
        leaf->priority = leat_hash_bytes(key);
        leaf->ref_count = 1;
        refresh(leaf);
        return leaf;
    }
    root = own(root);
    int order = leat_bytes_compare(key, node_key(root));
    if (order == 0) {
        mem_pair *old = root->pair;
        root->pair = pair_new(key, value); /* before unref: key may be borrowed from old */
        pair_unref(old);
    } else if (order < 0) {
        root->left = leat_mem_put(root->left, key, value);
        if (root->left->priority > root->priority)
            root = rotate_right(root);
    } else {
        root->right = leat_mem_put(root->right, key, value);
        if (root->right->priority > root->priority)
            root = rotate_left(root);
    }
    refresh(root);
    return root;
}

/* All keys of `low` are below those of `high`. */
static leat_mem_node *join(leat_mem_node *low, leat_mem_node *high)
{
    if (low == NULL)
        return high;
    if (high == NULL)
        return low;
    leat_mem_node *up;
    if (low->priority > high->priority) {
        up = own(low);
        up->right = join(up->right, high);
    } else {
        up = own(high);
        up->left = join(low, up->left);
    }
    refresh(up);
    return up;
}

/* Needs: `key` is there. */
static leat_mem_node *remove_present(leat_mem_node *root, leat_bytes key)
{
    LEAT_ASSERT(root != NULL);
    root = own(root);
    int order = leat_bytes_compare(key, node_key(root));
    if (order == 0) {
        leat_mem_node *joined = join(root->left, root->right);
        root->left = root->right = NULL;
        leat_mem_unref(root);
        return joined;
    }
    if (order < 0)
        root->left = remove_present(root->left, key);
    else
        root->right = remove_present(root->right, key);
    refresh(root);
    return root;
}

leat_mem_node *leat_mem_remove(leat_mem_node *root, leat_bytes key)
{
    leat_bytes value;
    return leat_mem_get(root, key, &value) ? remove_present(root, key) : root;
}

bool leat_mem_get(const leat_mem_node *root, leat_bytes key, leat_bytes *out_value)
{
    while (root != NULL) {
        int order = leat_bytes_compare(key, node_key(root));
        if (order == 0) {
            *out_value = node_value(root);
            return true;
        }
        root = order < 0 ? root->left : root->right;
    }
    return false;
}

static bool give(const leat_mem_node *node, leat_kv_entry *out_entry)
{
    if (node == NULL)
        return false;
    *out_entry = (leat_kv_entry){node_key(node), node_value(node)};
    return true;
}

/* The first node whose key is > `key`, or >= when `is_equal_fine`. */
static const leat_mem_node *
first_above(const leat_mem_node *root, leat_bytes key, bool is_equal_fine)
{
    const leat_mem_node *best = NULL;
    while (root != NULL) {
        int order = leat_bytes_compare(node_key(root), key);
        if (order > 0 || (order == 0 && is_equal_fine)) {
            best = root;
            root = root->left;
        } else {
            root = root->right;
        }
    }
    return best;
}

bool leat_mem_at_least(const leat_mem_node *root, leat_bytes key, leat_kv_entry *out_entry)
{
    return give(first_above(root, key, true), out_entry);
}

bool leat_mem_after(const leat_mem_node *root, leat_bytes key, leat_kv_entry *out_entry)
{
    return give(first_above(root, key, false), out_entry);
}

bool leat_mem_before(const leat_mem_node *root, leat_bytes key, leat_kv_entry *out_entry)
{
    const leat_mem_node *best = NULL;
    while (root != NULL) {
        if (leat_bytes_compare(node_key(root), key) < 0) {
            best = root;
            root = root->right;
        } else {
            root = root->left;
        }
    }
    return give(best, out_entry);
}

bool leat_mem_last(const leat_mem_node *root, leat_kv_entry *out_entry)
{
    while (root != NULL && root->right != NULL)
        root = root->right;
    return give(root, out_entry);
}

uint64_t leat_mem_count(const leat_mem_node *root)
{
    return root == NULL ? 0 : root->count;
}

uint64_t leat_mem_bytes(const leat_mem_node *root)
{
    return root == NULL ? 0 : root->bytes;
}
