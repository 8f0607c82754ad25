/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"

#include <criterion/criterion.h>
#include <stdio.h>

static leat_code read_topic(leat_error *err)
{
    return leat_fail(err, LEAT_INVALID, "unknown option `%s`", "topc");
}

static leat_code read_source(leat_error *err)
{
    if (read_topic(err) != LEAT_OK)
        return leat_error_add(err, "source `%s`", "orders");
    return LEAT_OK;
}

Test(error, tells_where_from_the_outside_in)
{
    leat_error err;
    char text[200];
    cr_assert_eq(read_source(&err), LEAT_INVALID);
    leat_error_add(&err, "line %d", 12);

    leat_error_print(&err, text, sizeof text);

    cr_assert_str_eq(text, "line 12: source `orders`: unknown option `topc`");
}

Test(error, a_fifth_frame_is_dropped)
{
    leat_error err;
    cr_assert_eq(read_topic(&err), LEAT_INVALID);
    for (int i = 0; i < 6; i++)
        leat_error_add(&err, "frame %d", i);
    cr_assert_eq(err.frame_count, LEAT_ERROR_FRAMES_MAX);
}

Test(error, printing_stops_at_the_end_of_the_buffer)
{
    leat_error err;
    char text[16];
    cr_assert_eq(read_source(&err), LEAT_INVALID);

    cr_assert_eq(leat_error_print(&err, text, sizeof text), sizeof text - 1);

    cr_assert_str_eq(text, "source `orders`");
}

Test(error, every_code_has_a_name_and_a_class)
{
    for (leat_code code = LEAT_OK; code < LEAT_CODE_COUNT; code++)
        cr_assert_gt(strlen(leat_code_name(code)), 1);
    cr_assert_eq(leat_code_class_of(LEAT_FULL), LEAT_CLASS_LATER);
    cr_assert_eq(leat_code_class_of(LEAT_CORRUPT), LEAT_CLASS_CORRUPT);
}
