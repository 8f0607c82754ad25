/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/blob.h"

#include <stdatomic.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

struct leat_blob {
    atomic_uint references;
    size_t size;
    char data[] __attribute__((aligned(16)));
};

leat_blob *leat_blob_new(size_t size)
{
    leat_blob *blob = leat_alloc_aligned(16, sizeof *blob + size);
    atomic_init(&blob->references, 1);
    blob->size = size;
    return blob;
}

leat_blob *leat_blob_copy(leat_bytes bytes)
{
    leat_blob *blob = leat_blob_new(bytes.size);
    if (bytes.size > 0)
        memcpy(blob->data, bytes.data, bytes.size);
    return blob;
}

leat_blob *leat_blob_ref(leat_blob *blob)
{
    if (blob != NULL)
        atomic_fetch_add_explicit(&blob->references, 1, memory_order_relaxed);
    return blob;
}

void leat_blob_unref(leat_blob **blob)
{
    leat_blob *dropped = LEAT_TAKE(*blob);
    if (dropped == NULL)
        return;
    unsigned before = atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel);
    LEAT_ASSERT(before > 0);
    if (before == 1)
        leat_free(dropped);
}

char *leat_blob_data(leat_blob *blob)
{
    return blob->data;
}

leat_bytes leat_blob_bytes(const leat_blob *blob)
{
    return blob == NULL ? (leat_bytes){NULL, 0} : leat_bytes_of(blob->data, blob->size);
}
