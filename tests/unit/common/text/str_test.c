/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/str.h"

#include <criterion/criterion.h>

Test(str, trims_both_ends)
{
    cr_assert(leat_bytes_equal(leat_str_trim(LEAT_BYTES(" \t a b\r\n")), LEAT_BYTES("a b")));
    cr_assert_eq(leat_str_trim(LEAT_BYTES("  ")).size, 0);
}

static size_t part_count(leat_bytes text)
{
    leat_bytes part;
    size_t count = 0;
    while (leat_str_split(&text, ',', &part))
        count++;
    return count;
}

Test(str, splitting_keeps_empty_parts)
{
    leat_bytes rest = LEAT_BYTES("a,,bc");
    leat_bytes part;

    cr_assert(leat_str_split(&rest, ',', &part) && leat_bytes_equal(part, LEAT_BYTES("a")));
    cr_assert(leat_str_split(&rest, ',', &part) && part.size == 0);
    cr_assert(leat_str_split(&rest, ',', &part) && leat_bytes_equal(part, LEAT_BYTES("bc")));
    cr_assert_not(leat_str_split(&rest, ',', &part));

    cr_assert_eq(part_count(LEAT_BYTES("")), 1);
    cr_assert_eq(part_count(LEAT_BYTES(",")), 2);
}

Test(str, numbers_take_the_whole_text_and_their_whole_range)
{
    uint64_t u = 0;
    int64_t i = 0;
    cr_assert(leat_str_to_u64(LEAT_BYTES("18446744073709551615"), &u) && u == UINT64_MAX);
    cr_assert_not(leat_str_to_u64(LEAT_BYTES("18446744073709551616"), &u));
    cr_assert_not(leat_str_to_u64(LEAT_BYTES("1 "), &u));
    cr_assert_not(leat_str_to_u64(LEAT_BYTES(""), &u));
    cr_assert(leat_str_to_i64(LEAT_BYTES("-9223372036854775808"), &i) && i == INT64_MIN);
    cr_assert(leat_str_to_i64(LEAT_BYTES("+7"), &i) && i == 7);
    cr_assert_not(leat_str_to_i64(LEAT_BYTES("9223372036854775808"), &i));
    cr_assert_not(leat_str_to_i64(LEAT_BYTES("-"), &i));
}

Test(str, sizes_are_powers_of_1024_in_any_case)
{
    uint64_t bytes = 0;
    cr_assert(leat_str_to_size(LEAT_BYTES("64"), &bytes) && bytes == 64);
    cr_assert(leat_str_to_size(LEAT_BYTES("64KiB"), &bytes) && bytes == 65536);
    cr_assert(leat_str_to_size(LEAT_BYTES("2 mb"), &bytes) && bytes == 2097152);
    cr_assert_not(leat_str_to_size(LEAT_BYTES("2 miles"), &bytes));
    cr_assert_not(leat_str_to_size(LEAT_BYTES("99999999999g"), &bytes));
    cr_assert_not(leat_str_to_size(LEAT_BYTES("k"), &bytes));
}

Test(str, a_name_begins_with_a_letter)
{
    cr_assert(leat_str_is_name(LEAT_BYTES("card-payments_2")));
    cr_assert_not(leat_str_is_name(LEAT_BYTES("2cards")));
    cr_assert_not(leat_str_is_name(LEAT_BYTES("a b")));
    cr_assert_not(leat_str_is_name(LEAT_BYTES("")));
}

Test(str, begins_ends_and_equals_without_case)
{
    cr_assert(leat_str_begins(LEAT_BYTES("leat.yaml"), LEAT_BYTES("leat")));
    cr_assert(leat_str_ends(LEAT_BYTES("leat.yaml"), LEAT_BYTES(".yaml")));
    cr_assert_not(leat_str_ends(LEAT_BYTES("l"), LEAT_BYTES(".yaml")));
    cr_assert(leat_str_equal_nocase(LEAT_BYTES("Json"), LEAT_BYTES("jSON")));
    cr_assert_not(leat_str_equal_nocase(LEAT_BYTES("json"), LEAT_BYTES("jsonl")));
}

Test(str, utf8_ends_where_a_sequence_is_cut_overlong_or_a_surrogate)
{
    static const struct {
        const char *text;
        size_t size;
    } cases[] = {
        {"", 0},
        {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10},
        {"a\xeb\xeb", 1},
        {"ab\xc3", 2},
        {"\xc0\xaf", 0},
        {"\xe0\x80\xaf", 0},
        {"\xed\xa0\x80", 0},
        {"\xf4\x90\x80\x80", 0},
        {"x\x80", 1},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(cases); i++)
        cr_assert_eq(leat_str_utf8_size(leat_bytes_text(cases[i].text)), cases[i].size, "case %zu",
                     i);
}
