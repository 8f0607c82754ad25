/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/json_text.h"

#include <criterion/criterion.h>

static const char *normal(const char *text, leat_arena *arena)
{
    leat_bytes out;
    if (leat_json_normalize(leat_bytes_text(text), arena, &out) != LEAT_OK)
        return "!";
    return leat_arena_text(arena, out);
}

/* PostgreSQL's answers to '...'::jsonb. */
Test(json_text, normal_text_is_what_jsonb_prints)
{
    static const char *const cases[][2] = {
        {" { \"b\" : 1 , \"a\":[1,2 , {}] } ", "{\"a\": [1, 2, {}], \"b\": 1}"},
        {"{\"bb\":1,\"c\":2,\"a\":3}", "{\"a\": 3, \"c\": 2, \"bb\": 1}"},
        {"{\"a\":1,\"a\":2}", "{\"a\": 2}"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"null", "null"},
        {"-0", "0"},
        {"1.50", "1.50"},
        {"1e3", "1000"},
        {"1.5e-3", "0.0015"},
        {"-12.34e1", "-123.4"},
        {"0.00e2", "0"},
        {"123e-2", "1.23"},
        {"\"a\\u00e9\\n\\/\\\"\"", "\"aé\\n/\\\"\""},
        {"\"\\ud83d\\ude00\"", "\"😀\""},
        {"01", "!"},
        {"1.", "!"},
        {".5", "!"},
        {"1e", "!"},
        {"{\"a\":}", "!"},
        {"[1,]", "!"},
        {"[1", "!"},
        {"\"a", "!"},
        {"\"\\u00\"", "!"},
        {"\"\\ud83d\"", "!"},
        {"tru", "!"},
        {"1 2", "!"},
        {"", "!"},
    };
    leat_arena arena = {0};
    for (size_t i = 0; i < LEAT_COUNT_OF(cases); i++)
        cr_expect_str_eq(normal(cases[i][0], &arena), cases[i][1], "%s: %s", cases[i][0],
                         normal(cases[i][0], &arena));
    leat_arena_fini(&arena);
}

Test(json_text, members_and_elements_are_found)
{
    leat_bytes json = LEAT_BYTES("{\"a\": [1, \"x, ]\", {\"b\": null}], \"q\\\"\": 2}");
    leat_bytes a, b;

    cr_assert(leat_json_find_member(json, LEAT_BYTES("a"), &a));
    cr_assert_eq(leat_json_count_of(a), 3);
    cr_assert(leat_json_find_element(a, 1, &b));
    cr_assert(leat_bytes_equal(b, LEAT_BYTES("\"x, ]\"")));
    cr_assert(leat_json_find_element(a, -1, &b));
    cr_assert(leat_bytes_equal(b, LEAT_BYTES("{\"b\": null}")));
    cr_assert(leat_json_find_member(json, LEAT_BYTES("q\""), &b));
    cr_assert(leat_bytes_equal(b, LEAT_BYTES("2")));
    cr_assert(!leat_json_find_member(json, LEAT_BYTES("b"), &b));
    cr_assert(!leat_json_find_element(a, 3, &b));
    cr_assert(!leat_json_find_element(a, -4, &b));
}

Test(json_text, any_text_is_walked_without_harm)
{
    static const char letters[] = "{}[]\",: \\1a";
    uint32_t state = 3;
    for (int round = 0; round < 3000; round++) {
        char text[16];
        for (size_t i = 0; i < sizeof text; i++) {
            state = state * 1664525 + 1013904223;
            text[i] = letters[(state >> 24) % (sizeof letters - 1)];
        }
        leat_bytes json = leat_bytes_of(text, (size_t)round % sizeof text), found;
        leat_buf plain = {0};
        cr_assert_leq(leat_json_count_of(json), sizeof text);
        (void)leat_json_find_member(json, LEAT_BYTES("a"), &found);
        leat_json_plain(json, &plain);
        leat_buf_fini(&plain);
    }
}
