/* SPDX-License-Identifier: Apache-2.0
 *
 * blob - immutable, reference-counted bytes: plans, delta chunks, manifests on their way.
 *
 * Written once by its maker (leat_blob_data before the first ref is shared), read by any thread.
 */
#ifndef LEAT_COMMON_BASE_BLOB_H
#define LEAT_COMMON_BASE_BLOB_H

#include "common/base/bytes.h"

typedef struct leat_blob leat_blob;

leat_blob *leat_blob_new(size_t size); /* contents undefined, reference count 1 */
leat_blob *leat_blob_copy(leat_bytes bytes);
leat_blob *leat_blob_ref(leat_blob *blob); /* NULL gives NULL */
void leat_blob_unref(leat_blob **blob);    /* NULL inside is fine; sets NULL */
char *leat_blob_data(leat_blob *blob);
leat_bytes leat_blob_bytes(const leat_blob *blob); /* NULL gives empty */

#endif
