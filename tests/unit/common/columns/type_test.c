/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/type.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const char *printed(const char *spelling)
{
    static char text[64];
    leat_type type;
    cr_assert_eq(leat_type_parse(leat_bytes_text(spelling), &type, NULL), LEAT_OK, "%s", spelling);
    leat_buf out = {0};
    leat_type_print(type, &out);
    snprintf(text, sizeof text, "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    return text;
}

Test(type, spellings_of_sql_and_flink_mean_one_type)
{
    cr_assert_str_eq(printed("INTEGER"), "int");
    cr_assert_str_eq(printed(" double  Precision "), "double");
    cr_assert_str_eq(printed("varchar(20)"), "string");
    cr_assert_str_eq(printed("TIMESTAMP(3)"), "timestamp");
    cr_assert_str_eq(printed("timestamp_ltz(3)"), "timestamp");
    cr_assert_str_eq(printed("numeric ( 12 , 2 )"), "decimal(12,2)");
    cr_assert_str_eq(printed("decimal"), "decimal(38,0)");
    cr_assert_str_eq(printed("bytea"), "bytes");
    cr_assert_str_eq(printed("bool"), "boolean");
}

Test(type, a_wrong_spelling_is_named_with_the_nearest)
{
    leat_type type;
    leat_error err;

    cr_assert_eq(leat_type_parse(LEAT_BYTES("biginf"), &type, &err), LEAT_INVALID);

    cr_assert_str_eq(err.text, "unknown type `biginf`, did you mean `bigint`?");
}

Test(type, numbers_in_parentheses_are_checked)
{
    const char *const wrong[] = {"decimal(39,2)",
                                 "decimal(0)",
                                 "decimal(5,6)",
                                 "decimal(5,2",
                                 "decimal()",
                                 "decimal(5,2,1)",
                                 "int(4)",
                                 "varchar(2,3)",
                                 "decimal(a)",
                                 "",
                                 "()",
                                 "decimal(-1)"};
    for (size_t i = 0; i < LEAT_COUNT_OF(wrong); i++) {
        leat_type type;
        leat_error err;
        cr_assert_eq(leat_type_parse(leat_bytes_text(wrong[i]), &type, &err), LEAT_INVALID, "%s",
                     wrong[i]);
    }
}
