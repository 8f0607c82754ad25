/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"

#include <criterion/criterion.h>

Test(buf, what_is_added_is_read_back_in_order)
{
    leat_buf buf = {0};

    leat_buf_add_u32(&buf, 7);
    leat_buf_add_bytes(&buf, LEAT_BYTES("epoch"));
    leat_buf_print(&buf, "%d", 42);

    leat_cursor cursor = leat_cursor_over(leat_buf_bytes(&buf));
    cr_assert_eq(leat_cursor_u32(&cursor), 7);
    cr_assert(leat_bytes_equal(leat_cursor_bytes(&cursor), LEAT_BYTES("epoch")));
    cr_assert_eq(memcmp(leat_cursor_take(&cursor, 2), "42", 2), 0);
    cr_assert_not(cursor.is_short);
    leat_buf_fini(&buf);
}

Test(buf, a_cursor_past_the_end_stays_short_and_reads_zero)
{
    leat_cursor cursor = leat_cursor_over(LEAT_BYTES("abc"));

    cr_assert_eq(leat_cursor_u32(&cursor), 0);
    cr_assert_eq(leat_cursor_u8(&cursor), 'a');

    cr_assert(cursor.is_short);
}
