/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/schema.h"

#include <criterion/criterion.h>

#include "tests/support/batch_text.h"

Test(schema, exact_names_win_over_case_insensitive_ones)
{
    const leat_schema *schema = leat_test_schema("Id int, id int, Name string");

    cr_assert_eq(leat_schema_find(schema, LEAT_BYTES("id")), 1);
    cr_assert_eq(leat_schema_find(schema, LEAT_BYTES("ID")), LEAT_SCHEMA_AMBIGUOUS);
    cr_assert_eq(leat_schema_find(schema, LEAT_BYTES("NAME")), 2);
    cr_assert_eq(leat_schema_find(schema, LEAT_BYTES("nam")), LEAT_SCHEMA_NOT_FOUND);
}

Test(schema, what_is_encoded_is_decoded_and_every_cut_is_refused)
{
    const leat_schema *schema = leat_test_schema("id bigint not null, d decimal(12,2), s string");
    leat_buf bytes = {0};
    leat_arena arena = {0};
    const leat_schema *back = NULL;

    leat_schema_encode(schema, &bytes);
    leat_cursor in = leat_cursor_over(leat_buf_bytes(&bytes));
    cr_assert_eq(leat_schema_decode(&in, &arena, &back, NULL), LEAT_OK);

    cr_assert(leat_schema_equal(schema, back));
    cr_assert_eq(in.at, in.end);
    for (size_t size = 0; size < bytes.size; size++) {
        in = leat_cursor_over(leat_bytes_of(bytes.data, size));
        cr_assert_eq(leat_schema_decode(&in, &arena, &back, NULL), LEAT_CORRUPT, "%zu", size);
    }
    leat_buf_fini(&bytes);
    leat_arena_fini(&arena);
}

Test(schema, prints_as_it_was_written)
{
    leat_buf out = {0};

    leat_schema_print(leat_test_schema("id bigint not null, card string"), &out);

    cr_assert_str_eq(leat_buf_text(&out), "id bigint not null, card string");
    leat_buf_fini(&out);
}
