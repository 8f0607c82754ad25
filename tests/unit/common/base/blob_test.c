/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/blob.h"

#include <criterion/criterion.h>

Test(blob, lives_until_the_last_reference_goes)
{
    leat_blob *first = leat_blob_of(LEAT_BYTES("rows"));
    leat_blob *second = leat_blob_ref(first);

    leat_blob_unref(&first);

    cr_assert_null(first);
    cr_assert(leat_bytes_equal(leat_blob_bytes(second), LEAT_BYTES("rows")));
    leat_blob_unref(&second);
    leat_blob_unref(&second);
}
